//! Servers, security schemes and requirements, wherever a dialect has them.

use super::{Document, Operation};
use crate::source::Node;

/// One way to authorise: schemes with their scopes, all of which are needed.
#[derive(Clone)]
pub(in super::super) struct Requirement<'t> {
    pub(in super::super) node: Node<'t>,
    /// By the scheme's name.
    pub(in super::super) schemes: Vec<(&'t str, Vec<&'t str>)>,
}

impl Requirement<'_> {
    /// What people call it.
    pub(in super::super) fn title(&self) -> String {
        let scheme = |(name, scopes): &(&str, Vec<&str>)| match scopes.as_slice() {
            [] => format!("`{name}`"),
            scopes => format!("`{name}` ({})", scopes.join(", ")),
        };
        self.schemes.iter().map(scheme).collect::<Vec<_>>().join(" and ")
    }
}

/// A security scheme, in the words of OpenAPI 3.
pub(in super::super) struct Scheme<'t> {
    pub(in super::super) name: &'t str,
    pub(in super::super) node: Node<'t>,
    pub(in super::super) kind: &'t str,
    /// The OAuth flows: the name, and the node that holds its URLs and scopes.
    pub(in super::super) flows: Vec<(&'t str, Node<'t>)>,
}

impl<'t> Scheme<'t> {
    /// The text of a field; the scheme of a `basic` one of Swagger 2.0 is `basic`.
    pub(in super::super) fn text(&self, key: &str) -> Option<&'t str> {
        let written = self.node.get(key).and_then(|value| value.as_str());
        let basic = || (key == "scheme" && self.node.get("type")?.as_str()? == "basic").then_some("basic");
        written.or_else(basic)
    }
}

impl<'t> Document<'t> {
    /// The ways to authorise that a document or operation lists; `None` where it says nothing.
    pub(in super::super) fn requirements(&self, of: Node<'t>) -> Option<Vec<Requirement<'t>>> {
        let list = of.get("security").filter(|list| list.is_array())?;
        let requirement = |node: Node<'t>| {
            let scopes = |list: Node<'t>| {
                let mut scopes: Vec<&'t str> = list.items().filter_map(|scope| scope.as_str()).collect();
                scopes.sort_unstable();
                scopes.dedup();
                scopes
            };
            let mut schemes: Vec<_> = node.entries().map(|entry| (entry.key, scopes(entry.value))).collect();
            schemes.sort();
            Requirement { node, schemes }
        };
        Some(list.items().map(requirement).collect())
    }

    /// The ways to authorise an operation: its own, or those of the document. An empty list asks for nothing.
    pub(in super::super) fn authorised_by(&self, operation: &Operation<'t>) -> Vec<Requirement<'t>> {
        let own = self.requirements(operation.node);
        own.or_else(|| self.requirements(self.root())).unwrap_or_default()
    }

    fn schemes_at(&self) -> Option<Node<'t>> {
        let pointer = if self.is_swagger() { "/securityDefinitions" } else { "/components/securitySchemes" };
        self.root().at(pointer)
    }

    /// What holds the security schemes, or would hold them.
    pub(in super::super) fn schemes_holder(&self) -> Node<'t> {
        self.schemes_at().or_else(|| self.root().get("components")).unwrap_or(self.root())
    }

    /// The security schemes of the document.
    pub(in super::super) fn schemes(&self) -> Vec<Scheme<'t>> {
        let map = self.schemes_at();
        let schemes = map.into_iter().flat_map(|map| map.entries()).map(|entry| {
            let node = self.resolve(entry.value);
            let written = node.get("type").and_then(|kind| kind.as_str()).unwrap_or_default();
            let kind = if written == "basic" { "http" } else { written };
            Scheme { name: entry.key, node, kind, flows: flows(node) }
        });
        schemes.collect()
    }

    /// The servers that an object of the document lists; `None` where it lists none.
    fn listed_servers(&self, of: Node<'t>) -> Option<Vec<Node<'t>>> {
        let list = of.get("servers").filter(|list| !list.is_empty())?;
        Some(list.items().collect())
    }

    /// The servers of the document: their URLs, and where they stand.
    pub(in super::super) fn servers(&self) -> Vec<(String, Node<'t>)> {
        let root = self.root();
        if !self.is_swagger() {
            return urls(self.listed_servers(root).unwrap_or_default());
        }
        let text = |key: &str| root.get(key).and_then(|value| value.as_str()).unwrap_or_default().trim();
        let base = text("basePath").trim_matches('/');
        let base = if base.is_empty() { String::new() } else { format!("/{base}") };
        let at = ["host", "basePath", "schemes"].iter().find_map(|key| root.get(key));
        let Some(at) = at else { return Vec::new() };
        let host = text("host").trim_end_matches('/');
        if host.is_empty() || host.contains("://") {
            return vec![(trimmed(&format!("{host}{base}")), at)];
        }
        let listed = root.get("schemes").into_iter().flat_map(|list| list.items());
        let mut schemes: Vec<String> =
            listed.filter_map(|scheme| scheme.as_str()).map(str::to_ascii_lowercase).collect();
        schemes.retain(|scheme| matches!(scheme.as_str(), "http" | "https"));
        if schemes.is_empty() {
            schemes.push("https".to_owned());
        }
        schemes.dedup();
        schemes.into_iter().map(|scheme| (trimmed(&format!("{scheme}://{host}{base}")), at)).collect()
    }

    /// The servers that an operation or its path has for itself.
    pub(in super::super) fn own_servers(&self, operation: &Operation<'t>) -> Option<Vec<(String, Node<'t>)>> {
        let own = self.listed_servers(operation.node).or_else(|| self.listed_servers(operation.item));
        own.map(urls)
    }
}

fn urls(servers: Vec<Node<'_>>) -> Vec<(String, Node<'_>)> {
    let url = |node: Node<'_>| node.get("url").and_then(|url| url.as_str()).map(trimmed);
    servers.into_iter().filter_map(|node| Some((url(node)?, node))).collect()
}

/// A server's URL without a slash at its end, which changes nothing: paths start with one.
fn trimmed(url: &str) -> String {
    let bare = url.trim().trim_end_matches('/');
    if bare.is_empty() { "/".to_owned() } else { bare.to_owned() }
}

fn flows(node: Node<'_>) -> Vec<(&str, Node<'_>)> {
    let written = node.get("flow").and_then(|flow| flow.as_str());
    if let Some(flow) = written {
        let name = match flow {
            "application" => "clientCredentials",
            "accessCode" => "authorizationCode",
            flow => flow,
        };
        return vec![(name, node)];
    }
    let flows = node.get("flows").into_iter().flat_map(|flows| flows.entries());
    flows.filter(|flow| !flow.key.starts_with("x-")).map(|flow| (flow.key, flow.value)).collect()
}
