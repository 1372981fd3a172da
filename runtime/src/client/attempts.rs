//! All attempts of a call: the waits before each, what follows from how it ended, and whether there is another.

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument;

use crate::contract::Operation;
use crate::error::{Error, ErrorKind, Sent};
use crate::limits::{Permit, Wait};
use crate::observe::{self, AttemptEvent, BudgetEvent, WaitEvent, WaitReason};
use crate::request::{Built, Request};
use crate::retry::{Outcome, Partition, Pass};

use super::{Answer, Failure, Inner, Reading};

impl Inner {
    /// The attempt loop. `unknown` says afterwards whether the server may have done what was asked without saying so.
    pub(super) async fn attempts(
        &self,
        request: &Request,
        built: &Built,
        reading: Reading,
        unknown: &mut bool,
    ) -> Result<Answer, Error> {
        let operation = request.operation();
        let repeatable = operation.idempotent || operation.idempotency_key.is_some();
        let started = self.clock.elapsed();
        let (mut sent, mut attempt) = (Sent::No, 0);
        let (mut paid, mut renewed, mut last) = (None, false, None);
        loop {
            let ended =
                |error: Error, attempt, lost| Err(error.of(operation.id).after(sent, attempt).unknown(lost));
            if let Err(error) = self.pass_gate(operation, started).await {
                return ended(error, attempt, *unknown);
            }
            let permit = match self.take(request, started).await {
                Ok(permit) => permit,
                Err(error) => return ended(error, attempt, *unknown),
            };
            // Another call's answer may have asked for it meanwhile.
            if let Err(error) = self.pass_gate(operation, started).await {
                return ended(error, attempt, *unknown);
            }
            let pass = match self.enter(operation, last.as_ref()) {
                Ok(pass) => pass,
                Err(error) => return ended(error, attempt, *unknown),
            };
            attempt += 1;
            let begun = self.clock.elapsed();
            let mut token = None;
            let span = observe::attempt(operation, attempt);
            let trying = self.attempt(request, built, started, reading, permit, &mut token);
            let result = trying.instrument(span.clone()).await;
            let outcome = result.as_ref().map_or_else(|failure| failure.outcome, |_| Outcome::Ok);
            if let Some(pass) = pass {
                pass.end(outcome, self.clock.elapsed());
            }
            self.limiter.learn(operation, outcome == Outcome::Rejected, &*self.clock);
            span.in_scope(|| self.report(operation, attempt, begun, &result));
            *unknown = match outcome {
                Outcome::Ambiguous => !operation.reads,
                Outcome::NotSent | Outcome::Rejected | Outcome::Refresh => *unknown,
                // A refusal is about this attempt, and about those before it only where they had the same key.
                Outcome::Permanent => *unknown && operation.idempotency_key.is_none(),
                Outcome::Ok => false,
            };
            let failure = match result {
                Ok(mut answer) => {
                    self.partition(operation).inspect(|(_, shared)| shared.tokens.succeeded(paid));
                    answer.response.attempts = attempt;
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            sent = sent.max(failure.error.sent());
            let lost = *unknown;
            let ended = |error: Error| Err(error.of(operation.id).after(sent, attempt).unknown(lost));
            let again = match failure.outcome {
                Outcome::NotSent | Outcome::Rejected => true,
                Outcome::Ambiguous => repeatable,
                Outcome::Refresh => !renewed,
                Outcome::Permanent | Outcome::Ok => false,
            };
            // A reader that was read from gives nothing again, so what it was to send cannot be sent.
            if !again || !built.body.is_fresh() {
                return ended(failure.error);
            }
            if failure.outcome == Outcome::Refresh {
                renewed = true;
                let (Some(tokens), Some(generation)) = (&self.tokens, token) else {
                    return ended(failure.error);
                };
                if let Err(error) = tokens.other_than(generation).await {
                    return ended(error);
                }
                self.counters.retry();
                continue;
            }
            if let Some(hint) = failure.hint {
                self.gate.close(operation.id, self.clock.elapsed(), hint);
            }
            if let Some(hint) = failure.hint.filter(|hint| *hint > self.retry.max_wait) {
                return ended(self.rate_limited(hint, "the server".to_owned()));
            }
            let delay = self.retry.delay(failure.outcome, attempt - 1, failure.hint, &*self.random);
            let spent = self.clock.elapsed().saturating_sub(started);
            if attempt >= self.retry.attempts || spent.saturating_add(delay) > self.retry.budget {
                return ended(failure.error);
            }
            if let Some((_, shared)) = self.partition(operation) {
                paid = shared.tokens.pay(failure.outcome);
                if paid.is_none() {
                    return ended(failure.error);
                }
            }
            let reason = if failure.hint.is_some() { WaitReason::Server } else { WaitReason::Backoff };
            last = Some(failure.error);
            self.wait(operation, reason, delay).await;
            self.counters.retry();
        }
    }

    /// Takes from every limit that counts the operation, after waiting for those that let nothing through.
    pub(super) async fn take(&self, request: &Request, started: Duration) -> Result<Permit, Error> {
        let operation = request.operation();
        if operation.limits.is_empty() {
            return Ok(Permit::default());
        }
        let deadline = started.saturating_add(self.retry.budget);
        let told = |wait: &Wait| {
            let (reason, duration) = (WaitReason::Limit(wait.limit), wait.duration);
            self.counters.wait(duration);
            self.observer.wait(&WaitEvent { operation: operation.id, reason, duration });
        };
        let taken = self.limiter.acquire(request, &*self.clock, self.retry.max_wait, deadline, told).await;
        if taken.is_ok() {
            let told = |limit, left| self.observer.budget(BudgetEvent { limit, left });
            self.limiter.left(operation, &*self.clock, told);
        }
        taken.map_err(|wait| {
            let problem = wait.problem.map(|problem| format!(" ({problem})")).unwrap_or_default();
            self.rate_limited(wait.duration, format!("the limit `{}`{problem}", wait.limit))
        })
    }

    pub(super) fn partition(&self, operation: &'static Operation) -> Option<&(String, Arc<Partition>)> {
        self.partitions.get(self.bases.place(operation))
    }

    /// Waits for as long as the server asked those who call it, or this operation of it, to wait.
    async fn pass_gate(&self, operation: &'static Operation, started: Duration) -> Result<(), Error> {
        let place = self.bases.place(operation);
        while let Some((wait, header)) = self.gate.wait(operation.id, place, self.clock.elapsed()) {
            let spent = self.clock.elapsed().saturating_sub(started);
            if wait > self.retry.max_wait || spent.saturating_add(wait) > self.retry.budget {
                let by = header.map(|header| format!("'s header `{header}`")).unwrap_or_default();
                return Err(self.rate_limited(wait, format!("the server{by}")));
            }
            // Those who wait for the same moment do not come all at once.
            let wait = wait.saturating_add(wait.mul_f64(0.1 * self.random.fraction()));
            self.wait(operation, WaitReason::Server, wait).await;
        }
        Ok(())
    }

    /// Asks the circuit breaker of the operation's server.
    fn enter(&self, operation: &'static Operation, last: Option<&Error>) -> Result<Option<Pass>, Error> {
        let Some((server, shared)) = self.partition(operation) else { return Ok(None) };
        shared.enter(self.clock.elapsed()).map(Some).map_err(|refused| {
            Error::new(ErrorKind::CircuitOpen {
                server: server.clone(),
                until: self.after(refused.wait),
                failures: refused.failures,
                last: last.map(|error| error.kind().to_string()),
            })
        })
    }

    pub(crate) async fn wait(&self, operation: &'static Operation, reason: WaitReason, duration: Duration) {
        self.counters.wait(duration);
        self.observer.wait(&WaitEvent { operation: operation.id, reason, duration });
        self.clock.sleep(duration).await;
    }

    fn after(&self, wait: Duration) -> jiff::Timestamp {
        jiff::SignedDuration::try_from(wait)
            .ok()
            .and_then(|wait| self.clock.now().checked_add(wait).ok())
            .unwrap_or(jiff::Timestamp::MAX)
    }

    fn rate_limited(&self, wait: Duration, source_of_wait: String) -> Error {
        let until = self.after(wait);
        Error::new(ErrorKind::RateLimited { until, wait, cap: self.retry.max_wait, source_of_wait })
    }

    fn report(
        &self,
        operation: &'static Operation,
        attempt: u32,
        begun: Duration,
        result: &Result<Answer, Failure>,
    ) {
        let (outcome, status, bytes, error) = match result {
            Ok(Answer { response, .. }) => {
                (Outcome::Ok, Some(response.status), response.body.len() as u64, None)
            }
            Err(failure) => (failure.outcome, failure.error.status(), 0, Some(&failure.error)),
        };
        let duration = self.clock.elapsed().saturating_sub(begun);
        self.observer.attempt(&AttemptEvent {
            operation: operation.id,
            attempt,
            outcome,
            status,
            bytes,
            duration,
            error: error.map(|error| error as &dyn std::error::Error),
        });
    }
}
