//! Sends every kind of body through the typed API to a sandbox in this process, and prints each request as it came there, a JSON line each.
//! The test `bodies` copies this file into a crate of its own beside the generated one, and reads the lines.

use std::collections::BTreeMap;

use linchpin_bodies::linchpin_runtime;
use linchpin_bodies::types::{
    CreatePhotoBody, NewPhotoPlace, NewPhotoVisibility, ReplaceRawFilter, ReplaceRawNear, SendFormBody,
};
use linchpin_bodies::{CONTRACT, Client, CreatePhotoParts, NoteRawParams, ReplaceRawParams};
use linchpin_runtime::sandbox::{Sandbox, SandboxOptions};
use linchpin_runtime::testing::Seeded;
use linchpin_runtime::{Config, Error, Upload};
use serde_json::json;

#[tokio::main]
async fn main() {
    let sandbox = Sandbox::start(&CONTRACT, SandboxOptions::default()).await.expect("a sandbox");
    let config = Config::from_pairs(&CONTRACT, sandbox.config()).expect("the sandbox's configuration");
    let client = linchpin_runtime::Client::builder(&CONTRACT).config(config).random(Seeded::new(1));
    let client = Client::from_client(client.build().expect("a client"));
    if let Err(error) = drive(&client).await {
        println!("{}", json!({ "error": error.to_string() }));
    }
    for entry in sandbox.journal() {
        let header = |name: &str| {
            entry.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        println!(
            "{}",
            json!({
                "call": format!("{} {}?{}", entry.method, entry.path, entry.query),
                "status": entry.status,
                "type": header("content-type"),
                "credential": header("authorization").is_some(),
                "trace": header("x-trace"),
                "cookie": header("cookie"),
                "body": String::from_utf8_lossy(&entry.body),
            })
        );
    }
}

async fn drive(client: &Client) -> Result<(), Error> {
    client.create_photo(&CreatePhotoBody { url: "https://x.example/a.png".into(), ..Default::default() }).await?;
    let parts = CreatePhotoParts {
        image: Upload::from("PNG").name("a \"b\".png"),
        visibility: NewPhotoVisibility::Hidden,
        place: Some(NewPhotoPlace { name: Some("here".into()), ..Default::default() }),
        tags: Some(vec!["x".into(), "y".into()]),
        albums: Some(vec![1, 2]),
        thumbnails: vec![Upload::from("S"), Upload::from("M").content_type("image/gif")],
    };
    client.create_photo_multipart(&parts).await?;
    let params = ReplaceRawParams {
        filter: Some(ReplaceRawFilter { size: Some(3), kind: Some("a b".into()), ..Default::default() }),
        fields: Some(vec!["a".into(), "b".into()]),
        near: Some(ReplaceRawNear { ..Default::default() }),
        x_trace: Some(vec!["t1".into(), "t2".into()]),
        theme: Some("dark".into()),
    };
    let reader = Upload::reader(&b"raw bytes"[..], None).content_type("image/png");
    client.replace_raw(&[3, 4], reader, &params).await?;
    client.note_raw(&[5], &NoteRawParams { body: Some("a note".into()), ..Default::default() }).await?;
    let form = SendFormBody {
        names: Some(vec!["a".into(), "b".into()]),
        joined: Some(vec!["a".into(), "b".into()]),
        deep: Some(BTreeMap::from([("k".to_owned(), "v".to_owned())])),
        plain: Some(BTreeMap::from([("k".to_owned(), "v".to_owned())])),
        ..Default::default()
    };
    client.send_form(&form).await?;
    Ok(())
}
