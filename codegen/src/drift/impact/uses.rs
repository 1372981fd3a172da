//! What the manifest uses of a document: each use with its line in the manifest and its place on both sides.

use super::places::{self, Spot};
use crate::drift::view::{Document, Operation};
use crate::generate::Sources;
use crate::manifest::{Manifest, PageSize, Place, Strategy, Window, text};
use crate::plan::Plan;
use crate::source::{Span, Spanned};

/// What something is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The list of a stream's records.
    Records,
    /// What identifies a record.
    Key,
    /// What a later run goes on by.
    Cursor,
    /// Where the next page is.
    NextPage,
    /// What says that there is more, or how much.
    PageInfo,
    /// What takes a cursor or the edge of a window.
    CursorParameter,
    /// The parameter that names a page.
    PageParameter,
    /// The parameter that says how large a page is.
    PageSize,
    /// A parameter or body field with a value of the manifest.
    Constant,
    /// A parameter that takes a value of each slice.
    SliceParameter,
    /// A header that paging follows.
    PageHeader,
    /// A header that a limit is corrected by.
    LimitHeader,
    /// A header that says how long to wait.
    WaitHeader,
}

impl Role {
    /// Whether the connector sends it.
    pub(super) fn is_sent(self) -> bool {
        matches!(
            self,
            Role::CursorParameter
                | Role::PageParameter
                | Role::PageSize
                | Role::Constant
                | Role::SliceParameter
        )
    }

    /// Whether it is a header of responses.
    pub(super) fn is_header(self) -> bool {
        matches!(self, Role::PageHeader | Role::LimitHeader | Role::WaitHeader)
    }
}

/// Something of the document that the manifest uses.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// `GET /path`.
    pub(super) operation: String,
    /// Who uses it: ``stream `tickets` ``.
    pub(super) user: String,
    pub(super) role: Role,
    /// Its name there: `updated_at`, `per_page`.
    pub(super) name: String,
    /// Where the manifest says so.
    pub(super) span: Span,
    /// What is sent, where that is known.
    pub(super) value: Option<String>,
    pub(super) base: Spot,
    pub(super) revision: Spot,
}

/// The two documents with the operation that is looked at.
struct Pair<'a, 't> {
    base: (&'a Document<'t>, &'a Operation<'t>),
    revision: Option<(&'a Document<'t>, &'a Operation<'t>)>,
}

type Finder<'f, 't> = &'f dyn Fn(&Document<'t>, &Operation<'t>) -> Option<Spot>;

impl<'t> Pair<'_, 't> {
    fn both(&self, find: Finder<'_, 't>) -> Option<(Spot, Spot)> {
        let base = find(self.base.0, self.base.1)?;
        let revision = self.revision.and_then(|(document, operation)| find(document, operation));
        Some((base, revision.unwrap_or_default()))
    }
}

/// All that the manifest uses. `revision` finds the operation of the revised document that belongs to one of the base.
pub(super) fn all<'t>(
    sources: &Sources,
    plan: &Plan,
    (base, old): (&Document<'t>, &[Operation<'t>]),
    (revised, new): (&Document<'t>, &[Operation<'t>]),
) -> Vec<Use> {
    let mut uses = Vec::new();
    for (index, operation) in plan.api.operations.iter().enumerate() {
        let head = &operation.head;
        let title = format!("{} {}", head.method, head.path);
        let Some(before) = old.iter().find(|known| known.title() == title) else { continue };
        let after = new.iter().find(|known| known.title() == title).or_else(|| {
            new.iter().find(|known| known.method == before.method && known.route() == before.route())
        });
        let pair = Pair { base: (base, before), revision: after.map(|after| (revised, after)) };
        let mut collector = Collector { title, pair, uses: &mut uses };
        for (name, stream) in &sources.manifest.streams {
            if plan.streams.iter().any(|planned| planned.name == name.value && planned.operation == index) {
                collector.stream(&name.value, stream);
            }
        }
        if let Some(planned) = plan.operations.get(index) {
            collector.paging(&sources.manifest, plan, index, planned);
            collector.limits(&sources.manifest, planned);
        }
    }
    uses
}

struct Collector<'a, 't> {
    title: String,
    pair: Pair<'a, 't>,
    uses: &'a mut Vec<Use>,
}

fn keys(path: &str) -> Vec<String> {
    text::path(path).map(|path| path.into_iter().map(|segment| segment.key).collect()).unwrap_or_default()
}

/// What a path leads to from an operation's answer, or from one of its records.
fn in_answer<'t>(
    document: &Document<'t>,
    operation: &Operation<'t>,
    records: Option<&[String]>,
    path: &[String],
) -> Option<Spot> {
    fn plain(path: &[String]) -> Vec<&str> {
        path.iter().map(String::as_str).collect()
    }
    let answer = places::answer(document, operation)?;
    let Some(records) = records else { return Some(Spot::follow(document, answer, &plain(path))?.0) };
    let (way, list) = Spot::follow(document, answer, &plain(records))?;
    let item = places::items(document, list, 8)?;
    let (start, item) = Spot::follow(document, item, &[])?;
    let way = start.behind(&way);
    Some(Spot::follow(document, item, &plain(path))?.0.behind(&way))
}

impl<'t> Collector<'_, 't> {
    fn add(
        &mut self,
        user: &str,
        role: Role,
        name: &Spanned<String>,
        value: Option<String>,
        find: Finder<'_, 't>,
    ) {
        self.add_at(user, role, (&name.value, name.span), value, find);
    }

    fn add_at(
        &mut self,
        user: &str,
        role: Role,
        (name, span): (&str, Span),
        value: Option<String>,
        find: Finder<'_, 't>,
    ) {
        let Some((base, revision)) = self.pair.both(find) else { return };
        let (operation, user, name) = (self.title.clone(), user.to_owned(), name.to_owned());
        self.uses.push(Use { operation, user, role, name, span, value, base, revision });
    }

    fn parameter(&mut self, user: &str, role: Role, name: &Spanned<String>, value: Option<String>) {
        // `created[gte]` is the property `gte` of the parameter `created`.
        let whole = name.value.split('[').next().unwrap_or_default().to_owned();
        self.add(user, role, name, value, &|document, operation| {
            Spot::of_parameter(document, operation, &name.value)
                .or_else(|| Spot::of_parameter(document, operation, &whole))
        });
    }

    fn field(&mut self, user: &str, role: Role, path: &Spanned<String>, value: Option<String>) {
        let keys = keys(&path.value);
        self.add(user, role, path, value, &|document, operation| {
            let body = places::sent(document, operation)?;
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            Some(Spot::follow(document, body, &keys)?.0)
        });
    }

    fn place(&mut self, user: &str, role: Role, place: Option<Place<'_>>, value: Option<String>) {
        match place {
            Some(Place::Parameter(name)) => self.parameter(user, role, name, value),
            Some(Place::Field(path)) => self.field(user, role, path, value),
            None => {}
        }
    }

    fn stream(&mut self, name: &str, stream: &crate::manifest::Stream) {
        let user = format!("stream `{name}`");
        let records = keys(&stream.records.value);
        self.add(&user, Role::Records, &stream.records, None, &|document, operation| {
            in_answer(document, operation, None, &records)
        });
        let cursor = stream.cursor.as_ref().map(|cursor| &cursor.field);
        let window = stream.window.as_ref().map(|window| &window.value);
        let fields = stream.own_key().map(|path| (Role::Key, path));
        let fields = fields.chain(cursor.map(|field| (Role::Cursor, field)));
        for (role, path) in fields.chain(window.map(|window| (Role::Cursor, &window.field))) {
            let keys = keys(&path.value);
            self.add(&user, role, path, None, &|document, operation| {
                in_answer(document, operation, Some(&records), &keys)
            });
        }
        for place in window.and_then(Window::bounds).into_iter().flatten() {
            self.place(&user, Role::CursorParameter, Some(place), None);
        }
        let cursor = stream.cursor.as_ref().and_then(|cursor| cursor.place());
        self.place(&user, Role::CursorParameter, cursor, None);
        for (parameter, value) in &stream.parameters {
            self.parameter(&user, Role::Constant, parameter, known(&value.value.0));
        }
        let each = stream.each.as_ref().and_then(|each| each.value.place());
        self.place(&user, Role::SliceParameter, each, None);
        if let Some(parent) = &stream.parent {
            for (parameter, _) in &parent.value.parameters {
                self.parameter(&user, Role::SliceParameter, parameter, None);
            }
            for (path, _) in &parent.value.body {
                self.field(&user, Role::SliceParameter, path, None);
            }
        }
        if let Some(body) = &stream.body {
            for (key, value) in &body.value {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                self.add_at(&user, Role::Constant, (key, body.span), Some(value), &|document, operation| {
                    let body = places::sent(document, operation)?;
                    Some(Spot::follow(document, body, &[key.as_str()])?.0)
                });
            }
        }
    }

    fn paging(
        &mut self,
        manifest: &Manifest,
        plan: &Plan,
        index: usize,
        planned: &crate::plan::OperationPlan,
    ) {
        let Some(paging) = &planned.paging else { return };
        let Some(scheme) = manifest.paging.get(&paging.scheme) else { return };
        let stream = plan.streams.iter().find(|stream| stream.operation == index);
        let user = match stream {
            Some(stream) => format!("paging `{}` of stream `{}`", paging.scheme, stream.name),
            None => format!("paging `{}`", paging.scheme),
        };
        self.place(&user, Role::PageParameter, scheme.place(), None);
        if let Some(size) = &scheme.size {
            self.place(&user, Role::PageSize, PageSize::place(size), Some(size.value.value.to_string()));
        }
        let mut infos: Vec<&Spanned<String>> = Vec::new();
        match scheme.strategy() {
            Some(Strategy::NextUrl(next)) => {
                self.token(&user, next.path.as_ref(), next.header.as_ref());
                infos.extend([&next.more, &next.done, &next.total_records].into_iter().flatten());
            }
            Some(Strategy::Cursor(cursor)) => {
                self.token(&user, cursor.next.as_ref(), cursor.next_header.as_ref());
                infos.extend([&cursor.more, &cursor.done, &cursor.total_records].into_iter().flatten());
            }
            Some(Strategy::Page(page)) => {
                infos.extend(
                    [&page.more, &page.done, &page.total_records, &page.total_pages].into_iter().flatten(),
                );
            }
            Some(Strategy::Offset(offset)) => {
                infos.extend([&offset.more, &offset.done, &offset.total_records].into_iter().flatten());
            }
            Some(Strategy::LinkHeader(_)) => {
                let name = manifest.paging.iter().find(|(name, _)| name.value == paging.scheme);
                if let Some((name, _)) = name {
                    self.add_at(
                        &user,
                        Role::PageHeader,
                        ("Link", name.span),
                        None,
                        &|document, operation| places::header(document, operation, "link"),
                    );
                }
            }
            Some(Strategy::LastId(last)) => {
                if let Some(records) = &paging.records {
                    let keys = keys(&last.field.value);
                    self.add(&user, Role::NextPage, &last.field, None, &|document, operation| {
                        in_answer(document, operation, Some(records), &keys)
                    });
                }
                infos.extend([&last.more, &last.done, &last.total_records].into_iter().flatten());
            }
            None => {}
        }
        infos.extend(scheme.end.count.as_ref().map(|count| &count.path));
        for path in infos {
            let keys = keys(&path.value);
            self.add(&user, Role::PageInfo, path, None, &|document, operation| {
                in_answer(document, operation, None, &keys)
            });
        }
    }

    fn token(&mut self, user: &str, path: Option<&Spanned<String>>, header: Option<&Spanned<String>>) {
        if let Some(path) = path {
            let keys = keys(&path.value);
            self.add(user, Role::NextPage, path, None, &|document, operation| {
                in_answer(document, operation, None, &keys)
            });
        }
        if let Some(name) = header {
            self.header(user, Role::PageHeader, name);
        }
    }

    fn header(&mut self, user: &str, role: Role, name: &Spanned<String>) {
        self.add(user, role, name, None, &|document, operation| {
            places::header(document, operation, &name.value)
        });
    }

    fn limits(&mut self, manifest: &Manifest, planned: &crate::plan::OperationPlan) {
        for (index, (name, limit)) in manifest.limits.iter().enumerate() {
            if !planned.limits.contains(&index) {
                continue;
            }
            let user = format!("limit `{}`", name.value);
            let headers = &limit.headers;
            let named = [&headers.limit, &headers.remaining, &headers.reset, &headers.usage, &headers.policy];
            for header in named.into_iter().flatten() {
                self.header(&user, Role::LimitHeader, header);
            }
        }
        for source in &manifest.retry.wait {
            self.header("`retry.wait`", Role::WaitHeader, &source.header);
        }
    }
}

/// A value that the manifest fixes; one with a variable is the user's.
fn known(value: &str) -> Option<String> {
    (!value.contains('{')).then(|| value.to_owned())
}
