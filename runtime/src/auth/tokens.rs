//! The life of a token: from the store, from the authorisation server, renewed before it ends, and once more where the API refuses it.
//!
//! **One at a time.** Tasks of a process wait for one flight, which runs on its own: who asked for it may go away, and the answer is still
//! stored. Processes wait for the store's lock, and look into the store again once they have it, since the other one may have brought the
//! token.
//!
//! **Stored before it is used.** An access token becomes visible to requests after the store has it with its refresh token. One that could not
//! be stored is kept in memory, unused, and stored by the next flight: it may be the only one.
//!
//! **A refresh whose answer is lost** is tried once more with the same refresh token. Servers that rotate allow that for a while, or refuse;
//! a refusal loses nothing, for where the first one was processed the old refresh token is spent, and where it was not, it is still good. That
//! one was begun stands in the store, so that a later process knows why a refresh token that it has never used is refused.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Notify;
use tracing::Instrument as _;
use url::Url;

use super::AuthProblem;
use super::keys::{Key, strip_parameters};
use super::oauth2::OAuth2Flow;
use super::source::{Failed, Granted, Source};
use super::store::{StoreLock, StoredToken, TokenStore};
use super::wire::Wire;
use crate::contract::{KeyPlace, Location, Placement, Renewal};
use crate::error::{Error, Sent};
use crate::retry::Outcome;
use crate::transport::HttpRequest;

/// How long a token that still holds is used after a renewal failed for a reason that passes.
const BREATHER: Duration = Duration::from_secs(30);

/// A token in use.
pub(crate) struct Token {
    /// Counts up with each token: it says whether the one that was refused is still the one in use.
    pub(crate) generation: u64,
    access: SecretString,
    credential: Key,
    /// By [`crate::clock::Clock::elapsed`].
    renew_at: Option<Duration>,
    ends_at: Option<Duration>,
    /// Where the API is for this token.
    pub(crate) base_url: Option<Url>,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Token({})", self.generation)
    }
}

impl Token {
    /// Puts it on a request. The error says why that cannot be done for this request.
    pub(crate) fn apply(&self, request: &mut HttpRequest) -> Result<(), String> {
        self.credential.apply(None, request)
    }
}

/// The tokens of one client. Clones share them.
#[derive(Clone)]
pub(crate) struct Tokens(Arc<Shared>);

struct Shared {
    source: Source,
    name: String,
    placement: &'static Placement,
    renewal: &'static Renewal,
    store: Arc<dyn TokenStore>,
    wire: Wire,
    current: RwLock<Option<Arc<Token>>>,
    flight: tokio::sync::Mutex<Flight>,
    /// Flights that have ended.
    flights: AtomicU64,
}

/// What only the task that gets a token may touch.
#[derive(Default)]
struct Flight {
    /// How the last one ended.
    failed: Option<Failed>,
    /// A token that came and could not be stored.
    unsaved: Option<StoredToken>,
    /// Until when a token that still holds is used because a renewal failed.
    breather: Duration,
    generation: u64,
}

/// Why a token is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// One that is not about to end.
    Fresh,
    /// Another one than that of this generation, which the API refused.
    Other(u64),
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tokens(***)")
    }
}

impl Tokens {
    pub(crate) fn new(
        source: Source,
        placement: &'static Placement,
        renewal: &'static Renewal,
        store: Arc<dyn TokenStore>,
        wire: Wire,
    ) -> Self {
        let name = source.store_name();
        Self(Arc::new(Shared {
            source,
            name,
            placement,
            renewal,
            store,
            wire,
            current: RwLock::default(),
            flight: tokio::sync::Mutex::default(),
            flights: AtomicU64::new(0),
        }))
    }

    /// A token that is good as far as is known.
    pub(crate) async fn current(&self) -> Result<Arc<Token>, Error> {
        let now = self.0.wire.clock.elapsed();
        match self.0.current().filter(|token| token.renew_at.is_none_or(|at| now < at)) {
            Some(token) => Ok(token),
            None => self.get(Need::Fresh).await,
        }
    }

    /// Another token than that of a generation which the API refused. Where another task has brought one meanwhile, it is that one.
    pub(crate) async fn other_than(&self, generation: u64) -> Result<Arc<Token>, Error> {
        match self.0.current().filter(|token| token.generation != generation) {
            Some(token) => Ok(token),
            None => self.get(Need::Other(generation)).await,
        }
    }

    /// Whether a status of the API says that the token is no longer good.
    pub(crate) fn is_refusal(&self, status: http::StatusCode) -> bool {
        self.0.renewal.statuses.contains(&status.as_u16())
    }

    /// A URL that the server gave, without the token that it may have copied into it.
    pub(crate) fn strip(&self, url: &mut Url) {
        if self.0.placement.location == Location::Query {
            strip_parameters(url, &[self.0.placement.name]);
        }
    }

    pub(super) fn source(&self) -> &Source {
        &self.0.source
    }

    pub(super) fn wire(&self) -> &Wire {
        &self.0.wire
    }

    /// Takes a token that a login gave.
    pub(super) async fn accept(&self, granted: Granted) -> Result<(), Error> {
        let mut flight = self.0.flight.lock().await;
        let shared = &*self.0;
        let taken = async {
            let _lock = shared.store.lock().await?;
            let stored = shared.stored(granted, None);
            shared.store.save(&shared.name, Some(&stored))?;
            shared.adopt(&mut flight, &stored)
        };
        taken.await.map(|_| ()).map_err(Error::new)
    }

    /// Ends what there is: a session or a token at the server, and the token in the store. Gives whether there was one.
    pub(crate) async fn end(&self) -> Result<bool, Error> {
        let shared = &*self.0;
        let mut flight = shared.flight.lock().await;
        let _lock = shared.store.lock().await.map_err(Error::new)?;
        let stored = shared.store.load(&shared.name).map_err(Error::new)?;
        let current = match shared.current() {
            Some(token) => Some(token),
            None => stored
                .as_ref()
                .map(|stored| shared.adopt(&mut flight, stored))
                .transpose()
                .map_err(Error::new)?,
        };
        if let (Source::Session(session), Some(token)) = (&shared.source, &current)
            && let Some(mut request) = session.logout()
        {
            // A session that cannot be ended ends by itself; the token is forgotten all the same.
            if token.apply(&mut request).is_ok() {
                let _ = session.leave(&shared.wire, request).await;
            }
        }
        // One that could not be stored is the newest.
        let last = flight.unsaved.as_ref().or(stored.as_ref());
        let revoked = match (&shared.source, last) {
            (Source::OAuth2(flow), Some(last)) => shared.revoke(flow, last).await,
            _ => Ok(()),
        };
        if let Err(problem @ AuthProblem::NotRevoked { kept: true, .. }) = revoked {
            return Err(Error::new(problem));
        }
        *shared.current.write().unwrap_or_else(PoisonError::into_inner) = None;
        flight.unsaved = None;
        shared.store.save(&shared.name, None).map_err(Error::new)?;
        revoked.map(|()| current.is_some()).map_err(Error::new)
    }

    /// Whether there is a session that only this process knows.
    #[cfg(feature = "cli")]
    pub(crate) fn is_own_session(&self) -> bool {
        matches!(self.0.source, Source::Session(_))
            && !self.0.store.is_durable()
            && self.0.current().is_some()
    }

    /// Waits for a flight that meets the need, and makes it where there is none.
    async fn get(&self, need: Need) -> Result<Arc<Token>, Error> {
        let seen = self.0.flights.load(Ordering::Acquire);
        let shared = Arc::clone(&self.0);
        // On its own: where the caller goes away, the answer is stored nevertheless.
        let under_way = UnderWay::begin();
        let flight = async move {
            let _under_way = under_way;
            shared.fly(need, seen).await
        };
        // Those who watch see it within the work that needs it.
        let flight = tokio::spawn(flight.in_current_span()).await;
        let failed = match flight {
            Ok(Ok(token)) => return Ok(token),
            Ok(Err(failed)) => failed,
            // The runtime is shutting down.
            Err(error) => {
                let (endpoint, cause) = (self.0.source.endpoint(), error.to_string());
                Failed::permanent(AuthProblem::Unavailable { endpoint, cause, spent: false }, Sent::Maybe)
            }
        };
        Err(Error::new(*failed.problem))
    }
}

/// Flights of this process that are under way.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);
static LANDED: Notify = Notify::const_new();

struct UnderWay;

impl UnderWay {
    fn begin() -> Self {
        UNDER_WAY.fetch_add(1, Ordering::AcqRel);
        Self
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::AcqRel);
        LANDED.notify_waiters();
    }
}

/// Ends when no token is being got: a program that ends before may lose a refresh token that the server has just replaced.
#[cfg_attr(
    not(feature = "cli"),
    allow(dead_code, reason = "a program without the command line has its own end")
)]
pub(crate) async fn settled() {
    loop {
        let landed = LANDED.notified();
        tokio::pin!(landed);
        landed.as_mut().enable();
        if UNDER_WAY.load(Ordering::Acquire) == 0 {
            return;
        }
        landed.await;
    }
}

impl Shared {
    fn current(&self) -> Option<Arc<Token>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One flight at a time. `seen` is the number of flights that had ended when it was asked for.
    async fn fly(&self, need: Need, seen: u64) -> Result<Arc<Token>, Failed> {
        let mut flight = self.flight.lock().await;
        let now = self.wire.clock.elapsed();
        if let Some(token) = self.current().filter(|token| token.meets(need, now, flight.breather)) {
            return Ok(token);
        }
        // Another task has just been refused: to ask again for each that waited would only say the same.
        if self.flights.load(Ordering::Acquire) > seen
            && let Some(failed) = &flight.failed
        {
            return Err(failed.clone());
        }
        let result = self.renew(&mut flight, need).await;
        flight.failed = result.as_ref().err().cloned();
        self.flights.fetch_add(1, Ordering::Release);
        let failed = match result {
            Ok(token) => return Ok(token),
            Err(failed) => failed,
        };
        // Work goes on with a token that still holds where the trouble passes.
        let now = self.wire.clock.elapsed();
        let holds = self.current().filter(|token| token.ends_at.is_some_and(|end| now < end));
        match holds {
            Some(token) if need == Need::Fresh && failed.problem.is_passing() => {
                flight.breather = now.saturating_add(BREATHER);
                Ok(token)
            }
            _ => Err(failed),
        }
    }

    /// Under the locks of this process and of all: looks whether there is a token now, else gets one.
    async fn renew(&self, flight: &mut Flight, need: Need) -> Result<Arc<Token>, Failed> {
        let not_sent = |problem| Failed::permanent(problem, Sent::No);
        let _lock: StoreLock = self.store.lock().await.map_err(not_sent)?;
        if let Some(unsaved) = &flight.unsaved {
            self.store.save(&self.name, Some(unsaved)).map_err(not_sent)?;
            flight.unsaved = None;
        }
        let stored = self.store.load(&self.name).map_err(not_sent)?;
        if let Some(stored) = &stored
            && let Some(token) = self.adopt_newer(flight, stored, need).map_err(not_sent)?
        {
            return Ok(token);
        }
        let known = stored.as_ref().and_then(|stored| stored.refresh_token.clone());
        let refresh =
            known.or_else(|| self.source.first_refresh().cloned()).filter(|_| self.source.takes_refresh());
        if refresh.is_none()
            && let Some(command) = self.source.login_command()
        {
            return Err(not_sent(match &stored {
                // The server gave no refresh token, so what it gave ends here.
                Some(_) => AuthProblem::Refused {
                    endpoint: self.source.endpoint(),
                    what: "the last access token, for which there is no refresh token",
                    code: "expired".to_owned(),
                    description: String::new(),
                    next: self.source.next_step(),
                },
                None => AuthProblem::LoginRequired { command },
            }));
        }
        let granted = match &refresh {
            Some(refresh) => match self.refresh(refresh, stored.as_ref()).await {
                // The grant itself may still be good where only its refresh token is not.
                Err(failed) if self.source.stands_alone() && !failed.problem.is_passing() => {
                    self.ask(None, false).await
                }
                result => result,
            },
            None => self.ask(None, false).await,
        }?;
        let new = self.stored(granted, refresh);
        if let Err(problem) = self.store.save(&self.name, Some(&new)) {
            flight.unsaved = Some(new);
            return Err(Failed::permanent(problem, Sent::Yes));
        }
        self.adopt(flight, &new).map_err(not_sent)
    }

    /// A refresh; that it was begun stands in the store until its answer is here.
    async fn refresh(&self, refresh: &SecretString, stored: Option<&StoredToken>) -> Result<Granted, Failed> {
        let not_sent = |problem| Failed::permanent(problem, Sent::No);
        let was_lost = stored.is_some_and(|stored| stored.refresh_begun_at.is_some());
        if let Some(stored) = stored.filter(|_| !was_lost) {
            let begun = StoredToken { refresh_begun_at: Some(self.wire.clock.now()), ..stored.clone() };
            self.store.save(&self.name, Some(&begun)).map_err(not_sent)?;
        }
        let result = self.ask(Some(refresh), was_lost).await;
        let unspent = match &result {
            Ok(_) => false,
            Err(failed) => failed.sent == Sent::No || matches!(*failed.problem, AuthProblem::Refused { .. }),
        };
        if let Some(stored) = stored.filter(|_| unspent && !was_lost) {
            self.store.save(&self.name, Some(stored)).map_err(not_sent)?;
        }
        result
    }

    /// Asks until there is a token or a reason to stop. With a refresh token an answer that is lost is asked for once more, not again and again.
    async fn ask(&self, refresh: Option<&SecretString>, was_lost: bool) -> Result<Granted, Failed> {
        let wire = &self.wire;
        let started = wire.clock.elapsed();
        let mut lost = 0_u32;
        let mut sent = Sent::No;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut failed = match self.source.obtain(wire, refresh).await {
                Ok(granted) => return Ok(granted),
                Err(failed) => failed,
            };
            sent = sent.max(failed.sent);
            failed.sent = sent;
            if refresh.is_some()
                && (lost > 0 || was_lost)
                && let AuthProblem::Refused { endpoint, code, next, .. } = *failed.problem
            {
                let problem = AuthProblem::AnswerLost { endpoint, code, next };
                return Err(Failed { problem: Box::new(problem), ..failed });
            }
            let again = match failed.outcome {
                Outcome::NotSent | Outcome::Rejected => true,
                Outcome::Ambiguous => {
                    lost += 1;
                    refresh.is_none() || lost < 2
                }
                Outcome::Refresh | Outcome::Permanent | Outcome::Ok => false,
            };
            let delay = wire.retry.delay(failed.outcome, attempt - 1, failed.hint, &*wire.random);
            let spent = wire.clock.elapsed().saturating_sub(started);
            let too_long = delay > wire.retry.max_wait || spent.saturating_add(delay) > wire.retry.budget;
            if !again || attempt >= wire.retry.attempts || too_long {
                if let AuthProblem::Unavailable { spent, .. } = &mut *failed.problem {
                    *spent = refresh.is_some() && lost > 0;
                }
                return Err(failed);
            }
            wire.clock.sleep(delay).await;
        }
    }

    /// Ends a token at the server, where that is declared: the refresh token, with which the access tokens of its grant end too (RFC 7009 2.1),
    /// else the access token. A server that cannot be asked now may be asked later, so the token is kept then (2.2.1).
    async fn revoke(&self, flow: &OAuth2Flow, last: &StoredToken) -> Result<(), AuthProblem> {
        if !flow.revokes() {
            return Ok(());
        }
        let (token, kind) = match &last.refresh_token {
            Some(token) => (token, "refresh_token"),
            None => (&last.access_token, "access_token"),
        };
        let wire = &self.wire;
        let started = wire.clock.elapsed();
        let mut attempt = 0;
        let failed = loop {
            attempt += 1;
            let failed = match flow.revoke(wire, token, kind).await {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            };
            let again = matches!(failed.outcome, Outcome::NotSent | Outcome::Rejected | Outcome::Ambiguous);
            let delay = wire.retry.delay(failed.outcome, attempt - 1, failed.hint, &*wire.random);
            let spent = wire.clock.elapsed().saturating_sub(started);
            let too_long = delay > wire.retry.max_wait || spent.saturating_add(delay) > wire.retry.budget;
            if !again || attempt >= wire.retry.attempts || too_long {
                break failed;
            }
            wire.clock.sleep(delay).await;
        };
        let kept = failed.problem.is_passing();
        Err(match *failed.problem {
            AuthProblem::Refused { endpoint, code, description, .. } => {
                AuthProblem::NotRevoked { endpoint, cause: format!("{code}{description}"), kept }
            }
            AuthProblem::Unavailable { endpoint, cause, .. }
            | AuthProblem::NoToken { endpoint, cause, .. } => {
                AuthProblem::NotRevoked { endpoint, cause, kept }
            }
            other => other,
        })
    }

    /// What an answer gave, as it is kept. Where it names no refresh token the old one stays good (RFC 6749 6).
    fn stored(&self, granted: Granted, refresh: Option<SecretString>) -> StoredToken {
        let obtained_at = self.wire.clock.now();
        let life = granted.life.and_then(|life| SignedDuration::try_from(life).ok());
        StoredToken {
            access_token: granted.access,
            refresh_token: granted.refresh.or(refresh).filter(|_| self.source.takes_refresh()),
            obtained_at,
            expires_at: life.and_then(|life| obtained_at.checked_add(life).ok()),
            base_url: granted.base_url.map(String::from),
            refresh_begun_at: None,
        }
    }

    /// The token of the store, where it is another one than ours and good for the need.
    fn adopt_newer(
        &self,
        flight: &mut Flight,
        stored: &StoredToken,
        need: Need,
    ) -> Result<Option<Arc<Token>>, AuthProblem> {
        if let Some(refresh) = &stored.refresh_token {
            self.wire.redactor.learn(refresh.expose_secret());
        }
        let ours = self.current();
        if ours.is_some_and(|ours| ours.access.expose_secret() == stored.access_token.expose_secret()) {
            return Ok(None);
        }
        let known = flight.generation;
        let token = self.made(stored, known + 1)?;
        let now = self.wire.clock.elapsed();
        if !token.meets(need, now, Duration::ZERO) {
            return Ok(None);
        }
        self.adopt(flight, stored).map(Some)
    }

    /// Makes a stored token the one in use.
    fn adopt(&self, flight: &mut Flight, stored: &StoredToken) -> Result<Arc<Token>, AuthProblem> {
        flight.generation += 1;
        flight.breather = Duration::ZERO;
        let token = Arc::new(self.made(stored, flight.generation)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&token));
        Ok(token)
    }

    fn made(&self, stored: &StoredToken, generation: u64) -> Result<Token, AuthProblem> {
        let access = &stored.access_token;
        self.wire.redactor.learn(access.expose_secret());
        let (now, date) = (self.wire.clock.elapsed(), self.wire.clock.now());
        let span =
            |from: Timestamp, to: Timestamp| Duration::try_from(to.duration_since(from)).unwrap_or_default();
        let (mut renew_at, mut ends_at) = (None, None);
        if let Some(end) = stored.expires_at {
            let life = span(stored.obtained_at, end);
            // A clock that was set back must not lengthen a token's life.
            let left = span(date, end).min(life);
            let margin = life.saturating_sub(life.mul_f64(self.renewal.at.clamp(0.0, 1.0)));
            ends_at = Some(now.saturating_add(left));
            renew_at = Some(now.saturating_add(left.saturating_sub(margin)));
        }
        let base_url = match (&self.source, &stored.base_url) {
            (Source::OAuth2(flow), Some(text)) => flow.stored_base_url(text),
            _ => None,
        };
        let credential =
            placed(self.placement, access.expose_secret()).ok_or_else(|| AuthProblem::NoToken {
                endpoint: self.source.endpoint(),
                status: 200,
                cause: "the token holds characters that no header can carry".to_owned(),
            })?;
        Ok(Token { generation, access: access.clone(), credential, renew_at, ends_at, base_url })
    }
}

impl Token {
    fn meets(&self, need: Need, now: Duration, breather: Duration) -> bool {
        let holds = self.ends_at.is_none_or(|end| now < end);
        match need {
            Need::Fresh => self.renew_at.is_none_or(|at| now < at) || (holds && now < breather),
            Need::Other(generation) => self.generation != generation && holds,
        }
    }
}

/// The token where it goes; `None` where a header cannot carry it.
fn placed(placement: &'static Placement, token: &str) -> Option<Key> {
    let place = match placement.location {
        Location::Query | Location::QueryString => KeyPlace::Query,
        Location::Cookie => KeyPlace::Cookie,
        Location::Header | Location::Path => KeyPlace::Header,
    };
    Key::of(place, placement.name, &format!("{}{token}", placement.prefix)).ok()
}
