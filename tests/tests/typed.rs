//! The generated API as a user of it writes it, against the sandboxes of both connectors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::collections::BTreeSet;

use linchpin_github::types::{Issue, IssueLabelsItem};
use linchpin_runtime::{Error, Maybe};
use linchpin_tests::lab::Lab;
use linchpin_zendesk::types::{
    CommentCreate, CreateTicketBody, Ticket, TicketCreate, TicketPriority, TicketStatus, TicketUpdate,
    UpdateTicketBody,
};
use linchpin_zendesk::{CreateTicketParams, ListTicketsParams};
use serde_json::{Value, json};

fn zendesk(records: u64) -> (Lab, linchpin_zendesk::Client) {
    let lab = Lab::new(&linchpin_zendesk::CONTRACT, records, "");
    let client = linchpin_zendesk::Client::from_client(lab.client());
    (lab, client)
}

fn github(records: u64) -> (Lab, linchpin_github::Client) {
    let lab = Lab::new(&linchpin_github::CONTRACT, records, "");
    let client = linchpin_github::Client::from_client(lab.client());
    (lab, client)
}

/// The JSON body of the last request of an operation.
fn last_body(lab: &Lab, operation: &str) -> Value {
    let journal = lab.sandbox().journal();
    let entry = journal.iter().rfind(|entry| entry.operation == Some(operation)).expect(operation);
    serde_json::from_slice(&entry.body).unwrap()
}

#[test]
fn a_ticket_is_created_read_changed_and_deleted() {
    let (lab, client) = zendesk(10);
    lab.block_on(async {
        let body = CreateTicketBody {
            ticket: TicketCreate {
                comment: CommentCreate { body: Some("It smokes.".into()), ..Default::default() },
                subject: Some("My printer is on fire".into()),
                priority: Maybe::Value(TicketPriority::Urgent),
                tags: Some(vec!["printer".into(), "fire".into()]),
                ..Default::default()
            },
        };
        let params = CreateTicketParams { idempotency_key: Some("printer-1".into()) };
        let created = client.create_ticket(&body, &params).await?.ticket;
        assert_eq!(created.subject.as_deref(), Some("My printer is on fire"));
        assert_eq!(created.tags, ["printer", "fire"]);
        let again = client.create_ticket(&body, &params).await?.ticket;
        assert_eq!(again.id, created.id, "the same key makes the same ticket");
        assert_eq!(lab.sandbox().count("tickets"), Some(11));

        let read = client.get_ticket(created.id).await?.ticket;
        assert_eq!(read, created);

        let body = UpdateTicketBody {
            ticket: TicketUpdate { status: Some(TicketStatus::Solved), ..Default::default() },
        };
        let changed = client.update_ticket(created.id, &body).await?.ticket;
        assert_eq!((changed.status, changed.subject), (TicketStatus::Solved, created.subject));

        client.delete_ticket(created.id).await?;
        let gone = client.get_ticket(created.id).await.expect_err("it is deleted");
        assert_eq!(gone.status().map(|status| status.as_u16()), Some(404), "{gone}");
        assert_eq!(gone.operation(), Some("getTicket"));
        Ok::<(), Error>(())
    })
    .unwrap();
}

#[test]
fn a_create_call_without_a_key_of_the_caller_gets_one() {
    let (lab, client) = zendesk(0);
    let body = CreateTicketBody::default();
    lab.block_on(async { client.create_ticket(&body, &CreateTicketParams::default()).await }).unwrap();
    let journal = lab.sandbox().journal();
    let entry = journal.last().expect("one request");
    let key =
        entry.headers.iter().find(|(name, _)| name == "idempotency-key").map(|(_, value)| value.as_str());
    assert!(key.is_some_and(|key| key.len() >= 16), "{:?}", entry.headers);
}

#[test]
fn absent_null_and_value_are_three_things_in_a_change() {
    let (lab, client) = zendesk(3);
    for (agent, expected) in [
        (Maybe::Absent, json!({ "ticket": {} })),
        (Maybe::Null, json!({ "ticket": { "assignee_id": null } })),
        (Maybe::Value(42), json!({ "ticket": { "assignee_id": 42 } })),
    ] {
        let before = lab.block_on(async { client.get_ticket(2).await }).unwrap().ticket.assignee_id;
        let body = UpdateTicketBody { ticket: TicketUpdate { assignee_id: agent, ..Default::default() } };
        let ticket = lab.block_on(async { client.update_ticket(2, &body).await }).unwrap().ticket;
        assert_eq!(last_body(&lab, "updateTicket"), expected, "{agent:?}");
        let after = match agent {
            Maybe::Absent => before,
            Maybe::Null => None,
            Maybe::Value(agent) => Some(agent),
        };
        assert_eq!(ticket.assignee_id, after, "{agent:?} on {before:?}");
    }
}

#[test]
fn a_value_that_the_document_does_not_list_goes_there_and_back() {
    let (lab, client) = zendesk(1);
    let mut record = lab.source("tickets").remove(0);
    record["status"] = json!("on_ice");
    let ticket: Ticket = serde_json::from_value(record).unwrap();
    assert_eq!(ticket.status, TicketStatus::Unknown("on_ice".into()));
    assert_eq!(serde_json::to_value(&ticket).unwrap()["status"], "on_ice");
    let body = UpdateTicketBody {
        ticket: TicketUpdate { status: Some(TicketStatus::from("on_ice")), ..Default::default() },
    };
    // The sandbox keeps to its document; what counts is what was sent.
    let _ = lab.block_on(async { client.update_ticket(1, &body).await });
    assert_eq!(last_body(&lab, "updateTicket"), json!({ "ticket": { "status": "on_ice" } }));
}

#[test]
fn what_was_read_is_written_as_it_was() {
    let lab = Lab::new(&linchpin_github::CONTRACT, 40, "");
    for record in lab.source("issues") {
        let issue: Issue =
            serde_json::from_value(record.clone()).unwrap_or_else(|error| panic!("{error} in {record:#}"));
        assert_eq!(serde_json::to_value(&issue).unwrap(), record);
    }
}

#[test]
fn a_label_is_a_text_or_an_object_or_whatever_came() {
    let mut record = Lab::new(&linchpin_github::CONTRACT, 1, "").source("issues").remove(0);
    record["labels"] = json!(["bug", { "name": "help wanted", "color": null }, 7]);
    let issue: Issue = serde_json::from_value(record.clone()).unwrap();
    let [IssueLabelsItem::Text(text), IssueLabelsItem::IssueLabel(label), IssueLabelsItem::Unknown(other)] =
        issue.labels.as_slice()
    else {
        panic!("{:?}", issue.labels)
    };
    assert_eq!((text.as_str(), label.name.as_deref()), ("bug", Some("help wanted")));
    assert_eq!((label.color.clone(), label.description.clone()), (Maybe::Null, Maybe::Absent));
    assert_eq!(other, &json!(7));
    assert_eq!(serde_json::to_value(&issue).unwrap(), record, "and is written as it came");
}

#[test]
fn records_of_all_pages_come_each_once() {
    let (lab, client) = zendesk(250);
    let ids = lab.block_on(async {
        let params = ListTicketsParams { page_size: Some(40), ..Default::default() };
        let mut records = client.list_tickets(&params).records();
        let mut ids = Vec::new();
        while let Some(record) = records.next().await {
            ids.push(record.unwrap().id);
        }
        ids
    });
    let expected: Vec<i64> =
        lab.source("tickets").iter().map(|record| record["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, expected);
    assert_eq!(lab.sandbox().statistics().pages, 7, "the caller's page size is kept");
}

#[test]
fn pages_come_whole_and_the_awaited_call_gives_the_first() {
    let (lab, client) = zendesk(250);
    let (first, sizes) = lab.block_on(async {
        let first = client.list_tickets(&ListTicketsParams::default()).await.unwrap();
        let mut pages = client.list_tickets(&ListTicketsParams::default()).pages();
        let mut sizes = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            sizes.push((page.tickets.len(), page.meta.has_more));
        }
        (first, sizes)
    });
    assert_eq!(sizes, [(100, true), (100, true), (50, false)]);
    assert!(!first.tickets.is_empty() && first.tickets.len() < 250, "{} tickets", first.tickets.len());
}

#[test]
fn a_stream_over_link_headers_gives_each_record_once() {
    let (lab, client) = github(230);
    let numbers = lab.block_on(async {
        let mut records = client.streams().issues();
        let mut numbers = Vec::new();
        while let Some(record) = records.next().await {
            numbers.push(record.unwrap().id);
        }
        numbers
    });
    let distinct: BTreeSet<i64> = numbers.iter().copied().collect();
    let expected: BTreeSet<i64> =
        lab.source("issues").iter().map(|record| record["id"].as_i64().unwrap()).collect();
    assert_eq!(numbers.len(), 230, "none twice");
    assert_eq!(distinct, expected);
    let journal = lab.sandbox().journal();
    assert_eq!(journal.len(), 3, "pages of 100");
    assert!(
        journal.iter().skip(1).all(|entry| entry.query.contains("page=")),
        "the Link header's URLs were followed"
    );
}

#[test]
fn nothing_shows_a_secret() {
    let (_lab, client) = zendesk(0);
    let shown = format!("{client:?}");
    assert!(!shown.contains("sandbox-api_token"), "{shown}");
}

#[test]
fn a_refused_call_gives_the_body_that_the_document_describes() {
    let (lab, client) = zendesk(3);
    lab.block_on(async {
        let error = client.get_ticket(999_999).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(404), "{error}");
        assert!(
            error.decode::<linchpin_zendesk::types::ErrorType>().is_some(),
            "{:?}",
            String::from_utf8_lossy(error.body())
        );
        assert!(error.decode::<Ticket>().is_none(), "an error is no ticket");
    });
}
