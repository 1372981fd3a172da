//! Names: their words, whatever separates these, and one of something against several.

/// The words of a name in small letters, whatever separates them: `pageSize`, `page[size]` and `Page-Size` are the same.
pub(in crate::infer) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before: Option<char> = None;
    let mut rest = name.chars().peekable();
    while let Some(character) = rest.next() {
        if !character.is_alphanumeric() {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
        } else {
            let lower_next = rest.peek().is_some_and(|next| next.is_lowercase());
            let begins = character.is_uppercase()
                && before.is_some_and(|before| {
                    before.is_lowercase() || before.is_ascii_digit() || (before.is_uppercase() && lower_next)
                });
            if begins {
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
            }
            word.extend(character.to_lowercase());
        }
        before = Some(character);
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// The words of a name with `_` between them.
pub(in crate::infer) fn canonical(name: &str) -> String {
    words(name).join("_")
}

/// The last part of a name that has parts in brackets or behind dots, and whether the parts before are about paging: `page[size]`,
/// `listOptions.limit`.
pub(super) fn parts(name: &str) -> (String, Option<String>) {
    let mut parts =
        name.split(['[', '.']).map(|part| part.trim_end_matches(']')).filter(|part| !part.is_empty()).rev();
    let last = parts.next().map(canonical).unwrap_or_default();
    (last, parts.next().map(canonical))
}

/// The last part of a name in small letters: `next_record_id` of `page[next_record_id]`.
pub(in crate::infer) fn own(name: &str) -> String {
    parts(name).0
}

/// A word in the singular, roughly: enough to compare names.
pub(in crate::infer) fn singular(word: &str) -> String {
    for (end, instead) in
        [("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("zes", "z")]
    {
        if let Some(stem) = word.strip_suffix(end).filter(|stem| stem.len() > 1) {
            return format!("{stem}{instead}");
        }
    }
    match word.strip_suffix('s').filter(|stem| stem.len() > 1 && !stem.ends_with(['s', 'u', 'i'])) {
        Some(stem) => stem.to_owned(),
        None => word.to_owned(),
    }
}

/// Whether two names mean the same thing, one or several of it.
pub(in crate::infer) fn same_thing(one: &str, other: &str) -> bool {
    let read = |name: &str| words(name).iter().map(|word| singular(word)).collect::<Vec<_>>();
    let (one, other) = (read(one), read(other));
    !one.is_empty() && one == other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_whatever_separates_their_words() {
        for (name, expected) in [
            ("pageSize", "page_size"),
            ("page[size]", "page_size"),
            ("PageSize", "page_size"),
            ("$top", "top"),
            ("@odata.nextLink", "odata_next_link"),
            ("startAt", "start_at"),
            ("next-page_token", "next_page_token"),
            ("nextURL", "next_url"),
            ("URLNext", "url_next"),
            ("", ""),
            ("_", ""),
        ] {
            assert_eq!(canonical(name), expected, "{name}");
        }
    }

    #[test]
    fn one_of_something_is_the_same_as_several() {
        for (one, other, same) in [
            ("tickets", "ticket", true),
            ("categories", "Category", true),
            ("boxes", "box", true),
            ("status", "status", true),
            ("payment_intents", "paymentIntent", true),
            ("users", "groups", false),
            ("", "", false),
        ] {
            assert_eq!(same_thing(one, other), same, "{one} {other}");
        }
    }
}
