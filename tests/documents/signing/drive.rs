//! Asks the sandbox of the connector that is generated from `openapi.yaml`, once for each way to authorise that its manifest has. The tests copy
//! this file into a crate of its own beside the generated one. It ends with an error where a request that is signed well is refused, or one that
//! is not is taken.
#![deny(warnings)]

use linchpin_runtime::contract::Auth;
use linchpin_runtime::sandbox::{Sandbox, SandboxOptions};
use linchpin_runtime::{Client, Config, Error, ErrorKind, Request, RetryPolicy};
use linchpin_signing::CONTRACT;
use linchpin_signing::linchpin_runtime;

/// Keys of the configuration whose values are made up where they are not needed, so that they can be wrong.
const WRONG: [(&str, &str); 4] =
    [("key", "wrong"), ("hex_key", "00ff"), ("base64_key", "d3Jvbmc="), ("ec_key", EC_KEY)];
/// RFC 7515, A.3.1: another key than the sandbox's.
const EC_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;

async fn ask(config: Vec<(String, String)>) -> Result<(), Error> {
    let config = Config::from_pairs(&CONTRACT, config)?;
    let client = Client::builder(&CONTRACT).config(config).retry(RetryPolicy::never()).build()?;
    let Some(create) = CONTRACT.operation("createNote") else { panic!("an operation to write") };
    let mut request = Request::new(create);
    request.parameter(0, "a b/ü&=+")?.body(&serde_json::json!({ "text": "héllo" }))?;
    client.send(request).await?;
    let Some(status) = CONTRACT.operation("getStatus") else { panic!("an operation that is open") };
    client.send(Request::new(status)).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Auth::Choice { by, of } = &CONTRACT.auth else { panic!("a choice") };
    let mut refused = Vec::new();
    for (name, _) in *of {
        let credentials = vec![((*by).to_owned(), (*name).to_owned())];
        let sandbox = Sandbox::start(&CONTRACT, SandboxOptions { credentials, ..SandboxOptions::default() }).await?;
        ask(sandbox.config()).await.map_err(|error| format!("{name}: {error}"))?;
        let mut config = sandbox.config();
        config.extend(WRONG.map(|(key, value)| (key.to_owned(), value.to_owned())));
        if let Err(error) = ask(config).await {
            assert!(matches!(error.kind(), ErrorKind::Unauthorised { .. }), "{name}: {error}");
            refused.push(*name);
        }
    }
    println!("{}", serde_json::json!({ "refused": refused }));
    Ok(())
}
