//! A server on this machine for tests: it answers what it was given, whatever is asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

/// Serves one connection after another, each with the next of the answers, and tells the requests. `{base}` stands for the server's own URL.
pub(crate) fn serve(answers: Vec<String>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let (tell, told) = channel();
    let own = base.clone();
    std::thread::spawn(move || {
        // What was accepted stays open until all is answered: an answer may be no answer at all.
        let mut open = Vec::new();
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
            let request: Vec<String> =
                lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            // A client that has seen enough hangs up.
            let _ = stream.write_all(answer.replace("{base}", &own).as_bytes());
            let _ = tell.send(request.join("\n").to_lowercase());
            open.push(stream);
        }
        let _ = listener.accept();
    });
    (base, told)
}

/// An answer with its length.
pub(crate) fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// An answer that leads elsewhere.
pub(crate) fn moved(to: &str) -> String {
    answer(&format!("302 Found\r\nLocation: {to}"), "")
}
