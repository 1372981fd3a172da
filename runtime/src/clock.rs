//! Time as the runtime sees it. Everything that waits or looks at the clock takes a [`Clock`], so that a test of an hour's wait takes
//! no time.

use std::time::Duration;

use futures_core::future::BoxFuture;
use jiff::Timestamp;

/// Tells the time and lets it pass.
pub trait Clock: Send + Sync {
    /// The time of day, for what servers state in dates.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment in the past; never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits: for a limit, before a retry.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Ends when work that is under way has taken too long. Apart from [`Clock::sleep`], so that a test against a real socket can skip the
    /// waits and still have real timeouts.
    fn timer(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.sleep(duration)
    }
}

/// The time of the machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: std::time::Instant,
}

#[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
impl SystemClock {
    /// A clock whose [`Clock::elapsed`] counts from now.
    pub fn new() -> Self {
        Self { origin: std::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
