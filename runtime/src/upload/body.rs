use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::stream;
use tokio::io::{AsyncRead, AsyncReadExt};

/// How many bytes are taken from a file or reader at once.
const PIECE: usize = 64 * 1024;
/// Longer bodies go out in pieces even where they are in memory, so that it shows how far they have come.
const WHOLE: usize = 1024 * 1024;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A reader that can be taken once.
pub(crate) struct Once(Mutex<Option<Reader>>);

type Reader = Pin<Box<dyn AsyncRead + Send>>;

impl Once {
    pub(super) fn new(reader: impl AsyncRead + Send + 'static) -> Self {
        Self(Mutex::new(Some(Box::pin(reader))))
    }
}

/// A stretch of a body.
#[derive(Clone)]
pub(crate) enum Segment {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file, and its length once it has been looked at.
    File {
        /// Where it is.
        path: PathBuf,
        /// Its bytes.
        length: Option<u64>,
    },
    /// A reader, and how many bytes it is to give.
    Reader {
        /// The reader.
        once: Arc<Once>,
        /// Its bytes.
        length: Option<u64>,
    },
}

impl Segment {
    fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::File { length, .. } | Self::Reader { length, .. } => *length,
        }
    }
}

impl PartialEq for Segment {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::File { path: a, .. }, Self::File { path: b, .. }) => a == b,
            (Self::Reader { once: a, .. }, Self::Reader { once: b, .. }) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(formatter, "{} bytes", bytes.len()),
            Self::File { path, .. } => write!(formatter, "the file {}", path.display()),
            Self::Reader { length: Some(length), .. } => write!(formatter, "a reader of {length} bytes"),
            Self::Reader { length: None, .. } => formatter.write_str("a reader"),
        }
    }
}

/// What is known of a body while it is sent.
#[derive(Debug, Default)]
struct Progress {
    /// Bytes that were taken from it, over all attempts.
    taken: AtomicU64,
    /// Why its source gave out.
    failure: Mutex<Option<String>>,
}

/// The body of a request on its way to the wire. It is either there as a whole, or made while it is sent.
#[derive(Clone, Default)]
pub struct RequestBody {
    segments: Vec<Segment>,
    progress: Arc<Progress>,
}

impl RequestBody {
    pub(crate) fn new(segments: Vec<Segment>) -> Self {
        Self { segments, progress: Arc::default() }
    }

    /// The bytes, where they are in memory in one piece of moderate size; empty for no body. Otherwise there is a [`RequestBody::stream`].
    pub fn whole(&self) -> Option<Bytes> {
        match self.segments.as_slice() {
            [] => Some(Bytes::new()),
            [Segment::Bytes(bytes)] if bytes.len() <= WHOLE => Some(bytes.clone()),
            _ => None,
        }
    }

    /// The bytes, where all of them are in memory, however many there are.
    pub(crate) fn in_memory(&self) -> Option<Bytes> {
        let pieces: Option<Vec<&Bytes>> = self
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Bytes(bytes) => Some(bytes),
                Segment::File { .. } | Segment::Reader { .. } => None,
            })
            .collect();
        match pieces?.as_slice() {
            [one] => Some((*one).clone()),
            several => Some(several.iter().flat_map(|bytes| bytes.iter().copied()).collect()),
        }
    }

    /// How many bytes there are; `None` where that shows only at the end.
    pub fn length(&self) -> Option<u64> {
        self.segments.iter().try_fold(0u64, |sum, segment| sum.checked_add(segment.length()?))
    }

    /// The bytes, piece by piece. A source that is read to its end or has failed gives an error.
    pub fn stream(&self) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let segments: VecDeque<Segment> = self.segments.iter().cloned().collect();
        let state = State { segments, open: None, progress: Arc::clone(&self.progress) };
        stream::unfold(Some(state), |state| async move {
            let mut state = state?;
            match state.piece().await {
                Ok(Some(piece)) => {
                    state.progress.taken.fetch_add(piece.len() as u64, Ordering::Relaxed);
                    Some((Ok(piece), Some(state)))
                }
                Ok(None) => None,
                Err(error) => {
                    lock(&state.progress.failure).get_or_insert(error.to_string());
                    Some((Err(error), None))
                }
            }
        })
    }

    /// Everything at once, for transports that send no pieces. It takes as much memory as there are bytes.
    ///
    /// # Errors
    /// A source cannot be read.
    pub async fn collect(&self) -> io::Result<Bytes> {
        if let Some(whole) = self.whole() {
            return Ok(whole);
        }
        let mut stream = std::pin::pin!(self.stream());
        let mut all = BytesMut::new();
        while let Some(piece) = std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await {
            all.extend_from_slice(&piece?);
        }
        Ok(all.freeze())
    }

    /// Looks at the files, for their lengths.
    pub(crate) async fn measure(&mut self) -> Result<(), String> {
        for segment in &mut self.segments {
            let Segment::File { path, length } = segment else { continue };
            let fail = |cause: String| {
                format!("the file `{}` cannot be sent: {cause}; nothing was sent", path.display())
            };
            let found = tokio::fs::metadata(&*path).await.map_err(|error| fail(error.to_string()))?;
            if !found.is_file() {
                return Err(fail("it is no file".to_owned()));
            }
            *length = Some(found.len());
        }
        Ok(())
    }

    /// Whether it can be sent from its start: no reader has been taken.
    pub(crate) fn is_fresh(&self) -> bool {
        self.segments.iter().all(|segment| match segment {
            Segment::Reader { once, .. } => lock(&once.0).is_some(),
            _ => true,
        })
    }

    /// How many bytes were taken so far, over all attempts.
    pub(crate) fn taken(&self) -> u64 {
        self.progress.taken.load(Ordering::Relaxed)
    }

    /// Why its source gave out, if it did.
    pub(crate) fn failure(&self) -> Option<String> {
        lock(&self.progress.failure).clone()
    }
}

impl<B: Into<Bytes>> From<B> for RequestBody {
    fn from(bytes: B) -> Self {
        let bytes = bytes.into();
        Self::new(if bytes.is_empty() { Vec::new() } else { vec![Segment::Bytes(bytes)] })
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(&self.segments).finish()
    }
}

struct State {
    segments: VecDeque<Segment>,
    /// The source that is being read, with what it still has to give.
    open: Option<(Reader, Option<u64>)>,
    progress: Arc<Progress>,
}

impl State {
    async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if let Some((reader, left)) = &mut self.open {
                if let Some(piece) = read(reader, left).await? {
                    return Ok(Some(piece));
                }
                self.open = None;
                self.segments.pop_front();
            }
            match self.segments.front_mut() {
                None => return Ok(None),
                Some(Segment::Bytes(bytes)) if bytes.is_empty() => {
                    self.segments.pop_front();
                }
                Some(Segment::Bytes(bytes)) => {
                    return Ok(Some(bytes.split_to(bytes.len().min(PIECE))));
                }
                Some(Segment::File { path, length }) => {
                    let file = tokio::fs::File::open(&*path).await?;
                    self.open = Some((Box::pin(file), *length));
                }
                Some(Segment::Reader { once, length }) => {
                    let reader = lock(&once.0).take();
                    let reader =
                        reader.ok_or_else(|| io::Error::other("the reader has been read from already"))?;
                    self.open = Some((reader, *length));
                }
            }
        }
    }
}

/// The next piece of a source; `None` at its end, which has to be where it was said to be.
async fn read(reader: &mut Reader, left: &mut Option<u64>) -> io::Result<Option<Bytes>> {
    let mut piece = BytesMut::with_capacity(PIECE);
    let got = reader.read_buf(&mut piece).await? as u64;
    match left {
        Some(left) if got > *left => Err(io::Error::other("there are more bytes than was said")),
        Some(left) if got == 0 && *left > 0 => {
            let message = format!("it ends {left} bytes too early");
            Err(io::Error::new(io::ErrorKind::UnexpectedEof, message))
        }
        Some(left) => {
            *left -= got;
            Ok((got > 0).then(|| piece.freeze()))
        }
        None => Ok((got > 0).then(|| piece.freeze())),
    }
}
