//! Finds what looks like a credential in texts, and hides it from whatever is shown of them.

use crate::source::{FileId, SourceFiles, Span};

/// Characters of a secret that are shown, so that a person can find it.
const SHOWN: usize = 4;
/// Texts shorter than this are no secrets that a machine made.
const SHORTEST: usize = 20;
/// Bits of surprise in each character from which a text looks like chance. English words have less than 4, 32 random hexadecimal digits about 3.7,
/// base64 about 5.
const ENTROPY: f64 = 4.2;

/// Prefixes that vendors and tools give their credentials so that scanners know them, with the least number of characters that follow.
const PREFIXES: &[(&str, usize)] = &[
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("ghu_", 30),
    ("github_pat_", 30),
    ("glpat-", 18),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("xoxa-", 20),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("whsec_", 24),
    ("AKIA", 16),
    ("AIza", 35),
    ("SG.", 40),
    ("dop_v1_", 60),
    ("npm_", 36),
    ("pypi-", 50),
    ("sk-ant-", 30),
    ("sk-proj-", 30),
];

/// What speaks for a text that nothing but its letters gives away.
const CHANCE: &str = "it looks like chance, as keys do";

/// Something that looks like a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Secret {
    /// Where it stands.
    pub(super) span: Span,
    /// What speaks for it.
    pub(super) why: &'static str,
}

/// What looks like a credential in all texts. In those that people write for one connector (`own`), chance alone is enough; documents are full of
/// identifiers that look like chance.
pub(super) fn find(files: &SourceFiles, own: &dyn Fn(&str) -> bool) -> Vec<Secret> {
    let mut found = Vec::new();
    for (index, (name, text)) in files.iter().enumerate() {
        let Ok(id) = u16::try_from(index) else { break };
        of_text(FileId(id), text, own(name), &mut found);
    }
    // What a manifest has from the document, such as the id of an operation, is the document's name for something.
    let of_document = |secret: &Secret| {
        let word = files.text(secret.span.file);
        let word = word.and_then(|text| text.get(secret.span.start as usize..secret.span.end as usize));
        word.is_some_and(|word| {
            files.iter().any(|(name, text)| {
                let mut places = text.match_indices(word).filter(|_| !own(name));
                places.any(|(at, _)| {
                    let beside = |next: Option<char>| next.is_some_and(|next| next.is_ascii_alphanumeric());
                    !beside(text.get(..at).and_then(|text| text.chars().next_back()))
                        && !beside(text.get(at + word.len()..).and_then(|text| text.chars().next()))
                })
            })
        })
    };
    found.retain(|secret| secret.why != CHANCE || !of_document(secret));
    found
}

fn of_text(file: FileId, text: &str, own: bool, found: &mut Vec<Secret>) {
    let mut start = 0;
    let part = |c: char| c.is_ascii_alphanumeric() || "_-./+=".contains(c);
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        if part(character) {
            continue;
        }
        if let Some(word) = text.get(start..at).filter(|word| word.len() >= SHORTEST)
            && let Some(why) = looks_secret(word, own)
            && let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(at))
        {
            found.push(Secret { span: Span { file, start, end }, why });
        }
        start = at + character.len_utf8();
    }
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("PRIVATE KEY-----")).map(|at| at + from) {
        let line = text.get(..at).and_then(|before| before.rfind("-----BEGIN"));
        if let Some(begin) = line.filter(|begin| at - begin < 40)
            && let (Ok(start), Ok(end)) = (u32::try_from(begin), u32::try_from(at + "PRIVATE KEY-----".len()))
        {
            found.push(Secret { span: Span { file, start, end }, why: "it is a private key" });
        }
        from = at + 1;
    }
}

fn looks_secret(word: &str, own: bool) -> Option<&'static str> {
    for (prefix, least) in PREFIXES {
        let rest = word.strip_prefix(prefix);
        if rest.is_some_and(|rest| rest.len() >= *least && !is_placeholder(rest)) {
            return Some("it begins as credentials of a known kind do");
        }
    }
    let parts: Vec<&str> = word.split('.').collect();
    if let [header, claims, signature] = parts.as_slice()
        && header.starts_with("eyJ")
        && claims.starts_with("eyJ")
        && signature.len() >= SHORTEST
        && !is_placeholder(signature)
    {
        return Some("it is a signed JWT");
    }
    let mixed = word.chars().any(|c| c.is_ascii_digit())
        && word.chars().any(|c| c.is_ascii_uppercase())
        && word.chars().any(|c| c.is_ascii_lowercase())
        && !word.contains(['/', '.']);
    (own && mixed && entropy(word) >= ENTROPY).then_some(CHANCE)
}

/// `xxxxxxxx` and `YOUR_TOKEN_HERE`.
fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    entropy(text) < 2.5
        || ["your", "example", "xxxx", "redacted", "placeholder", "secret", "token"]
            .iter()
            .any(|word| lower.contains(word))
}

/// Bits of surprise in each character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = text.len().max(1) as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|part| -part * part.log2())
        .sum()
}

/// The first characters of a secret, and how long it is.
pub(super) fn hint(text: &str) -> String {
    let first: String = text.chars().take(SHOWN).collect();
    format!("{first}... ({} characters)", text.chars().count())
}

/// The same texts with `*` in place of all but the first characters of what looks like a credential, so that every place stays where it was.
pub(super) fn masked(files: &SourceFiles, secrets: &[Secret]) -> SourceFiles {
    let mut masked = SourceFiles::new();
    for (index, (name, text)) in files.iter().enumerate() {
        let mut bytes = text.as_bytes().to_vec();
        for secret in secrets.iter().filter(|secret| usize::from(secret.span.file.0) == index) {
            let (start, end) = (secret.span.start as usize + SHOWN, secret.span.end as usize);
            bytes
                .iter_mut()
                .take(end)
                .skip(start)
                .filter(|byte| **byte != b'\n')
                .for_each(|byte| *byte = b'*');
        }
        masked.add_masked(name, String::from_utf8_lossy(&bytes).as_ref());
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_document_is_no_credential() {
        let name = "GetMyThing9WithQ2vLm8TnB4rWc7Yd";
        for (document, manifest, found) in [
            (format!("operationId: {name}"), format!("operation: {name}"), 0),
            (format!("operationId: {name}AndMore"), format!("operation: {name}"), 1),
            (String::new(), format!("password: {name}"), 1),
        ] {
            let mut files = SourceFiles::new();
            files.add("openapi.yaml", document.as_str().into());
            files.add("connector.yaml", manifest.as_str().into());
            let secrets = find(&files, &|name| name == "connector.yaml");
            assert_eq!(secrets.len(), found, "{document} {manifest}");
        }
    }

    #[test]
    fn credentials_are_told_from_words() {
        // Made up here, and put together so that no scanner takes this file for a leak.
        let github = format!("ghp{}", "_1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R");
        let key = "Zx9".to_owned() + "kQ2vLm8TnB4rWc7Yd1Hs6Jf3Pg5A";
        for (text, own, expected) in [
            (github.as_str(), false, true),
            ("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", false, false),
            ("ghp_YOUR_TOKEN_YOUR_TOKEN_YOUR_TOKEN", false, false),
            (key.as_str(), false, false),
            (key.as_str(), true, true),
            ("application/vnd.github.v3.star+json", true, false),
            ("a-quite-long-name-of-an-operation", true, false),
            ("repos/listCommitStatusesForRef", true, false),
            ("", true, false),
        ] {
            assert_eq!(looks_secret(text, own).is_some() && text.len() >= SHORTEST, expected, "{text} {own}");
        }
    }
}
