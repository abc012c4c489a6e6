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
use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;

/// Characters of a cell; longer texts are cut.
const CELL_CHARS: usize = 24;
/// Columns beside the keys.
const COLUMNS: usize = 10;

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

/// Draws at most `count` rows of what a map task wrote.
///
/// # Errors
/// When a block cannot be read, or a key cannot be computed again.
pub fn peek(
    runtime: &Runtime<'_>,
    blocks: &[Block],
    input: &[Attribute],
    partitioning: &ResolvedPartitioning,
    count: usize,
) -> Result<Option<Peek>> {
    let drawn = draw(blocks, count)?;
    if drawn.is_empty() {
        return Ok(None);
    }
    let schema = schema_of(input);
    let plain = drawn.iter().map(|(_, row)| reschema(row, &schema)).collect::<Result<Vec<_>>>()?;
    let batch = concat_batches(&schema, &plain)?;
    let (by, keys) = keys_of(partitioning);
    let is_key = |column: &&Attribute| !keys.contains(&Expr::Attribute((*column).clone()));
    let others: Vec<Expr> = input.iter().filter(is_key).take(COLUMNS).cloned().map(Expr::Attribute).collect();
    let shown = keys.iter().chain(&others).map(as_text).collect::<Result<Vec<_>>>()?;
    let texts = evaluate_all(&runtime.bind(&shown, input, runtime.context.partition)?, &batch)?;
    let rows = drawn.iter().enumerate().map(|(at, (reduce, _))| PeekedRow {
        reduce: *reduce,
        cells: texts.iter().map(|column| cell(column, at)).collect(),
    });
    let rows = rows.collect();
    let names = |exprs: &[Expr]| exprs.iter().map(Expr::pretty_name).collect();
    Ok(Some(Peek { by, keys: names(&keys), columns: names(&others), rows }))
}

/// The drawn rows, each as a batch of its own, with the partition that it is in. Where a block lies makes no difference.
fn draw(blocks: &[Block], count: usize) -> Result<Vec<(u32, RecordBatch)>> {
    let total: usize = blocks.iter().map(|block| block.rows as usize).sum();
    let count = count.min(total);
    let mut wanted = (0..count).map(|index| index * total / count).peekable();
    let (mut drawn, mut before) = (Vec::with_capacity(count), 0);
    for (reduce, block) in blocks.iter().enumerate() {
        for piece in block.pieces.iter() {
            let end = before + piece.rows();
            if wanted.peek().is_some_and(|row| *row < end) {
                let mut start = before;
                for batch in piece.batches()? {
                    while let Some(row) = wanted.next_if(|row| *row < start + batch.num_rows()) {
                        drawn.push((reduce as u32, batch.slice(row - start, 1)));
                    }
                    start += batch.num_rows();
                }
            }
            before = end;
        }
    }
    Ok(drawn)
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
