//! Calls as generated methods give them: a request that is complete but not yet sent. Nothing in a generated method can fail or wait, which keeps
//! thousands of them small; what went wrong while the arguments were written comes out when the call is awaited.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use bytes::Bytes;
use futures_core::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::contract::Operation;
use crate::wire::Union;
use crate::{Client, Error, Event, Items, Pages, Records, Request, Response, TypedPages};

/// A request in the making. The first argument that cannot be written is remembered, and fails the call.
#[derive(Debug)]
pub struct RequestBuilder {
    request: Request,
    error: Option<Error>,
}

impl RequestBuilder {
    /// A request of an operation.
    pub fn new(operation: &'static Operation) -> Self {
        Self { request: Request::new(operation), error: None }
    }

    /// A request of an operation with one of its other bodies, by its index in [`Operation::other_bodies`].
    pub fn with_other_body(operation: &'static Operation, index: usize) -> Self {
        Self { request: Request::with_other_body(operation, index), error: None }
    }

    /// Changes the request; what goes wrong fails the call.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Request) -> Result<&mut Request, Error>) {
        let result = change(&mut self.request).map(|_| ());
        self.note(result);
    }

    /// Sets a parameter by its index; null leaves it unset.
    pub fn set<T: Serialize + ?Sized>(&mut self, index: usize, value: &T) {
        let result = self.request.parameter(index, value).map(|_| ());
        self.note(result);
    }

    /// Sets the body, encoded as the operation says.
    pub fn body<T: Serialize + ?Sized>(&mut self, value: &T) {
        let result = self.request.body(value).map(|_| ());
        self.note(result);
    }

    fn note(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }

    fn finish(self) -> Result<Request, Error> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.request),
        }
    }
}

/// How an answer becomes a value.
type Decode<T> = fn(Client, Request) -> BoxFuture<'static, Result<Response<T>, Error>>;

/// A call that is sent when it is awaited: `client.get_ticket(7).await?`.
#[must_use = "a call is sent when it is awaited"]
pub struct Call<T> {
    client: Client,
    request: Result<Request, Error>,
    decode: Decode<T>,
}

impl<T> Call<T> {
    /// Adds a header that the operation does not declare.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request =
            self.request.and_then(|mut request| request.header(name, value).map(|_| ()).map(|()| request));
        self
    }

    /// The request, to be sent by the runtime's client in another way.
    ///
    /// # Errors
    /// An argument could not be written.
    pub fn into_request(self) -> Result<Request, Error> {
        self.request
    }

    /// What it consists of.
    pub(crate) fn into_parts(self) -> Result<(Client, Request), Error> {
        Ok((self.client, self.request?))
    }

    /// Sends it, and gives status and headers beside the value.
    ///
    /// # Errors
    /// As awaiting it.
    pub async fn response(self) -> Result<Response<T>, Error> {
        (self.decode)(self.client, self.request?).await
    }
}

impl Call<Bytes> {
    /// Sends it, and gives the body piece by piece. [`Caps::body`](crate::Caps) does not count it.
    ///
    /// # Errors
    /// As awaiting it, up to the head of the answer.
    pub async fn stream(self) -> Result<Response<crate::ByteStream>, Error> {
        self.client.open(self.request?).await
    }
}

impl<T: Send + 'static> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.response().await.map(|response| response.body) })
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Call").field("request", &self.request).finish_non_exhaustive()
    }
}

/// A call of an operation with pages. Awaited it gives the first page; [`PagedCall::pages`] and [`PagedCall::records`] give all.
#[must_use = "a call is sent when it is awaited"]
pub struct PagedCall<T, R> {
    call: Call<T>,
    record: PhantomData<fn() -> R>,
}

impl<T, R> PagedCall<T, R> {
    /// Adds a header that the operation does not declare.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { call: self.call.header(name, value), ..self }
    }

    /// The request, to be sent by the runtime's client in another way.
    ///
    /// # Errors
    /// An argument could not be written.
    pub fn into_request(self) -> Result<Request, Error> {
        self.call.into_request()
    }

    /// All pages, as they come.
    ///
    /// # Errors
    /// An argument could not be written.
    pub fn raw_pages(self) -> Result<Pages, Error> {
        Ok(self.call.client.pages(self.call.request?))
    }
}

impl<T, R> PagedCall<T, R> {
    /// Sends it, and gives status and headers beside the first page.
    ///
    /// # Errors
    /// As awaiting it.
    pub async fn response(self) -> Result<Response<T>, Error> {
        self.call.response().await
    }
}

impl<T: DeserializeOwned, R> PagedCall<T, R> {
    /// All pages, each decoded whole.
    pub fn pages(self) -> TypedPages<T> {
        match self.call.request {
            Ok(request) => self.call.client.typed_pages(request),
            Err(error) => TypedPages::failed(error),
        }
    }
}

impl<T, R: DeserializeOwned> PagedCall<T, R> {
    /// The records of all pages, decoded one by one.
    pub fn records(self) -> Records<R> {
        match self.call.request {
            Ok(request) => self.call.client.records(request),
            Err(error) => Records::failed(error),
        }
    }
}

impl<T: Send + 'static, R> IntoFuture for PagedCall<T, R> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.call.into_future()
    }
}

impl<T, R> fmt::Debug for PagedCall<T, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(formatter)
    }
}

/// A call whose answer is one value or, where the request asks for it, a sequence of items. Awaited it gives the value;
/// [`StreamedCall::items`] gives the items. What in the request asks for one or the other is the API's: many have a field `stream`.
#[must_use = "a call is sent when it is awaited"]
pub struct StreamedCall<T, I> {
    call: Call<T>,
    items: Decode<Items<I>>,
}

impl<T, I> StreamedCall<T, I> {
    /// Adds a header that the operation does not declare.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { call: self.call.header(name, value), ..self }
    }

    /// The request, to be sent by the runtime's client in another way.
    ///
    /// # Errors
    /// An argument could not be written.
    pub fn into_request(self) -> Result<Request, Error> {
        self.call.into_request()
    }

    /// Sends it, and gives status and headers beside the value.
    ///
    /// # Errors
    /// As awaiting it.
    pub async fn response(self) -> Result<Response<T>, Error> {
        self.call.response().await
    }

    /// The call whose answer is the items, one by one as they come.
    pub fn items(self) -> Call<Items<I>> {
        Call { client: self.call.client, request: self.call.request, decode: self.items }
    }
}

impl<T: Send + 'static, I> IntoFuture for StreamedCall<T, I> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.call.into_future()
    }
}

impl<T, I> fmt::Debug for StreamedCall<T, I> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(formatter)
    }
}

impl Client {
    /// A call whose answer is JSON.
    pub fn json_call<T: DeserializeOwned + Send + 'static>(&self, request: RequestBuilder) -> Call<T> {
        self.start(request, |client, request| Box::pin(async move { client.json(request).await }))
    }

    /// A call whose answer holds nothing of interest.
    pub fn empty_call(&self, request: RequestBuilder) -> Call<()> {
        self.start(request, |client, request| {
            Box::pin(async move { client.send(request).await.map(|response| response.with(())) })
        })
    }

    /// A call whose answer is text. Bytes that are no UTF-8 become U+FFFD.
    pub fn text_call(&self, request: RequestBuilder) -> Call<String> {
        self.start(request, |client, request| Box::pin(async move { client.text(request).await }))
    }

    /// A call whose answer is bytes.
    pub fn bytes_call(&self, request: RequestBuilder) -> Call<Bytes> {
        self.start(request, |client, request| Box::pin(async move { client.send(request).await }))
    }

    /// A call whose answer is of another type for each status.
    pub fn status_call<T: Union + Send + 'static>(&self, request: RequestBuilder) -> Call<T> {
        self.start(request, |client, request| Box::pin(async move { client.by_status(request).await }))
    }

    /// A call whose answer is a sequence of items: JSON values, or server-sent events as a whole.
    pub fn items_call<T: DeserializeOwned + Send + 'static>(
        &self,
        request: RequestBuilder,
    ) -> Call<Items<T>> {
        self.start(request, |client, request| Box::pin(async move { client.items(request).await }))
    }

    /// A call whose answer is a sequence of server-sent events, whose data are values.
    pub fn events_call<T: DeserializeOwned + Send + 'static>(
        &self,
        request: RequestBuilder,
    ) -> Call<Items<Event<T>>> {
        self.start(request, |client, request| Box::pin(async move { client.events(request).await }))
    }

    /// The same call with items where the request asks for them.
    pub fn or_items<T, I: DeserializeOwned + Send + 'static>(&self, call: Call<T>) -> StreamedCall<T, I> {
        StreamedCall { call, items: |client, request| Box::pin(async move { client.items(request).await }) }
    }

    /// The same call with server-sent events where the request asks for them.
    pub fn or_events<T, I: DeserializeOwned + Send + 'static>(
        &self,
        call: Call<T>,
    ) -> StreamedCall<T, Event<I>> {
        StreamedCall { call, items: |client, request| Box::pin(async move { client.events(request).await }) }
    }

    /// A call whose answer is the first of several pages.
    pub fn paged_call<T: DeserializeOwned + Send + 'static, R>(
        &self,
        request: RequestBuilder,
    ) -> PagedCall<T, R> {
        PagedCall { call: self.json_call(request), record: PhantomData }
    }

    /// The typed records of a stream of the contract.
    pub fn stream<R: DeserializeOwned>(&self, name: &str) -> Records<R> {
        let Some(stream) = self.contract().stream(name) else {
            return Records::failed(Error::new(crate::ErrorKind::Request(format!(
                "the contract has no stream `{name}`"
            ))));
        };
        if stream.slices.is_some() {
            return match self.stream_pages(stream) {
                Ok(pages) => Records::of_slices(pages),
                Err(error) => Records::failed(error),
            };
        }
        match self.stream_request(stream) {
            Ok(request) => Records::new(self.pages_of(stream, request)),
            Err(error) => Records::failed(error),
        }
    }

    fn start<T>(&self, request: RequestBuilder, decode: Decode<T>) -> Call<T> {
        Call { client: self.clone(), request: request.finish(), decode }
    }
}
