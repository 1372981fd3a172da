//! Drives the connector that is generated from the vendor's document, against the emulator in the tests: `drive STORE`. Each step prints one
//! JSON line, which the test `real_stripe` reads. The tests copy this file into a crate of its own beside the generated one.

mod faults;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use linchpin_runtime::store::Store;
use linchpin_runtime::sync::Sync;
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::{Config, Value};
use linchpin_stripe_real::linchpin_runtime;
use linchpin_stripe_real::types::{PostCustomersBody, PostCustomersBodyMetadata, PostProductsBody};
use linchpin_stripe_real::{CONTRACT, Client, GetCustomersParams, PostCustomersParams};
use serde_json::json;

type Failure = Box<dyn std::error::Error + Send + std::marker::Sync>;

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
    on_the_wire().await?;
    let client = Client::from_environment()?;
    let first = create(&client, 0..500).await?;
    tell("create", json!({ "customers": first.len() }));
    let product = PostProductsBody { name: "Widget".to_owned(), ..Default::default() };
    // The emulator leaves fields out that the document requires, so this answer is taken as it comes.
    let product: Value = client.client().call(client.post_products(&product).into_request()?).await?;
    tell("product", json!({ "name": product["name"] }));

    let read = read(&client).await?;
    let distinct: BTreeSet<&String> = read.iter().collect();
    tell("read", json!({ "customers": read.len(), "distinct": distinct.len(), "all": first.iter().all(|id| distinct.contains(id)) }));

    let before = client.client().statistics();
    tell("sync", sync(&client, store).await?);
    create(&client, 500..520).await?;
    tell("delta", sync(&client, store).await?);
    tell("again", sync(&client, store).await?);
    let pages = client.client().statistics().pages - before.pages;
    tell("pages", json!(pages));
    Ok(())
}

fn customer(number: u32) -> PostCustomersParams {
    let metadata = BTreeMap::from([("number".to_owned(), number.to_string())]);
    let body = PostCustomersBody {
        email: Some(format!("customer{number}@example.org")),
        description: Some(format!("Customer & co, number {number}")),
        metadata: Some(PostCustomersBodyMetadata::Variant1(metadata)),
        ..Default::default()
    };
    PostCustomersParams { body: Some(body), ..Default::default() }
}

async fn create(client: &Client, numbers: std::ops::Range<u32>) -> Result<Vec<String>, Failure> {
    let mut ids = Vec::new();
    for number in numbers {
        let created = client.post_customers(&customer(number)).await?;
        if created.description.value() != Some(&format!("Customer & co, number {number}")) {
            return Err(format!("customer {number} was stored as {created:?}").into());
        }
        ids.push(created.id);
    }
    Ok(ids)
}

async fn read(client: &Client) -> Result<Vec<String>, Failure> {
    let mut records = client.get_customers(&GetCustomersParams::default()).records();
    let mut ids = Vec::new();
    while let Some(record) = records.next().await {
        ids.push(record?.id);
    }
    Ok(ids)
}

async fn sync(client: &Client, store: &str) -> Result<Value, Failure> {
    let store = Store::open(store, &CONTRACT)?;
    let report = Sync::new(client.client(), &store).stream("customers").run().await?;
    let products = Sync::new(client.client(), &store).stream("products").run().await?;
    Ok(json!({ "customers": report, "products": products }))
}

/// What a creating call sends, seen by a transport of our own: the emulator takes an idempotency key and does not heed it.
async fn on_the_wire() -> Result<(), Failure> {
    let transport = ReplayTransport::script([
        Scripted::status(503),
        Scripted::status(400).header("content-type", "application/json").body("{\"error\":{}}"),
        Scripted::status(400).header("content-type", "application/json").body("{\"error\":{}}"),
    ]);
    let config = Config::from_pairs(&CONTRACT, [("secret_key", "sk_test_1")])?;
    let builder = linchpin_runtime::Client::builder(&CONTRACT).config(config).transport(transport.clone());
    let client = Client::from_client(builder.build()?);
    for number in [1, 2] {
        // The answers are refusals; what counts is what was sent.
        let _ = client.post_customers(&customer(number)).await;
    }
    let sent: Vec<Value> = transport
        .requests()
        .iter()
        .map(|request| {
            let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            json!({
                "url": request.url.as_str(),
                "type": header("content-type"),
                "key": header("idempotency-key"),
                "body": String::from_utf8_lossy(&request.body.whole().unwrap_or_default()),
            })
        })
        .collect();
    tell("wire", json!(sent));
    Ok(())
}
