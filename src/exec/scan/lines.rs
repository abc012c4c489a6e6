//! Lines of a piece of a text file, in chunks of many.
//!
//! A piece that does not start the file skips its first line, and every piece reads on to finish the last line that it started: a line
//! belongs to the piece in which it starts, a line that starts exactly where a piece ends belongs to that piece (Hadoop's rule). So any cut
//! of a file gives each line once.

use crate::common::{ErrorClass, Result, SparkError};
use crate::physical::plan::FileSlice;
use memchr::{memchr, memchr2, memmem};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Bytes read at once.
const CHUNK_BYTES: usize = (1 << 20) + (1 << 18);
/// Bytes read at once behind the end of a piece.
const TAIL_BYTES: u64 = 1 << 12;

/// What ends a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineEnd {
    /// `\n`, `\r\n` or `\r`.
    Any,
    Bytes(Vec<u8>),
}

/// What some editors write at the start of a file of UTF-8. Readers of lines leave it out, as Hadoop's do; `wholetext` gives it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads complete lines of one piece.
pub struct LineReader {
    source: Box<dyn Read>,
    ending: LineEnd,
    buffer: Vec<u8>,
    /// Bytes of the buffer that hold data.
    filled: usize,
    /// Where the next chunk starts in the buffer.
    start: usize,
    /// Offset in the file of the buffer's first byte.
    offset: u64,
    /// No line that starts behind this offset is ours.
    end: u64,
    at_end_of_file: bool,
    skip_first: bool,
}

/// An error while reading `path`.
pub fn read_error(path: &std::path::Path, error: &std::io::Error) -> SparkError {
    SparkError::new(ErrorClass::Py4JJavaError, format!("the file {} cannot be read: {error}", path.display()))
}

/// Whether a file is compressed, by its name's ending: it can only be read from its start.
pub fn is_compressed(path: &std::path::Path) -> bool {
    matches!(path.extension().and_then(|ending| ending.to_str()), Some("gz" | "deflate"))
}

/// Opens a file, decompressing by its name's ending; tells whether it was compressed.
pub fn open(slice: &FileSlice) -> Result<(Box<dyn Read>, bool)> {
    let file = File::open(&slice.path).map_err(|error| read_error(&slice.path, &error))?;
    match slice.path.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => Ok((Box::new(flate2::read::MultiGzDecoder::new(file)), true)),
        Some("deflate") => Ok((Box::new(flate2::read::ZlibDecoder::new(file)), true)),
        Some(other @ ("bz2" | "lz4" | "snappy" | "zst" | "xz")) => Err(SparkError::unsupported(
            format!("reading .{other} files"),
            "write the file with gzip, or without compression",
        )),
        _ => {
            let mut file = file;
            file.seek(SeekFrom::Start(slice.start)).map_err(|error| read_error(&slice.path, &error))?;
            Ok((Box::new(file), false))
        }
    }
}

/// All that a file holds, decompressed.
pub fn read_whole(slice: &FileSlice) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut source, _) = open(slice)?;
    source.read_to_end(&mut bytes).map_err(|error| read_error(&slice.path, &error))?;
    Ok(bytes)
}

impl LineReader {
    /// A reader of the lines of `slice`.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn new(slice: &FileSlice, ending: LineEnd) -> Result<Self> {
        let (source, compressed) = open(slice)?;
        let (offset, end) =
            if compressed { (0, u64::MAX) } else { (slice.start, slice.start.saturating_add(slice.length)) };
        Ok(LineReader {
            source,
            ending,
            buffer: Vec::new(),
            filled: 0,
            start: 0,
            offset,
            end,
            at_end_of_file: false,
            skip_first: offset > 0,
        })
    }

    /// Whether the piece starts the file (and so holds its header).
    pub fn starts_file(&self) -> bool {
        self.offset == 0 && self.start == 0
    }

    /// The next chunk of complete lines: bytes of the buffer, or nothing at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_chunk(&mut self) -> Result<Option<&[u8]>> {
        loop {
            if !self.fill()? {
                return Ok(None);
            }
            if self.skip_first {
                let Some(length) = self.first_line_length() else { continue };
                self.start += length;
                self.skip_first = false;
            }
            if self.starts_file() && self.buffer[..self.filled].starts_with(BYTE_ORDER_MARK) {
                self.start = BYTE_ORDER_MARK.len();
            }
            if self.start >= self.filled {
                if self.at_end_of_file {
                    return Ok(None);
                }
                continue;
            }
            if self.offset + self.start as u64 > self.end {
                return Ok(None);
            }
            let Some(stop) = self.chunk_end() else { continue };
            let from = self.start;
            self.start = stop;
            return Ok(Some(&self.buffer[from..stop]));
        }
    }

    /// Moves what is left to the front and reads more behind it. False when there is nothing at all any more.
    fn fill(&mut self) -> Result<bool> {
        if !self.at_end_of_file {
            self.buffer.copy_within(self.start..self.filled, 0);
            self.offset += self.start as u64;
            self.filled -= self.start;
            self.start = 0;
            // Little more than the piece: the end of its last line.
            let left = self.end.saturating_sub(self.offset + self.filled as u64).saturating_add(TAIL_BYTES);
            let wanted = self.filled + CHUNK_BYTES.min(usize::try_from(left).unwrap_or(CHUNK_BYTES));
            if self.buffer.len() < wanted {
                self.buffer.resize(wanted, 0);
            }
            while self.filled < wanted {
                let count = self.source.read(&mut self.buffer[self.filled..wanted]).map_err(|error| {
                    SparkError::new(ErrorClass::Py4JJavaError, format!("a file cannot be read: {error}"))
                })?;
                if count == 0 {
                    self.at_end_of_file = true;
                    break;
                }
                self.filled += count;
            }
        }
        Ok(self.start < self.filled)
    }

    fn first_line_length(&self) -> Option<usize> {
        let rest = &self.buffer[self.start..self.filled];
        match line_length(rest, &self.ending, self.at_end_of_file) {
            Some((_, whole)) => Some(whole),
            None if self.at_end_of_file => Some(rest.len()),
            None => None,
        }
    }

    /// Where the complete lines of the buffer end; nothing when more must be read first.
    fn chunk_end(&self) -> Option<usize> {
        let last_start = self.end.saturating_sub(self.offset);
        // Lines that start at or before the end of the piece are ours: look for the end of the last of them.
        if last_start < self.filled as u64 {
            let inside = (last_start as usize).max(self.start);
            let mut at = self.last_line_start(self.start, inside).unwrap_or(self.start);
            while at <= last_start as usize && at < self.filled {
                match line_length(&self.buffer[at..self.filled], &self.ending, self.at_end_of_file) {
                    Some((_, whole)) => at += whole,
                    None if self.at_end_of_file => at = self.filled,
                    None if at > self.start => return Some(at),
                    None => return None,
                }
            }
            return Some(at);
        }
        if self.at_end_of_file {
            return Some(self.filled);
        }
        self.last_line_start(self.start, self.filled - 1).filter(|at| *at > self.start)
    }

    /// The start of the last line that starts in `from..=to`, if a line end lies there.
    fn last_line_start(&self, from: usize, to: usize) -> Option<usize> {
        let area = &self.buffer[from..to];
        match &self.ending {
            LineEnd::Any => {
                let at = memchr::memrchr2(b'\n', b'\r', area)?;
                if area[at] == b'\r' && self.buffer.get(from + at + 1) == Some(&b'\n') {
                    return self.last_line_start(from, from + at);
                }
                Some(from + at + 1)
            }
            LineEnd::Bytes(end) => memmem::rfind(area, end).map(|at| from + at + end.len()),
        }
    }
}

/// The length of the first line without and with its end; nothing when the end is not there yet.
pub fn line_length(bytes: &[u8], ending: &LineEnd, complete: bool) -> Option<(usize, usize)> {
    match ending {
        LineEnd::Any => {
            let at = memchr2(b'\n', b'\r', bytes)?;
            if bytes[at] == b'\n' {
                return Some((at, at + 1));
            }
            match bytes.get(at + 1) {
                Some(b'\n') => Some((at, at + 2)),
                Some(_) => Some((at, at + 1)),
                None if complete => Some((at, at + 1)),
                None => None,
            }
        }
        LineEnd::Bytes(end) => memmem::find(bytes, end).map(|at| (at, at + end.len())),
    }
}

/// Calls `f` with the bounds of each line of a chunk of complete lines.
pub fn for_each_line(chunk: &[u8], ending: &LineEnd, mut f: impl FnMut(usize, usize)) {
    let plain = *ending == LineEnd::Any && memchr(b'\r', chunk).is_none();
    let mut start = 0;
    if plain {
        for at in memchr::memchr_iter(b'\n', chunk) {
            f(start, at);
            start = at + 1;
        }
    } else {
        while let Some((length, whole)) = line_length(&chunk[start..], ending, true) {
            f(start, start + length);
            start += whole;
        }
    }
    if start < chunk.len() {
        f(start, chunk.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn lines_of(path: &std::path::Path, cuts: &[u64], size: u64) -> Vec<String> {
        let mut all = Vec::new();
        let mut bounds = vec![0];
        bounds.extend(cuts.iter().map(|cut| cut % (size + 1)));
        bounds.push(size);
        bounds.sort_unstable();
        bounds.dedup();
        for pair in bounds.windows(2) {
            let slice = FileSlice {
                path: path.to_owned(),
                start: pair[0],
                length: pair[1] - pair[0],
                file_size: size,
                partition_values: Vec::new(),
            };
            let mut reader = LineReader::new(&slice, LineEnd::Any).unwrap();
            while let Some(chunk) = reader.next_chunk().unwrap() {
                let chunk = chunk.to_vec();
                for_each_line(&chunk, &LineEnd::Any, |from, to| {
                    all.push(String::from_utf8(chunk[from..to].to_vec()).unwrap());
                });
            }
        }
        all
    }

    proptest! {
        #[test]
        fn any_cut_gives_each_line_once(text in "([a-c]{0,4}(\n|\r\n|\r)){0,12}[a-c]{0,3}", cuts in prop::collection::vec(0u64..200, 0..6)) {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let size = text.len() as u64;
            prop_assert_eq!(lines_of(file.path(), &cuts, size), lines_of(file.path(), &[], size));
        }
    }
}
