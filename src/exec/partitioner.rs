//! Spreads a task's rows over the reduce partitions of a shuffle, where real Spark would put them.
//!
//! | partitioning | partition of a row |
//! |---|---|
//! | hash | Murmur3 of the keys, positive modulo |
//! | round robin | from a start drawn by `XORShiftRandom(map partition)`, one further for each row |
//! | range | the first bound that is not below the row's keys |
//! | index | the value of an int expression |
//!
//! Rows are numbered by partition, a counting sort turns the numbers into row lists, and each partition's rows are gathered
//! once, in the order they came; columns are held small ([`super::compact`]).
//!
//! Before a round robin the rows of a task are sorted by Spark's hash of their bytes ([`super::unsafe_row`]), so that a second attempt whose
//! rows come in another order deals them out alike.
//!
//! **Simplified:** a task with more than [`MOST_SORTED`] rows, or with more than its memory holds, deals them out in the order they came;
//! Spark spills sorted runs and merges them.

use super::batch::{BATCH_ROWS, row_bytes};
use super::blocks::{Block, BlockWriter};
use super::compact::Compacted;
use super::expression::{Bound, evaluate_all};
use super::hash::partitions;
use super::keys::{normalized, sort_options};
use super::python_batches::PythonBatches;
use super::runtime::{Rows, Runtime};
use super::spark_random::XorShiftRandom;
use super::task::ResolvedPartitioning;
use super::unsafe_row;
use crate::common::{Result, SparkError};
use crate::logical::expr::{Attribute, Expr};
use crate::physical::plan::Partitioning;
use arrow::array::{ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type};
use arrow::record_batch::RecordBatch;
use arrow::row::{OwnedRow, RowConverter, SortField};

/// Rows gathered before they are spread: enough for a batch or two for each partition, and within these bounds.
fn flush_rows(partitions: usize) -> usize {
    (partitions * BATCH_ROWS * 2).clamp(1 << 16, 1 << 18)
}

/// So many rows of a task are sorted before a round robin.
const MOST_SORTED: usize = 1 << 18;

enum Placement {
    Single,
    Hash { keys: Vec<Bound>, count: usize },
    RoundRobin { next: usize, count: usize },
    Range { keys: Vec<Bound>, converter: RowConverter, bounds: Vec<OwnedRow> },
    Index { value: Bound, count: usize },
}

/// Spreads all rows of `rows` into one block for each reduce partition.
///
/// # Errors
/// What the rows raised.
pub fn write_blocks(
    runtime: &Runtime<'_>,
    rows: &mut Rows<'_>,
    columns: &[Attribute],
    partitioning: &ResolvedPartitioning,
    partition: usize,
) -> Result<Vec<Block>> {
    let mut placement = Placement::new(runtime, columns, partitioning, partition)?;
    let count = partitioning.count();
    let mut writer = BlockWriter::new(&runtime.context.room, count);
    if count <= 1 {
        while let Some(batch) = rows.next()? {
            if count == 1 {
                writer.put(vec![(0, vec![batch])])?;
            }
        }
    } else {
        let mut held = Held::new(count);
        let mut sorter = Sorter::new(count);
        let most = flush_rows(count);
        let mut python = is_placed_by_python(partitioning).then(|| PythonBatches::new(count));
        let (mut first, mut rest) = (Vec::new(), true);
        if let Placement::RoundRobin { next, .. } = placement {
            (first, rest) = first_rows(runtime, rows)?;
            if !rest {
                held.deal(std::mem::take(&mut first), next);
            }
        }
        let mut first = first.into_iter();
        while let Some(batch) =
            first.next().map_or_else(|| if rest { rows.next() } else { Ok(None) }, |batch| Ok(Some(batch)))?
        {
            let places = placement.places(&batch)?;
            if let Some(python) = &mut python {
                python.add(&places);
            }
            held.push(batch, &places);
            if held.rows >= most {
                held.flush(&mut writer)?;
                sorter.took(runtime, writer.data_bytes());
            }
        }
        held.flush(&mut writer)?;
        runtime.counts.borrow_mut().shuffle_write_batches += python.map_or(0, PythonBatches::finish);
    }
    Ok(writer.finish())
}

/// The rows of a task as far as they are held to be sorted, and whether there may be more.
fn first_rows(runtime: &Runtime<'_>, rows: &mut Rows<'_>) -> Result<(Vec<RecordBatch>, bool)> {
    let (mut batches, mut count, mut bytes) = (Vec::new(), 0, 0);
    while let Some(batch) = rows.next()? {
        count += batch.num_rows();
        bytes += row_bytes(&batch);
        batches.push(batch);
        if count > MOST_SORTED || bytes > runtime.context.memory_bytes {
            return Ok((batches, true));
        }
    }
    runtime.holds(bytes as usize);
    Ok((batches, false))
}

/// An index that is a column as it stands is where a Python partitioner wants the row.
fn is_placed_by_python(partitioning: &ResolvedPartitioning) -> bool {
    matches!(partitioning, ResolvedPartitioning::Plain(Partitioning::Index(by, _)) if matches!(**by, Expr::Attribute(_)))
}

/// What Spark's sorting shuffle writer would spill. With few partitions Spark writes a file for each and holds nothing.
struct Sorter {
    spills: bool,
    seen: u64,
}

impl Sorter {
    /// `spark.shuffle.sort.bypassMergeThreshold`.
    const BYPASS_PARTITIONS: usize = 200;

    fn new(partitions: usize) -> Self {
        Sorter { spills: partitions > Self::BYPASS_PARTITIONS, seen: 0 }
    }

    /// So many bytes have come in all.
    fn took(&mut self, runtime: &Runtime<'_>, bytes: u64) {
        let held = bytes - self.seen;
        if self.spills && held > runtime.context.memory_bytes {
            self.seen = bytes;
            // Spilled rows are compressed like those of the blocks.
            runtime.counts.borrow_mut().spilled_bytes += held / 2;
        }
    }
}

/// Batches waiting to be spread, and where their rows go.
struct Held {
    batches: Vec<RecordBatch>,
    rows: usize,
    /// For each partition the rows as (batch, row).
    lists: Vec<Vec<(usize, usize)>>,
}

impl Held {
    fn new(count: usize) -> Self {
        Held { batches: Vec::new(), rows: 0, lists: vec![Vec::new(); count] }
    }

    fn push(&mut self, batch: RecordBatch, places: &[u32]) {
        let number = self.batches.len();
        for (row, place) in places.iter().enumerate() {
            self.lists[*place as usize].push((number, row));
        }
        self.rows += batch.num_rows();
        self.batches.push(batch);
    }

    /// Takes all rows of a task and deals them out in turn from `next` on, by Spark's hash of each; only their places are sorted.
    fn deal(&mut self, batches: Vec<RecordBatch>, next: usize) {
        let hashed = |(number, batch): (usize, &RecordBatch)| {
            let hashes = unsafe_row::hashes(batch).into_iter().enumerate();
            hashes.map(move |(row, hash)| (hash, (number, row))).collect::<Vec<_>>()
        };
        let mut order: Vec<(i32, (usize, usize))> = batches.iter().enumerate().flat_map(hashed).collect();
        order.sort_by_key(|(hash, _)| *hash);
        let count = self.lists.len();
        for (turn, (_, place)) in order.into_iter().enumerate() {
            self.lists[(next + turn) % count].push(place);
        }
        self.rows = batches.iter().map(RecordBatch::num_rows).sum();
        self.batches = batches;
    }

    fn flush(&mut self, writer: &mut BlockWriter) -> Result<()> {
        let compacted = Compacted::of(&self.batches)?;
        self.batches.clear();
        let mut parts = Vec::new();
        for (partition, list) in self.lists.iter_mut().enumerate().filter(|(_, list)| !list.is_empty()) {
            parts.push((partition, list.chunks(BATCH_ROWS).map(|rows| compacted.rows(rows)).collect::<Result<_>>()?));
            list.clear();
        }
        self.rows = 0;
        writer.put(parts)
    }
}

impl Placement {
    fn new(
        runtime: &Runtime<'_>,
        columns: &[Attribute],
        partitioning: &ResolvedPartitioning,
        partition: usize,
    ) -> Result<Self> {
        Ok(match partitioning {
            ResolvedPartitioning::Plain(Partitioning::Hash(exprs, count)) => {
                Placement::Hash { keys: runtime.bind(exprs, columns, partition)?, count: *count }
            }
            ResolvedPartitioning::Plain(Partitioning::RoundRobin { count, .. }) => {
                let start = XorShiftRandom::new(partition as i64).next_int(*count);
                Placement::RoundRobin { next: start + 1, count: *count }
            }
            ResolvedPartitioning::Plain(Partitioning::Index(expr, count)) => {
                Placement::Index { value: runtime.bind_one(expr, columns, partition)?, count: *count }
            }
            ResolvedPartitioning::Plain(Partitioning::Range(order, count)) if *count > 1 => {
                return Err(SparkError::internal(format!("a range over {} keys came without bounds", order.len())));
            }
            ResolvedPartitioning::Plain(
                Partitioning::Single | Partitioning::Unknown(_) | Partitioning::Broadcast | Partitioning::Range(..),
            ) => Placement::Single,
            ResolvedPartitioning::Range { order, bounds } => {
                let exprs: Vec<_> = order.iter().map(|key| key.child.clone()).collect();
                let keys = runtime.bind(&exprs, columns, partition)?;
                let fields = keys
                    .iter()
                    .zip(sort_options(order))
                    .map(|(key, options)| SortField::new_with_options(key.data_type().to_arrow(), options))
                    .collect();
                let converter = RowConverter::new(fields)?;
                let bound_keys = bounds
                    .columns()
                    .iter()
                    .zip(&keys)
                    .map(|(column, key)| {
                        Ok(normalized(super::batch::conform(column.clone(), &key.data_type().to_arrow())?))
                    })
                    .collect::<Result<Vec<_>>>()?;
                let encoded = converter.convert_columns(&bound_keys)?;
                let bounds = encoded.iter().map(|row| row.owned()).collect();
                Placement::Range { keys, converter, bounds }
            }
        })
    }

    /// The partition of each row.
    fn places(&mut self, batch: &RecordBatch) -> Result<Vec<u32>> {
        let rows = batch.num_rows();
        Ok(match self {
            Placement::Single => vec![0; rows],
            Placement::Hash { keys, count } => partitions(&evaluate_all(keys, batch)?, rows, *count)?,
            Placement::RoundRobin { next, count } => {
                let start = *next;
                *next = (start + rows) % *count;
                (0..rows).map(|i| ((start + i) % *count) as u32).collect()
            }
            Placement::Range { keys, converter, bounds } => {
                let columns: Vec<ArrayRef> = evaluate_all(keys, batch)?.into_iter().map(normalized).collect();
                let encoded = converter.convert_columns(&columns)?;
                encoded.iter().map(|row| bounds.partition_point(|bound| bound.row() < row) as u32).collect()
            }
            Placement::Index { value, count } => {
                let values = cast(&value.evaluate(batch)?, &DataType::Int32)?;
                let modulus = *count as i32;
                values
                    .as_primitive::<Int32Type>()
                    .iter()
                    .map(|index| index.unwrap_or(0).rem_euclid(modulus) as u32)
                    .collect()
            }
        })
    }
}
