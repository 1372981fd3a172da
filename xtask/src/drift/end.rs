//! How a comparison ends: the only place that decides the exit codes of `cargo xtask drift` and, where it
//! compares, of `cargo xtask accept`.

use std::process::ExitCode;

use linchpin_codegen::diagnostic::{Code, Diagnostics, Severity};
use linchpin_codegen::drift::Class;

use super::report::Shown;

/// How a comparison ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// No change, or none that is new and serious enough.
    Quiet,
    /// A new change at or above the threshold.
    New,
    /// The two could not be compared: a file that cannot be read, a server that does not answer, wrong arguments. Nothing is known of the API, so
    /// it is no break.
    NotCompared,
    /// What people wrote about the API does nothing any more: an action of an overlay, an accepted change.
    Idle,
}

impl End {
    /// What a run ends with. `shown` is missing where the two could not be compared; `found` is all that was told on the way.
    ///
    /// What could not be compared weighs most, since nothing else can be said then. A new change weighs more than an entry that does nothing:
    /// the entry can wait.
    pub(crate) fn of(shown: Option<&Shown<'_>>, found: &Diagnostics, fail_on: Class) -> Self {
        let mut errors = found.iter().filter(|found| found.severity == Severity::Error).peekable();
        let some = errors.peek().is_some();
        let only_idle = errors.all(|found| is_idle(found.code));
        match shown {
            // An overlay that does not fit leaves nothing to compare, and is no outage.
            None if some && only_idle => End::Idle,
            None => End::NotCompared,
            Some(shown) if shown.worst_new().is_some_and(|worst| worst >= fail_on) => End::New,
            Some(_) if found.iter().any(|found| is_idle(found.code)) => End::Idle,
            Some(_) => End::Quiet,
        }
    }

    /// How a run over several connectors ends, by how each of them did: in the same order of weight.
    pub(crate) fn gravest(ends: &[End]) -> Self {
        let gravest = [End::NotCompared, End::New, End::Idle].into_iter().find(|end| ends.contains(end));
        gravest.unwrap_or(End::Quiet)
    }

    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            End::Quiet => 0,
            End::New => 1,
            End::NotCompared => 2,
            End::Idle => 3,
        }
    }
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        ExitCode::from(end.code())
    }
}

fn is_idle(code: Code) -> bool {
    matches!(code, Code::NoMatch | Code::UnknownChange | Code::DecisionExpired | Code::DecisionIdle)
}

#[cfg(test)]
mod tests {
    use linchpin_codegen::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
    use linchpin_codegen::drift::Class::{self, Additive, Breaking, Editorial, Risky};

    use super::End;
    use crate::drift::report::examples;

    #[test]
    fn several_connectors_end_as_the_gravest() {
        for (ends, expected) in [
            (vec![], End::Quiet),
            (vec![End::Quiet, End::Quiet], End::Quiet),
            (vec![End::Idle, End::Quiet], End::Idle),
            (vec![End::Idle, End::New, End::Quiet], End::New),
            (vec![End::New, End::NotCompared, End::Idle], End::NotCompared),
        ] {
            assert_eq!(End::gravest(&ends), expected, "{ends:?}");
        }
    }

    #[test]
    fn each_way_to_end_has_its_code() {
        type Row<'r> = (Option<&'r [(Class, bool)]>, &'r [(Code, Severity)], Class, u8);
        const OVERLAY: (Code, Severity) = (Code::NoMatch, Severity::Error);
        const GONE: (Code, Severity) = (Code::DecisionIdle, Severity::Error);
        let table: &[Row<'_>] = &[
            // 0: nothing, nothing new, nothing serious
            (Some(&[]), &[], Breaking, 0),
            (Some(&[(Editorial, true), (Additive, true), (Risky, true)]), &[], Breaking, 0),
            (Some(&[(Editorial, true), (Additive, true)]), &[], Risky, 0),
            (Some(&[(Breaking, false), (Breaking, false)]), &[], Additive, 0),
            (Some(&[(Breaking, false), (Risky, true)]), &[], Breaking, 0),
            // Documents that were repaired can be compared.
            (Some(&[]), &[(Code::NoPaths, Severity::Warning)], Breaking, 0),
            (Some(&[]), &[(Code::UnresolvedReference, Severity::Error)], Breaking, 0),
            // 1: new at or above the threshold
            (Some(&[(Breaking, true)]), &[], Breaking, 1),
            (Some(&[(Breaking, false), (Breaking, true)]), &[], Breaking, 1),
            (Some(&[(Risky, true)]), &[], Risky, 1),
            (Some(&[(Breaking, true)]), &[], Risky, 1),
            (Some(&[(Additive, true)]), &[], Additive, 1),
            (Some(&[(Breaking, true)]), &[GONE], Breaking, 1),
            // 2: an outage, or a file that cannot be read, is no break
            (None, &[], Breaking, 2),
            (None, &[(Code::NotReadable, Severity::Error)], Breaking, 2),
            (None, &[(Code::Syntax, Severity::Error), OVERLAY], Breaking, 2),
            (None, &[(Code::DecisionShape, Severity::Error)], Breaking, 2),
            (None, &[(Code::NoPaths, Severity::Warning)], Breaking, 2),
            // 3: what people wrote does nothing any more
            (None, &[OVERLAY], Breaking, 3),
            (Some(&[]), &[OVERLAY], Breaking, 3),
            (Some(&[]), &[GONE], Breaking, 3),
            (Some(&[(Risky, true)]), &[(Code::DecisionExpired, Severity::Error)], Breaking, 3),
            (Some(&[(Breaking, false)]), &[(Code::UnknownChange, Severity::Error)], Breaking, 3),
        ];
        for (classes, codes, fail_on, expected) in table {
            let judged = classes.map(examples::changes);
            let shown = judged.as_ref().map(|judged| examples::shown(judged, false));
            let mut found = Diagnostics::new();
            for (code, severity) in *codes {
                found.push(Diagnostic::new(*code, *severity, "something"));
            }
            let end = End::of(shown.as_ref(), &found, *fail_on);
            assert_eq!(end.code(), *expected, "{classes:?}, {codes:?}, --fail-on {fail_on}");
        }
    }
}
