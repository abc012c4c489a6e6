//! Filters, and how many rows they had read.
//!
//! Spark's readers of CSV and JSON apply the conditions that a data source understands (`PushedFilters`) themselves, and count the rows that
//! pass as read. Here a reader gives all rows, the filter above it says which of them count.
//!
//! ```text
//!   scan ──▶ batches ──▶ select ──▶ coalescer ──▶ full batches ──▶ a limit that has enough: "of these, 8000 were not used"
//!    ▲                      └─ what was kept of each batch ◀───────────────────────────────────────────┘
//!    └── unused: rows after the last one that was used, and those that do not count
//! ```
//!
//! **Simplified:** where a value of a condition's column cannot be read, Spark's reader does not apply that condition to the row; here it
//! does not count as read.

use crate::common::Result;
use crate::exec::batch::{BATCH_ROWS, filter_rows};
use crate::exec::expression::Bound;
use crate::exec::runtime::{LeftOver, Operator, Rows, Runtime};
use crate::logical::expr::Expr;
use crate::logical::plan::FileFormat;
use crate::logical::rewrite::{conjunction, conjuncts};
use crate::physical::explain;
use crate::physical::plan::PhysicalPlan;
use arrow::array::BooleanArray;
use arrow::compute::BatchCoalescer;
use arrow::record_batch::RecordBatch;
use std::collections::VecDeque;

struct Filter<'a> {
    input: Rows<'a>,
    condition: Bound,
    counted: Counted,
    gathered: Gathered,
    done: bool,
    passed: Passed,
}

/// Which rows of its input count as read.
enum Counted {
    All,
    /// Those that it keeps: its input's reader knows the whole condition.
    Kept,
    /// Those that satisfy the part which the reader knows.
    Known(Box<Bound>),
}

/// Rows whose condition is true. Few survivors are gathered into full batches.
pub fn filter<'a>(
    runtime: &'a Runtime<'a>,
    condition: &Expr,
    input: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let columns = input.output();
    let counted = match known_to_the_reader(runtime, condition, input) {
        (None, _) => Counted::All,
        (Some(_), true) => Counted::Kept,
        (Some(known), false) => Counted::Known(Box::new(runtime.bind_one(&known, &columns, partition)?)),
    };
    let condition = runtime.bind_one(condition, &columns, partition)?;
    let input = runtime.build(input, partition)?;
    let (gathered, passed) = (Gathered::default(), Passed::default());
    Ok(Box::new(Filter { input, condition, counted, gathered, done: false, passed }))
}

/// The part of a condition that Spark's reader of row formats applies itself, and whether that is all of it.
fn known_to_the_reader(runtime: &Runtime<'_>, condition: &Expr, input: &PhysicalPlan) -> (Option<Expr>, bool) {
    let PhysicalPlan::FileScan(scan) = input else { return (None, false) };
    let switch = match scan.scan.format {
        FileFormat::Csv => "spark.sql.csv.filterPushdown.enabled",
        FileFormat::Json => "spark.sql.json.filterPushdown.enabled",
        FileFormat::Parquet | FileFormat::Text => return (None, false),
    };
    if runtime.context.conf.get(switch) == Some("false") {
        return (None, false);
    }
    let parts = conjuncts(condition);
    let all = parts.len();
    let known: Vec<Expr> = parts
        .into_iter()
        .filter(|part| scan.scan.pushed_filters.contains(part) && explain::is_source_filter(part))
        .collect();
    let is_all = known.len() == all;
    (conjunction(known), is_all)
}

impl Filter<'_> {
    /// Says of a batch how many of its rows do not count as read; the others' flags, unless all do.
    fn count(&mut self, batch: &RecordBatch, keep: &BooleanArray) -> Result<Option<BooleanArray>> {
        let read = match &self.counted {
            Counted::All => return Ok(None),
            Counted::Kept => keep.clone(),
            Counted::Known(known) => known.select(batch)?,
        };
        self.input.unused(batch.num_rows() - read.true_count());
        Ok(Some(read))
    }
}

impl Operator for Filter<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        self.passed.forget_used();
        loop {
            if let Some(batch) = self.gathered.take() {
                self.passed.given += batch.num_rows();
                return Ok(Some(batch));
            }
            if self.done {
                return Ok(None);
            }
            let Some(batch) = self.input.next()? else {
                self.done = true;
                self.gathered.finish()?;
                continue;
            };
            let keep = self.condition.select(&batch)?;
            let read = self.count(&batch, &keep)?;
            let kept = keep.true_count();
            if kept > 0 {
                self.gathered.add(batch, &keep, kept)?;
            }
            self.passed.add(keep, kept, read);
        }
    }

    fn unused(&mut self, rows: usize) {
        let unread = self.passed.unread(rows);
        self.input.unused(unread);
    }
}

/// Few survivors of many batches, gathered into full ones. A partition that has only one batch, as small ones do, pays nothing for it.
#[derive(Default)]
struct Gathered {
    ready: Option<RecordBatch>,
    /// The first few, until others come.
    few: Option<RecordBatch>,
    coalescer: Option<BatchCoalescer>,
}

impl Gathered {
    /// A full batch.
    fn take(&mut self) -> Option<RecordBatch> {
        self.ready.take().or_else(|| self.coalescer.as_mut()?.next_completed_batch())
    }

    /// Some rows of a batch, at least one.
    fn add(&mut self, batch: RecordBatch, keep: &BooleanArray, kept: usize) -> Result<()> {
        let Some(coalescer) = &mut self.coalescer else {
            let rows = if kept == batch.num_rows() { batch } else { filter_rows(&batch, keep)? };
            return self.add_first(rows);
        };
        if kept == batch.num_rows() {
            coalescer.push_batch(batch)?;
        } else {
            coalescer.push_batch_with_filter(batch, keep)?;
        }
        Ok(())
    }

    fn add_first(&mut self, rows: RecordBatch) -> Result<()> {
        match self.few.take() {
            // Rows without columns need no copying.
            None if rows.num_columns() == 0 || rows.num_rows() > BATCH_ROWS / 2 => self.ready = Some(rows),
            None => self.few = Some(rows),
            Some(few) => {
                let coalescer = BatchCoalescer::new(rows.schema(), BATCH_ROWS)
                    .with_biggest_coalesce_batch_size(Some(BATCH_ROWS / 2));
                let coalescer = self.coalescer.insert(coalescer);
                coalescer.push_batch(few)?;
                coalescer.push_batch(rows)?;
            }
        }
        Ok(())
    }

    /// No more rows come.
    fn finish(&mut self) -> Result<()> {
        self.ready = self.few.take();
        if let Some(coalescer) = &mut self.coalescer {
            coalescer.finish_buffered_batch()?;
        }
        Ok(())
    }
}

/// What was kept of the batches that the last given rows came from.
#[derive(Default)]
struct Passed {
    batches: VecDeque<Part>,
    /// Rows that were kept, and those of them that were given.
    kept: usize,
    given: usize,
    left_over: LeftOver,
}

/// What was kept of one batch.
struct Part {
    /// How many rows were kept before it.
    before: usize,
    keep: BooleanArray,
    /// Rows that count as read; all when absent.
    read: Option<BooleanArray>,
}

impl Passed {
    /// Of a batch, `kept` rows were kept.
    fn add(&mut self, keep: BooleanArray, kept: usize, read: Option<BooleanArray>) {
        self.batches.push_back(Part { before: self.kept, keep, read });
        self.kept += kept;
    }

    /// Who asks for more has used what was given.
    fn forget_used(&mut self) {
        while self.batches.get(1).is_some_and(|next| next.before <= self.given) {
            self.batches.pop_front();
        }
    }

    /// How many more rows of the input nobody looked at, when so many more of the given rows were not used.
    fn unread(&mut self, rows: usize) -> usize {
        let batches = &self.batches;
        self.left_over.more(self.given, rows, |used| batches.iter().map(|part| part.unread(used)).sum())
    }
}

impl Part {
    /// The rows behind the one that made the used rows full.
    fn unread(&self, used: usize) -> usize {
        let last = used.checked_sub(self.before + 1).map(|place| self.keep.values().set_indices().nth(place));
        let looked_at = match last {
            // The used rows were full before this batch.
            None => 0,
            Some(Some(row)) => row + 1,
            Some(None) => self.keep.len(),
        };
        match &self.read {
            None => self.keep.len() - looked_at,
            Some(read) => read.values().slice(looked_at, read.len() - looked_at).count_set_bits(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(text: &str) -> BooleanArray {
        text.chars().map(|flag| Some(flag == 'x')).collect()
    }

    #[test]
    fn what_stands_behind_the_last_used_row_is_unread() {
        let mut passed = Passed::default();
        for batch in ["..x.", "....", "xx.x", "x..."] {
            passed.add(flags(batch), batch.matches('x').count(), None);
        }
        passed.given = 5;
        // The third row that passed stands at the second place of the third batch.
        assert_eq!(passed.unread(2), 2 + 4);
        assert_eq!(passed.unread(1), 1);
        assert_eq!(passed.unread(2), 4 + 1 + 4);
    }

    #[test]
    fn rows_that_the_reader_drops_are_not_unread_again() {
        let mut passed = Passed::default();
        passed.add(flags("..x.x"), 2, Some(flags(".xx.x")));
        passed.given = 2;
        assert_eq!(passed.unread(1), 1);
    }

    #[test]
    fn batches_whose_rows_were_used_are_forgotten() {
        let mut passed = Passed::default();
        passed.add(flags("xx"), 2, None);
        passed.add(flags(".."), 0, None);
        passed.add(flags("xx"), 2, None);
        passed.given = 2;
        passed.forget_used();
        assert_eq!(passed.batches.len(), 1);
        passed.given = 4;
        assert_eq!(passed.unread(1), 1);
    }
}
