//! The authorization code grant: RFC 6749 4.1 with PKCE (RFC 7636) and a redirect to this machine (RFC 8252 7.3).

use std::io;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

use super::LoginPrompt;
use crate::auth::AuthProblem;
use crate::auth::jws::sha256_base64url;
use crate::auth::oauth2::{OAuth2Flow, expanded, pair};
use crate::auth::source::Granted;
use crate::auth::wire::Wire;
use crate::contract::Grant;
use crate::error::Error;
use secrecy::ExposeSecret;

/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// Longest head of a request that is read, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;
/// How long a browser may take to send a request.
const HEAD_TIME: Duration = Duration::from_secs(15);

/// One login: what ties the answer to the question.
struct Expected {
    redirect: Url,
    state: String,
    /// Who has to have answered, where that is known.
    issuer: Option<String>,
}

pub(super) async fn login(
    flow: &OAuth2Flow,
    wire: &Wire,
    prompt: &dyn LoginPrompt,
) -> Result<Granted, Error> {
    let Grant::AuthorizationCode {
        authorization_url,
        issuer,
        pkce,
        redirect_port,
        redirect_path,
        parameters,
    } = &flow.contract.grant
    else {
        return Err(unfinished("the grant has no authorization endpoint"));
    };
    let listener = TcpListener::bind(("127.0.0.1", *redirect_port)).await.map_err(|error| {
        unfinished(format!(
            "port {redirect_port} of 127.0.0.1 cannot be listened on: {error}; end what uses it"
        ))
    })?;
    let port = listener.local_addr().map_err(|error| unfinished(error.to_string()))?.port();
    let redirect: Url = format!("http://127.0.0.1:{port}{redirect_path}")
        .parse()
        .map_err(|error| unfinished(format!("{error}")))?;
    // Twice 128 bits of chance in hexadecimal: 64 of the 43 to 128 characters of RFC 7636 4.1.
    let verifier = format!("{}{}", wire.random.token(), wire.random.token());
    let issuer = issuer.map(|issuer| flow.config.expand(issuer)).transpose()?;
    let expected = Expected { redirect, state: wire.random.token(), issuer };

    let mut url = flow.config.endpoint("authorization_url", authorization_url)?;
    let further = expanded(&flow.config, parameters)?;
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code").append_pair("client_id", &flow.client_id);
        query.append_pair("redirect_uri", expected.redirect.as_str()).append_pair("state", &expected.state);
        if !flow.scopes().is_empty() {
            query.append_pair("scope", flow.scopes());
        }
        if *pkce {
            query.append_pair("code_challenge", &sha256_base64url(&verifier));
            query.append_pair("code_challenge_method", "S256");
        }
        for (name, value) in &further {
            query.append_pair(name, value.expose_secret());
        }
    }
    prompt.open(&url);

    let answered = async {
        match select(Box::pin(serve(&listener, &expected)), prompt.redirected()).await {
            Either::Left((answer, _)) => answer,
            Either::Right((text, _)) => expected.read_pasted(&text),
        }
    };
    let code = match select(Box::pin(answered), wire.clock.timer(PATIENCE)).await {
        Either::Left((code, _)) => code?,
        Either::Right(((), _)) => {
            return Err(unfinished(format!("nobody consented within {} minutes", PATIENCE.as_secs() / 60)));
        }
    };
    let mut parameters = vec![
        pair("grant_type", "authorization_code"),
        pair("code", &code),
        pair("redirect_uri", expected.redirect.as_str()),
    ];
    if *pkce {
        parameters.push(pair("code_verifier", &verifier));
    }
    // A code is good for one use: a request that may have arrived is not sent again.
    flow.token(wire, parameters, "the code of the login").await.map_err(|failed| (*failed.problem).into())
}

fn unfinished(why: impl Into<String>) -> Error {
    AuthProblem::Login(why.into()).into()
}

impl Expected {
    /// What a request to the redirect says: the code, or why there is none. `None` for a request that is not the answer to this login.
    fn read(&self, url: &Url) -> Option<Result<String, Error>> {
        let value = |name: &str| {
            url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
        };
        // Anybody on this machine may ask this port. Without the state, which only this login's browser knows, it is somebody else.
        if url.path() != self.redirect.path() || value("state").as_deref() != Some(&self.state) {
            return None;
        }
        if let Err(why) = self.is_issuer(value("iss").as_deref()) {
            return Some(Err(unfinished(why)));
        }
        Some(match (value("code"), value("error")) {
            (Some(code), None) if !code.is_empty() => Ok(code),
            (_, Some(error)) => {
                let description =
                    value("error_description").map(|text| format!(": {}", line(text))).unwrap_or_default();
                Err(unfinished(format!("the authorisation server says `{}`{description}", line(error))))
            }
            _ => Err(unfinished("the authorisation server sent neither a code nor an error")),
        })
    }

    /// RFC 9207 2.4: the code of another server's login, which its attacker had the browser bring here, is sent to nobody. The texts are compared
    /// as they are.
    fn is_issuer(&self, given: Option<&str>) -> Result<(), String> {
        let Some(expected) = &self.issuer else { return Ok(()) };
        match given {
            Some(given) if given == expected => Ok(()),
            Some(given) => Err(format!(
                "the answer is of the issuer `{}` and not of `{expected}`, so its code was not used; where this is the right server, correct \
                 `issuer` in the manifest",
                line(given.to_owned())
            )),
            None => Err(format!(
                "the answer names no issuer, and `{expected}` has to be named, so its code was not used; where the server names none, leave \
                 `issuer` out of the manifest"
            )),
        }
    }

    fn read_pasted(&self, text: &str) -> Result<String, Error> {
        let url = self
            .redirect
            .join(text.trim())
            .map_err(|error| unfinished(format!("that is no URL: {error}")))?;
        self.read(&url).unwrap_or_else(|| {
            Err(unfinished(
                "that is not where this login was sent: its address or its `state` is another one",
            ))
        })
    }
}

/// What somebody else wrote, on one line.
fn line(text: String) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Answers requests until one of them is the answer to the login.
async fn serve(listener: &TcpListener, expected: &Expected) -> Result<String, Error> {
    let mut heads = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A browser may open connections that it never uses, so none is waited for alone.
                if let Ok((stream, _)) = accepted {
                    heads.spawn(async move {
                        let read = tokio::time::timeout(HEAD_TIME, head(stream));
                        read.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
                    });
                }
            }
            Some(read) = heads.join_next(), if !heads.is_empty() => {
                let Ok(Ok((mut stream, target))) = read else { continue };
                let answer = expected.redirect.join(&target).ok().and_then(|url| expected.read(&url));
                // The page is a courtesy: where it cannot be sent, the login goes on all the same.
                let _ = stream.write_all(page(answer.as_ref()).as_bytes()).await;
                let _ = stream.shutdown().await;
                if let Some(answer) = answer {
                    return answer;
                }
            }
        }
    }
}

/// Reads the head of a request, and gives its target.
async fn head(mut stream: TcpStream) -> io::Result<(TcpStream, String)> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await?;
        if read == 0 || head.len() + read > LONGEST_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend_from_slice(buffer.get(..read).unwrap_or_default());
    }
    let text = String::from_utf8_lossy(&head);
    let mut words = text.lines().next().unwrap_or_default().split(' ');
    match (words.next(), words.next()) {
        (Some("GET"), Some(target)) if target.starts_with('/') => Ok((stream, target.to_owned())),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn page(answer: Option<&Result<String, Error>>) -> String {
    let (status, text) = match answer {
        Some(Ok(_)) => ("200 OK", "The connector has its answer. You can close this window."),
        Some(Err(_)) => {
            ("200 OK", "There was no consent; the connector says why. You can close this window.")
        }
        None => ("404 Not Found", "Nothing is here."),
    };
    let body = format!("<!DOCTYPE html><meta charset=utf-8><title>Login</title><p>{text}</p>\n");
    // The address holds the code, which must not go on to any page.
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nreferrer-policy: no-referrer\r\n\
         cache-control: no-store\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
