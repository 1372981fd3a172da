//! The API that everybody is measured against: a process of its own, whose pages are made beforehand, so that serving one is a copy. Only the
//! records' numbers are written for each request. It is plain threads and sockets: a request is one read and an answer one write.
//!
//! `/LATENCY/RECORDS/CLAMP/STYLE?...`: milliseconds before each answer, records in all, most records of a page, and `page`, `offset` or
//! `cursor`. So one server serves every measurement.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::time::Duration;

use crate::measure::{self, Cost};
use crate::run::itself;
use crate::workspace::Error;

/// Bytes of a record.
pub(super) const RECORD_BYTES: usize = 1_024;
/// Number of the first record; all have as many digits.
const FIRST: u64 = 1_000_000_000;
/// Stands where the record's number goes, which has as many digits.
const PLACE: &str = "##########";

/// One record, before it is filled up to its size.
const RECORD: &str = r###"{"id":"con_##########","object":"contact","number":##########,"email":"ada.byron@example.com","first_name":"Ada","last_name":"Byron","phone":"+44 20 7946 0958","company":"Analytical Engines Ltd","job_title":"Principal \"Engine\" Programmer","active":true,"score":87.25,"balance":-129900,"owner_id":48211,"created_at":"2024-03-01T08:15:30Z","updated_at":"2025-11-20T17:45:12Z","closed_at":null,"website":"https://www.example.com/people/ada?ref=crm","address":{"street":"12 St James's Square","city":"London","region":"Greater London","postal_code":"SW1Y 4JH","country":"GB"},"tags":["newsletter","priority","münchen-2025"],"metadata":{"source":"import","campaign":"spring-2025"},"notes":""}"###;

/// What fills a record up, in its notes.
const NOTES: &str = "Called on Tuesday; wants a demonstration of the new reports, and the price list. ";

/// The server's process. It ends when this is dropped, or with this process.
pub(super) struct Server {
    child: Child,
    /// While it is open the server goes on.
    _stay: Option<ChildStdin>,
    address: String,
}

impl Server {
    pub(super) fn start() -> Result<Self, Error> {
        let fail = |cause| Error::NotStarted { program: "the benchmark's server".to_owned(), cause };
        let mut command: Command = itself(&["bench", "serve"])?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(fail)?;
        let mut address = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut address).map_err(fail)?;
        }
        let stay = child.stdin.take();
        Ok(Self { child, _stay: stay, address: address.trim().to_owned() })
    }

    /// The API with so many records, which answers after so many milliseconds.
    pub(super) fn url(&self, latency: u64, records: u64) -> String {
        format!("http://{}/{latency}/{records}/100", self.address)
    }

    /// What the server has taken so far.
    pub(super) fn cost(&self) -> Result<Cost, Error> {
        let fail = |cause| Error::NotStarted { program: "the benchmark's server".to_owned(), cause };
        let mut stream = TcpStream::connect(&self.address).map_err(fail)?;
        stream.write_all(b"GET /cost HTTP/1.1\r\nconnection: close\r\n\r\n").map_err(fail)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(fail)?;
        measure::cost(answer.lines().last().unwrap_or_default())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server's process: prints its address and serves until its standard input ends.
pub(crate) fn serve() -> Result<ExitCode, Error> {
    let fail = |cause| Error::NotStarted { program: "the benchmark's server".to_owned(), cause };
    let listener = TcpListener::bind("127.0.0.1:0").map_err(fail)?;
    println!("{}", listener.local_addr().map_err(fail)?);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away ends its connection, and nobody has to know.
            std::thread::spawn(move || connection(stream));
        }
    });
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    Ok(ExitCode::SUCCESS)
}

fn connection(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let template = Template::new();
    let (mut input, mut output) = (Vec::new(), Vec::new());
    let mut buffer = [0; 4_096];
    loop {
        while let Some(end) = input.windows(4).position(|four| four == b"\r\n\r\n") {
            let head: Vec<u8> = input.drain(..end + 4).collect();
            let target = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
            answer(&String::from_utf8_lossy(target), &template, &mut output);
            stream.write_all(&output)?;
            if target == b"/cost" {
                return Ok(());
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            read => input.extend(buffer.iter().take(read)),
        }
    }
}

/// Writes the answer for a target.
#[allow(clippy::disallowed_methods, reason = "the server is slow on purpose, in real time")]
fn answer(target: &str, template: &Template, output: &mut Vec<u8>) {
    output.clear();
    if target == "/cost" {
        let cost = measure::own().map(|cost| serde_json::to_string(&cost).unwrap_or_default());
        return head(output, "200 OK", cost.unwrap_or_default().as_bytes());
    }
    let Some(asked) = Asked::read(target) else {
        return head(output, "404 Not Found", b"{\"error\":\"/LATENCY/RECORDS/CLAMP/STYLE?...\"}");
    };
    if asked.latency > 0 {
        std::thread::sleep(Duration::from_millis(asked.latency));
    }
    template.page(&asked, output);
}

fn head(output: &mut Vec<u8>, status: &str, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    output.extend_from_slice(head.as_bytes());
    output.extend_from_slice(body);
}

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    latency: u64,
    records: u64,
    /// Place of the page's first record, from 0.
    start: u64,
    size: u64,
}

impl Asked {
    fn read(target: &str) -> Option<Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut parts = path.strip_prefix('/')?.split('/');
        let mut number = || parts.next()?.parse::<u64>().ok();
        let (latency, records, clamp) = (number()?, number()?, number()?);
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(found, _)| *found == name).map(|(_, value)| value).next_back()
        };
        let number = |name| value(name).and_then(|text| text.parse::<u64>().ok());
        let asked = number("per_page").or_else(|| number("limit")).unwrap_or(clamp);
        let size = asked.min(clamp).max(1);
        let start = match parts.next()? {
            "page" => number("page").unwrap_or(1).saturating_sub(1).saturating_mul(size),
            "offset" => number("offset").unwrap_or(0),
            "cursor" => {
                let token = value("cursor").and_then(|token| token.strip_prefix('c'));
                token.and_then(|token| token.parse().ok()).unwrap_or(0)
            }
            _ => return None,
        };
        Some(Self { latency, records, start, size })
    }
}

/// A page of records, with the places where each one's number goes.
struct Template {
    records: Vec<u8>,
    /// From one record to the next, in bytes.
    stride: usize,
    places: Vec<usize>,
}

impl Template {
    fn new() -> Self {
        let missing = RECORD_BYTES.saturating_sub(RECORD.len());
        let notes: String = NOTES.chars().cycle().take(missing).collect();
        let record = RECORD.replace("\"notes\":\"\"", &format!("\"notes\":\"{notes}\""));
        let places = record.match_indices(PLACE).map(|(at, _)| at).collect();
        let stride = record.len() + 1;
        Self { records: vec![record; 100].join(",").into_bytes(), stride, places }
    }

    fn page(&self, asked: &Asked, output: &mut Vec<u8>) {
        let count = asked.records.saturating_sub(asked.start).min(asked.size).min(100);
        let end = asked.start + count;
        let more = end < asked.records;
        let next = if more { format!("\"c{end}\"") } else { "null".to_owned() };
        let before = "{\"records\":[";
        let after = format!("],\"has_more\":{more},\"next_cursor\":{next},\"total\":{}}}", asked.records);
        let count = usize::try_from(count).unwrap_or_default();
        let bytes = (count * self.stride).saturating_sub(1);
        let length = before.len() + bytes + after.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{before}"
        );
        output.extend_from_slice(head.as_bytes());
        let from = output.len();
        output.extend_from_slice(self.records.get(..bytes).unwrap_or_default());
        for (index, number) in (0..count).zip(FIRST + asked.start..) {
            let digits = number.to_string();
            for place in &self.places {
                let at = from + index * self.stride + place;
                if let Some(gap) = output.get_mut(at..at + digits.len()) {
                    gap.copy_from_slice(digits.as_bytes());
                }
            }
        }
        output.extend_from_slice(after.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Asked, RECORD_BYTES, Template};

    fn page(target: &str) -> Value {
        let mut output = Vec::new();
        Template::new().page(&Asked::read(target).unwrap(), &mut output);
        let text = String::from_utf8(output).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{target}: {head}");
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{target}: {error}"))
    }

    #[test]
    fn every_style_gives_each_record_once() {
        for style in ["page", "offset", "cursor"] {
            let mut found = Vec::new();
            let (mut number, mut cursor) = (1, String::new());
            loop {
                let offset = found.len();
                let page = page(&format!(
                    "/0/230/50/{style}?page={number}&per_page=100&offset={offset}&cursor={cursor}&limit=50"
                ));
                let numbers = page["records"].as_array().unwrap().iter();
                found.extend(numbers.map(|record| record["number"].as_u64().unwrap()));
                number += 1;
                cursor = page["next_cursor"].as_str().unwrap_or_default().to_owned();
                if page["has_more"] == false {
                    break;
                }
            }
            assert_eq!(found, (1_000_000_000..1_000_000_230).collect::<Vec<u64>>(), "{style}");
        }
    }

    #[test]
    fn a_record_has_its_size_and_its_own_id() {
        let page = page("/0/3/100/page");
        let records = page["records"].as_array().unwrap();
        assert_eq!(records[2]["id"], "con_1000000002");
        assert_eq!(serde_json::to_string(&records[2]).unwrap().len().abs_diff(RECORD_BYTES), 0);
        assert_eq!(Asked::read("/0/3/100/nothing"), None);
        assert_eq!(Asked::read("/x/3/100/page"), None);
    }
}
