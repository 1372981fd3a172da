//! Retry tokens: they end a storm of retries while single failures stay free, as the standard mode of AWS SDKs has it.

use std::sync::atomic::{AtomicU32, Ordering};

use super::Outcome;

/// A full bucket.
const CAPACITY: u32 = 500;
/// What a retry costs after a failure that passes.
const TRANSIENT: u32 = 14;
/// What it costs after the server refused for a limit.
const THROTTLED: u32 = 5;

/// The tokens of one server and credential.
#[derive(Debug)]
pub(crate) struct RetryTokens(AtomicU32);

impl Default for RetryTokens {
    fn default() -> Self {
        Self(AtomicU32::new(CAPACITY))
    }
}

impl RetryTokens {
    /// Pays for a retry. `None` where there are too few: the call then ends with its failure.
    pub(crate) fn pay(&self, outcome: Outcome) -> Option<u32> {
        let cost = if outcome == Outcome::Rejected { THROTTLED } else { TRANSIENT };
        let paid =
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(cost)).is_ok();
        paid.then_some(cost)
    }

    /// A call succeeded: its last retry is paid back, or where it needed none, one token is gained.
    pub(crate) fn succeeded(&self, paid: Option<u32>) {
        if paid.is_none() && self.0.load(Ordering::Relaxed) >= CAPACITY {
            return;
        }
        let gained = paid.unwrap_or(1);
        // It always gives a number, so there is no failure to heed.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(left.saturating_add(gained).min(CAPACITY))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_end_when_the_tokens_do_and_success_brings_them_back() {
        for (outcome, expected) in
            [(Outcome::Ambiguous, 35), (Outcome::NotSent, 35), (Outcome::Rejected, 100)]
        {
            let tokens = RetryTokens::default();
            let paid = (0..1_000).filter(|_| tokens.pay(outcome).is_some()).count();
            assert_eq!(paid, expected, "{outcome:?}");
        }
        let tokens = RetryTokens::default();
        while tokens.pay(Outcome::Ambiguous).is_some() {}
        for _ in 0..4 {
            tokens.succeeded(None);
        }
        // 500 - 35 * 14 = 10 were left.
        assert_eq!(tokens.pay(Outcome::Ambiguous), Some(14));
        assert_eq!(tokens.pay(Outcome::Ambiguous), None);
        tokens.succeeded(Some(14));
        assert_eq!(tokens.pay(Outcome::Ambiguous), Some(14), "a retry that helped costs nothing");
        tokens.succeeded(Some(u32::MAX));
        assert_eq!(tokens.0.load(Ordering::Relaxed), CAPACITY);
    }
}
