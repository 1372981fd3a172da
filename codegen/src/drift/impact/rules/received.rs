//! Changes of something that comes from the server and that the manifest uses.

use super::aspect::{Aspect, aspect};
use super::{Context, Role, Severity, Use, Verdict};
use crate::drift::Change;

impl Context<'_, '_> {
    /// What changed about something that comes from the server.
    pub(super) fn received(&self, change: &Change, used: &Use) -> Option<Verdict> {
        let Use { user, name, .. } = used;
        if used.role.is_header() {
            let (severity, what, advice) = match (aspect(&change.id), used.role) {
                (Aspect::Removed, Role::PageHeader) => (
                    Severity::Breaks,
                    format!("{user} loses the header `{name}`, which it follows"),
                    "declare how the revision pages, or check with a real answer that the header still comes",
                ),
                (Aspect::Removed, _) => (
                    Severity::Risks,
                    format!("{user} loses the header `{name}`"),
                    "check with a real answer; without it, the connector keeps the declared budget alone",
                ),
                (Aspect::Kind | Aspect::Form, _) => (
                    Severity::Risks,
                    format!("{user} reads the header `{name}`, which is written otherwise"),
                    "compare with a real answer",
                ),
                (Aspect::Deprecated, _) => {
                    (Severity::Notices, format!("{user} reads the header `{name}`, which is deprecated"), "")
                }
                _ => return None,
            };
            return Some(Verdict::new(severity, what, advice));
        }
        let role = match used.role {
            Role::Records => "records",
            Role::Key => "key",
            Role::Cursor => "cursor",
            Role::NextPage => "next page",
            _ => "end of pages",
        };
        let is_key = matches!(used.role, Role::Records | Role::Key);
        let verdict = match aspect(&change.id) {
            Aspect::Removed => Verdict::new(
                Severity::Breaks,
                format!("{user} loses its {role} `{name}`"),
                match used.role {
                    Role::Cursor => "name another field, or remove `cursor`: each run then reads everything",
                    Role::Key => "name another field that identifies a record",
                    Role::Records => "name the list that holds the records in the revision",
                    _ => "declare how the revision pages",
                },
            ),
            Aspect::Kind => Verdict::new(
                Severity::Breaks,
                format!("the {role} `{name}` of {user} is of another kind"),
                match used.role {
                    Role::Key => {
                        "records that are stored have other keys: read the stream anew into an empty table"
                    }
                    Role::Cursor => "bookmarks that are stored no longer compare: reset the stream's state",
                    _ => "compare the path with the revision",
                },
            ),
            Aspect::Hidden => Verdict::new(
                Severity::Breaks,
                format!("the {role} `{name}` of {user} no longer comes"),
                "name another field",
            ),
            Aspect::Null | Aspect::Missing if is_key => Verdict::new(
                Severity::Breaks,
                format!("the {role} `{name}` of {user} need not come"),
                "a record without its key fails its page: name a field that always comes",
            ),
            Aspect::Null | Aspect::Missing if used.role == Role::Cursor => Verdict::new(
                Severity::Risks,
                format!("the {role} `{name}` of {user} need not come"),
                "records without it move no bookmark; check that changed records still have it",
            ),
            Aspect::Null | Aspect::Missing => Verdict::new(
                Severity::None,
                format!("the {role} `{name}` of {user} need not come"),
                "a page without it is taken for the last",
            ),
            Aspect::Narrower => {
                Verdict::new(Severity::None, format!("the {role} `{name}` of {user} is narrower"), "")
            }
            Aspect::Form if used.role == Role::Cursor => Verdict::new(
                Severity::Risks,
                format!("the {role} `{name}` of {user} is written otherwise"),
                "check `format` of the cursor",
            ),
            Aspect::Deprecated => Verdict::new(
                Severity::Notices,
                format!("the {role} `{name}` of {user} is deprecated"),
                "look for what takes its place",
            ),
            Aspect::Form | Aspect::Other
                if change.id.contains("one-of-added") || change.id.contains("any-of-added") =>
            {
                Verdict::new(
                    Severity::Risks,
                    format!("{user} may get records of a further shape, in which `{name}` need not stand"),
                    "",
                )
            }
            Aspect::Form | Aspect::Other => Verdict::new(
                Severity::None,
                format!("the {role} `{name}` of {user} has other bounds"),
                "the connector checks no bounds of what it reads",
            ),
        };
        Some(verdict)
    }
}
