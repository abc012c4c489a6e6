//! Reads a slice of a text file chunk by chunk, some chunks ahead of time by whoever is idle.
//!
//! ```text
//!   slice ──cut──▶ pieces of a megabyte ──▶ a window of pieces, each read by this task or by a helper ──▶ batches in order
//! ```
//!
//! A line belongs to the piece in which it starts ([`super::lines`]), so any cut gives the same rows. What cannot be cut (compressed files,
//! records over several lines) is read in one stream. The first piece is read alone: who wants a few rows reads no more.

use crate::common::{Result, SparkError};
use crate::exec::helpers::Handed;
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::physical::plan::FileSlice;
use arrow::record_batch::RecordBatch;
use std::collections::VecDeque;
use std::sync::Arc;

/// Bytes of a piece.
const PIECE_BYTES: u64 = 1 << 20;
/// Pieces that may wait for this task at a time.
const WINDOW: usize = 6;

/// Gives the rows of one slice in chunks.
pub trait Chunks {
    /// Appends the batches of the next chunk; false at the end. Batches before an error still count.
    ///
    /// # Errors
    /// Files that cannot be read; malformed rows where they may not be.
    fn next_chunk(&mut self, batches: &mut Vec<RecordBatch>) -> Result<bool>;
}

/// Opens a slice.
pub type Open = dyn Fn(&FileSlice) -> Result<Box<dyn Chunks>> + Send + Sync;

/// The rows of a piece, and what ended them too early.
type Piece = (Vec<RecordBatch>, Option<SparkError>);

fn read_piece(open: &Open, slice: &FileSlice) -> Piece {
    let mut batches = Vec::new();
    let done = open(slice).and_then(|mut chunks| {
        while chunks.next_chunk(&mut batches)? {}
        Ok(())
    });
    (batches, done.err())
}

/// A slice that is cut; its chunks are its pieces.
struct Ahead<'a> {
    runtime: &'a Runtime<'a>,
    open: Arc<Open>,
    /// What is not yet in the window.
    rest: FileSlice,
    window: VecDeque<(u64, Handed<Piece>)>,
    has_begun: bool,
}

/// Hands out the batches of chunks one by one.
struct Batches<'a> {
    runtime: &'a Runtime<'a>,
    chunks: Box<dyn Chunks + 'a>,
    ready: VecDeque<RecordBatch>,
    failure: Option<SparkError>,
    is_done: bool,
}

/// The rows of a slice; `is_whole` says that it cannot be cut.
///
/// # Errors
/// Files that cannot be read.
pub fn read<'a>(runtime: &'a Runtime<'a>, slice: &FileSlice, is_whole: bool, open: Arc<Open>) -> Result<Rows<'a>> {
    let chunks: Box<dyn Chunks + 'a> = if is_whole {
        runtime.read(0, slice.length);
        open(slice)?
    } else {
        Box::new(Ahead { runtime, open, rest: slice.clone(), window: VecDeque::new(), has_begun: false })
    };
    Ok(Box::new(Batches { runtime, chunks, ready: VecDeque::new(), failure: None, is_done: false }))
}

impl Ahead<'_> {
    /// Cuts the next piece from the front.
    fn cut(&mut self) -> Option<FileSlice> {
        if self.rest.length == 0 {
            return None;
        }
        // A short rest is not worth a piece of its own.
        let length = if self.rest.length < PIECE_BYTES * 3 / 2 { self.rest.length } else { PIECE_BYTES };
        let piece = FileSlice { length, ..self.rest.clone() };
        self.rest.start += length;
        self.rest.length -= length;
        Some(piece)
    }

    fn fill_window(&mut self) {
        let size = if self.has_begun { WINDOW } else { 1 };
        while self.window.len() < size {
            let Some(piece) = self.cut() else { break };
            let (open, bytes) = (self.open.clone(), piece.length);
            let work = move || read_piece(open.as_ref(), &piece);
            let handed = if self.has_begun {
                Handed::new(self.runtime.context.helpers.as_ref(), work)
            } else {
                Handed::kept(work)
            };
            self.window.push_back((bytes, handed));
        }
        self.has_begun = true;
    }
}

impl Chunks for Ahead<'_> {
    /// The next piece; while a helper reads it, later ones are read here.
    fn next_chunk(&mut self, batches: &mut Vec<RecordBatch>) -> Result<bool> {
        self.fill_window();
        while self.window.front().is_some_and(|(_, piece)| !piece.is_done()) {
            if !self.window.iter().any(|(_, piece)| piece.work()) {
                break;
            }
        }
        let Some((bytes, piece)) = self.window.pop_front() else { return Ok(false) };
        let (read, failure) = piece.take()?;
        self.runtime.read(0, bytes);
        batches.extend(read);
        failure.map_or(Ok(true), Err)
    }
}

impl Operator for Batches<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        let mut batches = Vec::new();
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            self.runtime.context.check_cancelled()?;
            if self.is_done {
                return Ok(None);
            }
            match self.chunks.next_chunk(&mut batches) {
                Ok(more) => self.is_done = !more,
                Err(error) => self.failure = Some(error),
            }
            self.ready.extend(batches.drain(..));
        }
    }
}
