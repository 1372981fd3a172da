//! What a program left behind in its outbox, and what a person does about it with the connector's own program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::sync::Arc;

use linchpin_runtime::store::Outbox;
use linchpin_runtime::{Client, RetryPolicy};
use linchpin_tests::lab::Lab;
use linchpin_tests::program::{Ended, Program};
use linchpin_zendesk::types::{CreateTicketBody, TicketCreate};
use linchpin_zendesk::{CONTRACT, CreateTicketParams};
use serde_json::Value;

/// The lab's clients live in 1970.
const WHENEVER: [&str; 2] = ["--newest", "1000000"];

fn run(lab: &Lab, arguments: &[&str]) -> Ended {
    let outbox = lab.path("outbox.db");
    let file = ["--file", outbox.to_str().unwrap()];
    let arguments = ["outbox"].iter().chain(arguments).chain(&file);
    Program::zendesk().run(lab.folder(), arguments).config("ZENDESK", &lab.config()).end()
}

/// Tickets are created, one attempt each; says of how many it is not known whether they were.
fn create(lab: &Lab, client: &Client, subjects: &[&str]) -> usize {
    let client = linchpin_zendesk::Client::from_client(client.clone());
    let unknown = subjects.iter().filter(|subject| {
        let ticket = TicketCreate { subject: Some((**subject).to_owned()), ..Default::default() };
        let body = CreateTicketBody { ticket };
        let made = lab.block_on(async { client.create_ticket(&body, &CreateTicketParams::default()).await });
        made.is_err_and(|error| error.is_outcome_unknown())
    });
    unknown.count()
}

fn numbers(lab: &Lab) -> Vec<i64> {
    let listed = run(lab, &["list", "--format", "json"]).with(0).json_lines();
    listed.iter().map(|line| line["number"].as_i64().unwrap()).collect()
}

#[test]
fn what_is_left_is_listed_sent_again_with_its_key_or_dropped() {
    // Every second request is done, and its answer lost.
    let lab = Lab::new(&CONTRACT, 0, "truncate:2");
    let outbox = Arc::new(Outbox::open(lab.path("outbox.db")).unwrap());
    let client = lab.client_with(|builder| builder.outbox(outbox).retry(RetryPolicy::never()));
    assert_eq!(create(&lab, &client, &["one", "two", "three", "four"]), 2);
    assert_eq!(lab.sandbox().count("tickets"), Some(4), "each was made");

    let listed = run(&lab, &["list", "--format", "json"]).with(0).json_lines();
    let keys: Vec<&str> = listed.iter().map(|line| line["idempotency_key"].as_str().unwrap()).collect();
    assert!(keys.len() == 2 && keys[0] != keys[1], "{listed:#?}");
    assert!(listed.iter().all(|line| line["operation"] == "createTicket"), "{listed:#?}");
    let shown = run(&lab, &["list"]).with(0).stdout;
    assert!(keys.iter().all(|key| shown.contains(key)) && !shown.contains("two"), "{shown}");
    let left = numbers(&lab);

    // By now a server may have forgotten the key.
    let old = run(&lab, &["retry"]).with(1);
    assert!(old.stdout.contains("unknown") && old.stderr.contains("look whether it was done"), "{old:?}");
    assert_eq!(numbers(&lab), left);

    // One of them, whose answer comes, since it is the fifth request.
    let first = left[0].to_string();
    let line = run(&lab, &[&["retry", "--format", "json", first.as_str()][..], &WHENEVER].concat()).with(0);
    let line: Value = line.json_lines().remove(0);
    assert_eq!((&line["outcome"], &line["idempotency_key"]), (&"done".into(), &keys[0].into()), "{line:#}");
    assert_eq!(
        (numbers(&lab), lab.sandbox().count("tickets")),
        (vec![left[1]], Some(4)),
        "none was made twice"
    );

    // The other is looked at by a person.
    let second = left[1].to_string();
    let wrong = run(&lab, &["drop", "999"]).with(2);
    assert!(wrong.stderr.contains("no request 999"), "{wrong:?}");
    assert!(run(&lab, &["drop", &second]).with(0).stdout.contains("dropped"));
    assert!(numbers(&lab).is_empty());
    assert!(run(&lab, &["list"]).with(0).stderr.contains("nothing is left"));
}

#[test]
fn what_is_refused_when_it_is_sent_again_is_known_not_to_be_done() {
    // The first request is lost on its way, and every other one refused.
    let lab = Lab::new(&CONTRACT, 0, "422:2,reset:1");
    let outbox = Arc::new(Outbox::open(lab.path("outbox.db")).unwrap());
    let client = lab.client_with(|builder| builder.outbox(outbox).retry(RetryPolicy::never()));
    assert_eq!(create(&lab, &client, &["one"]), 1);
    let refused = run(&lab, &[&["retry"][..], &WHENEVER].concat()).with(1);
    assert!(refused.stdout.contains("refused") && refused.stderr.contains("422"), "{refused:?}");
    assert!(numbers(&lab).is_empty());
}

#[test]
fn an_outbox_that_is_not_there_is_not_made() {
    let lab = Lab::new(&CONTRACT, 0, "");
    for act in ["list", "retry"] {
        let ended = run(&lab, &[act]).with(2);
        assert!(ended.stderr.contains("there is no outbox at"), "{act}: {ended:?}");
    }
    assert!(!lab.path("outbox.db").exists());
}
