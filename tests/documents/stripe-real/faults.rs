//! The same connector through a proxy that loses, cuts and delays: `drive PHASE STORE DIRECT`, where DIRECT is the server without the proxy.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use linchpin_stripe_real::linchpin_runtime::clock::Clock;
use linchpin_stripe_real::linchpin_runtime::testing::{ManualClock, Seeded};
use linchpin_stripe_real::linchpin_runtime::{self, Config, Sent, Timeouts, Value};
use linchpin_stripe_real::{CONTRACT, Client, GetCustomersParams};
use serde_json::json;

use crate::{Failure, customer, sync, tell};

pub async fn drive(phase: &str, store: &str, direct: &str) -> Result<(), Failure> {
    let client = hurried(Config::load(&CONTRACT, None)?)?;
    let secret_key = std::env::var("STRIPE_REAL_SECRET_KEY")?;
    let pairs = [("base_url", direct.to_owned()), ("secret_key", secret_key)];
    let direct = Client::from_client(linchpin_runtime::Client::new(&CONTRACT, Config::from_pairs(&CONTRACT, pairs)?)?);
    match phase {
        "write" => {
            let mut outcomes = BTreeMap::new();
            for number in 1_000..1_060 {
                let outcome = match client.post_customers(&customer(number)).await {
                    Ok(created) => created.id,
                    Err(error) if error.is_outcome_unknown() => "unknown".to_owned(),
                    Err(error) if error.sent() == Sent::No => "not sent".to_owned(),
                    Err(error) => format!("refused: {error}"),
                };
                outcomes.insert(format!("customer{number}@example.org"), outcome);
            }
            tell("outcomes", json!(outcomes));
        }
        "sync" => {
            let mut failed = Vec::new();
            for _ in 0..5 {
                match sync(&client, store).await {
                    Ok(report) => {
                        tell("sync", json!({ "report": report, "failed": failed }));
                        break;
                    }
                    Err(error) => failed.push(error.to_string()),
                }
            }
        }
        other => return Err(format!("no phase `{other}`").into()),
    }
    let request = direct.get_customers(&GetCustomersParams::default()).into_request()?;
    let mut records = direct.client().records::<Value>(request);
    let mut source = Vec::new();
    while let Some(record) = records.next().await {
        source.push(record?);
    }
    tell("source", json!(source));
    Ok(())
}

/// A client whose waits are over at once, and whose limits are as short as a server on the same machine lets them be.
fn hurried(config: Config) -> Result<Client, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default().with_real_timers());
    let timeouts = Timeouts {
        attempt: Duration::from_millis(1_000),
        stall: Duration::from_millis(400),
        ..Timeouts::default()
    };
    let builder = linchpin_runtime::Client::builder(&CONTRACT).config(config).clock(clock);
    Ok(Client::from_client(builder.random(Seeded::new(1)).timeouts(timeouts).build()?))
}
