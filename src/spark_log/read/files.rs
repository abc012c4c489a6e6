//! Where a log lies and how it is packed: a single file, or a folder of parts that follow one another; plain, gzip, zstd, lz4 or snappy.

use super::frames::{Lz4Blocks, SnappyBlocks, Unpacked};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// No log grows to more than so many times its packed size (and a GiB): what does is not a log.
const GROWTH_MAX: u64 = 400;

/// A whole log.
pub(super) struct Files {
    /// The text of its parts, one after another.
    pub(super) text: Box<dyn Read + Send>,
    /// Bytes of the files.
    pub(super) size: u64,
    /// Those of them that were read.
    pub(super) read: Arc<AtomicU64>,
}

/// Opens all parts of a log.
pub(super) fn open(path: &Path) -> io::Result<Files> {
    let (mut queue, mut all_size, read) = (VecDeque::new(), 0, Arc::default());
    for part in parts(path)? {
        let file = File::open(&part)?;
        let size = file.metadata()?.len();
        all_size += size;
        queue.push_back((part, unpacked(Counted { file, read: Arc::clone(&read) }, size)?));
    }
    Ok(Files { text: Box::new(Parts { is_folder: path.is_dir(), queue, last: b'\n' }), size: all_size, read })
}

/// The parts, one after another. One that is cut off in a line does not spoil the first line of the next.
struct Parts {
    queue: VecDeque<(PathBuf, Box<dyn Read + Send>)>,
    /// The byte read last.
    last: u8,
    /// What breaks off is named.
    is_folder: bool,
}

impl Read for Parts {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let (Some((part, text)), false) = (self.queue.front_mut(), out.is_empty()) {
            let count = text.read(out).map_err(|error| match part.file_name() {
                Some(name) if self.is_folder => io::Error::new(error.kind(), format!("{}: {error}", name.display())),
                _ => error,
            })?;
            if let Some(last) = out[..count].last() {
                self.last = *last;
                return Ok(count);
            }
            self.queue.pop_front();
            if self.last != b'\n' && !self.queue.is_empty() {
                (self.last, out[0]) = (b'\n', b'\n');
                return Ok(1);
            }
        }
        Ok(0)
    }
}

/// A file of which somebody else knows how much was read.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(out)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// The files of a log in their order.
pub(super) fn parts(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found: Vec<(u64, bool, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?.path();
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.strip_prefix("events_").and_then(|rest| rest.split('_').next()).and_then(|n| n.parse().ok());
        if let Some(number) = number {
            found.push((number, name.ends_with(".compact"), entry));
        }
    }
    found.sort();
    // What was compacted stands for all parts up to it.
    let first = found.iter().rposition(|(_, compact, _)| *compact).unwrap_or(0);
    let parts: Vec<PathBuf> = found.into_iter().skip(first).map(|(_, _, path)| path).collect();
    if parts.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the folder holds no files named events_1_…"));
    }
    Ok(parts)
}

/// How a part is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
    Lz4,
    Snappy,
    /// Known, to say so; not read.
    Lzf,
}

impl Packing {
    /// What the first bytes tell; nothing where the text is plain.
    fn of(start: &[u8]) -> Option<Packing> {
        let marks: [(&[u8], Packing); 6] = [
            (&[0x1f, 0x8b], Packing::Gzip),
            (&[0x28, 0xb5, 0x2f, 0xfd], Packing::Zstd),
            (b"LZ4Block", Packing::Lz4),
            (b"\x82SNAPPY\0", Packing::Snappy),
            (b"ZV\0", Packing::Lzf),
            (b"ZV\x01", Packing::Lzf),
        ];
        marks.into_iter().find(|(mark, _)| start.starts_with(mark)).map(|(_, packing)| packing)
    }
}

/// Whether a part is packed.
pub(super) fn is_packed(part: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(part)?.take(8).read_to_end(&mut start)?;
    Ok(Packing::of(&start).is_some())
}

/// A part's text.
fn unpacked(file: Counted, size: u64) -> io::Result<Box<dyn Read + Send>> {
    let mut input = BufReader::with_capacity(1 << 18, file);
    let reader: Box<dyn Read + Send> = match Packing::of(input.fill_buf()?) {
        None => return Ok(Box::new(input)),
        Some(Packing::Gzip) => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
        Some(Packing::Zstd) => Box::new(zstd::stream::read::Decoder::with_buffer(input)?),
        Some(Packing::Lz4) => Box::new(Unpacked::new(Lz4Blocks(input))),
        Some(Packing::Snappy) => Box::new(Unpacked::new(SnappyBlocks(input))),
        Some(Packing::Lzf) => {
            let message = "it is packed with lzf, which is not read here: let spark.eventLog.compression.codec be zstd, lz4 or snappy";
            return Err(io::Error::new(io::ErrorKind::Unsupported, message));
        }
    };
    Ok(Box::new(reader.take(size.saturating_mul(GROWTH_MAX).max(1 << 30))))
}
