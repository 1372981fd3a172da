//! Entries of `drift.yaml` that accept what is new, to be filled in and pasted.

use super::Shown;
use super::escape::logged;

/// An entry for each new change that fails. The reason is left empty, and an empty one is refused: a person has to say it.
pub(super) fn render(shown: &Shown<'_>) -> String {
    let mut text = String::new();
    let mut seen = std::collections::HashSet::new();
    for row in shown.by_weight().into_iter().filter(|row| row.fails(shown.fail_on)) {
        let change = row.change();
        // One entry does for changes that differ in their sentence alone.
        if !seen.insert((&change.id, row.pointers())) {
            continue;
        }
        text.push_str(&format!("  # {}\n", logged(&change.text)));
        text.push_str(&format!("  - id: {}\n", change.id));
        for (key, side) in [("base", &change.base), ("revision", &change.revision)] {
            if let Some(side) = side {
                // Strings of JSON are strings of YAML, whatever they hold.
                text.push_str(&format!("    {key}: {}\n", serde_json::Value::from(side.pointer.as_str())));
            }
        }
        text.push_str("    reason: \"\"\n");
        text.push_str("    # expires: YYYY-MM-DD\n");
    }
    if text.is_empty() { "accepted: []\n".to_owned() } else { format!("accepted:\n{text}") }
}
