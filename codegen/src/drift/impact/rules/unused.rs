//! Changes of something that the manifest does not name: what generated code does with them.

use std::collections::BTreeSet;

use super::aspect::{Aspect, aspect, bounds};
use super::{Context, Impact, Severity, Subject, SubjectKind, Verdict, places};
use crate::drift::impact::items::{self, Item};
use crate::drift::impact::successor::Successor;
use crate::drift::view::Document;
use crate::drift::{Change, Class};
use crate::manifest::Stream;
use crate::source::Span;

impl<'t> Context<'_, 't> {
    /// A change of something that the manifest does not name.
    pub(super) fn unused(&self, index: usize, change: &Change, reached: &[&str]) -> Impact {
        let id = change.id.as_str();
        let mut pointer =
            change.base.as_ref().map(|side| places::subject(self.base, side)).unwrap_or_default();
        // What became required is named on the new side only.
        if let Some(named) = change.revision.as_ref().map(|side| places::subject(self.revision, side))
            && named.starts_with(&pointer)
            && self.items.contains_key(&named)
        {
            pointer = named;
        }
        let found: &[Item] = if id.starts_with("response-") || id.starts_with("request-") {
            items::at(self.items, &pointer)
        } else {
            &[]
        };
        let first = reached.first().copied().unwrap_or_default();
        let method = self.method(first);
        let streams: Vec<(&str, Span, &Stream)> = self.streams(reached);
        let stream = streams.first().copied();
        let mut span = None;
        let changed = change.text.trim_end_matches('.').to_owned();
        let named = match found {
            [] if reached.len() > 1 => format!("`{method}` and {} more", reached.len() - 1),
            [] => format!("`{method}`"),
            [one, ..] => format!("`{}`", one.name),
        };
        let told = |what: &str| format!("{named}: {what}");
        let verdict = if id.starts_with("api-removed-") || id.starts_with("api-path-removed-") {
            span = self.mention(first, stream);
            let what = match stream {
                Some((name, ..)) => format!("stream `{name}` loses its operation, {first}"),
                None => format!("`{method}` loses its operation, {first}"),
            };
            let advice = match self.successor(first) {
                None => "remove it from the manifest".to_owned(),
                Some(Successor { title, same_id: true }) => format!("`{title}` of the revision has its id"),
                Some(Successor { title, .. }) => format!("`{title}` of the revision is the nearest"),
            };
            Verdict::new(Severity::Breaks, what, advice)
        } else if id == "endpoint-added" {
            match self.predecessor(first) {
                Some(gone) => {
                    Verdict::new(Severity::None, told(&changed), format!("it takes the place of {gone}"))
                }
                None => Verdict::new(
                    Severity::Notices,
                    format!("{first} is new, and the allow-list takes it"),
                    "",
                ),
            }
        } else if id == "api-operation-id-removed" || id == "api-operation-id-added" {
            span = self.mention(first, stream);
            match span {
                Some(_) => Verdict::new(Severity::Breaks, told(&changed), "name it by its new id"),
                None => Verdict::new(Severity::Risks, told(&changed), "its method has another name"),
            }
        } else if let Some(advice) = required_of_a_stream(id) {
            match stream {
                Some((name, at, _)) => {
                    span = Some(at);
                    Verdict::new(
                        Severity::Breaks,
                        format!("stream `{name}` does not send what is required: {changed}"),
                        advice,
                    )
                }
                None => Verdict::new(Severity::Breaks, told(&changed), "callers have to give it"),
            }
        } else if self.differs_in_format_only(change) {
            Verdict::new(Severity::None, told(&changed), "the connector reads and writes both alike")
        } else if id.starts_with("response-") || id.ends_with("response-header-removed") {
            tolerant(id, change.class, found, &told, &changed)
        } else if aspect(id) == Aspect::Deprecated && !id.contains("api-sunset-added") {
            let severity = if id.contains("reactivated") || id.ends_with("-stability-increased") {
                Severity::None
            } else {
                Severity::Notices
            };
            Verdict::new(
                severity,
                told(&changed),
                if severity == Severity::None { "" } else { "look for what takes its place" },
            )
        } else {
            match change.class {
                Class::Breaking | Class::Risky => Verdict::new(
                    Severity::Risks,
                    told(&changed),
                    "only calls that send it are touched; the manifest does not",
                ),
                Class::Additive => Verdict::new(Severity::Notices, told(&changed), ""),
                Class::Editorial => Verdict::new(Severity::None, told(&changed), ""),
            }
        };
        let mut subjects: BTreeSet<Subject> =
            found.iter().map(|item| Subject { kind: SubjectKind::Item, name: item.name.clone() }).collect();
        subjects.extend(
            reached.iter().map(|title| Subject { kind: SubjectKind::Operation, name: self.method(title) }),
        );
        subjects.extend(
            streams.iter().map(|(name, ..)| Subject { kind: SubjectKind::Stream, name: (*name).to_owned() }),
        );
        Impact {
            change: Some(index),
            observed: None,
            id: Some(change.id.clone()),
            severity: verdict.severity,
            operations: reached.iter().map(|title| (*title).to_owned()).collect(),
            subjects: subjects.into_iter().collect(),
            what: verdict.what,
            manifest: span.and_then(|span| self.line(span)),
            advice: verdict.advice,
            overridden: None,
            unfit: None,
        }
    }

    /// Whether both sides of a change of type are whole numbers, of which the connector keeps all that fit 64 bits.
    fn differs_in_format_only(&self, change: &Change) -> bool {
        if !matches!(aspect(&change.id), Aspect::Kind | Aspect::Narrower) {
            return false;
        }
        let whole = |document: &Document<'t>, side: &Option<crate::drift::Side>| {
            let node = side.as_ref().and_then(|side| document.root().at(&side.pointer));
            node.is_some_and(|node| {
                let owner = if node.is_object() { Some(node) } else { self.owner(document, side) };
                owner.is_some_and(|owner| {
                    let types = document.schema(&document.core(owner)).types;
                    types.has("integer") && types.len() == 1
                })
            })
        };
        whole(self.base, &change.base) && whole(self.revision, &change.revision)
    }

    /// The schema that a keyword stands in.
    fn owner(
        &self,
        document: &Document<'t>,
        side: &Option<crate::drift::Side>,
    ) -> Option<crate::source::Node<'t>> {
        let (owner, _) = side.as_ref()?.pointer.rsplit_once('/')?;
        document.root().at(owner)
    }
}

/// What a change of a response means to code that only reads it.
fn tolerant(id: &str, class: Class, found: &[Item], told: &dyn Fn(&str) -> String, changed: &str) -> Verdict {
    let all = |test: fn(&Item) -> bool| !found.is_empty() && found.iter().all(test);
    let none = |why: &str| Verdict::new(Severity::None, told(changed), why);
    let notices = |why: &str| Verdict::new(Severity::Notices, told(changed), why);
    let risks = |why: &str| Verdict::new(Severity::Risks, told(changed), why);
    let ends = |words: &[&str]| words.iter().any(|word| id.ends_with(word));
    match aspect(id) {
        Aspect::Null if all(|item| item.may_be_null) => none("the field takes null already"),
        Aspect::Null => risks(
            "typed calls fail on a null there until the revision is accepted; sync stores records as they come",
        ),
        Aspect::Missing if all(|item| item.may_be_missing) => none("the field may be missing already"),
        Aspect::Missing => risks(
            "typed calls fail where it is missing until the revision is accepted; sync stores records as they come",
        ),
        Aspect::Removed if id.starts_with("response-optional-") || ends(&["-header-removed"]) => {
            risks("nothing fails; the field stays empty, and goes when the revision is accepted")
        }
        Aspect::Removed if id.contains("write-only") => none("it never came"),
        Aspect::Removed | Aspect::Kind | Aspect::Hidden => Verdict::new(
            Severity::Breaks,
            told(changed),
            "typed calls fail until the revision is accepted; sync stores records as they come",
        ),
        Aspect::Deprecated => {
            let ended = id.contains("reactivated") || id.contains("stability-increased");
            if ended { none("") } else { notices("look for what takes its place") }
        }
        _ if ends(&["-enum-value-added", "-became-not-enum"]) => {
            notices("generated enums keep texts that the document does not list")
        }
        _ if ends(&["-enum-value-removed", "-became-enum"]) => notices(""),
        _ if ends(&["one-of-added", "any-of-added", "one-of-removed", "any-of-removed"]) => {
            notices("generated unions keep values that no variant fits")
        }
        _ if ends(&["property-added", "-header-added"]) => {
            notices("what is not known is skipped until the revision is accepted")
        }
        _ if id.starts_with("response-non-success-status-")
            || id.starts_with("response-success-status-added") =>
        {
            notices("answers that the document does not describe are kept as they come")
        }
        _ if id.starts_with("response-success-status-removed") => {
            risks("check that the answer that is left is read")
        }
        Aspect::Narrower => none("what is narrower is read as before"),
        Aspect::Form => notices("a text with a format is read as text, and asked for its value"),
        _ if bounds(id) => none("the connector checks no bounds of what it reads"),
        _ => match class {
            Class::Breaking => Verdict::new(
                Severity::Breaks,
                told(changed),
                "typed calls may fail until the revision is accepted",
            ),
            Class::Risky => risks(""),
            Class::Additive => notices(""),
            Class::Editorial => none(""),
        },
    }
}

/// Where a stream says what is required from now on, for a change that requires something.
fn required_of_a_stream(id: &str) -> Option<&'static str> {
    match id {
        "new-required-request-parameter"
        | "new-request-path-parameter"
        | "new-required-request-default-parameter-to-existing-path"
        | "request-parameter-became-required" => Some("give it a value in the stream's `parameters`"),
        "request-body-added-required" | "request-body-became-required" | "new-required-request-property" => {
            Some("give it in the stream's `body`")
        }
        _ => None,
    }
}
