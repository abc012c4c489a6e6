//! The sort-merge join: both sides in key order, walked side by side. Its order is what a script sees without `orderBy`.
//!
//! Sides that the plan has sorted already are taken as they come, some batches at a time: rows whose keys are smaller than the last key
//! of both sides have met all they can meet. So memory holds a stretch of both sides, and all rows of the greatest key.
//!
//! ```text
//!   left   1 2 2 5 6 │        complete: keys below 4
//!   right  2 3 4     │ …      what is left waits for more of the right side
//! ```

use super::{Gatherer, NONE, Shape, null_rows};
use crate::common::{Result, SparkError};
use crate::exec::batch::{BATCH_ROWS, concat, row_bytes, schema_of, take_rows};
use crate::exec::expression::{Bound, evaluate_all};
use crate::exec::keys::{normalized, sorted_order};
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::logical::expr::Expr;
use crate::logical::plan::JoinType;
use crate::physical::plan::{BuildSide, PhysicalPlan};
use arrow::array::{Array, ArrayRef};
use arrow::compute::SortOptions;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, Rows as EncodedRows, SortField};
use std::cmp::Ordering;
use std::collections::VecDeque;

/// Rows taken from a side at a time.
const STRETCH_ROWS: usize = 8 * BATCH_ROWS;

/// Sorted rows of one side, their encoded keys, and which have a null key.
struct Side {
    rows: RecordBatch,
    keys: EncodedRows,
    nulls: Option<arrow::buffer::NullBuffer>,
    /// Rows to be joined now.
    count: usize,
}

impl Side {
    fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    fn len(&self) -> usize {
        self.count
    }

    /// The greatest key there is.
    fn last(&self) -> Option<&[u8]> {
        self.rows.num_rows().checked_sub(1).map(|last| self.keys.row(last).data())
    }

    /// How many rows have a smaller key.
    fn below(&self, key: &[u8]) -> usize {
        let (mut from, mut to) = (0, self.rows.num_rows());
        while from < to {
            let middle = usize::midpoint(from, to);
            if self.keys.row(middle).data() < key { from = middle + 1 } else { to = middle }
        }
        from
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

/// Where a side's rows come from.
struct Source<'a> {
    rows: Rows<'a>,
    keys: Vec<Bound>,
    schema: SchemaRef,
    is_sorted: bool,
    /// Rows that wait for more of the other side.
    waiting: Vec<RecordBatch>,
    done: bool,
}

struct MergeJoin<'a> {
    runtime: &'a Runtime<'a>,
    streamed: Source<'a>,
    built: Source<'a>,
    shape: Shape,
    gatherer: Gatherer,
    ready: VecDeque<RecordBatch>,
    started: bool,
}

pub fn build<'a>(runtime: &'a Runtime<'a>, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
    let PhysicalPlan::Join { join_type, left_keys, right_keys, left, right, .. } = plan else {
        return Err(SparkError::internal("not a join"));
    };
    // The outer side of a right join is streamed.
    let built = if *join_type == JoinType::RightOuter { BuildSide::Left } else { BuildSide::Right };
    let source = |plan: &'a PhysicalPlan, keys: &[Expr]| -> Result<Source<'a>> {
        let columns = plan.output();
        Ok(Source {
            rows: runtime.build(plan, partition)?,
            keys: runtime.bind(keys, &columns, partition)?,
            schema: schema_of(&columns),
            is_sorted: is_sorted(plan, keys),
            waiting: Vec::new(),
            done: false,
        })
    };
    let (left, right) = (source(left, left_keys)?, source(right, right_keys)?);
    let (streamed, built_source) = if built == BuildSide::Right { (left, right) } else { (right, left) };
    Ok(Box::new(MergeJoin {
        runtime,
        streamed,
        built: built_source,
        shape: Shape::of(*join_type, built)?,
        gatherer: Gatherer::new(runtime, plan, built, partition)?,
        ready: VecDeque::new(),
        started: false,
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

const ASCENDING: SortOptions = SortOptions { descending: false, nulls_first: true };

impl Source<'_> {
    fn key_columns(&self, all: &RecordBatch) -> Result<Vec<ArrayRef>> {
        Ok(evaluate_all(&self.keys, all)?.into_iter().map(normalized).collect())
    }

    /// Takes some more rows; all of them when they have to be sorted first.
    fn pull(&mut self) -> Result<()> {
        let mut rows = 0;
        while rows < STRETCH_ROWS || !self.is_sorted {
            let Some(batch) = self.rows.next()? else {
                self.done = true;
                break;
            };
            rows += batch.num_rows();
            self.waiting.push(batch);
        }
        if !self.is_sorted {
            let all = concat(&self.schema, &self.waiting)?;
            let columns = self.key_columns(&all)?;
            let order = sorted_order(&columns, &vec![ASCENDING; columns.len()])?;
            self.waiting = vec![take_rows(&all, &order)?];
            self.is_sorted = true;
        }
        Ok(())
    }

    /// All rows that are here.
    fn side(&self) -> Result<Side> {
        let rows = concat(&self.schema, &self.waiting)?;
        let columns = self.key_columns(&rows)?;
        let fields =
            columns.iter().map(|column| SortField::new_with_options(column.data_type().clone(), ASCENDING)).collect();
        let keys = RowConverter::new(fields)?.convert_columns(&columns)?;
        Ok(Side { nulls: null_rows(&columns), count: rows.num_rows(), rows, keys })
    }

    /// Whether every row was joined.
    fn is_finished(&self) -> bool {
        self.done && self.waiting.is_empty()
    }

    /// Keeps what was not joined.
    fn keep_rest(&mut self, side: &Side) {
        let left = side.rows.num_rows() - side.count;
        self.waiting = if left == 0 { Vec::new() } else { vec![side.rows.slice(side.count, left)] };
    }
}

impl MergeJoin<'_> {
    /// Joins what is complete, and takes more of the side that held it up. False when there is nothing more.
    fn step(&mut self) -> Result<bool> {
        if !std::mem::replace(&mut self.started, true) {
            self.streamed.pull()?;
            self.built.pull()?;
        }
        let (mut streamed, mut built) = (self.streamed.side()?, self.built.side()?);
        let bytes = row_bytes(&streamed.rows) + row_bytes(&built.rows);
        self.runtime.holds(bytes as usize);
        // A side that is done holds nothing up; one without rows holds up everything.
        let limit = |source: &Source<'_>, side: &Side| (!source.done).then(|| side.last().unwrap_or(&[]).to_vec());
        let (first, second) = (limit(&self.streamed, &streamed), limit(&self.built, &built));
        let bound = match (&first, &second) {
            (Some(first), Some(second)) => Some(first.min(second)),
            (one, other) => one.as_ref().or(other.as_ref()),
        };
        if let Some(bound) = bound {
            streamed.count = streamed.below(bound);
            built.count = built.below(bound);
        }
        self.join(&streamed, &built)?;
        self.streamed.keep_rest(&streamed);
        self.built.keep_rest(&built);
        let Some(bound) = bound else { return Ok(false) };
        if first.as_ref() == Some(bound) {
            self.streamed.pull()?;
        }
        if second.as_ref() == Some(bound) {
            self.built.pull()?;
        }
        Ok(true)
    }

    fn join(&mut self, streamed: &Side, built: &Side) -> Result<()> {
        let (streamed_rows, built_rows) = (streamed.rows.slice(0, streamed.count), built.rows.slice(0, built.count));
        let mut candidates = candidates(streamed, built);
        if self.gatherer.has_condition() {
            self.gatherer.test(&streamed_rows, &built_rows, &mut candidates)?;
        }
        let pairs = if self.shape.keep_built {
            full(streamed, built, &candidates)
        } else {
            super::shaped(self.shape, streamed.len(), candidates)
        };
        self.gatherer.emit(&streamed_rows, &built_rows, &pairs, &mut self.ready)
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
        let mut goes_on = !(self.started && self.streamed.is_finished() && self.built.is_finished());
        while self.ready.is_empty() && goes_on {
            goes_on = self.step()?;
        }
        Ok(self.ready.pop_front())
    }
}
