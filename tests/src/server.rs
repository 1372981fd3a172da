//! Servers that others wrote, of `../shared/servers`: installed where they are not there yet, and ended when the test lets go of them.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::target;

/// A server of `../shared/servers` that runs.
#[derive(Debug)]
pub struct Server {
    servers: PathBuf,
    name: &'static str,
    /// What its start told, as `NAME=VALUE` lines.
    told: String,
}

impl Server {
    /// Starts a server on a port that nobody has. The error says why it could not be.
    pub fn start<A: AsRef<OsStr>>(
        servers: PathBuf,
        name: &'static str,
        arguments: &[A],
    ) -> Result<Self, String> {
        let once = || start_once(&servers, name, arguments);
        let told = once().or_else(|first| {
            // The port was free when it was looked for; another program may have taken it before the server did.
            once().map_err(|second| format!("{second}\n(The first of two starts told: {first})"))
        })?;
        Ok(Self { servers, name, told })
    }

    /// A value that the start told.
    pub fn value(&self, name: &str) -> &str {
        let found = self.told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("{name} is not in what up.sh told:\n{}", self.told))
    }
}

/// One start, and what it told.
fn start_once<A: AsRef<OsStr>>(servers: &Path, name: &str, arguments: &[A]) -> Result<String, String> {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = port.map_err(|error| format!("no port: {error}"))?.port();
    let output = Command::new("bash")
        .arg(servers.join(name).join("up.sh"))
        .arg(port.to_string())
        .args(arguments)
        .env("LINCHPIN_SERVERS", state())
        .output()
        .map_err(|error| format!("bash: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Servers have their state below the target folder: another workspace on this machine may run one too.
fn state() -> PathBuf {
    target().join("servers")
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut down = Command::new("bash");
        down.arg(self.servers.join("down.sh")).arg(self.name).env("LINCHPIN_SERVERS", state());
        let ended = down.status();
        assert!(
            ended.is_ok_and(|status| status.success()) || std::thread::panicking(),
            "{} runs on",
            self.name
        );
    }
}
