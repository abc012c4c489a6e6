//! Several rows for one: `Expand` (grouping sets) and `Generate` (`explode` and its kin).

use crate::common::{Result, SparkError};
use crate::exec::batch::{batch_of, conform, schema_of, take_rows};
use crate::exec::expression::{Bound, evaluate_all};
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::logical::expr::{Attribute, Expr};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::logical::variant::{self, Variant};
use crate::physical::plan::PhysicalPlan;
use arrow::array::{Array, ArrayRef, AsArray, Int32Array, StringViewBuilder, UInt32Array, new_empty_array};
use arrow::compute::{interleave, take};
use arrow::datatypes::{DataType as ArrowType, SchemaRef};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

struct Expand<'a> {
    input: Rows<'a>,
    projections: Vec<Vec<Bound>>,
    schema: SchemaRef,
}

/// Each row once for each projection, row by row.
pub fn expand<'a>(
    runtime: &'a Runtime<'a>,
    projections: &[Vec<Expr>],
    output: &[Attribute],
    input: &'a PhysicalPlan,
    partition: usize,
) -> Result<Rows<'a>> {
    let columns = input.output();
    let projections =
        projections.iter().map(|exprs| runtime.bind(exprs, &columns, partition)).collect::<Result<Vec<_>>>()?;
    Ok(Box::new(Expand { input: runtime.build(input, partition)?, projections, schema: schema_of(output) }))
}

impl Operator for Expand<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        let Some(batch) = self.input.next()? else { return Ok(None) };
        let (rows, count) = (batch.num_rows(), self.projections.len());
        let parts = self
            .projections
            .iter()
            .map(|exprs| batch_of(&self.schema, evaluate_all(exprs, &batch)?, rows))
            .collect::<Result<Vec<_>>>()?;
        let places: Vec<(usize, usize)> = (0..rows).flat_map(|row| (0..count).map(move |part| (part, row))).collect();
        let columns = (0..self.schema.fields().len())
            .map(|at| {
                let arrays: Vec<&dyn Array> = parts.iter().map(|part| part.column(at).as_ref()).collect();
                Ok(interleave(&arrays, &places)?)
            })
            .collect::<Result<Vec<_>>>()?;
        batch_of(&self.schema, columns, rows * count).map(Some)
    }
}

/// Which generator, with its arguments bound.
enum Kind {
    Explode { position: bool },
    Inline,
    Stack { rows: usize },
    JsonTuple,
    Variant,
}

struct Generate<'a> {
    input: Rows<'a>,
    args: Vec<Bound>,
    /// The columns of the input that come out again.
    kept: Vec<usize>,
    kind: Kind,
    outer: bool,
    types: Vec<ArrowType>,
    schema: SchemaRef,
}

/// The input's columns followed by the generator's, once for each generated row.
pub fn generate<'a>(runtime: &'a Runtime<'a>, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
    let PhysicalPlan::Generate { generator, outer, output, unneeded, input } = plan else {
        return Err(SparkError::internal("not a generate"));
    };
    let mut expr = generator;
    while let Expr::Alias { child, .. } | Expr::MultiAlias { child, .. } = expr {
        expr = child;
    }
    let Expr::Generator { function, args, outer: own_outer } = expr else {
        return Err(SparkError::internal("a generate without a generator"));
    };
    let base = function.name.trim_end_matches("_outer");
    let (kind, args) = match base {
        "explode" => (Kind::Explode { position: false }, args.as_slice()),
        "posexplode" => (Kind::Explode { position: true }, args.as_slice()),
        "inline" => (Kind::Inline, args.as_slice()),
        "stack" => {
            let rows = match crate::exec::aggregate::constant_value(&args[0], runtime.context)? {
                crate::logical::scalar::Scalar::Integer(rows) => usize::try_from(rows).unwrap_or(0),
                _ => 0,
            };
            (Kind::Stack { rows }, &args[1..])
        }
        "json_tuple" => (Kind::JsonTuple, args.as_slice()),
        "variant_explode" => (Kind::Variant, args.as_slice()),
        other => return Err(SparkError::unsupported(format!("the generator {other}"), "use explode")),
    };
    Ok(Box::new(Generate {
        args: runtime.bind(args, &input.output(), partition)?,
        kept: (0..)
            .zip(input.output())
            .filter(|(_, column)| !unneeded.contains(&column.id))
            .map(|(at, _)| at)
            .collect(),
        input: runtime.build(input, partition)?,
        kind,
        outer: *outer || *own_outer || function.name.ends_with("_outer"),
        types: output.iter().map(|column| column.data_type.to_arrow()).collect(),
        schema: schema_of(&plan.output()),
    }))
}

/// Generated columns, and for each generated row the input row it came from.
type Generated = (Vec<u32>, Vec<ArrayRef>);

impl Generate<'_> {
    fn run(&self, batch: &RecordBatch) -> Result<Generated> {
        let args = evaluate_all(&self.args, batch)?;
        match &self.kind {
            Kind::Explode { position } => self.explode(&args[0], *position),
            Kind::Inline => self.inline(&args[0]),
            Kind::Stack { rows } => self.stack(&args, batch.num_rows(), *rows),
            Kind::JsonTuple => Ok(json_tuple(&args, batch.num_rows())),
            Kind::Variant => self.variant(&args[0]),
        }
    }

    /// The rows of a list-like column: source row and place among the values; nothing for an outer row without values.
    fn places(
        &self,
        rows: usize,
        is_null: impl Fn(usize) -> bool,
        range: impl Fn(usize) -> (usize, usize),
    ) -> (Vec<u32>, Vec<Option<u32>>, Vec<Option<i32>>) {
        let (mut sources, mut values, mut positions) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..rows {
            let (start, end) = if is_null(row) { (0, 0) } else { range(row) };
            for (position, at) in (start..end).enumerate() {
                sources.push(row as u32);
                values.push(Some(at as u32));
                positions.push(Some(position as i32));
            }
            if start == end && self.outer {
                sources.push(row as u32);
                values.push(None);
                positions.push(None);
            }
        }
        (sources, values, positions)
    }

    /// A row for each item of an array and each field of an object.
    fn variant(&self, column: &ArrayRef) -> Result<Generated> {
        let (mut sources, mut parts) = (Vec::new(), [Vec::new(), Vec::new(), Vec::new()]);
        for row in 0..column.len() {
            let mut add = |values: [Scalar; 3]| {
                sources.push(row as u32);
                parts.iter_mut().zip(values).for_each(|(part, value)| part.push(value));
            };
            let value = match Scalar::from_array(column, row, &DataType::Variant)? {
                Scalar::Variant(bytes) => Variant::read(&bytes)?,
                _ => Variant::Null,
            };
            let steps = variant::steps_into(&value);
            for (position, (key, item)) in (0..).zip(&steps) {
                let key = key.map_or(Scalar::Null, |key| Scalar::String(key.to_owned()));
                add([Scalar::Integer(position), key, Scalar::Variant(item.write())]);
            }
            if steps.is_empty() && self.outer {
                add([Scalar::Null, Scalar::Null, Scalar::Null]);
            }
        }
        let types = [DataType::Integer, DataType::String, DataType::Variant];
        let columns = parts.iter().zip(&types).map(|(part, own)| Scalar::to_array(part, own)).collect::<Result<_>>()?;
        Ok((sources, columns))
    }

    fn explode(&self, column: &ArrayRef, position: bool) -> Result<Generated> {
        let (parts, sources, values, positions) = match column.data_type() {
            ArrowType::List(_) => {
                let list = column.as_list::<i32>();
                let offsets = list.value_offsets();
                let (sources, values, positions) = self.places(
                    list.len(),
                    |row| list.is_null(row),
                    |row| (offsets[row] as usize, offsets[row + 1] as usize),
                );
                (vec![list.values().clone()], sources, values, positions)
            }
            ArrowType::Map(..) => {
                let map = column.as_map();
                let offsets = map.value_offsets();
                let (sources, values, positions) = self.places(
                    map.len(),
                    |row| map.is_null(row),
                    |row| (offsets[row] as usize, offsets[row + 1] as usize),
                );
                (vec![map.keys().clone(), map.values().clone()], sources, values, positions)
            }
            ArrowType::Null => {
                let (sources, values, positions) = self.places(column.len(), |_| true, |_| (0, 0));
                let nothing = self.types.iter().skip(usize::from(position)).map(new_empty_array).collect();
                (nothing, sources, values, positions)
            }
            other => return Err(SparkError::internal(format!("explode of {other}"))),
        };
        let mut columns = Vec::new();
        if position {
            columns.push(Arc::new(Int32Array::from(positions)) as ArrayRef);
        }
        for part in parts {
            columns.push(picked(&part, &values)?);
        }
        Ok((sources, columns))
    }

    fn inline(&self, column: &ArrayRef) -> Result<Generated> {
        let list = column.as_list_opt::<i32>().ok_or_else(|| SparkError::internal("inline of no array"))?;
        let offsets = list.value_offsets();
        let (sources, values, _) =
            self.places(list.len(), |row| list.is_null(row), |row| (offsets[row] as usize, offsets[row + 1] as usize));
        let structs = picked(list.values(), &values)?;
        let structs = structs.as_struct();
        let columns = structs
            .columns()
            .iter()
            .map(|part| match structs.nulls() {
                None => Ok(part.clone()),
                Some(nulls) => {
                    let rows: UInt32Array =
                        (0..part.len()).map(|row| nulls.is_valid(row).then_some(row as u32)).collect();
                    Ok(take(part, &rows, None)?)
                }
            })
            .collect::<Result<Vec<_>>>()?;
        Ok((sources, columns))
    }

    fn stack(&self, args: &[ArrayRef], rows: usize, count: usize) -> Result<Generated> {
        let width = self.types.len();
        let sources: Vec<u32> = (0..rows as u32).flat_map(|row| std::iter::repeat_n(row, count)).collect();
        let columns = self
            .types
            .iter()
            .enumerate()
            .map(|(column, data_type)| {
                let parts = (0..count)
                    .map(|line| match args.get(line * width + column) {
                        Some(arg) => conform(arg.clone(), data_type),
                        None => Ok(arrow::array::new_null_array(data_type, rows)),
                    })
                    .collect::<Result<Vec<_>>>()?;
                let arrays: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
                let places: Vec<(usize, usize)> =
                    (0..rows).flat_map(|row| (0..count).map(move |line| (line, row))).collect();
                Ok(interleave(&arrays, &places)?)
            })
            .collect::<Result<Vec<_>>>()?;
        Ok((sources, columns))
    }
}

fn picked(values: &ArrayRef, rows: &[Option<u32>]) -> Result<ArrayRef> {
    if values.is_empty() {
        return Ok(arrow::array::new_null_array(values.data_type(), rows.len()));
    }
    Ok(take(values, &UInt32Array::from(rows.to_vec()), None)?)
}

fn json_tuple(args: &[ArrayRef], rows: usize) -> Generated {
    let text = args[0].as_string_view();
    let mut builders: Vec<StringViewBuilder> = args[1..].iter().map(|_| StringViewBuilder::new()).collect();
    for row in 0..rows {
        let parsed: Option<serde_json::Value> =
            text.is_valid(row).then(|| serde_json::from_str(text.value(row)).ok()).flatten();
        for (builder, field) in builders.iter_mut().zip(&args[1..]) {
            let names = field.as_string_view();
            let value = parsed.as_ref().and_then(|parsed| parsed.get(names.value(row)));
            match value {
                None | Some(serde_json::Value::Null) => builder.append_null(),
                Some(serde_json::Value::String(text)) => builder.append_value(text),
                Some(other) => builder.append_value(other.to_string()),
            }
        }
    }
    let columns = builders.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef).collect();
    ((0..rows as u32).collect(), columns)
}

impl Operator for Generate<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let Some(batch) = self.input.next()? else { return Ok(None) };
            let (sources, generated) = self.run(&batch)?;
            if sources.is_empty() {
                continue;
            }
            let rows = sources.len();
            let kept = take_rows(&batch.project(&self.kept)?, &UInt32Array::from(sources))?;
            let mut columns = kept.columns().to_vec();
            columns.extend(generated);
            return batch_of(&self.schema, columns, rows).map(Some);
        }
    }
}

/// Rows of a Python function over a whole partition (RDD operations).
pub fn map_partitions<'a>(runtime: &'a Runtime<'a>, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
    let PhysicalPlan::MapPartitions { function, output, input } = plan else {
        return Err(SparkError::internal("not a map over partitions"));
    };
    let columns = input.output();
    let types: Vec<DataType> = columns.iter().map(|column| column.data_type.clone()).collect();
    let mut child = runtime.build(input, partition)?;
    let mut rows = Vec::new();
    while let Some(batch) = child.next()? {
        runtime.surroundings.to_python(batch.num_rows() as u64);
        for row in 0..batch.num_rows() {
            let values = batch.columns().iter().zip(&types);
            rows.push(
                values
                    .map(|(column, data_type)| crate::logical::scalar::Scalar::from_array(column, row, data_type))
                    .collect::<Result<Vec<_>>>()?,
            );
        }
    }
    let made = function.call(partition, rows)?;
    runtime.handled(plan, made.handled);
    let schema = schema_of(output);
    let mut batches = Vec::new();
    for rows in made.rows.chunks(crate::exec::batch::BATCH_ROWS) {
        let columns = output
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let values: Vec<_> = rows
                    .iter()
                    .map(|row| row.get(at).cloned().unwrap_or(crate::logical::scalar::Scalar::Null))
                    .collect();
                crate::logical::scalar::Scalar::to_array(&values, &column.data_type)
            })
            .collect::<Result<Vec<_>>>()?;
        batches.push(batch_of(&schema, columns, rows.len())?);
    }
    Ok(Box::new(super::Ready::new(batches)))
}
