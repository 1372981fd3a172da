//! What a team decided about changes, laid on what they mean to a connector.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assessment, Impact, Severity, by_weight};
use crate::diagnostic::Diagnostics;
use crate::drift::decisions::{self, Acceptance, Decisions};
use crate::drift::{Class, Date, Report};

/// That an override of `drift.yaml` decided how serious an impact is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Overridden {
    /// How serious it is without the override.
    pub severity: Severity,
    /// Why, if that was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Overridden {
    /// For people: `by drift.yaml (breaks without it): nobody reads it`, without a full stop.
    pub fn told(&self) -> String {
        let reason = self.reason.as_ref().map(|reason| format!(": {}", reason.trim().trim_end_matches('.')));
        format!("by {} ({} without it){}", decisions::DECISIONS, self.severity, reason.unwrap_or_default())
    }
}

impl Assessment {
    /// Lays decisions on the changes, and on what they mean here: an impact is as serious as the override of its change says. Entries that do
    /// nothing are told, as [`judge`](decisions::judge) says.
    pub fn decide(&mut self, decisions: &Decisions, today: Date) -> Diagnostics {
        let changes = std::mem::take(&mut self.report.changes).into_iter().map(|judged| judged.change);
        let (judged, found) = decisions::judge(Report { changes: changes.collect() }, decisions, today);
        self.report = judged;
        for impact in &mut self.impact {
            if let Some(before) = impact.overridden.take() {
                impact.severity = before.severity;
            }
            let change = impact.change.and_then(|index| self.report.changes.get(index));
            let Some(entry) = change.and_then(|judged| decisions.overriding(&judged.change)) else {
                continue;
            };
            let severity = impact.under(entry.class);
            if severity != impact.severity {
                let without = std::mem::replace(&mut impact.severity, severity);
                impact.overridden = Some(Overridden { severity: without, reason: entry.reason.clone() });
            }
        }
        by_weight(&mut self.impact);
        found
    }

    /// Why the change that an impact comes from is accepted; `None` where nobody has, or no change led there.
    pub fn acceptance(&self, impact: &Impact) -> Option<&Acceptance> {
        self.report.changes.get(impact.change?)?.accepted.as_ref()
    }
}

impl Impact {
    /// How serious it is where its change has a class. What the connector takes as it comes is not told because of a class that asks for
    /// nothing, and a manifest that does not fit is no matter of opinion.
    fn under(&self, class: Class) -> Severity {
        let severity = match class {
            Class::Breaking => Severity::Breaks,
            Class::Risky => Severity::Risks,
            Class::Additive | Class::Editorial => self.severity.min(Severity::Notices),
        };
        if self.unfit.is_some() { severity.max(self.severity) } else { severity }
    }
}
