//! Hash joins: one side in a table, the other streamed past it.

use super::table::BuildTable;
use super::{Gatherer, NONE, Shape, shaped, signature};
use crate::common::{Result, SparkError};
use crate::exec::batch::{reschema, row_bytes, schema_of};
use crate::exec::expression::{Bound, evaluate_all};
use crate::exec::runtime::{LeftOver, Operator, Rows, Runtime};
use crate::physical::plan::{BuildSide, PhysicalPlan};
use arrow::record_batch::RecordBatch;
use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

/// What an entry of Spark's `BytesToBytesMap` takes beside its row: two lengths, the next of its key, and two places of the map.
const ENTRY_BYTES: u64 = 32;

/// A broadcast's table, and the keys it was made for.
struct Shared {
    signature: String,
    table: Arc<BuildTable>,
}

struct HashJoin<'a> {
    streamed: Rows<'a>,
    keys: Vec<Bound>,
    table: Arc<BuildTable>,
    shape: Shape,
    gatherer: Gatherer,
    /// Which built rows found a match, when that matters.
    matched: Vec<bool>,
    ready: VecDeque<RecordBatch>,
    probed: Probed,
    done: bool,
}

/// The streamed rows that the rows given last came from.
#[derive(Default)]
struct Probed {
    /// The streamed row of each output row, in order; and how many streamed rows there were.
    sources: Vec<u32>,
    rows: usize,
    /// Output rows that were given.
    given: usize,
    left_over: LeftOver,
}

impl Probed {
    fn new(sources: Vec<u32>, rows: usize) -> Self {
        Probed { sources, rows, ..Probed::default() }
    }

    /// How many more streamed rows nobody looked at, when so many more of the given rows were not used.
    fn unread(&mut self, rows: usize) -> usize {
        let (sources, all) = (&self.sources, self.rows);
        self.left_over.more(self.given, rows, |used| {
            let looked_at = used.checked_sub(1).and_then(|last| sources.get(last)).map_or(0, |row| *row as usize + 1);
            all.saturating_sub(looked_at)
        })
    }
}

pub fn build<'a>(
    runtime: &'a Runtime<'a>,
    plan: &'a PhysicalPlan,
    built: BuildSide,
    partition: usize,
) -> Result<Rows<'a>> {
    let PhysicalPlan::Join { join_type, left_keys, right_keys, left, right, .. } = plan else {
        return Err(SparkError::internal("not a join"));
    };
    let (streamed_plan, streamed_keys, built_plan, built_keys) = match built {
        BuildSide::Left => (right, right_keys, left, left_keys),
        BuildSide::Right => (left, left_keys, right, right_keys),
    };
    let bound = runtime.bind(built_keys, &built_plan.output(), partition)?;
    let schema = schema_of(&built_plan.output());
    let table = if let PhysicalPlan::BroadcastRead { broadcast, .. } = built_plan.as_ref() {
        let relation = runtime.inputs.broadcast(*broadcast)?;
        let wanted = signature(built_keys);
        let made = || -> Result<Arc<BuildTable>> {
            let batches = relation.batches.iter().map(|batch| reschema(batch, &schema)).collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(BuildTable::new(&schema, &batches, &bound)?))
        };
        let kept = relation.built.get().and_then(|kept| kept.downcast_ref::<Shared>());
        match kept {
            Some(shared) if shared.signature == wanted => shared.table.clone(),
            Some(_) => made()?,
            None => {
                let table = made()?;
                let shared: Arc<dyn Any + Send + Sync> = Arc::new(Shared { signature: wanted, table: table.clone() });
                // Another task may have been faster; its table is as good.
                let _ = relation.built.set(shared);
                table
            }
        }
    } else {
        let mut rows = runtime.build(built_plan, partition)?;
        let (mut batches, mut held) = (Vec::new(), 0);
        while let Some(batch) = rows.next()? {
            held += row_bytes(&batch) + batch.num_rows() as u64 * ENTRY_BYTES;
            batches.push(batch);
        }
        runtime.holds_table(held);
        Arc::new(BuildTable::new(&schema, &batches, &bound)?)
    };
    runtime.holds(table.size());
    let shape = Shape::of(*join_type, built)?;
    Ok(Box::new(HashJoin {
        keys: runtime.bind(streamed_keys, &streamed_plan.output(), partition)?,
        streamed: runtime.build(streamed_plan, partition)?,
        matched: vec![false; if shape.keep_built { table.rows.num_rows() } else { 0 }],
        table,
        shape,
        gatherer: Gatherer::new(runtime, plan, built, partition)?,
        ready: VecDeque::new(),
        probed: Probed::default(),
        done: false,
    }))
}

impl HashJoin<'_> {
    fn probe(&mut self, batch: &RecordBatch) -> Result<()> {
        let keys = evaluate_all(&self.keys, batch)?;
        let mut pairs = self.table.probe(&keys, batch.num_rows())?;
        self.gatherer.test(batch, &self.table.rows, &mut pairs)?;
        if self.shape.keep_built {
            for row in &pairs.1 {
                self.matched[*row as usize] = true;
            }
        }
        let pairs = shaped(self.shape, batch.num_rows(), pairs);
        self.gatherer.emit(batch, &self.table.rows, &pairs, &mut self.ready)?;
        self.probed = Probed::new(pairs.0, batch.num_rows());
        Ok(())
    }

    /// Built rows that nobody matched.
    fn rest(&mut self, schema: &arrow::datatypes::SchemaRef) -> Result<()> {
        let rows: Vec<u32> = (0..self.matched.len() as u32).filter(|row| !self.matched[*row as usize]).collect();
        let nothing = RecordBatch::new_empty(schema.clone());
        let pairs = (vec![NONE; rows.len()], rows);
        self.probed = Probed::default();
        self.gatherer.emit(&nothing, &self.table.rows, &pairs, &mut self.ready)
    }
}

impl Operator for HashJoin<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                self.probed.given += batch.num_rows();
                return Ok(Some(batch));
            }
            if self.done {
                return Ok(None);
            }
            match self.streamed.next()? {
                Some(batch) => self.probe(&batch)?,
                None => {
                    self.done = true;
                    if self.shape.keep_built {
                        let schema = self.gatherer.streamed_schema();
                        self.rest(&schema)?;
                    }
                }
            }
        }
    }

    fn unused(&mut self, rows: usize) {
        let unread = self.probed.unread(rows);
        self.streamed.unused(unread);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streamed_rows_behind_the_last_used_match_are_unread() {
        // Of ten streamed rows the second matches twice, the fifth and the eighth once.
        let mut probed = Probed::new(vec![1, 1, 4, 7], 10);
        probed.given = 4;
        assert_eq!(probed.unread(1), 5);
        assert_eq!(probed.unread(1), 3);
        assert_eq!(probed.unread(1), 0);
        assert_eq!(probed.unread(1), 2);
    }
}
