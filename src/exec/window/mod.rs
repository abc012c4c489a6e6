//! Window functions: a column for each, over partitions of sorted rows.
//!
//! The rows arrive sorted by partition keys and order keys. Partitions and peers (rows equal in the order) are runs; a frame is a range of
//! row numbers ([`frames`]); rankings need only runs ([`ranking`]), aggregates are computed over frames ([`aggregates`]).

mod aggregates;
mod frames;
pub(super) mod group_limit;
mod ranking;

use super::aggregate::constant_value;
use super::batch::{BATCH_ROWS, batch_of, pieces, schema_of};
use super::expression::Bound;
use super::keys::normalized;
use super::operators::Ready;
use super::runtime::{Operator, Rows, Runtime};
use crate::common::{Result, SparkError};
use crate::logical::expr::{AggregateCall, Attribute, Expr, FrameBound, FrameUnit, SortOrder, WindowFrame, WindowSpec};
use crate::logical::functions::WindowFunction;
use crate::logical::scalar::Scalar;
use crate::physical::plan::PhysicalPlan;
use arrow::array::ArrayRef;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use frames::{Bounds, Frame};

/// Rows cut into runs: the start of each run, and the number of rows at the end.
pub(super) struct Runs {
    starts: Vec<usize>,
    of_row: Vec<u32>,
}

impl Runs {
    /// Runs of equal keys, never crossing one of `within`.
    fn new(keys: &[ArrayRef], rows: usize, within: Option<&Runs>) -> Result<Self> {
        let encoded = if keys.is_empty() {
            None
        } else {
            let keys: Vec<ArrayRef> = keys.iter().cloned().map(normalized).collect();
            let fields = keys.iter().map(|key| SortField::new(key.data_type().clone())).collect();
            Some(RowConverter::new(fields)?.convert_columns(&keys)?)
        };
        let (mut starts, mut of_row) = (Vec::new(), Vec::with_capacity(rows));
        for row in 0..rows {
            let fresh = row == 0
                || within.is_some_and(|within| within.of_row[row] != within.of_row[row - 1])
                || encoded.as_ref().is_some_and(|encoded| encoded.row(row) != encoded.row(row - 1));
            if fresh {
                starts.push(row);
            }
            of_row.push(starts.len() as u32 - 1);
        }
        starts.push(rows);
        Ok(Runs { starts, of_row })
    }

    fn count(&self) -> usize {
        self.starts.len() - 1
    }

    fn range(&self, run: usize) -> (usize, usize) {
        (self.starts[run], self.starts[run + 1])
    }

    /// The run that a row lies in.
    fn around(&self, row: usize) -> (usize, usize) {
        self.range(self.of_row[row] as usize)
    }
}

/// All that a window function looks at.
pub(super) struct Sorted<'r> {
    rows: &'r RecordBatch,
    partitions: &'r Runs,
    peers: &'r Runs,
}

/// A function and its arguments.
enum Kind<'a> {
    Ranking { function: &'static WindowFunction, args: Vec<Bound>, constants: Vec<Option<Scalar>>, ignore_nulls: bool },
    Aggregate { call: &'a AggregateCall, args: Vec<Bound>, filter: Option<Bound> },
}

struct WindowColumn<'a> {
    kind: Kind<'a>,
    frame: Frame,
}

struct Window<'a> {
    runtime: &'a Runtime<'a>,
    input: Rows<'a>,
    columns: Vec<WindowColumn<'a>>,
    partition_by: Vec<Bound>,
    order_by: Vec<Bound>,
    order: &'a [SortOrder],
    input_columns: Vec<Attribute>,
    schema: arrow::datatypes::SchemaRef,
    ready: Option<Ready>,
}

/// The node's operator.
///
/// # Errors
/// For functions and frames that are not known.
pub fn build<'a>(runtime: &'a Runtime<'a>, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
    let PhysicalPlan::Window { functions, partition_by, order_by, input } = plan else {
        return Err(SparkError::internal("not a window"));
    };
    let input_columns = input.output();
    let columns = functions
        .iter()
        .map(|expr| window_column(runtime, expr, &input_columns, order_by, partition))
        .collect::<Result<Vec<_>>>()?;
    let order_exprs: Vec<Expr> = order_by.iter().map(|key| key.child.clone()).collect();
    Ok(Box::new(Window {
        runtime,
        input: runtime.build(input, partition)?,
        columns,
        partition_by: runtime.bind(partition_by, &input_columns, partition)?,
        order_by: runtime.bind(&order_exprs, &input_columns, partition)?,
        order: order_by,
        schema: schema_of(&plan.output()),
        input_columns,
        ready: None,
    }))
}

fn window_column<'a>(
    runtime: &Runtime<'_>,
    expr: &'a Expr,
    columns: &[Attribute],
    order_by: &[SortOrder],
    partition: usize,
) -> Result<WindowColumn<'a>> {
    let mut plain = expr;
    while let Expr::Alias { child, .. } = plain {
        plain = child;
    }
    let Expr::Window { function, spec } = plain else {
        return Err(SparkError::internal("a window node holds something else than a window function"));
    };
    let kind = match function.as_ref() {
        Expr::Aggregate(call) => Kind::Aggregate {
            call,
            args: runtime.bind(&call.args, columns, partition)?,
            filter: call.filter.as_ref().map(|expr| runtime.bind_one(expr, columns, partition)).transpose()?,
        },
        Expr::WindowFunction { function, args, ignore_nulls, .. } => Kind::Ranking {
            function,
            constants: args
                .iter()
                .map(|arg| {
                    let constant = !arg.any(|part| matches!(part, Expr::Attribute(_)));
                    constant.then(|| constant_value(arg, runtime.context)).transpose()
                })
                .collect::<Result<Vec<_>>>()?,
            args: runtime.bind(args, columns, partition)?,
            ignore_nulls: *ignore_nulls,
        },
        other => return Err(SparkError::internal(format!("{other:?} is no window function"))),
    };
    Ok(WindowColumn { kind, frame: frame_of(runtime, spec, order_by)? })
}

/// The frame as written, or the default: up to the row's peers when there is an order, else the whole partition.
fn frame_of(runtime: &Runtime<'_>, spec: &WindowSpec, order_by: &[SortOrder]) -> Result<Frame> {
    let whole = Frame { unit: FrameUnit::Rows, start: Bounds::Unbounded, end: Bounds::Unbounded };
    let Some(WindowFrame { unit, start, end }) = &spec.frame else {
        return Ok(if order_by.is_empty() {
            whole
        } else {
            Frame { unit: FrameUnit::Range, start: Bounds::Unbounded, end: Bounds::Current }
        });
    };
    let bound = |bound: &FrameBound| -> Result<Bounds> {
        Ok(match bound {
            FrameBound::UnboundedPreceding | FrameBound::UnboundedFollowing => Bounds::Unbounded,
            FrameBound::CurrentRow => Bounds::Current,
            FrameBound::Offset(offset) => match constant_value(offset, runtime.context)? {
                Scalar::Integer(0) | Scalar::Long(0) => Bounds::Current,
                value => Bounds::Offset(value),
            },
        })
    };
    Ok(Frame { unit: *unit, start: bound(start)?, end: bound(end)? })
}

impl Window<'_> {
    fn compute(&mut self) -> Result<Vec<RecordBatch>> {
        let rows = self.runtime.drain(&mut self.input, &self.input_columns)?;
        if rows.num_rows() == 0 {
            return Ok(Vec::new());
        }
        let count = rows.num_rows();
        let keys = super::expression::evaluate_all(&self.partition_by, &rows)?;
        let order = super::expression::evaluate_all(&self.order_by, &rows)?;
        let partitions = Runs::new(&keys, count, None)?;
        let peers = Runs::new(&order, count, Some(&partitions))?;
        let sorted = Sorted { rows: &rows, partitions: &partitions, peers: &peers };
        let mut columns = rows.columns().to_vec();
        for column in &self.columns {
            self.runtime.context.check_cancelled()?;
            columns.push(match &column.kind {
                Kind::Ranking { function, args, constants, ignore_nulls } => {
                    let args = super::expression::evaluate_all(args, &rows)?;
                    let ranges = || frames::ranges(&column.frame, &sorted, &order, self.order);
                    ranking::compute(function.name, &args, constants, *ignore_nulls, &sorted, &ranges)?
                }
                Kind::Aggregate { call, args, filter } => {
                    let args = super::expression::evaluate_all(args, &rows)?;
                    let keep = filter.as_ref().map(|filter| filter.select(&rows)).transpose()?;
                    let ranges = frames::ranges(&column.frame, &sorted, &order, self.order)?;
                    aggregates::compute(call, &args, keep.as_ref(), &ranges, &sorted, self.runtime.context)?
                }
            });
        }
        let batch = batch_of(&self.schema, columns, count)?;
        Ok(pieces(&batch, BATCH_ROWS).collect())
    }
}

impl Operator for Window<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.ready.is_none() {
            self.ready = Some(Ready::new(self.compute()?));
        }
        self.ready.as_mut().map_or(Ok(None), Operator::next)
    }
}
