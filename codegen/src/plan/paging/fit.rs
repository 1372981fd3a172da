//! Whether one operation fits one scheme.

use super::records::{Records, body};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Scheme, Strategy as Declared, text};
use crate::model::names::{self, Use};
use crate::model::{
    Api, IntegerFormat, Operation, Parameter, ParameterLocation, ParameterStyle, Type, TypeKind, TypeRef,
    Types,
};
use crate::plan::path::{Expected, alternatives, describe, doubts, follow_to};
use crate::plan::types::{End, Paging, Path, Strategy, Token};
use crate::source::Spanned;

/// Why an operation does not fit a scheme.
#[derive(Clone, Debug)]
pub(super) struct Misfit {
    /// Whether it has at least the scheme's parameter, or there is none to have.
    pub(super) has_parameter: bool,
    /// Everything that does not fit. One without a place belongs to whoever named the operation.
    pub(super) problems: Vec<Diagnostic>,
}

/// The parameter without which an operation cannot take a scheme.
pub(super) fn parameter(scheme: &Scheme) -> Option<&Spanned<String>> {
    match scheme.strategy()? {
        Declared::Cursor(cursor) => Some(&cursor.parameter),
        Declared::Page(page) => Some(&page.parameter),
        Declared::Offset(offset) => Some(&offset.parameter),
        Declared::LastId(last) => Some(&last.parameter),
        Declared::NextUrl(_) | Declared::LinkHeader(_) => None,
    }
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
        let main = parameter(scheme).map(|name| (name, if counts { self.number } else { self.text }));
        let size = scheme.size.as_ref().map(|size| (&size.parameter, self.number));
        for (name, type_ref) in main.into_iter().chain(size) {
            if operation.parameter(name).is_some() {
                continue;
            }
            let ident = ident(name, &operation.parameters);
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
        let main = parameter(scheme).and_then(|name| attempt.parameter(name));
        let has_parameter = parameter(scheme).is_none() || main.is_some();
        let strategy = scheme.strategy().and_then(|declared| attempt.strategy(declared, scheme, main));
        let size = scheme.size.as_ref().and_then(|size| {
            self.operation.parameter(&size.parameter).map(|(index, _)| (index, size.value.value))
        });
        match strategy {
            Some(strategy) if attempt.problems.is_empty() => {
                let key = match &strategy {
                    // The field by which the API goes on identifies a record.
                    Strategy::LastId { field, .. } if self.records.key.is_empty() => vec![field.clone()],
                    _ => self.records.key.clone(),
                };
                let (records, record) = self.records.found.clone().unzip();
                let paging = Paging { scheme: name.to_owned(), strategy, size, records, record, key };
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
        list && scheme.size.as_ref().is_some_and(|size| self.operation.parameter(&size.parameter).is_some())
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

    fn strategy(&mut self, declared: Declared<'_>, scheme: &Scheme, main: Option<usize>) -> Option<Strategy> {
        match declared {
            Declared::NextUrl(next) => {
                let end = End { more: self.flag(&next.more), done: self.flag(&next.done), ..End::default() };
                let paged = self.fitter.looks_paged(scheme);
                let next = self.token(&next.path, &next.header, Expected::Url, paged)?;
                Some(Strategy::NextUrl { next, end })
            }
            Declared::Cursor(next) => {
                let end = End { more: self.flag(&next.more), done: self.flag(&next.done), ..End::default() };
                let next = self.token(&next.next, &next.next_header, Expected::Token, true);
                Some(Strategy::Cursor { parameter: main?, next: next?, end })
            }
            Declared::Page(page) => {
                let end = End {
                    more: self.flag(&page.more),
                    done: self.flag(&page.done),
                    total_records: self.count(&page.total_records),
                    total_pages: self.count(&page.total_pages),
                };
                let tells = end.more.is_some() || end.done.is_some() || end.total_pages.is_some();
                if !tells {
                    self.records("to see where the pages end")?;
                }
                Some(Strategy::PageNumber { parameter: main?, first: page.first, end })
            }
            Declared::Offset(offset) => {
                let end = End {
                    more: self.flag(&offset.more),
                    done: self.flag(&offset.done),
                    total_records: self.count(&offset.total_records),
                    total_pages: None,
                };
                self.records("to count those that were served")?;
                Some(Strategy::Offset { parameter: main?, end })
            }
            Declared::LinkHeader(link) => {
                let paged = self.fitter.looks_paged(scheme);
                self.header("Link", paged)?;
                Some(Strategy::LinkHeader { relation: link.relation.clone() })
            }
            Declared::LastId(last) => {
                let end = End { more: self.flag(&last.more), done: self.flag(&last.done), ..End::default() };
                let record = self.records("to take the last one's field")?;
                let field = self.path(Some(record), Some(&last.field), Expected::Token);
                Some(Strategy::LastId { parameter: main?, field: field?, end })
            }
        }
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
