//! What was observed, laid beside a comparison of documents: what a change of the document explains is told with that change, and the rest
//! as it was observed, each by what it means to the connector.

mod site;
mod wording;

use std::collections::HashSet;

use super::places;
use super::rules::Context;
use super::uses::Role;
use super::{Impact, ManifestLine, Severity, Subject, SubjectKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::drift::observed::{
    Gathered, Observed, ObservedFinding, ObservedKind, ObservedReport, ObservedSeverity, ObservedState,
    Standing, gather,
};
use crate::drift::view::{Document, Operation};
use crate::drift::{Change, Side};
use crate::manifest::text;
use crate::suggest::did_you_mean;
use site::{Says, Site};

/// What reports tell, with what it means to the connector. `compared` says whether the revision is another document than the pinned one.
/// Streams that the manifest does not have are warnings.
pub(super) fn lay(
    context: &Context<'_, '_>,
    reports: &[ObservedReport],
    changes: &[Change],
    compared: bool,
    diagnostics: &mut Diagnostics,
) -> (Vec<Observed>, Vec<Impact>) {
    let (mut all, mut impact) = (Vec::new(), Vec::new());
    for stream in gather(reports) {
        let names = || context.manifest.streams.iter().map(|(name, _)| name.value.as_str());
        if !names().any(|name| name == stream.stream) {
            let help = did_you_mean(stream.stream, names()).map_or_else(
                || {
                    "a connector of another version wrote it; what it says of the stream is left out"
                        .to_owned()
                },
                |near| format!("did you mean `{near}`? What the report says of the stream is left out"),
            );
            let message =
                format!("the report tells of a stream `{}` that the manifest does not have", stream.stream);
            diagnostics.push(Diagnostic::warning(Code::ObservedStream, message).at(stream.span).help(help));
            continue;
        }
        let laid = Laid { context, changes, compared, stream: &stream };
        for finding in stream.findings() {
            let observed = laid.one(finding);
            impact.extend(laid.means(all.len(), &observed, finding));
            all.push(observed);
        }
    }
    (all, impact)
}

/// One stream's findings beside the documents.
struct Laid<'l, 'c, 't> {
    context: &'l Context<'c, 't>,
    changes: &'l [Change],
    compared: bool,
    stream: &'l Gathered<'l>,
}

impl<'t> Laid<'_, '_, 't> {
    fn operation<'o>(&self, all: &'o [Operation<'t>]) -> Option<&'o Operation<'t>> {
        let title = self.stream.operation;
        all.iter().find(|known| known.title() == title).or_else(|| {
            // Names of path parameters are nowhere on the wire.
            let (method, path) = title.split_once(' ')?;
            let route = Operation::route_of(path);
            all.iter().find(|known| known.method == method && known.route() == route)
        })
    }

    fn site<'d>(
        &self,
        document: &'d Document<'t>,
        all: &'d [Operation<'t>],
        finding: &ObservedFinding,
    ) -> Option<Site<'d, 't>> {
        Some(Site::of(document, self.operation(all)?, finding))
    }

    fn one(&self, finding: &ObservedFinding) -> Observed {
        let base = self.site(self.context.base, self.context.old, finding);
        let revision = self.site(self.context.revision, self.context.new, finding).filter(|_| self.compared);
        let (standing, change) = self.standing(finding, base.as_ref(), revision.as_ref());
        let (pointer, node) = base
            .as_ref()
            .map_or_else(|| (String::new(), self.context.base.root()), |site| site.spot(finding));
        let side = self.context.files.place(node.span()).map(|place| Side {
            pointer,
            file: place.file.to_owned(),
            line: place.line,
        });
        Observed {
            id: finding.kind.id().to_owned(),
            stream: self.stream.stream.to_owned(),
            operation: self.stream.operation.to_owned(),
            severity: finding.severity,
            state: finding.state,
            standing,
            change,
            status: finding.status,
            pointer: finding.pointer.clone(),
            expected: finding.expected.clone(),
            observed: finding.observed.clone(),
            values: finding.values.clone(),
            seen: finding.seen,
            checked: finding.checked,
            runs: finding.runs,
            first_seen: finding.first_seen.clone(),
            last_seen: finding.last_seen.clone(),
            serves: finding.serves,
            base: side,
            text: wording::sentence(self.stream.stream, finding),
            accepted: None,
        }
    }

    /// Whether the documents explain a finding, and by which change.
    fn standing(
        &self,
        finding: &ObservedFinding,
        base: Option<&Site<'_, 't>>,
        revision: Option<&Site<'_, 't>>,
    ) -> (Standing, Option<usize>) {
        let Some(base) = base else { return (Standing::Observed, None) };
        if base.says(finding) == Says::Yes {
            return (Standing::Documented, None);
        }
        let Some(revision) = revision else { return (Standing::Observed, None) };
        let change = self.explaining(finding, base, revision);
        match (revision.says(finding), change) {
            (Says::Yes, change) => (Standing::Explained, change),
            (Says::No, _) => (Standing::Observed, None),
            (Says::Open, change) if goes(finding, base, revision) => (Standing::Explained, change),
            (Says::Open, Some(change)) => (Standing::Likely, Some(change)),
            (Says::Open, None) => (Standing::Observed, None),
        }
    }

    /// The change of an answer of the operation that is about the place, and by its id about what was observed.
    fn explaining(
        &self,
        finding: &ObservedFinding,
        base: &Site<'_, 't>,
        revision: &Site<'_, 't>,
    ) -> Option<usize> {
        let (old, new) = (base.pointers(), revision.pointers());
        let words = finding.kind.explained_by();
        let title = self.stream.operation;
        let is_about = |change: &Change| {
            let at = |document: &Document<'t>, places: &HashSet<String>, side: &Option<Side>| {
                side.as_ref().is_some_and(|side| {
                    places::within(places, &places::subject(document, side))
                        || of_response(finding, &side.pointer)
                })
            };
            change.operations.iter().any(|operation| operation == title)
                && !change.id.starts_with("request")
                && words.iter().any(|word| change.id.contains(word))
                && (at(self.context.base, &old, &change.base)
                    || at(self.context.revision, &new, &change.revision))
        };
        self.changes.iter().position(is_about)
    }

    /// What a finding means to the connector; nothing where people need not know of it.
    fn means(&self, index: usize, observed: &Observed, finding: &ObservedFinding) -> Option<Impact> {
        let explained = matches!(observed.standing, Standing::Explained | Standing::Likely);
        let told = match observed.state {
            ObservedState::New => explained || observed.is_telling(),
            // A change that explains what is known anyway is still worth knowing.
            ObservedState::Pending | ObservedState::Baseline | ObservedState::Accepted => {
                explained && observed.change.is_some()
            }
            ObservedState::Resolved => false,
        };
        if !told {
            return None;
        }
        let explaining = observed.change.and_then(|change| self.changes.get(change));
        let text = observed.text.trim_end_matches('.');
        let (severity, what, advice) = match (observed.standing, explaining) {
            (Standing::Likely, _) => (
                Severity::Notices,
                format!("{text}; a change of the document is likely to explain it"),
                "values are not kept, so a person has to look".to_owned(),
            ),
            (Standing::Explained, _) => (
                Severity::Notices,
                format!("{text}; the revision explains it"),
                "goes when the revision is accepted".to_owned(),
            ),
            _ => {
                let severity = match observed.severity {
                    ObservedSeverity::Error => Severity::Breaks,
                    ObservedSeverity::Warning => Severity::Risks,
                    ObservedSeverity::Info => Severity::Notices,
                };
                (
                    severity,
                    text.to_owned(),
                    finding.kind.advice(&self.context.plan.name, &finding.values, finding.serves),
                )
            }
        };
        Some(Impact {
            change: observed.change,
            observed: Some(index),
            id: Some(explaining.map_or_else(|| observed.id.clone(), |change| change.id.clone())),
            severity,
            operations: vec![observed.operation.clone()],
            subjects: vec![Subject { kind: SubjectKind::Stream, name: observed.stream.clone() }],
            what,
            manifest: self.line(finding),
            advice: Some(advice),
            overridden: None,
            unfit: None,
        })
    }

    /// The line of the manifest that a finding is about: what the stream is read by, else the stream.
    fn line(&self, finding: &ObservedFinding) -> Option<ManifestLine> {
        use ObservedKind as Kind;
        let user = format!("stream `{}`", self.stream.stream);
        let roles: &[Role] = match finding.kind {
            Kind::RecordPathMissing => &[Role::Records],
            Kind::KeyMissing => &[Role::Key],
            Kind::CursorLost => &[Role::Cursor],
            Kind::PagingContract | Kind::PagingUndeclared | Kind::TotalMismatch => {
                &[Role::NextPage, Role::PageHeader, Role::PageParameter, Role::PageInfo]
            }
            _ if finding.serves => &[Role::Key, Role::Cursor],
            _ => &[],
        };
        let uses = || self.context.uses.iter().filter(|used| used.user.ends_with(&user));
        let named = |name: &str| {
            let keys = text::path(name).unwrap_or_default();
            let path: String = keys.iter().map(|segment| format!("/{}", segment.key)).collect();
            finding.pointer.ends_with(&path)
        };
        let used = roles.iter().find_map(|role| {
            let of_role = || uses().filter(|used| used.role == *role);
            if finding.serves { of_role().find(|used| named(&used.name)) } else { of_role().next() }
        });
        let stream = self.context.manifest.streams.iter().find(|(name, _)| name.value == self.stream.stream);
        let span = used.map(|used| used.span).or(stream.map(|(name, _)| name.span));
        span.and_then(|span| self.context.line(span))
    }
}

/// Whether a pointer is that of a response or media type that was not described.
fn of_response(finding: &ObservedFinding, pointer: &str) -> bool {
    let status = finding.status;
    match finding.kind {
        ObservedKind::UndocumentedStatus => {
            let ends = |name: String| pointer.ends_with(&format!("/responses/{name}"));
            ends(status.to_string()) || ends(format!("{}XX", status / 100)) || ends("default".to_owned())
        }
        ObservedKind::UndocumentedContentType => pointer.contains(&format!("/responses/{status}")),
        _ => false,
    }
}

/// Whether the revision takes away what was found missing or elsewhere.
fn goes(finding: &ObservedFinding, base: &Site<'_, '_>, revision: &Site<'_, '_>) -> bool {
    use ObservedKind as Kind;
    match finding.kind {
        Kind::RecordPathMissing | Kind::CursorLost => base.is_there() && !revision.is_there(),
        Kind::KeyMissing | Kind::FieldVanished => {
            base.is_there() && !base.may_lack() && revision.may_lack()
                || base.is_there() && !revision.is_there()
        }
        Kind::RenameCandidate => {
            !revision.is_there() && finding.observed.keys().any(|name| revision.has_beside(name))
        }
        _ => false,
    }
}
