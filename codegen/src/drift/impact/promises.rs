//! Credentials and servers: what the manifest declares for the connector as a whole, against what the two documents say.

use std::collections::BTreeSet;

use super::rules::{Context, Verdict};
use super::{Impact, Severity, Subject, SubjectKind};
use crate::drift::Change;
use crate::drift::view::{Document, Operation};
use crate::manifest::Auth;
use crate::manifest::signing::KeyPlace;
use crate::source::Span;

impl<'t> Context<'_, 't> {
    /// What a change of servers or of security means. The outer `None`: it is another change; the inner: it reaches nothing here.
    pub(super) fn promises(&self, index: usize, change: &Change) -> Option<Option<Vec<Impact>>> {
        if change.id.starts_with("api-server-") {
            return Some(self.server(index, change));
        }
        if change.id.starts_with("api-security-") || change.id.starts_with("api-global-security-") {
            return Some(self.security(index, change));
        }
        None
    }

    fn impact(
        &self,
        index: usize,
        change: &Change,
        kind: SubjectKind,
        name: &str,
        span: Span,
        verdict: Verdict,
    ) -> Impact {
        let operations =
            change.operations.iter().filter(|operation| self.allowed.contains(*operation)).cloned().collect();
        Impact {
            change: Some(index),
            observed: None,
            id: Some(change.id.clone()),
            severity: verdict.severity,
            operations,
            subjects: vec![Subject { kind, name: name.to_owned() }],
            what: verdict.what,
            manifest: self.line(span),
            advice: verdict.advice,
            overridden: None,
            unfit: None,
        }
    }

    fn server(&self, index: usize, change: &Change) -> Option<Vec<Impact>> {
        let reaches = change.operations.is_empty()
            || change.operations.iter().any(|operation| self.allowed.contains(operation));
        if !reaches {
            return None;
        }
        let others = self.manifest.server.others.iter();
        let others = others
            .map(|(name, other)| (name.value.as_str(), other.document_url.as_ref().unwrap_or(&other.url)));
        let ours = std::iter::once(("server", &self.manifest.server.url)).chain(others);
        let lists = |document: &Document<'t>, operations: &[Operation<'t>]| {
            let own = operations.iter().filter_map(|operation| document.own_servers(operation)).flatten();
            document.servers().into_iter().chain(own).map(|(url, _)| bare(&url)).collect::<BTreeSet<String>>()
        };
        let (before, after) = (lists(self.base, self.old), lists(self.revision, self.new));
        let mut found = Vec::new();
        for (name, url) in ours {
            let (was, is) = (before.contains(&bare(&url.value)), after.contains(&bare(&url.value)));
            let verdict = match (was, is) {
                (true, false) => {
                    let fresh: Vec<&str> = after.difference(&before).map(String::as_str).collect();
                    let advice = match fresh.as_slice() {
                        [] => "ask the vendor where the API is".to_owned(),
                        fresh => format!("the revision has {}", fresh.join(", ")),
                    };
                    Verdict::new(
                        Severity::Breaks,
                        format!("the document no longer knows the server `{}`", url.value),
                        advice,
                    )
                }
                _ => continue,
            };
            found.push(self.impact(index, change, SubjectKind::Server, name, url.span, verdict));
        }
        if found.is_empty() {
            let url = &self.manifest.server.url;
            let text = change.text.trim_end_matches('.');
            let verdict =
                Verdict::new(Severity::None, text, "requests go to the servers that the manifest names");
            found.push(self.impact(index, change, SubjectKind::Server, "server", url.span, verdict));
        }
        Some(found)
    }

    fn security(&self, index: usize, change: &Change) -> Option<Vec<Impact>> {
        let component = change.id.starts_with("api-security-component-");
        let mut reached: Vec<&Operation<'t>> =
            self.old.iter().filter(|operation| self.allowed.contains(&operation.title())).collect();
        if !component && !change.id.starts_with("api-global-") {
            reached.retain(|operation| change.operations.contains(&operation.title()));
        }
        // What no operation asks for may be what the manifest declares all the same; what others ask for is theirs.
        let of_others = component
            && !change.operations.is_empty()
            && !change.operations.iter().any(|operation| self.allowed.contains(operation));
        if reached.is_empty() || of_others {
            return None;
        }
        let span = self.manifest_tree.root().entry("auth").map(|entry| entry.key_span)?;
        let ways = self.manifest.auth.all();
        let text = change.text.trim_end_matches('.');
        if change.id.contains("-oauth-") && change.id.ends_with("-url-changed") {
            return Some(vec![self.address(index, change, &ways, span)]);
        }
        // A further way takes none away; where nothing was asked for before, that is a change of its own.
        let adds = change.id.ends_with("-security-added");
        let lost = reached.iter().filter(|_| !adds).find_map(|old| {
            let title = old.title();
            let new = self.new.iter().find(|new| new.title() == title)?;
            let was = satisfied(self.base, old, &ways)?;
            let is = satisfied(self.revision, new, &ways)?;
            (was && !is).then_some(title)
        });
        let verdict = match lost {
            Some(title) => Verdict::new(
                Severity::Breaks,
                format!("`{}` no longer takes the declared credential: {text}", self.method(&title)),
                "declare in `auth` what the revision asks for",
            ),
            None if change.id.ends_with("-scope-added") && !component => {
                Verdict::new(Severity::Risks, text, "check that the credential has the scope")
            }
            None if adds => Verdict::new(Severity::None, text, "the declared credential stays as it is"),
            None => Verdict::new(Severity::None, text, "the declared credential is taken as before"),
        };
        Some(vec![self.impact(index, change, SubjectKind::Auth, "auth", span, verdict)])
    }

    /// An address of OAuth that changed.
    fn address(&self, index: usize, change: &Change, ways: &[Auth<'_>], span: Span) -> Impact {
        let text = change.text.trim_end_matches('.');
        let was = change.base.as_ref().and_then(|side| self.base.root().at(&side.pointer)?.as_str());
        let declared = ways.iter().find_map(|way| match way {
            Auth::OAuth2(oauth2) => {
                oauth2.token_url.as_ref().filter(|url| was.is_none_or(|was| bare(was) == bare(&url.value)))
            }
            _ => None,
        });
        let (span, verdict) = match declared {
            Some(url) => (
                url.span,
                Verdict::new(
                    Severity::Breaks,
                    format!("the connector asks for tokens where they no longer are: {text}"),
                    "take the new URL",
                ),
            ),
            None => (span, Verdict::new(Severity::None, text, "the connector does not use it")),
        };
        self.impact(index, change, SubjectKind::Auth, "auth", span, verdict)
    }
}

/// A URL without what is filled in, so that two spellings of one server are alike.
fn bare(url: &str) -> String {
    let mut text = String::new();
    let mut depth = 0_u32;
    for sign in url.trim_end_matches('/').chars() {
        match sign {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                text.push_str("{}");
            }
            sign if depth == 0 => text.push(sign),
            _ => {}
        }
    }
    text
}

/// Whether one of the declared credentials is what an operation asks for; `None` where that cannot be said.
fn satisfied<'t>(document: &Document<'t>, operation: &Operation<'t>, ways: &[Auth<'_>]) -> Option<bool> {
    let asked = document.authorised_by(operation);
    if asked.is_empty() || asked.iter().any(|requirement| requirement.schemes.is_empty()) {
        return Some(true);
    }
    let schemes = document.schemes();
    let mut known = true;
    for requirement in &asked {
        let fits = requirement.schemes.iter().all(|(name, _)| {
            let Some(scheme) = schemes.iter().find(|scheme| scheme.name == *name) else {
                known = false;
                return false;
            };
            let http = scheme.text("scheme").unwrap_or_default().to_ascii_lowercase();
            ways.iter().any(|way| match way {
                Auth::None => false,
                Auth::Basic(_) => scheme.kind == "http" && http == "basic",
                Auth::Bearer(_) | Auth::OAuth2(_) | Auth::Session(_) | Auth::Jwt(_) => {
                    matches!(scheme.kind, "oauth2" | "openIdConnect")
                        || (scheme.kind == "http" && http == "bearer")
                        || (scheme.kind == "apiKey"
                            && scheme
                                .text("name")
                                .is_some_and(|name| name.eq_ignore_ascii_case("authorization")))
                }
                Auth::ApiKeys(keys) => keys.iter().any(|key| {
                    let location = match key.place {
                        KeyPlace::Header => "header",
                        KeyPlace::Query => "query",
                        KeyPlace::Cookie => "cookie",
                        KeyPlace::Body => return false,
                    };
                    scheme.kind == "apiKey"
                        && scheme.text("in") == Some(location)
                        && scheme.text("name").is_some_and(|name| name.eq_ignore_ascii_case(&key.name.value))
                }),
                Auth::Hmac(_) | Auth::AwsSigV4(_) | Auth::Choice(_) => {
                    known = false;
                    false
                }
            })
        });
        if fits {
            return Some(true);
        }
    }
    known.then_some(false)
}
