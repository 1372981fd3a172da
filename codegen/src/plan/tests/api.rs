//! A small API, made by hand.

use indexmap::IndexMap;

use crate::model::*;

pub(super) fn plain(types: &mut Types, kind: TypeKind) -> TypeRef {
    let made = Type {
        pointer: String::new(),
        name: None,
        place_names: Vec::new(),
        description: None,
        deprecated: false,
        kind,
    };
    TypeRef::new(types.add(made), false)
}

fn named(types: &mut Types, name: &str, kind: TypeKind) -> TypeRef {
    let made = Type {
        pointer: String::new(),
        name: Some(name.to_owned()),
        place_names: Vec::new(),
        description: None,
        deprecated: false,
        kind,
    };
    TypeRef::new(types.add(made), false)
}

fn field(name: &str, type_ref: TypeRef, required: bool) -> Field {
    Field {
        name: name.to_owned(),
        ident: name.to_owned(),
        type_ref,
        required,
        read_only: false,
        write_only: false,
        deprecated: false,
        secret: false,
        description: None,
        remarks: Vec::new(),
        listed: Vec::new(),
        bounds: None,
        boxed: false,
        xml: None,
    }
}

fn object(types: &mut Types, name: &str, fields: Vec<Field>) -> TypeRef {
    named(
        types,
        name,
        TypeKind::Object(Object { fields, additional: None, additional_bounds: None, closed: false }),
    )
}

fn list(types: &mut Types, of: TypeRef) -> TypeRef {
    plain(types, TypeKind::Array(of))
}

fn nullable(of: TypeRef) -> TypeRef {
    TypeRef { nullable: true, ..of }
}

fn parameter(name: &str, type_ref: TypeRef, required: bool) -> Parameter {
    Parameter {
        name: name.to_owned(),
        ident: name.to_owned(),
        location: ParameterLocation::Query,
        required,
        style: ParameterStyle::Form,
        explode: true,
        allow_reserved: false,
        description: None,
        deprecated: false,
        type_ref,
        remarks: Vec::new(),
        pointer: format!("/parameters/{name}"),
    }
}

fn operation(
    id: &str,
    place: &str,
    tag: &str,
    parameters: Vec<Parameter>,
    body: Option<TypeRef>,
) -> Operation {
    let (method, path) = place.split_once(' ').expect("METHOD /path");
    let content = body.map(|type_ref| Content {
        media: Media::Json,
        media_type: "application/json".to_owned(),
        type_ref,
    });
    Operation {
        head: OperationHead {
            id: id.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            tags: vec![tag.to_owned()],
            pointer: String::new(),
        },
        name: id.to_lowercase(),
        tag: tag.to_owned(),
        summary: None,
        description: None,
        deprecated: false,
        parameters,
        bodies: RequestBodies::default(),
        servers: Vec::new(),
        responses: vec![Response {
            from: 200,
            to: 200,
            description: String::new(),
            content,
            items: None,
            record: None,
            headers: Vec::new(),
            pointer: String::new(),
        }],
        outcome: Outcome::default(),
        security: None,
    }
}

/// The whole document's API; tests keep those operations that the manifest selects.
pub(super) fn api() -> Api {
    let mut types = Types::default();
    let t = &mut types;
    let text = plain(t, TypeKind::Text(String::new()));
    let time = plain(t, TypeKind::Text("date-time".to_owned()));
    let day = plain(t, TypeKind::Text("date".to_owned()));
    let integer = plain(t, TypeKind::Integer(IntegerFormat::I64));
    let boolean = plain(t, TypeKind::Boolean);
    let any = plain(t, TypeKind::Any);
    let values =
        ["open", "closed", "all"].map(|value| EnumValue { value: value.to_owned(), ident: value.to_owned() });
    let state = plain(t, TypeKind::Enum(values.to_vec()));

    let ticket = object(
        t,
        "Ticket",
        vec![
            field("id", integer, true),
            field("subject", text, false),
            field("updated_at", time, true),
            field("external_id", nullable(text), true),
            field("urgent", boolean, true),
            field("a.b", text, true),
            field("extra", any, true),
        ],
    );
    let tickets = list(t, ticket);
    let incremental = object(
        t,
        "IncrementalPage",
        vec![
            field("tickets", tickets, true),
            field("after_url", nullable(text), false),
            field("end_of_stream", boolean, true),
        ],
    );
    let tickets_page =
        object(t, "TicketsPage", vec![field("tickets", tickets, true), field("count", integer, true)]);
    let profile = object(t, "Profile", vec![field("number", integer, true), field("nick", text, false)]);
    let user = object(t, "User", vec![field("id", integer, true), field("profile", profile, true)]);
    let users = list(t, user);
    let meta = object(
        t,
        "Meta",
        vec![field("has_more", boolean, true), field("after_cursor", nullable(text), false)],
    );
    let users_page = object(t, "UsersPage", vec![field("users", users, true), field("meta", meta, true)]);
    let event = object(t, "Event", vec![field("id", text, true), field("kind", text, true)]);
    let events = list(t, event);
    let events_page =
        object(t, "EventsPage", vec![field("events", events, true), field("has_more", boolean, true)]);
    let repository = object(t, "Repository", vec![field("id", integer, true), field("pushed", day, true)]);
    let repositories = list(t, repository);
    let charge = object(t, "Charge", vec![field("id", text, true), field("created", integer, true)]);
    let charges = list(t, charge);
    let charges_page =
        object(t, "ChargesPage", vec![field("data", charges, true), field("has_more", boolean, true)]);
    let variant = |ident: &str, type_ref| Variant {
        ident: ident.to_owned(),
        type_ref,
        test: VariantTest::Order,
        boxed: false,
    };
    let range = object(t, "Range", vec![field("gte", integer, false), field("lte", integer, false)]);
    let created = plain(
        t,
        TypeKind::Union(Union {
            discriminator: None,
            variants: vec![variant("Range", range), variant("At", integer)],
            open: false,
        }),
    );
    let entry = plain(
        t,
        TypeKind::Union(Union {
            discriminator: None,
            variants: vec![variant("Ticket", ticket), variant("User", user)],
            open: false,
        }),
    );
    let entries = list(t, entry);
    let mixed_page = object(t, "MixedPage", vec![field("entries", entries, true), field("meta", meta, true)]);
    let items_page = object(t, "ItemsPage", vec![field("items", events, true)]);

    let per_page = || parameter("per_page", integer, false);
    let mut incremental = operation(
        "incrementalTickets",
        "GET /incremental/tickets",
        "Tickets",
        vec![parameter("start_time", integer, true), per_page()],
        Some(incremental),
    );
    incremental.summary = Some("Tickets by the time of their last change\nwith more to say".to_owned());
    let mut create = operation("createTicket", "POST /tickets", "Tickets", Vec::new(), Some(tickets_page));
    create.bodies.body = Some(Body {
        required: true,
        description: None,
        content: Content { media: Media::Json, media_type: "application/json".to_owned(), type_ref: ticket },
        parts: Vec::new(),
        open: false,
        styles: Vec::new(),
        pointer: String::new(),
    });
    let mut repositories = operation(
        "listRepositories",
        "GET /repositories",
        "Repositories",
        vec![
            per_page(),
            parameter("state", state, false),
            parameter("archived", boolean, false),
            parameter("owner", text, true),
        ],
        Some(repositories),
    );
    repositories.responses[0].headers.push("link".to_owned());
    let mut trace = parameter("x-trace", text, false);
    trace.location = ParameterLocation::Header;
    repositories.parameters.push(trace);
    let mut one =
        operation("getRepository", "GET /repositories/{id}", "Repositories", Vec::new(), Some(repository));
    one.responses[0].headers.push("Link".to_owned());
    let mut charge_list = operation(
        "charges",
        "GET /charges",
        "Charges",
        vec![
            parameter("created", created, false),
            parameter("starting_after", text, false),
            parameter("limit", integer, false),
        ],
        Some(charges_page),
    );
    charge_list.parameters[0].style = ParameterStyle::DeepObject;
    let mut anything = operation("anything", "GET /anything", "Other", Vec::new(), Some(any));
    anything.security = Some(vec![Vec::new()]);
    let mut upload = operation("upload", "POST /files", "Files", Vec::new(), None);
    upload.servers = vec!["https://files.desk.example".to_owned()];
    let date_time = plain(t, TypeKind::Text("date-time".to_owned()));
    let operator = field("operator", text, true);
    let condition =
        object(t, "Condition", vec![operator, field("value", text, false), field("high", integer, false)]);
    let conditions = list(t, condition);
    let group = object(t, "Group", vec![field("filters", conditions, true)]);
    let groups = list(t, group);
    let sought = object(
        t,
        "Search",
        vec![
            field("query", text, true),
            field("at", integer, false),
            field("after", nullable(text), false),
            field("paging", profile, false),
            field("filter", any, false),
            field("groups", groups, false),
            field("from", date_time, false),
        ],
    );
    let mut search = operation("search", "POST /search", "Search", Vec::new(), Some(tickets_page));
    search.bodies.body = Some(Body {
        required: true,
        description: None,
        content: Content { media: Media::Json, media_type: "application/json".to_owned(), type_ref: sought },
        parts: Vec::new(),
        open: false,
        styles: Vec::new(),
        pointer: String::new(),
    });
    let mut sign = operation("sign", "POST /signatures", "Files", Vec::new(), None);
    sign.security = Some(vec![vec!["basic".to_owned(), "key".to_owned()]]);
    let operations = vec![
        incremental,
        operation(
            "listTickets",
            "GET /tickets",
            "Tickets",
            vec![parameter("page", integer, false), per_page()],
            Some(tickets_page),
        ),
        create,
        operation("updateTicket", "PUT /tickets/{id}", "Tickets", Vec::new(), Some(ticket)),
        operation(
            "listUsers",
            "GET /users",
            "Users",
            vec![parameter("page[after]", text, false), parameter("page[size]", integer, false)],
            Some(users_page),
        ),
        operation("deleteUser", "DELETE /users/{id}", "Users", Vec::new(), None),
        operation(
            "listEvents",
            "GET /events",
            "Events",
            vec![parameter("starting_after", text, false), parameter("limit", integer, false)],
            Some(events_page),
        ),
        repositories,
        one,
        operation(
            "mixed",
            "GET /mixed",
            "Other",
            vec![parameter("page[after]", text, false)],
            Some(mixed_page),
        ),
        operation("plain", "GET /plain", "Other", Vec::new(), Some(items_page)),
        anything,
        operation("export", "GET /export", "Other", Vec::new(), None),
        charge_list,
        operation("hidden", "GET /hidden", "Other", Vec::new(), Some(items_page)),
        upload,
        sign,
        search,
    ];
    Api {
        title: "Desk".to_owned(),
        version: "2".to_owned(),
        description: None,
        servers: Vec::new(),
        security_schemes: IndexMap::from([
            ("basic".to_owned(), SecurityScheme::Basic),
            (
                "key".to_owned(),
                SecurityScheme::ApiKey { location: ParameterLocation::Header, name: "X-Key".to_owned() },
            ),
        ]),
        operations,
        types,
        names: Names::default(),
    }
}
