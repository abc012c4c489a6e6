//! Aggregation: rows to groups ([`groups`]), groups to accumulators ([`accumulator`]).
//!
//! | phase | in | out |
//! |---|---|---|
//! | Partial | rows | keys, buffers |
//! | PartialMerge | keys, buffers | keys, buffers |
//! | Final | keys, buffers | results |
//! | Complete | rows | results |
//!
//! Groups come out in the order they were first seen, those of a `SortAggregate` by key (**Simplified:** beyond 65,536 groups of a partition
//! as first seen; Spark sorts its input instead). Without keys there is exactly one group, also over no rows at all. A partial
//! aggregation whose keys are nearly unique stops looking for groups and hands rows on as groups of one.
//!
//! **No room.** When groups take more than the task's memory, a partial aggregation hands out what it has and starts anew; any other goes on
//! with the groups it knows and puts the rows of unknown ones aside ([`aside`]). `Simplified:` Spark sorts all groups then; here too the
//! order of groups differs from the one without spilling, the groups do not.

mod accumulator;
mod aside;
mod collected;
mod factory;
mod folded;
mod gathered;
mod groups;
mod interner;
mod moments;
mod pivot;
mod quantiles;
mod set_order;
mod sketch;
mod slots;
mod sums;

pub use accumulator::Accumulator;
pub use factory::{accumulator, constant_value};
pub use groups::Groups;
pub use interner::UNKNOWN;

use self::aside::{Aside, MOST_SPLITS, Part};
use self::factory::accumulators;
use super::batch::{BATCH_ROWS, batch_of, filter_rows, pieces, row_bytes, schema_of, take_rows, variable_bytes};
use super::expression::{Bound, evaluate_all};
use super::keys::sorted_order;
use super::operators::Ready;
use super::runtime::{Operator, Rows, Runtime};
use crate::common::{Result, SparkError};
use crate::logical::expr::{Attribute, Expr};
use crate::logical::rewrite::reads;
use crate::physical::plan::{AggregateExpr, AggregateMode, AggregateStyle, PhysicalPlan};
use arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array};
use arrow::compute::{SortOptions, filter, interleave};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use std::collections::BTreeSet;

/// Rows after which a partial aggregation looks whether it pays.
const PROBE_ROWS: usize = 100_000;
/// It does not when there are more groups than this share of the rows.
const UNIQUE_SHARE: f64 = 0.8;

/// Groups that a `SortAggregate` still brings into key order; nobody reads more by eye.
const SORTED_GROUPS: usize = 1 << 16;

/// Fewer rows are numbered one by one.
const GATHERED_ROWS: usize = 1 << 17;
/// What numbering them at once takes for each row, and the state of a function or two.
const GATHERED_BYTES: u64 = 64;

/// Where an accumulator's input comes from.
enum Feed {
    Rows {
        args: Vec<Bound>,
        filter: Option<Bound>,
    },
    /// Buffer columns of the input.
    Buffers(Vec<usize>),
    /// Another function's state is read.
    Shared,
}

struct Function {
    feed: Feed,
    state: Box<dyn Accumulator>,
}

struct Aggregate<'a> {
    runtime: &'a Runtime<'a>,
    input: Rows<'a>,
    mode: AggregateMode,
    aggregates: &'a [AggregateExpr],
    keys: Vec<Bound>,
    groups: Groups,
    functions: Vec<Function>,
    /// Keys and results before `outputs`, for Final and Complete.
    inner_schema: SchemaRef,
    outputs: Vec<Bound>,
    schema: SchemaRef,
    seen: usize,
    /// Rows after which memory is looked at again.
    next_look: usize,
    passing: bool,
    /// Modelled bytes of a group.
    width: u64,
    /// Keys that the outputs read.
    wanted_keys: Vec<bool>,
    /// Whether groups with a null in their key come after the others: Spark's quick first hash table does not take them.
    nulls_last: bool,
    /// Whether the groups come in the order of their keys, as from Spark's `SortAggregate`.
    sorts: bool,
    filled: bool,
    ready: Ready,
    /// The child's columns and partition, for functions that start anew.
    columns: Vec<Attribute>,
    partition: usize,
    /// How often the rows that come in were split.
    split: u32,
    /// Rows put aside, the next last.
    parts: Vec<Part>,
}

/// The node's operator.
///
/// # Errors
/// When an expression cannot be bound or a function is not known.
pub fn build<'a>(runtime: &'a Runtime<'a>, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
    let PhysicalPlan::Aggregate { mode, style, grouping, aggregates, outputs, input } = plan else {
        return Err(SparkError::internal("not an aggregate"));
    };
    let columns = input.output();
    let keys = runtime.bind(grouping, &columns, partition)?;
    let gives_results = mode.gives_results();
    let read: BTreeSet<_> = outputs.iter().flat_map(reads).collect();
    let nulls_last = *style == AggregateStyle::Hash && (!gives_results || aggregates.is_empty());
    let sorts = *style == AggregateStyle::Sort && !grouping.iter().any(|key| key.data_type().has_no_order());
    let is_read = |key: &Expr| {
        let id = key.to_attribute().map(|column| column.id);
        !gives_results || nulls_last || sorts || id.is_none_or(|id| read.contains(&id))
    };
    let wanted_keys: Vec<bool> = grouping.iter().map(is_read).collect();
    let wanted = grouping.iter().zip(&wanted_keys).filter(|(_, wanted)| **wanted);
    let mut inner: Vec<Attribute> = wanted.filter_map(|(key, _)| key.to_attribute()).collect();
    inner.extend(aggregates.iter().map(|aggregate| aggregate.result.clone()));
    let outputs = if gives_results { runtime.bind(outputs, &inner, partition)? } else { Vec::new() };
    let types: Vec<_> = keys.iter().map(|key| key.data_type().to_arrow()).collect();
    let functions = functions(runtime, *mode, aggregates, &columns, partition)?;
    Ok(Box::new(Aggregate {
        runtime,
        input: runtime.build(input, partition)?,
        mode: *mode,
        aggregates,
        keys,
        groups: Groups::new(&types)?,
        functions,
        inner_schema: schema_of(&inner),
        outputs,
        schema: schema_of(&plan.output()),
        seen: 0,
        next_look: 0,
        passing: false,
        width: 0,
        wanted_keys,
        nulls_last,
        sorts,
        filled: false,
        ready: Ready::new(Vec::new()),
        columns,
        partition,
        split: 0,
        parts: Vec::new(),
    }))
}

fn functions(
    runtime: &Runtime<'_>,
    mode: AggregateMode,
    aggregates: &[AggregateExpr],
    columns: &[Attribute],
    partition: usize,
) -> Result<Vec<Function>> {
    let states = accumulators(aggregates.iter().map(|aggregate| &aggregate.call), runtime.context)?;
    let all = aggregates.iter().zip(states);
    all.map(|(aggregate, (state, is_shared))| {
        if is_shared {
            return Ok(Function { feed: Feed::Shared, state });
        }
        function(runtime, mode, aggregate, state, (columns, partition))
    })
    .collect()
}

fn function(
    runtime: &Runtime<'_>,
    mode: AggregateMode,
    aggregate: &AggregateExpr,
    state: Box<dyn Accumulator>,
    (columns, partition): (&[Attribute], usize),
) -> Result<Function> {
    let call = &aggregate.call;
    let places: Option<Vec<usize>> =
        aggregate.buffers.iter().map(|buffer| columns.iter().position(|column| column.id == buffer.id)).collect();
    let merges = match mode {
        AggregateMode::Partial | AggregateMode::Complete => None,
        AggregateMode::PartialMerge => places,
        AggregateMode::Final => {
            Some(places.ok_or_else(|| SparkError::internal("a final aggregation without its buffers"))?)
        }
    };
    let feed = match merges {
        Some(places) => Feed::Buffers(places),
        None => {
            let args = runtime.bind(&call.args, columns, partition)?;
            let condition = call.filter.as_ref();
            let filter = condition.map(|expr| runtime.bind_one(expr, columns, partition)).transpose()?;
            Feed::Rows { args, filter }
        }
    };
    Ok(Function { feed, state })
}

impl Function {
    fn take(&mut self, batch: &RecordBatch, groups: &[u32]) -> Result<()> {
        match &self.feed {
            Feed::Shared => Ok(()),
            Feed::Buffers(places) => {
                let buffers: Vec<ArrayRef> = places.iter().map(|at| batch.column(*at).clone()).collect();
                self.state.merge(&buffers, groups)
            }
            Feed::Rows { args, filter: None } => self.state.update(&evaluate_all(args, batch)?, groups),
            Feed::Rows { args, filter: Some(condition) } => {
                let keep = condition.select(batch)?;
                let columns = evaluate_all(args, batch)?
                    .iter()
                    .map(|column| Ok(filter(column.as_ref() as &dyn Array, &keep)?))
                    .collect::<Result<Vec<_>>>()?;
                let kept: Vec<u32> = groups
                    .iter()
                    .zip(keep.values().iter())
                    .filter_map(|(group, keep)| keep.then_some(*group))
                    .collect();
                self.state.update(&columns, &kept)
            }
        }
    }
}

impl Aggregate<'_> {
    fn fill(&mut self) -> Result<()> {
        let mut numbers = Vec::new();
        let mut aside: Option<Aside> = None;
        self.filled = true;
        while let Some(batch) = self.input.next()? {
            let keys = evaluate_all(&self.keys, &batch)?;
            if let Some(aside) = &mut aside {
                self.known_only(&batch, &keys, &mut numbers, aside)?;
                continue;
            }
            self.groups.assign(&keys, batch.num_rows(), &mut numbers)?;
            let count = self.groups.len();
            if self.seen == 0 {
                self.width = self.modelled_width(&keys, batch.num_rows());
            }
            if self.seen == 0 && self.gathers(count, &batch) {
                return self.gather(batch);
            }
            if self.seen == 0 {
                self.make_room(count, batch.num_rows());
            }
            self.take(&batch, &numbers)?;
            self.seen += batch.num_rows();
            let has_room = self.has_room(count);
            if self.mode == AggregateMode::Partial && !self.keys.is_empty() {
                self.passing = self.seen >= PROBE_ROWS && count as f64 > self.seen as f64 * UNIQUE_SHARE;
                if self.passing || !has_room {
                    self.filled = self.passing;
                    break;
                }
            } else if !has_room && self.split < MOST_SPLITS {
                aside = Some(Aside::new(self.split));
            }
        }
        if let Some(aside) = aside {
            self.parts.extend(aside.finish()?.into_iter().rev());
        }
        self.emit()
    }

    /// Whether it is better to have all rows first: most are groups of their own, all of them are in memory anyway, and they have room.
    fn gathers(&self, groups: usize, first: &RecordBatch) -> bool {
        let (rows, expected) = (first.num_rows(), self.input.expected_rows());
        let bytes = expected as u64 * (row_bytes(first) / rows.max(1) as u64 + GATHERED_BYTES);
        let types: Vec<_> = self.keys.iter().map(|key| key.data_type().to_arrow()).collect();
        self.mode != AggregateMode::Partial
            && self.input.is_in_memory()
            && expected >= GATHERED_ROWS
            && groups > rows / 2
            && bytes <= self.runtime.context.memory_bytes
            && gathered::can_number(&types)
    }

    /// Takes all rows that there are, numbers their groups and feeds all functions.
    fn gather(&mut self, first: RecordBatch) -> Result<()> {
        let mut batches = vec![first];
        while let Some(batch) = self.input.next()? {
            batches.extend(pieces(&batch, BATCH_ROWS));
        }
        let keys = batches.iter().map(|batch| evaluate_all(&self.keys, batch)).collect::<Result<Vec<_>>>()?;
        let Some(found) = gathered::number(&keys)? else {
            self.restart()?;
            self.input = Box::new(Ready::new(batches));
            return self.fill();
        };
        let wanted: Vec<usize> = (0..self.keys.len()).filter(|place| self.wanted_keys[*place]).collect();
        let firsts = if wanted.is_empty() { Vec::new() } else { found.firsts() };
        let pick = |place: usize| -> Result<ArrayRef> {
            let columns: Vec<&dyn Array> = keys.iter().map(|keys| keys[place].as_ref()).collect();
            Ok(interleave(&columns, &firsts)?)
        };
        self.groups = Groups::Known(found.groups(), wanted.into_iter().map(pick).collect::<Result<_>>()?);
        drop(firsts);
        for (number, batch) in batches.into_iter().enumerate() {
            self.seen += batch.num_rows();
            self.take(&batch, found.of(number, batch.num_rows()))?;
        }
        self.emit()
    }

    /// Feeds all functions.
    fn take(&mut self, batch: &RecordBatch, numbers: &[u32]) -> Result<()> {
        let count = self.groups.len();
        for function in &mut self.functions {
            function.state.resize(count);
            function.take(batch, numbers)?;
        }
        Ok(())
    }

    /// Takes the rows of known groups and puts the others aside.
    fn known_only(
        &mut self,
        batch: &RecordBatch,
        keys: &[ArrayRef],
        numbers: &mut Vec<u32>,
        aside: &mut Aside,
    ) -> Result<()> {
        self.groups.lookup(keys, batch.num_rows(), numbers)?;
        let unknown: BooleanArray = numbers.iter().map(|number| Some(*number == UNKNOWN)).collect();
        let strangers = unknown.true_count();
        if strangers > 0 {
            let keys = keys.iter().map(|key| Ok(filter(key, &unknown)?)).collect::<Result<Vec<_>>>()?;
            aside.put(self.runtime, &filter_rows(batch, &unknown)?, &keys)?;
        }
        if strangers == batch.num_rows() {
            return Ok(());
        }
        let known = filter_rows(batch, &arrow::compute::not(&unknown)?)?;
        numbers.retain(|number| *number != UNKNOWN);
        self.take(&known, numbers)
    }

    /// Starts anew, without groups.
    fn restart(&mut self) -> Result<()> {
        let types: Vec<_> = self.keys.iter().map(|key| key.data_type().to_arrow()).collect();
        self.groups = Groups::new(&types)?;
        self.functions = functions(self.runtime, self.mode, self.aggregates, &self.columns, self.partition)?;
        self.seen = 0;
        self.next_look = 0;
        self.filled = false;
        Ok(())
    }

    /// Whether the groups fit into the task's memory. Many groups are looked at less often, for a look may cost as much as there are.
    fn has_room(&mut self, groups: usize) -> bool {
        if self.keys.is_empty() || self.seen < self.next_look {
            return true;
        }
        self.next_look = self.seen + groups / 4;
        self.size() <= self.runtime.context.memory_bytes
    }

    /// Bytes held.
    fn size(&self) -> u64 {
        let real = self.groups.size() + self.functions.iter().map(|function| function.state.size()).sum::<usize>();
        (real as u64).max(self.groups.len() as u64 * self.width)
    }

    /// What a group takes in Spark's hash map: the key, a slot for each buffer, and its places in the map.
    fn modelled_width(&self, keys: &[ArrayRef], rows: usize) -> u64 {
        const MAP_BYTES: u64 = 40;
        let key: u64 = keys.iter().map(|key| 8 + variable_bytes(key) / rows.max(1) as u64).sum();
        let buffers: usize = self.aggregates.iter().map(|aggregate| aggregate.buffers.len()).sum();
        MAP_BYTES + 8 + key + 8 + buffers as u64 * 8
    }

    /// When most rows of the first batch are groups of their own, the others will be too.
    fn make_room(&mut self, groups: usize, rows: usize) {
        let mut more = self.input.expected_rows().saturating_sub(rows);
        if self.mode == AggregateMode::Partial && groups as f64 > rows as f64 * UNIQUE_SHARE {
            // It will stop looking for groups.
            more = more.min(PROBE_ROWS);
        }
        if more > rows && groups > rows / 2 {
            // A group takes at least 64 bytes, so no more than these have room anyway.
            let most = (self.runtime.context.memory_bytes / 64) as usize;
            self.groups.reserve((more / rows.max(1) * groups).min(most / 2));
        }
    }

    /// Hands out what was gathered.
    fn emit(&mut self) -> Result<()> {
        let count = self.groups.len();
        self.runtime.holds(self.size() as usize);
        let limit = self.runtime.context.memory_bytes / self.functions.len().max(1) as u64;
        let largest = self.functions.iter().map(|function| function.state.largest_group(limit)).sum();
        self.runtime.holds_object(largest);
        // Whoever goes on after this starts anew.
        let mut columns = std::mem::replace(&mut self.groups, Groups::One).into_keys(&self.wanted_keys)?;
        let late = if self.nulls_last { nulls_last(&columns, count) } else { None };
        for function in &mut self.functions {
            function.state.resize(count);
        }
        let batch = match self.mode {
            AggregateMode::Partial | AggregateMode::PartialMerge => {
                for function in &mut self.functions {
                    columns.extend(function.state.buffers()?);
                }
                batch_of(&self.schema, columns, count)?
            }
            AggregateMode::Final | AggregateMode::Complete => {
                for function in &mut self.functions {
                    columns.push(function.state.finish()?);
                }
                let mut inner = batch_of(&self.inner_schema, columns, count)?;
                if self.sorts && (2..=SORTED_GROUPS).contains(&count) && !self.keys.is_empty() {
                    let keys = &inner.columns()[..self.keys.len()];
                    let ascending = SortOptions { descending: false, nulls_first: true };
                    let order = sorted_order(keys, &vec![ascending; keys.len()])?;
                    inner = take_rows(&inner, &order)?;
                }
                batch_of(&self.schema, evaluate_all(&self.outputs, &inner)?, count)?
            }
        };
        let batch = match late {
            Some(order) => take_rows(&batch, &order)?,
            None => batch,
        };
        self.ready = Ready::new(pieces(&batch, BATCH_ROWS).collect());
        Ok(())
    }

    /// One batch of rows as groups of one.
    fn pass(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let numbers: Vec<u32> = (0..rows as u32).collect();
        let mut columns: Vec<ArrayRef> =
            evaluate_all(&self.keys, batch)?.into_iter().map(super::keys::normalized).collect();
        let states = accumulators(self.aggregates.iter().map(|aggregate| &aggregate.call), self.runtime.context)?;
        for (function, (state, _)) in self.functions.iter_mut().zip(states) {
            function.state = state;
            function.state.resize(rows);
            function.take(batch, &numbers)?;
            columns.extend(function.state.buffers()?);
        }
        batch_of(&self.schema, columns, rows)
    }
}

/// The groups without a null in their key, then the others; nothing when there is no null.
fn nulls_last(keys: &[ArrayRef], count: usize) -> Option<UInt32Array> {
    if keys.iter().all(|key| key.null_count() == 0) {
        return None;
    }
    let (late, early): (Vec<u32>, Vec<u32>) =
        (0..count as u32).partition(|row| keys.iter().any(|key| key.is_null(*row as usize)));
    Some(early.into_iter().chain(late).collect())
}

impl Operator for Aggregate<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.ready.next()? {
                return Ok(Some(batch));
            }
            if self.passing {
                let Some(batch) = self.input.next()? else { return Ok(None) };
                return self.pass(&batch).map(Some);
            }
            if self.filled {
                let Some(part) = self.parts.pop() else { return Ok(None) };
                self.input = Box::new(part.rows);
                self.split = part.split;
                self.restart()?;
            } else if self.seen > 0 {
                self.restart()?;
            }
            self.fill()?;
        }
    }
}
