//! What a team decided about changes, laid on what they mean to a connector.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assessment, Impact, Severity, by_weight};
use crate::date::Date;
use crate::diagnostic::Diagnostics;
use crate::drift::decisions::{self, Acceptance, Decisions, Judged, JudgedChange};
use crate::drift::observed::Observed;
use crate::drift::{Class, Report};

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
    /// Lays decisions on the changes, on what was observed and is told, and on what they mean here: an impact is as serious as the override of
    /// what it comes from says. Entries that do nothing are told, as [`judge`](decisions::judge) says.
    pub fn decide(&mut self, decisions: &Decisions, today: Date) -> Diagnostics {
        let changes = self.rows().changes.into_iter().map(|judged| judged.change);
        let (mut judged, found) = decisions::judge(Report { changes: changes.collect() }, decisions, today);
        let told = judged.changes.split_off(self.report.changes.len());
        let observed = self.observed.iter_mut().filter(|observed| observed.is_telling());
        observed.zip(told).for_each(|(observed, judged)| observed.accepted = judged.accepted);
        self.report = judged;
        for impact in &mut self.impact {
            if let Some(before) = impact.overridden.take() {
                impact.severity = before.severity;
            }
            let entry = match (impact.change, impact.observed) {
                (Some(change), None) => {
                    self.report.changes.get(change).and_then(|judged| decisions.overriding(&judged.change))
                }
                (None, Some(observed)) => self
                    .observed
                    .get(observed)
                    .and_then(|observed| decisions.overriding(&observed.to_change())),
                // What a change explains is a remark beside that change, which has an impact of its own.
                _ => None,
            };
            let Some(entry) = entry else { continue };
            let severity = impact.under(entry.class);
            if severity != impact.severity {
                let without = std::mem::replace(&mut impact.severity, severity);
                impact.overridden = Some(Overridden { severity: without, reason: entry.reason.clone() });
            }
        }
        by_weight(&mut self.impact);
        found
    }

    /// The changes, then what was observed and is told, as rows of one report.
    pub fn rows(&self) -> Judged {
        let told = self.observed.iter().filter(|observed| observed.is_telling());
        let row = |observed: &Observed| JudgedChange {
            change: observed.to_change(),
            class_without_override: None,
            accepted: observed.accepted.clone(),
        };
        Judged { changes: self.report.changes.iter().cloned().chain(told.map(row)).collect() }
    }

    /// Why the change or the finding that an impact comes from is accepted; `None` where nobody has, or nothing led there.
    pub fn acceptance(&self, impact: &Impact) -> Option<&Acceptance> {
        match impact.change {
            Some(change) => self.report.changes.get(change)?.accepted.as_ref(),
            None => self.observed.get(impact.observed?)?.accepted.as_ref(),
        }
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
