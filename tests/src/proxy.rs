//! A proxy between a client and a server on this machine, on which requests get lost, and answers get lost, are cut, stall or come late. Which,
//! is a function of the request's number and of a seed, so that a run can be told again. It knows as much of HTTP/1.1 as that takes: where a
//! message ends. Connections of clients are kept open, as a real server keeps them; each request goes on over a connection of its own.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How long a late answer is late: longer than a round trip, shorter than any limit of a client.
const LATE: Duration = Duration::from_millis(10);

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection is reset once the request was read; the server never sees it.
    ResetBefore,
    /// The server does what it is asked; in place of its answer the connection is reset.
    ResetAfter,
    /// The server does what it is asked; half of its answer comes, then the connection ends.
    Truncate,
    /// The server does what it is asked; half of its answer comes, then nothing until the client gives up.
    Stall,
    /// The server does what it is asked; nothing comes until the client gives up.
    Silence,
    /// The answer comes in two halves, the second one late.
    Delay,
    /// The server does not see it; this answer comes, with these headers.
    Answer(u16, &'static [(&'static str, &'static str)]),
    /// The server's answer comes, with this header more.
    Header(&'static str, &'static str),
}

/// Says what becomes of a request, by its number from 1.
pub type Plan = Box<dyn Fn(u64, &Message) -> Option<Fault> + Send + Sync>;

/// One request of so many meets one of these faults, by chance.
pub fn now_and_then(seed: u64, one_in: u64, faults: &'static [Fault]) -> Plan {
    Box::new(move |number, _| {
        let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9).wrapping_add(number));
        (rng.u64(..one_in) == 0).then(|| faults[rng.usize(..faults.len())])
    })
}

/// A request that came, and what became of it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The request.
    pub request: Message,
    /// What was done to it.
    pub fault: Option<Fault>,
    /// What the server answered; `None` where it was not asked.
    pub status: Option<u16>,
}

impl Seen {
    /// Whether the server did what was asked, and the client was not told.
    pub fn is_lost(&self) -> bool {
        let loses = [Fault::ResetAfter, Fault::Truncate, Fault::Stall, Fault::Silence];
        self.status.is_some() && self.fault.is_some_and(|fault| loses.contains(&fault))
    }
}

/// How often each fault was met.
pub fn met(seen: &[Seen]) -> BTreeMap<Fault, u32> {
    let mut met = BTreeMap::new();
    for fault in seen.iter().filter_map(|seen| seen.fault) {
        *met.entry(fault).or_default() += 1;
    }
    met
}

/// A proxy that runs until the test lets go of it.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
}

struct Shared {
    /// Port of the server.
    server: u16,
    plan: Plan,
    /// The header that names a request which must not be done twice, and the answers to those that were done.
    key: Option<(&'static str, tokio::sync::Mutex<HashMap<String, Message>>)>,
    count: AtomicU64,
    seen: Mutex<Vec<Seen>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Proxy {
    /// A proxy before the server of that URL.
    pub fn start(server: &str, plan: Plan) -> Self {
        Self::with(server, plan, None)
    }

    /// A proxy that does besides what the server leaves out: a request with a key in that header, which the server has answered before, gets that
    /// answer again and does not reach it.
    pub fn start_with_keys(server: &str, header: &'static str, plan: Plan) -> Self {
        Self::with(server, plan, Some((header, tokio::sync::Mutex::default())))
    }

    fn with(
        server: &str,
        plan: Plan,
        key: Option<(&'static str, tokio::sync::Mutex<HashMap<String, Message>>)>,
    ) -> Self {
        let shared = Arc::new(Shared {
            server: port_of(server),
            plan,
            key,
            count: AtomicU64::new(0),
            seen: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let port = listener.local_addr().expect("its own address").port();
        runtime.spawn(accept(listener, Arc::clone(&shared)));
        Self { port, shared, runtime: Some(runtime) }
    }

    /// The server's URL as a client of the proxy has it.
    pub fn url(&self, server: &str) -> String {
        server.replacen(&format!(":{}", self.shared.server), &format!(":{}", self.port), 1)
    }

    /// The requests that came so far, in the order of their coming.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Connections that stall would be waited for.
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn port_of(url: &str) -> u16 {
    let after = url.rsplit_once(':').map(|(_, after)| after.split('/').next().unwrap_or(after));
    after.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("{url} names no port"))
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            // A client that goes away in the middle is what this is about.
            let _ = serve(client, &shared).await;
        });
    }
}

async fn serve(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut rest = Vec::new();
    while let Some(request) = Message::read(&mut client, &mut rest, false).await? {
        let number = shared.count.fetch_add(1, Ordering::Relaxed) + 1;
        let fault = (shared.plan)(number, &request);
        let place = {
            let mut seen = shared.seen();
            seen.push(Seen { request: request.clone(), fault, status: None });
            seen.len() - 1
        };
        let mut answer = match fault {
            Some(Fault::ResetBefore) => return client.set_zero_linger(),
            Some(Fault::Answer(status, headers)) => Message::answer(status, headers),
            _ => shared.pass_on(request, place).await?,
        };
        if let Some(Fault::Header(name, value)) = fault {
            answer.headers.push((name.to_owned(), value.to_owned()));
        }
        let head = answer.head();
        let (half, whole) = (answer.body.len() / 2, answer.body.len());
        match fault {
            Some(Fault::ResetAfter) => return client.set_zero_linger(),
            Some(Fault::Silence) => return gone(&mut client).await,
            Some(Fault::Truncate | Fault::Stall | Fault::Delay) if whole > 0 => {
                client.write_all(&[head.as_bytes(), &answer.body[..half]].concat()).await?;
                match fault {
                    Some(Fault::Truncate) => return client.shutdown().await,
                    Some(Fault::Stall) => return gone(&mut client).await,
                    _ => late().await,
                }
                client.write_all(&answer.body[half..]).await?;
            }
            _ => client.write_all(&[head.as_bytes(), &answer.body].concat()).await?,
        }
    }
    Ok(())
}

/// Waits until the client has closed the connection.
async fn gone(client: &mut TcpStream) -> io::Result<()> {
    while client.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a real socket does not run on the injected clock")]
fn late() -> impl Future<Output = ()> {
    tokio::time::sleep(LATE)
}

impl Shared {
    /// The server's answer, or the one that it gave to the same key.
    async fn pass_on(&self, request: Message, place: usize) -> io::Result<Message> {
        let named = self.key.as_ref().and_then(|(header, kept)| Some((request.header(header)?, kept)));
        let Some((key, kept)) = named else { return self.ask(&request, place).await };
        // Held until the answer is there: whoever comes with the same key meanwhile gets that one.
        let mut kept = kept.lock().await;
        if let Some(answer) = kept.get(key) {
            return Ok(answer.clone());
        }
        let answer = self.ask(&request, place).await?;
        kept.insert(key.to_owned(), answer.clone());
        Ok(answer)
    }

    async fn ask(&self, request: &Message, place: usize) -> io::Result<Message> {
        let mut server = TcpStream::connect(("127.0.0.1", self.server)).await?;
        server.write_all(&[request.head().as_bytes(), &request.body].concat()).await?;
        let answer = Message::read(&mut server, &mut Vec::new(), true).await?;
        let answer = answer.ok_or_else(|| io::Error::other("the server answered nothing"))?;
        if let Some(seen) = self.seen().get_mut(place) {
            seen.status = Some(answer.status());
        }
        Ok(answer)
    }
}

/// A request or an answer.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its first line.
    pub start: String,
    /// Its headers, but for those that belong to one connection.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Message {
    /// The method of a request.
    pub fn method(&self) -> &str {
        self.start.split(' ').next().unwrap_or_default()
    }

    /// Path and query of a request.
    pub fn target(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or_default()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn status(&self) -> u16 {
        self.start.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    fn answer(status: u16, headers: &[(&str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { start: format!("HTTP/1.1 {status} By plan"), headers: headers.collect(), body: Vec::new() }
    }

    fn head(&self) -> String {
        let mut head = format!("{}\r\n", self.start);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        // 204 and 304 have none, and no length either.
        let is_bare = self.start.starts_with("HTTP/") && matches!(self.status(), 204 | 304);
        if !is_bare {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head + "\r\n"
    }

    /// Reads a message; `None` where the connection ends before one begins. `rest` is what was read beyond it.
    async fn read(from: &mut TcpStream, rest: &mut Vec<u8>, is_answer: bool) -> io::Result<Option<Self>> {
        let end = loop {
            if let Some(at) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            if from.read_buf(rest).await? == 0 {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest.drain(..end + 4);
        let mut lines = head.split("\r\n");
        let mut message = Self { start: lines.next().unwrap_or_default().to_owned(), ..Self::default() };
        let headers = lines.filter_map(|line| line.split_once(':'));
        message.headers = headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
        let length = message.header("content-length").and_then(|length| length.parse::<usize>().ok());
        let is_chunked = message.header("transfer-encoding").is_some();
        let of_connection = ["content-length", "transfer-encoding", "connection", "keep-alive"];
        message.headers.retain(|(name, _)| !of_connection.contains(&name.to_ascii_lowercase().as_str()));
        message.body = match length {
            _ if is_chunked => chunked(from, rest).await?,
            Some(length) => exactly(from, rest, length).await?,
            None if is_answer && !matches!(message.status(), 204 | 304) => {
                from.read_to_end(rest).await?;
                std::mem::take(rest)
            }
            None => Vec::new(),
        };
        Ok(Some(message))
    }
}

async fn exactly(from: &mut TcpStream, rest: &mut Vec<u8>, length: usize) -> io::Result<Vec<u8>> {
    while rest.len() < length {
        if from.read_buf(rest).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(rest.drain(..length).collect())
}

async fn chunked(from: &mut TcpStream, rest: &mut Vec<u8>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
                break at;
            }
            if from.read_buf(rest).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        let line: Vec<u8> = rest.drain(..end + 2).collect();
        let size = String::from_utf8_lossy(&line);
        let size = usize::from_str_radix(size.trim().split(';').next().unwrap_or_default(), 16);
        let size = size.map_err(io::Error::other)?;
        let chunk = exactly(from, rest, size + 2).await?;
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..size]);
    }
}
