//! Which server each operation is sent to. A document's hosts are not trusted: where it sends an operation to another origin than the
//! connector's, the manifest has to name that origin. Another path of the same origin needs nobody's leave.

use super::operation::{Selector, list};
use super::types::{Base, OperationPlan, OtherServer};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::manifest::{self, Manifest};
use crate::model::Api;
use crate::model::names::{self, Use};

/// The manifest's further servers; into each operation's plan goes which one it is sent to.
pub(super) fn bind(
    manifest: &Manifest,
    api: &Api,
    plans: &mut [OperationPlan],
    diagnostics: &mut Diagnostics,
) -> Vec<OtherServer> {
    let others = &manifest.server.others;
    let binder = Binder::new(manifest, api);
    let mut used = vec![false; others.iter().count()];
    // Operations by the server of the document that nothing allows.
    let mut unknown: Vec<(String, Vec<&str>)> = Vec::new();
    for (operation, plan) in api.operations.iter().zip(plans) {
        let selected = others.iter().position(|(_, other)| {
            let selectors = other.operations.iter().flatten();
            selectors.into_iter().any(|selector| Selector::read(selector).takes(&operation.head))
        });
        plan.base = match selected.map(Base::Other) {
            Some(base) => base,
            None => match binder.base(&operation.servers) {
                Ok(base) => base,
                Err(server) => {
                    match unknown.iter_mut().find(|(known, _)| known == server) {
                        Some((_, operations)) => operations.push(&operation.head.id),
                        None => unknown.push((server.to_owned(), vec![&operation.head.id])),
                    }
                    Base::Server
                }
            },
        };
        if let Base::Other(index) = plan.base
            && let Some(used) = used.get_mut(index)
        {
            *used = true;
        }
    }
    for (server, operations) in unknown {
        let message = format!(
            "the document sends {} to `{server}`, which the manifest does not allow; `server.url` is used",
            list(operations.into_iter())
        );
        diagnostics.push(
            Diagnostic::warning(Code::ServerNotAllowed, message).at(manifest.server.url.span).help(format!(
                "if that is right, add `others: {{ {}: {{ url: \"{server}\" }} }}` to `server`",
                name_for(&server)
            )),
        );
    }
    for ((name, other), _) in others.iter().zip(used).filter(|(_, used)| !used) {
        diagnostics.push(
            Diagnostic::warning(
                Code::UnusedServer,
                format!("no operation is sent to the server `{}`", name.value),
            )
            .at(name.span)
            .help(match &other.document_url {
                Some(url) => format!("no operation of the document that is selected has the server `{}`", url.value),
                None => "say with `document_url` which server of the document it stands for, or with `operations` which operations it takes".to_owned(),
            }),
        );
    }
    others.iter().map(|(name, other)| resolved(name, other)).collect()
}

fn resolved(name: &str, other: &manifest::OtherServer) -> OtherServer {
    OtherServer {
        name: name.to_owned(),
        url: other.url.trim_end_matches('/').to_owned(),
        credential: other.credential,
    }
}

/// A name for a server: the first word of its host that is not about the web.
fn name_for(url: &str) -> String {
    let host = url.split("://").nth(1).unwrap_or(url).split(['/', ':']).next().unwrap_or_default();
    let word = host
        .split('.')
        .find(|word| !matches!(*word, "www" | "api" | ""))
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '{'))
        .unwrap_or("other");
    let name = names::ident(word, Use::Module);
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.is_ascii() {
        name
    } else {
        "other".to_owned()
    }
}

struct Binder<'m> {
    /// Documents' servers that the manifest's servers stand for, with the index of that one.
    others: Vec<(Url<'m>, usize)>,
    /// URLs that mean the connector's server.
    own: Vec<Url<'m>>,
}

impl<'m> Binder<'m> {
    fn new(manifest: &'m Manifest, api: &'m Api) -> Self {
        let others = manifest.server.others.iter().enumerate();
        let others = others
            .filter(|(_, (_, other))| other.operations.is_none())
            .map(|(index, (_, other))| (Url::read(other.document_url.as_ref().unwrap_or(&other.url)), index));
        let environments = manifest.server.environments.iter().map(|(_, url)| url.as_str());
        let documents = api.servers.iter().map(String::as_str);
        let own = std::iter::once(manifest.server.url.as_str()).chain(environments).chain(documents);
        Self { others: others.collect(), own: own.map(Url::read).collect() }
    }

    /// Where an operation with these servers goes, or the first of them if nothing allows any.
    fn base<'s>(&self, servers: &'s [String]) -> Result<Base, &'s str> {
        let read: Vec<Url<'s>> = servers.iter().map(|server| Url::read(server)).collect();
        let other = read.iter().find_map(|server| self.others.iter().find(|(url, _)| url == server));
        if let Some((_, index)) = other {
            return Ok(Base::Other(*index));
        }
        let is_own = |server: &Url<'s>| {
            self.own.iter().any(|own| own == server || (server.is_relative() && own.path == server.path))
        };
        if servers.is_empty() || read.iter().any(is_own) {
            return Ok(Base::Server);
        }
        let same_origin = |server: &&Url<'s>| {
            let allowed = server.is_relative() || self.own.iter().any(|own| own.origin == server.origin);
            allowed && is_plain(server.path)
        };
        match (read.iter().find(same_origin), servers.first()) {
            (Some(server), _) => Ok(Base::Path(server.path.to_owned())),
            (None, Some(first)) => Err(first),
            (None, None) => Ok(Base::Server),
        }
    }
}

/// Whether a path goes into a URL as it is.
fn is_plain(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    path.chars().all(plain) && !path.split('/').any(|segment| matches!(segment, "." | ".."))
}

/// A server's URL, as far as servers are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Url<'t> {
    /// Scheme and host in small letters; empty for a URL that is relative.
    origin: String,
    /// Without a slash at its end.
    path: &'t str,
}

impl<'t> Url<'t> {
    fn read(text: &'t str) -> Self {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once("://") else {
            return Self { origin: String::new(), path: text.trim_end_matches('/') };
        };
        let (host, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
        let usual = if scheme == "http" { ":80" } else { ":443" };
        let host = host.strip_suffix(usual).unwrap_or(&host).to_owned();
        Self { origin: format!("{scheme}://{host}"), path: path.trim_end_matches('/') }
    }

    /// Whether it names no host. What names one in another way than with a scheme (`api.example.com/v1`) is taken for another origin.
    fn is_relative(&self) -> bool {
        self.origin.is_empty()
            && (self.path.is_empty() || self.path.starts_with('/'))
            && !self.path.starts_with("//")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_allowed_by_name_leaves_the_origin() {
        let own = ["https://api.example.com/v1", "https://eu.example.com"];
        let binder = Binder {
            others: vec![(Url::read("https://files.example.com/up/"), 0)],
            own: own.map(Url::read).into(),
        };
        let path = |path: &str| Some(Base::Path(path.to_owned()));
        let table: &[(&[&str], Option<Base>)] = &[
            (&[], Some(Base::Server)),
            (&["https://api.example.com/v1"], Some(Base::Server)),
            (&["https://API.example.com:443/v1/"], Some(Base::Server)),
            (&["https://eu.example.com/"], Some(Base::Server)),
            (&["https://api.example.com/v2"], path("/v2")),
            (&["https://api.example.com"], path("")),
            (&["/v1"], Some(Base::Server)),
            (&["/v2/"], path("/v2")),
            (&["https://files.example.com/up"], Some(Base::Other(0))),
            (&["https://elsewhere.example", "https://files.example.com/up"], Some(Base::Other(0))),
            (&["https://files.example.com/down"], None),
            (&["http://api.example.com/v1"], None),
            (&["https://api.example.com:8443/v1"], None),
            (&["https://api.example.com.evil.example/v1"], None),
            (&["https://api.example.com@evil.example/v1"], None),
            (&["//evil.example/v1"], None),
            (&["evil.example/v1"], None),
            (&["https://api.example.com/../v2"], None),
            (&["https://api.example.com/{open}"], None),
            (&["https://api.example.com/v2?x=1"], None),
            (&["https://"], None),
        ];
        for (servers, expected) in table {
            let servers: Vec<String> = servers.iter().map(|server| (*server).to_owned()).collect();
            assert_eq!(binder.base(&servers).ok(), *expected, "{servers:?}");
        }
    }

    #[test]
    fn a_server_is_called_by_its_host() {
        for (url, expected) in [
            ("https://uploads.github.com", "uploads"),
            ("https://api.files.example.com/v1", "files"),
            ("https://{host}", "host"),
            ("https://10.0.0.1", "other"),
            ("", "other"),
        ] {
            assert_eq!(name_for(url), expected, "{url}");
        }
    }
}
