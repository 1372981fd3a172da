//! The origin rule: where a server sends the client next, by a next-page URL or a redirect, must be the origin of the base URL (scheme,
//! host and port, RFC 6454). A credential never goes anywhere else, so nothing at all is sent there.

use url::Url;

use crate::error::ErrorKind;

/// Resolves a target against the URL of the request that named it, and checks that it stays on the origin of the base URL.
pub(crate) fn resolve(base: &Url, current: &Url, target: &str, what: &'static str) -> Result<Url, ErrorKind> {
    let refuse = |target: String| {
        let base = base.origin().ascii_serialization();
        Err(ErrorKind::Origin { what, target, base })
    };
    let Ok(mut url) = current.join(target.trim()) else {
        return refuse("something that is no URL".to_owned());
    };
    if url.origin() != base.origin() {
        return refuse(url.origin().ascii_serialization());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("a URL with a user name or password".to_owned());
    }
    url.set_fragment(None);
    Ok(url)
}

/// The same, where the manifest allows further origins: `https://storage.example.com`, or `https://*.example.com` for all hosts below one.
pub(crate) fn resolve_among(
    base: &Url,
    others: &[&str],
    current: &Url,
    target: &str,
    what: &'static str,
) -> Result<Url, ErrorKind> {
    let refused = match resolve(base, current, target, what) {
        Err(refused) => refused,
        found => return found,
    };
    match current.join(target.trim()) {
        Ok(mut url) if others.iter().any(|other| is_of(&url, other)) => {
            if !url.username().is_empty() || url.password().is_some() {
                return Err(refused);
            }
            url.set_fragment(None);
            Ok(url)
        }
        _ => Err(refused),
    }
}

fn is_of(url: &Url, allowed: &str) -> bool {
    match allowed.split_once("://*.") {
        None => Url::parse(allowed).is_ok_and(|allowed| url.origin() == allowed.origin()),
        Some((scheme, host)) => {
            let below = url.host_str().and_then(|found| found.strip_suffix(host));
            url.scheme() == scheme
                && url.port().is_none()
                && below.is_some_and(|label| label.len() > 1 && label.ends_with('.'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_origin_of_the_base_url_is_followed() {
        let base: Url = "https://api.example.com/v2".parse().unwrap();
        let current: Url = "https://api.example.com/v2/items?page=1".parse().unwrap();
        // Target, and the URL that is asked for, or none.
        let cases = [
            ("https://api.example.com/v2/items?page=2", Some("https://api.example.com/v2/items?page=2")),
            ("https://api.example.com:443/x", Some("https://api.example.com/x")),
            ("HTTPS://API.EXAMPLE.COM/x", Some("https://api.example.com/x")),
            ("?page=2", Some("https://api.example.com/v2/items?page=2")),
            ("/v2/items?page=2#top", Some("https://api.example.com/v2/items?page=2")),
            ("items?after=a%2Fb", Some("https://api.example.com/v2/items?after=a%2Fb")),
            ("http://api.example.com/x", None),
            ("https://api.example.com:8443/x", None),
            ("https://evil.test/x", None),
            ("https://api.example.com.evil.test/x", None),
            ("https://evil.test/https://api.example.com/", None),
            ("//evil.test/x", None),
            ("\\\\evil.test/x", None),
            ("/\\evil.test/x", None),
            ("https:\\\\evil.test", None),
            ("https://api.example.com@evil.test/", None),
            ("https://user:s3cret@api.example.com/x", None),
            ("https://user@api.example.com/x", None),
            ("https://2130706433/", None),
            ("https://[::1]/", None),
            ("https://api.example.com%2eevil.test/", None),
            ("https://api.example.com\t.evil.test/", None),
            ("file:///etc/passwd", None),
            ("data:text/plain,x", None),
            ("javascript:alert(1)", None),
            ("https://", None),
        ];
        for (target, expected) in cases {
            let found = resolve(&base, &current, target, "the next page");
            match (found, expected) {
                (Ok(found), Some(expected)) => assert_eq!(found.as_str(), expected, "{target}"),
                (Err(error), None) => {
                    assert!(!error.to_string().contains("s3cret"), "{target}: {error}");
                }
                (found, expected) => panic!("{target}: {found:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn further_origins_are_those_that_are_named() {
        let base: Url = "https://api.example.com/v2".parse().unwrap();
        let others = ["https://files.example.net", "https://*.store.example.org"];
        let cases = [
            ("/v2/parts/1", Some("https://api.example.com/v2/parts/1")),
            ("https://files.example.net/a?sig=x#y", Some("https://files.example.net/a?sig=x")),
            ("https://eu.store.example.org/a", Some("https://eu.store.example.org/a")),
            ("https://a.eu.store.example.org/a", Some("https://a.eu.store.example.org/a")),
            ("https://store.example.org/a", None),
            ("https://evilstore.example.org/a", None),
            ("https://eu.store.example.org:8443/a", None),
            ("http://eu.store.example.org/a", None),
            ("http://files.example.net/a", None),
            ("https://user:word@files.example.net/a", None),
            ("https://files.example.net.evil.test/a", None),
            ("//evil.test/a", None),
        ];
        for (target, expected) in cases {
            let found = resolve_among(&base, &others, &base, target, "a download");
            assert_eq!(found.ok().as_ref().map(Url::as_str), expected, "{target}");
        }
    }
}
