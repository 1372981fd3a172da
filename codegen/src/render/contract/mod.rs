//! The contract: everything that the plan settled, as static data of the runtime's types.

mod drift;
mod limits;
mod paging;
mod signing;
mod slices;
pub(super) mod source;
mod tokens;

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use crate::model::{
    Body, Content, Media, Operation, ParameterLocation, ParameterStyle, Part, Response, Several, Types,
};
use crate::plan::{
    Auth, Base, Cursor, CursorFormat, OperationPlan, Order, Path, Plan, Security, Stream, Target, WaitSource,
};

use crate::render::layout::Layout;
use crate::render::names::operation_static;
use crate::render::rust_type::shape;

/// The connector's own static. `further` are paths of operations that stand elsewhere.
pub(super) fn connector(plan: &Plan, layout: &Layout, further: &[TokenStream]) -> TokenStream {
    let (name, title, description) = (&plan.name, &plan.api.title, &plan.description);
    let config = plan.config.iter().map(|field| {
        let (name, description, secret) = (&field.name, &field.description, field.secret);
        let (default, example) = (option(&field.default), option(&field.example));
        quote!(ConfigField { name: #name, description: #description, secret: #secret, default: #default, example: #example })
    });
    let url = &plan.server_url;
    let environments = pairs(&plan.environments);
    let others = plan.other_servers.iter().map(|other| {
        let (name, url, credential) = (&other.name, &other.url, other.credential);
        quote!(OtherServer { name: #name, url: #url, credential: #credential })
    });
    let headers = pairs(&plan.headers);
    let correlation = option(&plan.correlation_header);
    let auth = auth(&plan.auth);
    let operations = plan.api.operations.iter().map(|operation| {
        let feature = layout.module(&operation.tag);
        let module = format_ident!("{}", feature);
        let name = operation_static(operation);
        quote!(#[cfg(feature = #feature)] &#module::#name)
    });
    let operations = operations.chain(further.iter().cloned());
    let limits = plan.limits.iter().map(limits::limit);
    let errors = plan.errors.iter().map(limits::error_rule);
    let wait_sources = plan.wait_sources.iter().map(|WaitSource { header, unit, always }| {
        let unit = limits::time_unit(*unit);
        quote!(WaitSource { header: #header, unit: #unit, always: #always })
    });
    let streams = plan.streams.iter().filter_map(|found| {
        let operation = plan.api.operations.get(found.operation)?;
        let feature = layout.module(&operation.tag);
        let stream = stream(plan, found, operation, layout);
        let enabled = source::enabled(plan, found, feature, layout);
        Some(quote!(#enabled #stream))
    });
    quote! {
        #[doc = " What this connector does, as data: the client, the store, the sandbox and `discover` all read it."]
        pub static CONTRACT: Contract = Contract {
            name: #name,
            version: env!("CARGO_PKG_VERSION"),
            title: #title,
            description: #description,
            config: &[#(#config),*],
            server: Server { url: #url, environments: &[#environments], others: &[#(#others),*] },
            auth: #auth,
            headers: &[#headers],
            correlation_header: #correlation,
            operations: &[#(#operations),*],
            limits: &[#(#limits),*],
            wait_sources: &[#(#wait_sources),*],
            errors: &[#(#errors),*],
            streams: &[#(#streams),*],
        };
    }
}

/// One operation's static.
pub(super) fn operation(types: &Types, operation: &Operation, plan: &OperationPlan) -> TokenStream {
    let name = operation_static(operation);
    let (id, path, tag) = (&operation.head.id, &operation.head.path, &operation.tag);
    let method = method(&operation.head.method);
    let parameters = operation.parameters.iter().map(|parameter| {
        let (name, required, explode, reserved) =
            (&parameter.name, parameter.required, parameter.explode, parameter.allow_reserved);
        let (location, style) = (location(parameter.location), style(parameter.style));
        let shape = shape(types, parameter.type_ref, &home());
        quote! {
            Parameter {
                name: #name,
                location: #location,
                required: #required,
                style: #style,
                explode: #explode,
                allow_reserved: #reserved,
                shape: #shape,
            }
        }
    });
    let base = base(&plan.base);
    let found = match &operation.bodies.body {
        Some(found) => {
            let body = body(types, found);
            quote!(Some(#body))
        }
        None => quote!(None),
    };
    let other_bodies = operation.bodies.others.iter().map(|other| body(types, &other.body));
    let responses = operation.responses.iter().flat_map(|found| {
        // A sequence that is offered beside another body is a response of its own.
        let items = found.items.as_ref().map(|items| response(types, found, Some(items)));
        std::iter::once(response(types, found, found.content.as_ref())).chain(items)
    });
    let (reads, idempotent) = (plan.reads, plan.idempotent);
    let idempotency_key = option(&plan.idempotency_key);
    let security = security(plan.security);
    let paging = match &plan.paging {
        Some(found) => {
            let found = paging::paging(found);
            quote!(Some(#found))
        }
        None => quote!(None),
    };
    let limits = plan.limits.iter().map(|limit| index(*limit));
    let doc = crate::render::docs::call(operation);
    quote! {
        #[doc = #doc]
        pub static #name: Operation = Operation {
            id: #id,
            method: #method,
            path: #path,
            tag: #tag,
            parameters: &[#(#parameters),*],
            base: #base,
            body: #found,
            other_bodies: &[#(#other_bodies),*],
            responses: &[#(#responses),*],
            reads: #reads,
            idempotent: #idempotent,
            idempotency_key: #idempotency_key,
            security: #security,
            paging: #paging,
            limits: &[#(#limits),*],
        };
    }
}

/// One response, with one of the bodies that it may have.
fn response(types: &Types, response: &Response, content: Option<&Content>) -> TokenStream {
    let (from, to) = (Literal::u16_unsuffixed(response.from), Literal::u16_unsuffixed(response.to));
    let media_type = content.map_or("", |content| content.media_type.as_str());
    let (media, shape) = match content {
        Some(content) => (media(content.media), shape(types, content.type_ref, &home())),
        None => (quote!(Media::Empty), quote!(Shape::Any)),
    };
    quote!(Response { from: #from, to: #to, media: #media, media_type: #media_type, shape: #shape })
}

fn body(types: &Types, body: &Body) -> TokenStream {
    let (required, media_type) = (body.required, &body.content.media_type);
    let (media, shape) = (media(body.content.media), shape(types, body.content.type_ref, &home()));
    let parts = body.parts.iter().map(|found| part(types, found));
    let styles = body.styles.iter().map(|found| {
        let (name, style, explode) = (&found.name, style(found.style), found.explode);
        quote!((#name, #style, #explode))
    });
    quote! {
        Body {
            required: #required,
            media: #media,
            media_type: #media_type,
            shape: #shape,
            parts: &[#(#parts),*],
            styles: &[#(#styles),*],
        }
    }
}

fn part(types: &Types, part: &Part) -> TokenStream {
    let (name, required, file) = (&part.name, part.required, part.file.is_some());
    let (media_type, headers) = (option(&part.media_type), pairs(&part.headers));
    let item = shape(types, part.type_ref, &home());
    let shape = if part.file == Some(Several::Yes) { quote!(Shape::Array(&#item)) } else { item };
    quote! {
        Part {
            name: #name,
            required: #required,
            file: #file,
            media_type: #media_type,
            headers: &[#headers],
            shape: #shape,
        }
    }
}

fn base(base: &Base) -> TokenStream {
    match base {
        Base::Server => quote!(Base::Server),
        Base::Path(path) => quote!(Base::Path(#path)),
        Base::Other(index) => {
            let index = self::index(*index);
            quote!(Base::Other(#index))
        }
    }
}

fn security(security: Security) -> TokenStream {
    match security {
        Security::None => quote!(Security::None),
        Security::Optional => quote!(Security::Optional),
        Security::Required => quote!(Security::Required),
    }
}

/// Where the shapes of named types stand, seen from a contract. Operations have names of the same form there.
fn home() -> TokenStream {
    quote!(wire::)
}

fn auth(auth: &Auth) -> TokenStream {
    match auth {
        Auth::None => quote!(Auth::None),
        Auth::Basic { username, password } => {
            quote!(Auth::Basic { username: #username, password: #password })
        }
        Auth::Bearer { token } => quote!(Auth::Bearer { token: #token }),
        Auth::ApiKeys(keys) => signing::api_keys(keys),
        Auth::Jwt(jwt) => signing::jwt(jwt),
        Auth::Hmac(hmac) => signing::hmac(hmac),
        Auth::AwsSigV4(aws) => signing::aws_sigv4(aws),
        Auth::Choice { by, of } => {
            let of = of.iter().map(|(name, one)| {
                let one = self::auth(one);
                quote!((#name, #one))
            });
            quote!(Auth::Choice { by: #by, of: &[#(#of),*] })
        }
        Auth::OAuth2(oauth2) => tokens::oauth2(oauth2),
        Auth::Session(session) => tokens::session(session),
    }
}

fn index(index: usize) -> Literal {
    Literal::usize_unsuffixed(index)
}

fn stream(plan: &Plan, found: &Stream, operation: &Operation, layout: &Layout) -> TokenStream {
    let (name, description) = (&found.name, &found.description);
    let operation = operation_path(operation, layout);
    let source = source::source(plan, &found.source, layout);
    let records = path(&found.records);
    let key = paths(&found.key);
    let cursor = match &found.cursor {
        Some(found) => {
            let cursor = cursor(found);
            quote!(Some(#cursor))
        }
        None => quote!(None),
    };
    let parameters = found.parameters.iter().map(|(parameter, value)| {
        let parameter = index(*parameter);
        quote!((#parameter, #value))
    });
    let body = option(&found.body);
    let slices = slices::slices(found.slices.as_ref());
    let drift = drift::drift(&found.drift);
    let shape = shape(&plan.api.types, found.record, &home());
    quote! {
        Stream {
            name: #name,
            description: #description,
            operation: &#operation,
            records: #records,
            key: &[#key],
            cursor: #cursor,
            parameters: &[#(#parameters),*],
            body: #body,
            slices: #slices,
            shape: #shape,
            source: #source,
            drift: #drift,
        }
    }
}

/// An operation's static, seen from the connector's.
fn operation_path(operation: &Operation, layout: &Layout) -> TokenStream {
    let (module, name) = (format_ident!("{}", layout.module(&operation.tag)), operation_static(operation));
    quote!(#module::#name)
}

/// Where a value stands in a request.
fn target(target: &Target) -> TokenStream {
    match target {
        Target::Parameter(found) => {
            let index = index(*found);
            quote!(Target::Parameter(#index))
        }
        Target::Property(found, property) => {
            let index = index(*found);
            quote!(Target::Property(#index, #property))
        }
        Target::Field { path: found, number } => {
            let path = path(found);
            quote!(Target::Field { path: #path, number: #number })
        }
    }
}

fn cursor(cursor: &Cursor) -> TokenStream {
    let field = path(&cursor.field);
    let target = match &cursor.target {
        Some(found) => {
            let found = target(found);
            quote!(Some(#found))
        }
        None => quote!(None),
    };
    let format = format_ident!("{}", cursor_format(cursor.format));
    let order = match cursor.order {
        Order::Ascending => quote!(Ascending),
        Order::Descending => quote!(Descending),
        Order::None => quote!(None),
    };
    let start = option(&cursor.start);
    quote! {
        Cursor {
            field: #field,
            target: #target,
            format: CursorFormat::#format,
            start: #start,
            order: Order::#order,
        }
    }
}

fn cursor_format(format: CursorFormat) -> &'static str {
    match format {
        CursorFormat::AsIs => "AsIs",
        CursorFormat::EpochSeconds => "EpochSeconds",
        CursorFormat::EpochMilliseconds => "EpochMilliseconds",
        CursorFormat::Rfc3339 => "Rfc3339",
        CursorFormat::Date => "Date",
    }
}

fn path(path: &Path) -> TokenStream {
    quote!(&[#(#path),*])
}

fn paths(all: &[Path]) -> TokenStream {
    let all = all.iter().map(path);
    quote!(#(#all),*)
}

fn option_path(found: Option<&Path>) -> TokenStream {
    match found {
        Some(found) => {
            let path = path(found);
            quote!(Some(#path))
        }
        None => quote!(None),
    }
}

fn option(text: &Option<String>) -> TokenStream {
    match text {
        Some(text) => quote!(Some(#text)),
        None => quote!(None),
    }
}

fn pairs(pairs: &[(String, String)]) -> TokenStream {
    let pairs = pairs.iter().map(|(name, value)| quote!((#name, #value)));
    quote!(#(#pairs),*)
}

fn method(method: &str) -> TokenStream {
    match method {
        "PUT" => quote!(Method::Put),
        "POST" => quote!(Method::Post),
        "DELETE" => quote!(Method::Delete),
        "OPTIONS" => quote!(Method::Options),
        "HEAD" => quote!(Method::Head),
        "PATCH" => quote!(Method::Patch),
        "TRACE" => quote!(Method::Trace),
        "QUERY" => quote!(Method::Query),
        _ => quote!(Method::Get),
    }
}

fn location(location: ParameterLocation) -> TokenStream {
    match location {
        ParameterLocation::Path => quote!(Location::Path),
        ParameterLocation::Query => quote!(Location::Query),
        ParameterLocation::QueryString => quote!(Location::QueryString),
        ParameterLocation::Header => quote!(Location::Header),
        ParameterLocation::Cookie => quote!(Location::Cookie),
    }
}

fn style(style: ParameterStyle) -> TokenStream {
    match style {
        ParameterStyle::Form => quote!(Style::Form),
        ParameterStyle::Simple => quote!(Style::Simple),
        ParameterStyle::Matrix => quote!(Style::Matrix),
        ParameterStyle::Label => quote!(Style::Label),
        ParameterStyle::SpaceDelimited => quote!(Style::SpaceDelimited),
        ParameterStyle::PipeDelimited => quote!(Style::PipeDelimited),
        ParameterStyle::DeepObject => quote!(Style::DeepObject),
        ParameterStyle::Json => quote!(Style::Json),
        ParameterStyle::TabDelimited => quote!(Style::TabDelimited),
        ParameterStyle::Cookie => quote!(Style::Cookie),
    }
}

pub(super) fn media(media: Media) -> TokenStream {
    match media {
        Media::Json => quote!(Media::Json),
        Media::Form => quote!(Media::Form),
        Media::Multipart => quote!(Media::Multipart),
        Media::Text => quote!(Media::Text),
        Media::Bytes => quote!(Media::Bytes),
        Media::JsonLines => quote!(Media::JsonLines),
        Media::JsonSequence => quote!(Media::JsonSequence),
        Media::EventStream { .. } => quote!(Media::EventStream),
    }
}
