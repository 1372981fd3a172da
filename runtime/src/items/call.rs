use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde::de::DeserializeOwned;

use crate::client::{ByteStream, Client, Response};
use crate::contract::{Media, Shape};
use crate::error::{Error, ErrorKind};
use crate::request::Request;

use super::{Event, Items, Kind};

impl Client {
    /// An answer that is a sequence of JSON values, or of server-sent events that are values as a whole.
    pub(crate) async fn items<T: DeserializeOwned>(
        &self,
        request: Request,
    ) -> Result<Response<Items<T>>, Error> {
        self.sequence(request, Items::whole).await
    }

    /// An answer that is a sequence of server-sent events whose data are values.
    pub(crate) async fn events<T: DeserializeOwned>(
        &self,
        request: Request,
    ) -> Result<Response<Items<Event<T>>>, Error> {
        self.sequence(request, Items::events).await
    }

    async fn sequence<T>(
        &self,
        mut request: Request,
        items: fn(ByteStream, Kind) -> Items<T>,
    ) -> Result<Response<Items<T>>, Error> {
        let operation = request.operation();
        let sequence = || operation.successes().filter(|response| response.media.is_sequence());
        if let Some(declared) = sequence().next()
            && !request.has_header(ACCEPT)
        {
            request.header("accept", declared.media_type)?;
        }
        let response = self.open_unhurried(&request).await?;
        let status = response.status.as_u16();
        let declared = sequence()
            .find(|response| response.from <= status && status <= response.to)
            .or_else(|| sequence().next());
        let (media, shape) = declared.map_or((Media::JsonLines, Shape::Any), |one| (one.media, one.shape));
        require(media, &response.headers).map_err(|error| response.locate(error))?;
        let kind = Kind { media, shape, cap: self.caps().item };
        Ok(response.map(|body| items(body, kind)))
    }
}

/// Whether there are items to read. HTML is what a login page or a proxy answers with 200; a browser takes nothing but events for events
/// (WHATWG HTML 9.2.3), and neither should a client.
fn require(media: Media, headers: &HeaderMap) -> Result<(), Error> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(declared) = declared.map(str::to_ascii_lowercase) else { return Ok(()) };
    let essence = declared.split(';').next().unwrap_or_default().trim();
    let (expected, fits) = match media {
        Media::EventStream => ("`text/event-stream`", essence == "text/event-stream"),
        _ => ("a sequence of JSON values", !essence.contains("html")),
    };
    if fits {
        return Ok(());
    }
    Err(ErrorKind::ContentType { expected, found: essence.to_owned(), excerpt: String::new() }.into())
}
