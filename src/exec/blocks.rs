//! The rows of shuffle blocks: in memory as long as there is room, else in a temporary file.
//!
//! ```text
//!   rows of a flush ──▶ Room::take ──▶ Some(hold): pieces in memory, the hold lives as long as the blocks
//!                                  ──▶ None:       pieces in the task's file, read again piece by piece
//! ```
//!
//! The room is that of this process. It has nothing to do with the pretend cluster, where a shuffle lies on disk anyway: which rows go to the
//! file may differ between runs, what a reader gets does not.

use super::batch::row_bytes;
use super::packing::Packing;
use super::spill::{alone, failed};
use crate::common::Result;
use arrow::ipc::CompressionType;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow::record_batch::RecordBatch;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that all blocks of the process may take together.
#[derive(Debug)]
pub struct Room {
    limit: u64,
    used: AtomicU64,
}

/// A part of the room, given back when dropped.
#[derive(Debug)]
pub struct Hold {
    room: Arc<Room>,
    bytes: u64,
}

impl Room {
    /// A room of so many bytes.
    #[must_use]
    pub fn new(limit: u64) -> Arc<Self> {
        Arc::new(Room { limit, used: AtomicU64::new(0) })
    }

    /// A part of the room, if so much is free.
    #[must_use]
    pub fn take(self: &Arc<Self>, bytes: u64) -> Option<Hold> {
        let fits = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        taken.is_ok().then(|| Hold { room: self.clone(), bytes })
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.room.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A file without a name.
type BlockFile = Mutex<File>;

/// Some rows of a block, in order.
#[derive(Debug, Clone)]
pub enum Piece {
    Memory(RecordBatch),
    Disk(DiskPiece),
}

/// Rows in a file.
#[derive(Debug, Clone)]
pub struct DiskPiece {
    file: Arc<BlockFile>,
    at: u64,
    length: usize,
    rows: usize,
}

impl Piece {
    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Piece::Memory(batch) => batch.num_rows(),
            Piece::Disk(piece) => piece.rows,
        }
    }

    /// The rows.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn batches(&self) -> Result<Vec<RecordBatch>> {
        match self {
            Piece::Memory(batch) => Ok(vec![batch.clone()]),
            Piece::Disk(piece) => piece.read(),
        }
    }
}

impl DiskPiece {
    fn read(&self) -> Result<Vec<RecordBatch>> {
        let mut bytes = vec![0; self.length];
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.at)).map_err(|error| failed(&error))?;
            file.read_exact(&mut bytes).map_err(|error| failed(&error))?;
        }
        let reader = StreamReader::try_new(bytes.as_slice(), None)?;
        reader.map(|batch| batch.map_err(|error| failed(&error))).collect()
    }
}

/// All pieces of one block. Its part of the room is free when the last copy of the block is dropped.
#[derive(Debug, Clone, Default)]
pub struct Block {
    pub pieces: Arc<Vec<Piece>>,
    pub rows: u64,
    /// Its modelled size on disk.
    pub bytes: u64,
    /// Its rows before they were packed.
    pub data_bytes: u64,
    _holds: Arc<Vec<Hold>>,
}

/// The blocks that one task makes.
pub struct BlockWriter {
    room: Arc<Room>,
    parts: Vec<Part>,
    packing: Packing,
    holds: Vec<Hold>,
    file: Option<(Arc<BlockFile>, u64)>,
}

#[derive(Default)]
struct Part {
    pieces: Vec<Piece>,
    rows: u64,
    data_bytes: u64,
}

impl BlockWriter {
    /// For so many reduce partitions.
    pub fn new(room: &Arc<Room>, partitions: usize) -> Self {
        let parts = (0..partitions).map(|_| Part::default()).collect();
        BlockWriter { room: room.clone(), parts, packing: Packing::new(partitions), holds: Vec::new(), file: None }
    }

    /// Modelled bytes of all rows so far, uncompressed.
    pub fn data_bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.data_bytes).sum()
    }

    /// Appends batches to the blocks of their partitions.
    ///
    /// # Errors
    /// A full disk.
    pub fn put(&mut self, batches: Vec<(usize, Vec<RecordBatch>)>) -> Result<()> {
        let mut sizes = Vec::with_capacity(batches.len());
        for (partition, batches) in &batches {
            let bytes = batches.iter().map(|batch| {
                let bytes = row_bytes(batch);
                self.packing.look_at(*partition, batch, bytes);
                bytes
            });
            sizes.push(bytes.sum::<u64>());
        }
        let hold = self.room.take(sizes.iter().sum());
        for ((partition, batches), bytes) in batches.into_iter().zip(sizes) {
            let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
            let pieces = match &hold {
                Some(_) => batches.into_iter().map(Piece::Memory).collect(),
                None => vec![Piece::Disk(self.write(&batches, rows)?)],
            };
            let part = &mut self.parts[partition];
            part.pieces.extend(pieces);
            part.rows += rows as u64;
            part.data_bytes += bytes;
        }
        self.holds.extend(hold);
        Ok(())
    }

    /// Writes batches of one schema behind what the file has.
    fn write(&mut self, batches: &[RecordBatch], rows: usize) -> Result<DiskPiece> {
        if self.file.is_none() {
            let file = tempfile::tempfile().map_err(|error| failed(&error))?;
            self.file = Some((Arc::new(BlockFile::new(file)), 0));
        }
        let mut bytes = Vec::new();
        if let Some(first) = batches.first() {
            let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
            let mut writer = StreamWriter::try_new_with_options(&mut bytes, &first.schema(), options)?;
            for batch in batches {
                writer.write(&alone(batch)?)?;
            }
            writer.finish()?;
        }
        let Some((file, end)) = &mut self.file else {
            return Err(crate::common::SparkError::internal("a file of blocks was not opened"));
        };
        let at = *end;
        {
            let mut open = file.lock().unwrap_or_else(PoisonError::into_inner);
            open.seek(SeekFrom::Start(at)).map_err(|error| failed(&error))?;
            open.write_all(&bytes).map_err(|error| failed(&error))?;
        }
        *end += bytes.len() as u64;
        Ok(DiskPiece { file: file.clone(), at, length: bytes.len(), rows })
    }

    /// The blocks by partition.
    pub fn finish(self) -> Vec<Block> {
        let data_bytes: Vec<u64> = self.parts.iter().map(|part| part.data_bytes).collect();
        let sizes = self.packing.sizes(&data_bytes);
        let holds = Arc::new(self.holds);
        let block = |(part, bytes): (Part, u64)| Block {
            pieces: Arc::new(part.pieces),
            rows: part.rows,
            bytes: if part.rows == 0 { 0 } else { bytes },
            data_bytes: part.data_bytes,
            _holds: holds.clone(),
        };
        self.parts.into_iter().zip(sizes).map(block).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, StringViewArray};

    fn batch(from: i64) -> RecordBatch {
        let numbers: ArrayRef = Arc::new((from..from + 5000).collect::<Int64Array>());
        let text = (from..from + 5000).map(|i| (i % 7 != 0).then(|| format!("a rather long text {}", i % 5)));
        let text: ArrayRef = Arc::new(text.collect::<StringViewArray>());
        RecordBatch::try_from_iter([("n", numbers), ("t", text)]).unwrap()
    }

    fn rows(room: &Arc<Room>) -> (Vec<RecordBatch>, bool) {
        let mut writer = BlockWriter::new(room, 2);
        for i in 0..4 {
            writer.put(vec![(1, vec![batch(i * 10_000), batch(i * 10_000 + 5000)])]).unwrap();
        }
        let blocks = writer.finish();
        assert_eq!((blocks[0].rows, blocks[1].rows), (0, 40_000));
        let is_on_disk = blocks[1].pieces.iter().any(|piece| matches!(piece, Piece::Disk(_)));
        (blocks[1].pieces.iter().flat_map(|piece| piece.batches().unwrap()).collect(), is_on_disk)
    }

    #[test]
    fn rows_on_disk_are_the_rows_in_memory() {
        let (large, small) = (Room::new(u64::MAX), Room::new(1 << 20));
        let ((in_memory, no), (on_disk, yes)) = (rows(&large), rows(&small));
        assert_eq!(in_memory, on_disk);
        assert!(yes && !no);
        assert_eq!(small.used.load(Ordering::Relaxed), 0, "dropped blocks give their room back");
    }
}
