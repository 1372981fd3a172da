//! The files around the code: `Cargo.toml` and `README.md`. Their templates take only values that are fit for the place they go to.

use std::collections::BTreeSet;

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use crate::plan::{Auth, Grant, Partition, Plan, Stream};

use super::{RenderError, RenderOptions};

#[derive(Serialize)]
struct StreamRow {
    name: String,
    key: String,
    cursor: String,
    call: String,
}

#[derive(Serialize)]
struct KeptRow {
    method: String,
    call: String,
    until: String,
}

#[derive(Serialize)]
struct ConfigRow {
    name: String,
    variable: String,
    kind: &'static str,
    description: String,
}

#[derive(Serialize)]
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    description: String,
    features: Vec<&'a str>,
    runtime: String,
}

#[derive(Serialize)]
struct Readme<'a> {
    name: &'a str,
    title: String,
    api_version: String,
    description: String,
    document: String,
    operations: usize,
    streams: Vec<StreamRow>,
    config: Vec<ConfigRow>,
    auth: String,
    features: Vec<&'a str>,
    kept: Vec<KeptRow>,
    example: String,
}

pub(super) fn cargo_toml(
    plan: &Plan,
    features: &BTreeSet<&str>,
    options: &RenderOptions,
) -> Result<String, RenderError> {
    let features = features.iter().copied().collect();
    let runtime = match &options.runtime_path {
        Some(path) => format!("{{ path = {} }}", toml_text(path)),
        None => "{ workspace = true }".to_owned(),
    };
    fill(
        include_str!("templates/Cargo.toml.j2"),
        &Package {
            name: &plan.name,
            version: &plan.version,
            description: toml_text(&plan.description),
            features,
            runtime,
        },
    )
}

/// What a later run reads.
fn onward(stream: &Stream) -> String {
    let window = stream.slices.as_ref().and_then(|slices| slices.window.as_ref());
    let field = stream.cursor.as_ref().map(|cursor| &cursor.field).or(window.map(|window| &window.field));
    match (field, stream.slices.as_ref().map(|slices| &slices.partition)) {
        (Some(field), _) => code(&field.join(".")),
        (None, Some(Partition::Parent { stream, only_changed: true, .. })) => {
            format!("lists of `{}` that changed", cell(stream))
        }
        (None, _) => "each run reads all".to_owned(),
    }
}

pub(super) fn readme(plan: &Plan, features: &BTreeSet<&str>) -> Result<String, RenderError> {
    let upper = plan.name.replace('-', "_").to_uppercase();
    let streams: Vec<StreamRow> = plan
        .streams
        .iter()
        .filter_map(|stream| {
            let operation = plan.api.operations.get(stream.operation)?;
            let given = stream.slices.iter().flat_map(|slices| slices.key_names()).map(code);
            let keys: Vec<String> =
                given.chain(stream.key.iter().map(|path| code(&path.join(".")))).collect();
            Some(StreamRow {
                name: stream.name.clone(),
                key: keys.join(", "),
                cursor: onward(stream),
                call: cell(&format!("{} {}", operation.head.method, operation.head.path)),
            })
        })
        .collect();
    let config: Vec<ConfigRow> = plan
        .config
        .iter()
        .map(|field| ConfigRow {
            name: field.name.clone(),
            variable: format!("{upper}_{}", field.name.to_uppercase()),
            kind: match (field.secret, &field.default) {
                (true, _) => "secret",
                (false, Some(_)) => "optional",
                (false, None) => "required",
            },
            description: prose(&field.description),
        })
        .collect();
    let auth = authorised_by(&plan.auth);
    fill(
        include_str!("templates/README.md.j2"),
        &Readme {
            name: &plan.name,
            title: prose(&plan.api.title),
            api_version: prose(&plan.api.version),
            description: prose(&plan.description),
            document: cell(&plan.document),
            operations: plan.api.operations.len(),
            streams,
            config,
            auth,
            features: features.iter().copied().collect(),
            kept: kept(plan),
            example: example(plan),
        },
    )
}

/// The methods of old shapes.
fn kept(plan: &Plan) -> Vec<KeptRow> {
    let row = |until: &str, operation: &crate::model::Operation, suffix: &str| KeptRow {
        method: format!("{}{suffix}", operation.name),
        call: cell(&format!("{} {}", operation.head.method, operation.head.path)),
        until: until.to_owned(),
    };
    let mut rows = Vec::new();
    for previous in &plan.previous {
        let plan = &previous.plan;
        for (operation, planned) in plan.api.operations.iter().zip(&plan.operations) {
            let suffix = planned.kept.as_ref().map_or("", |kept| kept.suffix.as_str());
            rows.push(row(&previous.until, operation, suffix));
        }
    }
    rows
}

/// A program that reads the first stream.
fn example(plan: &Plan) -> String {
    let crate_name = format!("linchpin_{}", plan.name.replace('-', "_"));
    let Some(stream) = plan.streams.first() else {
        return format!(
            "let client = {crate_name}::Client::from_environment()?;\n// client.{}(...).await?",
            plan.api.operations.first().map_or("operation", |operation| operation.name.as_str()),
        );
    };
    let name = crate::model::names::ident(&stream.name, crate::model::names::Use::Value);
    format!(
        "let client = {crate_name}::Client::from_environment()?;\nlet mut records = client.streams().{name}();\n\
         while let Some(record) = records.next().await {{\n    println!(\"{{:?}}\", record?);\n}}"
    )
}

/// A text as prose inside a Markdown table or line: one line, no cell borders, no markup that would render as something else.
fn prose(text: &str) -> String {
    let flat = flat(text);
    let escaped = super::docs::escape(&flat.replace('`', "'")).replace('|', "\\|");
    // At the start of a line these make headings, lists and quotations.
    if escaped.starts_with(['#', '>', '-', '+', '*', '=', '~', '|']) {
        format!("\\{escaped}")
    } else {
        escaped
    }
}

/// A text inside a code span, where nothing has to be escaped but the borders of cells.
fn cell(text: &str) -> String {
    flat(text).replace('`', "'").replace('\\', "/").replace('|', "\\|")
}

fn flat(text: &str) -> String {
    let flat: String = text.chars().map(|c| if super::docs::is_hidden(c) { ' ' } else { c }).collect();
    flat.trim().to_owned()
}

fn code(text: &str) -> String {
    format!("`{}`", cell(text))
}

/// A TOML basic string.
fn toml_text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if super::docs::is_hidden(c) => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn fill(template: &str, values: &impl Serialize) -> Result<String, RenderError> {
    let mut text = Environment::new().render_str(template, Serde(values))?;
    // The engine takes the template's last line break away.
    text.push('\n');
    Ok(text)
}

/// What the README says of how requests are authorised.
fn authorised_by(auth: &Auth) -> String {
    match auth {
        Auth::None => "The API needs no credential.".to_owned(),
        Auth::Basic { .. } => "Requests are authorised with HTTP Basic.".to_owned(),
        Auth::Bearer { .. } => "Requests are authorised with a bearer token.".to_owned(),
        Auth::ApiKeys(keys) => {
            let names: Vec<String> = keys.iter().map(|key| format!("`{}`", cell(&key.name))).collect();
            let (the, names) = (if keys.len() == 1 { "the key" } else { "the keys" }, names.join(" and "));
            format!("Requests are authorised with {the} {names}.")
        }
        Auth::OAuth2(oauth2) => match &oauth2.grant {
            Grant::AuthorizationCode { .. } | Grant::DeviceCode { .. } => {
                "Requests are authorised with a token of OAuth 2. Run the command `login` once; the token is kept and renewed.".to_owned()
            }
            _ => "Requests are authorised with a token of OAuth 2, which the connector gets and renews.".to_owned(),
        },
        Auth::Session(_) => "Requests are authorised with the token of a session, which the connector opens and renews.".to_owned(),
        Auth::Jwt(_) => "Requests are authorised with a JWT, which the connector signs and renews.".to_owned(),
        Auth::Hmac(_) => "Each request is signed with a shared key.".to_owned(),
        Auth::AwsSigV4(_) => "Each request is signed as Amazon Web Services ask for (Signature Version 4).".to_owned(),
        Auth::Choice { by, of } => {
            let ways = of.iter().map(|(name, auth)| format!("\n- `{}`: {}", cell(name), authorised_by(auth)));
            format!("The config value `{}` chooses how requests are authorised:\n{}", cell(by), ways.collect::<String>())
        }
    }
}
