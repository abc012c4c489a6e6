//! Dates and times in a format that the script gave, and types that text cannot hold.

use super::csv_options::ValueOptions;
use crate::common::{ErrorClass, Result, SparkError};
use crate::exec::eval::pattern::Pattern;
use crate::logical::functions::calendar::Zone;
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, AsArray, Date32Array, TimestampMicrosecondArray};
use std::sync::Arc;

const DAY_MICROS: i64 = 86_400_000_000;

/// Reads moments in one format.
pub struct MomentReader {
    pattern: Pattern,
    zone: Zone,
}

impl MomentReader {
    /// For this pattern; texts without a zone are in `zone`.
    ///
    /// # Errors
    /// A pattern that means nothing, an unknown zone.
    pub fn new(pattern: &str, zone: &str) -> Result<Self> {
        Ok(MomentReader { pattern: Pattern::parse(pattern)?, zone: Zone::parse(zone)? })
    }

    /// Microseconds since the epoch.
    pub fn micros(&self, text: &str) -> Option<i64> {
        self.pattern.read(text, self.zone)
    }

    /// Days since the epoch.
    pub fn days(&self, text: &str) -> Option<i32> {
        self.pattern.read(text, Zone::UTC).map(|micros| micros.div_euclid(DAY_MICROS) as i32)
    }
}

/// The reader for a type, where the script gave a format for it.
///
/// # Errors
/// See [`MomentReader::new`].
pub fn reader_for(data_type: &DataType, options: &ValueOptions) -> Result<Option<MomentReader>> {
    let (pattern, zone) = match data_type {
        DataType::Date => (&options.date_format, "UTC"),
        DataType::Timestamp => (&options.timestamp_format, options.time_zone.as_str()),
        DataType::TimestampNtz => (&options.timestamp_ntz_format, "UTC"),
        _ => return Ok(None),
    };
    pattern.as_ref().map(|pattern| MomentReader::new(pattern, zone)).transpose()
}

/// The values of a column of text. Rows that do not parse become null and are marked bad.
///
/// # Errors
/// For types that this format cannot hold.
pub fn parse(text: &ArrayRef, to: &DataType, options: &ValueOptions, bad: &mut [bool]) -> Result<ArrayRef> {
    let Some(reader) = reader_for(to, options)? else {
        return Err(SparkError::new(
            ErrorClass::AnalysisException,
            format!("a text file cannot hold a column of type {to:?}"),
        )
        .with_condition("UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE"));
    };
    let text = text.as_string_view();
    let mut micros: Vec<Option<i64>> = Vec::with_capacity(text.len());
    for (row, value) in text.iter().enumerate() {
        let parsed = match value {
            None => None,
            Some(value) if *to == DataType::Date => reader.days(value).map(i64::from),
            Some(value) => reader.micros(value),
        };
        bad[row] |= value.is_some() && parsed.is_none();
        micros.push(parsed);
    }
    Ok(match to {
        DataType::Date => {
            Arc::new(micros.into_iter().map(|days| days.map(|days| days as i32)).collect::<Date32Array>())
        }
        _ => Arc::new(micros.into_iter().collect::<TimestampMicrosecondArray>().with_data_type(to.to_arrow())),
    })
}
