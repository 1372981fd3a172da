//! The least that a manifest has to say, for a document that nobody has written one for yet.

use std::path::Path;

use openapiv3::{OpenAPI, Server};
use serde_json::{Map, Value};

use super::rules::url_problem;
use super::text;
use crate::model::expanded;

/// Where a document without a usable server is said to be; no request will ever get an answer there (RFC 2606).
const NOWHERE: &str = "https://example.com";

/// Keys that every connector's configuration has.
const CONFIG_KEYS: [&str; 2] = ["environment", "base_url"];

/// A manifest by which a connector has all operations of a document, without credential, paging or streams. The server is the first of the
/// document's that a connector can use. Its variables are config values with their defaults where they can be, else filled in.
pub fn minimal(name: &str, document: &Path, read: &OpenAPI) -> String {
    let file = document.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let server = read.servers.iter().find(|server| usable(&expanded(server)));
    let (url, config) = server.map_or_else(|| (NOWHERE.to_owned(), Map::new()), configured);
    let title: String = read.info.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let description = if title.is_empty() { name.to_owned() } else { title };
    // JSON is YAML, and quotes what a document may have put into its title.
    let mut manifest = serde_json::json!({
        "version": 1,
        "name": name,
        "document": file,
        "description": description,
        "server": { "url": url },
        "auth": { "none": {} },
        "operations": ["all"],
    });
    if let Some(manifest) = manifest.as_object_mut().filter(|_| !config.is_empty()) {
        manifest.insert("config".to_owned(), config.into());
    }
    manifest.to_string()
}

/// The URL of a server with config values in it, and these.
fn configured(server: &Server) -> (String, Map<String, Value>) {
    let mut config = Map::new();
    let mut url = server.url.clone();
    for (name, variable) in server.variables.iter().flatten() {
        // A value that could lead out of its place in the URL is none that a user may give.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let fits = text::is_name(name, '_')
            && !CONFIG_KEYS.contains(&name.as_str())
            && !variable.default.is_empty()
            && variable.default.chars().all(plain);
        if fits && url.contains(&format!("{{{name}}}")) {
            let said = variable.description.as_deref().unwrap_or_default();
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            let description =
                if said.is_empty() { format!("Part `{name}` of the server's URL.") } else { said };
            config.insert(
                name.clone(),
                serde_json::json!({ "description": description, "default": variable.default }),
            );
        } else {
            url = url.replace(&format!("{{{name}}}"), &variable.default);
        }
    }
    // Which scheme is used is not for a config value to say.
    if url.starts_with('{') || url_problem(&url).is_some() {
        return (expanded(server), Map::new());
    }
    (url, config)
}

fn usable(url: &str) -> bool {
    url_problem(url).is_none() && !url.contains(['{', '}'])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::manifest;
    use crate::normalise::normalise;
    use crate::source::{Limits, SourceFiles, parse};

    #[test]
    fn a_minimal_manifest_reads_whatever_the_document_says() {
        let table = [
            (r#""info":{"title":"A","version":"1"}"#, "https://example.com"),
            (
                r#""info":{"title":"\"}: \n- \u0000 {x}","version":"1"},"servers":[{"url":"/v1"},{"url":"http://plain.example"},{"url":"https://api.example/v2"}]"#,
                "https://api.example/v2",
            ),
            (
                r#""info":{"title":"","version":"1"},"servers":[{"url":"https://{region}.example","variables":{"region":{"default":"eu"}}}]"#,
                "https://{region}.example",
            ),
            (
                r#""info":{"title":"A","version":"1"},"servers":[{"url":"{scheme}://{Host}.{region}.example/{base}","variables":{"scheme":{"default":"https"},"Host":{"default":"api"},"region":{"default":"eu"},"base":{"default":"v1/x"}}}]"#,
                "https://api.eu.example/v1/x",
            ),
            (
                r#""info":{"title":"A","version":"1"},"servers":[{"url":"https://{Host}.{region}.example/{base}","variables":{"Host":{"default":"api"},"region":{"default":"eu","description":"Where\n{it} is."},"base":{"default":"v1/x"}}}]"#,
                "https://api.{region}.example/v1/x",
            ),
            (
                r#""info":{"title":"A","version":"1"},"servers":[{"url":"https://{open.example"},{"url":"https://user@host.example"}]"#,
                "https://example.com",
            ),
        ];
        for (head, server) in table {
            let mut files = SourceFiles::new();
            let document = format!(r#"{{"openapi":"3.0.3",{head},"paths":{{}}}}"#);
            let (tree, _) = parse(&mut files, "document.json", document.clone(), &Limits::default());
            let normalised = tree.and_then(|tree| normalise(&tree).0).unwrap();
            let text = manifest::minimal("a-name", Path::new("folder/document.json"), &normalised.document);
            let (tree, _) = parse(&mut files, "connector.yaml", text.clone(), &Limits::manifest());
            let (read, found) = manifest::read(&tree.unwrap());
            assert_eq!(found.len(), 0, "{document}\n{text}\n{found:?}");
            assert_eq!(read.unwrap().server.url.value, server, "{document}");
        }
    }
}
