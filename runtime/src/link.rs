//! The `Link` header, RFC 8288 section 3.

use http::HeaderMap;
use http::header::LINK;

/// One link of a `Link` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The target as written, absolute or relative.
    pub target: String,
    /// Parameters in order, names in lower case, values without quotes.
    pub parameters: Vec<(String, String)>,
}

impl Link {
    /// Whether one of its relation types is this one. They are compared without regard to case (RFC 8288 section 2.1.1), and only the first
    /// `rel` counts (section 3.3).
    pub fn has_relation(&self, relation: &str) -> bool {
        let relations = self.parameters.iter().find(|(name, _)| name == "rel").map(|(_, value)| value);
        relations.is_some_and(|all| all.split_whitespace().any(|one| one.eq_ignore_ascii_case(relation)))
    }

    /// Whether its context is another resource than the one that was asked for: then it says nothing about this page.
    fn is_about_another(&self) -> bool {
        self.parameters.iter().any(|(name, value)| name == "anchor" && !value.is_empty())
    }
}

/// The links of one header value. What cannot be understood ends the list: the links before it are kept.
pub fn parse(value: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let Some((target, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) else {
            return links;
        };
        let (parameters, after) = parameters(after);
        links.push(Link { target: target.trim().to_owned(), parameters });
        rest = after.trim_start();
        if !rest.is_empty() && !rest.starts_with(',') {
            return links;
        }
    }
}

/// The target of the first link of that relation in all `Link` headers.
pub fn find(headers: &HeaderMap, relation: &str) -> Option<String> {
    headers
        .get_all(LINK)
        .iter()
        .filter_map(|value| std::str::from_utf8(value.as_bytes()).ok())
        .flat_map(parse)
        .find(|link| link.has_relation(relation) && !link.is_about_another())
        .map(|link| link.target)
}

fn parameters(text: &str) -> (Vec<(String, String)>, &str) {
    let mut parameters = Vec::new();
    let mut rest = text.trim_start();
    while let Some(after) = rest.strip_prefix(';') {
        rest = after.trim_start();
        let end = rest.find(['=', ';', ',']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let name = name.trim().to_ascii_lowercase();
        let mut value = String::new();
        rest = after;
        if let Some(after) = after.strip_prefix('=') {
            (value, rest) = parameter_value(after.trim_start());
        }
        if !name.is_empty() {
            parameters.push((name, value));
        }
        rest = rest.trim_start();
    }
    (parameters, rest)
}

fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find([';', ',']).unwrap_or(text.len()));
        return (value.trim().to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_8288_and_what_servers_send() {
        // Header value, relation, target.
        let cases = [
            (
                r#"<http://example.com/TheBook/chapter2>; rel="previous"; title="previous chapter""#,
                "previous",
                Some("http://example.com/TheBook/chapter2"),
            ),
            (r#"</>; rel="http://example.net/foo""#, "http://example.net/foo", Some("/")),
            (r#"</terms>; rel="copyright"; anchor="/foo""#, "copyright", None),
            (
                r#"</TheBook/chapter2>; rel="previous"; title*=UTF-8'de'letztes%20Kapitel, </TheBook/chapter4>; rel="next"; title*=UTF-8'de'n%c3%a4chstes%20Kapitel"#,
                "next",
                Some("/TheBook/chapter4"),
            ),
            (
                r#"<http://example.org/>; rel="start http://example.net/relation/other""#,
                "start",
                Some("http://example.org/"),
            ),
            (r#"<https://a.test/?q=a,b;c>; rel=next"#, "next", Some("https://a.test/?q=a,b;c")),
            (
                r#"<https://a.test/1>; rel="prev", <https://a.test/3>; rel="next", <https://a.test/9>; rel="last""#,
                "next",
                Some("https://a.test/3"),
            ),
            (r#"<https://a.test/3>; title="a, \"b\"; rel=prev"; REL=Next"#, "next", Some("https://a.test/3")),
            (r#"<https://a.test/3>;rel="prev";rel="next""#, "next", None),
            (r#"<https://a.test/3>; rel="last""#, "next", None),
            (r#"<https://a.test/3; rel="next""#, "next", None),
            ("", "next", None),
            (",, <x> ; rel = next ,", "next", Some("x")),
        ];
        for (value, relation, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(LINK, value.parse().unwrap());
            assert_eq!(find(&headers, relation).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn links_may_stand_in_several_headers() {
        let mut headers = HeaderMap::new();
        headers.append(LINK, "<a>; rel=prev".parse().unwrap());
        headers.append(LINK, "<b>; rel=next".parse().unwrap());
        assert_eq!(find(&headers, "next").as_deref(), Some("b"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(value in ".{0,80}") {
            parse(&value);
        }
    }
}
