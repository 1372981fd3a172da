//! The token server.

use std::collections::HashMap;

use linchpin_runtime::testing::Scripted;
use linchpin_runtime::transport::{HttpRequest, TransportError, TransportErrorKind};
use linchpin_runtime::url::form_urlencoded;
use serde_json::json;

use crate::styles::SECRET;

/// A token server that gives a new refresh token with each access token.
#[derive(Default)]
pub(crate) struct Tokens {
    pub(crate) number: u64,
    pub(crate) is_revoked: bool,
    /// The next answer is lost, and whether the refresh token of before is then taken again.
    pub(crate) loses: Option<bool>,
    takes_last: bool,
    /// A user logged in, which ends what was before.
    pub(crate) takes_any: bool,
}

impl Tokens {
    pub(crate) fn answer(&mut self, request: &HttpRequest) -> Scripted {
        let body = request.body.whole().unwrap_or_default();
        let form: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
        let sent = form.get("refresh_token").map(String::as_str).unwrap_or_default();
        let of =
            |number: u64| if number == 0 { SECRET.to_owned() } else { format!("{SECRET}-refresh-{number}") };
        let is_last = self.takes_last && self.number > 0 && sent == of(self.number - 1);
        if !(sent == of(self.number) || is_last || self.takes_any) {
            let body = json!({"error": "invalid_grant", "error_description": format!("{sent} is spent")});
            return Scripted::status(400).body(body.to_string());
        }
        self.number += 1;
        (self.is_revoked, self.takes_any, self.takes_last) = (false, false, false);
        if let Some(takes_last) = self.loses.take() {
            self.takes_last = takes_last;
            return Scripted::failure(TransportError::new(TransportErrorKind::Reset, "as planned"));
        }
        let (access, refresh) = (format!("{SECRET}-access-{}", self.number), of(self.number));
        Scripted::json(
            json!({"access_token": access, "refresh_token": refresh, "expires_in": 3600}).to_string(),
        )
    }
}
