//! A few rows of a map output, evenly drawn, as text: what a person may look at when asking who went where.
//!
//! They say nothing exact: shares that are counted over them are shares of the drawn rows.

use super::batch::{reschema, schema_of};
use super::blocks::Block;
use super::expression::evaluate_all;
use super::runtime::Runtime;
use super::task::ResolvedPartitioning;
use crate::common::{Result, carried};
use crate::logical::expr::{Attribute, Expr};
use crate::logical::functions;
use crate::logical::types::DataType;
use crate::physical::plan::Partitioning;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a cell; longer texts are cut.
const CELL_CHARS: usize = 24;
/// Columns beside the keys.
const COLUMNS: usize = 10;
/// In a map output of more rows nobody looks for those that carry others on: each of its keys has many.
const LOOKED_THROUGH: usize = 10_000;

/// The drawn rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peek {
    /// How a row finds its partition: `hash`, `range`, `index`, `round robin`, `single`.
    pub by: &'static str,
    /// What decides, by name; empty when nothing in the row does.
    pub keys: Vec<String>,
    /// Further columns.
    pub columns: Vec<String>,
    pub rows: Vec<PeekedRow>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeekedRow {
    pub reduce: u32,
    /// The values of the keys, then of the columns.
    pub cells: Vec<String>,
}

/// Rows of one map output that were drawn when they were written and that a task has read: what becomes of them is drawn as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Of their keys, then of their other columns.
    pub names: Vec<String>,
    /// How many of them are keys.
    pub keys: usize,
    /// The values of each row.
    pub rows: Vec<Vec<String>>,
}

/// Draws at most `count` rows of what a map task wrote, and those that carry on what it has seen.
///
/// # Errors
/// When a block cannot be read, or a key cannot be computed again.
pub fn peek(
    runtime: &Runtime<'_>,
    blocks: &[Block],
    input: &[Attribute],
    partitioning: &ResolvedPartitioning,
    (count, seen): (usize, &[Seen]),
) -> Result<Option<Peek>> {
    let (by, keys) = keys_of(partitioning);
    let is_key = |column: &&Attribute| !keys.contains(&Expr::Attribute((*column).clone()));
    let others: Vec<Expr> = input.iter().filter(is_key).take(COLUMNS).cloned().map(Expr::Attribute).collect();
    let shown: Vec<Expr> = keys.iter().chain(&others).cloned().collect();
    let total: usize = blocks.iter().map(|block| block.rows as usize).sum();
    let count = count.min(total);
    let mut wanted: BTreeSet<usize> = (0..count).map(|index| index * total / count).collect();
    if total <= LOOKED_THROUGH {
        wanted.extend(carriers(runtime, blocks, input, &shown, seen)?);
    }
    let drawn = Drawn::of(blocks, wanted)?;
    if drawn.places.is_empty() {
        return Ok(None);
    }
    let batch = drawn.rows(&schema_of(input))?;
    let texts = texts(runtime, input, &shown, &batch)?;
    let rows = drawn.reduces.iter().enumerate().map(|(at, reduce)| PeekedRow {
        reduce: *reduce,
        cells: texts.iter().map(|column| cell(column, at)).collect(),
    });
    let rows = rows.collect();
    let names = |exprs: &[Expr]| exprs.iter().map(Expr::pretty_name).collect();
    Ok(Some(Peek { by, keys: names(&keys), columns: names(&others), rows }))
}

/// Columns as `show` prints them.
fn texts(runtime: &Runtime<'_>, input: &[Attribute], shown: &[Expr], batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
    let shown = shown.iter().map(as_text).collect::<Result<Vec<_>>>()?;
    evaluate_all(&runtime.bind(&shown, input, runtime.context.partition)?, batch)
}

/// The values by which seen rows are known in later ones, by the columns of the later ones that have them.
fn marks(seen: &[Seen], shown: &[Expr]) -> BTreeMap<Vec<usize>, BTreeSet<Vec<String>>> {
    let later: Vec<String> = shown.iter().map(Expr::pretty_name).collect();
    let later: Vec<&str> = later.iter().map(String::as_str).collect();
    let mut marks: BTreeMap<Vec<usize>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for seen in seen {
        let names: Vec<&str> = seen.names.iter().map(String::as_str).collect();
        let shared = carried::shared(&names, seen.keys, &later).into_iter().filter(|shared| shared.is_decisive);
        let (from, to): (Vec<usize>, Vec<usize>) = shared.map(|shared| (shared.earlier, shared.later)).unzip();
        if !to.is_empty() {
            let values = |row: &Vec<String>| from.iter().map(|column| row[*column].clone()).collect();
            marks.entry(to).or_default().extend(seen.rows.iter().map(values));
        }
    }
    marks
}

/// The first row that carries each seen one on, by its place in all blocks.
fn carriers(
    runtime: &Runtime<'_>,
    blocks: &[Block],
    input: &[Attribute],
    shown: &[Expr],
    seen: &[Seen],
) -> Result<Vec<usize>> {
    let mut open = marks(seen, shown);
    let columns: BTreeSet<usize> = open.keys().flatten().copied().collect();
    let asked: Vec<Expr> = columns.iter().map(|column| shown[*column].clone()).collect();
    let schema = schema_of(input);
    let (mut found, mut before) = (Vec::new(), 0);
    for piece in blocks.iter().flat_map(|block| block.pieces.iter()) {
        if open.is_empty() {
            break;
        }
        for batch in piece.batches()? {
            let all = texts(runtime, input, &asked, &reschema(&batch, &schema)?)?;
            let texts: BTreeMap<usize, &ArrayRef> = columns.iter().copied().zip(&all).collect();
            for row in 0..batch.num_rows() {
                let mut is_found = false;
                open.retain(|columns, wanted| {
                    let values: Vec<String> = columns.iter().map(|column| cell(texts[column], row)).collect();
                    is_found |= wanted.remove(&values);
                    !wanted.is_empty()
                });
                found.extend(is_found.then_some(before + row));
            }
            before += batch.num_rows();
        }
    }
    Ok(found)
}

/// The drawn rows. Where a block lies makes no difference.
#[derive(Default)]
struct Drawn {
    /// Batches that some of them are in.
    batches: Vec<RecordBatch>,
    /// Of each its batch and its row there.
    places: Vec<(usize, usize)>,
    /// Of each the partition that it goes to.
    reduces: Vec<u32>,
}

impl Drawn {
    fn of(blocks: &[Block], wanted: BTreeSet<usize>) -> Result<Drawn> {
        let mut wanted = wanted.into_iter().peekable();
        let (mut drawn, mut before) = (Drawn::default(), 0);
        for (reduce, block) in blocks.iter().enumerate() {
            for piece in block.pieces.iter() {
                let end = before + piece.rows();
                if wanted.peek().is_some_and(|row| *row < end) {
                    let mut start = before;
                    for batch in piece.batches()? {
                        let rows = start..start + batch.num_rows();
                        let is_drawn_from = wanted.peek().is_some_and(|row| rows.contains(row));
                        while let Some(row) = wanted.next_if(|row| rows.contains(row)) {
                            drawn.places.push((drawn.batches.len(), row - start));
                            drawn.reduces.push(reduce as u32);
                        }
                        drawn.batches.extend(is_drawn_from.then_some(batch));
                        start = rows.end;
                    }
                }
                before = end;
            }
        }
        Ok(drawn)
    }

    /// They as one batch.
    fn rows(&self, schema: &SchemaRef) -> Result<RecordBatch> {
        let batches = self.batches.iter().map(|batch| reschema(batch, schema)).collect::<Result<Vec<_>>>()?;
        Ok(interleave_record_batch(&batches.iter().collect::<Vec<_>>(), &self.places)?)
    }
}

fn keys_of(partitioning: &ResolvedPartitioning) -> (&'static str, Vec<Expr>) {
    match partitioning {
        ResolvedPartitioning::Plain(Partitioning::Hash(keys, _)) => ("hash", keys.clone()),
        ResolvedPartitioning::Plain(Partitioning::Index(key, _)) => ("index", vec![key.as_ref().clone()]),
        ResolvedPartitioning::Plain(Partitioning::RoundRobin { .. }) => ("round robin", Vec::new()),
        ResolvedPartitioning::Range { order, .. } | ResolvedPartitioning::Plain(Partitioning::Range(order, _)) => {
            ("range", order.iter().map(|key| key.child.clone()).collect())
        }
        ResolvedPartitioning::Plain(Partitioning::Single | Partitioning::Unknown(_) | Partitioning::Broadcast) => {
            ("single", Vec::new())
        }
    }
}

/// A value as `show` prints it.
fn as_text(value: &Expr) -> Result<Expr> {
    let function = functions::scalar("to_pretty_string")?;
    Ok(Expr::Function { function, args: vec![value.clone()], data_type: DataType::String, nullable: false })
}

/// What a person sees of a value.
fn cell(column: &ArrayRef, row: usize) -> String {
    let texts = column.as_string_view_opt().filter(|texts| texts.is_valid(row));
    let text = texts.map(|texts| texts.value(row));
    let Some(text) = text else { return "?".to_owned() };
    match text.char_indices().nth(CELL_CHARS - 1) {
        Some((cut, last)) if cut + last.len_utf8() < text.len() => format!("{}…", &text[..cut]),
        _ => text.to_owned(),
    }
}
