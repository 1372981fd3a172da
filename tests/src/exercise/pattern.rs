//! Texts that match a pattern.

use fastrand::Rng;
use regex_syntax::hir::{Class, Hir, HirKind};

/// A text that matches, of some length; `None` where the pattern uses what has no plain structure (a look around, a back reference).
/// Repetitions without an end come up to `more` times more often than they must.
pub fn matching(pattern: &str, more: u32, random: &mut Rng) -> Option<String> {
    let read = regex_syntax::ParserBuilder::new().build().parse(pattern).ok()?;
    let mut text = String::new();
    write(&read, more, random, &mut text)?;
    Some(text)
}

fn write(hir: &Hir, more: u32, random: &mut Rng, text: &mut String) -> Option<()> {
    match hir.kind() {
        // Anchors hold, for nothing is written around what matches. A word's edge has to turn out right.
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(member(class, random)?),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(more));
            for _ in 0..random.u32(repetition.min..=most.max(repetition.min)) {
                write(&repetition.sub, more, random, text)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, more, random, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, more, random, text))?,
        HirKind::Alternation(parts) => write(&parts[random.usize(..parts.len())], more, random, text)?,
    }
    Some(())
}

/// A member of a class of characters: a plain one, if it has any.
fn member(class: &Class, random: &mut Rng) -> Option<char> {
    let Class::Unicode(class) = class else {
        return None;
    };
    let plain = |c: &char| c.is_ascii_alphanumeric();
    let readable = |c: &char| c.is_ascii_graphic();
    for fits in [&plain as &dyn Fn(&char) -> bool, &readable] {
        let fitting: Vec<char> = (' '..='~')
            .filter(|c| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(c)))
            .filter(|c| fits(c))
            .collect();
        if !fitting.is_empty() {
            return Some(fitting[random.usize(..fitting.len())]);
        }
    }
    Some(class.ranges().first()?.start())
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use serde_json::json;

    use super::matching;

    #[test]
    fn what_is_made_matches() {
        let mut random = Rng::with_seed(1);
        for pattern in [
            "^[a-z]{3}$",
            "^(AC|SK)[0-9a-fA-F]{32}$",
            r"^\d{4}-\d{2}(T\d+)?$",
            "^[^/]+$",
            r"^\+?[1-9]\d{1,14}$",
            "a|b*c",
            r"^[\p{L}]+$",
            "^.*$",
        ] {
            let validator = jsonschema::validator_for(&json!({ "pattern": pattern })).unwrap();
            for more in [0, 1, 8] {
                let text = matching(pattern, more, &mut random).unwrap();
                assert!(validator.is_valid(&json!(text)), "{pattern}: {text}");
            }
        }
        assert_eq!(matching("^(?!a)b$", 1, &mut random), None, "a look ahead is not tried");
    }
}
