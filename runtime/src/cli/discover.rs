use clap::ArgMatches;
use serde_json::{Value, json};

use super::{End, Global, Problem, arguments, output, table};
use crate::contract::{Contract, Path, Stream};
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
        "key": stream.key,
        "cursor": stream.cursor.as_ref().map(|cursor| cursor.field),
        "incremental": is_incremental(stream),
        "schema": json_schema(&stream.shape),
    })
}

/// Whether a later run can leave out what the store has.
fn is_incremental(stream: &Stream) -> bool {
    stream.cursor.as_ref().is_some_and(|cursor| {
        cursor.parameter.is_some() || cursor.order == crate::contract::Order::Descending
    })
}

fn overview(contract: &Contract) -> String {
    let path = |path: Path| path.join(".");
    let rows: Vec<Vec<String>> = contract
        .streams
        .iter()
        .map(|stream| {
            let key = stream.key.iter().map(|key| path(key)).collect::<Vec<_>>().join(", ");
            let cursor = stream.cursor.as_ref().map_or_else(|| "-".to_owned(), |cursor| path(cursor.field));
            let mode = if is_incremental(stream) { "incremental" } else { "full" };
            vec![stream.name.to_owned(), key, cursor, mode.to_owned()]
        })
        .collect();
    table::table(&["stream", "key", "cursor", "sync"], 4, &rows)
}
