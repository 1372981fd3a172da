//! The device authorization grant, RFC 8628: for machines without a browser.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::LoginPrompt;
use crate::auth::AuthProblem;
use crate::auth::oauth2::{OAuth2Flow, pair};
use crate::auth::source::{Asked, Failed, Granted, text_at};
use crate::auth::wire::Wire;
use crate::error::Error;
use crate::observe::TokenPurpose;
use crate::retry::Outcome;

/// RFC 8628 3.2: between two questions where the server names no time.
const INTERVAL: Duration = Duration::from_secs(5);
/// RFC 8628 3.5: what `slow_down` adds, for this and all later questions.
const SLOWER: Duration = Duration::from_secs(5);
/// Between two questions where the server cannot be reached.
const LONGEST_INTERVAL: Duration = Duration::from_secs(120);
/// How long a code holds where the server does not say.
const LIFE: Duration = Duration::from_secs(600);

pub(super) async fn login(
    flow: &OAuth2Flow,
    wire: &Wire,
    url: &'static str,
    prompt: &dyn LoginPrompt,
) -> Result<Granted, Error> {
    let url = flow.config.endpoint("device_authorization_url", url)?;
    let scopes = if flow.scopes().is_empty() { Vec::new() } else { vec![pair("scope", flow.scopes())] };
    let asked = Asked { url: &url, what: "a code for a device" };
    let answer =
        flow.ask(wire, TokenPurpose::DeviceAuthorization, &asked, scopes, Ok).await.map_err(problem)?;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let field = |names: &[&str]| names.iter().find_map(|name| text_at(&body, &[name]));
    let lacks =
        |name: &str| problem(Failed::no_token(&url, &answer, format!("there is no text at `{name}`")));
    let device_code = field(&["device_code"]).ok_or_else(|| lacks("device_code"))?;
    let user_code = field(&["user_code"]).ok_or_else(|| lacks("user_code"))?;
    wire.redactor.learn(&device_code);
    // `verification_url` is what it was called before the RFC, and what Google sends.
    let page = field(&["verification_uri", "verification_url"]).and_then(|text| Url::parse(&text).ok());
    let page = page.ok_or_else(|| lacks("verification_uri"))?;
    let complete = field(&["verification_uri_complete"]).and_then(|text| Url::parse(&text).ok());
    let seconds = |name: &str| body.get(name).and_then(Value::as_u64).map(Duration::from_secs);
    let mut interval = seconds("interval").unwrap_or(INTERVAL);
    let end = wire.clock.elapsed().saturating_add(seconds("expires_in").unwrap_or(LIFE));
    prompt.enter(&user_code, &page, complete.as_ref());

    let device_code = SecretString::from(device_code);
    loop {
        wire.clock.sleep(interval).await;
        if wire.clock.elapsed() >= end {
            return Err(AuthProblem::Login(
                "the code ended before anybody entered it; start again".to_owned(),
            )
            .into());
        }
        let parameters = vec![
            pair("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code".to_owned(), device_code.clone()),
        ];
        let failed = match flow.token(wire, parameters, "the code of the device").await {
            Ok(granted) => return Ok(granted),
            Err(failed) => failed,
        };
        match failed.code.as_deref() {
            Some("authorization_pending") => {}
            Some("slow_down") => interval = interval.saturating_add(SLOWER),
            Some("access_denied") => {
                return Err(AuthProblem::Login("the login was refused in the browser".to_owned()).into());
            }
            Some("expired_token") => {
                return Err(AuthProblem::Login(
                    "the code ended before anybody entered it; start again".to_owned(),
                )
                .into());
            }
            // RFC 8628 3.5: where the server cannot be reached, less and less often.
            _ if failed.outcome != Outcome::Permanent => {
                interval = interval.saturating_mul(2).min(LONGEST_INTERVAL);
            }
            _ => return Err(problem(failed)),
        }
    }
}

fn problem(failed: Failed) -> Error {
    (*failed.problem).into()
}
