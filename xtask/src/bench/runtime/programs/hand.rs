//! What a person writes who needs one API and has read the documentation of reqwest, serde and rusqlite: the loop that the connector is
//! measured against. `hand walk URL STYLE` reads all records to typed values; `hand store URL FILE` puts them into SQLite.

use std::collections::BTreeMap;
use std::time::Instant;

use rusqlite::{Connection, params};
use serde::Deserialize;
use serde_json::value::RawValue;

type Failure = Box<dyn std::error::Error>;

const SIZE: usize = 100;

#[derive(Deserialize)]
struct Page<T> {
    records: Vec<T>,
    has_more: bool,
    next_cursor: Option<String>,
    #[allow(dead_code)]
    total: i64,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Contact {
    id: String,
    object: Object,
    number: i64,
    email: String,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    company: Option<String>,
    job_title: Option<String>,
    active: bool,
    score: f64,
    balance: i64,
    owner_id: Option<i64>,
    created_at: String,
    updated_at: String,
    closed_at: Option<String>,
    website: Option<String>,
    address: Address,
    tags: Vec<String>,
    metadata: BTreeMap<String, String>,
    notes: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Object {
    Contact,
    Company,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Address {
    street: String,
    city: String,
    region: Option<String>,
    postal_code: Option<String>,
    country: String,
}

/// Borrows the page; the records stay raw, since they are stored as they came.
#[derive(Deserialize)]
struct RawPage<'a> {
    #[serde(borrow)]
    records: Vec<&'a RawValue>,
    has_more: bool,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Key<'a> {
    id: &'a str,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let started = Instant::now();
    let (records, sum) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["walk", url, style] => walk(url, style).await?,
        ["store", url, file] => store(url, file).await?,
        _ => return Err("hand walk URL STYLE | hand store URL FILE".into()),
    };
    let seconds = started.elapsed().as_secs_f64();
    println!("{}", serde_json::json!({ "records": records, "sum": sum, "seconds": seconds }));
    Ok(())
}

/// The URL of the next page, in each of the server's styles.
fn address(url: &str, style: &str, pages: usize, records: usize, cursor: Option<&str>) -> String {
    match (style, cursor) {
        ("page", _) => format!("{url}/page?page={}&per_page={SIZE}", pages + 1),
        ("offset", _) => format!("{url}/offset?offset={records}&limit={SIZE}"),
        (_, None) => format!("{url}/cursor?limit={SIZE}"),
        (_, Some(cursor)) => format!("{url}/cursor?limit={SIZE}&cursor={cursor}"),
    }
}

async fn walk(url: &str, style: &str) -> Result<(usize, i64), Failure> {
    let client = reqwest::Client::new();
    let (mut pages, mut records, mut sum, mut cursor) = (0, 0, 0, None::<String>);
    loop {
        let address = address(url, style, pages, records, cursor.as_deref());
        let body = client.get(address).send().await?.error_for_status()?.bytes().await?;
        let page: Page<Contact> = serde_json::from_slice(&body)?;
        pages += 1;
        records += page.records.len();
        for contact in page.records {
            sum += std::hint::black_box(contact).number;
        }
        cursor = page.next_cursor;
        if !page.has_more {
            return Ok((records, sum));
        }
    }
}

async fn store(url: &str, file: &str) -> Result<(usize, i64), Failure> {
    let client = reqwest::Client::new();
    let mut database = Connection::open(file)?;
    database.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    database.pragma_update(None, "synchronous", "normal")?;
    database.execute_batch(
        "CREATE TABLE IF NOT EXISTS contacts (key TEXT PRIMARY KEY NOT NULL, record TEXT NOT NULL) STRICT;
         CREATE TABLE IF NOT EXISTS progress (stream TEXT PRIMARY KEY NOT NULL, cursor TEXT) STRICT;",
    )?;
    let (mut pages, mut records, mut cursor) = (0, 0, None::<String>);
    loop {
        let address = address(url, "cursor", pages, records, cursor.as_deref());
        let body = client.get(address).send().await?.error_for_status()?.bytes().await?;
        let page: RawPage<'_> = serde_json::from_slice(&body)?;
        let transaction = database.transaction()?;
        {
            let mut upsert = transaction.prepare_cached(
                "INSERT INTO contacts (key, record) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET record = excluded.record",
            )?;
            for record in &page.records {
                let key: Key<'_> = serde_json::from_str(record.get())?;
                upsert.execute(params![key.id, record.get()])?;
            }
            let mut progress = transaction.prepare_cached(
                "INSERT INTO progress (stream, cursor) VALUES ('contacts', ?1)
                 ON CONFLICT (stream) DO UPDATE SET cursor = excluded.cursor",
            )?;
            progress.execute([&page.next_cursor])?;
        }
        transaction.commit()?;
        pages += 1;
        records += page.records.len();
        cursor = page.next_cursor;
        if !page.has_more {
            return Ok((records, database.query_row("SELECT count(*) FROM contacts", [], |row| row.get(0))?));
        }
    }
}
