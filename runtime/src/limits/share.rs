//! Who shares what.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::retry::Partition;

use super::Pool;

/// What clients have in common: budgets, retry tokens and circuit breakers. Clients share a budget where connector, server and the holder
/// that the limit's scope names are the same, such as the credential.
///
/// A client with the machine's clock uses the one of the process, so that any two clients of one connector and credential keep one budget.
/// A client with a clock of its own ([`ClientBuilder::clock`](crate::ClientBuilder::clock)) has budgets of its own too, unless it is given
/// some: times of two clocks do not compare, and all who share must have the same clock.
#[derive(Clone, Debug, Default)]
pub struct Budgets(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// By connector and server.
    pools: HashMap<(String, String), Arc<Pool>>,
    /// By server and credential.
    partitions: HashMap<(String, u64), Arc<Partition>>,
}

impl Budgets {
    /// Budgets that nobody shares yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of the process, and the clock that counts their time.
    pub(crate) fn of_process() -> (Self, Arc<dyn Clock>) {
        static PROCESS: OnceLock<(Budgets, Arc<SystemClock>)> = OnceLock::new();
        let (budgets, clock) = PROCESS.get_or_init(|| (Self::new(), Arc::new(SystemClock::new())));
        (budgets.clone(), Arc::clone(clock) as Arc<dyn Clock>)
    }

    pub(crate) fn pool(&self, connector: &str, server: &str) -> Arc<Pool> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.pools.entry((connector.to_owned(), server.to_owned())).or_default())
    }

    pub(crate) fn partition(&self, server: &str, holder: u64) -> Arc<Partition> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.partitions.entry((server.to_owned(), holder)).or_default())
    }
}

/// Tells holders apart by these config values, without keeping them: the same values give the same number in every process.
pub(crate) fn holder(config: &Config, names: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for name in names {
        for text in [name, config.value(name).unwrap_or_default()] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
    }
    let digest = hash.finalize();
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
