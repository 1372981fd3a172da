//! Finds the word that a person most likely meant.

/// The candidate nearest to `word`, where one is near enough to be worth showing.
///
/// Near means at most one edit (insert, delete, replace, swap of neighbours) for each three characters of the
/// longer word and at most four in all, letter case aside. Of equally near candidates the first wins, so the answer depends on nothing
/// but its arguments. `None` where nothing is near: a far-fetched suggestion costs the reader more than none.
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lowered = word.to_lowercase();
    let mut best: Option<(usize, &'c str)> = None;
    for candidate in candidates {
        let other = candidate.to_lowercase();
        let longer = lowered.chars().count().max(other.chars().count());
        let distance = strsim::damerau_levenshtein(&lowered, &other);
        if distance <= (longer / 3).clamp(1, 4) && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    // One edit turns any single letter into any other, which says nothing.
    best.filter(|(distance, candidate)| *distance < candidate.chars().count()).map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn suggests_the_nearest_word_or_none() {
        for (word, candidates, expected) in [
            ("strems", vec!["streams", "limits", "auth"], Some("streams")),
            ("cusror", vec!["key", "cursor"], Some("cursor")),
            ("Operations", vec!["operations"], Some("operations")),
            ("pagng", vec!["paging", "page"], Some("paging")),
            ("widgets", vec!["streams", "limits"], None),
            ("x", vec!["y"], None),
            ("ModifierToggleOverrideType", vec!["ModifierOverride"], None),
            ("", vec!["a"], None),
            ("list_ticket", vec!["list_tickets", "list_tacket"], Some("list_tickets")),
        ] {
            assert_eq!(
                did_you_mean(word, candidates.iter().copied()),
                expected,
                "{word} among {candidates:?}"
            );
        }
    }
}
