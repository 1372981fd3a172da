//! The same as `hand`, with the generated connector and nothing set.

use std::time::Instant;

use linchpin_bench::Client;
use linchpin_runtime::store::Store;
use linchpin_runtime::sync::Sync;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let started = Instant::now();
    let (records, sum) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["walk", style] => walk(style).await?,
        ["store", stream, file] => store(stream, file).await?,
        _ => return Err("own walk STYLE | own store STREAM FILE".into()),
    };
    let seconds = started.elapsed().as_secs_f64();
    println!("{{\"records\":{records},\"sum\":{sum},\"seconds\":{seconds}}}");
    Ok(())
}

async fn walk(style: &str) -> Result<(usize, i64), Failure> {
    let client = Client::from_environment()?;
    let mut contacts = match style {
        "page" => client.streams().by_page(),
        "offset" => client.streams().by_offset(),
        _ => client.streams().by_cursor(),
    };
    let (mut records, mut sum) = (0, 0);
    while let Some(contact) = contacts.next().await {
        records += 1;
        sum += std::hint::black_box(contact?).number;
    }
    Ok((records, sum))
}

async fn store(stream: &str, file: &str) -> Result<(usize, i64), Failure> {
    let client = Client::from_environment()?;
    let store = Store::open(file, client.client().contract())?;
    let report = Sync::new(client.client(), &store).stream(stream).run().await?;
    Ok((usize::try_from(report.records)?, i64::try_from(report.rows)?))
}
