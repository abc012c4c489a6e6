//! Joins without keys: every streamed row meets every built row.

use super::{Gatherer, NONE, Shape, shaped};
use crate::common::{Result, SparkError};
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::logical::plan::JoinType;
use crate::physical::plan::{BuildSide, PhysicalPlan};
use arrow::record_batch::RecordBatch;
use std::collections::VecDeque;

/// Pairs tried at once.
const PAIRS: usize = 1 << 16;

struct NestedLoop<'a> {
    runtime: &'a Runtime<'a>,
    streamed: Rows<'a>,
    streamed_plan: &'a PhysicalPlan,
    built: RecordBatch,
    shape: Shape,
    gatherer: Gatherer,
    /// This task also gives the built rows that no task matches.
    gives_rest: bool,
    matched: Vec<bool>,
    ready: VecDeque<RecordBatch>,
    done: bool,
    partition: usize,
}

/// One side is a broadcast.
pub fn broadcast<'a>(
    runtime: &'a Runtime<'a>,
    plan: &'a PhysicalPlan,
    built: BuildSide,
    partition: usize,
) -> Result<Rows<'a>> {
    let PhysicalPlan::Join { join_type, left, right, .. } = plan else {
        return Err(SparkError::internal("not a join"));
    };
    let (streamed_plan, built_plan) = if built == BuildSide::Right { (left, right) } else { (right, left) };
    let shape = match (join_type, built) {
        // The left side of a semi join in memory: its rows are kept or dropped at the end.
        (JoinType::LeftSemi | JoinType::LeftAnti, BuildSide::Left) => {
            return Err(SparkError::internal("a semi join cannot hold its left side"));
        }
        _ => Shape::of(*join_type, built)?,
    };
    let built_rows = runtime.drain(&mut runtime.build(built_plan, 0)?, &built_plan.output())?;
    nested(runtime, plan, streamed_plan, (built, built_rows), shape, partition, partition)
}

/// Partition `p` pairs left partition `p / n` with right partition `p % n`.
pub fn cartesian<'a>(runtime: &'a Runtime<'a>, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
    let PhysicalPlan::Join { join_type, left, right, .. } = plan else {
        return Err(SparkError::internal("not a join"));
    };
    let columns = right.partitions().max(1);
    let built_rows = runtime.drain(&mut runtime.build(right, partition % columns)?, &right.output())?;
    let shape = Shape::of(*join_type, BuildSide::Right)?;
    nested(runtime, plan, left, (BuildSide::Right, built_rows), shape, partition / columns, partition)
}

fn nested<'a>(
    runtime: &'a Runtime<'a>,
    plan: &'a PhysicalPlan,
    streamed_plan: &'a PhysicalPlan,
    (side, built): (BuildSide, RecordBatch),
    shape: Shape,
    streamed_partition: usize,
    partition: usize,
) -> Result<Rows<'a>> {
    Ok(Box::new(NestedLoop {
        runtime,
        streamed: runtime.build(streamed_plan, streamed_partition)?,
        streamed_plan,
        gatherer: Gatherer::new(runtime, plan, side, partition)?,
        gives_rest: shape.keep_built && streamed_partition == 0,
        matched: vec![false; built.num_rows()],
        built,
        shape,
        ready: VecDeque::new(),
        done: false,
        partition: streamed_partition,
    }))
}

impl NestedLoop<'_> {
    fn matches(&mut self, batch: &RecordBatch) -> Result<(Vec<u32>, Vec<u32>)> {
        let (rows, built) = (batch.num_rows(), self.built.num_rows());
        let mut all = (Vec::new(), Vec::new());
        if built == 0 {
            return Ok(all);
        }
        let step = (PAIRS / built).max(1);
        for start in (0..rows).step_by(step) {
            self.runtime.context.check_cancelled()?;
            let mut pairs = (Vec::new(), Vec::new());
            for row in start..(start + step).min(rows) {
                pairs.0.extend(std::iter::repeat_n(row as u32, built));
                pairs.1.extend(0..built as u32);
            }
            self.gatherer.test(batch, &self.built, &mut pairs)?;
            all.0.append(&mut pairs.0);
            all.1.append(&mut pairs.1);
        }
        if self.shape.keep_built {
            for row in &all.1 {
                self.matched[*row as usize] = true;
            }
        }
        Ok(all)
    }

    /// Built rows that no partition of the streamed side matches.
    fn rest(&mut self) -> Result<()> {
        let own = self.partition;
        for partition in (0..self.streamed_plan.partitions()).filter(|other| *other != own) {
            let mut rows = self.runtime.build(self.streamed_plan, partition)?;
            while let Some(batch) = rows.next()? {
                self.matches(&batch)?;
            }
        }
        let rows: Vec<u32> = (0..self.matched.len() as u32).filter(|row| !self.matched[*row as usize]).collect();
        let nothing = RecordBatch::new_empty(self.gatherer.streamed_schema());
        let pairs = (vec![NONE; rows.len()], rows);
        self.gatherer.emit(&nothing, &self.built, &pairs, &mut self.ready)
    }
}

impl Operator for NestedLoop<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            if self.done {
                return Ok(None);
            }
            if let Some(batch) = self.streamed.next()? {
                let pairs = self.matches(&batch)?;
                let pairs = shaped(self.shape, batch.num_rows(), pairs);
                self.gatherer.emit(&batch, &self.built, &pairs, &mut self.ready)?;
            } else {
                self.done = true;
                if self.gives_rest {
                    self.rest()?;
                }
            }
        }
    }
}
