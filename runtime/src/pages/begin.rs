use serde_json::value::RawValue;

use crate::client::Client;
use crate::contract::{Source, Stream};
use crate::error::Error;
use crate::request::Request;

use super::Pages;
use super::feed::job_body;

impl Client {
    /// The pages of an operation, one after another. The page size of its contract is asked for unless the request has one.
    pub fn pages(&self, request: Request) -> Pages {
        Pages::new(self.clone(), request)
    }

    /// The pages of a stream: its records and key are those that the stream declares.
    pub fn pages_of(&self, stream: &'static Stream, request: Request) -> Pages {
        Pages::of_stream(self.clone(), stream, request)
    }

    /// The request of a stream, with the parameters that its contract sets.
    ///
    /// # Errors
    /// A config value that a parameter takes is missing.
    pub fn stream_request(&self, stream: &'static Stream) -> Result<Request, Error> {
        let mut request = Request::new(stream.operation);
        for (index, value) in stream.parameters {
            request.parameter_text(*index, &self.config().expand(value)?)?;
        }
        if let Some(body) = stream.body {
            let fail =
                |error: serde_json::Error| Error::request(stream.operation.id, format!("body: {error}"));
            request.body(serde_json::from_str::<&RawValue>(body).map_err(fail)?)?;
        }
        if let Source::Job(job) = &stream.source
            && !job.body.is_empty()
        {
            request.body(&job_body(self, job.body)?)?;
        }
        Ok(request)
    }
}
