//! What an operation answers, by status.

use super::{Media, Operation, Shape};

/// One response of an operation. Where the document offers a sequence of items beside another body, the same statuses stand a second time,
/// after it.
#[derive(Debug)]
pub struct Response {
    /// Lowest status that it describes; 0 for `default`.
    pub from: u16,
    /// Highest status that it describes; 999 for `default`.
    pub to: u16,
    /// Encoding of its body.
    pub media: Media,
    /// The media type that is asked for with `Accept`; "" where there is no body.
    pub media_type: &'static str,
    /// What its body holds; of a sequence, what one item holds.
    pub shape: Shape,
}

impl Operation {
    /// The response that describes a status: the one for this status alone before a range, and a range before `default`.
    pub fn response(&self, status: u16) -> Option<&'static Response> {
        self.responses
            .iter()
            .filter(|response| response.from <= status && status <= response.to)
            .min_by_key(|response| response.to - response.from)
    }

    /// The responses of success: those of 2xx, else `default`.
    pub(crate) fn successes(&self) -> impl Iterator<Item = &'static Response> {
        let declared = self.responses.iter().any(|response| response.from / 100 == 2);
        self.responses.iter().filter(
            move |response| {
                if declared { response.from / 100 == 2 } else { response.from == 0 }
            },
        )
    }
}
