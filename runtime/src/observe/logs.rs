//! Log lines: what a program writes on standard error when it is to be watched.
//!
//! A program that has a subscriber of its own needs none of this: spans and events go through [`tracing`] and hold no secrets. What other
//! crates log is another matter, above all those that write requests to the wire, so this subscriber does two things more. It lets nothing of
//! [`WIRE`] through below a warning, whatever the filter says, and it looks for every secret that a connector knows in every line
//! ([`Shield`]).

use std::io::{self, Write};
use std::str::FromStr;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::registry::LookupSpan;

use super::{Shield, TARGET};

/// Targets of the crates below a connection. At `debug` and `trace` they show headers, URLs and bytes, which hold credentials: h2 writes the
/// path with its query, for one.
pub const WIRE: &[&str] = &["h2", "hyper", "hyper_util", "reqwest", "rustls", "tower", "mio"];

/// How a log line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line: `timestamp`, `level`, `target`, the event's fields, and `spans` with theirs.
    Json,
}

/// What is logged: a level (`info`), or levels of targets (`warn,linchpin=debug`), as `RUST_LOG` has them. Default `info` for everything.
#[derive(Clone, Debug)]
pub struct Levels(Targets);

impl Default for Levels {
    fn default() -> Self {
        Self(Targets::new().with_default(Level::INFO))
    }
}

impl FromStr for Levels {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |_| {
            format!(
                "`{text}` is neither a level (error, warn, info, debug, trace, off) nor a list such as `warn,linchpin=debug`"
            )
        };
        text.parse().map(Self).map_err(wrong)
    }
}

impl Levels {
    fn lets(&self, metadata: &Metadata<'_>) -> bool {
        // A line says where it stands, whatever its level.
        if metadata.is_span() && metadata.target() == TARGET {
            return true;
        }
        let is_wire = WIRE.iter().any(|name| {
            metadata.target().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        });
        self.0.would_enable(metadata.target(), metadata.level())
            && (!is_wire || *metadata.level() <= Level::WARN)
    }
}

/// A layer that writes log lines, to standard error unless `to` is another place.
pub fn layer<S, W>(format: Format, levels: Levels, shield: Shield, to: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    W: Fn() -> Box<dyn Write> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Shielded { shield, to });
    let filter = filter_fn(move |metadata| levels.lets(metadata));
    match format {
        Format::Text => lines.with_filter(filter).boxed(),
        Format::Json => lines.json().flatten_event(true).with_current_span(false).with_filter(filter).boxed(),
    }
}

/// Standard error, for [`layer`].
pub fn standard_error() -> Box<dyn Write> {
    Box::new(io::stderr())
}

struct Shielded<W> {
    shield: Shield,
    to: W,
}

impl<'a, W: Fn() -> Box<dyn Write>> MakeWriter<'a> for Shielded<W> {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { shield: self.shield.clone(), to: (self.to)(), held: Vec::new() }
    }
}

/// One line, which is looked through when it is whole: a secret may stand at the seam of two writes.
struct Line {
    shield: Shield,
    to: Box<dyn Write>,
    held: Vec<u8>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let line = self.shield.scrub(&String::from_utf8_lossy(&self.held));
        self.held.clear();
        self.to.write_all(line.as_bytes())?;
        self.to.flush()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Nobody could be told but by a line of the log.
        let _ = self.flush();
    }
}
