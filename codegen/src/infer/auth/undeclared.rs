//! Where no scheme is declared: what parameters and prose say.

use super::handed_out::{handed_out, in_bodies};
use super::said::{Said, said};
use super::{AuthGuess, AuthWay, Carried, before_placeholder};
use crate::infer::words;
use crate::infer::{Confidence, Undecided};
use crate::model::Api;
use crate::normalise::{Normalised, Origins};
use crate::source::{Node, unescape_token};

pub(super) fn undeclared(
    normalised: &Normalised,
    api: &Api,
    carried: Option<&Carried>,
    undecided: &mut Vec<Undecided>,
) -> AuthGuess {
    let missing =
        "the document declares no security scheme; what is proposed is read from its prose and parameters";
    let guess = |way: AuthWay, reason: String| AuthGuess {
        kinds: kinds(&way),
        ways: vec![way],
        everywhere: false,
        confidence: Confidence::Medium,
        reason,
    };
    let total = api.operations.len().max(1);
    if let Some(carried) = carried {
        undecided.push(Undecided::new("auth", missing));
        if let Some(signature) = &carried.signature {
            undecided.push(Undecided::new(
                "auth",
                format!("`{signature}` takes a signature, which `hmac` computes; what is proposed sends keys alone"),
            ));
        }
        let names: Vec<String> = carried.keys.iter().map(|key| format!("`{}`", key.name)).collect();
        let place = carried.keys.first().map_or("header", |key| key.place.as_str());
        let reason = format!(
            "no scheme is declared; {} of {} operations have the {place} parameter {}, which the overlay takes out of them, for the connector sends it by itself",
            carried.count,
            carried.total,
            names.join(" with ")
        );
        // Keys alone do not do where requests are signed.
        let confidence = if carried.signature.is_some() { Confidence::Low } else { Confidence::Medium };
        return AuthGuess { confidence, ..guess(AuthWay::ApiKeys { keys: carried.keys.clone() }, reason) };
    }
    let parameter = authorization_parameter(normalised, api).filter(|(_, count)| count * 5 >= total);
    if let Some((prose, count)) = parameter {
        undecided.push(Undecided::new("auth", missing));
        let reason = format!(
            "no scheme is declared; {count} of {total} operations have a header parameter `Authorization`"
        );
        return guess(of_authorization(&prose), reason);
    }
    let document = &normalised.document;
    let tags = document.tags.iter().filter_map(|tag| tag.description.as_deref());
    let top: Vec<&str> = document.info.description.iter().map(String::as_str).chain(tags).collect();
    let top = said(&top.join("\n"));
    if let Some(Said::How(way, what)) = &top {
        undecided.push(Undecided::new("auth", missing));
        return guess(way.clone(), format!("no scheme is declared; the document's prose speaks of {what}"));
    }
    // What single operations say is weaker, and counts only where many say it.
    let mut counted: Vec<(AuthWay, String, usize)> = Vec::new();
    for operation in &api.operations {
        if let Some(Said::How(way, what)) = said(operation.description.as_deref().unwrap_or_default()) {
            match counted.iter_mut().find(|(known, ..)| kinds(known) == kinds(&way)) {
                Some((_, _, count)) => *count += 1,
                None => counted.push((way, what, 1)),
            }
        }
    }
    let most = counted.into_iter().max_by_key(|(_, _, count)| *count);
    if let Some((way, what, count)) = most.filter(|(_, _, count)| count * 20 >= total && *count > 1) {
        undecided.push(Undecided::new("auth", missing));
        let mut kinds = kinds(&way);
        kinds.push("none".to_owned());
        // Those that say nothing may well be open to everybody: the connector's user chooses.
        return AuthGuess {
            ways: vec![way, AuthWay::None],
            kinds,
            everywhere: false,
            confidence: Confidence::Low,
            reason: format!(
                "no scheme is declared; the descriptions of {count} of {total} operations speak of {what}"
            ),
        };
    }
    if let Some((name, count)) = in_bodies(api) {
        undecided.push(Undecided::new("auth", format!(
            "`{name}` in the bodies of {count} of {total} operations is a credential, and no `auth` puts one into a body: find out whether the API takes it in a header or parameter too, else give it with each call"
        )));
        return AuthGuess {
            ways: Vec::new(),
            kinds: vec![format!("api_key_body:{name}")],
            everywhere: false,
            confidence: Confidence::Low,
            reason: format!(
                "no scheme is declared; {count} of {total} operations have `{name}` in their bodies"
            ),
        };
    }
    if let Some(found) = handed_out(document, api).filter(|_| !matches!(top, Some(Said::Open))) {
        let reason = format!("no scheme is declared; {}", found.reason);
        let Some(way) = found.way else {
            undecided.push(Undecided::new("auth", format!(
                "{}, so some operations need one, and the document does not say how it is sent: `bearer` where a user brings it, `session` where the connector logs in by itself", found.reason
            )));
            return AuthGuess {
                ways: Vec::new(),
                kinds: vec!["none".to_owned()],
                everywhere: false,
                confidence: Confidence::Low,
                reason,
            };
        };
        undecided.push(Undecided::new("auth", missing));
        return guess(way, reason);
    }
    let (confidence, reason, question) = match top {
        Some(Said::Some(what)) => (
            Confidence::Low,
            format!(
                "the document declares no security scheme; its prose speaks of {what}, and does not say how it is sent"
            ),
            Some(format!(
                "the document's prose speaks of {what}, and not of how it is sent: say so in `auth`"
            )),
        ),
        Some(Said::Open) => (
            Confidence::Medium,
            "the document declares no security scheme, and its prose says that it is open".to_owned(),
            None,
        ),
        _ => (
            Confidence::Medium,
            "the document declares no security scheme, and nothing in it speaks of credentials".to_owned(),
            Some(
                "the document says nothing of credentials; if the API needs one, say so in `auth`".to_owned(),
            ),
        ),
    };
    undecided.extend(question.map(|question| Undecided::new("auth", question)));
    AuthGuess { ways: Vec::new(), kinds: vec!["none".to_owned()], everywhere: false, confidence, reason }
}

/// The kinds of a way that was read from prose or parameters.
fn kinds(way: &AuthWay) -> Vec<String> {
    match way {
        AuthWay::None => vec!["none".to_owned()],
        AuthWay::Basic => vec!["basic".to_owned()],
        AuthWay::Bearer => vec!["bearer".to_owned()],
        AuthWay::ApiKeys { keys } => {
            keys.iter().map(|key| format!("api_key_{}:{}", key.place, key.name)).collect()
        }
        AuthWay::OAuth2 { grant, .. } => vec![format!("oauth2:{grant}")],
    }
}

/// What the header `Authorization` holds, by the description of the parameter.
fn of_authorization(prose: &str) -> AuthWay {
    let lower = prose.to_lowercase();
    if words::says(&lower, &["basic"]) && !words::says(&lower, &["bearer", "token"]) {
        return AuthWay::Basic;
    }
    match before_placeholder(prose) {
        Some(prefix) if !prefix.eq_ignore_ascii_case("bearer ") => AuthWay::ApiKeys {
            keys: vec![super::KeyGuess {
                place: "header".to_owned(),
                name: "Authorization".to_owned(),
                prefix: Some(prefix),
                description: prose.to_owned(),
            }],
        },
        _ => AuthWay::Bearer,
    }
}

/// The description of the parameter `Authorization`, which the normalised document no longer has, and how many operations have it.
fn authorization_parameter(normalised: &Normalised, api: &Api) -> Option<(String, usize)> {
    let mut found: Option<(String, usize)> = None;
    for operation in &api.operations {
        let pointer = &operation.head.pointer;
        let of_path = pointer.rsplit_once('/').map_or("", |(path, _)| path);
        let places = [format!("{pointer}/parameters"), format!("{of_path}/parameters")];
        let named = places.iter().find_map(|place| {
            let list = normalised.origins.node(place).filter(|node| node.is_array())?;
            list.items().find_map(|item| authorization(&normalised.origins, item))
        });
        if let Some(prose) = named {
            let (_, count) = found.get_or_insert((prose, 0));
            *count += 1;
        }
    }
    found
}

fn authorization(origins: &Origins, parameter: Node<'_>) -> Option<String> {
    let text = |node: Node<'_>, key: &str| {
        node.get(key).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let is = |node: Node<'_>| {
        text(node, "in").eq_ignore_ascii_case("header")
            && text(node, "name").eq_ignore_ascii_case("authorization")
    };
    if is(parameter) {
        return Some(text(parameter, "description"));
    }
    let reference = text(parameter, "$ref");
    let mut target = origins.node("")?;
    for token in reference.strip_prefix("#/")?.split('/') {
        target = target.child(&unescape_token(token))?;
    }
    is(target).then(|| text(target, "description"))
}
