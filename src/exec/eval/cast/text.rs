//! Values as text: `cast(… as string)`, and the form that `show()` prints.

use crate::common::Result;
use crate::logical::display::scalar_text;
use crate::logical::functions::calendar::{self, Zone};
use crate::logical::functions::number_text::{format_double, format_float, write_decimal};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::logical::variant::{Variant, Zoned};
use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use std::fmt::Write as _;
use std::sync::Arc;

/// How values are written.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub zone: Zone,
    /// The word for a null inside another value.
    pub null: &'static str,
    /// Bytes as `[53 70 61]` instead of as text; texts in variants with their quotes.
    pub hex_bytes: bool,
}

impl Style {
    /// `cast(… as string)`.
    #[must_use]
    pub fn cast(zone: Zone) -> Self {
        Style { zone, null: "null", hex_bytes: false }
    }

    /// `show()`.
    #[must_use]
    pub fn pretty(zone: Zone) -> Self {
        Style { zone, null: "NULL", hex_bytes: true }
    }
}

/// The texts of a column; a null stays null.
pub(super) fn to_text(array: &ArrayRef, data_type: &DataType, style: Style) -> Result<ArrayRef> {
    let mut builder = StringViewBuilder::with_capacity(array.len());
    let mut text = String::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            builder.append_null();
        } else {
            text.clear();
            write_cell(&mut text, array, row, data_type, style)?;
            builder.append_value(&text);
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Writes one value of a column at the end of `out`; a null becomes the style's word.
///
/// # Errors
/// Memory that is not of the type: a bug.
pub fn write_cell(out: &mut String, array: &ArrayRef, row: usize, data_type: &DataType, style: Style) -> Result<()> {
    use DataType as T;
    if array.is_null(row) || matches!(array.data_type(), arrow::datatypes::DataType::Null) {
        out.push_str(style.null);
        return Ok(());
    }
    match data_type {
        T::String => out.push_str(array.as_string_view().value(row)),
        T::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        T::Byte => whole(out, i64::from(array.as_primitive::<Int8Type>().value(row))),
        T::Short => whole(out, i64::from(array.as_primitive::<Int16Type>().value(row))),
        T::Integer => whole(out, i64::from(array.as_primitive::<Int32Type>().value(row))),
        T::Long => whole(out, array.as_primitive::<Int64Type>().value(row)),
        T::Float => out.push_str(&format_float(array.as_primitive::<Float32Type>().value(row))),
        T::Double => out.push_str(&format_double(array.as_primitive::<Float64Type>().value(row))),
        T::Decimal(_, scale) => write_decimal(out, array.as_primitive::<Decimal128Type>().value(row), *scale),
        T::Date => calendar::write_date(out, array.as_primitive::<Date32Type>().value(row)),
        T::Timestamp => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            calendar::write_wall_clock(out, style.zone.to_local(micros));
        }
        T::TimestampNtz => calendar::write_wall_clock(out, array.as_primitive::<TimestampMicrosecondType>().value(row)),
        T::Binary => bytes(out, array.as_binary_view().value(row), style),
        T::Variant => {
            let value = Variant::read(array.as_binary_view().value(row))?;
            let zoned = Zoned { zone: style.zone };
            out.push_str(&if style.hex_bytes { zoned.json(&value) } else { zoned.text(&value) });
        }
        T::Array(element, _) => {
            let items = array.as_list::<i32>().value(row);
            out.push('[');
            for i in 0..items.len() {
                separate(out, i);
                write_cell(out, &items, i, element, style)?;
            }
            out.push(']');
        }
        T::Map(key, value, _) => {
            let entries = array.as_map().value(row);
            out.push('{');
            for i in 0..entries.len() {
                separate(out, i);
                write_cell(out, entries.column(0), i, key, style)?;
                out.push_str(" -> ");
                write_cell(out, entries.column(1), i, value, style)?;
            }
            out.push('}');
        }
        T::Struct(fields) => {
            out.push('{');
            for (i, (column, field)) in array.as_struct().columns().iter().zip(&fields.fields).enumerate() {
                separate(out, i);
                write_cell(out, column, row, &field.data_type, style)?;
            }
            out.push('}');
        }
        T::Spatial(..) | T::Time => out.push_str(&scalar_text(&Scalar::from_array(array, row, data_type)?)),
        T::Null | T::YearMonthInterval(..) | T::DayTimeInterval(..) | T::CalendarInterval => {
            interval(out, &Scalar::from_array(array, row, data_type)?, data_type, style);
        }
    }
    Ok(())
}

fn separate(out: &mut String, i: usize) {
    if i > 0 {
        out.push_str(", ");
    }
}

fn whole(out: &mut String, value: i64) {
    let _ = write!(out, "{value}");
}

fn bytes(out: &mut String, value: &[u8], style: Style) {
    if !style.hex_bytes {
        out.push_str(&String::from_utf8_lossy(value));
        return;
    }
    out.push('[');
    for (i, byte) in value.iter().enumerate() {
        let _ = write!(out, "{}{byte:02X}", if i > 0 { " " } else { "" });
    }
    out.push(']');
}

fn interval(out: &mut String, value: &Scalar, data_type: &DataType, style: Style) {
    match value {
        Scalar::YearMonthInterval(months) => {
            let DataType::YearMonthInterval(from, to) = *data_type else { return };
            out.push_str(&calendar::format_year_month(*months, from, to));
        }
        Scalar::DayTimeInterval(micros) => {
            let DataType::DayTimeInterval(from, to) = *data_type else { return };
            out.push_str(&calendar::format_day_time(*micros, from, to));
        }
        Scalar::CalendarInterval(months, days, micros) => {
            out.push_str(&calendar::format_calendar_interval(*months, *days, *micros));
        }
        _ => out.push_str(style.null),
    }
}

/// One plain value as text.
///
/// # Errors
/// A value that is not of the type: a bug.
pub fn format_value(value: &Scalar, data_type: &DataType, style: Style) -> Result<String> {
    let array = Scalar::to_array(std::slice::from_ref(value), data_type)?;
    let mut out = String::new();
    write_cell(&mut out, &array, 0, data_type, style)?;
    Ok(out)
}

/// A type in Spark's capitals, for messages.
pub(super) fn type_words(data_type: &DataType) -> String {
    match data_type {
        DataType::Decimal(precision, scale) => format!("DECIMAL({precision},{scale})"),
        DataType::Long => "BIGINT".to_owned(),
        DataType::Integer => "INT".to_owned(),
        DataType::Short => "SMALLINT".to_owned(),
        DataType::Byte => "TINYINT".to_owned(),
        other => format!("{other:?}").to_uppercase(),
    }
}
