//! How large a block is in Spark's shuffle file: its rows as [`unsafe_row`] records, packed by lz4 in frames of 32 KiB.
//!
//! Nothing is stored that way here, so only what is needed for the sizes is packed: a task with little output is measured whole, of much
//! output a sample.
//!
//! ```text
//!   rows of block 0 ──▶ records, up to its share ──▶ packed ──┐
//!   rows of block 1 ──▶ records, up to its share ──▶ packed ──┼──▶ a block's size: what its own sample shrank to,
//!   rows of block 2 ──▶ (the sample is full)                ──┘    for all its rows; without one, as all samples did
//! ```
//!
//! Simplified: `spark.io.compression.codec` and `spark.shuffle.compress` are taken for their defaults.

use super::batch::row_bytes;
use super::unsafe_row;
use arrow::record_batch::RecordBatch;
use lz4_flex::block::{compress_into, get_maximum_output_size};

/// What one task packs at most.
const SAMPLE_BYTES: usize = 256 << 10;
/// `spark.io.compression.lz4.blockSize`.
const FRAME_BYTES: usize = 32 << 10;
/// Magic, kind, two lengths, checksum. An empty frame ends a block.
const FRAME_HEAD: u64 = 21;

/// The sample of one task's output.
pub struct Packing {
    blocks: Vec<Sample>,
    /// How many more bytes may be sampled.
    room: usize,
    /// Of each block.
    share: usize,
}

/// The first rows of one block.
#[derive(Default, Clone)]
struct Sample {
    records: Vec<u8>,
    /// The size of the same rows as blocks count it.
    data_bytes: u64,
}

impl Packing {
    /// For so many blocks.
    pub fn new(blocks: usize) -> Self {
        let share = (SAMPLE_BYTES / blocks.max(1)).max(FRAME_BYTES);
        Packing { blocks: vec![Sample::default(); blocks], room: SAMPLE_BYTES, share }
    }

    /// Rows that a block gets, of so many bytes.
    pub fn look_at(&mut self, block: usize, rows: &RecordBatch, data_bytes: u64) {
        let sample = &mut self.blocks[block];
        let before = sample.records.len();
        let until = self.share.min(before + self.room);
        if before >= until {
            return;
        }
        let taken = unsafe_row::append(rows, &mut sample.records, until);
        self.room = self.room.saturating_sub(sample.records.len() - before);
        sample.data_bytes += if taken == rows.num_rows() { data_bytes } else { row_bytes(&rows.slice(0, taken)) };
    }

    /// The size of each block in the file, from its rows' own.
    pub fn sizes(&self, data_bytes: &[u64]) -> Vec<u64> {
        let longest = self.blocks.iter().map(|sample| sample.records.len()).max().unwrap_or(0);
        let mut frame = vec![0; get_maximum_output_size(longest.min(FRAME_BYTES))];
        let packed: Vec<u64> = self.blocks.iter().map(|sample| packed(&sample.records, &mut frame)).collect();
        let sampled = self.blocks.iter().map(|sample| sample.data_bytes).sum();
        let all: u64 = packed.iter().sum();
        let size = |(own, (sample, data_bytes)): (&u64, (&Sample, &u64))| match sample.data_bytes {
            same if same == *data_bytes => *own,
            0 => grown(all, *data_bytes, sampled),
            part => grown(*own, *data_bytes, part),
        };
        packed.iter().zip(self.blocks.iter().zip(data_bytes)).map(|sizes| size(sizes) + FRAME_HEAD).collect()
    }
}

/// What `packed` becomes when `part` grows to `whole`.
fn grown(packed: u64, whole: u64, part: u64) -> u64 {
    u64::try_from(u128::from(packed) * u128::from(whole) / u128::from(part.max(1))).unwrap_or(u64::MAX)
}

/// The size of packed records. A frame that would grow stays as it is.
fn packed(records: &[u8], frame: &mut [u8]) -> u64 {
    let frames = records.chunks(FRAME_BYTES).map(|records| {
        let packed = compress_into(records, frame).unwrap_or(records.len());
        FRAME_HEAD + packed.min(records.len()) as u64
    });
    frames.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array};
    use std::sync::Arc;

    fn numbers(rows: i64, each: impl Fn(i64) -> i64) -> RecordBatch {
        let column: ArrayRef = Arc::new((0..rows).map(each).collect::<Int64Array>());
        RecordBatch::try_from_iter([("n", column)]).unwrap()
    }

    fn sizes(blocks: &[&RecordBatch]) -> Vec<u64> {
        let mut packing = Packing::new(blocks.len());
        let data: Vec<u64> = blocks.iter().map(|rows| row_bytes(rows)).collect();
        for (block, rows) in blocks.iter().enumerate() {
            packing.look_at(block, rows, data[block]);
        }
        packing.sizes(&data)
    }

    #[test]
    fn rows_that_repeat_shrink_and_noise_does_not() {
        let (alike, noise) =
            (numbers(1000, |_| 5), numbers(1000, |row| row.wrapping_mul(0x9e37_79b9_7f4a_7c15u64 as i64)));
        let found = sizes(&[&alike, &noise]);
        assert!(found[0] < 300, "{found:?}");
        assert!((9_000..16_000).contains(&found[1]), "{found:?}");
    }

    #[test]
    fn a_sample_stands_for_the_whole() {
        let (small, large) = (numbers(20_000, |row| row * row), numbers(2_000_000, |row| row * row % 400_000_000));
        let (small, large) = (sizes(&[&small])[0], sizes(&[&large])[0]);
        assert!((80..120).contains(&(large / small)), "{small} {large}");
        let block = numbers(20_000, |row| row * row);
        let many = sizes(&[&block; 20]);
        assert!(many.iter().all(|size| size.abs_diff(many[0]) * 20 < many[0]), "{many:?}");
    }
}
