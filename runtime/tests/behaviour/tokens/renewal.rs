//! When a token is renewed, how often, and what is told when it cannot be.

use super::*;

#[test]
fn a_token_is_renewed_after_its_part_of_life_and_not_before() {
    let server = Rotating::new();
    let (client, clock, operation) =
        client_of(Auth::OAuth2(rotating()), &server.transport(), MemoryTokenStore::default());
    run(async {
        for (advance, expected) in [(0, 1), (2699, 1), (2, 2), (2699, 2), (36_000, 3)] {
            clock.advance(Duration::from_secs(advance));
            client.send(Request::new(operation)).await.unwrap();
            assert_eq!(server.refreshes(), expected, "after {advance} s more");
            assert_eq!(client.statistics().token_requests, expected as u64, "after {advance} s more");
        }
    });
}

#[test]
fn twenty_calls_that_are_refused_at_once_renew_the_token_once() {
    let server = Rotating::new();
    let transport = server.transport();
    let (client, _, operation) = client_of(Auth::OAuth2(rotating()), &transport, MemoryTokenStore::default());
    run(async {
        client.send(Request::new(operation)).await.unwrap();
        server.revoked.store(true, Ordering::SeqCst);
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let client = client.clone();
            calls.spawn(async move { client.send(Request::new(operation)).await.map(|_| ()) });
        }
        while let Some(call) = calls.join_next().await {
            call.unwrap().unwrap();
        }
    });
    assert_eq!(server.refreshes(), 2, "one for the first token, one for all twenty");
}

#[test]
fn a_second_refusal_in_a_call_is_the_end_of_it() {
    let transport = ReplayTransport::server(|request| {
        if is_token(request) {
            granted("t0ken", Some("next"))
        } else {
            Scripted::status(401).body("t0ken t0ken")
        }
    });
    let (client, _, operation) = client_of(Auth::OAuth2(rotating()), &transport, MemoryTokenStore::default());
    let error = run(client.send(Request::new(operation))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorised { .. }), "{error}");
    assert!(!error.to_string().contains("t0ken"), "what came at run time is hidden too: {error}");
    let tokens = transport.requests().iter().filter(|request| is_token(request)).count();
    assert_eq!((tokens, transport.requests().len()), (2, 4));
}

/// The first answer is lost; what comes of it depends on whether the server takes the old refresh token again.
#[test]
fn a_refresh_whose_answer_is_lost_is_tried_once_more_and_then_told() {
    let truncated = || Scripted::json("{\"acc").header("content-length", "90");
    for (name, spoilt) in [("reset", reset()), ("truncated", truncated()), ("gateway", Scripted::status(502))]
    {
        let server = Rotating::new().spoil(2, spoilt);
        let transport = server.transport();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let (client, _, operation) =
            client_of(Auth::OAuth2(rotating()), &transport, FileTokenStore::new(&path));
        run(async {
            client.send(Request::new(operation)).await.unwrap();
            server.revoked.store(true, Ordering::SeqCst);
            let error = client.send(Request::new(operation)).await.unwrap_err();
            assert!(
                matches!(error.kind(), ErrorKind::Auth(AuthProblem::AnswerLost { .. })),
                "{name}: {error}"
            );
            assert_eq!((error.exit_code(), error.sent()), (2, Sent::Yes), "{name}: {error}");
            assert!(error.to_string().contains("get a new refresh token"), "{name}: {error}");
        });
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("refresh-1") && text.contains("refresh_begun_at"),
            "{name}: the last one is kept: {text}"
        );
        let refreshes = transport.requests().iter().filter(|request| is_token(request)).count();
        assert_eq!(refreshes, 3, "{name}: the first, the lost one and one more");

        // A later process knows why it is refused.
        let (client, _, operation) =
            client_of(Auth::OAuth2(rotating()), &transport, FileTokenStore::new(&path));
        let error = run(async {
            // The old access token is still good as far as the store tells; the API says otherwise.
            client.send(Request::new(operation)).await.unwrap_err()
        });
        assert!(matches!(error.kind(), ErrorKind::Auth(AuthProblem::AnswerLost { .. })), "{name}: {error}");
    }
}

#[test]
fn a_server_that_forgives_gives_the_token_at_the_second_try() {
    let lost = AtomicBool::new(false);
    let transport = ReplayTransport::server(move |request| match is_token(request) {
        true if !lost.swap(true, Ordering::SeqCst) => reset(),
        true => granted("again", Some("next")),
        false => Scripted::json("{}"),
    });
    let (client, _, operation) = client_of(Auth::OAuth2(rotating()), &transport, MemoryTokenStore::default());
    run(client.send(Request::new(operation))).unwrap();
    assert!(is_good(&transport.requests()[2], "again"));
}

/// A store that cannot be written for a while.
#[derive(Clone, Default)]
struct Full {
    inner: MemoryTokenStore,
    full: Arc<AtomicBool>,
}

impl TokenStore for Full {
    fn lock(&self) -> futures_core::future::BoxFuture<'_, Result<StoreLock, AuthProblem>> {
        self.inner.lock()
    }

    fn load(&self, name: &str) -> Result<Option<StoredToken>, AuthProblem> {
        self.inner.load(name)
    }

    fn save(&self, name: &str, token: Option<&StoredToken>) -> Result<(), AuthProblem> {
        if self.full.load(Ordering::SeqCst) {
            let (place, cause) = ("the disk".to_owned(), "it is full".to_owned());
            return Err(AuthProblem::Store { place, done: "written", cause });
        }
        self.inner.save(name, token)
    }
}

#[test]
fn an_access_token_is_not_used_before_its_refresh_token_is_stored() {
    let server = Rotating::new();
    let transport = server.transport();
    let store = Full::default();
    store.full.store(true, Ordering::SeqCst);
    let (client, _, operation) = client_of(Auth::OAuth2(rotating()), &transport, store.clone());
    run(async {
        for _ in 0..2 {
            let error = client.send(Request::new(operation)).await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Auth(AuthProblem::Store { .. })), "{error}");
            assert_eq!(error.sent(), Sent::No, "{error}");
        }
        assert!(transport.requests().iter().all(is_token), "the API was not asked");
        assert_eq!(server.refreshes(), 1, "what could not be stored is not asked for again");
        store.full.store(false, Ordering::SeqCst);
        client.send(Request::new(operation)).await.unwrap();
        assert_eq!(server.refreshes(), 1, "the token that waited is used once it is stored");
    });
}

#[test]
fn clients_that_share_a_store_share_the_token_too() {
    let server = Rotating::new();
    let transport = server.transport();
    let folder = tempfile::tempdir().unwrap();
    let store = || FileTokenStore::new(folder.path().join("tokens.json"));
    let (one, _, operation) = client_of(Auth::OAuth2(rotating()), &transport, store());
    let (two, _, same) = client_of(Auth::OAuth2(rotating()), &transport, store());
    run(async {
        one.send(Request::new(operation)).await.unwrap();
        two.send(Request::new(same)).await.unwrap();
        assert_eq!(server.refreshes(), 1);
        server.revoked.store(true, Ordering::SeqCst);
        one.send(Request::new(operation)).await.unwrap();
        // The second is refused with its old token, and finds the new one in the store.
        two.send(Request::new(same)).await.unwrap();
    });
    assert_eq!(server.refreshes(), 2);
}

#[test]
fn who_asked_may_go_away_and_the_token_is_stored_nevertheless() {
    let server = Rotating::new();
    let transport = server.transport();
    let store = MemoryTokenStore::default();
    let (client, _, operation) = client_of(Auth::OAuth2(rotating()), &transport, store);
    run(async {
        let mut call = Box::pin(client.send(Request::new(operation)));
        // Polled once: the flight is on its way. Then its caller is gone.
        let pending =
            std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending())).await;
        assert!(pending);
        drop(call);
        client.send(Request::new(operation)).await.unwrap();
    });
    assert_eq!(server.refreshes(), 1, "a second refresh with the same token would have been refused");
}

#[test]
fn what_passes_is_tried_again_and_a_token_that_still_holds_is_used_meanwhile() {
    let well = Arc::new(AtomicBool::new(true));
    let answers = Arc::clone(&well);
    let transport = ReplayTransport::server(move |request| match is_token(request) {
        true if !answers.load(Ordering::SeqCst) => Scripted::status(503),
        true => granted("t0ken", None),
        false => Scripted::json("{}"),
    });
    let auth = oauth2(Grant::ClientCredentials, ClientAuthentication::None);
    let (client, clock, operation) = client_of(Auth::OAuth2(auth), &transport, MemoryTokenStore::default());
    let asked =
        |transport: &ReplayTransport| transport.requests().iter().filter(|request| is_token(request)).count();
    run(async {
        client.send(Request::new(operation)).await.unwrap();
        well.store(false, Ordering::SeqCst);
        clock.advance(Duration::from_secs(2800));
        client.send(Request::new(operation)).await.unwrap();
        assert_eq!(asked(&transport), 1 + 8, "as often as the policy says");
        client.send(Request::new(operation)).await.unwrap();
        assert_eq!(asked(&transport), 1 + 8, "and not again at once");
        clock.advance(Duration::from_secs(3600));
        let error = client.send(Request::new(operation)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Auth(AuthProblem::Unavailable { .. })), "{error}");
        assert!(error.is_retryable() && error.exit_code() == 1, "{error}");
        well.store(true, Ordering::SeqCst);
        client.send(Request::new(operation)).await.unwrap();
    });
}

#[test]
fn refusals_say_what_to_do_and_hold_no_secret() {
    let redirect = || Scripted::status(302).header("location", "https://evil.test/");
    let table: [(&str, Scripted, &[&str], u8); 8] = [
        (
            "grant",
            refused("invalid_grant"),
            &["invalid_grant: no ***", "get a new refresh token and put it into `api_token`"],
            2,
        ),
        ("client", refused("invalid_client"), &["invalid_client", "check `email`"], 2),
        ("scope", refused("invalid_scope"), &["check `scopes` in the manifest"], 2),
        ("redirect", redirect(), &["answered 302", "not followed"], 1),
        ("page", Scripted::status(200).body("<html>"), &["neither JSON nor a form"], 1),
        ("no token", Scripted::json("{}"), &["no text at `access_token`"], 1),
        (
            "200",
            Scripted::json(r#"{"ok":false,"error":"invalid_refresh_token"}"#),
            &["invalid_refresh_token"],
            2,
        ),
        ("bare", Scripted::status(401), &["401 Unauthorized"], 2),
    ];
    for (name, answer, expected, exit) in table {
        let transport = ReplayTransport::script([answer]);
        let (client, _, operation) =
            client_of(Auth::OAuth2(rotating()), &transport, MemoryTokenStore::default());
        let error = run(client.send(Request::new(operation))).unwrap_err();
        let text = format!("{error} {error:?} {client:?}");
        for part in expected {
            assert!(text.contains(part), "{name}: {text}");
        }
        assert!(!text.contains(CANARY), "{name}: {text}");
        assert_eq!(
            (error.exit_code(), error.sent(), transport.requests().len()),
            (exit, Sent::No, 1),
            "{name}: {text}"
        );
    }
}

#[test]
fn without_a_login_nothing_is_sent() {
    let transport = ReplayTransport::script([]);
    let (client, _, operation) = client_of(Auth::OAuth2(code(0)), &transport, MemoryTokenStore::default());
    let error = run(client.send(Request::new(operation))).unwrap_err();
    assert_eq!(error.to_string(), "items: there is no token yet: run `linchpin-made-up login`");
    assert!(transport.requests().is_empty() && error.exit_code() == 2);
}
