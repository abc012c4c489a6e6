//! The sort-merge join: both sides in key order, walked side by side. Its order is what a script sees without `orderBy`.
//!
//! Sides that the plan has sorted already are taken as they are.

use super::{Gatherer, NONE, Shape, null_rows};
use crate::common::{Result, SparkError};
use crate::exec::batch::take_rows;
use crate::exec::expression::{Bound, evaluate_all};
use crate::exec::keys::{normalized, sorted_order};
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::logical::expr::Expr;
use crate::logical::plan::JoinType;
use crate::physical::plan::{BuildSide, PhysicalPlan};
use arrow::array::{Array, ArrayRef};
use arrow::compute::SortOptions;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, Rows as EncodedRows, SortField};
use std::cmp::Ordering;
use std::collections::VecDeque;

/// One side: sorted rows, their encoded keys, and which have a null key.
struct Side {
    rows: RecordBatch,
    keys: EncodedRows,
    nulls: Option<arrow::buffer::NullBuffer>,
}

impl Side {
    fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    fn len(&self) -> usize {
        self.rows.num_rows()
    }

    /// The end of the run of equal keys that starts at `row`.
    fn run(&self, row: usize) -> usize {
        let mut end = row + 1;
        while end < self.len() && self.keys.row(end) == self.keys.row(row) {
            end += 1;
        }
        end
    }
}

struct MergeJoin<'a> {
    left: Rows<'a>,
    right: Rows<'a>,
    plan: &'a PhysicalPlan,
    runtime: &'a Runtime<'a>,
    left_keys: Vec<Bound>,
    right_keys: Vec<Bound>,
    shape: Shape,
    gatherer: Gatherer,
    ready: VecDeque<RecordBatch>,
    done: bool,
}

pub fn build<'a>(runtime: &'a Runtime<'a>, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
    let PhysicalPlan::Join { join_type, left_keys, right_keys, left, right, .. } = plan else {
        return Err(SparkError::internal("not a join"));
    };
    // The outer side of a right join is streamed.
    let built = if *join_type == JoinType::RightOuter { BuildSide::Left } else { BuildSide::Right };
    Ok(Box::new(MergeJoin {
        left: runtime.build(left, partition)?,
        right: runtime.build(right, partition)?,
        plan,
        runtime,
        left_keys: runtime.bind(left_keys, &left.output(), partition)?,
        right_keys: runtime.bind(right_keys, &right.output(), partition)?,
        shape: Shape::of(*join_type, built)?,
        gatherer: Gatherer::new(runtime, plan, built, partition)?,
        ready: VecDeque::new(),
        done: false,
    }))
}

/// Whether the plan has sorted its rows by these keys.
fn is_sorted(plan: &PhysicalPlan, keys: &[Expr]) -> bool {
    match plan {
        PhysicalPlan::Sort { order, .. } => {
            order.len() >= keys.len()
                && order
                    .iter()
                    .zip(keys)
                    .all(|(order, key)| order.ascending && order.nulls_first && order.child == *key)
        }
        _ => false,
    }
}

fn side(
    runtime: &Runtime<'_>,
    rows: &mut Rows<'_>,
    plan: &PhysicalPlan,
    keys: &[Bound],
    exprs: &[Expr],
) -> Result<Side> {
    let all = runtime.drain(rows, &plan.output())?;
    let columns: Vec<ArrayRef> = evaluate_all(keys, &all)?.into_iter().map(normalized).collect();
    let ascending = SortOptions { descending: false, nulls_first: true };
    let (all, columns) = if is_sorted(plan, exprs) {
        (all, columns)
    } else {
        let order = sorted_order(&columns, &vec![ascending; columns.len()])?;
        let columns = columns
            .iter()
            .map(|column| arrow::compute::take(column, &order, None))
            .collect::<arrow::error::Result<Vec<_>>>()?;
        (take_rows(&all, &order)?, columns)
    };
    let fields =
        columns.iter().map(|column| SortField::new_with_options(column.data_type().clone(), ascending)).collect();
    let keys = RowConverter::new(fields)?.convert_columns(&columns)?;
    Ok(Side { nulls: null_rows(&columns), rows: all, keys })
}

impl MergeJoin<'_> {
    fn join(&mut self) -> Result<()> {
        let PhysicalPlan::Join { left_keys, right_keys, left, right, .. } = self.plan else {
            return Err(SparkError::internal("not a join"));
        };
        let left = side(self.runtime, &mut self.left, left, &self.left_keys, left_keys)?;
        let right = side(self.runtime, &mut self.right, right, &self.right_keys, right_keys)?;
        let (streamed, built) = match self.gatherer.built_side {
            BuildSide::Right => (left, right),
            BuildSide::Left => (right, left),
        };
        let mut candidates = candidates(&streamed, &built);
        if self.gatherer.has_condition() {
            self.gatherer.test(&streamed.rows, &built.rows, &mut candidates)?;
        }
        let pairs = if self.shape.keep_built {
            full(&streamed, &built, &candidates)
        } else {
            super::shaped(self.shape, streamed.len(), candidates)
        };
        self.gatherer.emit(&streamed.rows, &built.rows, &pairs, &mut self.ready)
    }
}

/// Pairs with equal keys, by streamed row.
fn candidates(streamed: &Side, built: &Side) -> (Vec<u32>, Vec<u32>) {
    let mut pairs = (Vec::new(), Vec::new());
    let (mut i, mut j) = (0, 0);
    while i < streamed.len() && j < built.len() {
        if streamed.is_null(i) {
            i += 1;
            continue;
        }
        if built.is_null(j) {
            j += 1;
            continue;
        }
        match streamed.keys.row(i).cmp(&built.keys.row(j)) {
            Ordering::Less => i += 1,
            Ordering::Greater => j += 1,
            Ordering::Equal => {
                let (i_end, j_end) = (streamed.run(i), built.run(j));
                for row in i..i_end {
                    for other in j..j_end {
                        pairs.0.push(row as u32);
                        pairs.1.push(other as u32);
                    }
                }
                (i, j) = (i_end, j_end);
            }
        }
    }
    pairs
}

/// All rows of both sides in key order, matched where `matches` says so.
fn full(streamed: &Side, built: &Side, matches: &(Vec<u32>, Vec<u32>)) -> (Vec<u32>, Vec<u32>) {
    let mut matched = vec![false; built.len()];
    for row in &matches.1 {
        matched[*row as usize] = true;
    }
    let mut pairs = (Vec::new(), Vec::new());
    let (mut at, mut j) = (0, 0);
    let mut i = 0;
    while i < streamed.len() || j < built.len() {
        let order = if i == streamed.len() {
            Ordering::Greater
        } else if j == built.len() || streamed.is_null(i) {
            Ordering::Less
        } else if built.is_null(j) {
            Ordering::Greater
        } else {
            streamed.keys.row(i).cmp(&built.keys.row(j))
        };
        let (i_end, j_end) = match order {
            Ordering::Less => (i + 1, j),
            Ordering::Greater => (i, j + 1),
            Ordering::Equal => (streamed.run(i), built.run(j)),
        };
        for row in i..i_end {
            let start = at;
            while at < matches.0.len() && matches.0[at] == row as u32 {
                pairs.0.push(row as u32);
                pairs.1.push(matches.1[at]);
                at += 1;
            }
            if at == start {
                pairs.0.push(row as u32);
                pairs.1.push(NONE);
            }
        }
        for row in (j..j_end).filter(|row| !matched[*row]) {
            pairs.0.push(NONE);
            pairs.1.push(row as u32);
        }
        (i, j) = (i_end, j_end);
    }
    pairs
}

impl Operator for MergeJoin<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        if !std::mem::replace(&mut self.done, true) {
            self.join()?;
        }
        Ok(self.ready.pop_front())
    }
}
