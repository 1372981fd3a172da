//! The programs that are measured: the connector that is generated from the benchmark's own document, a program on it, and the loop that a
//! person writes. Each is built apart, since crates that are built together share the features of what they stand on.

use std::path::{Path, PathBuf};
use std::process::Command;

use linchpin_codegen::generate::generate;
use linchpin_codegen::render::RenderOptions;

use crate::run::{cargo, succeed};
use crate::workspace::{self, Error, copy_lock, read, write};

/// Where everything is written.
pub(super) fn folder() -> PathBuf {
    workspace::root().join("target/bench/runtime")
}

/// A file of those that the benchmark is made of.
pub(super) fn source(name: &str) -> Result<String, Error> {
    read(&workspace::root().join("xtask/src/bench/runtime/programs").join(name))
}

/// The built programs.
pub(super) struct Programs {
    /// The connector's own command line.
    connector: PathBuf,
    own: PathBuf,
    hand: PathBuf,
}

impl Programs {
    /// Writes and generates them, and builds all, or only the program on the connector.
    pub(super) fn build(all: bool) -> Result<Self, Error> {
        let crates = folder().join("crates");
        let specs = folder().join("specs/bench");
        write(&specs.join("openapi.yaml"), &source("openapi.yaml")?)?;
        write(&specs.join("connector.yaml"), &source("connector.yaml")?)?;
        let runtime = workspace::root().join("runtime").display().to_string();
        let options = RenderOptions { runtime_path: Some(runtime.clone()) };
        let outcome = generate(&specs, &options);
        let Some(connector) = outcome.connector else {
            let found = outcome.diagnostics;
            return Err(Error::Unreadable(format!("the benchmark's document does not generate: {found:?}")));
        };
        for (path, text) in &connector.files {
            write(&crates.join("connector").join(path), text)?;
        }
        write(&crates.join("own/src/main.rs"), &source("own.rs")?)?;
        write(&crates.join("own/Cargo.toml"), &package("own", &own_dependencies(&runtime)))?;
        write(&crates.join("hand/src/main.rs"), &source("hand.rs")?)?;
        write(&crates.join("hand/Cargo.toml"), &package("hand", HAND_DEPENDENCIES))?;
        write(&crates.join("Cargo.toml"), WORKSPACE)?;
        copy_lock(&crates)?;
        let names = if all { &["linchpin-bench", "own", "hand"][..] } else { &["own"] };
        for name in names {
            succeed(building(&crates, name))?;
        }
        let built = |name: &str| folder().join("target/release").join(name);
        Ok(Self { connector: built("linchpin-bench"), own: built("own"), hand: built("hand") })
    }

    /// The connector's command line, on the API at that URL.
    pub(super) fn connector(&self, url: &str, arguments: &[&str]) -> Command {
        with_url(&self.connector, url, arguments)
    }

    /// The program on the connector, on the API at that URL.
    pub(super) fn own(&self, url: &str, arguments: &[&str]) -> Command {
        with_url(&self.own, url, arguments)
    }

    /// The loop, on the API at that URL.
    pub(super) fn hand(&self, what: &str, url: &str, argument: &str) -> Command {
        let mut command = Command::new(&self.hand);
        command.args([what, url, argument]);
        command
    }
}

fn with_url(program: &Path, url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env("BENCH_BASE_URL", url);
    command
}

fn building(crates: &Path, name: &str) -> Command {
    let mut command = cargo(&["build", "--quiet", "--release", "--package", name]);
    command.current_dir(crates).env("CARGO_TARGET_DIR", folder().join("target"));
    command
}

const WORKSPACE: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"connector\", \"own\", \"hand\"]\n";

/// As a person depends on them: nothing that the loop has no use for.
const HAND_DEPENDENCIES: &str = r#"reqwest = { version = "0.13", default-features = false }
rusqlite = { version = "0.41", features = ["bundled"] }
serde = { version = "1", features = ["derive"] }
serde_json = { version = "1", features = ["raw_value"] }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
"#;

fn own_dependencies(runtime: &str) -> String {
    format!(
        "linchpin-bench = {{ path = \"../connector\", default-features = false, features = [\"contacts\"] }}\n\
         linchpin-runtime = {{ path = {runtime:?}, features = [\"store\"] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n"
    )
}

fn package(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}"
    )
}
