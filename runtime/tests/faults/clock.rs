//! Time that passes when all wait for it, and in the order in which they wait: what goes on side by side overtakes as it would on a wire.

use std::time::Duration;

use futures_core::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use linchpin_runtime::clock::Clock;
use tokio::time::Instant;

/// The time of a paused tokio runtime, within which it is made. Clones are the same one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Virtual {
    start: Timestamp,
    origin: Instant,
}

impl Virtual {
    pub(crate) fn new(start: Timestamp) -> Self {
        Self { start, origin: Instant::now() }
    }

    /// Lets time pass while nothing else is under way.
    pub(crate) async fn advance(&self, duration: Duration) {
        self.sleep(duration).await;
    }
}

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.elapsed()).unwrap_or(SignedDuration::MAX);
        self.start.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    #[allow(clippy::disallowed_methods, reason = "a paused runtime lets it pass at once")]
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
