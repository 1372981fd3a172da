//! Requests to origins that the manifest allows beside the API's own, as for files that a job made: nothing goes there that is the
//! connector's, its credential least of all.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING, IF_RANGE, RANGE, USER_AGENT};

/// Leaves only what any reader of a public file sends.
pub(super) fn strip(headers: &mut HeaderMap) {
    let kept = [ACCEPT, ACCEPT_ENCODING, IF_RANGE, RANGE, USER_AGENT];
    let mut left = HeaderMap::new();
    for name in kept {
        if let Some(value) = headers.get(&name) {
            left.insert(name, value.clone());
        }
    }
    *headers = left;
}
