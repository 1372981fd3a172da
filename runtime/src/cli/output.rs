//! What people read on standard error. Colours stand there only on a terminal, and not where `NO_COLOR` is set (<https://no-color.org>).

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::observe::TARGET;

const RED: &str = "31";
const YELLOW: &str = "33";

/// Whether what is said goes into the log, so that those who read standard error line by line find one format there.
static LOGGED: AtomicBool = AtomicBool::new(false);

/// From now on everything goes into the log.
pub(super) fn log() {
    LOGGED.store(true, Ordering::Relaxed);
}

pub(super) fn is_logged() -> bool {
    LOGGED.load(Ordering::Relaxed)
}

/// One line about what failed.
pub(super) fn error(text: &str) {
    if is_logged() {
        tracing::error!(target: TARGET, "{text}");
        return;
    }
    line("error", RED, text);
}

/// One line about what the user should know.
pub(super) fn warning(text: &str) {
    if is_logged() {
        tracing::warn!(target: TARGET, "{text}");
        return;
    }
    line("warning", YELLOW, text);
}

/// One line of help.
pub(super) fn note(text: &str) {
    if is_logged() {
        tracing::info!(target: TARGET, "{text}");
        return;
    }
    // Standard error that is closed is nobody's to read.
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn line(label: &str, colour: &str, text: &str) {
    let label = if coloured() { format!("\x1b[1;{colour}m{label}:\x1b[0m") } else { format!("{label}:") };
    let _ = writeln!(std::io::stderr(), "{label} {text}");
}

fn coloured() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    is_terminal() && !refused
}

/// Whether a person watches standard error, and nothing else is written there.
pub(super) fn is_terminal() -> bool {
    !is_logged() && std::io::stderr().is_terminal()
}
