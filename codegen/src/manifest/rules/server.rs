//! Where an API and its document are.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Spanned;

use super::Rules;

impl<'m> Rules<'m, '_> {
    /// Where the vendor publishes the document. It is asked without a credential and with no value of a user.
    fn live(&mut self) {
        let Some(url) = &self.manifest.spec.live else { return };
        let bare = url.value.split('?').next().unwrap_or_default();
        let problem = match url_problem(bare) {
            _ if url.value.contains(['{', '}']) => {
                Some(("has a variable in it", "write the URL itself: nobody fills it in"))
            }
            Some((_, help)) if bare.starts_with("http://") => {
                Some(("is neither https nor http to this machine", help))
            }
            problem => problem,
        };
        if let Some((message, help)) = problem {
            let message = format!("`{}` {message}", url.value);
            self.diagnostics.push(Diagnostic::error(Code::BadServerUrl, message).at(url.span).help(help));
        }
    }

    pub(super) fn server(&mut self) {
        self.live();
        let server = &self.manifest.server;
        self.url(&server.url);
        for (name, url) in &server.environments {
            self.name(name, "an environment's name", '_');
            self.url(url);
        }
        for (name, other) in &server.others {
            self.name(name, "a server's name", '_');
            self.url(&other.url);
            let key = format!("{}_base_url", name.value);
            if let Some((field, _)) = self.manifest.config.iter().find(|(field, _)| field.as_str() == key) {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::BadName,
                        format!(
                            "`{key}` already puts another URL in the place of the server `{}`",
                            name.value
                        ),
                    )
                    .at(field.span)
                    .label(name.span, "this server")
                    .help("take another name"),
                );
            }
        }
    }

    fn url(&mut self, url: &'m Spanned<String>) {
        self.template(url);
        if let Some((message, help)) = url_problem(url) {
            self.diagnostics.push(
                Diagnostic::error(Code::BadServerUrl, format!("`{}` {message}", url.value))
                    .at(url.span)
                    .help(help),
            );
        }
    }
}

/// Why a URL cannot be a connector's base, and what to do.
pub(crate) fn url_problem(url: &str) -> Option<(&'static str, &'static str)> {
    // A URL that is a config value as a whole is checked when it is known.
    if url.starts_with('{') {
        return None;
    }
    let (scheme, rest) = match url.split_once("://") {
        Some(parts) => parts,
        None => return Some(("is no URL", "write `https://HOST/PATH`")),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some(("has a user in it", "credentials belong into `config` and `auth`"));
    }
    if authority.is_empty() || authority.starts_with(':') {
        return Some(("has no host", "write `https://HOST/PATH`"));
    }
    if url.contains(['?', '#'])
        || url.chars().any(|character| character.is_whitespace() || character.is_control())
    {
        return Some(("has more than a host and a path", "parameters belong to operations and streams"));
    }
    let loopback = authority == "[::1]"
        || authority.starts_with("[::1]:")
        || matches!(authority.split(':').next(), Some("localhost" | "127.0.0.1"));
    match scheme {
        "https" => None,
        "http" if loopback => None,
        "http" => Some(("would send credentials in the clear", "take https; http is for this machine only")),
        _ => Some(("is neither https nor http", "write `https://HOST/PATH`")),
    }
}

#[cfg(test)]
mod tests {
    use super::url_problem;

    #[test]
    fn base_urls_are_https_or_this_machine() {
        for (url, problem) in [
            ("https://{subdomain}.zendesk.com", None),
            ("https://api.example.com/v1", None),
            ("{base_url}/api", None),
            ("http://localhost:8420", None),
            ("http://127.0.0.1", None),
            ("http://[::1]:80/x", None),
            ("http://localhost.evil.example", Some("would send credentials in the clear")),
            ("http://api.example.com", Some("would send credentials in the clear")),
            ("ftp://api.example.com", Some("is neither https nor http")),
            ("https://", Some("has no host")),
            ("https://:80", Some("has no host")),
            ("https://u:p@example.com", Some("has a user in it")),
            ("https://example.com?x=1", Some("has more than a host and a path")),
            ("https://exa mple.com", Some("has more than a host and a path")),
            ("api.example.com", Some("is no URL")),
        ] {
            assert_eq!(url_problem(url).map(|(message, _)| message), problem, "{url}");
        }
    }
}
