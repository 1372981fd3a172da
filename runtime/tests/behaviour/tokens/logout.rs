//! What a logout ends: at the server, and in the store.

use super::*;

const REVOCATION: &str = "https://login.example.com/revoke";

/// A client that has refreshed once, its server, and the answers that it gets to its logouts.
fn logged_in(grant: Grant, refresh: Option<&str>, answers: Vec<Scripted>) -> (Client, ReplayTransport) {
    let answers = Mutex::new(answers.into_iter());
    let refresh = refresh.map(str::to_owned);
    let transport = ReplayTransport::server(move |request| match request.url.path() {
        "/token" => granted("the-access-token", refresh.as_deref()),
        "/revoke" => answers.lock().unwrap().next().unwrap_or_else(|| panic!("one request too many")),
        _ => Scripted::json("{}"),
    });
    let request = TokenRequest {
        encoding: TokenEncoding::Json,
        parameters: &[("audience", "all")],
        headers: &[("x-tenant", "a")],
    };
    let proof = ClientAuthentication::Basic { secret: "{api_token}" };
    let auth = OAuth2 { revocation_url: Some(REVOCATION), request, ..oauth2(grant, proof) };
    let (client, _, operation) = client_of(Auth::OAuth2(auth), &transport, MemoryTokenStore::default());
    run(client.send(Request::new(operation))).unwrap();
    (client, transport)
}

fn ended() -> Scripted {
    Scripted::status(200)
}

fn revocations(transport: &ReplayTransport) -> Vec<HttpRequest> {
    transport.requests().into_iter().filter(|request| request.url.path() == "/revoke").collect()
}

const FIRST: Grant = Grant::RefreshToken { token: "{api_token}" };

/// RFC 7009 2.1.
#[test]
fn a_logout_ends_the_newest_token_at_the_server_and_forgets_it() {
    // The grant, the refresh token that came with the access token, what is ended, and its kind.
    for (grant, refresh, expected, kind) in [
        (FIRST, Some("the-second"), "the-second", "refresh_token"),
        // The server replaced nothing, so the first one is still that of the login.
        (FIRST, None, CANARY, "refresh_token"),
        (Grant::ClientCredentials, None, "the-access-token", "access_token"),
    ] {
        let (client, transport) = logged_in(grant, refresh, vec![ended()]);
        let (first, second) = run(async { (client.logout().await, client.logout().await) });
        assert!(first.unwrap() && !second.unwrap(), "{expected}: the second finds nothing");
        let sent = revocations(&transport);
        let [sent] = sent.as_slice() else { panic!("{expected}: {sent:?}") };
        let told = form(sent);
        assert_eq!((&*told["token"], &*told["token_type_hint"]), (expected, kind));
        assert_eq!(told.len(), 2, "what is added to requests for tokens is not added here: {told:?}");
        assert_eq!(header(sent, "content-type"), Some("application/x-www-form-urlencoded"));
        assert!(
            header(sent, "authorization").unwrap().starts_with("Basic "),
            "{expected}: the client proves itself"
        );
        assert_eq!(header(sent, "x-tenant"), Some("a"));
        let statistics = client.statistics();
        assert_eq!(statistics.token_requests, 2, "{statistics:?}");
    }
}

/// RFC 7009 2.2.1.
#[test]
fn what_the_server_did_not_end_is_told_and_kept_where_it_may_end_it_later() {
    let busy = || Scripted::status(503).header("retry-after", "3600");
    // What the server answers, whether the token is kept for another logout, what is told, and how often it is asked.
    let table = [
        (
            "refused",
            vec![refused("unsupported_token_type"), ended()],
            false,
            "unsupported_token_type: no ***",
            1,
        ),
        (
            "redirected",
            vec![Scripted::status(302).header("location", "https://evil.test/"), ended()],
            false,
            "it redirects",
            1,
        ),
        ("busy", vec![busy(), ended()], true, "it answered 503", 2),
        ("lost", vec![reset(), reset(), ended(), ended()], false, "", 3),
    ];
    for (name, answers, kept, told, asked) in table {
        let (client, transport) = logged_in(FIRST, Some("the-second"), answers);
        let (first, second) = run(async { (client.logout().await, client.logout().await) });
        if told.is_empty() {
            assert!(first.unwrap() && !second.unwrap(), "{name}: it was asked again and ended");
        } else {
            let error = first.unwrap_err();
            let ErrorKind::Auth(AuthProblem::NotRevoked { kept: stored, .. }) = error.kind() else {
                panic!("{error}")
            };
            assert_eq!(*stored, kept, "{name}: {error}");
            let text = error.to_string();
            assert!(text.contains(told) && text.contains(REVOCATION), "{name}: {text}");
            assert!(!text.contains(CANARY) && !text.contains("the-second"), "{name}: {text}");
            assert_eq!(second.unwrap(), kept, "{name}: whether there was a token left");
        }
        assert_eq!(revocations(&transport).len(), asked, "{name}");
        assert!(
            !transport.requests().iter().any(|request| request.url.host_str() == Some("evil.test")),
            "{name}"
        );
    }
}
