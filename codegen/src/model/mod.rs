//! Model: the normalised document becomes operations and a graph of types, with every name settled. Only the operations that are asked for
//! are read, and only types that they reach are built; names never depend on which these are.

mod alternatives;
mod api;
mod build;
mod containers;
mod facts;
mod finish;
mod formats;
mod graph;
mod merge;
pub mod names;
mod naming;
mod nullable;
pub(crate) mod operations;
mod outcome;
mod remarks;
mod requests;
mod responses;
mod statuses;
mod tuples;

pub use api::*;
pub use formats::TextFormat;
pub use graph::*;
pub use outcome::{Outcome, ResponseBodies};

use std::collections::HashSet;

use openapiv3::{APIKeyLocation, OpenAPI, ReferenceOr, SecurityScheme as SourceScheme};

use crate::diagnostic::Diagnostics;
use crate::normalise::Normalised;

use build::Builder;
use facts::Schemas;
use names::Use;

/// Every operation of a document, in its order: what a manifest's allow-list selects from.
pub fn heads(document: &OpenAPI) -> Vec<OperationHead> {
    operations::each(document).map(|(head, _, _)| head).collect()
}

/// The API made of the operations with these numbers, counted as in [`heads`]. What has a name from an earlier run keeps it.
pub fn model(normalised: &Normalised, selected: &[usize], earlier: &Names) -> (Api, Diagnostics) {
    let document = &normalised.document;
    let component_names = document.components.as_ref().map_or_else(Default::default, |components| {
        let keys = components.schemas.keys().map(String::as_str);
        let kept = |key: &str| earlier.types.get(&facts::component(key)).map(String::as_str);
        // A component that is new takes no name that an inline type has.
        let own: HashSet<String> = keys.clone().map(facts::component).collect();
        let others = earlier.types.iter().filter(|(place, _)| !own.contains(*place));
        names::idents_beside(keys, Use::Type, kept, others.map(|(_, name)| name.clone()).collect())
    });
    let heads = heads(document);
    let methods = operations::method_names(heads.iter().map(|head| head.id.as_str()), earlier);
    let all_methods = requests::Methods::new(methods.values(), earlier);
    let schemas = Schemas { document, names: &component_names };
    let mut builder = Builder::new(schemas, &normalised.origins);
    let mut found = Vec::with_capacity(selected.len());
    for (index, (head, item, source)) in operations::each(document).enumerate() {
        if selected.contains(&index) {
            let name =
                methods.get(head.id.as_str()).cloned().unwrap_or_else(|| names::ident(&head.id, Use::Value));
            found.push(builder.operation(document, head, item, source, name, &all_methods));
        }
    }
    builder.finish();
    outcome::settle(&mut builder, &mut found);
    tuples::end_recursion(&mut builder);
    finish::end_nameless_recursion(&mut builder);
    finish::settle_unions(&mut builder);
    let places = merge::merge(&mut builder, &mut found);
    finish::box_recursion(&mut builder);
    let types = naming::name_types(&mut builder.types, &places, &component_names, earlier);
    let methods = found.iter().flat_map(|operation| {
        let others = operation.bodies.others.iter().map(|other| (other.key.clone(), other.name.clone()));
        std::iter::once((operation.head.id.clone(), operation.name.clone())).chain(others)
    });
    let methods = methods.collect();
    let api = Api {
        title: document.info.title.clone(),
        version: document.info.version.clone(),
        description: document.info.description.clone(),
        servers: document.servers.iter().map(expanded).collect(),
        security_schemes: document
            .components
            .iter()
            .flat_map(|components| &components.security_schemes)
            .filter_map(scheme)
            .collect(),
        operations: found,
        types: builder.types,
        names: Names { methods, types },
    };
    (api, builder.diagnostics)
}

/// The URL of a server, its variables filled in with their defaults.
pub fn expanded(server: &openapiv3::Server) -> String {
    let mut url = server.url.clone();
    for (name, variable) in server.variables.iter().flatten() {
        url = url.replace(&format!("{{{name}}}"), &variable.default);
    }
    url
}

fn scheme((name, scheme): (&String, &ReferenceOr<SourceScheme>)) -> Option<(String, SecurityScheme)> {
    let scheme = match scheme.as_item()? {
        SourceScheme::APIKey { location, name, .. } => SecurityScheme::ApiKey {
            location: match location {
                APIKeyLocation::Query => ParameterLocation::Query,
                APIKeyLocation::Header => ParameterLocation::Header,
                APIKeyLocation::Cookie => ParameterLocation::Cookie,
            },
            name: name.clone(),
        },
        SourceScheme::HTTP { scheme, .. } => match scheme.to_ascii_lowercase().as_str() {
            "basic" => SecurityScheme::Basic,
            "bearer" => SecurityScheme::Bearer,
            other => SecurityScheme::Other(other.to_owned()),
        },
        SourceScheme::OAuth2 { flows, .. } => SecurityScheme::OAuth2(oauth2_flows(flows)),
        SourceScheme::OpenIDConnect { .. } => SecurityScheme::Other("openIdConnect".to_owned()),
    };
    Some((name.clone(), scheme))
}

fn oauth2_flows(flows: &openapiv3::OAuth2Flows) -> Vec<OAuth2Flow> {
    let flow = |kind,
                authorization_url: Option<&String>,
                token_url: Option<&String>,
                scopes: &indexmap::IndexMap<String, String>| {
        // A flow that lacks a URL was given an empty one, with a warning.
        let url = |url: Option<&String>| url.filter(|url| !url.is_empty()).cloned();
        OAuth2Flow {
            kind,
            authorization_url: url(authorization_url),
            token_url: url(token_url),
            scopes: scopes.keys().cloned().collect(),
        }
    };
    let implicit = flows.implicit.as_ref();
    let implicit =
        implicit.map(|of| flow(OAuth2FlowKind::Implicit, Some(&of.authorization_url), None, &of.scopes));
    let password = flows.password.as_ref();
    let password = password.map(|of| flow(OAuth2FlowKind::Password, None, Some(&of.token_url), &of.scopes));
    let client = flows.client_credentials.as_ref();
    let client =
        client.map(|of| flow(OAuth2FlowKind::ClientCredentials, None, Some(&of.token_url), &of.scopes));
    let code = flows.authorization_code.as_ref().map(|of| {
        let kind = OAuth2FlowKind::AuthorizationCode;
        flow(kind, Some(&of.authorization_url), Some(&of.token_url), &of.scopes)
    });
    [implicit, password, client, code].into_iter().flatten().collect()
}
