//! Where config values come from.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::Error;

use super::{ConfigProblem, ConfigWarning};

/// A config file is a page of values; anything longer is some other file.
const LONGEST: u64 = 1024 * 1024;

pub(super) fn read(path: &Path) -> Result<String, Error> {
    let place = path.display().to_string();
    let problem = match std::fs::metadata(path) {
        Ok(found) if found.len() > LONGEST => "it is over 1 MiB long".to_owned(),
        Ok(_) => match std::fs::read_to_string(path) {
            Ok(text) => return Ok(text),
            Err(error) => error.to_string(),
        },
        Err(error) => error.to_string(),
    };
    Err(ConfigProblem::File { place, problem }.into())
}

/// YAML, of which JSON is a part. Scalars are taken by their text: a token of digits stays as it is written.
pub(super) fn parse(text: &str, place: &str) -> Result<BTreeMap<String, String>, Error> {
    let values: Option<BTreeMap<String, Option<String>>> =
        serde_yaml::from_str(text).map_err(|error| ConfigProblem::File {
            place: place.to_owned(),
            // Only the place is told: the parser's own message may hold a piece of the text.
            problem: match error.location() {
                Some(at) => format!(
                    "line {}, column {}: expected one `key: value` a line, each value a text",
                    at.line(),
                    at.column()
                ),
                None => "expected one `key: value` a line, each value a text".to_owned(),
            },
        })?;
    let values = values.unwrap_or_default();
    Ok(values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

#[cfg(unix)]
pub(super) fn readable_by_others(path: &Path) -> Option<ConfigWarning> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| ConfigWarning::ReadableByOthers(path.to_owned()))
}

#[cfg(not(unix))]
pub(super) fn readable_by_others(_path: &Path) -> Option<ConfigWarning> {
    None
}
