//! Calls operations in the shape that they had and in the shape that they have, against sandboxes of both, as a user of the crate writes it.
//! The tests copy this file into a crate of its own beside the generated one. It ends with an error where something is not as it should be.
#![deny(warnings)]

use linchpin_previous::linchpin_runtime;
use linchpin_previous::previous::before_2026_11_21;
use linchpin_previous::{CONTRACT, Client, ListTicketsParams, types};
use linchpin_runtime::Config;
use linchpin_runtime::contract::Contract;
use linchpin_runtime::sandbox::{Sandbox, SandboxOptions};

type Ended = Result<(), Box<dyn std::error::Error>>;

/// A sandbox that plays a contract, and the client of today.
async fn desk(contract: &'static Contract) -> Result<(Sandbox, Client), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start(contract, SandboxOptions { records: 7, ..SandboxOptions::default() }).await?;
    let client = Client::new(Config::from_pairs(&CONTRACT, sandbox.config())?)?;
    Ok((sandbox, client))
}

fn versions(sandbox: &Sandbox) -> Vec<String> {
    let sent = sandbox.journal().into_iter().flat_map(|entry| entry.headers);
    sent.filter(|(name, _)| name == "desk-version").map(|(_, value)| value).collect()
}

#[tokio::main]
async fn main() -> Ended {
    the_api_as_it_was().await?;
    the_api_as_it_is().await?;
    println!("{{\"ok\":true}}");
    Ok(())
}

#[expect(deprecated, reason = "they are kept for a time")]
async fn the_api_as_it_was() -> Ended {
    use before_2026_11_21::types::{CreateTicketBody, Ticket};
    let (sandbox, client) = desk(&before_2026_11_21::CONTRACT).await?;
    let params = before_2026_11_21::ListTicketsParams { open: Some(true), ..Default::default() };
    let mut records = client.list_tickets_before_2026_11_21(&params).records();
    let mut ids: Vec<i64> = Vec::new();
    while let Some(ticket) = records.next().await {
        let Ticket { id, .. } = ticket?;
        ids.push(id);
    }
    assert_eq!(ids.len(), 7, "{ids:?}");
    let further: Vec<String> = sandbox.journal().into_iter().skip(1).map(|entry| entry.query).collect();
    assert!(further.len() >= 2 && further.iter().all(|query| query.contains("after=")), "{further:?}");
    let made = client.create_ticket_before_2026_11_21(&CreateTicketBody { subject: "old".into() }).await?;
    assert_eq!(made.subject, "old");
    let sent = versions(&sandbox);
    assert!(sent.len() > further.len() && sent.iter().all(|version| version == "1"), "the header of then: {sent:?}");
    let unfit = client.list_tickets(&ListTicketsParams::default()).await;
    assert!(unfit.is_err(), "an answer of then has no shape of today");
    Ok(())
}

#[expect(deprecated, reason = "one of them is kept for a time")]
async fn the_api_as_it_is() -> Ended {
    let (sandbox, client) = desk(&CONTRACT).await?;
    let mut records = client.list_tickets(&ListTicketsParams::default()).records();
    let mut titles = 0;
    while let Some(ticket) = records.next().await {
        let types::Ticket { title: _, .. } = ticket?;
        titles += 1;
    }
    assert_eq!(titles, 7);
    assert!(versions(&sandbox).iter().all(|version| version == "2"));
    // Nothing of today has its method and path, so the sandbox of today plays it too, in the shape that it had.
    let person = client.get_person_before_2026_11_21(1).await?;
    let _: (i64, String) = (person.id, person.name);
    let listed = |id: &str| CONTRACT.operations.iter().filter(|operation| operation.id == id).count();
    assert_eq!((listed("getPerson"), listed("listTickets"), listed("unkept")), (1, 1, 0));
    Ok(())
}
