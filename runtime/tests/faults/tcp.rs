//! A handful of the same over real sockets: what the kernel and the HTTP library make of a connection that breaks is what the matrix plays.

use std::collections::{BTreeSet, VecDeque};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use linchpin_runtime::store::Store;
use linchpin_runtime::sync::{Sync, SyncProblem};
use linchpin_runtime::testing::{ManualClock, Seeded};
use linchpin_runtime::{Client, Config, MemoryTokenStore, Timeouts};
use serde_json::{Value, json};

use crate::faults::reason;
use crate::styles::{self, SECRET, SIZE, Way};

/// Records of the list.
const RECORDS: usize = 23;

/// What becomes of a request for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The connection is closed while the request lies there unread, which resets it.
    Unread,
    /// It is closed after the request was read.
    Read,
    /// Half of the body comes, of a length that was announced.
    Cut,
    /// Half of the body comes in chunks, and no last chunk.
    CutChunks,
    /// Half of the body comes, and then nothing for as long as the client waits.
    Stall,
    /// The page names a next one that the trap has.
    NextElsewhere,
    /// A redirect to the trap.
    RedirectElsewhere,
}

/// Listens, and answers with a function that gets the stream.
fn listen(answer: impl Fn(TcpStream) + Send + std::marker::Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || answer(stream));
        }
    });
    port
}

/// The target and the whole of a request; `None` where the client went away.
fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Some((head.split(' ').nth(1)?.to_owned(), text));
            }
        }
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}

fn respond(stream: &mut TcpStream, head: &str, body: &str) {
    // Whoever has gone away needs no answer.
    let _ = stream.write_all(format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n{body}").as_bytes());
}

fn page(after: Option<usize>, next: Option<&str>) -> String {
    let from = after.unwrap_or(0);
    let items: Vec<Value> = (from + 1..=(from + SIZE).min(RECORDS)).map(|id| json!({"id": id})).collect();
    let more = (from + SIZE < RECORDS).then(|| (from + SIZE).to_string());
    json!({"items": items, "meta": {"total": RECORDS, "next": next.map(str::to_owned).or(more)}}).to_string()
}

/// Serves the list, with these ends for the first requests of the second page.
fn serve(way: Way, ends: &[End], trap: u16) -> u16 {
    let ends = Mutex::new(ends.iter().copied().collect::<VecDeque<_>>());
    listen(move |mut stream| {
        let mut first = [0];
        if stream.peek(&mut first).is_err() {
            return;
        }
        let is_page = |text: &str| text.contains("cursor=5&") || text.contains("page=5&");
        let mut head = [0; 512];
        let seen = stream.peek(&mut head).unwrap_or(0);
        let end = if is_page(&String::from_utf8_lossy(&head[..seen])) {
            ends.lock().unwrap().pop_front()
        } else {
            None
        };
        if end == Some(End::Unread) {
            return;
        }
        let Some((target, _)) = read(&mut stream) else { return };
        if target.starts_with("/token") {
            let body = json!({"access_token": format!("{SECRET}-access"), "expires_in": 3600}).to_string();
            let head = format!("200 OK\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
            return respond(&mut stream, &head, &body);
        }
        let after = target.split(['?', '&']).find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            matches!(name, "cursor" | "page").then(|| value.parse::<usize>().ok())?
        });
        let away = format!("http://127.0.0.1:{trap}/v1/items?credential={SECRET}");
        let url = |place: &str| format!("/v1/items?page={place}&limit={SIZE}");
        let mut body = page(after, (end == Some(End::NextElsewhere)).then_some(away.as_str()));
        if way == Way::NextRelative {
            let mut value: Value = serde_json::from_str(&body).unwrap();
            if let Some(next) = value["meta"]["next"].as_str().filter(|next| !next.starts_with("http")) {
                value["meta"]["next"] = json!(url(next));
            }
            body = value.to_string();
        }
        let (half, whole) = (&body[..body.len() / 2], body.len());
        let json = "200 OK\r\ncontent-type: application/json";
        match end {
            Some(End::Read) => {}
            Some(End::Cut) => respond(&mut stream, &format!("{json}\r\ncontent-length: {whole}"), half),
            Some(End::CutChunks) => {
                let chunk = format!("{:x}\r\n{half}\r\n", half.len());
                respond(&mut stream, &format!("{json}\r\ntransfer-encoding: chunked"), &chunk);
            }
            Some(End::Stall) => {
                respond(&mut stream, &format!("{json}\r\ncontent-length: {whole}"), half);
                // Until the client gives up.
                let _ = stream.read(&mut [0]);
            }
            Some(End::RedirectElsewhere) => {
                respond(&mut stream, &format!("302 Found\r\nlocation: {away}\r\ncontent-length: 0"), "");
            }
            _ => respond(&mut stream, &format!("{json}\r\ncontent-length: {whole}"), &body),
        }
    })
}

#[test]
fn over_real_sockets_every_record_comes_once_and_the_trap_gets_nothing() {
    let came = Arc::new(Mutex::new(String::new()));
    let trapped = Arc::clone(&came);
    let trap = listen(move |mut stream| {
        let text = read(&mut stream).map_or_else(|| "a connection".to_owned(), |(_, text)| text);
        trapped.lock().unwrap().push_str(&text);
        respond(&mut stream, "200 OK\r\ncontent-type: application/json\r\ncontent-length: 2", "{}");
    });
    let cases: [(&[End], Way, Option<&str>); 9] = [
        (&[End::Unread], Way::CursorBody, None),
        (&[End::Read], Way::CursorBody, None),
        (&[End::Cut], Way::CursorBody, None),
        (&[End::CutChunks], Way::CursorBody, None),
        (&[End::Stall], Way::CursorBody, None),
        (&[End::Unread, End::Read, End::Cut, End::CutChunks, End::Unread], Way::NextRelative, None),
        (&[End::NextElsewhere], Way::NextRelative, Some("origin")),
        (&[End::RedirectElsewhere], Way::NextRelative, Some("origin")),
        (&[End::RedirectElsewhere], Way::CursorBody, Some("origin")),
    ];
    let styles = styles::all();
    for (ends, way, expected) in cases {
        let style = styles.iter().find(|style| style.way == way).unwrap();
        let port = serve(way, ends, trap);
        let store = Store::in_memory(style.contract).unwrap();
        let (base, token) = (format!("http://127.0.0.1:{port}/v1"), format!("http://127.0.0.1:{port}/token"));
        let values = [("refresh_token", SECRET), ("base_url", &base), ("token_url", &token)];
        // Waits are over at once; only a stall takes as long as the client lets it.
        let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()).with_real_timers();
        let client = Client::builder(style.contract)
            .config(Config::from_pairs(style.contract, values).unwrap())
            .clock(Arc::new(clock))
            .random(Seeded::new(1))
            .token_store(MemoryTokenStore::default())
            .timeouts(Timeouts { stall: Duration::from_millis(300), ..Timeouts::default() })
            .build()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let run = || runtime.block_on(Sync::new(&client, &store).stream("items").run());
        match (run(), expected) {
            (Ok(_), None) => {}
            (Err(error), Some(expected)) => {
                let SyncProblem::Fetch(cause) = &*error.problem else { panic!("{ends:?}: {error}") };
                assert_eq!(reason(cause), expected, "{ends:?}: {error}");
                assert!(!format!("{error} {error:?}").contains("c4nary"), "{ends:?}: {error:?}");
                run().unwrap_or_else(|error| panic!("{ends:?}: the next run: {error}"));
            }
            (Ok(_), Some(expected)) => panic!("{ends:?}: it ended well, and not by `{expected}`"),
            (Err(error), None) => panic!("{ends:?}: {error}"),
        }
        let mut ids = BTreeSet::new();
        let number = |record: &str| serde_json::from_str::<Value>(record).unwrap()["id"].as_u64();
        store.for_each(style.stream(), |row| ids.extend(number(&row.record))).unwrap();
        assert_eq!(ids, (1..=RECORDS as u64).collect(), "{ends:?}");
    }
    assert_eq!(*came.lock().unwrap(), "", "the trap got something");
}
