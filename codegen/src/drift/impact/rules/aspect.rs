//! What the ids of the catalogue say by their words, which are stable.

/// What a change does to the values of a place, as far as its id says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aspect {
    Removed,
    Kind,
    Narrower,
    Missing,
    Null,
    Hidden,
    Deprecated,
    Form,
    Other,
}

pub(super) fn aspect(id: &str) -> Aspect {
    let ends = |words: &[&str]| words.iter().any(|word| id.ends_with(word));
    if ends(&["-property-removed", "-header-removed"]) || id.starts_with("request-parameter-removed") {
        Aspect::Removed
    } else if ends(&[
        "type-changed",
        "type-generalized",
        "list-of-types-widened",
        "wrapped-in-one-of",
        "unwrapped-from-one-of",
    ]) {
        Aspect::Kind
    } else if ends(&["type-specialized", "list-of-types-narrowed", "type-compatible"]) {
        Aspect::Narrower
    } else if ends(&["-became-optional"]) {
        Aspect::Missing
    } else if ends(&["-became-nullable"]) {
        Aspect::Null
    } else if ends(&["-became-write-only"]) {
        Aspect::Hidden
    } else if id.contains("deprecated") || id.contains("sunset") || id.contains("stability") {
        Aspect::Deprecated
    } else if ends(&[
        "-format-changed",
        "-format-added",
        "-format-removed",
        "style-changed",
        "explode-changed",
    ]) {
        Aspect::Form
    } else {
        Aspect::Other
    }
}

/// Whether an id is of a keyword that only restricts values.
pub(super) fn bounds(id: &str) -> bool {
    const WORDS: [&str; 17] = [
        "-max-",
        "-min-",
        "-length-",
        "-items-",
        "-properties-",
        "-pattern-",
        "-multiple-of-",
        "-unique",
        "-contains-",
        "-default-",
        "-not-added",
        "-not-removed",
        "-const-",
        "-unevaluated-",
        "-dependent-",
        "-if-",
        "-then-",
    ];
    WORDS.iter().any(|word| id.contains(word))
}
