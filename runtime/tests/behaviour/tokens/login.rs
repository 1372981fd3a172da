//! Tokens that a person has to get: in a browser, or on another device.

use super::*;

/// A person at a browser: goes where the authorisation server would send it.
struct Browser {
    answers: fn(state: &str) -> Vec<String>,
    asked: Arc<Mutex<Option<Url>>>,
}

impl LoginPrompt for Browser {
    fn open(&self, url: &Url) {
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        *self.asked.lock().unwrap() = Some(url.clone());
        let redirect: Url = query["redirect_uri"].parse().unwrap();
        for target in (self.answers)(&query["state"]) {
            let address = redirect.socket_addrs(|| None).unwrap();
            tokio::spawn(async move {
                use tokio::io::{AsyncReadExt, AsyncWriteExt};
                let mut stream = tokio::net::TcpStream::connect(&*address).await.unwrap();
                stream
                    .write_all(format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes())
                    .await
                    .unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.unwrap();
            });
        }
    }

    fn enter(&self, _: &str, _: &Url, _: Option<&Url>) {}
}

#[test]
fn a_login_takes_the_answer_with_its_state_alone() {
    let good = |state: &str| {
        vec![
            "/favicon.ico".to_owned(),
            "/callback?code=stolen&state=guessed".to_owned(),
            format!("/elsewhere?code=stolen&state={state}"),
            format!("/callback?code=the+code&state={state}"),
        ]
    };
    let refusal =
        |state: &str| vec![format!("/callback?error=access_denied&error_description=no&state={state}")];
    for (answers, expected) in
        [(good as fn(&str) -> Vec<String>, None), (refusal, Some("says `access_denied`: no"))]
    {
        let transport = ReplayTransport::script([granted("t0ken", Some(REFRESH)), Scripted::json("{}")]);
        let operation = leak(operation(Method::Get));
        let contract = leak(Contract { auth: Auth::OAuth2(code(0)), ..contract(operation) });
        let clock = ManualClock::default().with_real_timers();
        let client = Client::builder(contract)
            .config(Config::from_pairs(contract, [("email", ID), ("api_token", CANARY)]).unwrap())
            .clock(Arc::new(clock))
            .random(Seeded::new(1))
            .transport(transport.clone())
            .token_store(MemoryTokenStore::default())
            .build()
            .unwrap();
        let browser = Browser { answers, asked: Arc::default() };
        let result = run(async {
            client.login(&browser).await?;
            client.send(Request::new(operation)).await
        });
        if let Some(expected) = expected {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(expected) && transport.requests().is_empty(), "{error}");
            continue;
        }
        result.unwrap();
        let asked = browser.asked.lock().unwrap().clone().unwrap();
        let query: HashMap<String, String> = asked.query_pairs().into_owned().collect();
        assert_eq!(
            (
                &*query["response_type"],
                &*query["tenant"],
                &*query["prompt"],
                &*query["code_challenge_method"]
            ),
            ("code", "a", "consent", "S256")
        );
        let sent = form(&transport.requests()[0]);
        assert_eq!(
            (&*sent["grant_type"], &*sent["code"], &*sent["client_id"], &sent["redirect_uri"]),
            ("authorization_code", "the code", ID, &query["redirect_uri"])
        );
        assert!((43..=128).contains(&sent["code_verifier"].len()));
        assert!(is_good(&transport.requests()[1], "t0ken"));
    }
}

/// RFC 9207 2.4: where it is known who has to answer, an answer of somebody else brings no code to anybody.
#[test]
fn an_answer_of_another_issuer_is_not_used() {
    const ISSUER: &str = "https://login.example.com";
    type Answers = fn(&str) -> Vec<String>;
    let named =
        |state: &str| vec![format!("/callback?code=c&iss=https%3A%2F%2Flogin.example.com&state={state}")];
    let other = |state: &str| vec![format!("/callback?code=stolen&iss=https://evil.test&state={state}")];
    // Letter by letter, since a server may answer for several.
    let longer =
        |state: &str| vec![format!("/callback?code=stolen&iss=https://login.example.com/&state={state}")];
    let unnamed = |state: &str| vec![format!("/callback?code=stolen&state={state}")];
    let refusal =
        |state: &str| vec![format!("/callback?error=access_denied&iss=https://evil.test&state={state}")];
    let of_another = "the answer is of the issuer `https://evil.test` and not of `https://login.example.com`";
    // The issuer that is declared, the answers, and the error.
    let table: [(Option<&'static str>, Answers, Option<&str>); 7] = [
        (Some(ISSUER), named, None),
        (Some("https://{email}"), named, Some("and not of `https://s6BhdRkqt3`")),
        (Some(ISSUER), other, Some(of_another)),
        (Some(ISSUER), longer, Some("`https://login.example.com/` and not of")),
        (Some(ISSUER), unnamed, Some("names no issuer")),
        (Some(ISSUER), refusal, Some(of_another)),
        (None, other, None),
    ];
    for (issuer, answers, expected) in table {
        let transport = ReplayTransport::script([granted("t0ken", Some(REFRESH))]);
        let operation = leak(operation(Method::Get));
        let contract = leak(Contract { auth: Auth::OAuth2(code_of(0, issuer)), ..contract(operation) });
        let client = Client::builder(contract)
            .config(Config::from_pairs(contract, [("email", ID), ("api_token", CANARY)]).unwrap())
            .clock(Arc::new(ManualClock::default().with_real_timers()))
            .random(Seeded::new(1))
            .transport(transport.clone())
            .token_store(MemoryTokenStore::default())
            .build()
            .unwrap();
        let result = run(client.login(&Browser { answers, asked: Arc::default() }));
        match expected {
            None => result.unwrap(),
            Some(expected) => {
                let error = result.unwrap_err().to_string();
                assert!(error.contains(expected), "{issuer:?}: {error}");
                assert!(transport.requests().is_empty() && !error.contains("stolen"), "{issuer:?}: {error}");
            }
        }
    }
}

struct Device;

impl LoginPrompt for Device {
    fn open(&self, _: &Url) {}

    fn enter(&self, code: &str, url: &Url, _: Option<&Url>) {
        assert_eq!((code, url.as_str()), ("WDJB-MJHT", "https://example.com/device"));
    }
}

/// RFC 8628 3.2, 3.5.
#[test]
fn a_device_asks_at_the_pace_that_the_server_sets() {
    let begin = || {
        Scripted::json(
            r#"{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT","verification_uri":"https://example.com/device","expires_in":100,"interval":5}"#,
        )
    };
    let pending = || refused("authorization_pending");
    let denied = || refused("access_denied");
    /// Its name, the answers to the questions, the waits before them in seconds, and the error.
    type Case = (&'static str, Vec<Scripted>, &'static [u64], Option<&'static str>);
    let table: [Case; 5] = [
        ("consent", vec![pending(), granted("t0ken", None)], &[5, 5], None),
        ("slow down", vec![refused("slow_down"), pending(), granted("t0ken", None)], &[5, 10, 10], None),
        ("reset", vec![reset(), pending(), granted("t0ken", None)], &[5, 10, 10], None),
        ("refusal", vec![denied()], &[5], Some("refused in the browser")),
        (
            "nobody",
            vec![refused("slow_down"); 9],
            &[5, 10, 15, 20, 25, 30],
            Some("before anybody entered it"),
        ),
    ];
    for (name, answers, sleeps, expected) in table {
        let auth = oauth2(
            Grant::DeviceCode { device_authorization_url: "https://login.example.com/device" },
            ClientAuthentication::None,
        );
        let transport = ReplayTransport::script(std::iter::once(begin()).chain(answers));
        let (client, clock, _) = client_of(Auth::OAuth2(auth), &transport, MemoryTokenStore::default());
        let result = run(client.login(&Device));
        let slept: Vec<u64> = clock.sleeps().iter().map(Duration::as_secs).collect();
        assert_eq!(slept, sleeps, "{name}: {result:?}");
        match (result, expected) {
            (Ok(()), None) => {}
            (Err(error), Some(expected)) => assert!(error.to_string().contains(expected), "{name}: {error}"),
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
}
