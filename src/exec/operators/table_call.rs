//! A table function of the script (`@udtf`): its rows, each behind the row that it was made of.

use crate::common::{Result, SparkError};
use crate::exec::batch::{batch_of, schema_of, take_rows};
use crate::exec::expression::{Bound, evaluate_all};
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::logical::expr::{Attribute, TableCall};
use crate::logical::functions::table::{Arguments, MadeRows, TableFunction, TableRun};
use crate::logical::scalar::Scalar;
use crate::logical::types::{StructField, StructType};
use crate::physical::plan::PhysicalPlan;
use arrow::array::{ArrayRef, UInt32Array};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

struct TableRows<'a> {
    runtime: &'a Runtime<'a>,
    input: Rows<'a>,
    function: Arc<dyn TableFunction>,
    arguments: Arguments,
    args: Vec<Bound>,
    /// The columns of the input that come out again.
    kept: Vec<usize>,
    output: &'a [Attribute],
    schema: SchemaRef,
    /// From the partition's first row on.
    run: Option<Box<dyn TableRun>>,
    /// The last row that was given, to which the function's last rows belong.
    last: Option<RecordBatch>,
    is_done: bool,
}

/// The rows of one partition.
pub fn table_call<'a>(
    runtime: &'a Runtime<'a>,
    plan: &'a PhysicalPlan,
    call: &TableCall,
    partition: usize,
) -> Result<Rows<'a>> {
    let PhysicalPlan::Generate { output, unneeded, input, .. } = plan else {
        return Err(SparkError::internal("not a generate"));
    };
    let Some(function) = &call.function else {
        return Err(SparkError::internal("a table function that was not looked up"));
    };
    let fields = output.iter().map(|column| StructField::new(&column.name, column.data_type.clone(), column.nullable));
    let arguments = Arguments {
        types: call.args.iter().map(crate::logical::Expr::data_type).collect(),
        names: call.names.clone(),
        table: call.table.as_ref().map(|table| (table.position, table.groups)),
        columns: StructType::new(fields.collect()),
    };
    let columns = input.output();
    let is_kept = |column: &Attribute| !unneeded.contains(&column.id);
    Ok(Box::new(TableRows {
        runtime,
        args: runtime.bind(&call.args, &columns, partition)?,
        kept: (0..columns.len()).filter(|at| is_kept(&columns[*at])).collect(),
        input: runtime.build(input, partition)?,
        function: function.clone(),
        arguments,
        output,
        schema: schema_of(&plan.output()),
        run: None,
        last: None,
        is_done: false,
    }))
}

impl TableRows<'_> {
    fn given(&mut self, batch: &RecordBatch) -> Result<Option<RecordBatch>> {
        self.runtime.surroundings.to_python(batch.num_rows() as u64);
        let columns = evaluate_all(&self.args, batch)?;
        let values = |row: usize| -> Result<Vec<Scalar>> {
            let pairs = columns.iter().zip(&self.arguments.types);
            pairs.map(|(column, data_type)| Scalar::from_array(column, row, data_type)).collect()
        };
        let rows = (0..batch.num_rows()).map(values).collect::<Result<Vec<_>>>()?;
        let run = match &mut self.run {
            Some(run) => run,
            none => none.insert(self.function.start(self.arguments.clone())?),
        };
        let made = run.rows(rows)?;
        let kept = batch.project(&self.kept)?;
        self.last = Some(kept.slice(kept.num_rows() - 1, 1));
        self.joined(&kept, made)
    }

    fn joined(&self, kept: &RecordBatch, made: MadeRows) -> Result<Option<RecordBatch>> {
        if made.is_empty() {
            return Ok(None);
        }
        let rows = made.len();
        let sources: UInt32Array = made.iter().map(|(source, _)| Some(*source as u32)).collect();
        let mut columns: Vec<ArrayRef> = take_rows(kept, &sources)?.columns().to_vec();
        for (at, column) in self.output.iter().enumerate() {
            let values: Vec<Scalar> =
                made.iter().map(|(_, row)| row.get(at).cloned().unwrap_or(Scalar::Null)).collect();
            columns.push(Scalar::to_array(&values, &column.data_type)?);
        }
        batch_of(&self.schema, columns, rows).map(Some)
    }
}

impl Operator for TableRows<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        while !self.is_done {
            let made = match self.input.next()? {
                Some(batch) if batch.num_rows() == 0 => None,
                Some(batch) => self.given(&batch)?,
                None => {
                    self.is_done = true;
                    match (self.run.take(), self.last.take()) {
                        (Some(mut run), Some(last)) => {
                            let rows = run.finish()?;
                            self.joined(&last, rows.into_iter().map(|row| (0, row)).collect())?
                        }
                        _ => None,
                    }
                }
            };
            if made.is_some() {
                return Ok(made);
            }
        }
        Ok(None)
    }
}
