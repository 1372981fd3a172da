//! Drives the connector that is generated from the live document of a Kinto server, against that server: `drive STORE`. Each step prints one
//! JSON line, which the test `real_kinto` reads. The tests copy this file into a crate of its own beside the generated one.

mod faults;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use linchpin_kinto_real::linchpin_runtime::store::Store;
use linchpin_kinto_real::linchpin_runtime::sync::Sync;
use linchpin_kinto_real::linchpin_runtime::{self, Value};
use linchpin_kinto_real::types::{CreateRecordBody, CreateRecordSuccess, UpdateRecordBody, UpdateRecordSuccess};
use linchpin_kinto_real::{
    CONTRACT, Client, CreateRecordParams, GetRecordParams, GetRecordsParams, UpdateRecordParams,
};
use serde_json::json;

type Failure = Box<dyn std::error::Error + Send + std::marker::Sync>;
type Record = BTreeMap<String, Value>;

const BUCKET: &str = "crm";
const COLLECTION: &str = "contacts";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let driven = match arguments.as_slice() {
        [store] => drive(store).await,
        [phase, store, direct] => faults::drive(phase, store, direct).await,
        _ => Err("drive STORE, or drive PHASE STORE DIRECT".into()),
    };
    match driven {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn tell(step: &str, facts: Value) {
    println!("{}", json!({ "step": step, "facts": facts }));
}

async fn drive(store: &str) -> Result<(), Failure> {
    let client = Client::from_environment()?;
    let pages = || client.client().statistics().pages;

    let before = pages();
    let seeded = list(&client, &GetRecordsParams::default()).await?;
    let distinct: BTreeSet<&String> = seeded.iter().map(|(id, _)| id).collect();
    tell("list", json!({ "records": seeded.len(), "distinct": distinct.len(), "pages": pages() - before }));
    tell("sync", sync(&client, store).await?);

    let newest = seeded.iter().map(|(_, moment)| *moment).max();
    let mut created = Vec::new();
    for number in 0..3 {
        created.push(create(&client, number).await?);
    }
    let mut read = Vec::new();
    for (id, _) in &created {
        let found = client.get_record(BUCKET, COLLECTION, id, &GetRecordParams::default()).await?;
        read.push(found.data.unwrap_or_default().get("name").cloned().unwrap_or_default());
    }
    tell("create", json!({ "read": read }));

    let since = GetRecordsParams { since: newest, ..Default::default() };
    let new: BTreeSet<String> = list(&client, &since).await?.into_iter().map(|(id, _)| id).collect();
    tell("since", json!(new == created.iter().map(|(id, _)| id.clone()).collect()));
    tell("delta", sync(&client, store).await?);

    let Some((id, moment)) = created.first() else { return Err("nothing was created".into()) };
    tell("stale", refused(&client, id, moment - 1).await?);
    tell("fresh", replace(&client, id, *moment).await?);
    Ok(())
}

/// All records that are asked for: id and time of each.
async fn list(client: &Client, params: &GetRecordsParams) -> Result<Vec<(String, i64)>, Failure> {
    let mut records = client.get_records(BUCKET, COLLECTION, params).records();
    let mut found = Vec::new();
    while let Some(record) = records.next().await {
        let record = record?;
        found.push((record.id, record.last_modified));
    }
    Ok(found)
}

fn contact(name: &str) -> Record {
    BTreeMap::from([("name".to_owned(), json!(name)), ("tags".to_owned(), json!(["new"]))])
}

/// Creates a record under an id that the server chooses.
async fn create(client: &Client, number: u32) -> Result<(String, i64), Failure> {
    let data = Some(contact(&format!("Added {number}")));
    let body = CreateRecordBody { data, ..Default::default() };
    let made = client.create_record(BUCKET, COLLECTION, &body, &CreateRecordParams::default()).await?;
    let data = match made {
        CreateRecordSuccess::Ok(found) => found.data,
        CreateRecordSuccess::Created(made) => made.data,
        CreateRecordSuccess::Unknown(other) => return Err(format!("an answer of another status: {other}").into()),
    };
    placed(&data.unwrap_or_default())
}

fn placed(record: &Record) -> Result<(String, i64), Failure> {
    let id = record.get("id").and_then(Value::as_str);
    let moment = record.get("last_modified").and_then(Value::as_i64);
    match (id, moment) {
        (Some(id), Some(moment)) => Ok((id.to_owned(), moment)),
        _ => Err(format!("a record without id or time: {record:?}").into()),
    }
}

/// Replaces a record if it was last changed at that moment.
async fn update(client: &Client, id: &str, moment: i64) -> Result<Record, linchpin_runtime::Error> {
    let body = UpdateRecordBody { data: Some(contact("Replaced")), ..Default::default() };
    let params = UpdateRecordParams { if_match: Some(format!("\"{moment}\"")), ..Default::default() };
    Ok(match client.update_record(BUCKET, COLLECTION, id, &body, &params).await? {
        UpdateRecordSuccess::Ok(changed) => changed.data.unwrap_or_default(),
        UpdateRecordSuccess::Created(made) => made.data.unwrap_or_default(),
        UpdateRecordSuccess::Unknown(_) => Record::new(),
    })
}

/// What the server answers where somebody else changed the record.
async fn refused(client: &Client, id: &str, moment: i64) -> Result<Value, Failure> {
    let Err(error) = update(client, id, moment).await else { return Err("a stale change was taken".into()) };
    let body: Value = error.decode().unwrap_or_default();
    Ok(json!({ "status": error.status().map(|status| status.as_u16()), "errno": body["errno"] }))
}

async fn replace(client: &Client, id: &str, moment: i64) -> Result<Value, Failure> {
    let (same, later) = placed(&update(client, id, moment).await?)?;
    let found = client.get_record(BUCKET, COLLECTION, id, &GetRecordParams::default()).await?;
    let found = found.data.unwrap_or_default();
    Ok(json!({ "same": same == id, "later": later > moment, "name": found.get("name") }))
}

async fn sync(client: &Client, store: &str) -> Result<Value, Failure> {
    let store = Store::open(store, &CONTRACT)?;
    Ok(json!(Sync::new(client.client(), &store).stream("contacts").run().await?))
}
