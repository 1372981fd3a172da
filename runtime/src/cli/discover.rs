use clap::ArgMatches;
use serde_json::{Value, json};

use super::{End, Global, Problem, arguments, output, table};
use crate::contract::{Contract, Partition, Path, Slices, Stream};
use crate::schema::json_schema;

pub(super) fn run(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    let json = matches.get_one::<String>(arguments::FORMAT).is_some_and(|format| format == arguments::JSON);
    let text = if json { format!("{:#}\n", catalogue(global.contract)) } else { overview(global.contract) };
    super::read::quietly(super::read::write_all(text.as_bytes()))?;
    if global.contract.streams.is_empty() {
        output::warning("this connector has no streams");
    }
    Ok(End::Ok)
}

/// Everything that a program needs to take the streams in.
pub(super) fn catalogue(contract: &Contract) -> Value {
    json!({
        "connector": contract.name,
        "version": contract.version,
        "streams": contract.streams.iter().map(describe).collect::<Vec<_>>(),
    })
}

fn describe(stream: &Stream) -> Value {
    json!({
        "name": stream.name,
        "description": stream.description,
        "operation": stream.operation.id,
        "key": key(stream),
        "cursor": stream.cursor.as_ref().map(|cursor| cursor.field),
        "incremental": is_incremental(stream),
        "slices": stream.slices.as_ref().map(slices),
        "schema": json_schema(&stream.shape),
    })
}

/// How the stream is divided.
fn slices(slices: &Slices) -> Value {
    let (parent, each) = match &slices.partition {
        Partition::Whole => (None, None),
        Partition::Parent(parent) => (Some(parent.stream), None),
        Partition::Each(each) => (None, Some(each.values)),
    };
    json!({
        "parent": parent,
        "each": each,
        "window": slices.window.as_ref().map(|window| window.field),
        "include": slices.includes().iter().map(|(name, _)| *name).collect::<Vec<_>>(),
    })
}

/// The places of a stored key: what a slice gives, then those of the record.
fn key(stream: &Stream) -> Vec<Vec<&'static str>> {
    let given = stream.slices.iter().flat_map(Slices::key_names).map(|name| vec![name]);
    given.chain(stream.key.iter().map(|path| path.to_vec())).collect()
}

/// Whether a later run can leave out what the store has.
fn is_incremental(stream: &Stream) -> bool {
    let sliced = stream.slices.as_ref().is_some_and(|slices| {
        let only_changed = matches!(&slices.partition, Partition::Parent(parent) if parent.only_changed);
        slices.window.is_some() || only_changed
    });
    sliced
        || stream.cursor.as_ref().is_some_and(|cursor| {
            cursor.target.is_some() || cursor.order == crate::contract::Order::Descending
        })
}

fn overview(contract: &Contract) -> String {
    let path = |path: Path| path.join(".");
    let rows: Vec<Vec<String>> = contract
        .streams
        .iter()
        .map(|stream| {
            let key = key(stream).iter().map(|key| key.join(".")).collect::<Vec<_>>().join(", ");
            let window = stream.slices.as_ref().and_then(|slices| slices.window.as_ref());
            let field =
                stream.cursor.as_ref().map(|cursor| cursor.field).or(window.map(|window| window.field));
            let cursor = field.map_or_else(|| "-".to_owned(), path);
            let mode = if is_incremental(stream) { "incremental" } else { "full" };
            let by = match stream.slices.as_ref().map(|slices| &slices.partition) {
                Some(Partition::Parent(parent)) => format!("each of {}", parent.stream),
                Some(Partition::Each(each)) => format!("each of {}", each.values.join(", ")),
                Some(Partition::Whole) => "windows".to_owned(),
                None => "-".to_owned(),
            };
            vec![stream.name.to_owned(), key, cursor, mode.to_owned(), by]
        })
        .collect();
    table::table(&["stream", "key", "cursor", "sync", "slices"], 5, &rows)
}
