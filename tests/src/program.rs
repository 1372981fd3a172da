//! The workspace's own programs, as a user runs them.
//!
//! Cargo tells a test where the programs of its own package are, not those of another one, and `cargo test` does not build those. So the first
//! test that needs one asks Cargo for it, in the folder that the test itself was built into and with the same features, where all but the last
//! step has been done before.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// The workspace's folder.
pub fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the tests lie in the workspace").to_owned()
}

/// The folder that Cargo built this test into.
pub fn target() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    // TARGET/PROFILE/deps/TEST
    test.ancestors().nth(3).expect("a test lies three folders deep").to_owned()
}

/// A `cargo` command that builds into this test's target folder.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.env("CARGO_TARGET_DIR", target());
    // What Cargo told this test about its package is not true for another one.
    for (name, _) in std::env::vars_os() {
        let own = name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
        if own {
            command.env_remove(name);
        }
    }
    command
}

/// Builds and gives the path of the program that Cargo says it made. Fails with the compiler's own words.
pub fn build(mut command: Command, name: &str) -> Result<PathBuf, String> {
    command.args(["--quiet", "--message-format", "json"]).stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("cargo cannot be started: {error}"))?;
    let messages = || {
        output
            .stdout
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
    };
    if !output.status.success() {
        let rendered: String = messages()
            .filter_map(|message| message["message"]["rendered"].as_str().map(str::to_owned))
            .collect();
        return Err(format!("{rendered}{}", String::from_utf8_lossy(&output.stderr)));
    }
    let made = messages().find_map(|message| {
        let path = message["executable"].as_str()?;
        (message["target"]["name"] == name).then(|| PathBuf::from(path))
    });
    made.ok_or_else(|| format!("cargo built no program `{name}`"))
}

/// A program of the workspace.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
}

impl Program {
    /// The workspace's program of that name, built once.
    pub fn of_workspace(name: &str) -> Self {
        static BUILT: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);
        let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        let built = built.get_or_insert_default();
        if let Some(path) = built.get(name) {
            return Self { path: path.clone() };
        }
        let mut command = cargo();
        command.current_dir(workspace()).args([
            "build",
            "--workspace",
            "--all-features",
            "--locked",
            "--bin",
            name,
        ]);
        let path = build(command, name).unwrap_or_else(|why| panic!("`{name}` does not build:\n{why}"));
        built.insert(name.to_owned(), path.clone());
        Self { path }
    }

    /// A program at a path.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The Zendesk connector.
    pub fn zendesk() -> Self {
        Self::of_workspace("linchpin-zendesk")
    }

    /// A run of it in a folder, with an environment that holds nothing by which one machine's run would differ from another's.
    pub fn run<A: AsRef<OsStr>>(&self, folder: &Path, arguments: impl IntoIterator<Item = A>) -> Run {
        let mut command = Command::new(&self.path);
        command.args(arguments).current_dir(folder).env_clear();
        for kept in ["PATH", "HOME", "TMPDIR", "SystemRoot", "CARGO", "CARGO_HOME", "RUSTUP_HOME"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Run { command }
    }
}

/// A run that has not begun.
#[derive(Debug)]
pub struct Run {
    command: Command,
}

impl Run {
    /// With an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// With everything that a connector is configured by, as environment variables of that prefix.
    #[must_use]
    pub fn config(mut self, prefix: &str, values: &[(String, String)]) -> Self {
        for (name, value) in values {
            self.command.env(format!("{prefix}_{}", name.to_uppercase()), value);
        }
        self
    }

    /// Runs it to its end.
    pub fn end(mut self) -> Ended {
        let mut child = self.command.spawn().expect("a process");
        // Both pipes are emptied while it runs: one that is full would stop it for ever.
        let (mut out, mut err) = (child.stdout.take().expect("stdout"), child.stderr.take().expect("stderr"));
        let errors = std::thread::spawn(move || {
            let mut text = Vec::new();
            err.read_to_end(&mut text).expect("standard error");
            text
        });
        let outputs = std::thread::spawn(move || {
            let mut text = Vec::new();
            out.read_to_end(&mut text).expect("standard output");
            text
        });
        let status = crate::process::wait(&mut child);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("a program writes UTF-8");
        Ended {
            code: status.code(),
            stdout: text(outputs.join().expect("standard output")),
            stderr: text(errors.join().expect("standard error")),
        }
    }

    /// Starts it, with both outputs as pipes.
    pub fn start(mut self) -> crate::process::Ended {
        crate::process::Ended(self.command.spawn().expect("a process"))
    }

    /// Starts it with outputs that nobody reads.
    pub fn start_quietly(mut self) -> crate::process::Ended {
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        self.start()
    }
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// Fails unless it ended with that exit code.
    #[must_use]
    pub fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output as JSON lines.
    pub fn json_lines(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")))
            .collect()
    }
}

/// The lines of a process's standard output, as they come.
pub fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let output = child.stdout.take().expect("a piped standard output");
    BufReader::new(output).lines().map(|line| line.expect("a line of standard output"))
}
