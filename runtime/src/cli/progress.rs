//! What a person sees while a sync runs: a moving line on a terminal, and a line for each long wait elsewhere.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use super::table::grouped;
use crate::observe::{Observer, WaitEvent, WaitReason};
use crate::sync::Progress;

/// A wait that is told where nothing moves. Shorter ones are no news.
const LONG: Duration = Duration::from_secs(10);

/// Shows one stream at a time.
#[derive(Debug, Default)]
pub(super) struct Display {
    bar: Mutex<Option<ProgressBar>>,
}

impl Display {
    /// Begins with a stream. How many pages will come is not known, so it counts instead of filling up.
    pub(super) fn begin(&self, stream: &str) {
        if !output::is_terminal() {
            return;
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {msg}  {elapsed}") {
            bar.set_style(style);
        }
        bar.set_prefix(stream.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    /// A page was committed.
    pub(super) fn page(&self, progress: &Progress) {
        let noun = if progress.pages == 1 { "page" } else { "pages" };
        let (pages, records) = (grouped(progress.pages), grouped(progress.records));
        self.message(format!("{pages} {noun}  {records} records"));
    }

    /// Ends with the stream, and leaves nothing on the terminal.
    pub(super) fn end(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }

    /// Whether there was a bar to show it on.
    fn message(&self, text: String) -> bool {
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        bar.as_ref().map(|bar| bar.set_message(text)).is_some()
    }
}

impl Observer for Display {
    fn wait(&self, event: &WaitEvent) {
        let text = waiting(event);
        // The log tells of every wait already.
        if event.duration >= Duration::from_secs(1)
            && !self.message(text.clone())
            && event.duration >= LONG
            && !output::is_logged()
        {
            output::note(&text);
        }
    }
}

fn waiting(event: &WaitEvent) -> String {
    let seconds = event.duration.as_secs_f64().ceil();
    match event.reason {
        WaitReason::Limit(limit) => format!("waiting {seconds} s for the limit `{limit}`"),
        WaitReason::Server => format!("waiting {seconds} s, as the server asks"),
        WaitReason::Backoff => format!("waiting {seconds} s before another attempt"),
        WaitReason::Job => format!("waiting {seconds} s for the job"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_with_its_reason() {
        for (milliseconds, reason, expected) in [
            (43_200, WaitReason::Limit("incremental"), "waiting 44 s for the limit `incremental`"),
            (1_000, WaitReason::Server, "waiting 1 s, as the server asks"),
            (2_500, WaitReason::Backoff, "waiting 3 s before another attempt"),
        ] {
            let duration = Duration::from_millis(milliseconds);
            let event = WaitEvent { operation: "listThings", reason, duration };
            assert_eq!(waiting(&event), expected);
        }
    }
}
