//! What methods give, and the types that an operation's responses make: compared as syntax trees, so that no formatting counts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is a failed test")]

mod things;

use linchpin_codegen::render::Files;

const SCHEMAS: &str = "components:\n  schemas:\n\
    \x20   Thing: { type: object, required: [id], properties: { id: { type: string } } }\n\
    \x20   Job: { type: object, required: [url], properties: { url: { type: string } } }\n\
    \x20   Problem: { type: object, properties: { message: { type: string } } }\n\
    \x20   Invalid: { type: object, properties: { fields: { type: array, items: { type: string } } } }\n\
    \x20   Added: { type: object, required: [event, data], properties: { event: { type: string, enum: [added] }, data: { $ref: '#/components/schemas/Thing' } } }\n\
    \x20   Gone: { type: object, required: [event, data], properties: { event: { type: string, enum: [gone] }, data: { type: string } } }\n";

/// The files of a document whose operation `getThing` has these responses, each in a line of flow style.
fn files(method: &str, responses: &[&str]) -> Files {
    let responses: String = responses.iter().map(|response| format!("        {response}\n")).collect();
    let document = format!(
        "openapi: 3.2.0\ninfo: {{ title: Things, version: '1' }}\npaths:\n  /things:\n    {method}:\n      operationId: getThing\n      tags: [things]\n      responses:\n{responses}{SCHEMAS}"
    );
    things::connector(&document, None).files
}

/// A response with these media types and schemas.
fn response(status: &str, content: &[(&str, &str)]) -> String {
    let content: Vec<String> =
        content.iter().map(|(media, schema)| format!("'{media}': {{ {schema} }}")).collect();
    let content =
        if content.is_empty() { String::new() } else { format!(", content: {{ {} }}", content.join(", ")) };
    format!("'{status}': {{ description: d{content} }}")
}

fn json(status: &str, schema: &str) -> String {
    response(status, &[("application/json", &format!("schema: {schema}"))])
}

fn of(name: &str) -> String {
    format!("{{ $ref: '#/components/schemas/{name}' }}")
}

/// Return type and last expression of the only method, without spaces.
fn method(files: &Files) -> (String, String) {
    let text = &files["src/operations/things.rs"];
    let file = syn::parse_file(text).unwrap();
    let function = file.items.iter().find_map(|item| match item {
        syn::Item::Impl(found) => found.items.iter().find_map(|item| match item {
            syn::ImplItem::Fn(function) => Some(function.clone()),
            _ => None,
        }),
        _ => None,
    });
    let function = function.unwrap_or_else(|| panic!("no method in\n{text}"));
    let tokens = |tokens: &dyn quote::ToTokens| tokens.to_token_stream().to_string().replace(' ', "");
    (tokens(&function.sig.output), tokens(function.block.stmts.last().unwrap()))
}

/// The item of that name below `src/types`, printed in one form.
fn item(files: &Files, name: &str) -> Option<String> {
    let types = files.iter().filter(|(path, _)| path.starts_with("src/types/"));
    types.flat_map(|(_, text)| syn::parse_file(text).unwrap().items).find_map(|item| {
        let found = match &item {
            syn::Item::Struct(item) => item.ident == name,
            syn::Item::Enum(item) => item.ident == name,
            _ => false,
        };
        found.then(|| printed(item))
    })
}

fn printed(item: syn::Item) -> String {
    prettyplease::unparse(&syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    })
}

#[track_caller]
fn assert_item(files: &Files, name: &str, expected: &str) {
    let expected = printed(syn::parse_str(expected).unwrap_or_else(|error| panic!("{expected}: {error}")));
    assert_eq!(item(files, name).unwrap_or_else(|| panic!("no {name} in {files:#?}")), expected);
}

#[test]
fn a_method_gives_what_the_responses_of_success_hold() {
    let (thing, job) = (of("Thing"), of("Job"));
    let thing_of = |status: &str| json(status, &thing);
    let none = |status: &str| response(status, &[]);
    let table: &[(&str, Vec<String>, &str, &str)] = &[
        ("one body", vec![thing_of("200")], "Call<Thing>", "json_call"),
        ("no body", vec![none("204")], "Call<()>", "empty_call"),
        ("no response", vec![], "Call<()>", "empty_call"),
        ("several of one type", vec![thing_of("200"), thing_of("201")], "Call<Thing>", "json_call"),
        (
            "several that are written alike",
            vec![
                json("200", "{ type: array, items: { type: integer } }"),
                json("206", "{ type: array, items: { type: integer } }"),
            ],
            "Call<Vec<i64>>",
            "json_call",
        ),
        ("a body or none", vec![thing_of("200"), none("204")], "Call<Option<Thing>>", "json_call"),
        ("none comes first", vec![none("202"), thing_of("203")], "Call<Option<Thing>>", "json_call"),
        ("several types", vec![thing_of("200"), json("202", &job)], "Call<GetThingSuccess>", "status_call"),
        ("a range", vec![json("2XX", &thing)], "Call<Thing>", "json_call"),
        ("default alone", vec![json("default", &thing)], "Call<Thing>", "json_call"),
        ("default is for refusals", vec![none("200"), json("default", &thing)], "Call<()>", "empty_call"),
        ("text", vec![response("200", &[("text/csv", "")]), none("204")], "Call<String>", "text_call"),
        (
            "JSON is liked best",
            vec![response(
                "200",
                &[("text/plain", ""), ("application/hal+json", "schema: { type: integer }")],
            )],
            "Call<i64>",
            "json_call",
        ),
        (
            "bytes",
            vec![response("200", &[("image/png", "schema: { type: string, format: binary }")])],
            "Call<Bytes>",
            "bytes_call",
        ),
        (
            "any kind of bytes",
            vec![response("200", &[("*/*", "schema: { type: string, format: binary }")])],
            "Call<Bytes>",
            "bytes_call",
        ),
        (
            "bytes or JSON",
            vec![response("200", &[("image/png", "")]), json("202", &job)],
            "Call<Bytes>",
            "bytes_call",
        ),
        (
            "lines with an itemSchema",
            vec![response("200", &[("application/jsonl", &format!("itemSchema: {thing}"))])],
            "Call<linchpin_runtime::Items<Thing>>",
            "items_call",
        ),
        (
            "lines with the schema of one",
            vec![response("200", &[("application/x-ndjson", &format!("schema: {thing}"))])],
            "Call<linchpin_runtime::Items<Thing>>",
            "items_call",
        ),
        (
            "lines with the schema of all",
            vec![response(
                "200",
                &[("application/json-seq", &format!("schema: {{ type: array, items: {thing} }}"))],
            )],
            "Call<linchpin_runtime::Items<Thing>>",
            "items_call",
        ),
        (
            "lines without a schema",
            vec![response("200", &[("application/jsonl", "")])],
            "Call<linchpin_runtime::Items<Value>>",
            "items_call",
        ),
        (
            "events, of which the document describes the data",
            vec![response("200", &[("text/event-stream", &format!("schema: {thing}"))])],
            "Call<linchpin_runtime::Items<linchpin_runtime::Event<Thing>>>",
            "events_call",
        ),
        (
            "events of text",
            vec![response("200", &[("text/event-stream", "schema: { type: string }")])],
            "Call<linchpin_runtime::Items<linchpin_runtime::Event<String>>>",
            "events_call",
        ),
        (
            "whole events",
            vec![response("200", &[("text/event-stream", &format!("itemSchema: {}", of("Added")))])],
            "Call<linchpin_runtime::Items<Added>>",
            "items_call",
        ),
        (
            "whole events of older documents",
            vec![response(
                "200",
                &[(
                    "text/event-stream",
                    &format!("schema: {{ oneOf: [ {}, {} ] }}", of("Added"), of("Gone")),
                )],
            )],
            "Call<linchpin_runtime::Items<GetThingResponse>>",
            "items_call",
        ),
        (
            "an item that is no object is the data of an event",
            vec![response("200", &[("text/event-stream", "itemSchema: { type: string }")])],
            "Call<linchpin_runtime::Items<linchpin_runtime::Event<String>>>",
            "events_call",
        ),
        (
            "one value or items",
            vec![response(
                "200",
                &[
                    ("text/event-stream", &format!("schema: {job}")),
                    ("application/json", &format!("schema: {thing}")),
                ],
            )],
            "linchpin_runtime::StreamedCall<Thing,linchpin_runtime::Event<Job>>",
            "or_events(self.0.json_call",
        ),
    ];
    for (what, responses, kind, start) in table {
        let responses: Vec<&str> = responses.iter().map(String::as_str).collect();
        let responses = if responses.is_empty() { vec!["'404': { description: d }"] } else { responses };
        let (output, last) = method(&files("get", &responses));
        assert_eq!(output, format!("->{kind}"), "{what}: {responses:#?}");
        assert!(last.starts_with(&format!("self.0.{start}(")), "{what}: {last}");
    }
    let (output, last) = method(&files("head", &[&thing_of("200")]));
    assert_eq!(
        (output.as_str(), last.starts_with("self.0.empty_call")),
        ("->Call<()>", true),
        "HEAD has no body"
    );
}

#[test]
fn successes_of_several_types_are_an_enum_by_status() {
    let files = files(
        "get",
        &[
            &json("2XX", "{ type: integer }"),
            &response("204", &[]),
            &response("202", &[("text/plain", "")]),
            &json("200", &of("Thing")),
            &json("299", &of("Job")),
        ],
    );
    assert_item(
        &files,
        "GetThingSuccess",
        "#[doc = \" What calls give, by status.\"] #[derive(Clone, PartialEq)] pub enum GetThingSuccess { \
         #[doc = \" 200\"] Ok(Thing), #[doc = \" 202\"] Accepted(String), #[doc = \" 204\"] NoContent, #[doc = \" 299\"] Status299(Job), \
         #[doc = \" 2XX\"] Successful(i64), #[doc = \" A value that is none of these, kept as it came.\"] Unknown(Value), }",
    );
    let wire: String = files
        .iter()
        .filter(|(path, _)| path.starts_with("src/wire/"))
        .map(|(_, text)| text.as_str())
        .collect();
    let flat: String = wire.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "VariantTest::Status { from: 202, to: 202, media: Media::Text, }",
        "VariantTest::Status { from: 204, to: 204, media: Media::Empty, }",
        "VariantTest::Status { from: 200, to: 299, media: Media::Json, }",
        "2 => Self::NoContent,",
        "Self::NoContent => serializer.serialize_unit(),",
    ] {
        assert!(flat.contains(expected), "no `{expected}` in\n{wire}");
    }
}

#[test]
fn refusals_of_several_types_are_an_enum_and_those_of_one_are_that_type() {
    let ok = json("200", &of("Thing"));
    let docs = |files: &Files| {
        files["src/operations/things.rs"]
            .lines()
            .filter(|line| line.contains("`Error::"))
            .map(|line| line.trim().to_owned())
            .collect::<Vec<_>>()
    };

    let one = files(
        "get",
        &[&ok, &json("404", &of("Problem")), &json("4XX", &of("Problem")), &json("default", &of("Problem"))],
    );
    assert_eq!(
        docs(&one),
        ["/// `Error::decode` gives the body of a refused call as [`Problem`](crate::types::Problem)."]
    );
    assert_eq!(item(&one, "GetThingError"), None);

    let several = files(
        "get",
        &[
            &ok,
            &json("default", &of("Problem")),
            &json("4XX", &of("Problem")),
            &json("422", &of("Invalid")),
            &response("401", &[]),
            &response("503", &[("text/plain", "")]),
            &response("500", &[("application/pdf", "")]),
        ],
    );
    assert_eq!(
        docs(&several),
        [
            "/// `Error::typed` gives the body of a refused call as [`GetThingError`](crate::types::GetThingError)."
        ]
    );
    assert_item(
        &several,
        "GetThingError",
        "#[doc = \" What refused calls hold, by status.\"] #[derive(Clone, PartialEq)] pub enum GetThingError { \
         #[doc = \" 422\"] UnprocessableContent(Invalid), #[doc = \" 503\"] ServiceUnavailable(String), #[doc = \" 4XX\"] ClientError(Problem), \
         #[doc = \" Any other status.\"] Default(Problem), #[doc = \" A value that is none of these, kept as it came.\"] Unknown(Value), }",
    );

    let text = files("get", &[&ok, &response("404", &[("text/plain", "")])]);
    assert_eq!(docs(&text), [""; 0], "a text needs no type");
}

#[test]
fn declared_headers_are_a_struct_of_all_responses() {
    let headers =
        |status: &str, headers: &str| format!("'{status}': {{ description: d, headers: {{ {headers} }} }}");
    let files = files(
        "get",
        &[
            &headers(
                "200",
                "X-Left: { required: true, description: What is left., schema: { type: integer } }, Link: { schema: { type: string } }, Content-Type: { schema: { type: string } }",
            ),
            &headers(
                "429",
                "x-left: { required: true, schema: { type: integer } }, Retry-After: { required: true, deprecated: true, schema: { type: string, format: date-time } }",
            ),
        ],
    );
    assert_item(
        &files,
        "GetThingHeaders",
        "#[doc = \" Headers of answers.\"] #[derive(Clone, PartialEq)] pub struct GetThingHeaders { #[doc = \" What is left.\"] pub x_left: i64, \
         pub link: Option<String>, #[deprecated] pub retry_after: Option<DateTime>, }",
    );
    assert!(files["src/operations/things.rs"].contains(
        "`Response::declared_headers` gives them as [`GetThingHeaders`](crate::types::GetThingHeaders)."
    ));
}

#[test]
fn what_is_deprecated_says_so() {
    let document = "openapi: 3.1.0\ninfo: { title: Things, version: '1' }\npaths:\n  /things:\n    get:\n      operationId: getThing\n      deprecated: true\n      tags: [things]\n      parameters: [ { name: old, in: query, deprecated: true, schema: { type: string } } ]\n      responses: { '204': { description: d } }\n";
    let connector = things::connector(document, None);
    let text = &connector.files["src/operations/things.rs"];
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in ["#[deprecated] pub fn get_thing(", "#[deprecated] pub old: Option<String>"] {
        assert!(flat.contains(expected), "no `{expected}` in\n{text}");
    }
}
