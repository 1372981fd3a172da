//! Credentials that operations declare as parameters of their own, where the document has no security scheme.

use indexmap::IndexMap;

use super::{KeyGuess, place};
use crate::infer::words;
use crate::model::{Api, ParameterLocation};
use crate::normalise::Normalised;
use crate::source::{Node, unescape_token};

/// Most keys that are sent side by side.
const MOST_KEYS: usize = 3;

/// What the parameters of a document's operations say of credentials.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::infer) struct Carried {
    /// The keys, the main one first.
    pub(super) keys: Vec<KeyGuess>,
    /// Operations that take the main one.
    pub(super) count: usize,
    /// All operations.
    pub(super) total: usize,
    /// The parameter that carries a signature, which no key can stand in for.
    pub(super) signature: Option<String>,
    /// JSONPaths of the parameters' declarations: what the connector sends by itself is no argument of an operation.
    pub(in crate::infer) declarations: Vec<String>,
}

/// How surely a name is that of a credential.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sure {
    /// It may be: it is where nearly all operations take it.
    Weak,
    /// It is.
    Strong,
}

/// The credentials that operations carry, where the document declares no scheme and enough of them take one.
pub(in crate::infer) fn carried(normalised: &Normalised, api: &Api) -> Option<Carried> {
    if !api.security_schemes.is_empty() || api.operations.is_empty() {
        return None;
    }
    let mut found: IndexMap<(ParameterLocation, String), Vec<usize>> = IndexMap::new();
    let mut prose: IndexMap<String, String> = IndexMap::new();
    for (at, operation) in api.operations.iter().enumerate() {
        for parameter in operation.parameters.iter().filter(|parameter| {
            matches!(parameter.location, ParameterLocation::Header | ParameterLocation::Query)
        }) {
            let text = parameter.description.clone().unwrap_or_default();
            // `Please ignore`, as some documents say of what is left from former times.
            if words::says(&text.to_lowercase(), &["ignore", "do not use", "deprecated", "obsolete"]) {
                continue;
            }
            found.entry((parameter.location, parameter.name.clone())).or_default().push(at);
            prose.entry(parameter.name.clone()).or_insert(text);
        }
    }
    let total = api.operations.len();
    let enough = |sure: Sure, location: ParameterLocation, count: usize| match (sure, location) {
        (Sure::Strong, ParameterLocation::Header) => count * 5 >= total,
        (Sure::Strong, _) => count * 2 >= total,
        (Sure::Weak, _) => count * 5 >= total * 4,
    };
    // Where each request is signed, who signs is what stands beside.
    let signed = found.iter().any(|((_, name), at)| is_signature(name) && at.len() * 5 >= total * 4);
    let signs = |name: &str| (signed && is_companion(name)).then_some(Sure::Weak);
    let ((location, name), operations) = found
        .iter()
        .filter_map(|entry| {
            let sure = credential(entry.0.0, &entry.0.1).or_else(|| signs(&entry.0.1));
            sure.map(|sure| (sure, entry))
        })
        .filter(|(sure, entry)| enough(*sure, entry.0.0, entry.1.len()))
        .max_by_key(|(sure, entry)| (*sure, entry.1.len()))?
        .1;
    // What nearly always stands beside it is a part of it.
    let beside = |operations_of: &[usize]| {
        let both = operations.iter().filter(|at| operations_of.contains(at)).count();
        both * 5 >= operations.len() * 4
    };
    let companions = found.iter().filter(|((other, known), at)| {
        other == location
            && known != name
            && (is_companion(known) || credential(*other, known).is_some())
            && beside(at)
    });
    let mut names = vec![name.clone()];
    names.extend(companions.map(|((_, known), _)| known.clone()));
    names.truncate(MOST_KEYS);
    let keys = names.iter().map(|name| KeyGuess {
        place: place(*location).to_owned(),
        name: name.clone(),
        prefix: None,
        description: prose.get(name).cloned().unwrap_or_default(),
    });
    let signature = found
        .iter()
        .find(|((_, known), at)| is_signature(known) && beside(at))
        .map(|((_, known), _)| known.clone());
    let declarations = declarations(normalised, api, *location, &names);
    Some(Carried { keys: keys.collect(), count: operations.len(), total, signature, declarations })
}

/// Whether a header or query parameter is surely a credential, by its name.
pub(in crate::infer) fn is_credential(name: &str) -> bool {
    credential(ParameterLocation::Query, name) == Some(Sure::Strong)
}

/// Whether a parameter is a credential, by its name.
fn credential(location: ParameterLocation, name: &str) -> Option<Sure> {
    let words = words::words(name);
    let other =
        ["idempotency", "csrf", "xsrf", "captcha", "sort", "page", "next", "partition", "continuation"];
    if words.iter().any(|word| other.contains(&word.as_str())) {
        return None;
    }
    let joined = words.concat();
    let strong = [
        "apikey",
        "appkey",
        "accesskey",
        "authkey",
        "authtoken",
        "accesstoken",
        "apitoken",
        "subscriptionkey",
        "servicekey",
        "licensekey",
        "secretkey",
        "apisecret",
        "usertoken",
    ];
    let whole = ["token", "authentication", "xauth", "auth", "key"];
    if strong.iter().any(|end| joined.ends_with(end))
        || (location == ParameterLocation::Header
            && whole.contains(&joined.strip_prefix('x').unwrap_or(&joined)))
    {
        return Some(Sure::Strong);
    }
    // `wskey`, `X-Acme-Server-Token`: keys of records are not asked for everywhere, nor in headers.
    let header = || location == ParameterLocation::Header;
    let ends = || words.last().is_some_and(|word| matches!(word.as_str(), "token" | "key" | "secret"));
    let weak = matches!(joined.as_str(), "token" | "appid" | "apiid" | "jwt")
        || (words.len() == 1 && joined.ends_with("key"))
        || (header() && ends());
    weak.then_some(Sure::Weak)
}

/// Whether a parameter says whose credential stands beside it.
fn is_companion(name: &str) -> bool {
    let joined = words::words(name).concat();
    [
        "username",
        "login",
        "secret",
        "password",
        "appid",
        "apiid",
        "keyid",
        "clientid",
        "accountid",
        "applicationid",
        "devid",
        "developerid",
        "partnerid",
    ]
    .iter()
    .any(|end| joined.ends_with(end))
}

fn is_signature(name: &str) -> bool {
    words::words(name).iter().any(|word| matches!(word.as_str(), "signature" | "sig" | "hmac" | "sign"))
}

/// Where the document declares these parameters: in operations, in paths, and as references in them.
fn declarations(
    normalised: &Normalised,
    api: &Api,
    location: ParameterLocation,
    names: &[String],
) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |path: String| {
        if !found.contains(&path) {
            found.push(path);
        }
    };
    let plain = |text: &str| !text.contains(['\'', '\\']) && !text.chars().any(char::is_control);
    for operation in &api.operations {
        let pointer = &operation.head.pointer;
        let of_path = pointer.rsplit_once('/').map_or("", |(path, _)| path);
        for (list, path) in [
            (format!("{pointer}/parameters"), "$.paths[*][*].parameters"),
            (format!("{of_path}/parameters"), "$.paths[*].parameters"),
        ] {
            let Some(list) = normalised.origins.node(&list).filter(|node| node.is_array()) else { continue };
            for item in list.items() {
                let text = |key: &str| item.get(key).and_then(|value| value.as_str().map(str::to_owned));
                if let Some(reference) = text("$ref") {
                    let named = target(normalised, &reference).filter(|node| is_one(*node, location, names));
                    if named.is_some() && plain(&reference) {
                        add(format!("{path}[?@['$ref'] == '{reference}']"));
                    }
                } else if is_one(item, location, names)
                    && let Some(name) = text("name").filter(|name| plain(name))
                {
                    add(format!("{path}[?@.name == '{name}' && @.in == '{}']", place(location)));
                }
            }
        }
    }
    found
}

fn is_one(node: Node<'_>, location: ParameterLocation, names: &[String]) -> bool {
    let text = |key: &str| node.get(key).and_then(|value| value.as_str().map(str::to_owned));
    text("in").is_some_and(|within| within == place(location))
        && text("name").is_some_and(|name| names.contains(&name))
}

fn target<'n>(normalised: &'n Normalised, reference: &str) -> Option<Node<'n>> {
    let mut node = normalised.origins.node("")?;
    for token in reference.strip_prefix("#/")?.split('/') {
        node = node.child(&unescape_token(token))?;
    }
    Some(node)
}
