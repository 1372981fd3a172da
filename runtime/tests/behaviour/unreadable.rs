//! Rows, lines and elements that are no records: a sync goes on and keeps them in quarantine, whole; who reads without a store gets an error.

use std::sync::Arc;

use jiff::Timestamp;
use linchpin_runtime::contract::*;
use linchpin_runtime::store::Store;
use linchpin_runtime::sync::{Released, Report, Sync, SyncError, release};
use linchpin_runtime::testing::{ManualClock, ReplayTransport, Scripted};
use linchpin_runtime::{Client, Config, RetryPolicy};

use crate::support::*;

const CSV: Format = Format::Csv(CsvDialect { delimiter: b',', quote: b'"', columns: &[] });
const XML: Format = Format::Xml(XmlLayout { record: &["orders", "order"], names: &[] });

struct Synced {
    result: Result<Report, SyncError>,
    store: Store,
    contract: &'static Contract,
    stream: &'static Stream,
}

impl Synced {
    /// What becomes of a body of that format.
    fn of(format: Format, body: &'static str) -> Self {
        let media_type = match format {
            Format::JsonLines => "application/jsonl",
            Format::Xml(_) => "application/xml",
            _ => "text/csv",
        };
        let responses =
            leak([Response { from: 200, to: 299, media: Media::Text, media_type, shape: Shape::Any }]);
        let streams: &'static [Stream] = leak([Stream {
            slices: None,
            name: "orders",
            description: "",
            operation: leak(Operation { responses, ..operation(Method::Get) }),
            records: &[],
            key: &[&["id"]],
            cursor: None,
            parameters: &[],
            body: None,
            shape: Shape::Any,
            source: Source::Bodies(format),
            drift: DriftPolicy::DEFAULT,
        }]);
        let [stream] = streams else { panic!("one stream") };
        let contract = leak(Contract { streams, ..contract(stream.operation) });
        let client = Client::builder(contract)
            .config(Config::from_pairs(contract, [("api_token", CANARY)]).unwrap())
            .clock(Arc::new(ManualClock::default()))
            .transport(ReplayTransport::script([Scripted::status(200).body(body)]))
            .retry(RetryPolicy::never())
            .build()
            .unwrap();
        let store = Store::in_memory(contract).unwrap();
        let result = run(Sync::new(&client, &store).stream("orders").run());
        Self { result, store, contract, stream }
    }

    fn held(&self) -> Vec<(i64, String)> {
        let mut held = Vec::new();
        self.store.for_each_quarantined(self.stream, |one| held.push((one.id, one.reason))).unwrap();
        held
    }

    fn release(&self) -> Released {
        release(&self.store, self.contract, self.stream, Timestamp::UNIX_EPOCH).unwrap()
    }
}

#[test]
fn the_records_around_it_are_stored_and_it_is_kept_with_its_line_and_reason() {
    let cases: [(Format, &str, u64, &[&str]); 8] = [
        (CSV, "id,name\n1,a\n2\n3,c\n", 2, &["line 3: the row has 1 columns where 2 are named"]),
        (CSV, "id,name\n1,a\n2,b,c,d", 1, &["line 3: the row has 4 columns where 2 are named"]),
        (CSV, "id,name\n9\n8\n1,a\n", 1, &["line 2: the row has 1", "line 3: the row has 1"]),
        (Format::JsonLines, "{\"id\":1}\nnot json\n{\"id\":2}\n", 2, &["line 2: expected ident"]),
        (Format::JsonLines, "{\"id\":1}\n{\"id\":\n", 1, &["line 2: EOF while parsing"]),
        // What references and attributes say is no matter of where the record ends.
        (
            XML,
            "<orders>\n<order><id>1</id></order>\n<order><id>2</id><of>AT&T</of><x>&nbsp;</x></order><order><id>3</id></order></orders>",
            2,
            &["line 3: "],
        ),
        (
            XML,
            "<orders><order a='1' a='2'><b/></order>\n<order id='&no;'/><order><id>3</id></order></orders>",
            1,
            &["line 1: ", "line 2: "],
        ),
        (XML, "<orders><order><id>1</id></order><order><a b=c>x</a></order></orders>", 1, &["line 1: "]),
    ];
    for (format, body, rows, reasons) in cases {
        let synced = Synced::of(format, body);
        let report = synced.result.as_ref().unwrap_or_else(|error| panic!("{body:?}: {error}"));
        let counts = (report.records, report.quarantined);
        assert_eq!(counts, (rows + reasons.len() as u64, reasons.len() as u64), "{body:?}");
        let held = synced.held();
        assert_eq!(held.len(), reasons.len(), "{body:?}: {held:?}");
        for ((_, reason), expected) in held.iter().zip(reasons) {
            assert!(reason.starts_with(expected), "{body:?}: {reason}");
        }
    }
}

#[test]
fn what_has_no_readable_record_or_does_not_end_where_a_record_does_is_an_error() {
    for (format, body, expected) in [
        (CSV, "id,name\n1\n2\n", "none of its records can be read; the first: line 2: the row has 1 columns"),
        (
            Format::JsonLines,
            "Too many requests\ntry later\n",
            "none of its records can be read; the first: line 1",
        ),
        (CSV, "id,name\n1,a\n2,\"b", "ended after"),
        (Format::JsonLines, "{\"id\":1}\n{\"id\":", "ended after"),
        (CSV, "id,id\n1,a\n", "names the column `id` twice"),
        (XML, "<orders><order id='&no;'/></orders>", "none of its records can be read; the first: line 1"),
        (XML, "<orders>AT&T<order id='1'/></orders>", "line 1"),
        (
            XML,
            "<orders>\n<order><id>1</id></order><order><a></order></orders>",
            "line 2: `order` ends where `a` is open",
        ),
        (XML, "<orders><order id='1'/><order>", "ended after"),
    ] {
        let synced = Synced::of(format, body);
        let failed = match &synced.result {
            Err(error) => error.to_string(),
            Ok(report) => format!("{report:?}"),
        };
        assert!(failed.contains(expected), "{body:?}: {failed}");
        assert!(synced.held().is_empty(), "{body:?}");
    }
}

#[test]
fn release_leaves_it_and_drop_forgets_it_all_that_are_named_or_none() {
    let synced = Synced::of(CSV, "id,name\n1,a\n2\n3\n");
    assert!(synced.result.is_ok());
    let released = synced.release();
    assert_eq!((released.released, released.still_held), (0, 2));
    let held = synced.held();
    assert!(held.iter().all(|(_, reason)| reason.contains("no record")), "{held:?}");
    let numbers: Vec<i64> = held.iter().map(|(number, _)| *number).collect();
    assert_eq!(synced.store.drop_quarantined(&[numbers[0], 999]).unwrap(), Some(999));
    assert_eq!(synced.held().len(), 2, "nothing was forgotten");
    assert_eq!(synced.store.drop_quarantined(&numbers).unwrap(), None);
    assert!(synced.held().is_empty());
}
