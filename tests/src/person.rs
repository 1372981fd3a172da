//! A person at a browser: follows where pages lead, signs in with any name, and consents.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use linchpin_runtime::url::{Url, form_urlencoded};

/// Pages of one login; more of them is a circle.
const PAGES: usize = 30;

/// What a page is.
struct Page {
    location: Option<String>,
    body: String,
}

/// Goes from a page to the end of the login, and gives the last address.
pub fn consent(start: &Url) -> Url {
    let mut cookies = BTreeMap::new();
    let mut url = start.clone();
    let mut form = None;
    for _ in 0..PAGES {
        let page = fetch(&url, form.take(), &mut cookies);
        if let Some(location) = page.location {
            url = url.join(&location).expect("a redirect to a URL");
        } else if let Some((action, fields)) = first_form(&page.body) {
            url = url.join(&action).expect("a form with a URL");
            form = Some(fields);
        } else {
            return url;
        }
    }
    panic!("the login of {start} does not end; it is at {url}");
}

fn fetch(url: &Url, form: Option<Vec<(String, String)>>, cookies: &mut BTreeMap<String, String>) -> Page {
    let address = url.socket_addrs(|| None).expect("an address");
    let mut stream = TcpStream::connect(&*address).unwrap_or_else(|error| panic!("{url}: {error}"));
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let body = form
        .as_ref()
        .map(|fields| form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
    let method = if body.is_some() { "POST" } else { "GET" };
    let body = body.unwrap_or_default();
    // HTTP/1.0: the answer comes whole, and the connection ends.
    let request = format!(
        "{method} {target} HTTP/1.0\r\nhost: {}\r\ncookie: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{body}",
        url.authority(),
        pairs.join("; "),
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("a request");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an answer");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{url}: no answer but {text}"));
    let mut location = None;
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        match name.to_ascii_lowercase().as_str() {
            "location" => location = Some(value.trim().to_owned()),
            "set-cookie" => {
                let pair = value.trim().split(';').next().and_then(|pair| pair.split_once('='));
                let (name, value) = pair.expect("a cookie");
                if value.is_empty() {
                    cookies.remove(name)
                } else {
                    cookies.insert(name.to_owned(), value.to_owned())
                };
            }
            _ => {}
        }
    }
    Page { location, body: body.to_owned() }
}

/// Where the first form of a page goes, and its fields, filled in.
fn first_form(page: &str) -> Option<(String, Vec<(String, String)>)> {
    let (_, form) = page.split_once("<form")?;
    let form = form.split("</form>").next()?;
    let attribute = |tag: &str, name: &str| -> Option<String> {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        rest.split('"').next().map(str::to_owned)
    };
    let inputs = form.split("<input").skip(1).filter_map(|input| {
        let tag = input.split('>').next()?;
        let name = attribute(tag, " name")?;
        let value = attribute(tag, " value").unwrap_or_else(|| "someone".to_owned());
        Some((name, value))
    });
    Some((attribute(form, "action")?, inputs.collect()))
}
