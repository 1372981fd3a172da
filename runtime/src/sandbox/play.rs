//! One request: `limits -> parameters -> play`, once its operation is known.

use std::sync::{Arc, PoisonError};

use serde_json::{Value, json};

use crate::contract::{
    Auth, Base, Body, FieldShape, Format, JobOperation, Location, Media, OAuth2, Operation, ParentValue,
    Partition, Security, Session, Shape, Source, Stream, Style, Target,
};
use crate::upload::essence;

use super::api::{Api, State};
use super::bodies::JobState;
use super::dataset::{DataSet, Stamp};
use super::filter::Filter;
use super::limits::Held;
use super::paging::Listing;
use super::refusal::Refusal;
use super::request::{Reply, Request};
use super::route::{Play, Route};
use super::view::{Share, View};
use super::{auth, bodies, data, tree};

/// What a play needs beside the request.
pub(super) struct Call<'a> {
    pub(super) api: &'a Api,
    pub(super) route: &'a Route,
    pub(super) request: &'a Request,
    /// Decoded path parameters.
    pub(super) path: Vec<String>,
}

impl Call<'_> {
    fn operation(&self) -> &'static Operation {
        self.route.operation
    }

    fn takes_credential(&self) -> bool {
        match self.operation().base {
            Base::Server | Base::Path(_) => true,
            Base::Other(index) => {
                self.api.contract.server.others.get(index).is_some_and(|other| other.credential)
            }
        }
    }

    /// The body that the request has, of those that the operation takes: that of its media type, else the first.
    fn body(&self) -> Option<&'static Body> {
        let first = self.operation().body.as_ref();
        let sent = self.request.header("content-type").map(essence)?;
        let mut all = first.into_iter().chain(self.operation().other_bodies);
        all.find(|body| essence(body.media_type) == sent).or(first)
    }

    pub(super) fn answer(
        &self,
        told: &mut Vec<(String, String)>,
        held: &mut Option<Arc<Held>>,
    ) -> Result<Reply, Refusal> {
        let api = self.api;
        if self.operation().security == Security::Required && self.takes_credential() {
            let now = api.now();
            let checked = match api.config.auth() {
                Auth::OAuth2(OAuth2 { placement, .. }) | Auth::Session(Session { placement, .. }) => {
                    let good = api.state().tokens.check(placement, self.request, now);
                    if good { Ok(()) } else { Err("Bearer realm=\"sandbox\", error=\"invalid_token\"") }
                }
                _ => auth::check(&api.config, self.request, self.body(), now),
            };
            checked.map_err(|challenge| {
                Refusal::new(401, "unauthorized", "the credentials are missing or wrong")
                    .with("www-authenticate", challenge)
            })?;
        }
        let mut state = api.state();
        if api.options.limits {
            let now = api.now().as_millisecond();
            let parameter = |name: &str| self.request.parameter(name)?.parse().ok();
            let verdict = state.limits.count(api.contract, self.operation(), parameter, now);
            *told = verdict.headers;
            *held = verdict.held;
            if let Some(wait) = verdict.wait {
                let message = format!("too many requests; wait {wait} s");
                return Err(Refusal::new(429, "too_many_requests", message));
            }
        }
        self.check_parameters()?;
        let fields = self.fields()?;
        let Some(key) = self.operation().idempotency_key.and_then(|name| self.request.header(name)) else {
            return self.play(&mut state, &fields);
        };
        let given = [self.request.path.as_bytes(), b"\n", &self.request.body].concat();
        let given = data::derive(data::derive(0, &self.request.method), &String::from_utf8_lossy(&given));
        match state.replays.get(key) {
            Some((known, reply)) if *known == given => Ok(reply.clone().with("idempotent-replayed", "true")),
            Some(_) => {
                let message = format!("the idempotency key `{key}` was used with another request");
                Err(Refusal::new(400, "idempotency_error", message))
            }
            None => {
                let reply = self.play(&mut state, &fields)?;
                state.replays.insert(key.to_owned(), (given, reply.clone()));
                Ok(reply)
            }
        }
    }

    fn check_parameters(&self) -> Result<(), Refusal> {
        for parameter in self.operation().parameters {
            if parameter.location != Location::Query || parameter.style == Style::DeepObject {
                continue;
            }
            let name = parameter.name;
            let given = self.request.parameter(name);
            if given.is_none() && parameter.required {
                return Err(Refusal::invalid(format!("`{name}` is missing")));
            }
            let expected = match tree::bare(&parameter.shape) {
                Shape::Integer => "a whole number",
                Shape::Number => "a number",
                Shape::Boolean => "true or false",
                _ => continue,
            };
            let Some(text) = given.filter(|text| !text.is_empty()) else { continue };
            if tree::coerce(&parameter.shape, &json!(text)).is_none() {
                return Err(Refusal::invalid(format!("`{name}` is `{text}`, but has to be {expected}")));
            }
        }
        Ok(())
    }

    /// The body's fields, without the property that wraps them.
    fn fields(&self) -> Result<Value, Refusal> {
        let Some(body) = self.body().or(self.operation().body.as_ref()) else { return Ok(json!({})) };
        if body.required && self.request.body.is_empty() {
            return Err(Refusal::invalid(format!("the body is missing; send {}", body.media_type)));
        }
        let mut fields = self
            .request
            .fields(body)
            .ok_or_else(|| Refusal::invalid(format!("the body is no {}", body.media_type)))?;
        if self.request.body.is_empty() {
            return Ok(fields);
        }
        complete(&body.shape, &fields)?;
        if let Value::Object(members) = &mut fields {
            members.retain(|name, _| !auth::fields(self.api.config.auth()).contains(&name.as_str()));
        }
        let absent = body.parts.iter().find(|part| part.required && fields.get(part.name).is_none());
        if let Some(part) = absent.filter(|part| !matches!(part.shape, Shape::Array(_))) {
            return Err(Refusal::invalid(format!("the body has no part `{}`", part.name)));
        }
        let sole =
            fields.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.iter().next());
        match sole {
            Some((name, inner)) if inner.is_object() => {
                let declared = tree::field(&body.shape, name).map(|field| tree::bare(&field.shape));
                let of_record = self.record_shape().is_some_and(|shape| tree::field(&shape, name).is_some());
                match declared {
                    Some(shape @ (Shape::Object(_) | Shape::Union(_))) if !of_record => {
                        complete(&shape, inner)?;
                        Ok(inner.clone())
                    }
                    _ => Ok(fields),
                }
            }
            _ => Ok(fields),
        }
    }

    /// Shape of the record in the answer.
    fn record_shape(&self) -> Option<Shape> {
        let answer = self.route.answer?;
        match self.route.wrapper {
            Some(wrapper) => tree::field(&answer, wrapper).map(|field| tree::bare(&field.shape)),
            None => Some(tree::bare(&answer)),
        }
    }

    fn play(&self, state: &mut State, fields: &Value) -> Result<Reply, Refusal> {
        let (Play::List { set, .. }
        | Play::Read { set }
        | Play::Create { set }
        | Play::Update { set }
        | Play::Delete { set }
        | Play::Body { set, .. }
        | Play::Download { set, .. }) = self.route.play
        else {
            return self.job(state);
        };
        let share = match self.route.play {
            Play::List { .. } => self.share(&state.sets)?,
            _ => None,
        };
        let made = match self.route.play {
            Play::Download { of, .. } => self.job_id(state, of).and_then(|id| state.jobs.get(&id)),
            _ => None,
        };
        let made = made.map(|(_, job)| job.view);
        let Some(set) = state.sets.get_mut(set) else { return Ok(self.sample()) };
        let now = self.api.now().as_second();
        match self.route.play {
            Play::List { stamp, .. } => self.list(set, stamp, share),
            Play::Create { .. } => {
                let (index, record) = set.create(fields, now);
                Ok(self.record(set, index, record))
            }
            Play::Read { .. } => {
                let index = self.index(set)?;
                let record = set.record(index).ok_or_else(|| self.gone(set))?;
                Ok(self.record(set, index, record))
            }
            Play::Update { .. } => {
                let index = self.index(set)?;
                let record = set.update(index, fields, now).ok_or_else(|| self.gone(set))?;
                Ok(self.record(set, index, record))
            }
            Play::Delete { .. } => {
                let index = self.index(set)?;
                let body = self.route.answer.map(|shape| (shape, set.make(&shape, index)));
                set.delete(index).ok_or_else(|| self.gone(set))?;
                let Some((shape, mut body)) = body.filter(|_| self.route.status != 204) else {
                    return Ok(Reply::empty(self.route.status));
                };
                if tree::field(&shape, "deleted").is_some() {
                    tree::set(&mut body, &["deleted"], json!(true));
                }
                Ok(Reply::json(self.route.status, &body))
            }
            Play::Body { stamp, .. } => match self.route.stream {
                Some(stream) => Ok(all(set, stream, self.view(set, stamp)?)),
                None => Ok(self.sample()),
            },
            Play::Download { .. } => match (self.route.stream, made) {
                (Some(stream), Some(view)) => Ok(all(set, stream, view)),
                (Some(_), None) => Err(Refusal::not_found("there is no such job".to_owned())),
                (None, _) => Ok(self.sample()),
            },
            Play::CreateJob { .. } | Play::PollJob { .. } | Play::Sample => Ok(self.sample()),
        }
    }

    /// The records that a request asks for by the cursor or the window of its stream.
    fn view(&self, set: &DataSet, stamp: Option<Stamp>) -> Result<View, Refusal> {
        let fields = self.sent();
        let filter = Filter { route: self.route, request: self.request, fields: &fields, set };
        Ok(filter.view(filter.times()?, stamp, None))
    }

    /// The job that a request is about.
    fn job_id(&self, state: &State, of: &JobOperation) -> Option<String> {
        let in_path = self.path.iter().find(|part| state.jobs.contains_key(*part)).cloned();
        let name = of.operation.parameters.get(of.id).map_or("", |known| known.name);
        in_path.or_else(|| self.request.parameter(name))
    }

    /// Creates a job, or tells of one.
    fn job(&self, state: &mut State) -> Result<Reply, Refusal> {
        let sample = self.sample();
        let (Some(stream), Some(shape)) = (self.route.stream, self.route.answer) else { return Ok(sample) };
        let mut answer: Value = serde_json::from_slice(&sample.body).unwrap_or_default();
        let origin = &self.api.origin;
        match self.route.play {
            Play::CreateJob { job, set, stamp } => {
                let view = state.sets.get(set).map(|set| self.view(set, stamp)).transpose()?;
                let id = format!("job-{}", state.jobs.len() + 1);
                tree::set(&mut answer, job.id, json!(id));
                bodies::tell(&mut answer, job, &shape, &id, false, origin);
                state.jobs.insert(id, (stream, JobState::new(view.unwrap_or(View::all()))));
            }
            Play::PollJob { job } => {
                let id = self.job_id(state, &job.poll).unwrap_or_default();
                let Some((_, asked)) = state.jobs.get_mut(&id) else {
                    return Err(Refusal::not_found(format!("there is no job `{id}`")));
                };
                bodies::tell(&mut answer, job, &shape, &id, asked.ask(), origin);
            }
            _ => return Ok(sample),
        }
        Ok(Reply::json(self.route.status, &answer))
    }

    /// The body's fields as they were sent.
    fn sent(&self) -> Value {
        self.body().and_then(|body| self.request.fields(body)).unwrap_or_default()
    }

    fn list(
        &self,
        set: &DataSet,
        stamp: Option<super::dataset::Stamp>,
        share: Option<Share>,
    ) -> Result<Reply, Refusal> {
        let fields = self.sent();
        let drift = self.api.drift.read().unwrap_or_else(PoisonError::into_inner);
        let listing = Listing {
            route: self.route,
            paging: self.operation().paging.as_ref(),
            set,
            stamp,
            request: self.request,
            fields: &fields,
            auth: self.api.config.auth(),
            origin: &self.api.origin,
            largest: self.api.options.largest_page,
            seed: self.api.options.seed,
            share,
            drift: &drift,
            depth: self.api.options.depth,
        };
        listing.reply()
    }

    /// Which of the set's records the list holds, where the stream has a list for each parent or value. A parent that there is not, or
    /// not any more, has none.
    fn share(&self, sets: &[DataSet]) -> Result<Option<Share>, Refusal> {
        match self.route.slices().map(|slices| &slices.partition) {
            Some(Partition::Parent(parent)) => {
                let Some(set) = self.api.set_of(parent.stream).and_then(|set| sets.get(set)) else {
                    return Ok(None);
                };
                let by = parent.parameters.iter().find_map(|(target, value)| match value {
                    ParentValue::Field(path) if set.is_identity(path) => Some((self.given(*target)?, *path)),
                    _ => None,
                });
                let Some((text, path)) = by else { return Ok(None) };
                match set.find(path, &text) {
                    Some(index) => Ok(Some(Share { first: index, of: set.seeded() })),
                    None => Err(Refusal::not_found(format!("there is no {} `{text}`", set.name))),
                }
            }
            Some(Partition::Each(each)) => {
                let Some(text) = self.given(each.target) else { return Ok(None) };
                let values = crate::slices::each(&self.api.config, each).unwrap_or_default();
                match values.iter().position(|value| value.key == text) {
                    Some(first) => Ok(Some(Share { first: first as u64, of: values.len() as u64 })),
                    None => Err(Refusal::not_found(format!("there is nothing of `{text}`"))),
                }
            }
            Some(Partition::Whole) | None => Ok(None),
        }
    }

    /// What the request gives where a slice's value goes.
    fn given(&self, target: Target) -> Option<String> {
        match target {
            Target::Parameter(index) => {
                let parameter = self.operation().parameters.get(index)?;
                match parameter.location {
                    Location::Path => self.path.get(self.route.path_parameter(parameter.name)?).cloned(),
                    Location::Header => self.request.header(parameter.name).map(str::to_owned),
                    Location::Cookie => self.request.cookie(parameter.name).map(str::to_owned),
                    _ => self.request.parameter(parameter.name),
                }
            }
            Target::Property(index, property) => {
                let parameter = self.operation().parameters.get(index)?;
                self.request.parameter(&format!("{}[{property}]", parameter.name))
            }
            Target::Field { path, .. } => {
                let body = self.request.fields(self.body()?)?;
                let value = tree::sent(&body, path)?;
                Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            }
        }
    }

    /// The position of the record that the last path parameter names.
    fn index(&self, set: &DataSet) -> Result<u64, Refusal> {
        let name = self.path.last().map_or("", String::as_str);
        let path = self.route.lookup.or(set.first_identity()).unwrap_or(&[]);
        set.find(path, name).ok_or_else(|| self.gone(set))
    }

    fn gone(&self, set: &DataSet) -> Refusal {
        let name = self.path.last().map_or("", String::as_str);
        Refusal::not_found(format!("there is no {} `{name}`", set.name))
    }

    /// An answer with one record. Where the answer's shape is a richer one of the same resource, the record's fields go into it.
    fn record(&self, set: &DataSet, index: u64, record: Value) -> Reply {
        let (Some(answer), Some(shape)) = (self.route.answer, self.record_shape()) else {
            return Reply::empty(self.route.status);
        };
        let same = matches!((shape, set.shape), (Shape::Object(a), Shape::Object(b)) if std::ptr::eq(a, b));
        let record = match (record, same) {
            (Value::Object(fields), false) => {
                let mut richer = set.make(&shape, index);
                for (name, value) in fields {
                    let known = tree::field(&shape, &name);
                    if let Some(value) = known.and_then(|field| tree::coerce(&field.shape, &value)) {
                        tree::set(&mut richer, &[name.as_str()], value);
                    }
                }
                richer
            }
            (record, _) => record,
        };
        let body = match self.route.wrapper {
            None => record,
            Some(wrapper) => {
                let source = data::Source { seed: self.api.options.seed, index, moment: 0 };
                let mut body = data::least(&answer, source);
                tree::set(&mut body, &[wrapper], record);
                body
            }
        };
        Reply::json(self.route.status, &body)
    }

    fn sample(&self) -> Reply {
        let status = self.route.status;
        let Some(shape) = self.route.answer else { return Reply::empty(status) };
        let seed = data::derive(self.api.options.seed, self.operation().id);
        let value = data::value(&shape, data::Source { seed, index: 0, moment: self.api.now().as_second() });
        match self.route.media {
            Media::Text | Media::Bytes => {
                let kind =
                    if self.route.media == Media::Text { "text/plain" } else { "application/octet-stream" };
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                Reply { body: text.into_bytes(), ..Reply::empty(status).with("content-type", kind) }
            }
            media if media.is_sequence() => sequence(media, &value, status),
            _ => Reply::json(status, &value),
        }
    }
}

/// All records of a view in one body.
pub(super) fn all(set: &DataSet, stream: &Stream, view: View) -> Reply {
    let format = match &stream.source {
        Source::Pages => &Format::Json,
        Source::Bodies(format) => format,
        Source::Job(job) => &job.format,
    };
    let selection = set.select(view);
    let numbers = 0..selection.total();
    let records = numbers.filter_map(|number| set.record(selection.at(number)?.0));
    bodies::body(format, stream.records, &stream.shape, &records.collect::<Vec<_>>())
}

/// Two items of a sequence.
fn sequence(media: Media, item: &Value, status: u16) -> Reply {
    let (kind, item) = match media {
        Media::JsonSequence => ("application/json-seq", format!("\u{1e}{item}\n")),
        Media::EventStream => ("text/event-stream", event(item)),
        _ => ("application/jsonl", format!("{item}\n")),
    };
    Reply { body: item.repeat(2).into_bytes(), ..Reply::empty(status).with("content-type", kind) }
}

/// A server-sent event: of an object of its fields, else with the value as its data.
fn event(item: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let data = |value: &Value| text(value).lines().map(|line| format!("data: {line}\n")).collect::<String>();
    let Some(held) = item.get("data") else { return format!("{}\n", data(item)) };
    let other = |name: &str| {
        let value = item.get(name).filter(|value| !value.is_null()).map(text);
        value.map_or_else(String::new, |value| format!("{name}: {}\n", value.replace(['\r', '\n'], " ")))
    };
    format!("{}{}{}\n", other("event"), other("id"), data(held))
}

/// Refuses a body without the fields that its shape requires of a request.
fn complete(shape: &Shape, fields: &Value) -> Result<(), Refusal> {
    let Shape::Object(object) = tree::bare(shape) else { return Ok(()) };
    let missing = object.fields.iter().find(|field| {
        let needed = field.has(FieldShape::REQUIRED) && !field.has(FieldShape::READ_ONLY);
        needed && fields.get(field.name).is_none()
    });
    match missing {
        Some(field) => Err(Refusal::invalid(format!("the body has no `{}`", field.name))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sequences_are_written_as_their_readers_expect() {
        let table = [
            (Media::JsonLines, json!({ "a": "b\nc" }), "{\"a\":\"b\\nc\"}\n"),
            (Media::JsonSequence, json!([1]), "\u{1e}[1]\n"),
            (Media::EventStream, json!({ "a": 1 }), "data: {\"a\":1}\n\n"),
            (Media::EventStream, json!("a\nb"), "data: a\ndata: b\n\n"),
            (
                Media::EventStream,
                json!({ "event": "x\ny", "id": null, "data": { "a": 1 } }),
                "event: x y\ndata: {\"a\":1}\n\n",
            ),
        ];
        for (media, item, expected) in table {
            let reply = sequence(media, &item, 200);
            assert_eq!(String::from_utf8_lossy(&reply.body), expected.repeat(2), "{media:?} {item}");
        }
    }
}
