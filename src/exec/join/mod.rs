//! Joins: by hash table ([`hash`]), by merging sorted sides ([`merge`]), by trying all pairs ([`nested`]).
//!
//! Each finds pairs of row numbers first and gathers columns once. Rows come out in Spark's order: a hash join follows its streamed side,
//! and of several matches the last one built comes first; a sort-merge join follows the keys.

mod hash;
mod merge;
mod nested;
mod table;

use super::batch::{BATCH_ROWS, batch_of, schema_of};
use super::expression::Bound;
use super::runtime::{Rows, Runtime};
use crate::common::{Result, SparkError};
use crate::logical::expr::{Attribute, Expr};
use crate::logical::plan::JoinType;
use crate::physical::plan::{BuildSide, JoinAlgorithm, PhysicalPlan};
use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use std::collections::VecDeque;

/// The row number that stands for "no row".
pub(super) const NONE: u32 = u32::MAX;

/// The node's operator.
pub fn build<'a>(runtime: &'a Runtime<'a>, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
    let PhysicalPlan::Join { algorithm, .. } = plan else { return Err(SparkError::internal("not a join")) };
    match algorithm {
        JoinAlgorithm::BroadcastHash { build } | JoinAlgorithm::ShuffledHash { build } => {
            hash::build(runtime, plan, *build, partition)
        }
        JoinAlgorithm::SortMerge { .. } => merge::build(runtime, plan, partition),
        JoinAlgorithm::BroadcastNestedLoop { build } => nested::broadcast(runtime, plan, *build, partition),
        JoinAlgorithm::Cartesian => nested::cartesian(runtime, plan, partition),
    }
}

/// What becomes of rows, seen from the streamed side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Streamed rows without a match are given with nulls.
    pub keep_streamed: bool,
    /// Built rows without a match are given with nulls.
    pub keep_built: bool,
    pub semi: bool,
    pub anti: bool,
}

impl Shape {
    /// For a join type when `built` is the side in memory.
    pub fn of(join_type: JoinType, built: BuildSide) -> Result<Self> {
        let (left, right) = match join_type {
            JoinType::Inner | JoinType::Cross => (false, false),
            JoinType::LeftOuter => (true, false),
            JoinType::RightOuter => (false, true),
            JoinType::FullOuter => (true, true),
            JoinType::LeftSemi | JoinType::LeftAnti if built == BuildSide::Left => {
                return Err(SparkError::internal("a semi join cannot hold its left side"));
            }
            JoinType::LeftSemi | JoinType::LeftAnti => (false, false),
        };
        let (keep_streamed, keep_built) = if built == BuildSide::Right { (left, right) } else { (right, left) };
        Ok(Shape {
            keep_streamed,
            keep_built,
            semi: join_type == JoinType::LeftSemi,
            anti: join_type == JoinType::LeftAnti,
        })
    }
}

/// Gathers pairs of rows into batches, and tests the condition that goes beyond the keys.
pub(super) struct Gatherer {
    pub built_side: BuildSide,
    /// Only the streamed side's columns are given.
    streamed_only: bool,
    condition: Option<Bound>,
    /// All columns of both sides, for the condition.
    both: SchemaRef,
    streamed: SchemaRef,
    output: SchemaRef,
}

impl Gatherer {
    pub fn new(runtime: &Runtime<'_>, plan: &PhysicalPlan, built_side: BuildSide, partition: usize) -> Result<Self> {
        let PhysicalPlan::Join { join_type, condition, left, right, .. } = plan else {
            return Err(SparkError::internal("not a join"));
        };
        let streamed = schema_of(&if built_side == BuildSide::Right { left.output() } else { right.output() });
        let mut columns: Vec<Attribute> = left.output();
        columns.extend(right.output());
        let condition = condition.as_ref().map(|expr| runtime.bind_one(expr, &columns, partition)).transpose()?;
        Ok(Gatherer {
            built_side,
            streamed_only: matches!(join_type, JoinType::LeftSemi | JoinType::LeftAnti),
            condition,
            both: schema_of(&columns),
            streamed,
            output: schema_of(&plan.output()),
        })
    }

    pub fn streamed_schema(&self) -> SchemaRef {
        self.streamed.clone()
    }

    pub fn has_condition(&self) -> bool {
        self.condition.is_some()
    }

    /// Removes the pairs that do not satisfy the condition.
    pub fn test(&self, streamed: &RecordBatch, built: &RecordBatch, pairs: &mut (Vec<u32>, Vec<u32>)) -> Result<()> {
        let Some(condition) = &self.condition else { return Ok(()) };
        let mut kept: (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        for (left, right) in pairs.0.chunks(BATCH_ROWS).zip(pairs.1.chunks(BATCH_ROWS)) {
            let batch = self.columns(streamed, built, left, right, &self.both, false)?;
            let keep = condition.select(&batch)?;
            for at in keep.values().set_indices() {
                kept.0.push(left[at]);
                kept.1.push(right[at]);
            }
        }
        *pairs = kept;
        Ok(())
    }

    /// The output rows of these pairs.
    pub fn emit(
        &self,
        streamed: &RecordBatch,
        built: &RecordBatch,
        pairs: &(Vec<u32>, Vec<u32>),
        ready: &mut VecDeque<RecordBatch>,
    ) -> Result<()> {
        for (left, right) in pairs.0.chunks(BATCH_ROWS).zip(pairs.1.chunks(BATCH_ROWS)) {
            ready.push_back(self.columns(streamed, built, left, right, &self.output, self.streamed_only)?);
        }
        Ok(())
    }

    fn columns(
        &self,
        streamed: &RecordBatch,
        built: &RecordBatch,
        left: &[u32],
        right: &[u32],
        schema: &SchemaRef,
        streamed_only: bool,
    ) -> Result<RecordBatch> {
        let streamed_columns = taken(streamed, left)?;
        let columns = if streamed_only {
            streamed_columns
        } else {
            let built_columns = taken(built, right)?;
            match self.built_side {
                BuildSide::Right => streamed_columns.into_iter().chain(built_columns).collect(),
                BuildSide::Left => built_columns.into_iter().chain(streamed_columns).collect(),
            }
        };
        batch_of(schema, columns, left.len())
    }
}

fn taken(batch: &RecordBatch, rows: &[u32]) -> Result<Vec<ArrayRef>> {
    let all_in_order = rows.len() == batch.num_rows() && rows.iter().enumerate().all(|(i, row)| i as u32 == *row);
    if batch.num_rows() == 0 {
        let columns = batch.columns().iter();
        return Ok(columns.map(|column| arrow::array::new_null_array(column.data_type(), rows.len())).collect());
    }
    if all_in_order {
        return Ok(batch.columns().to_vec());
    }
    let indices: UInt32Array = if rows.contains(&NONE) {
        rows.iter().map(|row| (*row != NONE).then_some(*row)).collect()
    } else {
        UInt32Array::from(rows.to_vec())
    };
    batch.columns().iter().map(|column| Ok(take(column, &indices, None)?)).collect()
}

/// Turns the matches of one streamed batch (pairs ordered by streamed row) into output pairs.
pub(super) fn shaped(shape: Shape, rows: usize, pairs: (Vec<u32>, Vec<u32>)) -> (Vec<u32>, Vec<u32>) {
    if shape.semi || shape.anti {
        let mut matched = vec![false; rows];
        for row in &pairs.0 {
            matched[*row as usize] = true;
        }
        let kept: Vec<u32> = (0..rows as u32).filter(|row| matched[*row as usize] == shape.semi).collect();
        let nothing = vec![NONE; kept.len()];
        return (kept, nothing);
    }
    if !shape.keep_streamed {
        return pairs;
    }
    let mut all = (Vec::with_capacity(pairs.0.len() + rows), Vec::with_capacity(pairs.0.len() + rows));
    let mut at = 0;
    for row in 0..rows as u32 {
        let start = at;
        while at < pairs.0.len() && pairs.0[at] == row {
            all.0.push(row);
            all.1.push(pairs.1[at]);
            at += 1;
        }
        if at == start {
            all.0.push(row);
            all.1.push(NONE);
        }
    }
    all
}

/// Rows where some key is null.
pub(super) fn null_rows(keys: &[ArrayRef]) -> Option<arrow::buffer::NullBuffer> {
    keys.iter().fold(None, |all, key| arrow::buffer::NullBuffer::union(all.as_ref(), key.logical_nulls().as_ref()))
}

/// A text that two joins share only when they look keys up in the same way.
pub(super) fn signature(keys: &[Expr]) -> String {
    format!("{keys:?}")
}
