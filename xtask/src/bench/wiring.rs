//! What the generated JSON wiring costs to compile, against `#[derive(Serialize, Deserialize)]` on the same structs.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use linchpin_codegen::generate::generate;
use linchpin_codegen::render::RenderOptions;

use crate::measure::{Cost, measure};
use crate::run::cargo;
use crate::workspace::{self, Error, copy_lock, read, write};

/// Fields of each struct: name, schema, and the Rust type that a person would derive for.
const FIELDS: &[(&str, &str, &str, bool)] = &[
    ("id", r#"{"type":"integer","format":"int64"}"#, "i64", true),
    ("name", r#"{"type":"string"}"#, "String", true),
    ("description", r#"{"type":"string"}"#, "Option<String>", false),
    ("created_at", r#"{"type":"string","format":"date-time"}"#, "DateTime", true),
    ("updated_at", r#"{"type":"string","format":"date-time"}"#, "Option<DateTime>", false),
    ("count", r#"{"type":"integer"}"#, "i64", true),
    ("ratio", r#"{"type":"number","format":"double"}"#, "Option<f64>", false),
    ("active", r#"{"type":"boolean"}"#, "bool", true),
    ("tags", r#"{"type":"array","items":{"type":"string"}}"#, "Vec<String>", true),
    ("scores", r#"{"type":"array","items":{"type":"integer"}}"#, "Option<Vec<i64>>", false),
    (
        "labels",
        r#"{"type":"object","additionalProperties":{"type":"string"}}"#,
        "Option<BTreeMap<String, String>>",
        false,
    ),
    ("url", r#"{"type":"string"}"#, "String", true),
    ("parent", "", "", false),
    ("note", r#"{"type":"string"}"#, "Option<String>", false),
];

pub(crate) fn run(runs: usize, structs: usize) -> Result<ExitCode, Error> {
    let folder = workspace::root().join("target/bench/wiring");
    let own = folder.join("own");
    let derived = folder.join("derived");
    write_document(&folder, structs)?;
    write_own(&folder, &own)?;
    write_derived(&derived, structs)?;
    let mut rows = Vec::new();
    for (name, crate_folder) in [("generated", &own), ("derived", &derived)] {
        rows.push((name, check(crate_folder, runs)?));
    }
    println!(
        "cargo check of {structs} structs with {} fields, dependencies built, median of {runs}",
        FIELDS.len()
    );
    println!("{:<12} {:>10} {:>12}", "", "CPU s", "peak MB");
    for (name, cost) in &rows {
        println!("{name:<12} {:>10.2} {:>12.0}", cost.cpu_seconds, cost.peak_bytes as f64 / 1e6);
    }
    if let [(_, own), (_, derived)] = rows.as_slice() {
        println!(
            "{:<12} {:>10.2} {:>12.2}",
            "ratio",
            own.cpu_seconds / derived.cpu_seconds,
            own.peak_bytes as f64 / derived.peak_bytes as f64
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// The median cost of checking a crate whose dependencies are built.
fn check(folder: &Path, runs: usize) -> Result<Cost, Error> {
    let mut costs = Vec::new();
    for run in 0..=runs {
        let library = folder.join("src/lib.rs");
        let text = read(&library)?;
        // Only a changed text makes cargo check the crate again.
        let marked = format!("{}// run {run}\n", text.split("// run").next().unwrap_or_default());
        write(&library, &marked)?;
        let mut command = cargo(&["check", "--quiet", "--offline"]);
        command
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", folder.join("../target"))
            .env("CARGO_INCREMENTAL", "0");
        let cost = measure(&command)?;
        // The first run builds the dependencies.
        if run > 0 {
            costs.push(cost);
        }
    }
    costs.sort_by(|a, b| a.cpu_seconds.total_cmp(&b.cpu_seconds));
    costs.get(costs.len() / 2).copied().ok_or_else(|| Error::Unreadable("no run was measured".to_owned()))
}

fn write_document(folder: &Path, structs: usize) -> Result<(), Error> {
    let mut schemas = String::new();
    let mut properties = String::new();
    for index in 0..structs {
        let fields: Vec<String> = FIELDS
            .iter()
            .map(|(name, schema, ..)| match *schema {
                "" => format!("\"{name}\":{{\"$ref\":\"#/components/schemas/Item{}\"}}", parent(index)),
                schema => format!("\"{name}\":{schema}"),
            })
            .collect();
        let required: Vec<String> = FIELDS
            .iter()
            .filter(|(.., required)| *required)
            .map(|(name, ..)| format!("\"{name}\""))
            .collect();
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(
            schemas,
            "{comma}\"Item{index}\":{{\"type\":\"object\",\"required\":[{}],\"properties\":{{{}}}}}",
            required.join(","),
            fields.join(",")
        );
        let _ =
            write!(properties, "{comma}\"item_{index}\":{{\"$ref\":\"#/components/schemas/Item{index}\"}}");
    }
    let document = format!(
        "{{\"openapi\":\"3.0.3\",\"info\":{{\"title\":\"Wiring\",\"version\":\"1\"}},\"paths\":{{\"/all\":{{\"get\":{{\"operationId\":\"all\",\
         \"responses\":{{\"200\":{{\"description\":\"all\",\"content\":{{\"application/json\":{{\"schema\":{{\"type\":\"object\",\
         \"properties\":{{{properties}}}}}}}}}}}}}}}}}}},\"components\":{{\"schemas\":{{{schemas}}}}}}}"
    );
    write(&folder.join("document.json"), &document)?;
    let manifest = "version: 1\nname: wiring\ndocument: document.json\ndescription: structs by the thousand\n\
                    server: { url: \"https://example.com\" }\nauth: { none: {} }\noperations: [all]\n";
    write(&folder.join("connector.yaml"), manifest)
}

/// The struct that another refers to: always a lower one, so that nothing is recursive.
fn parent(index: usize) -> usize {
    index / 2
}

fn write_own(folder: &Path, own: &Path) -> Result<(), Error> {
    let options =
        RenderOptions { runtime_path: Some(workspace::root().join("runtime").display().to_string()) };
    let outcome = generate(folder, &options);
    let Some(connector) = outcome.connector else {
        return Err(Error::Unreadable(format!(
            "the benchmark's document does not generate: {:?}",
            outcome.diagnostics
        )));
    };
    for (path, text) in &connector.files {
        write(&own.join(path), text)?;
    }
    // The binary and its command line are not what is measured.
    let manifest = read(&own.join("Cargo.toml"))?.replace("default = [\"cli\", ", "default = [");
    write(&own.join("Cargo.toml"), &format!("{manifest}\n[workspace]\n"))?;
    copy_lock(own)
}

fn write_derived(derived: &Path, structs: usize) -> Result<(), Error> {
    let mut code = String::from(
        "//! The same structs with derived impls.\nuse std::collections::BTreeMap;\nuse linchpin_runtime::DateTime;\n\
         use serde::{Deserialize, Serialize};\n",
    );
    for index in 0..structs {
        let _ = writeln!(
            code,
            "#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]\npub struct Item{index} {{"
        );
        for (name, _, kind, required) in FIELDS {
            if !required {
                let _ = writeln!(code, "    #[serde(default, skip_serializing_if = \"Option::is_none\")]");
            }
            let parent = format!("Option<Box<Item{}>>", parent(index));
            let _ = writeln!(code, "    pub {name}: {},", if kind.is_empty() { &parent } else { *kind });
        }
        code.push_str("}\n");
    }
    code.push_str(
        "#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]\npub struct AllResponse {\n",
    );
    for index in 0..structs {
        let _ = writeln!(
            code,
            "    #[serde(default, skip_serializing_if = \"Option::is_none\")]\n    pub item_{index}: Option<Item{index}>,"
        );
    }
    code.push_str("}\n");
    write(&derived.join("src/lib.rs"), &code)?;
    let manifest = format!(
        "[package]\nname = \"derived\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         linchpin-runtime = {{ path = {:?} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\n[workspace]\n",
        workspace::root().join("runtime").display().to_string()
    );
    write(&derived.join("Cargo.toml"), &manifest)?;
    copy_lock(derived)
}
