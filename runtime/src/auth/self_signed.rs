//! JWTs that the connector signs itself: one is made, used on all requests, and made anew before it ends.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::config::{Config, variables};
use crate::contract::{Claim, Jwt, KeyEncoding};
use crate::error::Error;
use crate::redact::Redactor;

use super::hmac::key_bytes;
use super::jws::SigningKey;

/// A new one is made after this part of a JWT's life, so that none ends on its way.
const USED: (i32, i32) = (3, 4);

/// Signs one client's JWTs.
pub(crate) struct JwtSigner {
    key: SigningKey,
    header: Vec<(&'static str, String)>,
    claims: Map<String, Value>,
    lifetime: SignedDuration,
    backdate: SignedDuration,
    last: Mutex<Option<Made>>,
    redactor: Redactor,
}

struct Made {
    at: Timestamp,
    jwt: SecretString,
}

impl fmt::Debug for JwtSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JwtSigner(***)")
    }
}

impl JwtSigner {
    /// The signer tells the redactor of each JWT that it makes.
    pub(crate) fn new(config: &Config, contract: &Jwt, redactor: &Redactor) -> Result<Self, Error> {
        let blamed = variables(contract.key).last().unwrap_or("auth");
        let text = config.expand(contract.key)?;
        let key = match contract.key_encoding {
            KeyEncoding::Text => SigningKey::read(contract.algorithm, &text),
            encoding => key_bytes(encoding, &text)
                .map_err(|problem| config.invalid(blamed, problem))
                .map(|bytes| SigningKey::shared(contract.algorithm, &bytes))?,
        };
        let key = key.map_err(|problem| config.invalid(blamed, problem.to_string()))?;
        let mut claims = Map::new();
        for (name, claim) in contract.claims {
            let value = match claim {
                Claim::Text(text) => Value::from(config.expand(text)?),
                Claim::Verbatim(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::from(*text)),
                Claim::Texts(texts) => {
                    texts.iter().map(|text| config.expand(text)).collect::<Result<Value, _>>()?
                }
            };
            claims.insert((*name).to_owned(), value);
        }
        let header = contract.header.iter().map(|(name, text)| Ok((*name, config.expand(text)?)));
        let seconds = |count: u64| SignedDuration::from_secs(i64::try_from(count).unwrap_or(i64::MAX));
        Ok(Self {
            key,
            header: header.collect::<Result<_, Error>>()?,
            claims,
            lifetime: seconds(contract.lifetime_seconds),
            backdate: seconds(contract.backdate_seconds),
            last: Mutex::new(None),
            redactor: redactor.clone(),
        })
    }

    /// A JWT that is good now.
    pub(crate) fn jwt(&self, now: Timestamp) -> Result<SecretString, String> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let life = self.lifetime.saturating_sub(self.backdate).saturating_mul(USED.0) / USED.1;
        // A clock that was set back makes one that is not good yet.
        let good = |made: &&Made| now >= made.at && now.duration_since(made.at) < life;
        if let Some(made) = last.as_ref().filter(good) {
            return Ok(made.jwt.clone());
        }
        let issued = now.checked_sub(self.backdate).unwrap_or(now);
        let expires = issued.checked_add(self.lifetime).unwrap_or(Timestamp::MAX);
        let mut claims = self.claims.clone();
        claims.insert("iat".to_owned(), issued.as_second().into());
        claims.insert("exp".to_owned(), expires.as_second().into());
        let header: Vec<(&str, &str)> =
            self.header.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let jwt = self.key.jwt(&header, &Value::Object(claims)).map_err(|problem| problem.to_string())?;
        self.redactor.learn(&jwt);
        let jwt = SecretString::from(jwt);
        *last = Some(Made { at: now, jwt: jwt.clone() });
        Ok(jwt)
    }

    /// Whether a JWT, as a server got it, is one of these and good now.
    #[cfg(feature = "sandbox")]
    pub(crate) fn verify(&self, jwt: &str, now: Timestamp) -> bool {
        let Some(claims) = self.key.verified(jwt) else { return false };
        let time = |name: &str| claims.get(name).and_then(Value::as_i64);
        let (Some(issued), Some(expires)) = (time("iat"), time("exp")) else { return false };
        let said = self.claims.iter().all(|(name, value)| claims.get(name) == Some(value));
        said && issued <= now.as_second() && now.as_second() < expires
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn signer(lifetime: i64, backdate: i64) -> JwtSigner {
        JwtSigner {
            key: SigningKey::shared(crate::contract::JwtAlgorithm::Hs256, b"k").expect("a key"),
            header: vec![("kid", "k1".to_owned())],
            claims: Map::from_iter([("iss".to_owned(), "me".into())]),
            lifetime: SignedDuration::from_secs(lifetime),
            backdate: SignedDuration::from_secs(backdate),
            last: Mutex::new(None),
            redactor: Redactor::default(),
        }
    }

    #[test]
    fn a_jwt_is_made_anew_before_it_ends_and_when_the_clock_goes_back() {
        let signer = signer(400, 0);
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let mut last = String::new();
        for (after, is_new) in
            [(0, true), (299, false), (300, true), (599, false), (600, true), (500, true), (799, false)]
        {
            let now = start + SignedDuration::from_secs(after);
            let jwt = signer.jwt(now).expect("a JWT").expose_secret().to_owned();
            assert_eq!(jwt != last, is_new, "after {after} s");
            last = jwt;
        }
    }

    #[test]
    fn a_backdated_jwt_is_used_for_less_than_what_is_left_of_it() {
        let signer = signer(100, 60);
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let mut last = String::new();
        for (after, is_new) in [(0, true), (29, false), (30, true)] {
            let jwt = signer.jwt(start + SignedDuration::from_secs(after)).expect("a JWT");
            assert_eq!(jwt.expose_secret() != last, is_new, "after {after} s");
            last = jwt.expose_secret().to_owned();
        }
    }

    #[cfg(feature = "sandbox")]
    #[test]
    fn what_was_changed_or_is_over_is_no_longer_taken() {
        let signer = signer(400, 0);
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let jwt = signer.jwt(start).expect("a JWT");
        let jwt = jwt.expose_secret();
        let flipped = format!("{}x{}", &jwt[..40], &jwt[41..]);
        for (text, after, expected) in [
            (jwt, 0, true),
            (jwt, 399, true),
            (jwt, 400, false),
            (jwt, -1, false),
            (&flipped, 0, false),
            ("", 0, false),
            ("a.b.c", 0, false),
        ] {
            assert_eq!(
                signer.verify(text, start + SignedDuration::from_secs(after)),
                expected,
                "{text} after {after} s"
            );
        }
    }
}
