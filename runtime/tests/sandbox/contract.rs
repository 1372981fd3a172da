//! A small contract with an operation for each strategy.

use linchpin_runtime::contract::*;

const fn field(name: &'static str, shape: Shape, flags: u8) -> FieldShape {
    FieldShape::new(name, shape, flags)
}
const REQUIRED: u8 = FieldShape::REQUIRED;
const TEXT: Shape = Shape::String("");
const ITEM_SHAPE: Shape = Shape::Object(&ITEM);
const THING_SHAPE: Shape = Shape::Object(&THING);

pub(crate) static STATUS: EnumShape = EnumShape { name: "Status", values: &["new", "open", "closed"] };
static CAT: ObjectShape = ObjectShape {
    name: "Cat",
    fields: &[field("kind", TEXT, REQUIRED), field("lives", Shape::Integer, REQUIRED)],
    additional: None,
};
static DOG: ObjectShape = ObjectShape {
    name: "Dog",
    fields: &[field("bark", TEXT, 0), field("kind", TEXT, REQUIRED)],
    additional: None,
};
static PET: UnionShape = UnionShape {
    name: "Pet",
    discriminator: Some("kind"),
    variants: &[
        Variant { shape: Shape::Object(&CAT), test: VariantTest::Tag(&["cat"]) },
        Variant { shape: Shape::Object(&DOG), test: VariantTest::Tag(&["dog", "hound"]) },
    ],
};
pub(crate) static ITEM: ObjectShape = ObjectShape {
    name: "Item",
    fields: &[
        field("id", Shape::Integer, REQUIRED | FieldShape::READ_ONLY),
        field("name", TEXT, REQUIRED),
        field("email", Shape::String("email"), 0),
        field("status", Shape::Enum(&STATUS), REQUIRED),
        field("note", Shape::Nullable(&TEXT), REQUIRED),
        field("tags", Shape::Array(&TEXT), 0),
        field("labels", Shape::Map(&TEXT), REQUIRED),
        field("pet", Shape::Union(&PET), REQUIRED),
        field("parent", Shape::Nullable(&Shape::Object(&ITEM)), 0),
        field("token", TEXT, FieldShape::WRITE_ONLY),
        field("created_at", Shape::String("date-time"), REQUIRED),
        field("updated_at", Shape::String("date-time"), REQUIRED),
    ],
    additional: None,
};
pub(crate) static THING: ObjectShape = ObjectShape {
    name: "Thing",
    fields: &[
        field("id", TEXT, REQUIRED),
        field("created", Shape::Integer, REQUIRED),
        field("balance", Shape::Integer, REQUIRED),
        field("email", Shape::Nullable(&TEXT), 0),
        field("metadata", Shape::Map(&TEXT), REQUIRED),
    ],
    additional: None,
};

macro_rules! object {
    ($name:ident { $($field:literal: $shape:expr, $flags:expr;)* }) => {
        static $name: ObjectShape =
            ObjectShape { name: stringify!($name), fields: &[$(field($field, $shape, $flags)),*], additional: None };
    };
}
const ITEMS: Shape = Shape::Array(&ITEM_SHAPE);
object!(NUMBERED { "items": ITEMS, REQUIRED; "total": Shape::Integer, REQUIRED; "pages": Shape::Integer, 0; });
object!(OFFSETS { "items": ITEMS, REQUIRED; "more": Shape::Boolean, REQUIRED; });
object!(META { "has_more": Shape::Boolean, REQUIRED; "after": Shape::Nullable(&TEXT), REQUIRED; });
object!(CURSORS { "items": ITEMS, REQUIRED; "meta": Shape::Object(&META), REQUIRED; });
object!(NEXT { "after": TEXT, REQUIRED; });
object!(PAGING { "next": Shape::Object(&NEXT), 0; });
object!(NESTED { "results": ITEMS, REQUIRED; "paging": Shape::Object(&PAGING), 0; });
object!(URLS { "items": ITEMS, REQUIRED; "next_page": TEXT, REQUIRED; "end_of_stream": Shape::Boolean, REQUIRED; });
object!(THINGS { "data": Shape::Array(&THING_SHAPE), REQUIRED; "has_more": Shape::Boolean, REQUIRED; });
object!(ONE { "item": ITEM_SHAPE, REQUIRED; });
object!(DELETED { "id": TEXT, REQUIRED; "deleted": Shape::Boolean, REQUIRED; });
object!(WRITE { "name": TEXT, REQUIRED; "status": Shape::Enum(&STATUS), 0; });
object!(WRITE_ONE { "item": Shape::Object(&WRITE), REQUIRED; });
object!(CHANGE { "name": TEXT, 0; "note": Shape::Nullable(&TEXT), 0; });
object!(CHANGE_ONE { "item": Shape::Object(&CHANGE), REQUIRED; });
object!(WRITE_THING { "email": TEXT, 0; "metadata": Shape::Map(&TEXT), 0; });
object!(PROBLEM { "code": TEXT, REQUIRED; "message": TEXT, REQUIRED; });
object!(LABEL { "id": Shape::Integer, REQUIRED; "name": TEXT, REQUIRED; "sha": TEXT, REQUIRED; });
object!(LABELS { "labels": Shape::Array(&Shape::Object(&LABEL)), REQUIRED; });
object!(ACCOUNT { "name": TEXT, REQUIRED; "email": Shape::String("email"), REQUIRED; });

const fn query(name: &'static str, shape: Shape) -> Parameter {
    Parameter {
        name,
        location: Location::Query,
        required: false,
        style: Style::Form,
        explode: true,
        allow_reserved: false,
        shape,
    }
}
const fn ok(from: u16, shape: Shape) -> Response {
    Response { from, to: from, media: Media::Json, media_type: "application/json", shape }
}
const fn json(shape: Shape) -> Option<Body> {
    Some(Body {
        required: true,
        media: Media::Json,
        media_type: "application/json",
        shape,
        parts: &[],
        styles: &[],
    })
}
pub(crate) const BASE: Operation = Operation {
    id: "",
    method: Method::Get,
    path: "",
    tag: "items",
    parameters: &[],
    base: Base::Server,
    body: None,
    other_bodies: &[],
    responses: &[],
    reads: true,
    idempotent: true,
    idempotency_key: None,
    security: Security::Required,
    paging: None,
    limits: &[],
};
const fn paging(strategy: Strategy, records: Path) -> Option<Paging> {
    let size = Some(PageSize { target: Target::Parameter(0), value: 25 });
    Some(Paging { size, records: Some(records), key: &[&["id"]], ..Paging::new("test", strategy) })
}
const SIZE: Parameter = query("limit", Shape::Integer);
const NO_END: End = End::NONE;

macro_rules! operation {
    ($name:ident = $id:literal $path:literal { $($field:ident: $value:expr),* $(,)? }) => {
        pub(crate) static $name: Operation = Operation { id: $id, path: $path, $($field: $value,)* ..BASE };
    };
}
operation!(LIST_NUMBERED = "numbered" "/numbered" {
    parameters: &[SIZE, query("page", Shape::Integer)],
    responses: &[ok(200, Shape::Object(&NUMBERED))],
    paging: paging(Strategy::PageNumber { target: Target::Parameter(1), first: 1,
        end: End { total_records: Some(&["total"]), total_pages: Some(&["pages"]), ..NO_END } }, &["items"]),
});
operation!(LIST_OFFSETS = "offsets" "/offsets" {
    parameters: &[SIZE, query("offset", Shape::Integer), query("min_id", Shape::Integer)],
    responses: &[ok(200, Shape::Object(&OFFSETS))],
    paging: paging(Strategy::Offset { target: Target::Parameter(1), first: 0, end: End { more: Some(&["more"]), ..NO_END } }, &["items"]),
});
operation!(LIST_POSITIONS = "positions" "/positions" {
    parameters: &[SIZE, query("startIndex", Shape::Integer)],
    responses: &[ok(200, Shape::Object(&OFFSETS))],
    paging: paging(Strategy::Offset { target: Target::Parameter(1), first: 1, end: End { more: Some(&["more"]), ..NO_END } }, &["items"]),
});
operation!(LIST_ITEMS = "items" "/items.json" {
    parameters: &[SIZE, query("after", TEXT), query("since", Shape::String("date-time"))],
    responses: &[ok(200, Shape::Object(&CURSORS)), ok(401, Shape::Object(&PROBLEM))],
    paging: paging(Strategy::Cursor { target: Target::Parameter(1), first: None, next: Token::Body(&["meta", "after"]),
        end: End { more: Some(&["meta", "has_more"]), ..NO_END } }, &["items"]),
});
operation!(LIST_NESTED = "nested" "/nested" {
    parameters: &[SIZE, query("after", TEXT)],
    responses: &[ok(200, Shape::Object(&NESTED))],
    paging: paging(Strategy::Cursor { target: Target::Parameter(1), first: None, next: Token::Body(&["paging", "next", "after"]), end: NO_END }, &["results"]),
});
operation!(LIST_URLS = "urls" "/urls" {
    parameters: &[SIZE, query("start_time", Shape::Integer)],
    responses: &[ok(200, Shape::Object(&URLS))],
    paging: paging(Strategy::NextUrl { next: Token::Body(&["next_page"]),
        end: End { done: Some(&["end_of_stream"]), ..NO_END } }, &["items"]),
});
operation!(LIST_URL_HEADERS = "url_headers" "/url-headers" {
    parameters: &[SIZE],
    responses: &[ok(200, ITEMS)],
    paging: paging(Strategy::NextUrl { next: Token::Header("x-next"), end: NO_END }, &[]),
});
operation!(LIST_LINKS = "links" "/links" {
    parameters: &[SIZE, query("page", Shape::Integer)],
    responses: &[ok(200, ITEMS)],
    paging: paging(Strategy::LinkHeader { relation: "next", end: End::NONE }, &[]),
});
operation!(LIST_THINGS = "things" "/things" {
    parameters: &[SIZE, query("starting_after", TEXT),
        Parameter { style: Style::DeepObject, ..query("created", Shape::Map(&Shape::Integer)) }],
    responses: &[ok(200, Shape::Object(&THINGS))],
    paging: paging(Strategy::LastId { target: Target::Parameter(1), field: &["id"],
        end: End { more: Some(&["has_more"]), ..NO_END } }, &["data"]),
});
operation!(GET_ITEM = "get_item" "/items/{item_id}.json" { responses: &[ok(200, Shape::Object(&ONE))] });
operation!(CREATE_ITEM = "create_item" "/items.json" {
    method: Method::Post, body: json(Shape::Object(&WRITE_ONE)), responses: &[ok(201, Shape::Object(&ONE))],
});
operation!(UPDATE_ITEM = "update_item" "/items/{item_id}.json" {
    method: Method::Patch, body: json(Shape::Object(&CHANGE_ONE)), responses: &[ok(200, Shape::Object(&ONE))],
});
operation!(DELETE_ITEM = "delete_item" "/items/{item_id}.json" {
    method: Method::Delete, responses: &[Response { media: Media::Empty, media_type: "", ..ok(204, Shape::Any) }],
});
operation!(CREATE_THING = "create_thing" "/things" {
    method: Method::Post, idempotency_key: Some("Idempotency-Key"), responses: &[ok(200, THING_SHAPE)],
    body: Some(Body { required: false, media: Media::Form, media_type: "application/x-www-form-urlencoded",
        shape: Shape::Object(&WRITE_THING), parts: &[], styles: &[] }),
});
operation!(DELETE_THING = "delete_thing" "/things/{thing}" {
    method: Method::Delete, responses: &[ok(200, Shape::Object(&DELETED))],
});
operation!(LIMITED = "limited" "/account" { responses: &[ok(200, Shape::Object(&ACCOUNT))], limits: &[0, 1] });
operation!(LIST_LABELS = "labels" "/labels" { responses: &[ok(200, Shape::Object(&LABELS))] });
operation!(GET_LABEL = "get_label" "/labels/{label}" {
    parameters: &[Parameter { location: Location::Path, required: true, ..query("label", TEXT) }],
    responses: &[ok(200, Shape::Object(&LABEL))],
});
operation!(GET_OTHER = "get_other" "/others/{owner}" { responses: &[ok(200, Shape::Object(&LABEL))] });
const PART: Part =
    Part { name: "", required: true, file: false, media_type: None, headers: &[], shape: TEXT };
pub(crate) static UPLOAD: Operation = Operation {
    id: "upload",
    method: Method::Post,
    path: "/uploads",
    body: Some(Body {
        required: true,
        media: Media::Multipart,
        media_type: "multipart/form-data",
        shape: Shape::Any,
        parts: &[
            Part { name: "note", ..PART },
            Part { name: "file", file: true, ..PART },
            Part { name: "meta", required: false, shape: Shape::Map(&TEXT), ..PART },
        ],
        styles: &[],
    }),
    other_bodies: &[Body {
        required: true,
        media: Media::Bytes,
        media_type: "application/octet-stream",
        shape: Shape::Any,
        parts: &[],
        styles: &[],
    }],
    base: Base::Other(0),
    responses: &[ok(200, Shape::Object(&ACCOUNT))],
    ..BASE
};
operation!(OPEN = "open" "/open" { responses: &[ok(200, Shape::Object(&ACCOUNT))], security: Security::None });

const fn stream(
    name: &'static str,
    operation: &'static Operation,
    records: Path,
    shape: Shape,
    cursor: Option<Cursor>,
) -> Stream {
    Stream {
        name,
        description: "",
        operation,
        records,
        key: &[&["id"]],
        cursor,
        parameters: &[],
        slices: None,
        body: None,
        shape,
        source: Source::Pages,
        drift: linchpin_runtime::contract::DriftPolicy::DEFAULT,
    }
}

const OTHERS: &[OtherServer] =
    &[OtherServer { name: "files", url: "https://files.example.com/up", credential: true }];

pub(crate) static CONTRACT: Contract = Contract {
    name: "test",
    version: "0.1.0",
    title: "Test",
    description: "",
    config: &[
        ConfigField {
            name: "email",
            description: "",
            secret: false,
            default: None,
            example: Some("me@example.com"),
        },
        ConfigField { name: "api_token", description: "", secret: true, default: None, example: Some("abc") },
        ConfigField { name: "subdomain", description: "", secret: false, default: None, example: None },
    ],
    server: Server { url: "https://{subdomain}.example.com/api/v2", environments: &[], others: OTHERS },
    auth: Auth::Basic { username: "{email}/token", password: "{api_token}" },
    headers: &[],
    operations: &[
        &LIST_NUMBERED,
        &LIST_OFFSETS,
        &LIST_POSITIONS,
        &LIST_ITEMS,
        &LIST_NESTED,
        &LIST_URLS,
        &LIST_URL_HEADERS,
        &LIST_LINKS,
        &LIST_THINGS,
        &GET_ITEM,
        &CREATE_ITEM,
        &UPDATE_ITEM,
        &DELETE_ITEM,
        &CREATE_THING,
        &DELETE_THING,
        &LIMITED,
        &OPEN,
        &UPLOAD,
        &LIST_LABELS,
        &GET_LABEL,
        &GET_OTHER,
    ],
    limits: &[
        Limit {
            name: "account",
            quota: Quota::SlidingLog { units: 2, per_milliseconds: 10_000 },
            scope: Scope::Account,
            by: &[],
            costs: &[],
            headers: LimitHeaders {
                limit: Some("x-limit"),
                remaining: Some("x-remaining"),
                reset: Some(("x-reset", TimeUnit::EpochSeconds)),
                usage: None,
                policy: None,
            },
        },
        Limit {
            name: "whole",
            quota: Quota::SlidingLog { units: 100, per_milliseconds: 60_000 },
            scope: Scope::Account,
            by: &[],
            costs: &[],
            headers: LimitHeaders {
                limit: Some("x-limit"),
                remaining: Some("x-whole"),
                reset: None,
                usage: None,
                policy: None,
            },
        },
    ],
    wait_sources: &[WaitSource { header: "x-wait", unit: TimeUnit::Milliseconds, always: false }],
    correlation_header: Some("traceparent"),
    errors: &[],
    streams: &[
        stream("labels", &LIST_LABELS, &["labels"], Shape::Object(&LABEL), None),
        stream(
            "offsets",
            &LIST_OFFSETS,
            &["items"],
            ITEM_SHAPE,
            Some(Cursor {
                field: &["id"],
                target: Some(Target::Parameter(2)),
                format: CursorFormat::AsIs,
                start: None,
                order: Order::Ascending,
            }),
        ),
        stream(
            "items",
            &LIST_ITEMS,
            &["items"],
            ITEM_SHAPE,
            Some(Cursor {
                field: &["updated_at"],
                target: Some(Target::Parameter(2)),
                format: CursorFormat::Rfc3339,
                start: None,
                order: Order::Ascending,
            }),
        ),
        stream(
            "urls",
            &LIST_URLS,
            &["items"],
            ITEM_SHAPE,
            Some(Cursor {
                field: &["updated_at"],
                target: Some(Target::Parameter(1)),
                format: CursorFormat::EpochSeconds,
                start: None,
                order: Order::Ascending,
            }),
        ),
        stream(
            "things",
            &LIST_THINGS,
            &["data"],
            THING_SHAPE,
            Some(Cursor {
                field: &["created"],
                target: Some(Target::Property(2, "gte")),
                format: CursorFormat::AsIs,
                start: None,
                order: Order::Descending,
            }),
        ),
    ],
};
