//! What people read on standard error. Colours stand there only on a terminal, and not where `NO_COLOR` is set (<https://no-color.org>).

use std::io::{IsTerminal, Write};

const RED: &str = "31";
const YELLOW: &str = "33";

/// One line about what failed.
pub(super) fn error(text: &str) {
    line("error", RED, text);
}

/// One line about what the user should know.
pub(super) fn warning(text: &str) {
    line("warning", YELLOW, text);
}

/// One line of help.
pub(super) fn note(text: &str) {
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

/// Whether a person watches standard error.
pub(super) fn is_terminal() -> bool {
    std::io::stderr().is_terminal()
}
