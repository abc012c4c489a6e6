//! A few rows of a map output, evenly drawn, as text: what a person may look at when asking who went where.
//!
//! They say nothing exact: shares that are counted over them are shares of the drawn rows.

use super::batch::{reschema, schema_of};
use super::blocks::Block;
use super::expression::evaluate_all;
use super::runtime::Runtime;
use super::task::ResolvedPartitioning;
use crate::common::Result;
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

/// A row that was drawn when it was written and that a task has read: what becomes of it is drawn as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Of its keys, then of its other columns.
    pub names: Vec<String>,
    pub cells: Vec<String>,
    /// How many of them are keys.
    pub keys: usize,
}

impl Seen {
    /// The columns of later rows, by name, that say whether one of them carries this row on, each with the value that it must have: those that
    /// brought the row to its task where the later rows still have them, else all that both have. A name that stands twice says nothing.
    #[must_use]
    pub fn decisive(&self, later: &[String]) -> Vec<(usize, &str)> {
        let once = |names: &[String], name: &String| names.iter().filter(|other| *other == name).count() == 1;
        let shared = self.names.iter().zip(&self.cells).enumerate().filter(|(_, (name, _))| once(&self.names, name));
        let shared: Vec<(bool, usize, &str)> = shared
            .filter(|(_, (name, _))| once(later, name))
            .filter_map(|(at, (name, cell))| {
                Some((at < self.keys, later.iter().position(|other| other == name)?, cell.as_str()))
            })
            .collect();
        let by_key = shared.iter().any(|(is_key, ..)| *is_key);
        shared.into_iter().filter(|(is_key, ..)| *is_key || !by_key).map(|(_, at, cell)| (at, cell)).collect()
    }
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

/// The first row that carries each seen one on, by its place in all blocks.
fn carriers(
    runtime: &Runtime<'_>,
    blocks: &[Block],
    input: &[Attribute],
    shown: &[Expr],
    seen: &[Seen],
) -> Result<Vec<usize>> {
    let names: Vec<String> = shown.iter().map(Expr::pretty_name).collect();
    let mut open: Vec<Vec<(usize, &str)>> = seen.iter().map(|seen| seen.decisive(&names)).collect();
    open.retain(|decisive| !decisive.is_empty());
    open.sort_unstable();
    open.dedup();
    let columns: BTreeSet<usize> = open.iter().flatten().map(|(column, _)| *column).collect();
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
                let is_met = |decisive: &Vec<(usize, &str)>| {
                    decisive.iter().all(|(column, wanted)| cell(texts[column], row) == *wanted)
                };
                let open_before = open.len();
                open.retain(|decisive| !is_met(decisive));
                if open.len() < open_before {
                    found.push(before + row);
                }
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
        ResolvedPartitioning::Plain(Partitioning::RoundRobin(_)) => ("round robin", Vec::new()),
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

fn cell(column: &ArrayRef, row: usize) -> String {
    let texts = column.as_string_view_opt().filter(|texts| texts.is_valid(row));
    let text = texts.map(|texts| texts.value(row));
    let Some(text) = text else { return "?".to_owned() };
    if text.chars().count() <= CELL_CHARS {
        return text.to_owned();
    }
    text.chars().take(CELL_CHARS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_carries_a_row_on_has_its_keys() {
        let seen = Seen { names: names(&["land", "year", "n"]), cells: names(&["DE", "2024", "7"]), keys: 1 };
        assert_eq!(seen.decisive(&names(&["total", "land"])), [(1, "DE")], "the key, by another way");
        assert_eq!(seen.decisive(&names(&["n", "year"])), [(1, "2024"), (0, "7")], "no key is left");
        assert_eq!(seen.decisive(&names(&["n", "n"])), [], "which n is meant is not known");
    }
}
