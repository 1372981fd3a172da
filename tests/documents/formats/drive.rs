//! Uses the crate that is generated from the document beside this file; prints one JSON line a step, which the test `formats` reads. The tests
//! copy this file into a crate of its own beside the generated one.

use linchpin_formats::linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_formats::linchpin_runtime::{
    self, Base64, Config, Decimal, Duration, Maybe, Tuple, UnixTime, Uri, Uuid, Value, jiff,
};
use linchpin_formats::types::{PathItem2, Thing};
use linchpin_formats::{CONTRACT, Client, GetThingParams};
use serde_json::json;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    // Each argument is a JSON text, which goes out as the type writes it.
    for text in std::env::args().skip(1) {
        let written = match serde_json::from_str::<Thing>(&text) {
            Ok(thing) => serde_json::to_string(&thing)?,
            Err(error) => error.to_string(),
        };
        tell("round", Value::from(written));
    }
    values()?;
    sent().await
}

fn tell(step: &str, facts: Value) {
    println!("{}", json!({ "step": step, "facts": facts }));
}

/// Each value is made as a user makes it, and given as one.
fn made() -> Thing {
    Thing {
        id: Uuid::from([7; 16]),
        takes: Some(Duration::from("PT90M")),
        page: Some("https://example.com/a".into()),
        data: Some(Base64::from(vec![1, 2, 3])),
        price: Some(Decimal::from("12.50")),
        created: Some(UnixTime::from(1_700_000_000)),
        width: Some(3_000_000_000),
        head: Some(Default::default()),
        place: Some((1.5, 2.5, Maybe::Value("here".to_owned())).into()),
        path: Some(Tuple::from((None, Some(PathItem2 { next: None })))),
        ..Default::default()
    }
}

fn values() -> Result<(), Failure> {
    let thing = made();
    let created: jiff::Timestamp = thing.created.as_ref().ok_or("created")?.timestamp()?;
    let page: &Uri = thing.page.as_ref().ok_or("page")?;
    let place = thing.place.as_ref().ok_or("place")?;
    tell(
        "values",
        json!({
            "created": created.to_string(),
            "host": page.url()?.host_str(),
            "bytes": thing.data.as_ref().ok_or("data")?.decode()?,
            "price": thing.price.as_ref().ok_or("price")?.number()?,
            "longitude": place.1,
            "default": thing.small,
        }),
    );
    Ok(())
}

/// What a call puts into its URL and its body.
async fn sent() -> Result<(), Failure> {
    let ok = || Scripted::status(200).header("content-type", "application/json").body(r#"{"id":"not a uuid"}"#);
    let transport = ReplayTransport::script([ok(), Scripted::status(204)]);
    let config = Config::from_pairs::<&str, &str>(&CONTRACT, [])?;
    let builder = linchpin_runtime::Client::builder(&CONTRACT).config(config).transport(transport.clone());
    let client = Client::from_client(builder.build()?);
    let thing = made();
    let params = GetThingParams {
        since: thing.created.clone(),
        span: thing.takes.clone(),
        least: thing.price.clone(),
        key: thing.data.clone(),
        area: Some((1.5, 2.5).into()),
        ..Default::default()
    };
    let got = client.get_thing(&thing.id, &params).await?;
    tell("got", Value::from(got.id.as_str()));
    client.put_thing("a b", &thing).await?;
    for request in transport.requests() {
        tell("sent", json!({ "url": request.url.as_str(), "body": String::from_utf8_lossy(&request.body.whole().unwrap_or_default()) }));
    }
    Ok(())
}
