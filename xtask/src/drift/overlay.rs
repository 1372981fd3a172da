//! `cargo xtask drift NAME --observed FILE --overlay`: what the overlay could say of what was observed.

use std::path::Path;

use linchpin_codegen::date::Date;
use linchpin_codegen::diagnostic::Diagnostics;
use linchpin_codegen::drift::impact::Assessment;
use linchpin_codegen::drift::{OverlayChange, Proposed, propose_overlay};
use linchpin_codegen::generate::OVERLAY;
use linchpin_codegen::source::SourceFiles;

use super::show;
use crate::workspace;

/// A patch, with what it leaves out as comments before it; `git apply` passes over them. `None` where the connector cannot be read, which is
/// told then.
pub(super) fn patch(
    folder: &Path,
    assessment: &Assessment,
    today: Date,
    files: &mut SourceFiles,
) -> Option<String> {
    let path = folder.join(OVERLAY);
    // A patch names files below the folder that it is applied in.
    let shown = workspace::shown(&path);
    let name = if shown.is_absolute() { OVERLAY.to_owned() } else { shown.display().to_string() };
    let mut found = Diagnostics::new();
    let proposed = propose_overlay(folder, &name, assessment, today, files, &mut found);
    let Some(Proposed { notes, change }) = proposed else {
        show(&found, files);
        return None;
    };
    let rest = match change {
        OverlayChange::None => format!("# Nothing to propose for {name}.\n"),
        OverlayChange::Patch(patch) => format!(
            "# Proposed for {name}; review it, then `git apply` it and `cargo xtask generate`.\n{patch}"
        ),
        OverlayChange::Apart(overlay) => format!(
            "# The actions of {name} are written in a way that cannot be extended here: put these after them.\n{overlay}"
        ),
    };
    Some(notes + &rest)
}
