//! The frameworks that connectors are written with in Python, each set up for the benchmark's API as its documentation says. They are found in
//! virtual environments that are named, or on the search path; nothing is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::workspace::{Error, write};

use super::programs;

/// A framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    Airbyte,
    Dlt,
    Singer,
}

/// A framework that is there.
pub(super) struct Installed {
    pub(super) peer: Peer,
    pub(super) version: String,
    python: PathBuf,
}

impl Peer {
    pub(super) const ALL: [Self; 3] = [Self::Airbyte, Self::Dlt, Self::Singer];

    /// Name of its package.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Airbyte => "airbyte-cdk",
            Self::Dlt => "dlt",
            Self::Singer => "singer-sdk",
        }
    }

    /// The framework in the first of these environments that has it, or that of the `python3` on the search path.
    pub(super) fn find(self, environments: &[PathBuf]) -> Option<Installed> {
        let named = environments.iter().map(|folder| folder.join("bin/python"));
        named.chain([PathBuf::from("python3")]).find_map(|python| {
            let version = self.version(&python)?;
            Some(Installed { peer: self, version, python })
        })
    }

    fn version(self, python: &Path) -> Option<String> {
        let script = format!("import importlib.metadata as m; print(m.version('{}'))", self.name());
        let output = Command::new(python).args(["-c", &script]).stderr(Stdio::null()).output().ok()?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(version)
    }
}

impl Installed {
    /// Reads everything of the API at that URL. Messages with the records go to standard output where that is how the framework hands
    /// them out, and from there to a file that takes everything.
    pub(super) fn reading(&self, url: &str, records: u64) -> Result<Command, Error> {
        let folder = programs::folder().join(format!("peers/{}-{records}", self.peer.name()));
        let file = |name: &str| folder.join(name);
        let mut command = Command::new("sh");
        let script = match self.peer {
            Peer::Airbyte => {
                write(&file("config.json"), &airbyte_config(url)?.to_string())?;
                write(&file("catalog.json"), &airbyte_catalog().to_string())?;
                // What the package's command `source-declarative-manifest` does.
                "exec \"$0\" -c 'from airbyte_cdk.cli.source_declarative_manifest import run; run()' \
                 read --config \"$1/config.json\" --catalog \"$1/catalog.json\" > /dev/null"
            }
            Peer::Dlt => {
                write(&file("dlt_read.py"), &programs::source("dlt_read.py")?)?;
                "exec \"$0\" \"$1/dlt_read.py\" \"$2\""
            }
            Peer::Singer => {
                write(&file("singer_tap.py"), &programs::source("singer_tap.py")?)?;
                write(&file("config.json"), &json!({ "url": url }).to_string())?;
                "exec \"$0\" \"$1/singer_tap.py\" --config \"$1/config.json\" > /dev/null"
            }
        };
        command.args(["-c", script]).arg(&self.python).arg(&folder).arg(url);
        Ok(command)
    }
}

/// The manifest, as the command takes it: within the configuration.
fn airbyte_config(url: &str) -> Result<Value, Error> {
    let manifest = programs::source("airbyte.json")?.replace("BASE_URL", url);
    let mut manifest: Value = serde_json::from_str(&manifest)
        .map_err(|cause| Error::Unreadable(format!("airbyte.json: {cause}")))?;
    if let Some(loader) = manifest.pointer_mut("/streams/0/schema_loader/schema") {
        *loader = schema();
    }
    Ok(json!({ "__injected_declarative_manifest": manifest }))
}

fn airbyte_catalog() -> Value {
    let stream = json!({
        "name": "contacts", "json_schema": schema(), "supported_sync_modes": ["full_refresh"],
    });
    let configured =
        json!({ "stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append" });
    json!({ "streams": [configured] })
}

/// JSON Schema of a record.
fn schema() -> Value {
    let of = |kind: &str| json!({ "type": ["null", kind] });
    let texts = [
        "id",
        "object",
        "email",
        "first_name",
        "last_name",
        "phone",
        "company",
        "job_title",
        "created_at",
        "updated_at",
        "closed_at",
        "website",
        "notes",
    ];
    let mut properties = serde_json::Map::new();
    properties.extend(texts.map(|name| (name.to_owned(), of("string"))));
    properties.extend(["number", "balance", "owner_id"].map(|name| (name.to_owned(), of("integer"))));
    properties.extend(["address", "metadata"].map(|name| (name.to_owned(), of("object"))));
    let others = [("active", of("boolean")), ("score", of("number")), ("tags", of("array"))];
    properties.extend(others.map(|(name, schema)| (name.to_owned(), schema)));
    json!({ "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": properties })
}
