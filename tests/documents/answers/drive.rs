//! Calls each operation of the connector that is generated from `openapi.yaml`, answered by a script, as a user of it writes it. The tests
//! copy this file into a crate of its own beside the generated one. It ends with an error where an answer is not what it should be.
#![deny(warnings)]
#![allow(deprecated, reason = "one operation is")]

use linchpin_answers::linchpin_runtime;
use linchpin_answers::types::{
    Answer, AskBody, Export, GetExportError, GetExportHeaders, GetExportSuccess, Happening, HappeningEnded, Invalid, Job, Line, Piece,
    Problem,
};
use linchpin_answers::{CONTRACT, Client};
use linchpin_runtime::testing::{ReplayTransport, Scripted};
use linchpin_runtime::{Config, Error, Event};

fn client(answer: Scripted) -> Result<Client, Error> {
    let builder = linchpin_runtime::Client::builder(&CONTRACT).config(Config::from_pairs(&CONTRACT, Vec::<(&str, &str)>::new())?);
    Ok(Client::from_client(builder.transport(ReplayTransport::script([answer])).build()?))
}

fn json(status: u16, body: &str) -> Scripted {
    Scripted::status(status).header("content-type", "application/json").header("x-quota-left", "7").body(body.to_owned())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    by_status().await?;
    refused().await?;
    streamed().await?;
    println!("{{\"ok\":true}}");
    Ok(())
}

async fn by_status() -> Result<(), Error> {
    let table = [
        (json(200, r#"{"url":"u"}"#), GetExportSuccess::Ok(Export { url: "u".into() })),
        (json(202, r#"{"progress":3}"#), GetExportSuccess::Accepted(Job { progress: 3 })),
        (json(204, ""), GetExportSuccess::NoContent),
        (json(203, "[1]"), GetExportSuccess::Unknown(vec![1].into())),
    ];
    for (answer, expected) in table {
        assert_eq!(client(answer)?.get_export(1).await?, expected);
    }
    let response = client(json(200, r#"{"url":"u"}"#).header("link", "a, b"))?.get_export(1).response().await?;
    assert_eq!((response.status.as_u16(), response.attempts), (200, 1));
    let headers = response.declared_headers::<GetExportHeaders>()?;
    assert_eq!(headers, GetExportHeaders { x_quota_left: 7, link: Some(vec!["a".into(), "b".into()]) });

    assert_eq!(client(json(200, r#"{"url":"u"}"#))?.get_last(1).await?, Some(Export { url: "u".into() }));
    assert_eq!(client(json(204, ""))?.get_last(1).await?, None);
    Ok(())
}

async fn refused() -> Result<(), Error> {
    let table = [
        (json(404, r#"{"message":"m"}"#), Some(GetExportError::NotFound(Problem { message: "m".into() }))),
        (json(422, r#"{"fields":["id"]}"#), Some(GetExportError::UnprocessableContent(Invalid { fields: vec!["id".into()] }))),
        (json(418, "7"), Some(GetExportError::Unknown(7.into()))),
        (json(404, "<html>"), None),
    ];
    for (answer, expected) in table {
        let error = client(answer)?.get_export(1).await.expect_err("it is refused");
        assert_eq!(error.typed::<GetExportError>(), expected, "{error}");
        assert_eq!(error.declared_headers::<GetExportHeaders>().map(|headers| headers.x_quota_left), Some(7));
    }
    let error = client(json(404, r#"{"message":"m"}"#))?.get_last(1).await.expect_err("it is refused");
    assert_eq!(error.decode::<Problem>(), Some(Problem { message: "m".into() }));
    Ok(())
}

async fn streamed() -> Result<(), Error> {
    let file = || Scripted::status(200).header("content-type", "application/zip").body("PK").body("34");
    assert_eq!(&client(file())?.get_file(1).await?[..], b"PK34");
    let mut pieces = client(file())?.get_file(1).stream().await?.body;
    let mut written = Vec::new();
    while let Some(piece) = pieces.next().await {
        written.push(piece?);
    }
    assert_eq!(written, ["PK", "34"]);

    let lines = Scripted::status(200).body("{\"text\":\"a\"}\n{\"tex").body("t\":\"b\"}\n{}\n");
    let mut items = client(lines)?.get_log(1).await?;
    assert_eq!(items.next().await.transpose()?, Some(Line { text: "a".into() }));
    assert_eq!(items.next().await.transpose()?, Some(Line { text: "b".into() }));
    assert!(items.next().await.is_some_and(|item| item.is_err()), "a line without its text");
    assert!(items.next().await.is_none());

    let stream = || Scripted::status(200).header("content-type", "text/event-stream");
    let events = stream().body("event: progressed\ndata: {\"progress\": 3}\n\n").body(": still here\n\nid: 9\nevent: ended\ndata: well\n\n");
    let mut items = client(events)?.get_events(1).await?;
    let Some(Happening::Progressed(progressed)) = items.next().await.transpose()? else { panic!("it progressed first") };
    assert_eq!(progressed.data, Job { progress: 3 });
    let Some(Happening::Ended(HappeningEnded { data, id, .. })) = items.next().await.transpose()? else { panic!("then it ended") };
    assert_eq!((data.as_str(), id.as_deref()), ("well", Some("9")));
    assert!(items.next().await.is_none());

    assert_eq!(client(json(200, r#"{"text":"t"}"#))?.ask(&AskBody::default()).await?, Answer { text: "t".into() });
    let pieces = stream().body("data: {\"delta\":\"a\"}\n\ndata: [DONE]\n\n");
    let mut items = client(pieces)?.ask(&AskBody { stream: Some(true) }).items().await?;
    let Some(Event { event, data, .. }) = items.next().await.transpose()? else { panic!("one piece") };
    assert_eq!((event.as_str(), data), ("message", Piece { delta: "a".into() }));
    assert!(items.next().await.is_none());
    Ok(())
}
