//! The least that a manifest has to say, for a document that nobody has written one for yet.

use std::path::Path;

use openapiv3::OpenAPI;

use super::rules::url_problem;
use crate::model::expanded;

/// Where a document without a usable server is said to be; no request will ever get an answer there (RFC 2606).
const NOWHERE: &str = "https://example.com";

/// A manifest by which a connector has all operations of a document, without credential, paging or streams. The server is the first of the
/// document's that a connector can use, its variables filled in with their defaults.
pub fn minimal(name: &str, document: &Path, read: &OpenAPI) -> String {
    let file = document.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let server =
        read.servers.iter().map(expanded).find(|url| usable(url)).unwrap_or_else(|| NOWHERE.to_owned());
    let title: String = read.info.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let description = if title.is_empty() { name.to_owned() } else { title };
    // JSON is YAML, and quotes what a document may have put into its title.
    let text = serde_json::json!({
        "version": 1,
        "name": name,
        "document": file,
        "description": description,
        "server": { "url": server },
        "auth": { "none": {} },
        "operations": ["all"],
    });
    text.to_string()
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
                "https://eu.example",
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
