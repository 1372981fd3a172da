//! Whether the document's version says that something breaks.

use super::{Class, Comparison, DOCUMENT, Named};

/// A semantic version without what follows its three numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    major: u64,
    minor: u64,
    patch: u64,
}

impl Version {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let bare = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let core = bare.split(['-', '+']).next()?;
        let mut parts = core.split('.').map(|part| part.parse::<u64>().ok());
        let version = Self { major: parts.next()??, minor: parts.next()??, patch: parts.next()?? };
        parts.next().is_none().then_some(version)
    }

    /// Whether a step from one version to a later one announces breaks: below 1.0.0 the minor version does (semver.org, 4).
    fn announces(self, later: Self) -> bool {
        later.major > self.major || (self.major == 0 && later.major == 0 && later.minor > self.minor)
    }
}

impl Comparison<'_, '_> {
    /// Where something breaks and the versions are semantic ones, whether they say so.
    pub(super) fn version_policy(&mut self) {
        let breaks =
            self.units.iter().flat_map(|unit| &unit.findings).any(|finding| finding.class == Class::Breaking);
        let (Some(old), Some(new)) = (self.base.version(), self.revision.version()) else { return };
        let (Some(from), Some(to)) = (old.as_str(), new.as_str()) else { return };
        let (true, Some(before), Some(after)) = (breaks, Version::read(from), Version::read(to)) else {
            return;
        };
        let named = match after.cmp(&before) {
            std::cmp::Ordering::Equal => Named::ApiVersionNotBumped,
            std::cmp::Ordering::Less => Named::ApiVersionDecreased,
            std::cmp::Ordering::Greater if before.announces(after) => return,
            std::cmp::Ordering::Greater => Named::ApiMajorVersionNotBumped,
        };
        self.tell(DOCUMENT, named, (Some(old), Some(new)), &[&format!("`{from}`"), &format!("`{to}`")]);
    }
}
