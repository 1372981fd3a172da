//! Writes of which nobody knows what became of them: what a program with an outbox left behind is listed, sent again, or forgotten.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::ArgMatches;
use serde_json::json;

use super::read::{quietly, write_all};
use super::table::table;
use super::{End, Global, Problem, arguments, output};
use crate::observe::Silent;
use crate::outbox::{Kept, Outbox as _};
use crate::store::Outbox;

const HEAD: [&str; 5] = ["operation", "kept at", "idempotency key", "number", "bytes"];

pub(super) async fn run(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    let Some((act, matches)) = matches.subcommand() else { return Ok(End::Configuration) };
    let Some(path) = matches.get_one::<PathBuf>("file") else { return Ok(End::Configuration) };
    if !path.exists() {
        return Err(Problem::NoOutbox(path.display().to_string()));
    }
    let outbox = Arc::new(Outbox::open(path)?);
    let chosen = chosen(&outbox, matches)?;
    let json = matches.get_one::<String>(arguments::FORMAT).is_some_and(|format| format == arguments::JSON);
    match act {
        "list" => list(global, &chosen, json),
        "retry" => retry(global, outbox, chosen, matches, json).await,
        _ => drop_all(global, &outbox, &chosen, json),
    }
}

/// The requests of the numbers that were given, or all. A number that is not there is an error: it may be that of another one by mistake.
fn chosen(outbox: &Outbox, matches: &ArgMatches) -> Result<Vec<(i64, Kept)>, Problem> {
    let kept = outbox.kept()?;
    // `list` takes no numbers.
    let numbers = matches.try_get_many::<i64>("numbers").ok().flatten();
    let Some(numbers) = numbers.map(|numbers| numbers.copied().collect::<Vec<i64>>()) else {
        return Ok(kept);
    };
    if let Some(number) = numbers.iter().find(|number| kept.iter().all(|(known, _)| known != *number)) {
        return Err(Problem::NotKept(*number));
    }
    Ok(kept.into_iter().filter(|(number, _)| numbers.contains(number)).collect())
}

fn list(global: &Global, kept: &[(i64, Kept)], json: bool) -> Result<End, Problem> {
    if json {
        let lines: String = kept.iter().map(|one| format!("{}\n", told(global, one))).collect();
        quietly(write_all(lines.as_bytes()))?;
    } else if kept.is_empty() {
        output::note("nothing is left: of every write it is known what became of it");
    } else {
        let rows: Vec<Vec<String>> = kept.iter().map(|one| row(global, one)).collect();
        quietly(write_all(table(&HEAD, 3, &rows).as_bytes()))?;
    }
    Ok(End::Ok)
}

/// Sends them again with their keys, and says of each what became of it.
async fn retry(
    global: &Global,
    outbox: Arc<Outbox>,
    kept: Vec<(i64, Kept)>,
    matches: &ArgMatches,
    json: bool,
) -> Result<End, Problem> {
    let hours = matches.get_one::<u64>("newest").copied().unwrap_or_default();
    let newest = Duration::from_secs(hours.saturating_mul(3_600));
    let client = global.built(global.builder(Arc::new(Silent))?.outbox(outbox.clone()))?;
    let mut end = End::Ok;
    for one in kept {
        let result = client.resend_one(one.0, &one.1, newest).await;
        let is_left = outbox.kept()?.iter().any(|(number, _)| *number == one.0);
        let outcome = match (&result, is_left) {
            (Ok(_), _) => "done",
            (Err(_), true) => "unknown",
            (Err(_), false) => "refused",
        };
        let error = result.as_ref().err().map(ToString::to_string);
        if json {
            let mut line = told(global, &one);
            line["outcome"] = json!(outcome);
            line["error"] = json!(error);
            quietly(write_all(format!("{line}\n").as_bytes()))?;
        } else {
            quietly(write_all(format!("{}: {}: {outcome}\n", one.0, one.1.operation).as_bytes()))?;
        }
        if let Err(error) = result {
            output::error(&format!("{}: {error}", one.0));
            end = end.worse(error.exit_class().into());
            // The others would only meet the same.
            if error.resume_at().is_some() || error.exit_class() == crate::error::ExitClass::Configuration {
                break;
            }
        }
    }
    Ok(end)
}

fn drop_all(global: &Global, outbox: &Outbox, kept: &[(i64, Kept)], json: bool) -> Result<End, Problem> {
    for one in kept {
        outbox.forget(one.0)?;
        let line = match json {
            true => format!("{}\n", told(global, one)),
            false => format!("{}: {}: dropped\n", one.0, one.1.operation),
        };
        quietly(write_all(line.as_bytes()))?;
    }
    Ok(End::Ok)
}

/// The key by which the vendor may find the request.
fn key<'k>(global: &Global, kept: &'k Kept) -> Option<&'k str> {
    let header = global.contract.operation(&kept.operation)?.idempotency_key?;
    let found = kept.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(header));
    found.map(|(_, value)| value.as_str())
}

fn row(global: &Global, (number, kept): &(i64, Kept)) -> Vec<String> {
    let key = key(global, kept).unwrap_or("-").to_owned();
    vec![
        kept.operation.clone(),
        kept.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        key,
        number.to_string(),
        kept.body.len().to_string(),
    ]
}

/// What may be shown of a request: neither its query nor its body, which may hold what is not fit for a screen.
fn told(global: &Global, (number, kept): &(i64, Kept)) -> serde_json::Value {
    let path = kept.target.split('?').next().unwrap_or_default();
    json!({
        "number": number,
        "operation": kept.operation,
        "path": path,
        "kept_at": kept.at.to_string(),
        "idempotency_key": key(global, kept),
        "body_bytes": kept.body.len(),
    })
}
