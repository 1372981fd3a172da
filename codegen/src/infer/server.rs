//! Where the API is: the document's servers, with their variables as config values.

use openapiv3::{OpenAPI, Server};
use serde::Serialize;

use super::{Confidence, Undecided};
use crate::manifest::{text, url_problem};
use crate::model::expanded;

/// Where nothing will ever answer (RFC 2606).
const NOWHERE: &str = "https://example.com";

/// Config values that every connector has, or may have by its servers.
const TAKEN: [&str; 2] = ["environment", "base_url"];

/// Where the API is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerGuess {
    /// The base URL, with config values in it.
    pub url: String,
    /// Those values.
    pub config: Vec<VariableGuess>,
    /// Further base URLs by name, for `environments`.
    pub environments: Vec<(String, String)>,
    /// How much speaks for it.
    pub confidence: Confidence,
    /// What speaks for it.
    pub reason: String,
}

/// A variable of a server.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariableGuess {
    /// Its name as a config value.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Its default.
    pub default: String,
    /// What it may be, where the document lists that.
    pub listed: Vec<String>,
}

pub(super) fn server(document: &OpenAPI, undecided: &mut Vec<Undecided>) -> ServerGuess {
    let usable = |server: &&Server| {
        let url = expanded(server);
        url_problem(&url).is_none() && !url.contains(['{', '}'])
    };
    let loopback = |server: &&Server| {
        expanded(server).contains("://localhost") || expanded(server).contains("://127.0.0.1")
    };
    let mut servers: Vec<&Server> = document.servers.iter().filter(usable).collect();
    // What is for the writer's own machine is not the API.
    servers.sort_by_key(loopback);
    let Some((first, others)) = servers.split_first() else { return nowhere(document, undecided) };
    let (url, config) = configured(first);
    let own = stands_for_own(first, &url);
    if own {
        let question = format!("`{url}` seems to stand for an address of your own: say it in `server.url`");
        undecided.push(Undecided::new("server", question));
    }
    let mut environments = Vec::new();
    for other in others {
        let url = expanded(other);
        let name = environment(other, environments.len());
        if config.is_empty() && environments.iter().all(|(known, _)| *known != name) {
            environments.push((name, url));
        }
    }
    let reason = match document.servers.len() {
        1 => "the document's only server".to_owned(),
        count => format!("the first of {count} servers of the document that a connector can use"),
    };
    ServerGuess {
        url,
        config,
        environments,
        confidence: match (loopback(first), own) {
            (true, _) => Confidence::Low,
            (false, true) => Confidence::Medium,
            (false, false) => Confidence::High,
        },
        reason,
    }
}

/// Whether a server's URL is an example of what each user has another of: `https://your-company.acme.example`.
fn stands_for_own(server: &Server, url: &str) -> bool {
    let host = url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let prose = super::words::prose(server.description.as_deref());
    let said =
        super::words::says(&prose, &["replace", "your own", "your domain", "your account", "your instance"]);
    let parts = super::words::words(host);
    // What is filled in by config is asked for already.
    !url.contains('{')
        && (said || parts.iter().any(|word| word.starts_with("your") && !matches!(word.as_str(), "yours")))
}

fn nowhere(document: &OpenAPI, undecided: &mut Vec<Undecided>) -> ServerGuess {
    let said = document.servers.first().map(|server| server.url.clone()).unwrap_or_default();
    // What is no secret way may still say the host.
    let secure = said.strip_prefix("http://").map(|rest| format!("https://{rest}"));
    // `//host` is by whatever the document was fetched by (RFC 3986, 4.2).
    let secure = secure.or_else(|| said.strip_prefix("//").map(|rest| format!("https://{rest}")));
    let secure = secure.filter(|url| url_problem(url).is_none() && !url.contains(['{', '}']));
    let path =
        said.starts_with('/') && !said.contains(['{', '}', '?', '#']) && !said.contains(char::is_whitespace);
    let (url, reason, confidence) = match (secure, path) {
        (Some(url), _) => {
            let question = if said.starts_with("//") {
                format!("the document says `{said}`, by no protocol: does the API answer at `{url}`?")
            } else {
                format!(
                    "the document says `{said}`, which would send credentials in the clear: does the API answer at `{url}`?"
                )
            };
            undecided.push(Undecided::new("server", question));
            (url, "the document's server, by https".to_owned(), Confidence::Medium)
        }
        (None, is_path) => {
            let question = if said.is_empty() {
                "the document names no server: `server.url` has to be filled in".to_owned()
            } else {
                format!(
                    "the document's server is `{said}`, which says no host: `server.url` has to be filled in"
                )
            };
            undecided.push(Undecided::new("server", question));
            let path = if is_path { said.trim_end_matches('/') } else { "" };
            (
                format!("{NOWHERE}{path}"),
                "the document says no host; nothing answers here".to_owned(),
                Confidence::Low,
            )
        }
    };
    ServerGuess { url, config: Vec::new(), environments: Vec::new(), confidence, reason }
}

/// The URL of a server with config values in it, and these.
fn configured(server: &Server) -> (String, Vec<VariableGuess>) {
    let mut config = Vec::new();
    let mut url = server.url.clone();
    for (original, variable) in server.variables.iter().flatten() {
        let braces = format!("{{{original}}}");
        // A value that could lead out of its place in the URL is none that a user may give.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let name = super::words::canonical(original);
        let fits = text::is_name(&name, '_')
            && !TAKEN.contains(&name.as_str())
            && !variable.default.is_empty()
            && variable.default.chars().all(plain);
        if fits && url.contains(&braces) && !url.starts_with(&braces) {
            url = url.replace(&braces, &format!("{{{name}}}"));
            let said = variable.description.as_deref().unwrap_or_default();
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            config.push(VariableGuess {
                description: if said.is_empty() {
                    format!("Part `{name}` of the server's URL.")
                } else {
                    said
                },
                name,
                default: variable.default.clone(),
                listed: variable.enumeration.clone(),
            });
        } else {
            url = url.replace(&braces, &variable.default);
        }
    }
    if url.starts_with('{') || url_problem(&url).is_some() {
        return (expanded(server), Vec::new());
    }
    (url.trim_end_matches('/').to_owned(), config)
}

/// A name for a further server: the first word of its description, or of its host.
fn environment(server: &Server, index: usize) -> String {
    let described = super::words::words(server.description.as_deref().unwrap_or_default());
    let known = [
        "sandbox",
        "staging",
        "production",
        "test",
        "testing",
        "development",
        "live",
        "eu",
        "us",
        "demo",
        "preview",
        "beta",
        "mock",
        "local",
    ];
    let url = super::words::words(&expanded(server));
    let found = known
        .iter()
        .find(|word| described.iter().any(|part| part == *word) || url.iter().any(|part| part == *word));
    found.map_or_else(|| format!("server_{}", index + 2), |word| (*word).to_owned())
}
