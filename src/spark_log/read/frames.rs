//! The two frames of Java's that no crate reads: lz4 blocks and snappy blocks, as Spark writes them.
//!
//! ```text
//!   lz4     "LZ4Block" token(1) packed(4, little) size(4, little) checksum(4) bytes        size 0: the end of a stream
//!   snappy  0x82 "SNAPPY" 0 version(4) compatible(4), then: packed(4, big) bytes           a header may come again
//! ```

use std::io::{self, Read};

/// The largest block that is believed.
const BLOCK_MAX: usize = 64 << 20;

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Reads a block's bytes; nothing at the end of the input.
fn exactly(input: &mut impl Read, count: usize) -> io::Result<Option<Vec<u8>>> {
    if count > BLOCK_MAX {
        return Err(broken("a block is too large"));
    }
    let mut bytes = Vec::with_capacity(count.min(1 << 16));
    let read = input.take(count as u64).read_to_end(&mut bytes)?;
    match read {
        0 if count > 0 => Ok(None),
        read if read < count => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a block is cut off")),
        _ => Ok(Some(bytes)),
    }
}

/// What is unpacked and not handed out yet.
#[derive(Default)]
struct Ready {
    bytes: Vec<u8>,
    at: usize,
}

impl Ready {
    fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn put(&mut self, bytes: Vec<u8>) {
        *self = Ready { bytes, at: 0 };
    }

    fn take(&mut self, out: &mut [u8]) -> usize {
        let count = out.len().min(self.bytes.len() - self.at);
        out[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        count
    }
}

/// A stream that comes in packed blocks.
pub(super) trait Blocks {
    /// The next block, unpacked; it may be empty. Nothing at the end.
    fn next_block(&mut self) -> io::Result<Option<Vec<u8>>>;
}

/// The bytes of such a stream, one after the other.
pub(super) struct Unpacked<B> {
    blocks: B,
    ready: Ready,
}

impl<B: Blocks> Unpacked<B> {
    pub(super) fn new(blocks: B) -> Self {
        Unpacked { blocks, ready: Ready::default() }
    }
}

impl<B: Blocks> Read for Unpacked<B> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() {
            match self.blocks.next_block()? {
                Some(block) => self.ready.put(block),
                None => return Ok(0),
            }
        }
        Ok(self.ready.take(out))
    }
}

/// Java's `LZ4BlockOutputStream`.
pub(super) struct Lz4Blocks<R>(pub(super) R);

impl<R: Read> Blocks for Lz4Blocks<R> {
    fn next_block(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(head) = exactly(&mut self.0, 21)? else { return Ok(None) };
        if !head.starts_with(b"LZ4Block") {
            return Err(broken("this is no lz4 block"));
        }
        let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]) as usize;
        let (packed, size) = (number(9), number(13));
        if size > BLOCK_MAX {
            return Err(broken("an lz4 block is too large"));
        }
        if size == 0 {
            return Ok(Some(Vec::new()));
        }
        let bytes = exactly(&mut self.0, packed)?.ok_or_else(|| broken("an lz4 block is cut off"))?;
        match head[8] & 0xf0 {
            0x10 => Ok(Some(bytes)),
            0x20 => lz4_flex::block::decompress(&bytes, size).map(Some).map_err(|error| broken(&error.to_string())),
            _ => Err(broken("an lz4 block of an unknown kind")),
        }
    }
}

/// Java's `SnappyOutputStream`.
pub(super) struct SnappyBlocks<R>(pub(super) R);

impl<R: Read> Blocks for SnappyBlocks<R> {
    fn next_block(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(head) = exactly(&mut self.0, 4)? else { return Ok(None) };
        if head == *b"\x82SNA" {
            exactly(&mut self.0, 12)?.ok_or_else(|| broken("a snappy header is cut off"))?;
            return Ok(Some(Vec::new()));
        }
        let packed = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let bytes = exactly(&mut self.0, packed)?.ok_or_else(|| broken("a snappy block is cut off"))?;
        if snap::raw::decompress_len(&bytes).map_err(|error| broken(&error.to_string()))? > BLOCK_MAX {
            return Err(broken("a snappy block is too large"));
        }
        snap::raw::Decoder::new().decompress_vec(&bytes).map(Some).map_err(|error| broken(&error.to_string()))
    }
}
