//! Changes of something that the connector sends because the manifest says so.

use super::aspect::{Aspect, aspect};
use super::{Context, Role, Severity, Use, Verdict};
use crate::drift::view::{Bound, Word};
use crate::drift::{Change, Class};

impl Context<'_, '_> {
    /// What changed about something that the connector sends.
    pub(super) fn sent(&self, change: &Change, used: &Use) -> Option<Verdict> {
        let Use { user, name, .. } = used;
        let what = match used.role {
            Role::CursorParameter => format!("the parameter of its cursor, `{name}`"),
            Role::PageParameter => format!("the parameter that names a page, `{name}`"),
            Role::PageSize => format!("the parameter of its page size, `{name}`"),
            Role::SliceParameter => format!("the parameter `{name}`, which tells its slices apart"),
            _ => format!("the parameter `{name}`, which it sends"),
        };
        match aspect(&change.id) {
            Aspect::Removed => {
                let advice = match used.role {
                    Role::CursorParameter => {
                        "without it each run reads everything: name the parameter that takes its place"
                    }
                    Role::PageSize => "remove `size`, or name the parameter that takes its place",
                    Role::PageParameter => {
                        "without it every page is the first: declare how the revision pages"
                    }
                    _ => {
                        "without it the answer may hold something else: name what takes its place, or remove it"
                    }
                };
                Some(Verdict::new(Severity::Breaks, format!("{user} loses {what}"), advice))
            }
            Aspect::Deprecated => Some(Verdict::new(
                Severity::Notices,
                format!("{user} sends `{name}`, which is deprecated"),
                "look for what takes its place",
            )),
            // It is sent in any case.
            Aspect::Missing => Some(Verdict::new(
                Severity::None,
                format!("`{name}`, which {user} sends, may be left out"),
                "",
            )),
            _ if change.id.ends_with("-became-required") || change.id.contains("-default-value-") => {
                Some(Verdict::new(
                    Severity::None,
                    format!("`{name}` is sent by {user}"),
                    "the connector sends a value of its own",
                ))
            }
            _ if change.class < Class::Risky => {
                Some(Verdict::new(Severity::None, format!("`{name}`, which {user} sends, takes more"), ""))
            }
            _ => Some(match &used.value {
                Some(value) => match self.misfit(used, value) {
                    None => Verdict::new(
                        Severity::None,
                        format!("`{name}` has other bounds, and {user} sends `{value}`"),
                        "the value that is sent still fits",
                    ),
                    Some(why) => Verdict::new(
                        Severity::Breaks,
                        format!("{user} sends `{name}` as `{value}`, and {why}"),
                        "send a value that the revision takes",
                    ),
                },
                None => Verdict::new(
                    if change.class == Class::Breaking
                        && matches!(aspect(&change.id), Aspect::Kind | Aspect::Form)
                    {
                        Severity::Breaks
                    } else {
                        Severity::Risks
                    },
                    format!("{user} sends `{name}`, which takes other values"),
                    "check that what is sent still fits",
                ),
            }),
        }
    }

    /// Why a value is none that the revision takes.
    fn misfit(&self, used: &Use, value: &str) -> Option<String> {
        let node = self.revision.node(used.revision.schema?)?;
        let schema = self.revision.schema(&self.revision.core(node));
        if let Some(listed) = schema.get(Word::Enum) {
            let text = |item: crate::source::Node<'_>| {
                item.as_str().map_or_else(|| item.to_json().to_string(), str::to_owned)
            };
            let known: Vec<String> = listed.items().map(text).collect();
            if !known.iter().any(|known| known == value) {
                return Some(format!("only {} can be sent", known.join(", ")));
            }
        }
        let number = value.parse::<f64>().ok();
        if let Some(number) = number.filter(|_| !schema.types.has("string")) {
            if let Some((most, _)) = schema.bound(Bound::Max).filter(|(most, _)| number > *most) {
                return Some(format!("{most} is the most"));
            }
            if let Some((least, _)) = schema.bound(Bound::Min).filter(|(least, _)| number < *least) {
                return Some(format!("{least} is the least"));
            }
        }
        if number.is_none()
            && !schema.types.is_any()
            && schema.types.is_scalar()
            && !schema.types.has("string")
            && !(schema.types.has("boolean") && matches!(value, "true" | "false"))
        {
            return Some(format!("it has to be {}", schema.types));
        }
        let length = |word| schema.get(word).and_then(|node| node.as_u64());
        let signs = u64::try_from(value.chars().count()).unwrap_or(u64::MAX);
        if let Some(most) = length(Word::MaxLength).filter(|most| schema.types.has("string") && signs > *most)
        {
            return Some(format!("no more than {most} characters can be sent"));
        }
        None
    }
}
