//! JSON lines as records.

use bytes::Bytes;

use crate::contract::Media;
use crate::items::frames::{Cut, Frame, Frames, TooLarge};

use super::RecordProblem;

/// Finds JSON values, one a line, in the pieces of a body. That each is JSON is checked, with its line.
pub(super) struct LineFrames {
    frames: Frames,
    line: u64,
}

impl LineFrames {
    pub(super) fn new(cap: usize) -> Self {
        Self { frames: Frames::new(Media::JsonLines, cap as u64), line: 0 }
    }

    pub(super) fn next(&mut self, piece: &mut Bytes) -> Result<Option<Vec<u8>>, RecordProblem> {
        match self.frames.next(piece) {
            Ok(Some(frame)) => self.record(frame).map(Some),
            Ok(None) => Ok(None),
            Err(TooLarge) => Err(RecordProblem::TooLarge),
        }
    }

    pub(super) fn finish(&mut self) -> Result<Option<Vec<u8>>, RecordProblem> {
        match self.frames.finish() {
            Ok(frame) => frame.map(|frame| self.record(frame)).transpose(),
            Err(Cut) => Err(RecordProblem::Cut),
        }
    }

    fn record(&mut self, frame: Frame) -> Result<Vec<u8>, RecordProblem> {
        self.line += 1;
        let text = frame.text().trim_ascii();
        match serde_json::from_slice::<&serde_json::value::RawValue>(text) {
            Ok(_) => Ok(text.to_vec()),
            Err(error) => {
                // Bytes that are no text cannot be kept whole, and are hardly lines of anything.
                let came = std::str::from_utf8(text).ok().and_then(|text| serde_json::to_vec(text).ok());
                Err(RecordProblem::Bad { line: self.line, problem: error.to_string(), came })
            }
        }
    }
}
