//! The document as a whole: info, servers, tags, security, components.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use openapiv3::{
    APIKeyLocation, AuthorizationCodeOAuth2Flow, ClientCredentialsOAuth2Flow, Components, ImplicitOAuth2Flow,
    Info, OAuth2Flows, OpenAPI, PasswordOAuth2Flow, ReferenceOr, Schema, SecurityRequirement, SecurityScheme,
    Server, ServerVariable, Tag,
};

use super::context::Context;
use super::dialect::Layout;
use super::references::component_name;
use super::{operations, schema, v2_0};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Kind, Node, escape_token};

/// Where the normalised document holds named schemas.
const SCHEMAS: &str = "/components/schemas";

/// Reads the whole document.
pub(super) fn read(context: &mut Context<'_>) -> OpenAPI {
    let root = context.tree.root();
    for key in ["webhooks", "x-webhooks"] {
        if let Some(entry) = root.entry(key).filter(|entry| !entry.value.is_null()) {
            context.diagnostics.push(
                Diagnostic::note(Code::Webhooks, format!("`{key}` are not read yet"))
                    .at(entry.key_span)
                    .pointer(format!("/{key}")),
            );
        }
    }
    let swagger = context.rules.layout == Layout::Swagger;
    let security_schemes = if swagger {
        let map = context.get_map(root, "securityDefinitions");
        security_schemes(context, map, v2_0::security_scheme)
    } else {
        let components = context.get_object(root, "components");
        let map = components.and_then(|components| context.get_map(components, "securitySchemes"));
        security_schemes(context, map, security_scheme)
    };
    let known: HashSet<String> = security_schemes.keys().cloned().collect();
    let info = info(context, root);
    let servers = if swagger { v2_0::servers(context, root) } else { servers(context, root) };
    let security = security(context, root);
    let tags = tags(context, root);
    let paths = operations::paths(context, root);
    let schemas = schemas(context);
    let document = OpenAPI {
        // The shape is that of 3.0 whatever the source was; `Normalised::dialect` tells the source's.
        openapi: "3.0.3".to_owned(),
        info,
        servers,
        paths,
        components: Some(Components { schemas, security_schemes, ..Components::default() }),
        security,
        tags,
        ..OpenAPI::default()
    };
    unknown_security(context, &document, &known);
    document
}

fn info<'t>(context: &mut Context<'t>, root: Node<'t>) -> Info {
    let Some(node) = context.get_object(root, "info") else {
        context.warn_object(Code::BadInfo, root, "`info` is missing; title and version are empty");
        return Info::default();
    };
    let required = |context: &mut Context<'t>, key: &str| {
        let text = match context.get(node, key).map(|value| (value, value.kind())) {
            Some((value, Kind::Number(text))) => {
                context.warn(
                    Code::BadInfo,
                    value,
                    format!("`{key}` has to be a text; it is read as \"{text}\""),
                );
                Some(text.to_owned())
            }
            _ => context.get_text(node, key),
        };
        text.unwrap_or_else(|| {
            context.warn_object(Code::BadInfo, node, format!("`info` has no `{key}`; it is left empty"));
            String::new()
        })
    };
    let title = required(context, "title");
    let version = required(context, "version");
    Info {
        title,
        version,
        description: context.get_text(node, "description"),
        terms_of_service: context.get_text(node, "termsOfService"),
        ..Info::default()
    }
}

/// The servers of the document, a path or an operation.
pub(super) fn servers<'t>(context: &mut Context<'t>, parent: Node<'t>) -> Vec<Server> {
    let mut servers = Vec::new();
    for node in context.get_list(parent, "servers") {
        let Some(url) = context.get_text(node, "url") else {
            context.warn_object(Code::BadServer, node, "a server without `url` is left out");
            continue;
        };
        let description = context.get_text(node, "description");
        let variables = context.get_map(node, "variables").map(|map| {
            map.entries().map(|entry| (entry.key.to_owned(), server_variable(context, entry.value))).collect()
        });
        servers.push(Server { url, description, variables, extensions: IndexMap::new() });
    }
    servers
}

fn server_variable<'t>(context: &mut Context<'t>, node: Node<'t>) -> ServerVariable {
    let enumeration: Vec<String> =
        context.get_list(node, "enum").into_iter().filter_map(|value| context.text(value)).collect();
    let default = context.get_text(node, "default").unwrap_or_else(|| {
        let guess = enumeration.first().cloned().unwrap_or_default();
        context.warn_object(
            Code::BadServer,
            node,
            format!("a server variable has no default; it is \"{guess}\""),
        );
        guess
    });
    let description = context.get_text(node, "description");
    ServerVariable { enumeration, default, description, extensions: IndexMap::new() }
}

fn tags<'t>(context: &mut Context<'t>, root: Node<'t>) -> Vec<Tag> {
    let mut tags = Vec::new();
    for node in context.get_list(root, "tags") {
        let (name, description) = match node.kind() {
            Kind::Object => (context.get_text(node, "name"), context.get_text(node, "description")),
            Kind::String(name) => {
                context.warn(
                    Code::WrongKind,
                    node,
                    "a tag has to be an object; the text is read as its name",
                );
                (Some(name.to_owned()), None)
            }
            _ => {
                context.wrong_kind(node, "a tag");
                continue;
            }
        };
        if let Some(name) = name {
            tags.push(Tag { name, description, ..Tag::default() });
        }
    }
    tags
}

/// The security requirements of the document or an operation; `None` where nothing is said.
pub(super) fn security<'t>(context: &mut Context<'t>, parent: Node<'t>) -> Option<Vec<SecurityRequirement>> {
    let node = context.get(parent, "security")?;
    let requirements: Vec<Node<'t>> = if node.is_object() {
        context.warn(
            Code::BadSecurity,
            node,
            "`security` has to be a list; the object is read as its one item",
        );
        vec![node]
    } else {
        context.get_list(parent, "security")
    };
    let mut read = Vec::new();
    for requirement in requirements {
        if !requirement.is_object() {
            context.warn(
                Code::BadSecurity,
                requirement,
                "a security requirement has to be an object; it is left out",
            );
            continue;
        }
        let mut schemes = SecurityRequirement::new();
        for entry in requirement.entries() {
            let scopes = match entry.value.kind() {
                Kind::Array => entry.value.items().filter_map(|scope| context.text(scope)).collect(),
                Kind::Null => Vec::new(),
                _ => {
                    context.warn(
                        Code::BadSecurity,
                        entry.value,
                        "scopes have to be a list; they are left out",
                    );
                    Vec::new()
                }
            };
            schemes.insert(entry.key.to_owned(), scopes);
        }
        read.push(schemes);
    }
    Some(read)
}

fn unknown_security(context: &mut Context<'_>, document: &OpenAPI, known: &HashSet<String>) {
    let root = context.tree.root();
    let names = document.security.iter().flatten().flat_map(|requirement| requirement.keys());
    let unknown: Vec<String> = names.filter(|name| !known.contains(*name)).cloned().collect();
    for name in unknown {
        let node = root.get("security").unwrap_or(root);
        context.warn(Code::BadSecurity, node, format!("no security scheme is called `{name}`"));
    }
}

fn security_schemes<'t>(
    context: &mut Context<'t>,
    map: Option<Node<'t>>,
    read: fn(&mut Context<'t>, Node<'t>) -> Result<SecurityScheme, String>,
) -> IndexMap<String, ReferenceOr<SecurityScheme>> {
    let mut schemes = IndexMap::new();
    let Some(map) = map else { return schemes };
    for entry in map.entries() {
        let Some(node) = context.resolve(entry.value) else { continue };
        match read(context, node) {
            Ok(scheme) => {
                schemes.insert(entry.key.to_owned(), ReferenceOr::Item(scheme));
            }
            Err(why) => {
                let message = format!("the security scheme `{}` is left out: {why}", entry.key);
                context.warn(Code::BadSecurity, node, message);
            }
        }
    }
    schemes
}

/// One of `components.securitySchemes`.
pub(super) fn security_scheme<'t>(
    context: &mut Context<'t>,
    node: Node<'t>,
) -> Result<SecurityScheme, String> {
    let description = context.get_text(node, "description");
    let extensions = IndexMap::new();
    match context.get_text(node, "type").unwrap_or_default().as_str() {
        "apiKey" => {
            let location = match context.get_text(node, "in").unwrap_or_default().as_str() {
                "query" => APIKeyLocation::Query,
                "header" => APIKeyLocation::Header,
                "cookie" => APIKeyLocation::Cookie,
                _ => return Err("an API key needs `in: header`, `query` or `cookie`".to_owned()),
            };
            let name = context.get_text(node, "name").ok_or("an API key needs a `name`")?;
            Ok(SecurityScheme::APIKey { location, name, description, extensions })
        }
        "http" => {
            let scheme = context.get_text(node, "scheme").ok_or("HTTP authentication needs a `scheme`")?;
            let bearer_format = context.get_text(node, "bearerFormat");
            Ok(SecurityScheme::HTTP { scheme, bearer_format, description, extensions })
        }
        "oauth2" => {
            let flows = context.get_object(node, "flows").ok_or("OAuth 2 needs `flows`")?;
            Ok(SecurityScheme::OAuth2 { flows: oauth2_flows(context, flows), description, extensions })
        }
        "openIdConnect" => {
            let url = context
                .get_text(node, "openIdConnectUrl")
                .ok_or("OpenID Connect needs `openIdConnectUrl`")?;
            Ok(SecurityScheme::OpenIDConnect { open_id_connect_url: url, description, extensions })
        }
        "" => Err("it has no `type`".to_owned()),
        other => Err(format!("the type `{other}` is not known")),
    }
}

fn oauth2_flows<'t>(context: &mut Context<'t>, node: Node<'t>) -> OAuth2Flows {
    let url = |context: &mut Context<'t>, flow: Node<'t>, key: &str| {
        context.get_text(flow, key).unwrap_or_else(|| {
            context.warn_object(
                Code::BadSecurity,
                flow,
                format!("the flow has no `{key}`; it is left empty"),
            );
            String::new()
        })
    };
    fn scopes<'t>(context: &mut Context<'t>, flow: Node<'t>) -> IndexMap<String, String> {
        let Some(map) = context.get_map(flow, "scopes") else { return IndexMap::new() };
        map.entries()
            .map(|entry| (entry.key.to_owned(), context.text(entry.value).unwrap_or_default()))
            .collect()
    }
    let implicit = context.get_object(node, "implicit").map(|flow| ImplicitOAuth2Flow {
        authorization_url: url(context, flow, "authorizationUrl"),
        refresh_url: context.get_text(flow, "refreshUrl"),
        scopes: scopes(context, flow),
        extensions: IndexMap::new(),
    });
    let password = context.get_object(node, "password").map(|flow| PasswordOAuth2Flow {
        token_url: url(context, flow, "tokenUrl"),
        refresh_url: context.get_text(flow, "refreshUrl"),
        scopes: scopes(context, flow),
        extensions: IndexMap::new(),
    });
    let client_credentials =
        context.get_object(node, "clientCredentials").map(|flow| ClientCredentialsOAuth2Flow {
            token_url: url(context, flow, "tokenUrl"),
            refresh_url: context.get_text(flow, "refreshUrl"),
            scopes: scopes(context, flow),
            extensions: IndexMap::new(),
        });
    let authorization_code =
        context.get_object(node, "authorizationCode").map(|flow| AuthorizationCodeOAuth2Flow {
            authorization_url: url(context, flow, "authorizationUrl"),
            token_url: url(context, flow, "tokenUrl"),
            refresh_url: context.get_text(flow, "refreshUrl"),
            scopes: scopes(context, flow),
            extensions: IndexMap::new(),
        });
    OAuth2Flows { implicit, password, client_credentials, authorization_code, extensions: IndexMap::new() }
}

/// The component schemas, then those that references made components of.
fn schemas(context: &mut Context<'_>) -> IndexMap<String, ReferenceOr<Schema>> {
    let mut schemas = IndexMap::new();
    if let Some(map) = context.named_schemas() {
        for entry in map.entries() {
            if context.rules.schemas != SCHEMAS {
                context.moved(format!("{SCHEMAS}/{}", escape_token(entry.key)), entry.value);
            }
            let mut node = entry.value;
            if let Some(target) = context.stands_for(entry.key, node) {
                context.moved(format!("{SCHEMAS}/{}", escape_token(entry.key)), target);
                node = target;
            }
            let schema = schema::schema(context, node);
            schemas.insert(entry.key.to_owned(), schema);
        }
    }
    while let Some((name, node)) = context.waiting.pop_front() {
        let schema = schema::schema(context, node);
        schemas.insert(name, schema);
    }
    break_cycles(context, &mut schemas);
    schemas
}

/// Components that are nothing but references to one another become the schema of any value.
fn break_cycles(context: &mut Context<'_>, schemas: &mut IndexMap<String, ReferenceOr<Schema>>) {
    // For each name that was walked through: whether the walk ended at a schema.
    let mut ends: HashMap<&str, bool> = HashMap::new();
    let mut cyclic = Vec::new();
    for name in schemas.keys() {
        let mut walked: Vec<&str> = Vec::new();
        let mut current = name.as_str();
        let ended = loop {
            match (ends.get(current), schemas.get(current)) {
                // A name that is walked through for a second time is in the table as not ended.
                (Some(&ended), _) => break ended,
                (None, Some(ReferenceOr::Reference { reference })) => {
                    walked.push(current);
                    ends.insert(current, false);
                    current = component_name(reference).unwrap_or_default();
                }
                (None, _) => break true,
            }
        };
        for name in walked {
            ends.insert(name, ended);
            if !ended {
                cyclic.push(name.to_owned());
            }
        }
    }
    let components = context.tree.root().at(context.rules.schemas);
    for name in cyclic {
        let message =
            format!("the schema `{name}` is a reference that leads back to itself; it is read as any value");
        let node = components.and_then(|components| components.get(&name)).unwrap_or(context.tree.root());
        context.warn(Code::ReferenceCycle, node, message);
        schemas.insert(name, ReferenceOr::Item(schema::any()));
    }
}
