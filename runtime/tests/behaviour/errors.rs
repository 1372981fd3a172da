//! The error map: what answers mean where their status does not say it.

use linchpin_runtime::contract::*;
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::{ErrorKind, Request, Sent, StopReason};

use crate::support::*;

const RULE: ErrorRule = ErrorRule {
    name: "rule",
    operations: &[],
    statuses: &[(409, 409)],
    header: None,
    body: None,
    action: Action::Retry,
};
const FAIL: Action = Action::Fail { fault: Fault::Configuration, message: "Renew the subscription." };
const THROTTLED: Option<(Path, Test)> = Some((&["errors"], Test::Contains("throttled")));

fn json(status: u16, body: &'static str) -> Scripted {
    Scripted::status(status).header("content-type", "application/json").body(body)
}

#[test]
fn the_first_rule_that_holds_says_what_an_answer_means() {
    let table = |rule| -> &'static [ErrorRule] { leak([rule]) };
    let ignored = ErrorRule { action: Action::Ignore, ..RULE };
    let elsewhere = ErrorRule { operations: &["other"], ..RULE };
    let by_header = ErrorRule { header: Some(("x-reason", Test::Equals("lock"))), ..RULE };
    let by_body = ErrorRule { statuses: &[], body: THROTTLED, action: Action::Rejected, ..RULE };
    // Name, rules, what comes first, the requests of a GET and of a POST; where it is one, whether that is success.
    type Case = (&'static str, &'static [ErrorRule], Scripted, [usize; 2], bool);
    let cases: Vec<Case> = vec![
        ("no rule", &[], json(409, "{}"), [1, 1], false),
        ("retry", table(RULE), json(409, "{}"), [2, 1], false),
        ("another status", table(RULE), json(422, "{}"), [1, 1], false),
        ("another operation", table(elsewhere), json(409, "{}"), [1, 1], false),
        ("rejected", table(ErrorRule { action: Action::Rejected, ..RULE }), json(409, "{}"), [2, 2], false),
        (
            "refresh, with nothing to refresh",
            table(ErrorRule { action: Action::Refresh, ..RULE }),
            json(409, "{}"),
            [1, 1],
            false,
        ),
        ("ignore", table(ErrorRule { action: Action::Ignore, ..RULE }), json(409, "{}"), [1, 1], true),
        ("a header", table(by_header), json(409, "{}").header("x-reason", "lock"), [2, 1], false),
        (
            "another header",
            table(ErrorRule { header: Some(("x-reason", Test::Equals("lock"))), ..RULE }),
            json(409, "{}").header("x-reason", "locks"),
            [1, 1],
            false,
        ),
        (
            "an error in a 200",
            table(by_body),
            json(200, r#"{"errors":[{"code":"THROTTLED"}]}"#),
            [2, 2],
            false,
        ),
        (
            "a 200 without errors",
            table(ErrorRule { statuses: &[], body: THROTTLED, action: Action::Rejected, ..RULE }),
            json(200, r#"{"errors":[]}"#),
            [1, 1],
            true,
        ),
        (
            "a refusal that the status would try again",
            table(ErrorRule { statuses: &[(500, 599)], action: FAIL, ..RULE }),
            json(503, "{}"),
            [1, 1],
            false,
        ),
        (
            "the first of two",
            leak([ignored, ErrorRule { action: FAIL, ..RULE }]),
            json(409, "{}"),
            [1, 1],
            true,
        ),
    ];
    for (name, errors, first, requests, is_ok) in cases {
        for (method, expected) in [Method::Get, Method::Post].into_iter().zip(requests) {
            let operation = leak(operation(method));
            let transport = ReplayTransport::script([first.clone(), json(200, "{}")]);
            let (client, _) = client(Contract { errors, ..contract(operation) }, &transport);
            let result = run(client.send(Request::new(operation)));
            assert_eq!(transport.requests().len(), expected, "{name}, {method:?}: {result:?}");
            assert_eq!(result.is_ok(), is_ok || expected == 2, "{name}, {method:?}: {result:?}");
            if let Err(error) = result {
                assert_eq!(error.sent(), Sent::Yes, "{name}: {error}");
            }
        }
    }
}

#[test]
fn a_failure_says_whose_it_is_and_what_to_do() {
    let get = leak(operation(Method::Get));
    let faults = [(Fault::Configuration, 2), (Fault::Request, 1), (Fault::Server, 1)];
    for (fault, code) in faults {
        let action = Action::Fail { fault, message: "Renew the subscription." };
        let errors = leak([ErrorRule { name: "unpaid", action, ..RULE }]);
        let transport = ReplayTransport::server(|_| json(409, r#"{"token":"c4nary+s3cret/value=="}"#));
        let (client, _) = client(Contract { errors, ..contract(get) }, &transport);
        let error = run(client.send(Request::new(get))).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("409") && text.contains("`unpaid`") && text.contains("Renew the"), "{text}");
        assert!(!text.contains(CANARY) && !format!("{error:?}").contains(CANARY), "{text}");
        assert_eq!(error.exit_code(), code, "{fault:?}");
    }
}

#[test]
fn a_partition_that_cannot_be_read_is_told_apart() {
    let get = leak(operation(Method::Get));
    let errors = leak([ErrorRule { statuses: &[(404, 404)], action: Action::SkipPartition, ..RULE }]);
    let transport = ReplayTransport::server(|_| json(404, "{}"));
    let (client, _) = client(Contract { errors, ..contract(get) }, &transport);
    let error = run(client.send(Request::new(get))).unwrap_err();
    assert!(error.skips_partition() && transport.requests().len() == 1, "{error}");
}

#[test]
fn lists_that_are_left_out_are_counted_and_a_single_list_never_is() {
    let get =
        leak(Operation { parameters: leak([parameter("of", Location::Query)]), ..operation(Method::Get) });
    let each = Each { target: SliceTarget::Parameter(0, None), values: &["a", "b", "c"], include: None };
    let slices = |partition| Some(Slices { partition, window: None, at_once: 1 });
    let stream = |slices| Stream {
        name: "items",
        description: "",
        operation: get,
        records: &[],
        key: &[&["id"]],
        cursor: None,
        parameters: &[],
        slices,
        body: None,
        shape: Shape::Any,
        source: Source::Pages,
    };
    let errors = leak([ErrorRule { statuses: &[(404, 404)], action: Action::SkipPartition, ..RULE }]);
    let transport = ReplayTransport::server(|request| match request.url.query() {
        Some("of=a") => Scripted::json(r#"[{"id":1}]"#),
        _ => json(404, "{}"),
    });
    for (slices, expected) in [(slices(Partition::Each(each)), Some((1, 2))), (None, None)] {
        let stream = leak(stream(slices));
        let (client, _) = client(Contract { errors, streams: leak([]), ..contract(get) }, &transport);
        let mut pages = client.stream_pages(stream).unwrap();
        let mut records = 0;
        let result = loop {
            match run(pages.next()) {
                Ok(Some(page)) => records += page.record_texts().len(),
                Ok(None) => break Ok((records, pages.omitted().left_out)),
                Err(error) => break Err(error),
            }
        };
        match expected {
            Some(expected) => assert_eq!(result.unwrap(), expected),
            None => assert!(result.unwrap_err().skips_partition()),
        }
    }
}

#[test]
fn what_is_ignored_is_nothing_for_every_reader() {
    let get = leak(operation(Method::Get));
    let errors = leak([ErrorRule { statuses: &[(404, 404)], action: Action::Ignore, ..RULE }]);
    let transport = ReplayTransport::server(|_| json(404, r#"{"message":"gone"}"#));
    let (client, _) = client(Contract { errors, ..contract(get) }, &transport);
    assert_eq!(run(client.call::<Option<Vec<u8>>>(Request::new(get))).unwrap(), None);
    let error = run(client.call::<Vec<u8>>(Request::new(get))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::EmptyBody { .. }), "{error}");
    let mut pages = client.pages(Request::new(get));
    assert!(run(pages.next()).unwrap().is_none());
    assert_eq!(pages.stop_reason(), Some(StopReason::Ignored));
    let mut open = run(client.open(Request::new(get))).unwrap();
    assert!(run(open.body.next()).is_none());
}
