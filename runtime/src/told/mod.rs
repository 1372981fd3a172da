//! What the headers of an answer tell of time and of limits, whoever asks: `retry`, how long to wait; `limits`, what is left.

mod limits;
mod time;

pub(crate) use limits::{Reading, left, told_reset};
pub(crate) use time::{number, read, retry_after, server_time, wait};
