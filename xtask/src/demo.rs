//! `cargo xtask demo`: the Zendesk connector against a fake of its API that fails now and then, as its user would run it.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;

use crate::run::{cargo, succeed};
use crate::workspace::{self, Error};

#[derive(Args)]
pub(crate) struct Arguments {
    /// How many tickets the sandbox has
    #[arg(long, default_value_t = 5_000)]
    tickets: u64,
}

/// Every fourth request is refused for a second, every sixth fails, every seventh is cut off.
const FAULTS: &str = "429:4,503:6,reset:7";
/// Tickets of the account whose comments are read too: each has a list of its own.
const COMMENTED: u64 = 120;
/// What goes wrong there: every fifteenth request fails, every nineteenth is cut off.
const FEWER_FAULTS: &str = "503:15,reset:19";
/// Tickets that come in between the two runs.
const NEW_TICKETS: u32 = 25;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    if !crate::generate::bring_up_to_date(&["zendesk".to_owned()])? {
        return Ok(ExitCode::FAILURE);
    }
    succeed(cargo(&["build", "--package", "linchpin-zendesk"]))?;
    let folder = workspace::root().join("target/demo");
    // What an earlier demo left would make the first run a delta.
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|cause| Error::File { path: folder.clone(), cause })?;
    }
    std::fs::create_dir_all(&folder).map_err(|cause| Error::File { path: folder.clone(), cause })?;
    let sandbox = Sandbox::start(arguments.tickets, FAULTS, &folder)?;
    say(&format!(
        "A fake Zendesk with {} tickets on {}; faults: {FAULTS}",
        arguments.tickets, sandbox.base_url
    ));
    say("First sync, into an empty store:");
    sync(&sandbox, &folder, "zendesk.db", &["tickets"])?;
    for number in 1..=NEW_TICKETS {
        sandbox.create_ticket(number)?;
    }
    say(&format!("{NEW_TICKETS} tickets were created. Second sync, which reads only what is new:"));
    sync(&sandbox, &folder, "zendesk.db", &["tickets"])?;
    let sandbox = Sandbox::start(COMMENTED, FEWER_FAULTS, &folder)?;
    say(&format!(
        "A smaller account, with the comments of its {COMMENTED} tickets, which are a list for each; faults: {FEWER_FAULTS}"
    ));
    sync(&sandbox, &folder, "comments.db", &["tickets", "ticket_comments"])?;
    say("Once more, when nothing has changed:");
    sync(&sandbox, &folder, "comments.db", &["tickets", "ticket_comments"])?;
    say("The store is target/demo/zendesk.db, table `tickets`.");
    Ok(ExitCode::SUCCESS)
}

/// A line between the tables; on a terminal it stands out.
fn say(text: &str) {
    if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        println!("\x1b[1m{text}\x1b[0m");
    } else {
        println!("{text}");
    }
}

/// The connector's binary stands beside this one: both are members of the workspace.
fn connector() -> Result<PathBuf, Error> {
    let own = std::env::current_exe()
        .map_err(|cause| Error::NotStarted { program: "linchpin-zendesk".to_owned(), cause })?;
    Ok(own.with_file_name(format!("linchpin-zendesk{}", std::env::consts::EXE_SUFFIX)))
}

fn sync(sandbox: &Sandbox, folder: &Path, store: &str, streams: &[&str]) -> Result<(), Error> {
    let mut command = Command::new(connector()?);
    command
        .arg("--config")
        .arg(&sandbox.config)
        .arg("sync")
        .args(streams)
        .arg("--store")
        .arg(folder.join(store));
    succeed(command)
}

/// The sandbox in a process of its own, which ends with this one.
struct Sandbox {
    process: Child,
    base_url: String,
    authorisation: String,
    config: PathBuf,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It serves until it is stopped, so this is its proper end; one that has ended already needs no other.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Sandbox {
    fn start(tickets: u64, faults: &str, folder: &Path) -> Result<Self, Error> {
        let program = "linchpin-zendesk sandbox".to_owned();
        let mut process = Command::new(connector()?)
            // The connector keeps its own limit of 10 requests a minute; both runs share the sandbox, which would count them together.
            .args([
                "sandbox",
                "--port",
                "0",
                "--no-limits",
                "--faults",
                faults,
                "--records",
                &tickets.to_string(),
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|cause| Error::NotStarted { program: program.clone(), cause })?;
        let mut lines = process.stdout.take().map(BufReader::new);
        let mut config = String::new();
        let mut values = std::collections::BTreeMap::new();
        while let Some(lines) = lines.as_mut() {
            let mut line = String::new();
            let read = lines.read_line(&mut line).unwrap_or(0);
            if read == 0 {
                return Err(Error::Failed { program, status: "it ended before it served".to_owned() });
            }
            config.push_str(&line);
            if let Some((name, value)) = line.split_once(": ").filter(|_| !line.starts_with('#')) {
                values.insert(name.to_owned(), value.trim().trim_matches('"').to_owned());
            }
            // The base URL is the last value that it prints.
            if values.contains_key("base_url") {
                break;
            }
        }
        let value = |name: &str| values.get(name).cloned().unwrap_or_default();
        let credential = format!("{}/token:{}", value("email"), value("api_token"));
        let path = folder.join("zendesk.yaml");
        write_private(&path, &config).map_err(|cause| Error::File { path: path.clone(), cause })?;
        Ok(Self {
            process,
            base_url: value("base_url"),
            authorisation: STANDARD.encode(credential),
            config: path,
        })
    }

    /// Creates a ticket, and tries again where a fault comes in between.
    fn create_ticket(&self, number: u32) -> Result<(), Error> {
        let body = format!(
            "{{\"ticket\":{{\"subject\":\"Ticket {number} of the demo\",\"comment\":{{\"body\":\"Hello.\"}}}}}}"
        );
        let address = self.base_url.trim_start_matches("http://");
        let request = format!(
            "POST /api/v2/tickets HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {}\r\nIdempotency-Key: demo-{number}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.authorisation,
            body.len()
        );
        let mut answer = String::new();
        for _ in 0..10 {
            answer.clear();
            // A fault of the plan breaks the connection or answers with an error; either way the same request goes out again.
            let sent = TcpStream::connect(address).and_then(|mut connection| {
                connection.write_all(request.as_bytes())?;
                connection.read_to_string(&mut answer)
            });
            if sent.is_ok() && answer.starts_with("HTTP/1.1 201") {
                return Ok(());
            }
        }
        let first = answer.lines().next().unwrap_or("nothing").to_owned();
        Err(Error::Failed { program: "POST /api/v2/tickets".to_owned(), status: first })
    }
}

/// A file that only its owner can read: the connector warns of others, since it holds a credential.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
