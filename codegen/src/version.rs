//! Versions of generated crates: three numbers, and what a change asks of them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the change of a crate asks of its version, from the least (Semantic Versioning 2.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// Nothing differs.
    None,
    /// It does something else, and those who use it need not know.
    Patch,
    /// There is more of it.
    Minor,
    /// Something that was used may be gone or differ.
    Major,
}

impl Bump {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Bump::None => "none",
            Bump::Patch => "patch",
            Bump::Minor => "minor",
            Bump::Major => "major",
        }
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A version of a crate: `1.2.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u64; 3]);

impl Version {
    /// That of a crate that nobody has changed yet.
    pub const FIRST: Self = Self([0, 1, 0]);

    /// Reads three numbers with dots between them; `None` for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut number = || {
            let part = parts.next()?;
            let plain = part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
            part.parse().ok().filter(|_| plain)
        };
        let version = Self([number()?, number()?, number()?]);
        parts.next().is_none().then_some(version)
    }

    /// The version after a change. Before 1.0 Cargo takes the second number for what breaks, and the third for all else.
    pub fn bumped(self, bump: Bump) -> Self {
        let [major, minor, patch] = self.0;
        Self(match (bump, major) {
            (Bump::None, _) => [major, minor, patch],
            (Bump::Major, 0) => [0, minor.saturating_add(1), 0],
            (Bump::Minor, 0) | (Bump::Patch, _) => [major, minor, patch.saturating_add(1)],
            (Bump::Major, _) => [major.saturating_add(1), 0, 0],
            (Bump::Minor, _) => [major, minor.saturating_add(1), 0],
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(formatter, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Bump, Version};

    #[test]
    fn versions_are_read_and_bumped_as_cargo_counts() {
        for (from, bump, to) in [
            ("0.1.0", Bump::None, "0.1.0"),
            ("0.1.0", Bump::Patch, "0.1.1"),
            ("0.1.3", Bump::Minor, "0.1.4"),
            ("0.1.3", Bump::Major, "0.2.0"),
            ("1.2.3", Bump::Patch, "1.2.4"),
            ("1.2.3", Bump::Minor, "1.3.0"),
            ("1.2.3", Bump::Major, "2.0.0"),
        ] {
            let version = Version::read(from).expect(from);
            assert_eq!(version.bumped(bump).to_string(), to, "{from} and {bump}");
        }
        for text in ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.+3", "-1.2.3", "1.2.99999999999999999999999"] {
            assert_eq!(Version::read(text), None, "{text}");
        }
    }
}
