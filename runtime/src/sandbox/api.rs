//! The API itself: a request goes `route -> auth -> limits -> parameters -> play`, as on a real server.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use serde_json::{Value, json};

use crate::Config;
use crate::config::other_key;
use crate::contract::{Base, Contract, Operation, Partition, Stream, Test};

use super::bodies::JobState;
use super::dataset::DataSet;
use super::drift::DriftPlan;
use super::limits::Limits;
use super::play::{Call, all};
use super::refusal::Refusal;
use super::request::{Reply, Request};
use super::route::{Play, Route, routes};
use super::tokens::TokenServer;
use super::{SandboxOptions, auth, bodies, tree};

pub(super) struct Api {
    pub(super) contract: &'static Contract,
    values: Vec<(String, String)>,
    pub(super) config: Config,
    pub(super) origin: String,
    base_path: String,
    /// The path of each of the other servers, which the sandbox plays too.
    other_paths: Vec<String>,
    pub(super) options: SandboxOptions,
    /// Which may change while it serves.
    pub(super) drift: RwLock<DriftPlan>,
    routes: Vec<Route>,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) sets: Vec<DataSet>,
    pub(super) limits: Limits,
    pub(super) tokens: TokenServer,
    /// Answers by idempotency key, with what they answer.
    pub(super) replays: BTreeMap<String, (u64, Reply)>,
    /// The jobs that were created, by their ids, with the streams that they are of.
    pub(super) jobs: BTreeMap<String, (&'static Stream, JobState)>,
}

impl Api {
    /// The API at that origin. Fails where the options give values that the contract does not know.
    pub(super) fn new(
        contract: &'static Contract,
        options: SandboxOptions,
        origin: String,
    ) -> Result<Self, crate::Error> {
        let given = options.credentials.iter().map(|(name, value)| (name, value.as_str()));
        Config::from_pairs(contract, given)?;
        let values = auth::values(contract, &options.credentials);
        let config = Config::from_pairs(contract, values.iter().map(|(name, value)| (name, value.as_str())))?;
        let base_path = config.base_url()?.path().trim_end_matches('/').to_owned();
        let others = (0..contract.server.others.len()).map(|index| {
            let url = config.other_base_url(index)?;
            Ok(url.map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default())
        });
        let other_paths = others.collect::<Result<Vec<_>, crate::Error>>()?;
        let (routes, sets) = routes(contract, options.seed, options.records, options.largest_page);
        let tokens = TokenServer::new(&config, options.clock.now(), options.token_life);
        let limits = Limits::default();
        let state = State { sets, limits, tokens, replays: BTreeMap::new(), jobs: BTreeMap::new() };
        let state = Mutex::new(state);
        let drift = RwLock::new(options.drift.clone());
        Ok(Self { contract, values, config, origin, base_path, other_paths, options, drift, routes, state })
    }

    pub(super) fn base_url(&self) -> String {
        format!("{}{}", self.origin, self.base_path)
    }

    pub(super) fn config(&self) -> Vec<(String, String)> {
        let base_url = ("base_url".to_owned(), self.base_url());
        let others = self.contract.server.others.iter().zip(&self.other_paths);
        let others = others.map(|(other, path)| (other_key(other), format!("{}{path}", self.origin)));
        let endpoints = self.state().tokens.config(self.config.auth(), &self.origin);
        self.values.iter().cloned().chain([base_url]).chain(others).chain(endpoints).collect()
    }

    /// What stands before the paths of an operation.
    pub(super) fn path_of(&self, operation: &Operation) -> &str {
        match operation.base {
            Base::Server => &self.base_path,
            Base::Path(path) => path,
            Base::Other(index) => self.other_paths.get(index).map_or("", String::as_str),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> jiff::Timestamp {
        self.options.clock.now()
    }

    /// The data set that a stream's operation lists.
    pub(super) fn with_set<T>(&self, stream: &str, act: impl FnOnce(&mut DataSet, i64) -> T) -> Option<T> {
        let set = self.set_of(stream)?;
        let now = self.now().as_second();
        self.state().sets.get_mut(set).map(|set| act(set, now))
    }

    /// The data set whose records a stream reads.
    pub(super) fn set_of(&self, stream: &str) -> Option<usize> {
        let operation = self.contract.stream(stream)?.operation.id;
        let route = self.routes.iter().find(|route| route.operation.id == operation)?;
        match route.play {
            Play::List { set, .. } | Play::Body { set, .. } | Play::CreateJob { set, .. } => Some(set),
            _ => None,
        }
    }

    /// Adds records to a stream. A record in the list of a parent changes its parent too, as on servers whose lists can be left out where the
    /// parent has not changed.
    pub(super) fn grow(&self, stream: &str, records: u64) -> Option<()> {
        let now = self.now().as_second();
        let at = self.set_of(stream)?;
        let slices = self.contract.stream(stream).and_then(|stream| stream.slices.as_ref());
        let parents = slices.and_then(|slices| match &slices.partition {
            Partition::Parent(parent) => self.set_of(parent.stream),
            Partition::Whole | Partition::Each(_) => None,
        });
        let mut state = self.state();
        for _ in 0..records {
            let (index, _) = state.sets.get_mut(at)?.create(&Value::Null, now);
            if let Some(parents) = parents.and_then(|parents| state.sets.get_mut(parents))
                && let Some(parent) = index.checked_rem(parents.seeded())
            {
                parents.update(parent, &Value::Null, now);
            }
        }
        Some(())
    }

    /// Serves differently from now on.
    pub(super) fn drift(&self, plan: DriftPlan) {
        *self.drift.write().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    /// Ends every access token.
    pub(super) fn revoke(&self) {
        self.state().tokens.revoke();
    }

    /// Requests for tokens so far.
    pub(super) fn asked_for_tokens(&self) -> u64 {
        self.state().tokens.asked()
    }

    /// Answers a request; beside it the operation that was meant.
    pub(super) fn answer(&self, request: &Request) -> (Reply, Option<&'static str>) {
        let of_tokens = self.state().tokens.answer(&self.config, &self.base_path, request, self.now());
        if let Some(reply) = of_tokens {
            return (reply, None);
        }
        if let Some(id) = request.path.strip_prefix(bodies::FILES) {
            return (self.file(id), None);
        }
        let (route, path) = match self.find(request) {
            Ok(found) => found,
            Err(refusal) => return (refusal.reply(None), None),
        };
        let call = Call { api: self, route, request, path };
        let (mut told, mut held) = (Vec::new(), None);
        let mut reply =
            call.answer(&mut told, &mut held).unwrap_or_else(|refusal| refusal.reply(Some(route.operation)));
        reply.headers.extend(told);
        reply.held = held;
        (reply, Some(route.operation.id))
    }

    /// What a job made.
    fn file(&self, id: &str) -> Reply {
        let state = self.state();
        let unknown = || Refusal::not_found(format!("there is no file {id}")).reply(None);
        let Some((stream, job)) = state.jobs.get(id) else { return unknown() };
        let set = state.sets.iter().find(|set| set.name == stream.name);
        set.map_or_else(unknown, |set| all(set, stream, job.view))
    }

    /// The answer that a rule of the error map is about, by its number from 1.
    pub(super) fn erroneous(&self, number: usize) -> Reply {
        let Some(rule) = number.checked_sub(1).and_then(|index| self.contract.errors.get(index)) else {
            let message = format!("the error map has {} rules", self.contract.errors.len());
            return Refusal::new(500, "fault", message).reply(None);
        };
        let status =
            rule.statuses.first().map_or(if rule.body.is_some() { 200 } else { 400 }, |(from, _)| *from);
        let text = |test: Test| match test {
            Test::Present => "1",
            Test::Equals(text) | Test::Contains(text) => text,
        };
        let mut reply = match rule.body {
            Some((path, test)) => {
                let message = json!("the fault plan makes this request fail");
                let mut body = json!({ "message": message });
                match path {
                    [] => body = json!([{ "code": text(test) }]),
                    path => tree::set(&mut body, path, json!(text(test))),
                }
                Reply::json(status, &body)
            }
            None => Refusal::new(status, "fault", "the fault plan makes this request fail").reply(None),
        };
        if let Some((name, test)) = rule.header {
            reply.headers.push((name.to_owned(), text(test).to_owned()));
        }
        reply
    }

    fn find(&self, request: &Request) -> Result<(&Route, Vec<String>), Refusal> {
        let unknown = || Refusal::not_found(format!("there is no operation at {}", request.path));
        let matches =
            |route: &Route| route.matches(request.path.strip_prefix(self.path_of(route.operation))?);
        let found: Vec<(&Route, Vec<String>)> =
            self.routes.iter().filter_map(|route| Some((route, matches(route)?))).collect();
        if found.is_empty() {
            return Err(unknown());
        }
        let methods: Vec<&str> = found.iter().map(|(route, _)| route.operation.method.as_str()).collect();
        let allow = methods.join(", ");
        // HEAD is answered as GET, without its body (RFC 9110, 9.3.2).
        let method = if request.method == "HEAD" { "GET" } else { request.method.as_str() };
        found
            .into_iter()
            .filter(|(route, _)| route.operation.method.as_str() == method)
            .max_by_key(|(route, _)| route.weight())
            .ok_or_else(|| {
                let message = format!("{} does not take {}, but {allow}", request.path, request.method);
                Refusal::new(405, "method_not_allowed", message).with("allow", allow.clone())
            })
    }
}
