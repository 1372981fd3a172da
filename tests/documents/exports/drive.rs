//! Reads and syncs streams of every source from a sandbox in this process, and prints what came, a JSON line a stream. The test `exports`
//! copies this file into a crate of its own beside the generated one, and reads the lines.

use std::sync::Arc;

use linchpin_exports::linchpin_runtime;
use linchpin_exports::types::Order;
use linchpin_exports::{CONTRACT, Client};
use linchpin_runtime::sandbox::{Sandbox, SandboxOptions};
use linchpin_runtime::store::Store;
use linchpin_runtime::sync::Sync;
use linchpin_runtime::testing::{ManualClock, Seeded};
use linchpin_runtime::{Config, Error, Records};
use serde_json::json;

#[tokio::main]
async fn main() {
    // `content` and `files` are two streams of one operation, so that a sandbox plays the last of them for both.
    let options = SandboxOptions { records: 25, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(&CONTRACT, options).await.expect("a sandbox");
    let config = Config::from_pairs(&CONTRACT, sandbox.config()).expect("the sandbox's configuration");
    let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().expect("a time")).with_real_timers();
    let builder = linchpin_runtime::Client::builder(&CONTRACT).config(config).random(Seeded::new(1));
    let inner = builder.clock(Arc::new(clock)).build().expect("a client");
    let client = Client::from_client(inner.clone());
    let typed: [(&str, Records<Order>); 2] =
        [("lines", client.streams().lines()), ("elements", client.streams().elements())];
    for (name, records) in typed {
        match all(records).await {
            Ok(orders) => println!("{}", json!({ "typed": name, "ids": orders.iter().map(|order| order.id).collect::<Vec<_>>(), "tags": orders.iter().filter_map(|order| order.tags.as_ref()).map(Vec::len).sum::<usize>() })),
            Err(error) => println!("{}", json!({ "typed": name, "error": error.to_string() })),
        }
    }
    let store = Store::in_memory(&CONTRACT).expect("a store");
    for stream in CONTRACT.streams {
        match Sync::new(&inner, &store).stream(stream.name).run().await {
            Ok(report) => println!("{}", json!({ "stream": stream.name, "records": report.records, "rows": report.rows })),
            Err(error) => println!("{}", json!({ "stream": stream.name, "error": error.to_string() })),
        }
    }
}

async fn all(mut records: Records<Order>) -> Result<Vec<Order>, Error> {
    let mut all = Vec::new();
    while let Some(record) = records.next().await {
        all.push(record?);
    }
    Ok(all)
}
