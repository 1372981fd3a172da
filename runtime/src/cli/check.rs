use super::{End, Global, Problem};

/// One authorised request: the first page of the first stream.
pub(super) async fn run(global: &Global) -> Result<End, Problem> {
    let client = global.client()?;
    let name = global.contract.name;
    if let Some((key, chosen)) = client.config().choice() {
        println!("{name} is authorised by `{chosen}`, which the config value `{key}` chooses");
    }
    let Some(stream) = global.contract.streams.first() else {
        println!("ok: {name} has all it needs; there is no stream to try it with");
        return Ok(End::Ok);
    };
    let records = probe(&client, stream).await?;
    println!("ok: {name} answers; the first page of `{}` holds {records} records", stream.name);
    Ok(End::Ok)
}

/// Reads a stream's first page and says how many records it holds.
pub(super) async fn probe(
    client: &crate::Client,
    stream: &'static crate::contract::Stream,
) -> Result<usize, Problem> {
    match client.stream_pages(stream)?.next().await? {
        Some(page) => Ok(page.records()?.len()),
        None => Ok(0),
    }
}
