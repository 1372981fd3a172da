//! The paging styles, as rows: how each asks for its pages, and the contract that says so.

use linchpin_runtime::contract::Style as ParameterStyle;
use linchpin_runtime::contract::*;

use crate::faults::{LIMITS, WAIT_SOURCES};

/// What the user of the connector gives; also the first refresh token.
pub(crate) const SECRET: &str = "c4nary-s3cret";
/// Where the API is.
pub(crate) const BASE: &str = "https://api.example.com/v1";
/// Where tokens are.
pub(crate) const TOKEN_URL: &str = "https://login.example.com/token";
/// Records a page.
pub(crate) const SIZE: usize = 5;
/// Offset from which on a window is refused.
pub(crate) const DEPTH: usize = 10;

/// How the next page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Page,
    Offset,
    OffsetFromOne,
    CursorBody,
    CursorHeader,
    NextAbsolute,
    NextRelative,
    Link,
    LastId,
    Windows,
    Children,
    Search,
    SearchOnce,
}

impl Way {
    /// Those in which a page names the next by a token.
    pub(crate) const TOKENS: &[Self] =
        &[Self::CursorBody, Self::CursorHeader, Self::Search, Self::SearchOnce];
    /// Those in which a page names the next by a URL.
    pub(crate) const URLS: &[Self] = &[Self::NextAbsolute, Self::NextRelative, Self::Link];

    pub(crate) fn is_token(self) -> bool {
        Self::TOKENS.contains(&self)
    }

    pub(crate) fn is_url(self) -> bool {
        Self::URLS.contains(&self)
    }

    /// Whether pages say how many records there are.
    pub(crate) fn has_total(self) -> bool {
        !matches!(self, Self::CursorHeader | Self::Link | Self::LastId | Self::NextRelative)
    }

    fn strategy(self) -> Strategy {
        let end = End { total_records: self.has_total().then_some(TOTAL), ..End::NONE };
        let target = Target::Parameter(0);
        match self {
            Self::Page | Self::Windows | Self::Children => Strategy::PageNumber { target, first: 1, end },
            Self::Offset => Strategy::Offset { target, first: 0, end },
            Self::OffsetFromOne => Strategy::Offset { target, first: 1, end },
            Self::CursorBody => Strategy::Cursor { target, first: None, next: Token::Body(NEXT), end },
            Self::CursorHeader => {
                Strategy::Cursor { target, first: None, next: Token::Header("x-next"), end }
            }
            Self::NextAbsolute | Self::NextRelative => Strategy::NextUrl { next: Token::Body(NEXT), end },
            Self::Link => Strategy::LinkHeader { relation: "next", end },
            Self::LastId => Strategy::LastId { target, field: &["id"], end },
            Self::Search | Self::SearchOnce => {
                let target = Target::Field { path: &["page", "after"], number: false };
                Strategy::Cursor { target, first: None, next: Token::Body(NEXT), end }
            }
        }
    }
}

const TOTAL: Path = &["meta", "total"];
const NEXT: Path = &["meta", "next"];

/// A style, with the connector that uses it.
pub(crate) struct Style {
    pub(crate) name: &'static str,
    pub(crate) way: Way,
    pub(crate) contract: &'static Contract,
}

impl Style {
    pub(crate) fn stream(&self) -> &'static Stream {
        self.contract.stream("items").expect("each has one")
    }
}

/// Every style.
pub(crate) fn all() -> Vec<Style> {
    let rows = [
        ("page", Way::Page),
        ("offset", Way::Offset),
        ("offset from 1", Way::OffsetFromOne),
        ("cursor in the body", Way::CursorBody),
        ("cursor in a header", Way::CursorHeader),
        ("next URL, absolute", Way::NextAbsolute),
        ("next URL, relative", Way::NextRelative),
        ("Link header", Way::Link),
        ("last id", Way::LastId),
        ("windows of time", Way::Windows),
        ("lists of parents", Way::Children),
        ("search by POST", Way::Search),
        ("search by POST that is not declared as repeatable", Way::SearchOnce),
    ];
    rows.map(|(name, way)| Style { name, way, contract: contract(way) }).into()
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn parameter(name: &'static str, location: Location) -> Parameter {
    let required = location == Location::Path;
    let style = if required { ParameterStyle::Simple } else { ParameterStyle::Form };
    Parameter {
        name,
        location,
        required,
        style,
        explode: !required,
        allow_reserved: false,
        shape: Shape::Any,
    }
}

fn operation(way: Way) -> Operation {
    let name = match way {
        Way::Offset | Way::OffsetFromOne => "offset",
        Way::CursorBody | Way::CursorHeader => "cursor",
        Way::LastId => "after",
        _ => "page",
    };
    let mut parameters = vec![parameter(name, Location::Query), parameter("limit", Location::Query)];
    match way {
        Way::Windows => parameters.extend(["from", "to"].map(|name| parameter(name, Location::Query))),
        Way::Children => parameters.push(parameter("owner", Location::Path)),
        _ => {}
    }
    let searches = matches!(way, Way::Search | Way::SearchOnce);
    let body = searches.then_some(Body {
        required: true,
        media: Media::Json,
        media_type: "application/json",
        shape: Shape::Any,
        parts: &[],
        styles: &[],
    });
    let paging = Paging {
        size: Some(PageSize { target: Target::Parameter(1), value: SIZE as u64 }),
        records: Some(&["items"]),
        key: &[&["id"]],
        ..Paging::new("made up", way.strategy())
    };
    Operation {
        id: "items",
        method: if searches { Method::Post } else { Method::Get },
        path: match way {
            Way::Children => "/owners/{owner}/items",
            _ if searches => "/items/search",
            _ => "/items",
        },
        tag: "items",
        parameters: leak(parameters),
        base: Base::Server,
        body,
        other_bodies: &[],
        responses: &[Response {
            from: 200,
            to: 200,
            media: Media::Json,
            media_type: "application/json",
            shape: Shape::Any,
        }],
        reads: true,
        idempotent: way != Way::SearchOnce,
        idempotency_key: None,
        security: Security::Required,
        paging: Some(paging),
        limits: ALL_LIMITS,
    }
}

/// Every limit counts every request.
const ALL_LIMITS: &[usize] = &[0, 1, 2, 3, 4, 5, 6];
const _: () = assert!(ALL_LIMITS.len() == LIMITS.len());

fn stream(name: &'static str, operation: &'static Operation) -> Stream {
    Stream {
        name,
        description: "",
        operation,
        records: &["items"],
        key: &[&["id"]],
        cursor: None,
        parameters: &[],
        body: operation.body.is_some().then_some(r#"{"filter":{"state":"open"}}"#),
        slices: None,
        drift: DriftPolicy::DEFAULT,
        shape: Shape::Any,
        source: Source::Pages,
    }
}

fn slices(way: Way) -> Option<Slices> {
    let partition = match way {
        Way::Windows => Partition::Whole,
        Way::Children => Partition::Parent(Parent {
            stream: "owners",
            parameters: &[(Target::Parameter(2), ParentValue::Field(&["id"]))],
            include: &[Include { name: "owner", value: ParentValue::Field(&["id"]), in_key: false }],
            only_changed: false,
            skip_gone: false,
        }),
        _ => return None,
    };
    let window = (way == Way::Windows).then_some(Window {
        field: &["at"],
        from: Bound { target: Target::Parameter(2), exclusive: false },
        to: Bound { target: Target::Parameter(3), exclusive: true },
        format: CursorFormat::Rfc3339,
        start: "2025-12-01T00:00:00Z",
        step_milliseconds: 10 * 86_400_000,
        lookback_milliseconds: 0,
        smallest_milliseconds: 3_600_000,
        cap: Some(Cap { offset: Some(DEPTH as u64), total: Some(TOTAL), statuses: &[422], ..Cap::default() }),
    });
    Some(Slices { partition, window, at_once: 2 })
}

fn contract(way: Way) -> &'static Contract {
    let items = leak(operation(way));
    let owners = leak(Operation { id: "owners", path: "/owners", ..operation(Way::Page) });
    let streams = leak([Stream { slices: slices(way), ..stream("items", items) }, stream("owners", owners)]);
    leak(Contract {
        name: "faulty",
        version: "1.0.0",
        title: "",
        description: "",
        config: &[ConfigField {
            name: "refresh_token",
            description: "",
            secret: true,
            default: None,
            example: None,
        }],
        server: Server { url: BASE, environments: &[], others: &[] },
        auth: Auth::OAuth2(OAuth2 {
            token_url: TOKEN_URL,
            revocation_url: None,
            client: OAuth2Client { id: "made-up", authentication: ClientAuthentication::None },
            grant: Grant::RefreshToken { token: "{refresh_token}" },
            scopes: &[],
            scope_separator: " ",
            request: TokenRequest { encoding: TokenEncoding::Form, parameters: &[], headers: &[] },
            response: TokenResponse {
                access_token: &["access_token"],
                refresh_token: &["refresh_token"],
                expiry: &["expires_in"],
                expiry_unit: ExpiryUnit::Seconds,
                lifetime_milliseconds: None,
                base_url: None,
            },
            placement: Placement { location: Location::Header, name: "authorization", prefix: "Bearer " },
            renewal: Renewal { at: 0.75, statuses: &[401] },
        }),
        headers: &[],
        correlation_header: Some("traceparent"),
        operations: leak([items as &Operation, owners]),
        limits: &LIMITS,
        wait_sources: &WAIT_SOURCES,
        errors: &[],
        streams,
    })
}
