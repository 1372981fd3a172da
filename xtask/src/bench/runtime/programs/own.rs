//! The same as `hand`, with the generated connector and nothing set.

use std::time::{Duration, Instant};

use linchpin_bench::types::Contact;
use linchpin_bench::{CONTRACT, Client, ListByCursorParams};
use linchpin_runtime::Page;
use linchpin_runtime::drift::{Collector, StreamDrift};
use linchpin_runtime::jiff::Timestamp;
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
        ["drift", pages, rounds] => return drift(pages.parse()?, rounds.parse()?).await,
        _ => return Err("own walk STYLE | own store STREAM FILE | own drift PAGES ROUNDS".into()),
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

/// Decodes the same page again and again, without a look at its drift, with one as a sync has it, and with one at every record. The three take
/// turns at each page, so that what else the machine does meets them alike. A line a round.
async fn drift(pages: usize, rounds: usize) -> Result<(), Failure> {
    let client = Client::from_environment()?;
    let page = client.list_by_cursor(&ListByCursorParams::default()).raw_pages()?.next().await?.ok_or("no page")?;
    let stream = |name: &str| CONTRACT.stream(name).ok_or("no such stream");
    for _ in 0..rounds {
        let collector = |name| Ok::<_, Failure>(Collector::new(&CONTRACT, stream(name)?, StreamDrift::default(), 1));
        let (some, every) = (collector("by_cursor")?, collector("strict")?);
        let [mut plain, mut sampled, mut full] = [Duration::ZERO; 3];
        for turn in 0..pages {
            for which in 0..3 {
                let begun = Instant::now();
                match (which + turn) % 3 {
                    0 => {
                        decode(&page)?;
                        plain += begun.elapsed();
                    }
                    1 => {
                        some.look(&page, Timestamp::UNIX_EPOCH);
                        decode(&page)?;
                        sampled += begun.elapsed();
                    }
                    _ => {
                        every.look(&page, Timestamp::UNIX_EPOCH);
                        decode(&page)?;
                        full += begun.elapsed();
                    }
                }
            }
        }
        let [plain, sampled, full] = [plain, sampled, full].map(|time| time.as_secs_f64());
        println!("{{\"plain\":{plain},\"sampled\":{sampled},\"full\":{full}}}");
    }
    Ok(())
}

fn decode(page: &Page) -> Result<(), Failure> {
    for (index, record) in page.record_texts().enumerate() {
        std::hint::black_box(page.decode_record::<Contact>(index, record)?);
    }
    Ok(())
}
