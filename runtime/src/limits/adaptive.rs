//! A rate that is learned from refusals, for servers that publish none: CUBIC (RFC 9438) on requests a second, as the adaptive mode of AWS
//! SDKs has it. Nothing is held back before the first refusal.

use std::time::Duration;

/// What is left of the rate after a refusal.
const BETA: f64 = 0.7;
/// How fast it grows again, as in RFC 9438.
const SCALE: f64 = 0.4;
/// Weight of the latest half second in the measured rate.
const SMOOTHING: f64 = 0.8;

#[derive(Debug)]
pub(super) struct Adaptive {
    floor: f64,
    /// Requests a second; `None` before the first refusal.
    rate: Option<f64>,
    /// What is saved up, at most a second's worth.
    level: f64,
    filled_at: Duration,
    /// The rate at which the server refused last, and when.
    peak: f64,
    refused_at: Duration,
    /// Requests of the half second that is under way.
    sent: u64,
    half_second: u64,
    measured: f64,
}

impl Adaptive {
    pub(super) fn new(floor: f64, now: Duration) -> Self {
        Self {
            floor,
            rate: None,
            level: 0.0,
            filled_at: now,
            peak: 0.0,
            refused_at: now,
            sent: 0,
            half_second: half_seconds(now),
            measured: 0.0,
        }
    }

    fn fill(&mut self, rate: f64, now: Duration) {
        let gained = now.saturating_sub(self.filled_at).as_secs_f64() * rate;
        self.level = (self.level + gained).min(rate.max(1.0));
        self.filled_at = self.filled_at.max(now);
    }

    pub(super) fn refuses(&mut self, now: Duration) -> Option<Duration> {
        let rate = self.rate?;
        self.fill(rate, now);
        // A thousandth of a unit is what rounding costs.
        let missing = 1.0 - self.level;
        (missing > 1e-3).then(|| {
            Duration::try_from_secs_f64(missing / rate).unwrap_or(Duration::MAX).max(Duration::from_millis(1))
        })
    }

    pub(super) fn take(&mut self, now: Duration) {
        self.measure(now);
        self.sent = self.sent.saturating_add(1);
        if self.rate.is_some() {
            self.level = (self.level - 1.0).max(0.0);
        }
    }

    pub(super) fn give_back(&mut self) {
        self.sent = self.sent.saturating_sub(1);
        self.level += 1.0;
    }

    fn measure(&mut self, now: Duration) {
        let current = half_seconds(now);
        if current > self.half_second {
            let seconds = (current - self.half_second) as f64 / 2.0;
            self.measured = (self.sent as f64 / seconds) * SMOOTHING + self.measured * (1.0 - SMOOTHING);
            (self.sent, self.half_second) = (0, current);
        }
    }

    pub(super) fn learn(&mut self, refused: bool, now: Duration) {
        if !refused && self.rate.is_none() {
            return;
        }
        self.measure(now);
        let measured = self.measured.max(self.sent as f64 * 2.0);
        let rate = if refused {
            let reached = self.rate.map_or(measured, |rate| rate.min(measured));
            (self.peak, self.refused_at) = (reached, now);
            reached * BETA
        } else {
            // The curve passes the peak again when as much time has gone by as the drop was deep.
            let to_peak = (self.peak * (1.0 - BETA) / SCALE).cbrt();
            let since = now.saturating_sub(self.refused_at).as_secs_f64();
            (SCALE * (since - to_peak).powi(3) + self.peak).min(2.0 * measured)
        };
        let rate = rate.max(self.floor);
        if let Some(before) = self.rate {
            self.fill(before, now);
        } else {
            self.filled_at = now;
        }
        self.rate = Some(rate);
        self.level = self.level.min(rate.max(1.0));
    }
}

fn half_seconds(at: Duration) -> u64 {
    u64::try_from(at.as_millis() / 500).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays a server of so many requests a second for a while, and gives how many it served and refused.
    fn play(limiter: &mut Adaptive, capacity: f64, seconds: u64, mut now: Duration) -> (u64, u64, Duration) {
        let (mut served, mut refused, mut level, mut last) = (0, 0, capacity, now);
        let end = now + Duration::from_secs(seconds);
        while now < end {
            if let Some(wait) = limiter.refuses(now) {
                now += wait;
                continue;
            }
            limiter.take(now);
            level = (level + (now - last).as_secs_f64() * capacity).min(capacity);
            last = now;
            let ok = level >= 1.0;
            level -= if ok { 1.0 } else { 0.0 };
            (served, refused) = if ok { (served + 1, refused) } else { (served, refused + 1) };
            limiter.learn(!ok, now);
            now += Duration::from_millis(2);
        }
        (served, refused, now)
    }

    #[test]
    fn it_is_free_until_refused_and_then_finds_the_rate() {
        let mut limiter = Adaptive::new(0.5, Duration::ZERO);
        for step in 0..1_000 {
            let now = Duration::from_millis(step);
            assert_eq!(limiter.refuses(now), None, "free at {now:?}");
            limiter.take(now);
            limiter.learn(false, now);
        }
        for capacity in [2.0, 20.0, 100.0] {
            let mut limiter = Adaptive::new(0.5, Duration::ZERO);
            let (.., now) = play(&mut limiter, capacity, 60, Duration::ZERO);
            let (served, refused, _) = play(&mut limiter, capacity, 120, now);
            let best = capacity * 120.0;
            assert!(served as f64 > 0.5 * best, "capacity {capacity}: {served} of {best} were served");
            assert!((refused as f64) < 0.3 * best, "capacity {capacity}: {refused} were refused");
        }
    }

    #[test]
    fn it_never_falls_below_its_floor() {
        let mut limiter = Adaptive::new(2.0, Duration::ZERO);
        for second in 0..100 {
            limiter.learn(true, Duration::from_secs(second));
        }
        let now = Duration::from_secs(100);
        let mut sent = 0;
        let mut at = now;
        while at < now + Duration::from_secs(10) {
            match limiter.refuses(at) {
                Some(wait) => at += wait,
                None => {
                    limiter.take(at);
                    sent += 1;
                }
            }
        }
        assert!((19..=22).contains(&sent), "{sent} in 10 s at a floor of 2 a second");
    }
}
