//! The suite of test cases that stands in the crate `aws-sigv4`. Cargo fetches the crate, since it is a dependency for a configuration that there
//! never is; nothing of it is compiled.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::*;

/// Cases that say nothing of time and key: only their canonical form can be compared, with a path that is encoded twice.
const TWICE_ENCODED: [(&str, &str); 2] =
    [("double-encode-path", "20210511T154045Z"), ("double-url-encode", "20210511T154045Z")];

/// The folder of the suite: `LINCHPIN_AWS_SUITE`, else that of the crate as Cargo has it.
fn suite() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("LINCHPIN_AWS_SUITE") {
        return Some(PathBuf::from(folder));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .ok()?;
    let metadata: Value = serde_json::from_slice(&output.stdout).ok()?;
    let package = metadata["packages"].as_array()?.iter().find(|package| package["name"] == "aws-sigv4")?;
    let manifest = Path::new(package["manifest_path"].as_str()?);
    Some(manifest.parent()?.join("aws-signing-test-suite/v4"))
}

/// A request of the suite.
struct Sample {
    method: String,
    path: String,
    query: String,
    host: String,
    headers: HeaderMap,
    body: String,
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .replace("\r\n", "\n")
}

/// Characters that stand in no URL are encoded before anything is sent.
fn on_the_wire(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() { c.to_string() } else { encode(&c.to_string()) }).collect()
}

fn sample(text: &str) -> Sample {
    let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let mut lines = head.lines();
    let first = lines.next().unwrap();
    let (method, rest) = first.split_once(' ').unwrap();
    let target = rest.rsplit_once(" HTTP/").map_or(rest, |(target, _)| target);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        match headers.last_mut() {
            Some((_, value)) if line.starts_with(' ') => *value = format!("{value} {}", line.trim()),
            _ => {
                let (name, value) = line.split_once(':').unwrap();
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    let mut sample = Sample {
        method: method.to_owned(),
        path: on_the_wire(path),
        query: on_the_wire(query),
        host: String::new(),
        headers: HeaderMap::new(),
        body: body.to_owned(),
    };
    for (name, value) in headers {
        match name.to_lowercase().as_str() {
            "host" => sample.host = value,
            name => {
                sample
                    .headers
                    .append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
            }
        }
    }
    sample
}

#[test]
fn the_suite_of_aws_is_signed_as_it_stands_there() {
    let Some(folder) = suite().filter(|folder| folder.is_dir()) else {
        eprintln!(
            "SKIPPED: the crate aws-sigv4 is not there; `cargo fetch` gets it, or LINCHPIN_AWS_SUITE names the folder of its cases"
        );
        return;
    };
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 40, "{}", folder.display());
    for name in &names {
        let file = |which: &str| read(&folder.join(name).join(which));
        let mut sample = sample(&file("request.txt"));
        if let Some((_, date)) = TWICE_ENCODED.iter().find(|(case, _)| case == name) {
            sample.headers.insert(DATE, date.parse().unwrap());
            let canonical = Canonical {
                method: &sample.method,
                path: path(&sample.path, AwsPath::Normalised),
                query: query(&sample.query),
                headers: signed_headers(&sample.headers, &sample.host, None),
                payload: &sha256(sample.body.as_bytes()),
            };
            assert_eq!(canonical.text(), file("header-canonical-request.txt").trim_end(), "{name}");
            continue;
        }
        let context: Value = serde_json::from_str(&file("context.json")).unwrap();
        let text = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
        let credentials = &context["credentials"];
        let token = credentials["token"].as_str().filter(|_| context["omit_session_token"] != true);
        let signer = AwsSigner {
            region: text(&context["region"]),
            service: text(&context["service"]),
            access_key_id: text(&credentials["access_key_id"]),
            secret: text(&credentials["secret_access_key"]).into(),
            token: token.map(|token| token.to_owned().into()),
            path: AwsPath::AsIs,
        };
        let date = stamp(context["timestamp"].as_str().unwrap().parse().unwrap());
        let payload = sha256(sample.body.as_bytes());
        sample.headers.insert(DATE, date.parse().unwrap());
        if let Some(token) = token {
            sample.headers.insert(TOKEN, token.parse().unwrap());
        }
        if context["sign_body"] == true {
            sample.headers.insert(PAYLOAD, payload.parse().unwrap());
        }
        let normalise = context["normalize"] == true;
        let canonical = Canonical {
            method: &sample.method,
            // The suite normalises and encodes apart from one another; services do both or neither.
            path: once(&if normalise { normalised(&sample.path) } else { sample.path.clone() }),
            query: query(&sample.query),
            headers: signed_headers(&sample.headers, &sample.host, None),
            payload: &payload,
        };
        assert_eq!(canonical.text(), file("header-canonical-request.txt").trim_end(), "{name}");
        let string_to_sign = signer.string_to_sign(&canonical, &date);
        assert_eq!(string_to_sign, file("header-string-to-sign.txt").trim_end(), "{name}");
        let signed = file("header-signed-request.txt");
        let expected = signed.lines().find_map(|line| line.strip_prefix("Authorization:")).unwrap().trim();
        assert_eq!(signer.authorization(&canonical, &date), expected, "{name}");
        assert!(expected.ends_with(file("header-signature.txt").trim()), "{name}");
    }
}
