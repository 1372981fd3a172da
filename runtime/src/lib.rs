//! What every generated Linchpin connector stands on. It knows no connector: a generated crate hands it a [`contract::Contract`], static
//! data that says what the API is like, and thin typed functions.
//!
//! One request goes `limit -> authorise -> send -> classify -> (wait, retry) -> decode`; that is `client`. Pages follow one another by the
//! pure state machines of [`paging`]. Time, chance and the wire are injected: [`clock`], [`random`], [`transport`].

mod auth;
mod body_field;
mod by_status;
mod call;
#[cfg(feature = "cli")]
pub mod cli;
mod client;
pub mod clock;
pub mod config;
pub mod contract;
#[cfg_attr(not(feature = "store"), allow(dead_code, reason = "only a sync keeps cursor values"))]
mod cursor;
#[cfg(feature = "store")]
pub mod drift;
mod encoding;
pub mod error;
mod form;
mod headers;
mod items;
pub mod limits;
pub mod link;
pub mod observe;
mod origin;
pub mod outbox;
mod pages;
pub mod paging;
mod parameters;
#[cfg(any(feature = "sandbox", feature = "store"))]
mod patterns;
pub mod project;
pub mod random;
pub mod records;
mod redact;
mod request;
pub mod retry;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod schema;
mod skim;
mod slices;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "store")]
pub mod sync;
pub mod testing;
mod told;
pub mod transport;
mod upload;
mod walk;
pub mod wire;
mod written;

pub use auth::{
    AuthProblem, FileTokenStore, LoginPrompt, MemoryTokenStore, StoreLock, StoredToken, TokenStore,
};
pub use bytes::Bytes;
pub use call::{Call, PagedCall, RequestBuilder, StreamedCall};
pub use client::{ByteStream, Caps, Client, ClientBuilder, Response};
pub use config::Config;
pub use error::{Error, ErrorKind, Sent};
pub use items::{Event, Items};
pub use limits::Budgets;
pub use observe::Statistics;
pub use pages::{JobProblem, Page, Pages};
pub use paging::{Position, StopReason};
pub use request::Request;
pub use retry::RetryPolicy;
pub use slices::{Omitted, StreamPages};
pub use transport::Timeouts;
pub use upload::{Files, Multipart, RequestBody, Upload};
pub use walk::{Records, TypedPages};
pub use wire::{Base64, Date, DateTime, Decimal, Duration, Maybe, Number, Time, Tuple, UnixTime, Uri, Uuid};

// Generated functions return streams and take what serialises, and name these through the runtime.
pub use futures_core::Stream;
pub use serde_json::Value;
pub use serde_json::value::RawValue;

// What the values of formats are given as.
pub use jiff;
pub use url;

#[doc(hidden)]
pub use serde;
#[doc(hidden)]
pub use serde_json::Error as JsonError;
