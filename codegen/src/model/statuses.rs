//! Names of status codes (RFC 9110, section 15, and IANA's registry of HTTP status codes), as identifiers.

const NAMES: &[(u16, &str)] = &[
    (100, "Continue"),
    (101, "SwitchingProtocols"),
    (102, "Processing"),
    (103, "EarlyHints"),
    (200, "Ok"),
    (201, "Created"),
    (202, "Accepted"),
    (203, "NonAuthoritativeInformation"),
    (204, "NoContent"),
    (205, "ResetContent"),
    (206, "PartialContent"),
    (207, "MultiStatus"),
    (208, "AlreadyReported"),
    (226, "ImUsed"),
    (300, "MultipleChoices"),
    (301, "MovedPermanently"),
    (302, "Found"),
    (303, "SeeOther"),
    (304, "NotModified"),
    (305, "UseProxy"),
    (307, "TemporaryRedirect"),
    (308, "PermanentRedirect"),
    (400, "BadRequest"),
    (401, "Unauthorized"),
    (402, "PaymentRequired"),
    (403, "Forbidden"),
    (404, "NotFound"),
    (405, "MethodNotAllowed"),
    (406, "NotAcceptable"),
    (407, "ProxyAuthenticationRequired"),
    (408, "RequestTimeout"),
    (409, "Conflict"),
    (410, "Gone"),
    (411, "LengthRequired"),
    (412, "PreconditionFailed"),
    (413, "ContentTooLarge"),
    (414, "UriTooLong"),
    (415, "UnsupportedMediaType"),
    (416, "RangeNotSatisfiable"),
    (417, "ExpectationFailed"),
    (421, "MisdirectedRequest"),
    (422, "UnprocessableContent"),
    (423, "Locked"),
    (424, "FailedDependency"),
    (425, "TooEarly"),
    (426, "UpgradeRequired"),
    (428, "PreconditionRequired"),
    (429, "TooManyRequests"),
    (431, "RequestHeaderFieldsTooLarge"),
    (451, "UnavailableForLegalReasons"),
    (500, "InternalServerError"),
    (501, "NotImplemented"),
    (502, "BadGateway"),
    (503, "ServiceUnavailable"),
    (504, "GatewayTimeout"),
    (505, "HttpVersionNotSupported"),
    (506, "VariantAlsoNegotiates"),
    (507, "InsufficientStorage"),
    (508, "LoopDetected"),
    (510, "NotExtended"),
    (511, "NetworkAuthenticationRequired"),
];

/// The name of the statuses that a response describes: of one status, of a class (`4XX`), or `Default` for all that no other describes.
pub(super) fn name(from: u16, to: u16) -> String {
    match (from, to) {
        (0, _) => "Default".to_owned(),
        (from, to) if from != to => match from / 100 {
            1 => "Informational".to_owned(),
            2 => "Successful".to_owned(),
            3 => "Redirection".to_owned(),
            4 => "ClientError".to_owned(),
            _ => "ServerError".to_owned(),
        },
        (code, _) => NAMES
            .iter()
            .find(|(known, _)| *known == code)
            .map_or_else(|| format!("Status{code}"), |(_, name)| (*name).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{NAMES, name};

    #[test]
    fn names_are_identifiers_and_unique() {
        let mut seen = HashSet::new();
        for (code, known) in NAMES {
            assert!(syn::parse_str::<syn::Ident>(known).is_ok(), "{code} {known}");
            assert!(seen.insert(*known), "{known} stands twice");
        }
        for (from, to, expected) in [
            (404, 404, "NotFound"),
            (460, 460, "Status460"),
            (400, 499, "ClientError"),
            (200, 299, "Successful"),
            (0, 999, "Default"),
        ] {
            assert_eq!(name(from, to), expected, "{from} to {to}");
            assert!(from == to || !seen.contains(expected), "{expected} is a status too");
        }
    }
}
