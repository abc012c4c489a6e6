//! Dates and times in a format that the script gave, and types that text cannot hold.

use super::csv_options::ValueOptions;
use super::values;
use crate::common::{ErrorClass, Result, SparkError, TimeParserPolicy};
use crate::exec::eval::moment_format::MomentFormat;
use crate::logical::functions::calendar::Zone;
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, AsArray, Date32Array, TimestampMicrosecondArray};
use std::sync::Arc;

const DAY_MICROS: i64 = 86_400_000_000;

/// Reads moments in one format.
pub struct MomentReader {
    format: MomentFormat,
    zone: Zone,
    zone_name: String,
    plain: Plain,
}

/// When a text may also look as casts take it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plain {
    Never,
    /// The script gave no format.
    First,
    /// Spark 2's rules are on.
    Last,
}

impl MomentReader {
    /// Microseconds since the epoch.
    ///
    /// # Errors
    /// Under `spark.sql.legacy.timeParserPolicy=EXCEPTION`, for a text that only Spark 2 would read.
    pub fn micros(&self, text: &str) -> Result<Option<i64>> {
        let plain = || {
            // A time without a date would be one of today, which a file's text cannot know.
            let dated = text.contains('-');
            dated.then(|| values::parse_timestamp(text.as_bytes(), &self.zone_name, 0)).flatten()
        };
        self.read(text, plain, self.zone)
    }

    /// Days since the epoch.
    ///
    /// # Errors
    /// See [`MomentReader::micros`].
    pub fn days(&self, text: &str) -> Result<Option<i32>> {
        let plain = || i64::from(values::parse_date(text.as_bytes())?).checked_mul(DAY_MICROS);
        let micros = self.read(text, plain, Zone::UTC)?;
        Ok(micros.map(|micros| micros.div_euclid(DAY_MICROS) as i32))
    }

    /// Whether the text has this very format; the question of schema inference.
    pub fn fits(&self, text: &str) -> bool {
        self.format.read(text, self.zone).is_ok_and(|found| found.is_some())
    }

    fn read(&self, text: &str, plain: impl Fn() -> Option<i64>, zone: Zone) -> Result<Option<i64>> {
        if self.plain == Plain::First
            && let Some(found) = plain()
        {
            return Ok(Some(found));
        }
        match self.format.read(text, zone)? {
            None if self.plain == Plain::Last => Ok(plain()),
            found => Ok(found),
        }
    }
}

/// The reader for a type, where it has a format.
///
/// # Errors
/// A pattern that means nothing, an unknown zone.
pub fn reader_for(data_type: &DataType, options: &ValueOptions) -> Result<Option<MomentReader>> {
    let (pattern, zone_name) = match data_type {
        DataType::Date => (&options.date_format, "UTC"),
        DataType::Timestamp => (&options.timestamp_format, options.time_zone.as_str()),
        DataType::TimestampNtz => (&options.timestamp_ntz_format, "UTC"),
        _ => return Ok(None),
    };
    let Some(pattern) = pattern else { return Ok(None) };
    let plain = match options.time_parser {
        TimeParserPolicy::Legacy => Plain::Last,
        TimeParserPolicy::Exception if !options.is_given(data_type) => Plain::First,
        _ => Plain::Never,
    };
    Ok(Some(MomentReader {
        format: MomentFormat::parse_for_files(pattern, options.time_parser)?,
        zone: Zone::parse(zone_name)?,
        zone_name: zone_name.to_owned(),
        plain,
    }))
}

/// The values of a column of text. Rows that do not parse become null and are marked bad.
///
/// # Errors
/// For types that this format cannot hold, and see [`MomentReader::micros`].
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
            Some(value) if *to == DataType::Date => reader.days(value)?.map(i64::from),
            Some(value) => reader.micros(value)?,
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
