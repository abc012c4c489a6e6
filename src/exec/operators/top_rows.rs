//! The first rows of an order, without sorting everything.
//!
//! [`Selector`] picks as Spark does (`TopKSelector` of Guava): it keeps up to twice as many rows as are wanted and then parts them, which
//! does not keep the order of equal keys. Which of several equal rows come, and in which order, is thus Spark's.
//!
//! ```text
//!   each partition   ─ select ─▶ its first rows, in order
//!   on the driver    ─ merge, equal keys by partition ─▶ result
//!   inside a plan    ─ select once more ─▶ result
//! ```

use crate::common::Result;
use crate::exec::batch::{batch_of, concat, schema_of, take_rows};
use crate::exec::expression::{Bound, evaluate_all};
use crate::exec::keys::SortKeys;
use crate::exec::operators::leaves::Ready;
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::logical::expr::{Attribute, Expr, SortOrder};
use crate::physical::plan::PhysicalPlan;
use arrow::compute::interleave_record_batch;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use std::ops::Range;

/// Rows that may be held for the chosen ones; then the chosen are copied.
const MOST_HELD: usize = 1 << 16;

/// From so many wanted rows on everything is sorted, as in Spark.
const SORTS_ALL: usize = i32::MAX as usize / 2;

/// A row by its batch and its place in there.
type Place = (usize, usize);

/// Picks the least `wanted` of the elements offered.
struct Selector {
    wanted: usize,
    kept: Vec<(Box<[u8]>, Place)>,
    /// The greatest key of the first `wanted`.
    threshold: Box<[u8]>,
}

impl Selector {
    fn new(wanted: usize) -> Self {
        Selector { wanted, kept: Vec::new(), threshold: Box::default() }
    }

    fn offer(&mut self, key: &[u8], place: Place) {
        if self.kept.len() < self.wanted {
            if self.kept.is_empty() || *key > *self.threshold {
                self.threshold = key.into();
            }
            self.kept.push((key.into(), place));
        } else if *key < *self.threshold {
            self.kept.push((key.into(), place));
            if self.kept.len() == self.wanted * 2 {
                self.trim();
            }
        }
    }

    /// Brings the least `wanted` to the front and drops the others.
    fn trim(&mut self) {
        let (mut left, mut right) = (0, self.kept.len() - 1);
        let mut least_place_of_threshold = 0;
        let most = 3 * usize::BITS.saturating_sub((right - left).saturating_sub(1).leading_zeros());
        let mut rounds = 0;
        while left < right {
            let pivot = self.part(left, right, (left + right).div_ceil(2));
            match pivot.cmp(&self.wanted) {
                std::cmp::Ordering::Greater => right = pivot - 1,
                std::cmp::Ordering::Less => {
                    left = pivot.max(left + 1);
                    least_place_of_threshold = pivot;
                }
                std::cmp::Ordering::Equal => break,
            }
            rounds += 1;
            if rounds >= most {
                self.kept[left..=right].sort_by(|a, b| a.0.cmp(&b.0));
                break;
            }
        }
        self.kept.truncate(self.wanted);
        let greatest = self.kept[least_place_of_threshold..].iter().map(|(key, _)| key).max();
        self.threshold = greatest.cloned().unwrap_or_default();
    }

    /// Brings what is less than the pivot before it; gives the pivot's new place.
    fn part(&mut self, left: usize, right: usize, pivot: usize) -> usize {
        self.kept.swap(pivot, right);
        let mut next = left;
        for at in left..right {
            if self.kept[at].0 < self.kept[right].0 {
                self.kept.swap(next, at);
                next += 1;
            }
        }
        self.kept.swap(next, right);
        next
    }

    /// The places of the least, in order.
    fn into_places(mut self) -> Vec<Place> {
        self.kept.sort_by(|a, b| a.0.cmp(&b.0));
        self.kept.truncate(self.wanted);
        self.kept.into_iter().map(|(_, place)| place).collect()
    }
}

/// What picks the first rows of an order.
struct Picking {
    keys: SortKeys,
    schema: SchemaRef,
    wanted: usize,
}

impl Picking {
    fn new(
        runtime: &Runtime<'_>,
        order: &[SortOrder],
        columns: &[Attribute],
        (wanted, partition): (usize, usize),
    ) -> Result<Self> {
        Ok(Picking { keys: SortKeys::new(runtime, order, columns, partition)?, schema: schema_of(columns), wanted })
    }

    /// The first rows in order.
    fn select(&self, input: &mut dyn Operator) -> Result<RecordBatch> {
        if self.wanted >= SORTS_ALL {
            return self.merge(input);
        }
        let mut selector = Selector::new(self.wanted);
        let (mut held, mut rows) = (Vec::new(), 0);
        while let Some(batch) = input.next()? {
            if self.wanted == 0 || batch.num_rows() == 0 {
                continue;
            }
            let keys = self.keys.encoded(&self.keys.evaluate(&batch)?)?;
            for row in 0..batch.num_rows() {
                selector.offer(keys.value(row), (held.len(), row));
            }
            rows += batch.num_rows();
            held.push(batch);
            if rows > MOST_HELD.max(4 * self.wanted) {
                let kept = gathered(&held, &selector.kept.iter().map(|(_, place)| *place).collect::<Vec<_>>())?;
                selector.kept.iter_mut().enumerate().for_each(|(row, (_, place))| *place = (0, row));
                rows = kept.num_rows();
                held = vec![kept];
            }
        }
        if held.is_empty() {
            return Ok(RecordBatch::new_empty(self.schema.clone()));
        }
        gathered(&held, &selector.into_places())
    }

    /// The first rows in order, equal ones as they come.
    fn merge(&self, input: &mut dyn Operator) -> Result<RecordBatch> {
        let mut held = Vec::new();
        while let Some(batch) = input.next()? {
            held.push(batch);
        }
        let all = concat(&self.schema, &held)?;
        let order = self.keys.order(&all)?;
        take_rows(&all, &order.slice(0, self.wanted.min(order.len())))
    }
}

fn gathered(held: &[RecordBatch], places: &[Place]) -> Result<RecordBatch> {
    if held[0].num_columns() == 0 {
        return batch_of(&held[0].schema(), Vec::new(), places.len());
    }
    Ok(interleave_record_batch(&held.iter().collect::<Vec<_>>(), places)?)
}

struct TopRows<'a> {
    runtime: &'a Runtime<'a>,
    input: &'a PhysicalPlan,
    partitions: Range<usize>,
    picking: Picking,
    is_merge: bool,
    offset: usize,
    /// Absent: all columns as they are.
    outputs: Option<Vec<Bound>>,
    schema: SchemaRef,
    done: bool,
}

/// The first `count` rows of the order after `offset`, projected. Reads all partitions of its input when there are several.
pub fn take_ordered<'a>(
    runtime: &'a Runtime<'a>,
    plan: &PhysicalPlan,
    (count, offset): (usize, usize),
    order: &[SortOrder],
    outputs: &[Expr],
    input: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let columns = input.output();
    Ok(Box::new(TopRows {
        runtime,
        input,
        partitions: 0..input.partitions(),
        picking: Picking::new(runtime, order, &columns, (count.saturating_add(offset), partition))?,
        is_merge: false,
        outputs: Some(runtime.bind(outputs, &columns, partition)?),
        schema: schema_of(&plan.output()),
        offset,
        done: false,
    }))
}

/// The first `count` rows of a partition's order. `is_merge`: equal ones as they come.
pub fn top<'a>(
    runtime: &'a Runtime<'a>,
    count: usize,
    (order, is_merge): (&[SortOrder], bool),
    input: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let columns = input.output();
    Ok(Box::new(TopRows {
        runtime,
        input,
        partitions: partition..partition + 1,
        picking: Picking::new(runtime, order, &columns, (count, partition))?,
        is_merge,
        outputs: None,
        schema: schema_of(&columns),
        offset: 0,
        done: false,
    }))
}

impl TopRows<'_> {
    /// The first rows of one partition, or of the first rows of all.
    fn best(&self) -> Result<RecordBatch> {
        let mut parts = Vec::new();
        for partition in self.partitions.clone() {
            let mut input = self.runtime.build(self.input, partition)?;
            parts.push(if self.is_merge {
                self.picking.merge(&mut *input)?
            } else {
                self.picking.select(&mut *input)?
            });
        }
        if let [_] = parts.as_slice() {
            return concat(&self.picking.schema, &parts);
        }
        self.picking.select(&mut Ready::new(parts))
    }
}

impl Operator for TopRows<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        if std::mem::replace(&mut self.done, true) {
            return Ok(None);
        }
        let best = self.best()?;
        let from = self.offset.min(best.num_rows());
        let best = best.slice(from, best.num_rows() - from);
        let columns = match &self.outputs {
            Some(outputs) => evaluate_all(outputs, &best)?,
            None => best.columns().to_vec(),
        };
        batch_of(&self.schema, columns, best.num_rows()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::Selector;

    fn check(wanted: usize, keys: &[u8], expected: &[usize]) {
        let mut selector = Selector::new(wanted);
        keys.iter().enumerate().for_each(|(row, key)| selector.offer(&[*key], (0, row)));
        let rows: Vec<usize> = selector.into_places().into_iter().map(|(_, row)| row).collect();
        assert_eq!(rows, expected);
    }

    /// Keys that fall by one after four rows each.
    fn falling(rows: u8) -> Vec<u8> {
        (0..rows).map(|row| 100 - row / 4).collect()
    }

    #[test]
    fn of_equal_rows_the_first_come_while_nothing_better_does() {
        check(4, &[1; 30], &[0, 1, 2, 3]);
        check(2, &[3, 2, 1], &[2, 1]);
    }

    #[test]
    fn equal_rows_come_as_spark_parts_them() {
        check(3, &falling(60), &[56, 58, 57]);
        check(5, &falling(60), &[59, 56, 57, 58, 53]);
        check(10, &falling(60), &[59, 56, 57, 58, 52, 53, 54, 55, 51, 48]);
    }
}
