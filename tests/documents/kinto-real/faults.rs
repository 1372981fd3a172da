//! The same connector through a proxy that loses, cuts and delays: `drive PHASE STORE DIRECT`, where DIRECT is the server without the proxy. What
//! was written, and what the client says of it, is told beside what the server holds then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use linchpin_kinto_real::linchpin_runtime::clock::Clock;
use linchpin_kinto_real::linchpin_runtime::contract::Contract;
use linchpin_kinto_real::linchpin_runtime::testing::{ManualClock, Seeded};
use linchpin_kinto_real::linchpin_runtime::{self, Config, Error, Sent, Timeouts, Value};
use linchpin_kinto_real::types::{CreateRecordBody, UpdateRecordBody};
use linchpin_kinto_real::{
    CONTRACT, Client, CreateRecordParams, DeleteRecordParams, GetRecordParams, GetRecordsParams, UpdateRecordParams,
};
use serde_json::json;

use crate::{BUCKET, COLLECTION, Failure, list, sync, tell};

/// Records of each way to write.
const EACH: usize = 30;

pub async fn drive(phase: &str, store: &str, direct: &str) -> Result<(), Failure> {
    let clock = ManualClock::default().with_real_timers();
    let client = hurried(&CONTRACT, &clock, Config::load(&CONTRACT, None)?)?;
    let variable = |name: &str| std::env::var(format!("KINTO_REAL_{name}"));
    let pairs = [
        ("base_url", direct.to_owned()),
        ("username", variable("USERNAME")?),
        ("password", variable("PASSWORD")?),
    ];
    let direct = Client::from_client(linchpin_runtime::Client::new(&CONTRACT, Config::from_pairs(&CONTRACT, pairs)?)?);
    match phase {
        "sync" => tell("sync", sync_to_the_end(&client, store).await),
        "write" => tell("outcomes", json!(write(&client, &direct).await?)),
        "delete" => tell("outcomes", json!(delete(&client, &direct).await?)),
        "wait" => {
            let found = list(&client, &GetRecordsParams::default()).await;
            let parked = found.as_ref().err().map(ToString::to_string);
            let sleeps: Vec<f64> = clock.sleeps().iter().map(Duration::as_secs_f64).collect();
            tell("wait", json!({ "records": found.map_or(0, |found| found.len()), "sleeps": sleeps, "parked": parked }));
        }
        other => return Err(format!("no phase `{other}`").into()),
    }
    tell("source", json!(source(&direct).await?));
    Ok(())
}

/// A client whose waits are over at once, and whose limits are as short as a server on the same machine lets them be.
fn hurried(contract: &'static Contract, clock: &ManualClock, config: Config) -> Result<Client, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let timeouts = Timeouts {
        attempt: Duration::from_millis(1_000),
        stall: Duration::from_millis(400),
        ..Timeouts::default()
    };
    let builder = linchpin_runtime::Client::builder(contract).config(config).clock(clock);
    Ok(Client::from_client(builder.random(Seeded::new(1)).timeouts(timeouts).build()?))
}

/// A run that fails says why, and the next one goes on.
async fn sync_to_the_end(client: &Client, store: &str) -> Value {
    let mut failed = Vec::new();
    for _ in 0..5 {
        match sync(client, store).await {
            Ok(report) => return json!({ "report": report, "failed": failed }),
            Err(error) => failed.push(error.to_string()),
        }
    }
    json!({ "failed": failed })
}

/// The records as the server has them.
async fn source(direct: &Client) -> Result<BTreeMap<String, Value>, Failure> {
    let request = direct.get_records(BUCKET, COLLECTION, &GetRecordsParams::default()).into_request()?;
    let mut records = direct.client().records::<Value>(request);
    let mut found = BTreeMap::new();
    while let Some(record) = records.next().await {
        let record = record?;
        found.insert(record["id"].as_str().unwrap_or_default().to_owned(), record);
    }
    Ok(found)
}

/// What the client says of a write.
fn outcome<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(error) if error.is_outcome_unknown() => "unknown".to_owned(),
        Err(error) if error.sent() == Sent::No => "not sent".to_owned(),
        Err(error) => format!("refused: {error}"),
    }
}

fn named(name: &str) -> Option<BTreeMap<String, Value>> {
    Some(BTreeMap::from([("name".to_owned(), json!(name))]))
}

async fn write(client: &Client, direct: &Client) -> Result<BTreeMap<String, String>, Failure> {
    let mut outcomes = BTreeMap::new();
    for number in 0..EACH {
        // No key and no id: nothing makes it safe to ask twice.
        let name = format!("post-{number}");
        let body = CreateRecordBody { data: named(&name), ..Default::default() };
        let made = client.create_record(BUCKET, COLLECTION, &body, &CreateRecordParams::default()).await;
        outcomes.insert(name, outcome(made));

        let name = format!("put-{number}");
        let params = UpdateRecordParams { if_none_match: Some("*".to_owned()), ..Default::default() };
        outcomes.insert(name.clone(), put(client, &name, &name, params).await?);
    }
    for (id, record) in source(direct).await?.into_iter().filter(|(id, _)| id.starts_with("c-")).take(EACH) {
        let name = format!("changed-{id}");
        let moment = record["last_modified"].as_i64().unwrap_or_default();
        let params = UpdateRecordParams { if_match: Some(format!("\"{moment}\"")), ..Default::default() };
        outcomes.insert(name.clone(), put(client, &id, &name, params).await?);
    }
    Ok(outcomes)
}

/// Writes a record under its id, on a condition that holds once only; where the client cannot tell whether it was done, it looks.
async fn put(client: &Client, id: &str, name: &str, params: UpdateRecordParams) -> Result<String, Failure> {
    let body = UpdateRecordBody { data: named(name), ..Default::default() };
    let found = outcome(client.update_record(BUCKET, COLLECTION, id, &body, &params).await);
    if found != "unknown" {
        return Ok(found);
    }
    let held = client.get_record(BUCKET, COLLECTION, id, &GetRecordParams::default()).await;
    let held = held.ok().and_then(|held| held.data).unwrap_or_default();
    Ok(if held.get("name") == Some(&json!(name)) { "found" } else { "lost" }.to_owned())
}

async fn delete(client: &Client, direct: &Client) -> Result<BTreeMap<String, String>, Failure> {
    let mut outcomes = BTreeMap::new();
    let last: Vec<String> =
        source(direct).await?.into_keys().filter(|id| id.starts_with("c-")).rev().take(EACH).collect();
    for id in last {
        let gone = client.delete_record(BUCKET, COLLECTION, &id, &DeleteRecordParams::default()).await;
        outcomes.insert(id, outcome(gone));
    }
    Ok(outcomes)
}
