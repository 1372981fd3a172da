//! Gets a document from a URL: https, or http from this machine; within a size and a time; redirects only to where it would have gone by itself.

use std::time::Duration;

use crate::workspace::Error;

/// What a document may cost.
#[derive(Clone, Copy)]
struct Bounds {
    /// Bytes.
    largest: u64,
    /// For the whole of it.
    time: Duration,
    /// For a connection.
    connect: Duration,
    /// Redirects that are followed.
    redirects: usize,
}

/// No API's document is larger than a few dozen megabytes.
const BOUNDS: Bounds = Bounds {
    largest: 64 * 1024 * 1024,
    time: Duration::from_secs(120),
    connect: Duration::from_secs(15),
    redirects: 5,
};

/// How compressed bytes begin (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What a URL gave.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// Its bytes, as they came.
    pub(crate) bytes: Vec<u8>,
    /// Whether they are JSON, by what the server says or else by the URL.
    pub(crate) json: bool,
    /// What names this version of the document (RFC 9110, 8.8.3), where the server says it.
    pub(crate) etag: Option<String>,
}

/// Whether a text is a URL, and no path of a file.
pub(crate) fn is_url(text: &str) -> bool {
    text.contains("://")
}

/// Gets a document.
///
/// # Errors
/// Another scheme, an answer other than 200, a web page, more than 64 MiB, more than two minutes.
pub(crate) fn fetch(url: &str) -> Result<Fetched, Error> {
    let fetched = fetch_unless(url, None)?;
    fetched.ok_or_else(|| {
        Error::Refused(format!("{} says that nothing changed, and was not asked that", without_query(url)))
    })
}

/// Gets a document unless it is still the version that an earlier answer named; then nothing.
///
/// # Errors
/// As those of [`fetch`].
pub(crate) fn fetch_unless(url: &str, etag: Option<&str>) -> Result<Option<Fetched>, Error> {
    within(BOUNDS, url, etag)
}

fn within(bounds: Bounds, url: &str, etag: Option<&str>) -> Result<Option<Fetched>, Error> {
    let refused = |why: String| Error::Refused(format!("{} {why}", without_query(url)));
    let parsed = reqwest::Url::parse(url).map_err(|error| refused(format!("is no URL: {error}")))?;
    if !allowed(&parsed) {
        return Err(refused("is neither https nor http on this machine".to_owned()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| Error::NotStarted { program: "the network".to_owned(), cause })?;
    runtime.block_on(get(bounds, parsed, etag)).map_err(refused)
}

async fn get(bounds: Bounds, url: reqwest::Url, etag: Option<&str>) -> Result<Option<Fetched>, String> {
    // Fails where one was chosen before, and then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let local = is_loopback(&url);
    let redirects = reqwest::redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > bounds.redirects {
            attempt.error("redirects too often")
        } else if !allowed(attempt.url()) {
            attempt.error("redirects to what is neither https nor http on this machine")
        } else if is_loopback(attempt.url()) && !local {
            // Who asks the network does not mean what runs here.
            attempt.error("redirects to this machine")
        } else {
            attempt.follow()
        }
    });
    let client = reqwest::Client::builder()
        .redirect(redirects)
        .referer(false)
        .connect_timeout(bounds.connect)
        .timeout(bounds.time)
        .build();
    let client = client.map_err(|error| format!("cannot be asked: {}", causes(&error)))?;
    let mut request =
        client.get(url.clone()).header("accept", "application/json, application/yaml, text/yaml, */*;q=0.5");
    if let Some(etag) = etag {
        request = request.header("if-none-match", etag);
    }
    let mut answer =
        request.send().await.map_err(|error| format!("cannot be fetched: {}", causes(&error)))?;
    if etag.is_some() && answer.status() == reqwest::StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    if answer.status() != reqwest::StatusCode::OK {
        let status = answer.status();
        let hint = match status.as_u16() {
            401 | 403 | 407 => ": it wants a login, so fetch the document yourself and give the file",
            404 | 410 => ": is it the document's own URL?",
            429 | 500..=599 => ": try again later, or give a file",
            _ => "",
        };
        return Err(format!("answers {status}{hint}"));
    }
    let too_long = || format!("is longer than {} bytes", bounds.largest);
    if answer.content_length().is_some_and(|length| length > bounds.largest) {
        return Err(too_long());
    }
    let media = answer
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let etag = answer.headers().get("etag").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| format!("breaks off: {}", causes(&error)))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 > bounds.largest {
            return Err(too_long());
        }
    }
    let first =
        bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        None => return Err("answers nothing".to_owned()),
        // Neither JSON nor YAML begins so: a page to log in, or of what is not there.
        Some(b'<') => {
            return Err(format!(
                "answers with a web page ({}) and no document: is it the document's own URL, and may it be read without a login?",
                if media.is_empty() { "of no declared type" } else { &media }
            ));
        }
        Some(_) if bytes.starts_with(&GZIP) => {
            return Err("answers compressed bytes, though it was not asked to: decompress them yourself and give the file".to_owned());
        }
        // No text has it.
        Some(_) if bytes.contains(&0) || bytes.starts_with(b"%PDF") => {
            return Err(format!(
                "answers with something ({}) that is no text, and so no document",
                if media.is_empty() { "of no declared type" } else { &media }
            ));
        }
        Some(_) => {}
    }
    let by_name = url.path().to_ascii_lowercase().ends_with(".json");
    let begins = first == Some(&b'{');
    let json = begins && (media.contains("json") || by_name || !media.contains("yaml"));
    Ok(Some(Fetched { bytes, json, etag }))
}

/// https, or http to this machine.
fn allowed(url: &reqwest::Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

fn is_loopback(url: &reqwest::Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// What is shown of a URL: its query may hold a key.
pub(crate) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// An error with what is behind it, which says what went wrong.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let said = error.to_string();
        // The outermost names the URL, whose query may hold a key.
        let said = said.split(" for url").next().unwrap_or(&said).to_owned();
        if !text.contains(&said) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&said);
        }
        next = error.source();
    }
    text
}

#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;
