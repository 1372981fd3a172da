//! A server that echoes what it is sent and fails as its paths say.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub(crate) struct Server {
    pub(crate) port: u16,
    seen: Arc<Mutex<String>>,
}

impl Server {
    /// All that it was sent.
    pub(crate) fn seen(&self) -> String {
        self.seen.lock().unwrap().clone()
    }
}

pub(crate) fn start() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(String::new()));
    let shared = Arc::clone(&seen);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let seen = Arc::clone(&shared);
            std::thread::spawn(move || answer(connection, &seen));
        }
    });
    Server { port, seen }
}

fn answer(mut connection: TcpStream, seen: &Mutex<String>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        match connection.read(&mut buffer) {
            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
            _ => return,
        }
        // Whoever begins a TLS handshake gets no answer that it understands.
        if bytes[0] == 0x16 {
            let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            return;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    while bytes.len() < head + length.unwrap_or(0) {
        match connection.read(&mut buffer) {
            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    let all = String::from_utf8_lossy(&bytes).into_owned();
    seen.lock().unwrap().push_str(&all);
    let target = text.split(' ').nth(1).unwrap_or("/").to_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    // First what may be secret, since only the start of an answer is ever shown.
    let is_secret = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        ["authorization", "cookie", "x-key", "x-organisation", "x-amz-security-token"]
            .contains(&name.to_ascii_lowercase().as_str())
    };
    let secrets: Vec<&str> = text.lines().filter(is_secret).collect();
    let all = format!("{query} {} {} {all}", &all[head.min(all.len())..], secrets.join(" "));
    let echo = serde_json::to_string(&all).unwrap();
    let flat = text.replace(['\r', '\n'], " ");
    let (status, kind, extra, body, cut) = match path.trim_start_matches("/v1").trim_start_matches('/') {
        "away" => (
            302,
            "text/plain",
            format!("location: http://evil.test/?{query}&all={}\r\n", target.len()),
            all,
            0,
        ),
        "around" => (
            302,
            "text/plain",
            format!("location: {target}&again=1\r\n").replacen('&', "?", usize::from(query.is_empty())),
            all,
            0,
        ),
        "next-away" => (
            200,
            "application/json",
            String::new(),
            format!(r#"{{"items":[{{"id":1}}],"next":"http://evil.test/?{query}","all":{echo}}}"#),
            0,
        ),
        "next" => (
            200,
            "application/json",
            String::new(),
            format!(r#"{{"items":[{{"id":{}}}],"next":"/next?{query}&more=1","all":{echo}}}"#, bytes.len()),
            0,
        ),
        "token" => {
            let token = format!(
                r#"{{"access_token":"t0ken+acc3sscore/v","refresh_token":"t0ken+refre5hcore/v","expires_in":3600,"all":{echo}}}"#
            );
            (200, "application/json", String::new(), token, 0)
        }
        "typed" => (200, "application/json", String::new(), format!("[{echo}]"), 0),
        "broken" => (200, "application/json", String::new(), format!("[{echo},"), 0),
        "html" => (200, "text/html", String::new(), format!("<html>{all}</html>"), 0),
        "short" => (200, "application/json", String::new(), echo, 1_000),
        "reset" => return,
        // A collector's answer is empty protobuf.
        "traces" | "metrics" => (200, "application/x-protobuf", String::new(), String::new(), 0),
        other => {
            let status = other.parse().unwrap_or(404);
            (
                status,
                "application/json",
                "retry-after: 1\r\n".to_owned(),
                format!(r#"{{"you sent":{echo}}}"#),
                0,
            )
        }
    };
    let length = body.len() + cut;
    let head = format!(
        "HTTP/1.1 {status} Echo\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nx-echo: {flat}\r\nset-cookie: all={flat}\r\n{extra}connection: close\r\n\r\n"
    );
    // Whoever has gone away needs no answer.
    let _ = connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(body.as_bytes()));
}

/// What a `GET` gives.
pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    text
}
