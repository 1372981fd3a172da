//! Streams whose records are no JSON pages, in virtual time.

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ManualClock, ReplayTransport, Scripted};
use linchpin_runtime::{Client, Page, Request, Value};

use crate::bodies::gzip;
use crate::support::*;

pub(crate) fn answers(media: Media, media_type: &'static str, operation: Operation) -> &'static Operation {
    let responses = leak([Response { from: 200, to: 299, media, media_type, shape: Shape::Any }]);
    leak(Operation { responses, ..operation })
}

pub(crate) fn stream(operation: &'static Operation, source: Source) -> &'static Stream {
    leak(Stream {
        slices: None,
        name: "orders",
        description: "",
        operation,
        records: &[],
        key: &[&["id"]],
        cursor: None,
        parameters: &[],
        body: None,
        shape: Shape::Any,
        source,
        drift: DriftPolicy::DEFAULT,
    })
}

pub(crate) const CSV: Format = Format::Csv(CsvDialect { delimiter: b',', quote: b'"', columns: &[] });

pub(crate) fn client_of(stream: &'static Stream, transport: &ReplayTransport) -> (Client, ManualClock) {
    client(Contract { streams: leak([]), ..contract(stream.operation) }, transport)
}

pub(crate) fn ids(page: &Page) -> Vec<String> {
    let records = page.records().unwrap();
    let id = |json: &str| serde_json::from_str::<Value>(json).unwrap()["id"].to_string().replace('"', "");
    records.iter().map(|record| id(record.get())).collect()
}

#[test]
fn a_body_is_read_in_batches_whatever_its_format() {
    let csv = |count: usize| {
        std::iter::once("id".to_owned())
            .chain((0..count).map(|id| id.to_string()))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let lines = (0..2_500).map(|id| format!("{{\"id\":{id}}}\n")).collect::<String>();
    let xml = format!(
        "<all>{}</all>",
        (0..2_500).map(|id| format!("<one><id>{id}</id></one>")).collect::<String>()
    );
    let xml_format = || Format::Xml(XmlLayout { record: &["all", "one"], names: &[] });
    let cases = [
        (CSV, Scripted::status(200).header("content-type", "text/csv").body(csv(2_500)), 2_500),
        (CSV, Scripted::status(200).body(gzip(csv(2_500).as_bytes())), 2_500),
        (
            CSV,
            Scripted::status(200).header("content-encoding", "gzip").body(gzip(csv(2_500).as_bytes())),
            2_500,
        ),
        (CSV, Scripted::status(200).body(csv(1_000)), 1_000),
        (CSV, Scripted::status(200).body(csv(0)), 0),
        (CSV, Scripted::status(200), 0),
        (Format::JsonLines, Scripted::status(200).body(lines), 2_500),
        (xml_format(), Scripted::status(200).header("content-type", "application/xml").body(xml), 2_500),
    ];
    for (format, answer, count) in cases {
        let label = format!("{format:?} {count}");
        let stream =
            stream(answers(Media::Bytes, "text/csv", operation(Method::Get)), Source::Bodies(format));
        let transport = ReplayTransport::script([answer]);
        let (client, _) = client_of(stream, &transport);
        let mut pages = client.pages_of(stream, client.stream_request(stream).unwrap());
        let mut found = Vec::new();
        while let Some(page) = run(pages.next()).unwrap() {
            let ids = ids(&page);
            assert!(ids.len() <= 1_000, "{label}");
            found.extend(ids);
        }
        assert_eq!(found, (0..count).map(|id| id.to_string()).collect::<Vec<_>>(), "{label}");
        assert_eq!(transport.requests().len(), 1, "{label}: no page after the last");
    }
}

#[test]
fn pages_of_rows_follow_what_their_heads_say() {
    const PAGING: Paging = Paging::new(
        "locator",
        Strategy::Cursor {
            target: Target::Parameter(0),
            next: Token::Header("locator"),
            first: None,
            end: End::NONE,
        },
    );
    let parameters = leak([parameter("locator", Location::Query)]);
    let paged = answers(
        Media::Text,
        "text/csv",
        Operation { parameters, paging: Some(PAGING), ..operation(Method::Get) },
    );
    let stream = stream(paged, Source::Bodies(CSV));
    let page = |rows: &str, locator: &str| {
        Scripted::status(200).header("locator", locator).body(format!("id\n{rows}"))
    };
    let transport = ReplayTransport::script([page("1\n2\n", "a"), page("3\n", "b"), page("4\n", "null")]);
    let (client, _) = client_of(stream, &transport);
    let mut pages = client.pages_of(stream, Request::new(paged));
    let mut found = Vec::new();
    while let Some(page) = run(pages.next()).unwrap() {
        found.extend(ids(&page));
    }
    assert_eq!(found, ["1", "2", "3", "4"]);
    let queries: Vec<_> =
        transport.requests().iter().map(|request| request.url.query().unwrap_or("").to_owned()).collect();
    assert_eq!(queries, ["", "locator=a", "locator=b"]);
}

#[test]
fn what_is_no_table_is_an_error_with_its_line_and_nothing_of_its_batch_is_given() {
    let html = "<!DOCTYPE html><html><body>Sign in</body></html>";
    let bomb = gzip(&vec![b'\n'; 64 * 1024 * 1024]);
    let cases: [(Scripted, &str); 8] = [
        (Scripted::status(200).header("content-type", "text/html").body(html), "`text/html` instead of CSV"),
        (Scripted::status(200).header("content-type", "text/csv").body(html), "`markup` instead of CSV"),
        (Scripted::json(r#"{"error":"no"}"#), "`application/json` instead of CSV"),
        (Scripted::status(200).body("id,name\n1,a\n2\n"), "at line 3"),
        (Scripted::status(200).body("id,name\n1,\"a"), "ended after"),
        (Scripted::status(200).header("content-length", "99").body("id\n1\n"), "ended after 5 bytes of 99"),
        (Scripted::status(200).body(gzip(b"id\n1\n")[..20].to_vec()), "ended after"),
        (Scripted::status(200).body(bomb), "raise `Caps::ratio`"),
    ];
    for (answer, expected) in cases {
        let label = format!("{answer:?}");
        let stream = stream(answers(Media::Text, "text/csv", operation(Method::Get)), Source::Bodies(CSV));
        let (client, _) = client_of(stream, &ReplayTransport::script([answer]));
        let error = run(client.pages_of(stream, client.stream_request(stream).unwrap()).next()).unwrap_err();
        assert!(error.to_string().contains(expected), "{}: {error}", &label[..label.len().min(200)]);
    }
}
