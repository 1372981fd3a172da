//! Whether one operation fits one scheme.

use super::records::{Records, body};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{EmptyPage, PageSize, Place, Scheme, Strategy as Declared, Total, text};
use crate::model::names::{self, Use};
use crate::model::{
    Api, IntegerFormat, Media, Operation, Parameter, ParameterLocation, ParameterStyle, Type, TypeKind,
    TypeRef, Types,
};
use crate::plan::path::{Expected, alternatives, describe, doubts, follow_body, follow_to};
use crate::plan::types::{DepthCap, End, Paging, Path, Strategy, Target, Token};
use crate::source::Spanned;

/// Why an operation does not fit a scheme.
#[derive(Clone, Debug)]
pub(super) struct Misfit {
    /// Whether it has at least the scheme's parameter, or there is none to have.
    pub(super) has_parameter: bool,
    /// Everything that does not fit. One without a place belongs to whoever named the operation.
    pub(super) problems: Vec<Diagnostic>,
}

/// What a scheme writes into a page's request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writes {
    /// A number that is counted.
    Number,
    /// What the API gave.
    Token,
}

/// The types of parameters that schemes add.
pub(super) struct Added {
    text: TypeRef,
    number: TypeRef,
}

impl Added {
    pub(super) fn new(types: &mut Types) -> Self {
        let mut add = |kind: TypeKind| {
            let new = Type {
                pointer: String::new(),
                name: None,
                place_names: Vec::new(),
                description: None,
                deprecated: false,
                kind,
            };
            TypeRef::new(types.add(new), false)
        };
        Self { text: add(TypeKind::Text(String::new())), number: add(TypeKind::Integer(IntegerFormat::U64)) }
    }

    /// Adds to an operation those of a scheme's parameters that it lacks.
    pub(super) fn complete(&self, operation: &mut Operation, scheme: &Scheme) {
        let counts = matches!(scheme.strategy(), Some(Declared::Page(_) | Declared::Offset(_)));
        let named = |place: Option<Place<'_>>| match place {
            Some(Place::Parameter(name)) => Some(name.clone()),
            _ => None,
        };
        let main = named(scheme.place()).map(|name| (name, if counts { self.number } else { self.text }));
        let size = scheme.size.as_ref().and_then(|size| named(size.place()));
        let size = size.map(|name| (name, self.number));
        for (name, type_ref) in main.into_iter().chain(size) {
            if operation.parameter(&name).is_some() {
                continue;
            }
            let ident = ident(&name, &operation.parameters);
            operation.parameters.push(Parameter {
                name: name.value.clone(),
                ident,
                location: ParameterLocation::Query,
                required: false,
                style: ParameterStyle::Form,
                explode: true,
                allow_reserved: false,
                description: Some(format!(
                    "Paging; `{}` of the API, which its document does not declare.",
                    name.value
                )),
                deprecated: false,
                type_ref,
                remarks: Vec::new(),
                pointer: String::new(),
            });
        }
    }
}

/// A name for a parameter in generated code that no other parameter has.
fn ident(name: &str, others: &[Parameter]) -> String {
    let mut ident = names::ident(name, Use::Value);
    while others.iter().any(|other| other.ident == ident) {
        ident = names::with_mark(&ident, name, Use::Value);
    }
    ident
}

/// One operation, looked at for its paging.
pub(super) struct Fitter<'a> {
    api: &'a Api,
    pub(super) operation: &'a Operation,
    records: &'a Records,
    body: Option<TypeRef>,
    /// Whether a person said that it fits: then what the document does not declare is believed.
    forced: bool,
}

impl<'a> Fitter<'a> {
    pub(super) fn new(api: &'a Api, index: usize, records: &'a Records, forced: bool) -> Option<Self> {
        let operation = api.operations.get(index)?;
        Some(Self { api, operation, records, body: body(operation), forced })
    }

    /// The paging with what its paths leave open, or why the operation does not fit.
    pub(super) fn fit(&self, name: &str, scheme: &Scheme) -> Result<(Paging, Vec<Diagnostic>), Misfit> {
        let mut attempt = Attempt { fitter: self, problems: Vec::new(), doubts: Vec::new() };
        let writes = match scheme.strategy() {
            Some(Declared::Page(_) | Declared::Offset(_)) => Writes::Number,
            _ => Writes::Token,
        };
        let main = scheme.place().and_then(|place| attempt.target(place, writes));
        // A body that lacks the field is near enough to be told of.
        let has_body = || self.operation.bodies.body.is_some();
        let has_parameter = match scheme.place() {
            None => true,
            Some(Place::Parameter(_)) => main.is_some(),
            Some(Place::Field(_)) => main.is_some() || has_body(),
        };
        let strategy = scheme.strategy().and_then(|declared| attempt.strategy(declared, scheme, main));
        let size = scheme.size.as_ref().and_then(|size| match size.place()? {
            Place::Parameter(name) => {
                let (index, _) = self.operation.parameter(name)?;
                Some((Target::Parameter(index), size.value.value))
            }
            Place::Field(path) => Some((attempt.field(path, Writes::Number)?, size.value.value)),
        });
        let (drop, keep) = attempt.follow_up(scheme, strategy.as_ref(), size.as_ref());
        match strategy {
            Some(strategy) if attempt.problems.is_empty() => {
                let key = match &strategy {
                    // The field by which the API goes on identifies a record.
                    Strategy::LastId { field, .. } if self.records.key.is_empty() => vec![field.clone()],
                    _ => self.records.key.clone(),
                };
                let (records, record) = self.records.found.clone().unzip();
                let depth = scheme.depth.as_ref().map(|depth| DepthCap {
                    status: u16::try_from(depth.status.value).unwrap_or_default(),
                    contains: depth.contains.as_ref().map(|text| text.value.clone()),
                    means: depth.means.value.clone(),
                });
                let parallel = scheme.parallel.as_ref().map(|parallel| parallel.value);
                let scheme = name.to_owned();
                let paging =
                    Paging { scheme, strategy, size, records, record, key, drop, keep, parallel, depth };
                Ok((paging, attempt.doubts))
            }
            _ => Err(Misfit { has_parameter, problems: attempt.problems }),
        }
    }

    fn declares(operation: &Operation, header: &str) -> bool {
        operation
            .success()
            .is_some_and(|success| success.headers.iter().any(|known| known.eq_ignore_ascii_case(header)))
    }

    /// Whether the response has a header that leads on, as far as the document tells. Single records have a `Link` too, to what belongs
    /// to them, so a list has to be there. Many documents declare none of the headers that their API sends: there, what else speaks for
    /// the scheme decides (`otherwise`).
    fn has_header(&self, header: &str, otherwise: bool) -> bool {
        self.forced
            || (Self::declares(self.operation, header) && (otherwise || self.records.found.is_some()))
            || (otherwise && !self.api.operations.iter().any(|operation| Self::declares(operation, header)))
    }

    /// Whether a list is what the operation answers, and it takes the scheme's page size.
    fn looks_paged(&self, scheme: &Scheme) -> bool {
        let list =
            self.body.is_some_and(|body| matches!(self.api.types.get(body.id).kind, TypeKind::Array(_)));
        let size = scheme.size.as_ref().and_then(PageSize::place);
        list && matches!(size, Some(Place::Parameter(name)) if self.operation.parameter(name).is_some())
    }
}

/// One scheme, tried on one operation.
struct Attempt<'f, 'a> {
    fitter: &'f Fitter<'a>,
    problems: Vec<Diagnostic>,
    doubts: Vec<Diagnostic>,
}

impl Attempt<'_, '_> {
    fn problem(&mut self, message: String, help: &str) {
        self.problems.push(Diagnostic::error(Code::SchemeDoesNotFit, message).help(help));
    }

    /// Where the value goes that leads from page to page.
    fn target(&mut self, place: Place<'_>, writes: Writes) -> Option<Target> {
        match place {
            Place::Parameter(name) => self.parameter(name).map(Target::Parameter),
            Place::Field(path) => self.field(path, writes),
        }
    }

    /// A field of the request's body.
    fn field(&mut self, path: &Spanned<String>, writes: Writes) -> Option<Target> {
        let Fitter { api, operation, forced, .. } = self.fitter;
        let id = &operation.head.id;
        let body = operation.bodies.body.as_ref();
        let Some(body) = body.filter(|body| matches!(body.content.media, Media::Json | Media::Form)) else {
            let message = format!("`{id}` takes no JSON and no form, into which the page could be written");
            self.problem(message, "name a `parameter`, or another operation");
            return None;
        };
        let found = match follow_body(&api.types, &body.content, path) {
            Ok(found) => found,
            Err(problem) => {
                self.problems.push(*problem);
                return None;
            }
        };
        if found.unknown && !forced {
            let message = format!(
                "the document does not say what stands at `{}` in the body that `{id}` takes",
                path.value
            );
            self.problem(message, "name the operation in the scheme's `operations` if the API takes it");
            return None;
        }
        self.doubts.extend(doubts(&found, path));
        let is_number = |id: &crate::model::TypeId| {
            matches!(api.types.get(*id).kind, TypeKind::Integer(_) | TypeKind::Number(_))
        };
        // Where the document does not say, a count is a number and a token is a text.
        let number = match found.types.iter().all(|id| matches!(api.types.get(*id).kind, TypeKind::Any)) {
            true => writes == Writes::Number,
            false => found.types.iter().any(is_number),
        };
        Some(Target::Field { path: text::keys(path), number })
    }

    /// The parameters that later requests leave out, and those that next URLs get.
    fn follow_up(
        &mut self,
        scheme: &Scheme,
        strategy: Option<&Strategy>,
        size: Option<&(Target, u64)>,
    ) -> (Vec<usize>, Vec<usize>) {
        let Some(follow_up) = &scheme.follow_up else { return (Vec::new(), Vec::new()) };
        let operation = self.fitter.operation;
        let own = [strategy.and_then(Strategy::target), size.map(|(target, _)| target)];
        let of_paging = |index: usize| own.contains(&Some(&Target::Parameter(index)));
        let in_path = |index: usize| {
            operation.parameters.get(index).is_some_and(|known| known.location == ParameterLocation::Path)
        };
        let mut named = Vec::new();
        for name in follow_up.names() {
            let Some((index, known)) = operation.parameter(name) else { continue };
            let problem = match (known.location, follow_up.keep.is_some(), follow_up.drop.is_some()) {
                (ParameterLocation::Path, _, true) => {
                    Some("stands in the path, without which there is no request")
                }
                (ParameterLocation::Query, true, _) | (_, false, _) => None,
                (_, true, _) => Some("is not in the query, so a next URL cannot lack it"),
            };
            if let Some(problem) = problem {
                self.problems.push(
                    Diagnostic::error(
                        Code::FollowUpParameter,
                        format!("parameter `{}` of `{}` {problem}", name.value, operation.head.id),
                    )
                    .at(name.span)
                    .help("leave it out here"),
                );
            }
            named.push(index);
        }
        if follow_up.keep.is_some() {
            (Vec::new(), named)
        } else if follow_up.drop.is_some() {
            (named, Vec::new())
        } else {
            let all = 0..operation.parameters.len();
            let others = all.filter(|index| !named.contains(index) && !of_paging(*index) && !in_path(*index));
            (others.collect(), Vec::new())
        }
    }

    /// The index of the parameter that leads from page to page.
    fn parameter(&mut self, name: &Spanned<String>) -> Option<usize> {
        let Fitter { api, operation, .. } = self.fitter;
        let id = &operation.head.id;
        let Some((index, parameter)) = operation.parameter(name) else {
            let message = format!(
                "`{id}` has no parameter `{}`, by which the scheme goes from page to page",
                name.value
            );
            self.problem(
                message,
                "give the scheme `operations: [...]` and `add: true` if the API takes it all the same",
            );
            return None;
        };
        if !matches!(parameter.location, ParameterLocation::Query | ParameterLocation::Header) {
            let message =
                format!("parameter `{}` of `{id}` is neither in the query nor a header", name.value);
            self.problem(message, "no page can be asked for through it");
            return None;
        }
        let (kinds, _) = alternatives(&api.types, parameter.type_ref);
        let scalar = |kind: &TypeKind| {
            !matches!(kind, TypeKind::Boolean | TypeKind::Array(_) | TypeKind::Map(_) | TypeKind::Object(_))
        };
        if !kinds.iter().any(|kind| scalar(&api.types.get(*kind).kind)) {
            let what = kinds.first().map(|kind| describe(&api.types, *kind)).unwrap_or_default();
            let message = format!("parameter `{}` of `{id}` takes {what}, not a text or number", name.value);
            self.problem(message, "no page can be asked for through it");
            return None;
        }
        Some(index)
    }

    fn strategy(
        &mut self,
        declared: Declared<'_>,
        scheme: &Scheme,
        main: Option<Target>,
    ) -> Option<Strategy> {
        let further = self.further(scheme);
        match declared {
            Declared::NextUrl(next) => {
                let end = End {
                    more: self.flag(&next.more),
                    done: self.flag(&next.done),
                    total_records: self.count(&next.total_records),
                    ..further
                };
                self.counted(&end, scheme)?;
                let paged = self.fitter.looks_paged(scheme);
                let next = self.token(&next.path, &next.header, Expected::Url, paged)?;
                Some(Strategy::NextUrl { next, end })
            }
            Declared::Cursor(cursor) => {
                let end = End {
                    more: self.flag(&cursor.more),
                    done: self.flag(&cursor.done),
                    total_records: self.count(&cursor.total_records),
                    ..further
                };
                self.counted(&end, scheme)?;
                let next = self.token(&cursor.next, &cursor.next_header, Expected::Token, true);
                let first = cursor.first.as_ref().map(|first| first.0.clone());
                Some(Strategy::Cursor { target: main?, first, next: next?, end })
            }
            Declared::Page(page) => {
                let end = End {
                    more: self.flag(&page.more),
                    done: self.flag(&page.done),
                    total_records: self.count(&page.total_records),
                    total_pages: self.count(&page.total_pages),
                    ..further
                };
                let tells = end.more.is_some() || end.done.is_some() || end.total_pages.is_some();
                if !tells {
                    self.records("to see where the pages end")?;
                }
                self.counted(&end, scheme)?;
                Some(Strategy::PageNumber { target: main?, first: page.first, end })
            }
            Declared::Offset(offset) => {
                let end = End {
                    more: self.flag(&offset.more),
                    done: self.flag(&offset.done),
                    total_records: self.count(&offset.total_records),
                    ..further
                };
                self.records("to count those that were served")?;
                Some(Strategy::Offset { target: main?, first: offset.first, end })
            }
            Declared::LinkHeader(link) => {
                self.counted(&further, scheme)?;
                let paged = self.fitter.looks_paged(scheme);
                self.header("Link", paged)?;
                Some(Strategy::LinkHeader { relation: link.relation.clone(), end: further })
            }
            Declared::LastId(last) => {
                let end = End {
                    more: self.flag(&last.more),
                    done: self.flag(&last.done),
                    total_records: self.count(&last.total_records),
                    ..further
                };
                let record = self.records("to take the last one's field")?;
                let field = self.path(Some(record), Some(&last.field), Expected::Token);
                Some(Strategy::LastId { target: main?, field: field?, end })
            }
        }
    }

    /// What the scheme says about the end beside its strategy.
    fn further(&mut self, scheme: &Scheme) -> End {
        let end = &scheme.end;
        let yes = |flag: &Option<Spanned<bool>>| flag.as_ref().is_some_and(|flag| flag.value);
        let count = end.count.as_ref().and_then(|count| {
            let path = self.path(self.fitter.body, Some(&count.path), Expected::Count)?;
            Some((path, count.below.value))
        });
        End {
            estimate: end.total.as_ref().is_some_and(|total| total.value == Total::Estimate),
            no_token: end.no_token.as_ref().map(|texts| texts.iter().map(|text| text.0.clone()).collect()),
            short_page: yes(&end.short_page),
            empty_page: end.empty_page.as_ref().map(|empty| empty.value),
            same_token: yes(&end.same_token),
            count,
            ..End::default()
        }
    }

    /// What compares numbers of records needs to know where they are.
    fn counted(&mut self, end: &End, scheme: &Scheme) -> Option<()> {
        let ends = end.empty_page == Some(EmptyPage::Ends);
        if end.short_page || ends {
            self.records("to see how many there are")?;
        }
        if end.total_records.is_some()
            && !end.estimate
            && !matches!(scheme.strategy(), Some(Declared::Page(_)))
        {
            self.records("to compare them with the total")?;
        }
        Some(())
    }

    fn token(
        &mut self,
        path: &Option<Spanned<String>>,
        header: &Option<Spanned<String>>,
        expected: Expected,
        otherwise: bool,
    ) -> Option<Token> {
        match header {
            Some(header) => self.header(header, otherwise).map(|()| Token::Header(header.value.clone())),
            None => self.path(self.fitter.body, path.as_ref(), expected).map(Token::Body),
        }
    }

    fn header(&mut self, header: &str, otherwise: bool) -> Option<()> {
        if self.fitter.has_header(header, otherwise) {
            return Some(());
        }
        let id = &self.fitter.operation.head.id;
        let message =
            format!("the response of `{id}` declares no header `{header}`, or has no single list of records");
        self.problem(
            message,
            "name the operation in the scheme's `operations` if the API sends it all the same",
        );
        None
    }

    fn flag(&mut self, path: &Option<Spanned<String>>) -> Option<Path> {
        self.path(self.fitter.body, path.as_ref(), Expected::Flag)
    }

    fn count(&mut self, path: &Option<Spanned<String>>) -> Option<Path> {
        self.path(self.fitter.body, path.as_ref(), Expected::Count)
    }

    /// The keys of a path that leads to a fitting value.
    fn path(
        &mut self,
        from: Option<TypeRef>,
        path: Option<&Spanned<String>>,
        expected: Expected,
    ) -> Option<Path> {
        let path = path?;
        let Some(from) = from else {
            let message = format!("`{}` answers no JSON", self.fitter.operation.head.id);
            self.problem(message, "only operations that answer JSON have pages");
            return None;
        };
        match follow_to(&self.fitter.api.types, from, path, expected) {
            Ok(found) if found.unknown && !self.fitter.forced => {
                let id = &self.fitter.operation.head.id;
                let message = format!(
                    "the document does not say what stands at `{}` in the response of `{id}`",
                    path.value
                );
                self.problem(
                    message,
                    "name the operation in the scheme's `operations` if the API answers so",
                );
                None
            }
            Ok(found) => {
                self.doubts.extend(doubts(&found, path));
                Some(text::keys(path))
            }
            Err(problem) => {
                self.problems.push(*problem);
                None
            }
        }
    }

    /// What one record holds; the strategy cannot do without.
    fn records(&mut self, why: &str) -> Option<TypeRef> {
        if let Some((_, record)) = &self.fitter.records.found {
            return Some(*record);
        }
        let message = format!(
            "the response of `{}` has no single list of records, {why}",
            self.fitter.operation.head.id
        );
        self.problem(message, "a stream's `records` says which list it is");
        None
    }
}
