//! How serious a change is for the connector: by what uses the place, else by what the generated code does with it.

use std::collections::{BTreeMap, BTreeSet};

use super::items::{self, Item, Items};
use super::places;
use super::uses::{Role, Use};
use super::{Impact, ManifestLine, Severity, Subject, SubjectKind};
use crate::drift::view::{Document, Operation};
use crate::drift::{Change, Class};
use crate::manifest::{Manifest, Stream};
use crate::plan::Plan;
use crate::source::{SourceFiles, Span, Tree};

/// What judging looks at.
pub(super) struct Context<'a, 't> {
    pub(super) files: &'a SourceFiles,
    pub(super) manifest: &'a Manifest,
    pub(super) manifest_tree: &'a Tree,
    pub(super) plan: &'a Plan,
    pub(super) base: &'a Document<'t>,
    pub(super) revision: &'a Document<'t>,
    pub(super) old: &'a [Operation<'t>],
    pub(super) new: &'a [Operation<'t>],
    pub(super) uses: &'a [Use],
    pub(super) items: &'a Items,
    /// The operations that the connector has, as `GET /path`.
    pub(super) allowed: BTreeSet<String>,
    /// Those that the same allow-list selects of the revision.
    pub(super) next_allowed: BTreeSet<String>,
}

/// What a change means, before it is tied to a place.
pub(super) struct Verdict {
    pub(super) severity: Severity,
    pub(super) what: String,
    pub(super) advice: Option<String>,
}

impl Verdict {
    pub(super) fn new(severity: Severity, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { severity, what: what.into(), advice: Some(advice.into()).filter(|advice| !advice.is_empty()) }
    }
}

/// What a change means on one line of the manifest, what it touches there, and for which operations.
type Touched = (Verdict, BTreeSet<Subject>, BTreeSet<String>);

/// What a change does to the values of a place, as far as its id says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aspect {
    Removed,
    Kind,
    Narrower,
    Missing,
    Null,
    Hidden,
    Deprecated,
    Form,
    Other,
}

fn aspect(id: &str) -> Aspect {
    let ends = |words: &[&str]| words.iter().any(|word| id.ends_with(word));
    if ends(&["-property-removed", "-header-removed"]) || id.starts_with("request-parameter-removed") {
        Aspect::Removed
    } else if ends(&[
        "type-changed",
        "type-generalized",
        "list-of-types-widened",
        "wrapped-in-one-of",
        "unwrapped-from-one-of",
    ]) {
        Aspect::Kind
    } else if ends(&["type-specialized", "list-of-types-narrowed", "type-compatible"]) {
        Aspect::Narrower
    } else if ends(&["-became-optional"]) {
        Aspect::Missing
    } else if ends(&["-became-nullable"]) {
        Aspect::Null
    } else if ends(&["-became-write-only"]) {
        Aspect::Hidden
    } else if id.contains("deprecated") || id.contains("sunset") || id.contains("stability") {
        Aspect::Deprecated
    } else if ends(&[
        "-format-changed",
        "-format-added",
        "-format-removed",
        "style-changed",
        "explode-changed",
    ]) {
        Aspect::Form
    } else {
        Aspect::Other
    }
}

impl<'t> Context<'_, 't> {
    /// What a change means; `None` where it reaches nothing of the connector.
    pub(super) fn judge(&self, index: usize, change: &Change) -> Option<Vec<Impact>> {
        if let Some(found) = self.promises(index, change) {
            return found;
        }
        let mut reached: Vec<&str> = change
            .operations
            .iter()
            .map(String::as_str)
            .filter(|operation| self.allowed.contains(*operation))
            .collect();
        if reached.is_empty() {
            reached = change
                .operations
                .iter()
                .map(String::as_str)
                .filter(|operation| change.id == "endpoint-added" && self.next_allowed.contains(*operation))
                .collect();
        }
        if reached.is_empty() {
            return None;
        }
        let used = self.used(index, change, &reached);
        if !used.is_empty() {
            return Some(used);
        }
        Some(vec![self.unused(index, change, &reached)])
    }

    /// The impacts on what the manifest uses, one for each of its lines.
    fn used(&self, index: usize, change: &Change, reached: &[&str]) -> Vec<Impact> {
        let mut lines: BTreeMap<(Option<ManifestLine>, Role), Touched> = BTreeMap::new();
        for used in self.touched(change, reached) {
            let verdict =
                if used.role.is_sent() { self.sent(change, used) } else { self.received(change, used) };
            let Some(verdict) = verdict else { continue };
            let entry = lines.entry((self.line(used.span), used.role));
            let (known, subjects, operations) = entry.or_insert_with(|| {
                (Verdict::new(verdict.severity, verdict.what.clone(), ""), BTreeSet::new(), BTreeSet::new())
            });
            if verdict.severity >= known.severity {
                *known = verdict;
            }
            subjects.extend([
                Subject { kind: kind_of(used.role), name: used.name.clone() },
                Subject { kind: SubjectKind::Operation, name: self.method(&used.operation) },
            ]);
            if let Some((_, stream)) = used.user.rsplit_once("stream `") {
                let name = stream.trim_end_matches('`').to_owned();
                subjects.insert(Subject { kind: SubjectKind::Stream, name });
            }
            operations.insert(used.operation.clone());
        }
        let impacts = lines.into_iter().map(|((manifest, _), (verdict, subjects, operations))| Impact {
            change: Some(index),
            observed: None,
            id: Some(change.id.clone()),
            severity: verdict.severity,
            operations: operations.into_iter().collect(),
            subjects: subjects.into_iter().collect(),
            what: verdict.what,
            manifest,
            advice: verdict.advice,
        });
        impacts.collect()
    }

    /// What of the manifest a change touches.
    pub(super) fn touched(&self, change: &Change, reached: &[&str]) -> Vec<&Use> {
        let of_reached = self.uses.iter().filter(|used| reached.contains(&used.operation.as_str()));
        of_reached.filter(|used| self.touches(change, used)).collect()
    }

    fn touches(&self, change: &Change, used: &Use) -> bool {
        let base = change.base.as_ref().map(|side| places::subject(self.base, side));
        let revision = change.revision.as_ref().map(|side| places::subject(self.revision, side));
        let received = change.id.starts_with("response-") || change.id.ends_with("-response-header-removed");
        if received == used.role.is_sent() {
            return false;
        }
        // What is new within the place is no change of the place.
        let is_new = change.id.ends_with("-added")
            && revision
                .as_ref()
                .is_some_and(|pointer| !used.revision.is_at(pointer) && !used.revision.is_behind(pointer));
        match base {
            Some(_) if is_new => false,
            Some(base) if used.base.is_at(&base) => true,
            Some(base) => {
                used.base.is_behind(&base)
                    && revision.is_some_and(|pointer| used.revision.is_behind(&pointer))
            }
            None => false,
        }
    }

    /// What changed about something that comes from the server.
    fn received(&self, change: &Change, used: &Use) -> Option<Verdict> {
        let Use { user, name, .. } = used;
        if used.role.is_header() {
            let (severity, what, advice) = match (aspect(&change.id), used.role) {
                (Aspect::Removed, Role::PageHeader) => (
                    Severity::Breaks,
                    format!("{user} loses the header `{name}`, which it follows"),
                    "declare how the revision pages, or check with a real answer that the header still comes",
                ),
                (Aspect::Removed, _) => (
                    Severity::Risks,
                    format!("{user} loses the header `{name}`"),
                    "check with a real answer; without it, the connector keeps the declared budget alone",
                ),
                (Aspect::Kind | Aspect::Form, _) => (
                    Severity::Risks,
                    format!("{user} reads the header `{name}`, which is written otherwise"),
                    "compare with a real answer",
                ),
                (Aspect::Deprecated, _) => {
                    (Severity::Notices, format!("{user} reads the header `{name}`, which is deprecated"), "")
                }
                _ => return None,
            };
            return Some(Verdict::new(severity, what, advice));
        }
        let role = match used.role {
            Role::Records => "records",
            Role::Key => "key",
            Role::Cursor => "cursor",
            Role::NextPage => "next page",
            _ => "end of pages",
        };
        let is_key = matches!(used.role, Role::Records | Role::Key);
        let verdict = match aspect(&change.id) {
            Aspect::Removed => Verdict::new(
                Severity::Breaks,
                format!("{user} loses its {role} `{name}`"),
                match used.role {
                    Role::Cursor => "name another field, or remove `cursor`: each run then reads everything",
                    Role::Key => "name another field that identifies a record",
                    Role::Records => "name the list that holds the records in the revision",
                    _ => "declare how the revision pages",
                },
            ),
            Aspect::Kind => Verdict::new(
                Severity::Breaks,
                format!("the {role} `{name}` of {user} is of another kind"),
                match used.role {
                    Role::Key => {
                        "records that are stored have other keys: read the stream anew into an empty table"
                    }
                    Role::Cursor => "bookmarks that are stored no longer compare: reset the stream's state",
                    _ => "compare the path with the revision",
                },
            ),
            Aspect::Hidden => Verdict::new(
                Severity::Breaks,
                format!("the {role} `{name}` of {user} no longer comes"),
                "name another field",
            ),
            Aspect::Null | Aspect::Missing if is_key => Verdict::new(
                Severity::Breaks,
                format!("the {role} `{name}` of {user} need not come"),
                "a record without its key fails its page: name a field that always comes",
            ),
            Aspect::Null | Aspect::Missing if used.role == Role::Cursor => Verdict::new(
                Severity::Risks,
                format!("the {role} `{name}` of {user} need not come"),
                "records without it move no bookmark; check that changed records still have it",
            ),
            Aspect::Null | Aspect::Missing => Verdict::new(
                Severity::None,
                format!("the {role} `{name}` of {user} need not come"),
                "a page without it is taken for the last",
            ),
            Aspect::Narrower => {
                Verdict::new(Severity::None, format!("the {role} `{name}` of {user} is narrower"), "")
            }
            Aspect::Form if used.role == Role::Cursor => Verdict::new(
                Severity::Risks,
                format!("the {role} `{name}` of {user} is written otherwise"),
                "check `format` of the cursor",
            ),
            Aspect::Deprecated => Verdict::new(
                Severity::Notices,
                format!("the {role} `{name}` of {user} is deprecated"),
                "look for what takes its place",
            ),
            Aspect::Form | Aspect::Other
                if change.id.contains("one-of-added") || change.id.contains("any-of-added") =>
            {
                Verdict::new(
                    Severity::Risks,
                    format!("{user} may get records of a further shape, in which `{name}` need not stand"),
                    "",
                )
            }
            Aspect::Form | Aspect::Other => Verdict::new(
                Severity::None,
                format!("the {role} `{name}` of {user} has other bounds"),
                "the connector checks no bounds of what it reads",
            ),
        };
        Some(verdict)
    }

    /// What changed about something that the connector sends.
    fn sent(&self, change: &Change, used: &Use) -> Option<Verdict> {
        let Use { user, name, .. } = used;
        let what = match used.role {
            Role::CursorParameter => format!("the parameter of its cursor, `{name}`"),
            Role::PageParameter => format!("the parameter that names a page, `{name}`"),
            Role::PageSize => format!("the parameter of its page size, `{name}`"),
            Role::SliceParameter => format!("the parameter `{name}`, which tells its slices apart"),
            _ => format!("the parameter `{name}`, which it sends"),
        };
        match aspect(&change.id) {
            Aspect::Removed => {
                let advice = match used.role {
                    Role::CursorParameter => {
                        "without it each run reads everything: name the parameter that takes its place"
                    }
                    Role::PageSize => "remove `size`, or name the parameter that takes its place",
                    Role::PageParameter => {
                        "without it every page is the first: declare how the revision pages"
                    }
                    _ => {
                        "without it the answer may hold something else: name what takes its place, or remove it"
                    }
                };
                Some(Verdict::new(Severity::Breaks, format!("{user} loses {what}"), advice))
            }
            Aspect::Deprecated => Some(Verdict::new(
                Severity::Notices,
                format!("{user} sends `{name}`, which is deprecated"),
                "look for what takes its place",
            )),
            // It is sent in any case.
            Aspect::Missing => Some(Verdict::new(
                Severity::None,
                format!("`{name}`, which {user} sends, may be left out"),
                "",
            )),
            _ if change.id.ends_with("-became-required") || change.id.contains("-default-value-") => {
                Some(Verdict::new(
                    Severity::None,
                    format!("`{name}` is sent by {user}"),
                    "the connector sends a value of its own",
                ))
            }
            _ if change.class < Class::Risky => {
                Some(Verdict::new(Severity::None, format!("`{name}`, which {user} sends, takes more"), ""))
            }
            _ => Some(match &used.value {
                Some(value) => match self.misfit(used, value) {
                    None => Verdict::new(
                        Severity::None,
                        format!("`{name}` has other bounds, and {user} sends `{value}`"),
                        "the value that is sent still fits",
                    ),
                    Some(why) => Verdict::new(
                        Severity::Breaks,
                        format!("{user} sends `{name}` as `{value}`, and {why}"),
                        "send a value that the revision takes",
                    ),
                },
                None => Verdict::new(
                    if change.class == Class::Breaking
                        && matches!(aspect(&change.id), Aspect::Kind | Aspect::Form)
                    {
                        Severity::Breaks
                    } else {
                        Severity::Risks
                    },
                    format!("{user} sends `{name}`, which takes other values"),
                    "check that what is sent still fits",
                ),
            }),
        }
    }

    /// Why a value is none that the revision takes.
    fn misfit(&self, used: &Use, value: &str) -> Option<String> {
        use crate::drift::view::{Bound, Word};
        let node = self.revision.node(used.revision.schema?)?;
        let schema = self.revision.schema(&self.revision.core(node));
        if let Some(listed) = schema.get(Word::Enum) {
            let text = |item: crate::source::Node<'_>| {
                item.as_str().map_or_else(|| item.to_json().to_string(), str::to_owned)
            };
            let known: Vec<String> = listed.items().map(text).collect();
            if !known.iter().any(|known| known == value) {
                return Some(format!("only {} can be sent", known.join(", ")));
            }
        }
        let number = value.parse::<f64>().ok();
        if let Some(number) = number.filter(|_| !schema.types.has("string")) {
            if let Some((most, _)) = schema.bound(Bound::Max).filter(|(most, _)| number > *most) {
                return Some(format!("{most} is the most"));
            }
            if let Some((least, _)) = schema.bound(Bound::Min).filter(|(least, _)| number < *least) {
                return Some(format!("{least} is the least"));
            }
        }
        if number.is_none()
            && !schema.types.is_any()
            && schema.types.is_scalar()
            && !schema.types.has("string")
            && !(schema.types.has("boolean") && matches!(value, "true" | "false"))
        {
            return Some(format!("it has to be {}", schema.types));
        }
        let length = |word| schema.get(word).and_then(|node| node.as_u64());
        let signs = u64::try_from(value.chars().count()).unwrap_or(u64::MAX);
        if let Some(most) = length(Word::MaxLength).filter(|most| schema.types.has("string") && signs > *most)
        {
            return Some(format!("no more than {most} characters can be sent"));
        }
        None
    }

    /// A change of something that the manifest does not name.
    fn unused(&self, index: usize, change: &Change, reached: &[&str]) -> Impact {
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
            let advice = self.successor(first).map_or_else(
                || "remove it from the manifest".to_owned(),
                |other| format!("`{other}` of the revision is the nearest"),
            );
            Verdict::new(Severity::Breaks, what, advice)
        } else if id == "endpoint-added" {
            Verdict::new(Severity::Notices, format!("{first} is new, and the allow-list takes it"), "")
        } else if id == "api-operation-id-removed" || id == "api-operation-id-added" {
            span = self.mention(first, stream);
            match span {
                Some(_) => Verdict::new(Severity::Breaks, told(&changed), "name it by its new id"),
                None => Verdict::new(Severity::Risks, told(&changed), "its method has another name"),
            }
        } else if id == "new-required-request-parameter"
            || id == "new-request-path-parameter"
            || id == "new-required-request-default-parameter-to-existing-path"
            || (id == "request-parameter-became-required")
        {
            match stream {
                Some((name, at, _)) => {
                    span = Some(at);
                    Verdict::new(
                        Severity::Breaks,
                        format!("stream `{name}` does not send what is required: {changed}"),
                        "give it a value in the stream's `parameters`",
                    )
                }
                None => Verdict::new(Severity::Breaks, told(&changed), "callers have to give it"),
            }
        } else if matches!(
            id,
            "request-body-added-required" | "request-body-became-required" | "new-required-request-property"
        ) {
            match stream {
                Some((name, at, _)) => {
                    span = Some(at);
                    Verdict::new(
                        Severity::Breaks,
                        format!("stream `{name}` does not send what is required: {changed}"),
                        "give it in the stream's `body`",
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

    /// The streams that stand on operations, with the place of their `operation`.
    pub(super) fn streams(&self, reached: &[&str]) -> Vec<(&str, Span, &Stream)> {
        let on = |name: &str| {
            let planned = self.plan.streams.iter().find(|stream| stream.name == name)?;
            let head = &self.plan.api.operations.get(planned.operation)?.head;
            reached.contains(&format!("{} {}", head.method, head.path).as_str()).then_some(())
        };
        let streams = self.manifest.streams.iter();
        streams
            .filter(|(name, _)| on(&name.value).is_some())
            .map(|(name, stream)| (name.value.as_str(), stream.operation.span, stream))
            .collect()
    }

    /// Where the manifest names an operation: the stream's line, else that of the allow-list.
    fn mention(&self, title: &str, stream: Option<(&str, Span, &Stream)>) -> Option<Span> {
        let id = self
            .plan
            .api
            .operations
            .iter()
            .find(|operation| format!("{} {}", operation.head.method, operation.head.path) == title);
        let names = |text: &str| text == title || id.is_some_and(|operation| operation.head.id == text);
        let written = stream.filter(|(_, _, stream)| names(&stream.operation.value)).map(|(_, span, _)| span);
        written.or_else(|| {
            let listed =
                self.manifest.operations.iter().find(|text| names(&text.value)).map(|text| text.span);
            listed.or_else(|| {
                self.manifest.overrides.iter().find(|(name, _)| names(&name.value)).map(|(name, _)| name.span)
            })
        })
    }

    /// The operation of the revision that most likely takes the place of one that is gone.
    pub(super) fn successor(&self, title: &str) -> Option<String> {
        let gone = self.old.iter().find(|operation| operation.title() == title)?;
        let id = |operation: &Operation<'t>| operation.node.get("operationId").and_then(|id| id.as_str());
        if let Some(moved) = self.new.iter().find(|operation| id(gone).is_some() && id(operation) == id(gone))
        {
            return Some(moved.title());
        }
        let known: BTreeSet<String> = self.old.iter().map(Operation::title).collect();
        let fresh = self
            .new
            .iter()
            .filter(|operation| operation.method == gone.method && !known.contains(&operation.title()));
        let score = |operation: &Operation<'t>| {
            strsim::normalized_damerau_levenshtein(&gone.route(), &operation.route())
        };
        let best = fresh.map(|operation| (score(operation), operation.title()));
        let best = best.filter(|(score, _)| *score >= 0.6);
        best.max_by(|left, right| left.0.total_cmp(&right.0).then_with(|| right.1.cmp(&left.1)))
            .map(|(_, title)| title)
    }

    /// The name of the method that calls an operation.
    pub(super) fn method(&self, title: &str) -> String {
        let found = self
            .plan
            .api
            .operations
            .iter()
            .find(|operation| format!("{} {}", operation.head.method, operation.head.path) == title);
        found.map_or_else(|| title.to_owned(), |operation| operation.name.clone())
    }

    /// The line of a span of the manifest.
    pub(super) fn line(&self, span: Span) -> Option<ManifestLine> {
        let place = self.files.place(span)?;
        Some(ManifestLine { file: place.file.to_owned(), line: place.line, column: place.column })
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

/// Whether an id is of a keyword that only restricts values.
fn bounds(id: &str) -> bool {
    const WORDS: [&str; 17] = [
        "-max-",
        "-min-",
        "-length-",
        "-items-",
        "-properties-",
        "-pattern-",
        "-multiple-of-",
        "-unique",
        "-contains-",
        "-default-",
        "-not-added",
        "-not-removed",
        "-const-",
        "-unevaluated-",
        "-dependent-",
        "-if-",
        "-then-",
    ];
    WORDS.iter().any(|word| id.contains(word))
}

fn kind_of(role: Role) -> SubjectKind {
    match role {
        Role::Records => SubjectKind::Records,
        Role::Key => SubjectKind::Key,
        Role::Cursor | Role::CursorParameter => SubjectKind::Cursor,
        Role::NextPage | Role::PageInfo | Role::PageParameter | Role::PageSize | Role::PageHeader => {
            SubjectKind::Paging
        }
        Role::Constant | Role::SliceParameter => SubjectKind::Parameter,
        Role::LimitHeader => SubjectKind::Limit,
        Role::WaitHeader => SubjectKind::WaitSource,
    }
}
