//! One case: a style, what goes wrong, and what has to be true of it afterwards.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Write;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use linchpin_runtime::clock::Clock as _;
use linchpin_runtime::paging::Position;
use linchpin_runtime::store::Store;
use linchpin_runtime::sync::{Report, Sync, SyncError, SyncProblem};
use linchpin_runtime::testing::Seeded;
use linchpin_runtime::{AuthProblem, Caps, Client, Config, Error, ErrorKind, MemoryTokenStore, Page, Pages};
use serde_json::Value;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::clock::Virtual;
use crate::faults::{Ends, Fault, reason};
use crate::source::Source;
use crate::styles::{SECRET, Style};

/// A case.
pub(crate) struct Case<'a> {
    pub(crate) style: &'a Style,
    /// What goes wrong, each from that request on.
    pub(crate) plan: Vec<(usize, Fault)>,
    pub(crate) ends: Ends,
    pub(crate) seed: u64,
    /// Whether everything is put right after the first run that fails.
    pub(crate) heals: bool,
}

/// Runs that a plan may take: every fault may end one.
const RUNS: usize = 60;

struct Scene<'a> {
    case: &'a Case<'a>,
    source: Source,
    clock: Virtual,
    tokens: MemoryTokenStore,
    shown: Paper,
}

/// What was shown to anyone.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

thread_local! {
    /// Where the log of this thread goes, if anywhere.
    static LOG: RefCell<Option<Paper>> = const { RefCell::new(None) };
}

/// Has what this thread logs written there. The subscriber is one for the whole process: one for a thread alone would not see the events
/// that a thread which logs nowhere met first.
fn log_to(paper: &Paper) {
    static SUBSCRIBED: Once = Once::new();
    SUBSCRIBED.call_once(|| {
        let lines = tracing_subscriber::fmt::layer()
            .without_time()
            .with_ansi(false)
            .with_writer(|| LOG.with_borrow(|paper| paper.clone().unwrap_or_default()))
            .with_filter(dynamic_filter_fn(|_, _| LOG.with_borrow(Option::is_some)));
        tracing::subscriber::set_global_default(Registry::default().with(lines))
            .expect("the only subscriber");
    });
    LOG.set(Some(paper.clone()));
}

impl Paper {
    fn add(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(text.as_bytes());
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Plays a case by a sync into a store. Gives what happened; the error says what is wrong.
pub(crate) fn synced(case: &Case<'_>) -> Result<Vec<Fault>, String> {
    played(case, |scene| Box::pin(scene.sync()))
}

/// Plays a case by a walk over the pages that nobody stores but the caller.
pub(crate) fn walked(case: &Case<'_>) -> Result<Vec<Fault>, String> {
    played(case, |scene| Box::pin(scene.walk()))
}

fn played<'c>(
    case: &'c Case<'c>,
    play: impl for<'s> FnOnce(&'s Scene<'c>) -> futures_core::future::LocalBoxFuture<'s, Result<(), String>>,
) -> Result<Vec<Fault>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let clock = {
        let _within = runtime.enter();
        Virtual::new("2026-01-01T00:00:00.25Z".parse().expect("a time"))
    };
    let source = Source::new(case.style.way, clock, case.seed, &case.plan);
    let scene = Scene { case, source, clock, tokens: MemoryTokenStore::default(), shown: Paper::default() };
    // Half of the time goes into what is logged.
    let logged = case.heals || case.seed.is_multiple_of(5);
    if logged {
        log_to(&scene.shown);
    }
    let result = runtime.block_on(play(&scene));
    LOG.set(None);
    let wrong = scene.source.wrong();
    let shown = scene.shown.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let shown = String::from_utf8_lossy(&shown);
    let leak = shown.find("c4nary").map(|at| {
        let from = shown[..at].char_indices().rev().nth(200).map_or(0, |(at, _)| at);
        format!("a credential was shown: {}", &shown[from..at + 6])
    });
    let unseen = (logged && !shown.contains("attempt failed") && !shown.contains("attempt succeeded"))
        .then(|| "no attempt was logged".to_owned());
    let problem = result.err().into_iter().chain(wrong).chain(leak).chain(unseen).next();
    match problem {
        None => Ok(scene.source.played()),
        Some(problem) => Err(format!(
            "{}, seed {}, {:?}\n    played: {:?}\n    {problem}",
            case.style.name,
            case.seed,
            case.plan,
            scene.source.played()
        )),
    }
}

impl Scene<'_> {
    fn client(&self) -> Client {
        let config = Config::from_pairs(self.case.style.contract, [("refresh_token", SECRET)]);
        let client = Client::builder(self.case.style.contract)
            .config(config.expect("a configuration"))
            .clock(Arc::new(self.clock))
            .random(Seeded::new(self.case.seed))
            .transport(self.source.transport())
            .token_store(self.tokens.clone())
            .caps(Caps { body: 256 * 1024, ..Caps::default() })
            .build();
        client.expect("a client")
    }

    /// What an error says has to have one of the reasons that there are; gives them.
    fn judge(&self, errors: &[&Error]) -> Result<(), String> {
        for error in errors {
            self.shown.add(&told(error));
            let reasons = self.case.ends.reasons();
            if !reasons.contains(&reason(error)) {
                return Err(format!("it may end by {reasons:?}, and ended by `{}`: {error}", reason(error)));
            }
        }
        Ok(())
    }

    /// Lets time pass before the next run, and lets the user do what the error asks for.
    async fn before_the_next_run(&self, errors: &[&Error], runs: usize) {
        let until = errors.iter().filter_map(|error| error.resume_at()).max();
        let wait = until.and_then(|until| Duration::try_from(until.duration_since(self.clock.now())).ok());
        // Some go on at once, others after positions that shift are too old.
        let pause = if (self.case.seed + runs as u64).is_multiple_of(3) { 3_600 } else { 10 };
        self.clock.advance(wait.unwrap_or_default().max(Duration::from_secs(pause))).await;
        let lost = |error: &&Error| matches!(error.kind(), ErrorKind::Auth(AuthProblem::AnswerLost { .. }));
        if errors.iter().any(lost) {
            self.source.log_in();
        }
        for error in errors {
            match reason(error) {
                "no new keys" | "went back" => self.source.end(Fault::FirstPageAgain),
                // The walk begins anew.
                "total not reached" => self.source.end(Fault::EmptyPage),
                _ => {}
            }
        }
        if until.is_none() {
            // Whoever runs it again need not know for how long to wait.
            self.source.forget_waits();
        }
        if self.case.heals {
            self.source.heal();
        }
        if runs >= RUNS / 4 {
            self.source.put_right();
        }
        if runs >= RUNS / 2 {
            self.source.heal();
        }
    }

    async fn run(&self, store: &Store) -> Result<Report, SyncError> {
        let client = self.client();
        let sync = Sync::new(&client, store);
        if self.case.style.contract.streams.iter().any(|stream| is_parent(self.case.style, stream.name)) {
            sync.stream("owners").run().await?;
        }
        let report = sync.stream("items").run().await?;
        self.shown.add(&format!("{client:?} {report:?}"));
        Ok(report)
    }

    async fn sync(&self) -> Result<(), String> {
        let stream = self.case.style.stream();
        let store = Store::in_memory(self.case.style.contract).expect("a store");
        let at_first: HashSet<u64> = self.source.records().into_keys().collect();
        let rows = || {
            let mut rows = HashMap::new();
            let read = store.for_each(stream, |row| {
                let record: Value = serde_json::from_str(&row.record).expect("a record is JSON");
                rows.insert(record["id"].as_u64().expect("an id"), record);
            });
            read.expect("rows");
            rows
        };
        for runs in 1..=RUNS {
            let result = self.run(&store).await;
            let (records, found) = (self.source.records(), rows());
            let strange: BTreeSet<_> =
                found.iter().filter(|(id, row)| records.get(id) != Some(row)).map(|(id, _)| id).collect();
            if !strange.is_empty() {
                return Err(format!("the store holds what the source does not: {strange:?}"));
            }
            match result {
                Err(error) => {
                    self.shown.add(&format!("{error} {error:?}"));
                    if runs == 1 && matches!(self.case.ends, Ends::Well) {
                        return Err(format!("it must end well: {error}"));
                    }
                    let errors = failures(&error);
                    if errors.is_empty() {
                        return Err(format!("no call failed: {error}"));
                    }
                    self.judge(&errors)?;
                    self.before_the_next_run(&errors, runs).await;
                }
                Ok(_) => {
                    if runs == 1 && matches!(self.case.ends, Ends::Red(_)) {
                        return Err(format!(
                            "it ended well, with {} of {} records",
                            found.len(),
                            records.len()
                        ));
                    }
                    let missing = |expected: &mut dyn Iterator<Item = u64>| -> Result<(), String> {
                        let missing: BTreeSet<_> = expected.filter(|id| !found.contains_key(id)).collect();
                        let told = || Err(format!("run {runs} ended well without records {missing:?}"));
                        if missing.is_empty() { Ok(()) } else { told() }
                    };
                    missing(&mut at_first.iter().copied())?;
                    // What came in meanwhile is the next run's at the latest.
                    if found.len() != records.len() {
                        self.source.heal();
                        self.clock.advance(Duration::from_secs(600)).await;
                        self.run(&store)
                            .await
                            .map_err(|error| format!("a run over a whole source: {error}"))?;
                        let (records, found) = (self.source.records(), rows());
                        if found != records {
                            return Err(format!(
                                "{} rows of {} after one run more",
                                found.len(),
                                records.len()
                            ));
                        }
                    }
                    return Ok(());
                }
            }
        }
        Err(format!("no run of {RUNS} ended well; {} faults are left", self.source.pending()))
    }

    async fn walk(&self) -> Result<(), String> {
        let (style, stream) = (self.case.style, self.case.style.stream());
        let at_first: BTreeSet<u64> = self.source.records().into_keys().collect();
        let mut walk = Walk::begin(&self.client(), style)?;
        let mut came: Vec<u64> = Vec::new();
        let mut last = HashSet::new();
        // What may come twice: the page after which a problem was told is asked for again.
        let mut again: HashSet<u64> = HashSet::new();
        let mut failures = 0;
        loop {
            match walk.next().await {
                Ok(Some(page)) => {
                    let ids: Vec<u64> = page.record_texts().map(id).collect();
                    last = ids.iter().copied().collect();
                    came.extend(ids);
                }
                Ok(None) => break,
                Err(error) => {
                    failures += 1;
                    if failures > RUNS {
                        return Err(format!("it fails again and again: {error}"));
                    }
                    if failures == 1 && matches!(self.case.ends, Ends::Well) {
                        return Err(format!("it must end well: {error}"));
                    }
                    self.judge(&[&error])?;
                    self.before_the_next_run(&[&error], failures).await;
                    if matches!(reason(&error), "total not reached" | "went back") {
                        // Then the walk begins anew.
                        again.extend(&came);
                    }
                    again.extend(&last);
                    walk =
                        walk.go_on(&self.client(), style, self.case.seed.is_multiple_of(2), &self.shown)?;
                }
            }
        }
        if failures == 0 && matches!(self.case.ends, Ends::Red(_)) {
            return Err(format!("it ended well, with {} records", came.len()));
        }
        let all: BTreeSet<u64> = came.iter().copied().collect();
        let missing: Vec<_> = at_first.difference(&all).collect();
        if !missing.is_empty() {
            return Err(format!("the walk over `{}` ended well without {missing:?}", stream.name));
        }
        let known = self.source.records();
        let strange: Vec<_> = all.iter().filter(|id| !known.contains_key(id)).collect();
        if !strange.is_empty() {
            return Err(format!("the walk gave what the source does not have: {strange:?}"));
        }
        // A list whose positions shift gives some twice when others come in, and another process does not know which tokens came.
        let played = self.source.played();
        let anew = failures > 0 && self.case.seed.is_multiple_of(2);
        let shifts = played.contains(&Fault::Inserts)
            || (anew && (played.contains(&Fault::CyclicCursor) || played.contains(&Fault::FirstPageAgain)));
        let mut seen = HashSet::new();
        let twice: Vec<_> = came.iter().filter(|id| !seen.insert(**id) && !again.contains(id)).collect();
        if !twice.is_empty() && !shifts {
            return Err(format!("the walk gave records twice: {twice:?}"));
        }
        Ok(())
    }
}

fn is_parent(style: &Style, name: &str) -> bool {
    style.way == crate::styles::Way::Children && name == "owners"
}

fn id(record: &str) -> u64 {
    let record: Value = serde_json::from_str(record).expect("a record is JSON");
    record["id"].as_u64().expect("an id")
}

/// A walk over one list, or over slices.
enum Walk {
    List(Box<Pages>),
    Slices(Box<linchpin_runtime::StreamPages>),
}

impl Walk {
    fn begin(client: &Client, style: &Style) -> Result<Self, String> {
        let stream = style.stream();
        let failed = |error: Error| error.to_string();
        if stream.slices.is_some() {
            return Ok(Self::Slices(Box::new(client.stream_pages(stream).map_err(failed)?)));
        }
        let request = client.stream_request(stream).map_err(failed)?;
        Ok(Self::List(Box::new(client.pages_of(stream, request))))
    }

    async fn next(&mut self) -> Result<Option<Page>, Error> {
        match self {
            Self::List(pages) => pages.next().await,
            Self::Slices(pages) => pages.next().await,
        }
    }

    /// Goes on after an error: as it is, or in another process, which knows the position only.
    fn go_on(self, client: &Client, style: &Style, anew: bool, shown: &Paper) -> Result<Self, String> {
        let Self::List(pages) = &self else { return Ok(self) };
        if !anew {
            return Ok(self);
        }
        let position = pages.position().ok_or("no position after an error")?;
        let text = serde_json::to_string(&position).expect("JSON");
        shown.add(&text);
        let position: Position = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let request = client.stream_request(style.stream()).map_err(|error| error.to_string())?;
        let pages = client.pages_of(style.stream(), request).resume(position);
        Ok(Self::List(Box::new(pages.map_err(|error| error.to_string())?)))
    }
}

/// The calls that failed.
fn failures(error: &SyncError) -> Vec<&Error> {
    fn of(problem: &SyncProblem) -> Option<&Error> {
        match problem {
            SyncProblem::Fetch(error) | SyncProblem::Parked { cause: error, .. } => Some(error),
            _ => None,
        }
    }
    match &*error.problem {
        SyncProblem::Slices(failures) => {
            failures.first.iter().filter_map(|failure| of(&failure.problem)).collect()
        }
        problem => of(problem).into_iter().collect(),
    }
}

/// All that an error says, to people and to those who debug.
fn told(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    text
}
