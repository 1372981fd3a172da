//! Texts of each format, plain ones and those at the edge of what it allows.

/// Texts where no format is given, or none that is known: an empty one, and letters, signs and scripts that are easily broken on the way.
const PLAIN: &[&str] =
    &["text", "A longer text, with \"quotes\" & <signs> / \\ + 100 %.", "", "Zürich 東京 🦀"];

/// Each format with its texts.
const FORMATS: &[(&str, &[&str])] = &[
    (
        "date-time",
        &[
            "2024-02-29T23:59:59Z",
            "2023-06-01T00:00:00.120Z",
            "1999-12-31T19:30:00+05:30",
            "2024-01-01T00:00:00.123456-08:00",
        ],
    ),
    ("date", &["2024-02-29", "1970-01-01"]),
    ("time", &["23:59:59Z", "08:30:00+02:00"]),
    ("duration", &["P1DT2H", "PT15M", "P3W"]),
    ("uuid", &["6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6BA7B811-9DAD-11D1-80B4-00C04FD430C8"]),
    ("uri", &["https://example.com/a/b?c=d&e=%20f#g", "urn:isbn:0451450523"]),
    ("url", &["https://example.com/a?b=c"]),
    ("uri-reference", &["/a/b?c=d", "https://example.com/"]),
    ("iri", &["https://example.com/ä"]),
    ("uri-template", &["https://example.com/{id}"]),
    ("email", &["a.user+tag@example.com"]),
    ("idn-email", &["user@example.com"]),
    ("hostname", &["api.example.com", "localhost"]),
    ("idn-hostname", &["example.com"]),
    ("ipv4", &["192.0.2.1"]),
    ("ip", &["192.0.2.1"]),
    ("ipv6", &["2001:db8::1", "::"]),
    ("byte", &["aGVsbG8=", ""]),
    ("base64", &["aGVsbG8="]),
    ("binary", &["raw bytes"]),
    ("decimal", &["12.30", "-0.001", "100000000000000000000.5"]),
    ("json-pointer", &["/a/b~1c"]),
    ("regex", &["^a+$"]),
    ("int64", &["9007199254740993", "0"]),
    ("int32", &["42"]),
    ("uint64", &["18446744073709551615"]),
    ("unix-time", &["1700000000"]),
    ("password", &["secret"]),
    ("phone", &["+15005550006"]),
    ("json", &["{\"a\": [1]}"]),
];

fn texts(format: &str) -> &'static [&'static str] {
    FORMATS.iter().find(|(name, _)| *name == format).map_or(PLAIN, |(_, texts)| texts)
}

/// How many texts there are of a format.
pub(super) fn count(format: &str) -> usize {
    texts(format).len()
}

/// One of them.
pub(super) fn of(format: &str, number: usize) -> &'static str {
    texts(format).get(number).copied().unwrap_or_default()
}
