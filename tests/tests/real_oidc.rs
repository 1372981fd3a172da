//! OAuth 2 against a certified authorisation server that others wrote, by a generated connector: every grant that it knows, logins by browser
//! and by device, and processes that refresh a rotating token at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::fs;
use std::path::Path;

use linchpin_runtime::url::Url;
use linchpin_tests::program::{Ended, Program, Run, lines, target, workspace};
use linchpin_tests::server::Server;
use linchpin_tests::shared::{self, skipped, told};
use linchpin_tests::wrapper::{Wrapper, connector, generate_from, timed};
use linchpin_tests::{person, process};
use serde_json::Value;

const TEST: &str = "tokens_of_a_certified_server_are_got_kept_and_renewed";
const ITEMS: usize = 500;
/// Rounds of two processes whose token has ended.
const ROUNDS: usize = 5;

#[test]
fn tokens_of_a_certified_server_are_got_kept_and_renewed() {
    let Some(servers) = shared::path("servers", TEST) else { return };
    let server = match Server::start(servers, "oidc", &[""; 0]) {
        Ok(server) => server,
        Err(why) => return skipped(TEST, &format!("the server cannot be started: {why}")),
    };
    let folder = workspace().join("tests/documents/oidc-real");
    let manifest = fs::read_to_string(folder.join("connector.yaml")).unwrap();
    let connector = connector(generate_from(&manifest, &folder.join("openapi.yaml")));
    let wrapper = Wrapper::new(&connector);
    let (program, seconds) = timed(|| wrapper.build("linchpin-oidc-real"));
    told(&format!("oidc-real: {} files, built in {seconds:.1} s", connector.files.len()));

    let home = tempfile::tempdir().unwrap();
    let user = User { program, home: home.path(), base: server.value("BASE_URL") };
    own_rights(&user);
    device(&user);
    browser(&user);
}

/// Someone who uses the connector in a folder.
struct User<'a> {
    program: Program,
    home: &'a Path,
    base: &'a str,
}

impl User<'_> {
    fn run(&self, arguments: &[&str]) -> Run {
        let run = self.program.run(self.home, arguments).env("OIDC_REAL_BASE_URL", self.base);
        run.env("OIDC_REAL_ISSUER", self.base)
    }

    fn end(&self, arguments: &[&str]) -> Ended {
        self.run(arguments).end()
    }

    /// Logs in: `consent` is given each address that is printed, until it takes one.
    fn login(&self, grant: &str, consent: impl Fn(&Url) -> bool) {
        let mut login = self.run(&["login"]).env("OIDC_REAL_GRANT", grant).start();
        let mut said = lines(&mut login.0);
        let taken = said.any(|line| {
            let word = line.trim().strip_prefix("or open ").unwrap_or(line.trim()).to_owned();
            word.parse::<Url>().is_ok_and(|url| consent(&url))
        });
        assert!(taken, "{grant}: an address to open");
        assert_eq!(said.last().as_deref(), Some("ok: oidc-real has a token"), "{grant}");
        assert!(process::wait(&mut login.0).success(), "{grant}");
    }
}

/// The client's own right, by every way in which the server lets clients prove who they are.
fn own_rights(user: &User<'_>) {
    let key = fs::read_to_string(target().join("servers/oidc/run/pkjwt-private.json"))
        .expect("the key of the client");
    let table = [
        ("basic", "cc", "OIDC_REAL_SECRET", "cc-secret"),
        // Both parts hold what would end them if they were not form-encoded first.
        ("basic", "cc basic", "OIDC_REAL_SECRET", "p@ss:w+rd %"),
        ("post", "cc-post", "OIDC_REAL_SECRET", "cc:+/ &secret"),
        ("signed", "pkjwt", "OIDC_REAL_KEY", &key),
    ];
    let check = |grant: &str, client: &str, name: &str, value: &str| {
        let run = user.run(&["check"]).env("OIDC_REAL_GRANT", grant).env("OIDC_REAL_CLIENT", client);
        run.env(name, value).end()
    };
    for (grant, client, name, value) in table {
        let _ = check(grant, client, name, value).with(0);
    }
    let refused = check("basic", "cc", "OIDC_REAL_SECRET", "wr0ng-s3cret").with(2);
    assert!(
        refused.stderr.contains("invalid_client") && refused.stderr.contains("`secret`"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains("wr0ng-s3cret"), "{}", refused.stderr);
}

fn device(user: &User<'_>) {
    user.login("device", |url| {
        let takes = url.query().is_some_and(|query| query.contains("user_code"));
        if takes {
            person::consent(url);
        }
        takes
    });
    let _ = user.run(&["check"]).env("OIDC_REAL_GRANT", "device").end().with(0);
    // What a logout ended is good for nothing, also for somebody who kept a copy.
    let tokens = user.home.join("oidc-real.tokens.json");
    expire(&tokens);
    let copy = fs::read_to_string(&tokens).unwrap();
    let _ = user.run(&["logout"]).env("OIDC_REAL_GRANT", "device").end().with(0);
    fs::write(&tokens, copy).unwrap();
    let refused = user.run(&["check"]).env("OIDC_REAL_GRANT", "device").end().with(2);
    assert!(refused.stderr.contains("invalid_grant"), "{}", refused.stderr);
    let _ = user.run(&["logout"]).env("OIDC_REAL_GRANT", "device").end().with(0);
}

/// A login by browser, a sync, and two processes whose token has ended.
fn browser(user: &User<'_>) {
    let refused = user.end(&["check"]).with(2);
    assert!(refused.stderr.contains("linchpin-oidc-real login"), "it says what to run: {}", refused.stderr);
    // An answer of somebody else, which brings no code to this server.
    let mut elsewhere = user.run(&["login"]).env("OIDC_REAL_ISSUER", "https://login.example").start();
    let mut said = lines(&mut elsewhere.0);
    let url = said.find_map(|line| line.trim().parse::<Url>().ok()).expect("an address to open");
    person::consent(&url);
    assert_eq!(process::wait(&mut elsewhere.0).code(), Some(2), "the issuer is another one");
    user.login("browser", |url| {
        assert_eq!(person::consent(url).path(), "/callback", "the browser ends at this machine");
        true
    });
    let tokens = user.home.join("oidc-real.tokens.json");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&tokens).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let synced = user.end(&["sync", "--store", "items.db", "--format", "json"]).with(0);
    assert_eq!(synced.json_lines()[0]["rows"], ITEMS);

    let mut refresh_tokens = vec![expire(&tokens)];
    for round in 0..ROUNDS {
        let both: Vec<_> = (0..2)
            .map(|_| user.run(&["read", "items", "--limit", "1"]))
            .map(|run| std::thread::spawn(move || run.end()))
            .collect();
        for ended in both {
            assert_eq!(ended.join().unwrap().with(0).stdout, "{\"id\":0}\n", "round {round}");
        }
        let refresh = expire(&tokens);
        assert!(!refresh_tokens.contains(&refresh), "round {round}: the server rotates");
        refresh_tokens.push(refresh);
    }

    // This server ends a whole login where a refresh token is used again; what is told says so, and what to do.
    let (old, last) = (refresh_tokens.first().unwrap(), refresh_tokens.last().unwrap());
    let text = fs::read_to_string(&tokens).unwrap().replace(last, old);
    fs::write(&tokens, text).unwrap();
    let refused = user.end(&["check"]).with(2);
    assert!(refused.stderr.contains("log in again") && !refused.stderr.contains(old), "{}", refused.stderr);
    let _ = user.end(&["logout"]).with(0);
    assert!(!fs::read_to_string(&tokens).unwrap().contains("access_token"));
}

/// Lets the access token in the store end now, and gives the refresh token beside it.
fn expire(tokens: &Path) -> String {
    let mut content: Value = serde_json::from_str(&fs::read_to_string(tokens).unwrap()).unwrap();
    let all = content["tokens"].as_object_mut().unwrap();
    assert_eq!(all.len(), 1);
    let token = all.values_mut().next().unwrap();
    token["expires_at"] = token["obtained_at"].clone();
    let refresh = token["refresh_token"].as_str().unwrap().to_owned();
    fs::write(tokens, content.to_string()).unwrap();
    refresh
}
