//! Chance as the runtime uses it: jitter and idempotency keys.

use std::sync::{Mutex, PoisonError};

/// A source of chance.
pub trait Random: Send + Sync {
    /// A number from 0 up to but not including 1.
    fn fraction(&self) -> f64;

    /// 128 bits in lower-case hexadecimal: an idempotency key.
    fn token(&self) -> String;

    /// 128 bits: a correlation id. It has to differ from others and need not be a secret.
    fn trace_id(&self) -> u128 {
        u128::from_str_radix(&self.token(), 16).unwrap_or(1)
    }
}

/// A generator that gives the same numbers for the same seed. Seeded by the operating system it serves programs, with a fixed seed tests.
#[derive(Debug)]
pub struct Seeded {
    numbers: Mutex<fastrand::Rng>,
    /// Apart, so that what is watched goes the same way as what is not.
    traces: Mutex<fastrand::Rng>,
}

impl Seeded {
    /// The generator of that seed.
    pub fn new(seed: u64) -> Self {
        let generator = |seed| Mutex::new(fastrand::Rng::with_seed(seed));
        Self { numbers: generator(seed), traces: generator(!seed) }
    }

    fn with<T>(&self, take: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        take(&mut self.numbers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Random for Seeded {
    fn fraction(&self) -> f64 {
        self.with(fastrand::Rng::f64)
    }

    fn token(&self) -> String {
        format!("{:032x}", self.with(|random| random.u128(..)))
    }

    fn trace_id(&self) -> u128 {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner).u128(..)
    }
}

/// Chance from the operating system. Tokens come from it directly, since two processes must never make the same one; jitter comes from
/// a generator that it seeds.
#[derive(Debug)]
pub struct SystemRandom {
    jitter: Seeded,
}

impl SystemRandom {
    /// A source seeded now.
    pub fn new() -> Self {
        // Without an entropy source the generator's own seed (time and thread) is still good enough for jitter.
        let seed = getrandom::u64().unwrap_or_else(|_| fastrand::u64(..));
        Self { jitter: Seeded::new(seed) }
    }
}

impl Default for SystemRandom {
    fn default() -> Self {
        Self::new()
    }
}

impl Random for SystemRandom {
    fn fraction(&self) -> f64 {
        self.jitter.fraction()
    }

    fn token(&self) -> String {
        let mut bytes = [0; 16];
        match getrandom::fill(&mut bytes) {
            Ok(()) => format!("{:032x}", u128::from_be_bytes(bytes)),
            Err(_) => self.jitter.token(),
        }
    }

    fn trace_id(&self) -> u128 {
        self.jitter.trace_id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_32_hexadecimal_digits_and_differ() {
        for random in [&SystemRandom::new() as &dyn Random, &Seeded::new(7)] {
            let (first, second) = (random.token(), random.token());
            assert_ne!(first, second);
            assert!(first.len() == 32 && first.bytes().all(|byte| byte.is_ascii_hexdigit()), "{first}");
            assert!((0.0..1.0).contains(&random.fraction()));
        }
    }
}
