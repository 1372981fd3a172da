//! What an answer becomes: by its status, with its headers, piece by piece, item by item.

use linchpin_runtime::contract::*;
use linchpin_runtime::serde::de::MapAccess;
use linchpin_runtime::serde::ser::{Serialize, SerializeMap, Serializer};
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::transport::{TransportError, TransportErrorKind};
use linchpin_runtime::wire::{Blank, Object, Reader, Union, Writer, blank, from_json};
use linchpin_runtime::{
    Bytes, Call, Caps, Client, ErrorKind, Event, Items, JsonError, RequestBuilder, Value,
};
use serde_json::json;

use crate::support::*;

const fn answer(from: u16, to: u16, media: Media, media_type: &'static str) -> Response {
    Response { from, to, media, media_type, shape: Shape::Any }
}

const JSON: &str = "application/json";

/// A call of a GET with these responses, answered as scripted.
fn call<T>(
    responses: &'static [Response],
    answer: Scripted,
    start: fn(&Client, RequestBuilder) -> Call<T>,
) -> (Call<T>, ReplayTransport) {
    let operation = leak(Operation { responses, ..operation(Method::Get) });
    let transport = ReplayTransport::script([answer]);
    let (client, _) = client(contract(operation), &transport);
    (start(&client, RequestBuilder::new(operation)), transport)
}

/// As the generator writes it for 200, 202, 204, `4XX` and `default`.
#[derive(Clone, PartialEq)]
pub(crate) enum Outcome {
    Ok(Vec<i64>),
    Accepted(String),
    NoContent,
    ClientError(i64),
    Default(bool),
    Unknown(Value),
}

static OUTCOME: UnionShape = UnionShape {
    name: "Outcome",
    discriminator: None,
    variants: &[
        variant(200, 200, Media::Json),
        variant(202, 202, Media::Text),
        variant(204, 204, Media::Empty),
        variant(400, 499, Media::Json),
        variant(0, 999, Media::Json),
    ],
};

const fn variant(from: u16, to: u16, media: Media) -> Variant {
    Variant { shape: Shape::Any, test: VariantTest::Status { from, to, media } }
}

impl Union for Outcome {
    const SHAPE: &'static UnionShape = &OUTCOME;

    fn read(index: usize, raw: &str) -> Result<Self, JsonError> {
        Ok(match index {
            0 => Self::Ok(from_json(raw)?),
            1 => Self::Accepted(from_json(raw)?),
            2 => Self::NoContent,
            3 => Self::ClientError(from_json(raw)?),
            4 => Self::Default(from_json(raw)?),
            _ => Self::Unknown(from_json(raw)?),
        })
    }

    fn unknown(value: Value) -> Self {
        Self::Unknown(value)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ok(value) => value.serialize(serializer),
            Self::Accepted(value) => value.serialize(serializer),
            Self::NoContent => serializer.serialize_unit(),
            Self::ClientError(value) => value.serialize(serializer),
            Self::Default(value) => value.serialize(serializer),
            Self::Unknown(value) => value.serialize(serializer),
        }
    }
}

linchpin_runtime::union!(Outcome);

#[derive(Clone, PartialEq)]
pub(crate) struct Quota {
    left: i64,
    links: Option<Vec<String>>,
}

static QUOTA: ObjectShape = ObjectShape {
    name: "Quota",
    fields: &[
        FieldShape::new("X-Left", Shape::Integer, FieldShape::REQUIRED),
        FieldShape::new("Link", Shape::Array(&Shape::String("")), 0),
    ],
    additional: None,
};

impl Blank for Quota {
    fn blank() -> Self {
        Self { left: blank(), links: blank() }
    }
}

impl Object for Quota {
    const SHAPE: &'static ObjectShape = &QUOTA;

    fn read<'de, A: MapAccess<'de>>(&mut self, index: usize, input: &mut Reader<A>) -> Result<(), A::Error> {
        match index {
            0 => input.field(&mut self.left),
            1 => input.field(&mut self.links),
            _ => input.ignore(),
        }
    }

    fn write<S: SerializeMap>(&self, output: &mut Writer<S>) {
        output.required("X-Left", &self.left);
        output.optional("Link", &self.links);
    }
}

linchpin_runtime::object!(Quota);

#[test]
fn the_status_decides_what_an_answer_is() {
    const RESPONSES: &[Response] = &[
        answer(202, 202, Media::Text, "text/plain"),
        answer(200, 200, Media::Json, JSON),
        answer(204, 204, Media::Empty, ""),
    ];
    let cases = [
        (Scripted::json("[1,2]"), Some(Outcome::Ok(vec![1, 2]))),
        (Scripted::status(202).body("queued \"7\""), Some(Outcome::Accepted("queued \"7\"".into()))),
        (Scripted::status(202), Some(Outcome::Accepted(String::new()))),
        (Scripted::status(204), Some(Outcome::NoContent)),
        // `default` describes what no other does.
        (Scripted::status(201).body("true"), Some(Outcome::Default(true))),
        (Scripted::json("{}"), None),
        (Scripted::json("<html>"), None),
        (Scripted::json(""), None),
    ];
    for (answer, expected) in cases {
        let (call, _) = call(RESPONSES, answer.clone(), |client, request| client.status_call(request));
        let result = run(call.into_future());
        assert_eq!(result.as_ref().ok(), expected.as_ref(), "{answer:?}: {result:?}");
    }
}

#[test]
fn a_refusal_is_typed_by_its_status() {
    const RESPONSES: &[Response] = &[answer(200, 200, Media::Json, JSON)];
    let cases = [
        (Scripted::status(404).body("7"), Some(Outcome::ClientError(7))),
        (Scripted::status(501).body("true"), Some(Outcome::Default(true))),
        // What is not as the document says is kept as it came, as long as it is JSON.
        (Scripted::status(404).body("{\"a\":1}"), Some(Outcome::Unknown(json!({ "a": 1 })))),
        (Scripted::status(404), Some(Outcome::Unknown(Value::Null))),
        (Scripted::status(404).body("<html>"), None),
    ];
    for (answer, expected) in cases {
        let (call, _) = call(RESPONSES, answer.clone(), |client, request| client.json_call::<Value>(request));
        let error = run(call.into_future()).unwrap_err();
        assert_eq!(error.typed::<Outcome>(), expected, "{answer:?}: {error}");
    }
    let (call, _) =
        call(RESPONSES, Scripted::json("{"), |client, request| client.json_call::<Vec<i64>>(request));
    let error = run(call.into_future()).unwrap_err();
    assert_eq!(error.typed::<Outcome>(), None, "no refusal: {error}");
}

#[test]
fn an_answer_without_a_body_is_none_where_it_may_be() {
    const DECLARED: &[Response] = &[answer(200, 200, Media::Json, JSON), answer(202, 202, Media::Empty, "")];
    let cases = [
        (Scripted::json("[1]"), Some(Some(vec![1]))),
        (Scripted::status(202), Some(None)),
        // HTTP has no body there, whatever the document says.
        (Scripted::status(204), Some(None)),
        // Nothing where JSON was promised is no answer.
        (Scripted::json(""), None),
    ];
    for (answer, expected) in cases {
        let (call, _) = call(DECLARED, answer.clone(), |client, request| client.json_call(request));
        let result: Result<Option<Vec<i64>>, _> = run(call.into_future());
        assert_eq!(result.as_ref().ok(), expected.as_ref(), "{answer:?}: {result:?}");
    }
    let (call, _) =
        call(DECLARED, Scripted::status(204), |client, request| client.json_call::<Vec<i64>>(request));
    let error = run(call.into_future()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::EmptyBody { .. }), "{error}");
}

#[test]
fn headers_come_beside_the_value_and_with_a_refusal() {
    const RESPONSES: &[Response] = &[answer(200, 200, Media::Json, JSON)];
    let full = |answer: Scripted| answer.header("x-left", "7").header("link", "a, b").header("link", "c");
    let expected = Quota { left: 7, links: Some(vec!["a".into(), "b".into(), "c".into()]) };
    let started = |client: &Client, request| client.json_call::<Value>(request);

    let (call_, _) = call(RESPONSES, full(Scripted::json("[1]")), started);
    let response = run(call_.response()).unwrap();
    assert_eq!((response.status.as_u16(), &response.body, response.attempts), (200, &json!([1]), 1));
    assert_eq!(response.headers["x-left"], "7");
    assert_eq!(response.declared_headers::<Quota>().unwrap(), expected);

    let (call_, _) = call(RESPONSES, full(Scripted::status(404).body("{}")), started);
    let error = run(call_.into_future()).unwrap_err();
    assert_eq!(error.declared_headers::<Quota>(), Some(expected));
    assert_eq!(error.headers()["x-left"], "7");

    for (answer, said) in [
        (Scripted::json("[1]"), "missing field `X-Left`"),
        (Scripted::json("[1]").header("x-left", "many"), "invalid type: string \"many\""),
    ] {
        let (call_, _) = call(RESPONSES, answer.clone(), started);
        let response = run(call_.response()).unwrap();
        let error = response.declared_headers::<Quota>().unwrap_err();
        assert!(error.to_string().contains(said), "{answer:?}: {error}");
    }
}

#[test]
fn the_media_types_of_success_are_asked_for() {
    const STREAM: Response = answer(200, 200, Media::EventStream, "text/event-stream");
    let cases: [(&'static [Response], &str); 6] = [
        (leak([answer(200, 200, Media::Json, JSON), answer(404, 404, Media::Text, "text/plain")]), JSON),
        (leak([answer(204, 204, Media::Empty, "")]), JSON),
        (leak([answer(200, 200, Media::Bytes, "image/png")]), "image/png"),
        (
            leak([
                answer(200, 200, Media::Json, "application/vnd.x+json"),
                answer(202, 202, Media::Text, "text/csv"),
            ]),
            "application/vnd.x+json, text/csv",
        ),
        (leak([answer(200, 200, Media::Json, JSON), STREAM]), JSON),
        (leak([STREAM]), "text/event-stream"),
    ];
    for (responses, expected) in cases {
        let (call, transport) =
            call(responses, Scripted::json("{}"), |client, request| client.bytes_call(request));
        run(call.into_future()).unwrap();
        assert_eq!(transport.requests()[0].headers["accept"], expected, "{responses:?}");
    }
    let both: &[Response] = leak([answer(200, 200, Media::Json, JSON), STREAM]);
    for (call, expected) in [
        (
            call(both, Scripted::status(200), |client, request| client.events_call::<Value>(request)),
            "text/event-stream",
        ),
        (
            call(both, Scripted::status(200), |client, request| {
                client.events_call::<Value>(request).header("accept", "text/x")
            }),
            "text/x",
        ),
    ] {
        run(call.0.into_future()).unwrap();
        assert_eq!(call.1.requests()[0].headers.get_all("accept").iter().collect::<Vec<_>>(), [expected]);
    }
}

fn reset() -> TransportError {
    TransportError::new(TransportErrorKind::Reset, "as scripted")
}

#[test]
fn bytes_come_piece_by_piece_and_whole() {
    const RESPONSES: &[Response] = &[answer(200, 200, Media::Bytes, "application/octet-stream")];
    let piece = "x".repeat(50);
    let scripted = || Scripted::status(200).body(piece.clone()).body(piece.clone());
    // What ends them, where it is not their end.
    let cases = [
        (scripted(), None),
        (scripted().header("content-length", "100"), None),
        (scripted().header("content-length", "101"), Some("the body ended after 100 bytes of 101")),
        (scripted().break_off(reset()), Some("the body ended after 100 bytes")),
        (scripted().stall(), Some("the answer stopped coming: nothing for 20 s after 100 bytes")),
    ];
    for (answer, ends) in cases {
        let operation = leak(Operation { responses: RESPONSES, ..operation(Method::Get) });
        let transport = ReplayTransport::script([Scripted::status(503), answer.clone()]);
        let caps = Caps { body: 60, ..Caps::default() };
        let client = client_with_caps(contract(operation), &transport, caps);
        let response = run(client.bytes_call(RequestBuilder::new(operation)).stream()).unwrap();
        assert_eq!(response.attempts, 2, "the head is tried again as ever");
        let mut body = response.body;
        let (mut got, mut error) = (0, None);
        run(async {
            while let Some(piece) = body.next().await {
                match piece {
                    Ok(piece) => got += piece.len(),
                    Err(found) => error = Some(found),
                }
            }
        });
        assert_eq!(got, 100, "{answer:?}, over the cap of a body that is held");
        let told = error.as_ref().map(ToString::to_string);
        assert_eq!(
            told.as_deref().map(|told| told.contains(ends.unwrap_or("?"))),
            ends.map(|_| true),
            "{answer:?}: {told:?}"
        );
    }
}

#[test]
fn a_byte_order_mark_is_a_part_of_bytes_alone() {
    const BYTES: &[Response] = &[answer(200, 200, Media::Bytes, "text/csv")];
    const TEXT: &[Response] = &[answer(200, 200, Media::Text, "text/csv")];
    for (responses, expected) in [(BYTES, "\u{feff}a"), (TEXT, "a")] {
        let (call, _) = call(responses, Scripted::status(200).body("\u{feff}a"), |client, request| {
            client.bytes_call(request)
        });
        assert_eq!(run(call.into_future()).unwrap(), expected, "{responses:?}");
    }
}

/// What a sequence gives, errors as their texts, and its items as JSON.
fn items<T: serde::Serialize + 'static>(
    (call, _): (Call<Items<T>>, ReplayTransport),
) -> Vec<Result<Value, String>> {
    run(async {
        let mut items = match call.await {
            Ok(items) => items,
            Err(error) => return vec![Err(error.to_string())],
        };
        let mut found = Vec::new();
        while let Some(item) = items.next().await {
            found.push(
                item.map(|item| serde_json::to_value(item).unwrap()).map_err(|error| error.to_string()),
            );
        }
        found
    })
}

#[test]
fn items_come_one_by_one_and_a_bad_one_is_an_error_of_its_own() {
    const LINES: &[Response] =
        &[Response { shape: Shape::Integer, ..answer(200, 200, Media::JsonLines, "application/jsonl") }];
    let lines =
        |answer: Scripted| items(call(LINES, answer, |client, request| client.items_call::<i64>(request)));
    let jsonl =
        |body: &str| Scripted::status(200).header("content-type", "application/jsonl").body(body.to_owned());

    assert_eq!(lines(jsonl("1\n2\n").body("3")), [Ok(json!(1)), Ok(json!(2)), Ok(json!(3))]);
    assert_eq!(lines(jsonl("")), []);

    let found = lines(jsonl("1\n\"two\"\n3\n"));
    let error = found[1].as_ref().unwrap_err();
    assert!(error.contains("at item 2") && error.contains("\"two\""), "{error}");
    assert_eq!((&found[0], &found[2], found.len()), (&Ok(json!(1)), &Ok(json!(3)), 3));

    for (answer, said) in [
        (jsonl("1\n").break_off(reset()), "the body ended after 2 bytes"),
        (jsonl("1\n").header("content-length", "9"), "the body ended after 2 bytes of 9"),
        (jsonl("1\n[").body("2"), "the body ended after 4 bytes"),
    ] {
        let found = lines(answer.clone());
        let error = found.last().unwrap().as_ref().unwrap_err();
        assert!(found.len() == 2 && error.contains(said), "{answer:?}: {found:?}");
    }
    let found = lines(Scripted::status(200).header("content-type", "text/html").body("<html>"));
    assert!(
        found[0].as_ref().unwrap_err().contains("`text/html` instead of a sequence of JSON values"),
        "{found:?}"
    );
    let found = lines(Scripted::status(404));
    assert!(found[0].as_ref().unwrap_err().contains("404"), "{found:?}");
}

#[test]
fn events_have_data_as_the_document_says() {
    fn events(shape: Shape, body: &str) -> Vec<Result<Event<Value>, String>> {
        let response = Response { shape, ..answer(200, 200, Media::EventStream, "text/event-stream") };
        let operation = leak(Operation { responses: leak([response]), ..operation(Method::Get) });
        let answer = Scripted::status(200).header("content-type", "text/event-stream; charset=utf-8");
        let transport = ReplayTransport::script([answer.body(body.to_owned())]);
        let (client, _) = client(contract(operation), &transport);
        run(async {
            let mut items = client.events_call(RequestBuilder::new(operation)).await.unwrap();
            let mut found = Vec::new();
            while let Some(item) = items.next().await {
                found.push(item.map_err(|error| error.to_string()));
            }
            found
        })
    }
    let event = |event: &str, data: Value, id: Option<&str>| {
        Ok(Event { event: event.to_owned(), data, id: id.map(str::to_owned) })
    };
    let body = "id: 1\ndata: 7\n\nevent: end\ndata: [DONE]\n\ndata: [DONE]\n\ndata: 8\n\n";
    assert_eq!(
        events(Shape::String(""), body),
        [
            event("message", json!("7"), Some("1")),
            event("end", json!("[DONE]"), Some("1")),
            event("message", json!("[DONE]"), Some("1")),
            event("message", json!("8"), Some("1")),
        ]
    );
    // Where data are JSON, the mark that many services end with is no item; of another type it is what it says.
    assert_eq!(
        events(Shape::Any, body),
        [event("message", json!(7), Some("1")), event("end", json!("[DONE]"), Some("1"))]
    );
}

#[test]
fn whole_events_are_objects_of_their_fields() {
    static EVENT: ObjectShape = ObjectShape {
        name: "Added",
        fields: &[
            FieldShape::new("event", Shape::String(""), 0),
            FieldShape::new("data", Shape::Integer, 0),
            FieldShape::new("id", Shape::String(""), 0),
            FieldShape::new("retry", Shape::Integer, 0),
        ],
        additional: None,
    };
    const RESPONSES: &[Response] = &[Response {
        shape: Shape::Object(&EVENT),
        ..answer(200, 200, Media::EventStream, "text/event-stream")
    }];
    let answer = Scripted::status(200)
        .header("content-type", "text/event-stream")
        .body("event: add\nid: 1\nretry: 5\ndata: 7\n\n")
        .body("data: x\n\n");
    let found = items(call(RESPONSES, answer, |client, request| client.items_call::<Value>(request)));
    assert_eq!(
        found,
        [Ok(json!({ "event": "add", "id": "1", "retry": 5, "data": 7 })), Ok(json!({ "data": "x" }))]
    );
    let found = items(call(RESPONSES, Scripted::json("{\"message\":\"slow down\"}"), |client, request| {
        client.items_call::<Value>(request)
    }));
    assert!(
        found[0].as_ref().unwrap_err().contains("`application/json` instead of `text/event-stream`"),
        "{found:?}"
    );
}

#[test]
fn no_byte_is_held_that_no_one_asked_for() {
    const RESPONSES: &[Response] = &[answer(200, 200, Media::JsonLines, "application/jsonl")];
    let long = Bytes::from("\"".to_owned() + &"x".repeat(200) + "\"\n");
    let operation = leak(Operation { responses: RESPONSES, ..operation(Method::Get) });
    let answer = Scripted::status(200).body("1\n").body(long).body("2\n");
    let transport = ReplayTransport::script([answer]);
    let caps = Caps { item: 100, body: 1, ..Caps::default() };
    let client = client_with_caps(contract(operation), &transport, caps);
    run(async {
        let mut items = client.items_call::<Value>(RequestBuilder::new(operation)).await.unwrap();
        assert_eq!(items.next().await.unwrap().unwrap(), json!(1));
        let error = items.next().await.unwrap().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ItemTooLarge { limit: 100 }), "{error}");
        assert!(items.next().await.is_none(), "nothing comes after it");
    });
}
