//! Reading what earlier stages made: shuffle blocks and broadcasts.

use super::leaves::Ready;
use crate::common::ids::{BroadcastId, ShuffleId};
use crate::common::{Result, SparkError};
use crate::exec::batch::{reschema, schema_of};
use crate::exec::blocks::Piece;
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::physical::plan::{PhysicalPlan, ShuffleSlice};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

struct Fetch<'a> {
    runtime: &'a Runtime<'a>,
    shuffle: ShuffleId,
    schema: SchemaRef,
    blocks: std::vec::IntoIter<(u32, u32)>,
    expected_rows: usize,
    is_in_memory: bool,
    /// What is left of the current block, the next last.
    pieces: Vec<Piece>,
    current: std::vec::IntoIter<RecordBatch>,
}

/// The blocks of one slice, by map task and then by reduce partition: Spark fetches what one map task made in one go.
pub fn shuffle_read<'a>(
    runtime: &'a Runtime<'a>,
    shuffle: ShuffleId,
    exchange: &PhysicalPlan,
    slices: Option<&[ShuffleSlice]>,
    partition: usize,
) -> Result<Rows<'a>> {
    let own = partition as u32;
    let slice = match slices {
        None => ShuffleSlice::Coalesced { start: own, end: own + 1 },
        Some(slices) => {
            slices.get(partition).cloned().ok_or_else(|| SparkError::internal("a shuffle read has no such slice"))?
        }
    };
    let maps = runtime.inputs.map_count(shuffle);
    let blocks: Box<dyn Iterator<Item = (u32, u32)>> = match slice {
        ShuffleSlice::Coalesced { start, end } => {
            Box::new((0..maps).flat_map(move |map| (start..end).map(move |reduce| (map, reduce))))
        }
        ShuffleSlice::PartialReducer { reduce, map_start, map_end } => {
            Box::new((map_start..map_end.min(maps)).map(move |map| (map, reduce)))
        }
        ShuffleSlice::PartialMapper { map, start, end } => Box::new((start..end).map(move |reduce| (map, reduce))),
        ShuffleSlice::CoalescedMapper { map_start, map_end, reducers } => {
            Box::new((map_start..map_end).flat_map(move |map| (0..reducers).map(move |reduce| (map, reduce))))
        }
    };
    let schema = schema_of(&exchange.output());
    let blocks: Vec<(u32, u32)> = blocks.collect();
    let (mut expected_rows, mut is_in_memory) = (0, true);
    for (map, reduce) in &blocks {
        let block = runtime.inputs.shuffle_block(shuffle, *map, *reduce)?;
        expected_rows += block.rows as usize;
        is_in_memory &= block.pieces.iter().all(|piece| matches!(piece, Piece::Memory(_)));
    }
    let blocks = blocks.into_iter();
    Ok(Box::new(Fetch {
        runtime,
        shuffle,
        schema,
        blocks,
        expected_rows,
        is_in_memory,
        pieces: Vec::new(),
        current: Vec::new().into_iter(),
    }))
}

impl Operator for Fetch<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.current.next() {
                self.runtime.fetched(&batch);
                return reschema(&batch, &self.schema).map(Some);
            }
            if let Some(piece) = self.pieces.pop() {
                self.current = piece.batches()?.into_iter();
                continue;
            }
            let Some((map, reduce)) = self.blocks.next() else { return Ok(None) };
            let block = self.runtime.inputs.shuffle_block(self.shuffle, map, reduce)?;
            self.pieces = block.pieces.iter().rev().cloned().collect();
        }
    }

    fn expected_rows(&self) -> usize {
        self.expected_rows
    }

    fn is_in_memory(&self) -> bool {
        self.is_in_memory
    }
}

/// All rows of a broadcast.
pub fn broadcast_read<'a>(runtime: &Runtime<'a>, broadcast: BroadcastId, exchange: &PhysicalPlan) -> Result<Rows<'a>> {
    let schema = schema_of(&exchange.output());
    let relation = runtime.inputs.broadcast(broadcast)?;
    let batches = relation.batches.iter().map(|batch| reschema(batch, &schema)).collect::<Result<Vec<_>>>()?;
    Ok(Box::new(Ready::new(batches)))
}
