use fastrand::Rng;
use proptest::prelude::*;

use super::{Pattern, Unreadable};

fn read(pattern: &str) -> Pattern {
    Pattern::read(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

/// An engine of ECMA-262 that is none of ours; without the flag `u` where a pattern cannot be read with it.
fn judge(pattern: &str) -> Option<regress::Regex> {
    regress::Regex::with_flags(pattern, "u").or_else(|_| regress::Regex::new(pattern)).ok()
}

#[test]
fn a_text_matches_or_not() {
    for (pattern, matching, others) in [
        ("", &["", "a"][..], &[][..]),
        ("b", &["b", "abc"], &["", "a"]),
        ("^AC[0-9a-fA-F]{3}$", &["AC0aF"], &["AC0a", "AC0aF0", "xAC0aF", "AC0aF\n"]),
        (r"^[a-zA-Z0-9-_.]+$", &["a-b_c.d"], &["", "a b"]),
        (r"^[\w.@+-]+$", &["a.b@c"], &["ä", "a/b"]),
        (r"^[\w-.]$", &["-", "w", "."], &["x-", "/"]),
        (r"^\d+$", &["0123"], &["٣", ""]),
        (r"^\s\S$", &["\u{a0}x", "\u{feff}y", "\tz"], &["ax", "  "]),
        ("^.$", &["a", "😀"], &["\n", "\u{2028}", ""]),
        (r"^[\s\S]$", &["\n", "x"], &[""]),
        ("^[^]$", &["\n"], &[""]),
        ("^[^a-c]$", &["d", "ä"], &["b"]),
        (r"^\u0041\x42\u{43}\ud83d\ude00$", &["ABC😀"], &["ABC"]),
        (r"^[\b\-\]\\]+$", &["\u{8}-]\\"], &["b"]),
        (r"^\/\{\}\_\:\cJ$", &["/{}_:\n"], &["/{}_:"]),
        ("^{a}]$", &["{a}]"], &["a"]),
        ("^a{2}b{1,}c{0,1}?$", &["aab", "aabbc"], &["ab", "aabcc"]),
        ("^(?<year>[0-9]{4})(?:-x)?$", &["2026", "2026-x"], &["26"]),
        ("^(a|b|)c$", &["ac", "bc", "c"], &["abc"]),
        (r"\bword\b", &["a word."], &["swords", "äword1"]),
        ("^[--9]$", &["-", ".", "5"], &["a"]),
        ("a-z, A-Z", &["a-z, A-Z"], &["b, B"]),
        (".^", &[], &["", "a"]),
        ("^$|[0-9]{8}\\b-", &["", "12345678-"], &["x"]),
    ] {
        let read = read(pattern);
        for (text, expected) in
            matching.iter().map(|text| (text, true)).chain(others.iter().map(|text| (text, false)))
        {
            assert_eq!(read.matches(text), expected, "{pattern} of {text:?}");
            let judged = judge(pattern).map(|judge| judge.find(text).is_some());
            assert_eq!(judged, Some(expected), "{pattern} of {text:?}, as ECMA-262 has it");
        }
    }
}

#[test]
fn what_cannot_be_told_in_one_pass_or_is_of_another_dialect_is_refused() {
    use Unreadable::*;
    for (pattern, expected) in [
        ("^(?!a)b$", LookAround),
        ("(?=a)", LookAround),
        ("(?<=a)b", LookAround),
        ("(?<!a)b", LookAround),
        (r"(a)\1", BackReference),
        (r"(?<x>a)\k<x>", BackReference),
        (r"a\Bb", NoEdge),
        (r"^\p{L}+$", Property),
        (r"[\P{Lu}]", Property),
        ("[]", EmptyClass),
        (r"[^\s\S]", EmptyClass),
        ("^.{1,10001}$", TooLarge),
        ("((a{1000}){1000}){4294967296}", TooLarge),
        ("x{99999999999999999999}", TooLarge),
    ] {
        assert_eq!(Pattern::read(pattern).map(drop), Err(expected), "{pattern}");
    }
    let deep = format!("{}a{}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(Pattern::read(&deep).map(drop), Err(TooLarge));
    for pattern in [
        "(",
        ")",
        "a)",
        "[",
        "[a",
        "[\\",
        "\\",
        "*",
        "a**",
        "a{2}{3}",
        "a{3,2}",
        "a{1",
        "a{,3}",
        "{2}",
        "^*",
        "(?i)a",
        "(?i:a)",
        "(?",
        "(?<",
        "(?<a",
        "(?<a-b>c)",
        r"\A",
        r"\z",
        r"\h",
        r"\c1",
        r"\xZ1",
        r"\u12",
        r"\u{110000}",
        r"\u{",
        r"\ud83d",
        r"\ud83d\u0041",
        "[z-a]",
        "[[:alpha:]]",
        r"[\1]",
        "a++",
        r"\01",
    ] {
        let found = Pattern::read(pattern).map(drop);
        assert!(matches!(found, Err(NotEcma(_))), "{pattern}: {found:?}");
    }
}

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
        r"^[äöü]+$",
        "^.*$",
        r"^\w+\b \b\w+$",
    ] {
        let read = read(pattern);
        for more in [0, 1, 8] {
            let text = read.sample(more, |below| random.u64(..below));
            assert!(text.as_ref().is_some_and(|text| read.matches(text)), "{pattern}: {text:?}");
        }
    }
    // There is no such text, and a draw that keeps to nothing is no way out of a class.
    assert_eq!(read("$a").sample(1, |_| 0), None);
    assert_eq!(read("^[ab]$").sample(1, |_| u64::MAX).as_deref(), Some("b"));
}

#[test]
fn each_number_has_a_text_of_its_own() {
    for (pattern, number, expected) in [
        ("^AC[0-9a-f]{4}$", 0, Some("AC0000")),
        ("^AC[0-9a-f]{4}$", 258, Some("AC0102")),
        ("^AC[0-9a-f]{4}$", 65_536, None),
        ("^(SM|MM)[0-9a-fA-F]{3}$", 11, Some("SM00B")),
        (r"^user_\w{6}$", 1, Some("user_000001")),
        ("^[a-z]+$", 27, Some("aaaaaaaaaabb")),
        (r"^[1-9]\d*$", 7, Some("1000000000007")),
        ("^[-.]{2}$", 0, Some("--")),
        ("^fixed$", 0, Some("fixed")),
        ("^fixed$", 1, None),
        ("$a", 0, None),
        ("^.{300}$", 0, None),
    ] {
        let read = read(pattern);
        let text = read.numbered(number);
        assert_eq!(text.as_deref(), expected, "{pattern} {number}");
        assert_eq!(
            text.and_then(|text| read.number_of(&text)),
            expected.map(|_| number),
            "{pattern} {number}"
        );
    }
    let read = read("^[A-Za-z0-9]{20}$");
    let all: Vec<String> = (0..2_000).filter_map(|number| read.numbered(number * 977)).collect();
    assert!(all.len() == 2_000 && all.is_sorted_by(|one, next| one < next), "{all:?}");
    for other in ["", "a", "000000000000000000000", "0000000000000000000é"] {
        assert_eq!(read.number_of(other), None, "{other}");
    }
    assert_eq!(read.number_of("zzzzzzzzzzzzzzzzzzzz"), None, "beyond 64 bits");
}

/// The engine takes no longer than it says for what makes others take for ever.
#[test]
fn what_makes_engines_go_back_takes_one_pass() {
    for pattern in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", r"^(\w+\s?)*$", "(x+x+)+y"] {
        let read = read(pattern);
        assert!(read.steps(10_000) < 1_000_000, "{pattern}");
        assert!(!read.matches(&format!("{}!", "a".repeat(10_000))), "{pattern}");
    }
}

/// Patterns of few signs, so that they meet their texts.
fn pieces() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a", "b", ".", "^", "$", r"\b", "[ab]", "[^a]", "[a-c]", r"\w", r"\W", r"\d", r"\s", "-", "1", " ",
        "ä",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("({})", parts.join("|"))),
            (inner, prop::sample::select(vec!["*", "+", "?", "{2}", "{1,3}", "*?", "{0,2}?"]))
                .prop_map(|(part, times)| format!("(?:{part}){times}")),
        ]
    })
}

proptest! {
    /// An engine of ECMA-262 says the same of every text.
    #[test]
    fn ecma_says_the_same(pattern in pieces(), texts in prop::collection::vec("[abc1 \nä-]{0,6}", 1..6)) {
        let judge = judge(&pattern).ok_or_else(|| TestCaseError::reject("no pattern"))?;
        let read = Pattern::read(&pattern).map_err(|error| TestCaseError::fail(format!("{pattern}: {error}")))?;
        for text in texts {
            prop_assert_eq!(read.matches(&text), judge.find(&text).is_some(), "{} of {:?}", &pattern, &text);
        }
    }

    /// Whatever stands in a document, nothing panics, and what can be read makes texts that match.
    #[test]
    fn any_text_is_read_or_refused(pattern in r"[\[\](){}|^$*+?.\\a-dA-D0-9,:=!<>\-]{0,24}", seed: u64) {
        if let Ok(read) = Pattern::read(&pattern) {
            let mut random = Rng::with_seed(seed);
            if let Some(text) = read.sample(3, |below| random.u64(..below)) {
                prop_assert!(read.matches(&text));
            }
        }
    }
}
