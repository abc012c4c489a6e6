//! `spark.createDataFrame` in all its forms.

use super::dataframe::{DataFrame, frame};
use super::row::Row;
use super::support::{given, not_expected_type};
use super::types::{TypeObject, schema_argument};
use super::{convert, infer, rdd, verify};
use crate::logical::plan::LogicalPlan;
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructType};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Raised, Value, type_error};

/// What a script says about the columns.
pub enum Wanted {
    /// Nothing.
    Inferred,
    /// Their names.
    Names(Vec<String>),
    /// All; `true` when each row is a bare value of a single type.
    Schema(StructType, bool),
}

/// The columns that the argument `schema` asks for.
///
/// # Errors
/// `NOT_EXPECTED_TYPE`; `ParseException`.
pub fn wanted(interp: &mut Interpreter, schema: Option<Value>) -> PyResult<Wanted> {
    let Some(schema) = given(schema) else { return Ok(Wanted::Inferred) };
    if schema.downcast::<TypeObject>().is_some() || schema.as_str().is_some() {
        let (fields, single) = schema_argument(interp, "schema", &schema)?;
        return Ok(Wanted::Schema(fields, single));
    }
    let items = schema.downcast::<Row>().map(|row| row.values.to_vec()).or_else(|| schema.as_items());
    match items {
        Some(items) => {
            let mut names = Vec::new();
            for item in &items {
                names.push(match item.as_str() {
                    Some(name) => name.to_owned(),
                    None => return Err(not_expected_type(interp, "schema", "list of names", &schema)),
                });
            }
            Ok(Wanted::Names(names))
        }
        None => Err(not_expected_type(interp, "schema", "StructType, str or list", &schema)),
    }
}

/// `createDataFrame(data, schema, samplingRatio, verifySchema)`.
///
/// # Errors
/// What inference and verification find.
pub fn create_data_frame(interp: &mut Interpreter, args: Args) -> PyResult {
    let [data, schema, _ratio, verify] =
        args.bind("createDataFrame", ["data", "schema", "samplingRatio", "verifySchema"], 1)?;
    let data = data.unwrap_or(Value::None);
    if data.downcast::<DataFrame>().is_some() {
        return Err(super::support::raise(
            crate::common::ErrorClass::PySparkTypeError,
            "INVALID_TYPE",
            "Argument `data` should not be a DataFrame.",
        ));
    }
    let wanted = wanted(interp, schema)?;
    let verify = verify.is_none_or(|flag| flag.as_bool() != Some(false));
    if let Some(rdd) = data.downcast::<rdd::Rdd>() {
        return rdd::to_frame(interp, rdd, wanted);
    }
    if matches!(data.native(), Value::Object(_)) && interp.type_name(&data) == "DataFrame" {
        return Err(Raised::unsupported("createDataFrame from pandas", "give a list of tuples or dicts"));
    }
    if matches!(data, Value::Str(_)) {
        return Err(type_error("createDataFrame() needs rows, not a text"));
    }
    let rows = interp.items(&data)?;
    let (schema, single, checked) = match wanted {
        Wanted::Inferred => (infer::schema(interp, &rows, None)?, false, false),
        Wanted::Names(names) => (infer::schema(interp, &rows, Some(&names))?, false, false),
        Wanted::Schema(fields, single) => (fields, single, verify),
    };
    local_frame(interp, &rows, &schema, single, checked)
}

/// A frame of rows that the driver holds.
///
/// # Errors
/// What verification finds.
pub fn local_frame(
    interp: &mut Interpreter,
    rows: &[Value],
    schema: &StructType,
    single: bool,
    checked: bool,
) -> PyResult {
    let whole = DataType::Struct(schema.clone());
    let mut scalars = Vec::with_capacity(rows.len());
    for row in rows {
        scalars.push(row_scalars(interp, row, &whole, schema, single, checked)?);
    }
    let batch = convert::batch_of(&scalars, schema)?;
    frame(interp, LogicalPlan::LocalRelation { output: LogicalPlan::unassigned(schema), batch, partitions: None })
}

/// One row's values.
///
/// # Errors
/// What verification finds; a value that cannot become its column's type.
pub fn row_scalars(
    interp: &mut Interpreter,
    row: &Value,
    whole: &DataType,
    schema: &StructType,
    single: bool,
    checked: bool,
) -> PyResult<Vec<Scalar>> {
    if single {
        let Some(field) = schema.fields.first() else { return Ok(Vec::new()) };
        if checked {
            verify::verify(interp, row, &field.data_type, field.nullable, None)?;
        }
        return Ok(vec![convert::from_value(interp, row, &field.data_type)?]);
    }
    if checked {
        verify::verify(interp, row, whole, false, None)?;
    } else if let Some(items) = row.as_items()
        && items.len() != schema.fields.len()
    {
        return Err(super::support::raise(
            crate::common::ErrorClass::IllegalArgumentException,
            "STRUCT_ARRAY_LENGTH_MISMATCH",
            format!(
                "Input row doesn't have expected number of values required by the schema. {} fields are required while {} values are provided.",
                schema.fields.len(),
                items.len()
            ),
        ));
    }
    match convert::from_value(interp, row, whole)? {
        Scalar::Struct(parts) => Ok(parts),
        _ => Ok(vec![Scalar::Null; schema.fields.len()]),
    }
}
