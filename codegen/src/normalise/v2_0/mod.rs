//! Swagger 2.0: <https://spec.openapis.org/oas/v2.0.html>. Its parts take the places that OpenAPI 3 gives them.

mod bodies;
mod parameters;

pub(super) use bodies::{request_body, response_content};
pub(super) use parameters::{is_body, schema_beside_name, with_collection_format};

use indexmap::IndexMap;
use openapiv3::{
    APIKeyLocation, AuthorizationCodeOAuth2Flow, ClientCredentialsOAuth2Flow, ImplicitOAuth2Flow,
    OAuth2Flows, PasswordOAuth2Flow, SecurityScheme, Server,
};

use super::context::Context;
use super::dialect::{Layout, Rules};
use super::document;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Node;

/// What Swagger 2.0 allows.
pub(super) const RULES: Rules = Rules {
    name: "Swagger 2.0",
    layout: Layout::Swagger,
    schemas: "/definitions",
    nullable: "x-nullable",
    short_forms: true,
    boolean_schemas: false,
    type_lists: false,
    numeric_exclusive_bounds: false,
    reference_siblings: false,
    items_optional: false,
    responses_optional: false,
    descriptions_optional: false,
    further_methods: false,
    foreign_keywords: &[
        "oneOf",
        "anyOf",
        "not",
        "nullable",
        "writeOnly",
        "deprecated",
        "const",
        "prefixItems",
        "patternProperties",
        "contentEncoding",
        "contentMediaType",
    ],
};

/// The servers that `schemes`, `host` and `basePath` make. HTTPS comes first, whatever the order of the schemes.
pub(super) fn servers<'t>(context: &mut Context<'t>, root: Node<'t>) -> Vec<Server> {
    let base = context.get_text(root, "basePath").unwrap_or_default();
    let base = base.trim_end_matches('/');
    if let Some(entry) = root.entry("basePath").filter(|_| !base.is_empty()) {
        context.diagnostics.push(
            Diagnostic::note(Code::BasePath, format!("the paths of the document stand below `{base}`"))
                .at(entry.value.span())
                .pointer("/basePath")
                .help("the manifest's `server.url` has to end in it"),
        );
    }
    let base = if base.is_empty() || base.starts_with('/') { base.to_owned() } else { format!("/{base}") };
    let server = |url: String| Server { url, ..Server::default() };
    let Some(host) = context.get_text(root, "host").filter(|host| !host.trim().is_empty()) else {
        let path = if base.is_empty() { "/".to_owned() } else { base };
        return vec![server(path)];
    };
    let host = host.trim().trim_end_matches('/');
    if let Some((scheme, rest)) = host.split_once("://") {
        if let Some(node) = root.get("host") {
            let message =
                format!("`host` has neither scheme nor path; it is read as `{scheme}` and `{rest}`");
            context.warn(Code::BadServer, node, message);
        }
        return vec![server(format!("{host}{base}"))];
    }
    let mut schemes = Vec::new();
    for node in context.get_list(root, "schemes") {
        let Some(scheme) = context.text(node) else { continue };
        match scheme.to_ascii_lowercase().as_str() {
            known @ ("http" | "https") => schemes.push(known.to_owned()),
            "ws" | "wss" => {}
            _ => context.warn(
                Code::BadServer,
                node,
                format!("`{scheme}` is no scheme of Swagger 2.0; it is left out"),
            ),
        }
    }
    if schemes.is_empty() {
        schemes.push("https".to_owned());
    }
    schemes.sort_by_key(|scheme| scheme != "https");
    schemes.dedup();
    schemes.into_iter().map(|scheme| server(format!("{scheme}://{host}{base}"))).collect()
}

/// One of `securityDefinitions`.
pub(super) fn security_scheme<'t>(
    context: &mut Context<'t>,
    node: Node<'t>,
) -> Result<SecurityScheme, String> {
    let description = context.get_text(node, "description");
    let extensions = IndexMap::new();
    match context.get_text(node, "type").unwrap_or_default().as_str() {
        "basic" => Ok(SecurityScheme::HTTP {
            scheme: "basic".to_owned(),
            bearer_format: None,
            description,
            extensions,
        }),
        "apiKey" => {
            let location = match context.get_text(node, "in").unwrap_or_default().as_str() {
                "query" => APIKeyLocation::Query,
                "header" => APIKeyLocation::Header,
                _ => return Err("an API key needs `in: header` or `query`".to_owned()),
            };
            let name = context.get_text(node, "name").ok_or("an API key needs a `name`")?;
            Ok(SecurityScheme::APIKey { location, name, description, extensions })
        }
        "oauth2" => Ok(SecurityScheme::OAuth2 { flows: flows(context, node)?, description, extensions }),
        "" => Err("it has no `type`".to_owned()),
        // Written by hand into documents of 2.0 often enough.
        "http" | "openIdConnect" => document::security_scheme(context, node),
        other => Err(format!("the type `{other}` is not known")),
    }
}

fn flows<'t>(context: &mut Context<'t>, node: Node<'t>) -> Result<OAuth2Flows, String> {
    let url = |context: &mut Context<'t>, key: &str| {
        context.get_text(node, key).unwrap_or_else(|| {
            let message = format!("the flow has no `{key}`; it is left empty");
            context.warn_object(Code::BadSecurity, node, message);
            String::new()
        })
    };
    let map = context.get_map(node, "scopes");
    let scopes: IndexMap<String, String> = map
        .iter()
        .flat_map(|map| map.entries())
        .map(|entry| (entry.key.to_owned(), context.text(entry.value).unwrap_or_default()))
        .collect();
    let (refresh_url, extensions) = (None, IndexMap::new());
    let mut flows = OAuth2Flows::default();
    match context.get_text(node, "flow").unwrap_or_default().as_str() {
        "implicit" => {
            let authorization_url = url(context, "authorizationUrl");
            flows.implicit = Some(ImplicitOAuth2Flow { authorization_url, refresh_url, scopes, extensions });
        }
        "password" => {
            let token_url = url(context, "tokenUrl");
            flows.password = Some(PasswordOAuth2Flow { token_url, refresh_url, scopes, extensions });
        }
        "application" => {
            let token_url = url(context, "tokenUrl");
            flows.client_credentials =
                Some(ClientCredentialsOAuth2Flow { token_url, refresh_url, scopes, extensions });
        }
        "accessCode" => {
            let authorization_url = url(context, "authorizationUrl");
            let token_url = url(context, "tokenUrl");
            flows.authorization_code = Some(AuthorizationCodeOAuth2Flow {
                authorization_url,
                token_url,
                refresh_url,
                scopes,
                extensions,
            });
        }
        _ => {
            return Err(
                "OAuth 2 needs `flow: implicit`, `password`, `application` or `accessCode`".to_owned()
            );
        }
    }
    Ok(flows)
}
