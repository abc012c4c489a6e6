//! The first rows of each group, by rank.
//!
//! The rows arrive sorted by group and order, so a rank is a matter of counting: no column of ranks is made.

use super::Runs;
use crate::common::{Result, SparkError};
use crate::exec::batch::{BATCH_ROWS, pieces};
use crate::exec::expression::{Bound, evaluate_all};
use crate::exec::operators::Ready;
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::logical::expr::{Attribute, Expr};
use crate::physical::plan::PhysicalPlan;
use arrow::array::BooleanArray;
use arrow::compute::filter_record_batch;
use arrow::record_batch::RecordBatch;

#[derive(Clone, Copy)]
enum Rank {
    /// `row_number`: every row has a number of its own.
    Single,
    /// `rank`: peers share the number of the first.
    Gaps,
    /// `dense_rank`: peers share a number, the next follows it.
    Dense,
}

struct GroupLimit<'a> {
    runtime: &'a Runtime<'a>,
    input: Rows<'a>,
    columns: Vec<Attribute>,
    partition_by: Vec<Bound>,
    order_by: Vec<Bound>,
    rank: Rank,
    limit: usize,
    ready: Option<Ready>,
}

/// The node's operator.
///
/// # Errors
/// For a function that is not a rank.
pub(in crate::exec) fn build<'a>(
    runtime: &'a Runtime<'a>,
    plan: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let PhysicalPlan::WindowGroupLimit { partition_by, order_by, function, limit, input, .. } = plan else {
        return Err(SparkError::internal("not a group limit"));
    };
    let Expr::WindowFunction { function, .. } = function else {
        return Err(SparkError::internal("a group limit needs a ranking function"));
    };
    let rank = match function.name {
        "row_number" => Rank::Single,
        "rank" => Rank::Gaps,
        "dense_rank" => Rank::Dense,
        other => return Err(SparkError::internal(format!("{other} does not rank"))),
    };
    let columns = input.output();
    let order: Vec<Expr> = order_by.iter().map(|key| key.child.clone()).collect();
    Ok(Box::new(GroupLimit {
        runtime,
        input: runtime.build(input, partition)?,
        partition_by: runtime.bind(partition_by, &columns, partition)?,
        order_by: runtime.bind(&order, &columns, partition)?,
        columns,
        rank,
        limit: *limit,
        ready: None,
    }))
}

impl GroupLimit<'_> {
    fn compute(&mut self) -> Result<Vec<RecordBatch>> {
        let rows = self.runtime.drain(&mut self.input, &self.columns)?;
        let count = rows.num_rows();
        if count == 0 {
            return Ok(Vec::new());
        }
        let groups = Runs::new(&evaluate_all(&self.partition_by, &rows)?, count, None)?;
        let mask = match self.rank {
            Rank::Single => (0..count).map(|row| row - groups.around(row).0 < self.limit).collect(),
            Rank::Gaps | Rank::Dense => {
                let peers = Runs::new(&evaluate_all(&self.order_by, &rows)?, count, Some(&groups))?;
                self.ranked(&groups, &peers, count)
            }
        };
        let kept = filter_record_batch(&rows, &mask)?;
        Ok(pieces(&kept, BATCH_ROWS).collect())
    }

    fn ranked(&self, groups: &Runs, peers: &Runs, count: usize) -> BooleanArray {
        let before = |row: usize| {
            let start = groups.around(row).0;
            match self.rank {
                Rank::Dense => (peers.of_row[row] - peers.of_row[start]) as usize,
                Rank::Single | Rank::Gaps => peers.around(row).0 - start,
            }
        };
        (0..count).map(|row| before(row) < self.limit).collect()
    }
}

impl Operator for GroupLimit<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.ready.is_none() {
            self.ready = Some(Ready::new(self.compute()?));
        }
        self.ready.as_mut().map_or(Ok(None), Operator::next)
    }
}
