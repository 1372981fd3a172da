//! What holds for every pattern and every text. The fuzz targets (`fuzz/`) call it with what they make up, `cargo test --test fuzzed` with what
//! stands beside this file.

#![allow(unreachable_pub, reason = "the fuzz targets use it from a crate of their own")]

use linchpin_pattern::{Pattern, Unreadable};

/// Signs of a pattern that no repetition and no depth makes too large.
const SMALL: usize = 200;

/// A pattern, and after its first line a text that it is held against.
pub fn pattern(data: &[u8]) {
    let data = String::from_utf8_lossy(data);
    let (pattern, text) = data.split_once('\n').unwrap_or((&data, ""));
    let read = match Pattern::read(pattern) {
        Ok(read) => read,
        Err(error) => {
            let small = pattern.len() < SMALL && !pattern.contains('{') && pattern.matches('(').count() < 20;
            // What is written for the engine it can read, so nothing else is behind it.
            assert!(error != Unreadable::TooLarge || !small, "{pattern:?} is not too large");
            return;
        }
    };
    let matches = read.matches(text);
    for same in [format!("(?:{pattern})"), format!("{pattern}|{pattern}")] {
        if let Ok(read) = Pattern::read(&same) {
            assert_eq!(read.matches(text), matches, "{pattern:?} and {same:?} of {text:?}");
        }
    }
    for more in [0, 1, 3] {
        for draw in [0, 1, u64::MAX] {
            if let Some(made) = read.sample(more, |_| draw) {
                assert!(read.matches(&made), "{pattern:?} of {made:?}, which was made for it");
            }
        }
    }
    for number in [0, 1, 7, 1_000_003] {
        if let Some(made) = read.numbered(number) {
            assert!(read.matches(&made), "{pattern:?} of {made:?}, which has the number {number}");
            assert_eq!(read.number_of(&made), Some(number), "{pattern:?} of {made:?}");
        }
    }
}
