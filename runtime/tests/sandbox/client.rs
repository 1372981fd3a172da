//! A client by hand, so that no part of the runtime stands between the test and the wire.

use std::io;

use linchpin_runtime::contract::{Operation, Strategy, Target, Token};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Basic credentials of the test contract.
pub(crate) const AUTH: &str = "Authorization: Basic bWVAZXhhbXBsZS5jb20vdG9rZW46c2FuZGJveC1hcGlfdG9rZW4=";

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in the body of {self:?}"))
    }

    /// Whether the body is as long as promised.
    pub(crate) fn is_whole(&self) -> bool {
        self.header("content-length").is_none_or(|length| length == self.body.len().to_string())
    }
}

/// Sends one request on a connection of its own. `head` holds more header lines.
pub(crate) async fn send(url: &str, method: &str, head: &[&str], body: &str) -> io::Result<Answer> {
    let mut stream = start(url, method, head, body).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let (head, body) = split(&bytes).ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(parse(head, body))
}

/// Sends a request and leaves the answer on the connection.
pub(crate) async fn start(url: &str, method: &str, head: &[&str], body: &str) -> io::Result<TcpStream> {
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("`{url}` is no URL of the sandbox"));
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).await?;
    let mut text = format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for line in head {
        text.push_str(&format!("{line}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(text.as_bytes()).await?;
    Ok(stream)
}

pub(crate) fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((&bytes[..at], &bytes[at + 4..]))
}

pub(crate) fn parse(head: &[u8], body: &[u8]) -> Answer {
    let head = String::from_utf8(head.to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Answer { status, headers, body: body.to_vec() }
}

/// Gets a URL with the right credentials; anything but 200 fails the test.
pub(crate) async fn get(url: &str) -> Answer {
    let answer = send(url, "GET", &[AUTH], "").await.unwrap();
    assert_eq!(answer.status, 200, "GET {url}: {}", String::from_utf8_lossy(&answer.body));
    assert!(answer.header("date").is_some() && answer.header("content-type").is_some(), "{answer:?}");
    answer
}

pub(crate) fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, key| &value[*key])
}

/// All pages of an operation, followed the way its strategy says. `query` starts with `?` and holds the size.
pub(crate) async fn walk(base: &str, operation: &Operation, query: &str) -> Vec<Vec<Value>> {
    let paging = operation.paging.as_ref().unwrap();
    let first = format!("{base}{}{query}", operation.path);
    let with = |target: &Target, value: &str| match target {
        Target::Parameter(index) => format!("{first}&{}={value}", operation.parameters[*index].name),
        Target::Property(index, name) => {
            format!("{first}&{}[{name}]={value}", operation.parameters[*index].name)
        }
        Target::Field { .. } => panic!("{}: the test's client sends no bodies", operation.id),
    };
    let mut url = first.clone();
    let mut pages: Vec<Vec<Value>> = Vec::new();
    loop {
        assert!(pages.len() < 1000, "{}: no end", operation.id);
        let answer = get(&url).await;
        let body = answer.json();
        let records = at(&body, paging.records.unwrap()).as_array().unwrap().clone();
        pages.push(records);
        let served: usize = pages.iter().map(Vec::len).sum();
        let token = |next: &Token| match next {
            Token::Body(path) => at(&body, path).as_str().map(str::to_owned),
            Token::Header(name) => answer.header(name).map(str::to_owned),
        };
        let token = |next: &Token| token(next).filter(|token| !token.is_empty());
        let next = match &paging.strategy {
            Strategy::PageNumber { target, first, end } => {
                let total = at(&body, end.total_records.unwrap()).as_u64().unwrap();
                ((served as u64) < total).then(|| with(target, &(first + pages.len() as u64).to_string()))
            }
            Strategy::Offset { target, first, end } => {
                let more = at(&body, end.more.unwrap()).as_bool().unwrap();
                more.then(|| with(target, &(first + served as u64).to_string()))
            }
            Strategy::Cursor { target, next, end, .. } => {
                let token = token(next);
                if let Some(more) = end.more {
                    assert_eq!(at(&body, more).as_bool(), Some(token.is_some()), "{}: more", operation.id);
                }
                token.map(|token| with(target, &token))
            }
            Strategy::NextUrl { next, end } => {
                let url = token(next);
                if let Some(done) = end.done {
                    assert_eq!(at(&body, done).as_bool(), Some(url.is_none()), "{}: done", operation.id);
                }
                url
            }
            Strategy::LinkHeader { relation, .. } => {
                let wanted = format!("rel=\"{relation}\"");
                let links = answer.header("link").unwrap_or_default().split(", ");
                links
                    .filter(|link| link.ends_with(&wanted))
                    .find_map(|link| Some(link.strip_prefix('<')?.split_once('>')?.0.to_owned()))
            }
            Strategy::LastId { target, field, end } => {
                let more = at(&body, end.more.unwrap()).as_bool().unwrap();
                let last = pages.last().and_then(|page| page.last());
                let last = last.map(|record| at(record, field).as_str().unwrap().to_owned());
                last.filter(|_| more).map(|last| with(target, &last))
            }
        };
        match next {
            Some(next) => url = next,
            None => return pages,
        }
    }
}
