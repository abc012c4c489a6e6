//! Frames as ranges of row numbers.

use super::Sorted;
use crate::common::{Result, SparkError};
use crate::exec::keys::normal_f64;
use crate::logical::expr::{FrameUnit, SortOrder};
use crate::logical::functions::calendar::add_months;
use crate::logical::scalar::Scalar;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};

const DAY_MICROS: i64 = 86_400_000_000;

/// One end of a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Bounds {
    Unbounded,
    Current,
    /// Rows, or a distance of the order key; negative before the row.
    Offset(Scalar),
}

/// A frame whose offsets are values.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub unit: FrameUnit,
    pub start: Bounds,
    pub end: Bounds,
}

/// For each row the rows of its frame, `start..end`.
///
/// # Errors
/// For offsets that do not fit the order key.
pub fn ranges(
    frame: &Frame,
    sorted: &Sorted<'_>,
    order: &[ArrayRef],
    directions: &[SortOrder],
) -> Result<Vec<(usize, usize)>> {
    let rows = sorted.rows.num_rows();
    let starts = ends_of(frame, true, sorted, order, directions)?;
    let ends = ends_of(frame, false, sorted, order, directions)?;
    Ok((0..rows).map(|row| (starts[row], ends[row].max(starts[row]))).collect())
}

fn ends_of(
    frame: &Frame,
    is_start: bool,
    sorted: &Sorted<'_>,
    order: &[ArrayRef],
    directions: &[SortOrder],
) -> Result<Vec<usize>> {
    let rows = sorted.rows.num_rows();
    let bound = if is_start { &frame.start } else { &frame.end };
    let side = |(start, end): (usize, usize)| if is_start { start } else { end };
    match (bound, frame.unit) {
        (Bounds::Unbounded, _) => Ok((0..rows).map(|row| side(sorted.partitions.around(row))).collect()),
        (Bounds::Current, FrameUnit::Rows) => Ok((0..rows).map(|row| row + usize::from(!is_start)).collect()),
        (Bounds::Current, FrameUnit::Range) => Ok((0..rows).map(|row| side(sorted.peers.around(row))).collect()),
        (Bounds::Offset(offset), FrameUnit::Rows) => {
            let offset = whole(offset)?;
            Ok((0..rows)
                .map(|row| {
                    let (start, end) = sorted.partitions.around(row);
                    let at = row as i64 + offset + i64::from(!is_start);
                    at.clamp(start as i64, end as i64) as usize
                })
                .collect())
        }
        (Bounds::Offset(offset), FrameUnit::Range) => by_distance(offset, is_start, sorted, order, directions),
    }
}

fn whole(offset: &Scalar) -> Result<i64> {
    match offset {
        Scalar::Byte(value) => Ok(i64::from(*value)),
        Scalar::Short(value) => Ok(i64::from(*value)),
        Scalar::Integer(value) => Ok(i64::from(*value)),
        Scalar::Long(value) => Ok(*value),
        other => Err(SparkError::internal(format!("a frame offset of {other:?} rows"))),
    }
}

/// An order key in a form that can be moved and compared.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Place {
    Whole(i128),
    Real(f64),
}

fn by_distance(
    offset: &Scalar,
    is_start: bool,
    sorted: &Sorted<'_>,
    order: &[ArrayRef],
    directions: &[SortOrder],
) -> Result<Vec<usize>> {
    let ([key], [direction]) = (order, directions) else {
        return Err(SparkError::internal("a range frame with offsets needs exactly one order key"));
    };
    let places = places(key)?;
    let moved = |row: usize, place: Place| moved(key, row, place, offset, direction.ascending);
    let mut found = Vec::with_capacity(places.len());
    for (row, place) in places.iter().enumerate() {
        let Some(place) = place else {
            // Nulls see their peers only.
            let (start, end) = sorted.peers.around(row);
            found.push(if is_start { start } else { end });
            continue;
        };
        let target = moved(row, *place)?;
        let (mut from, mut to) = sorted.partitions.around(row);
        // Nulls lie at one end of the partition.
        while from < to && places[from].is_none() {
            from += 1;
        }
        while to > from && places[to - 1].is_none() {
            to -= 1;
        }
        let before = |other: &Option<Place>| {
            other.is_some_and(|other| {
                let order = if direction.ascending { other.partial_cmp(&target) } else { target.partial_cmp(&other) };
                order == Some(std::cmp::Ordering::Less) || (!is_start && order == Some(std::cmp::Ordering::Equal))
            })
        };
        found.push(from + places[from..to].partition_point(before));
    }
    Ok(found)
}

fn places(key: &ArrayRef) -> Result<Vec<Option<Place>>> {
    let whole = |value: Option<i128>| value.map(Place::Whole);
    Ok(match key.data_type() {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            let wide = cast(key, &DataType::Int64)?;
            wide.as_primitive::<Int64Type>().iter().map(|value| whole(value.map(i128::from))).collect()
        }
        DataType::Float32 | DataType::Float64 => {
            let wide = cast(key, &DataType::Float64)?;
            wide.as_primitive::<Float64Type>().iter().map(|value| value.map(|v| Place::Real(normal_f64(v)))).collect()
        }
        DataType::Decimal128(..) => key.as_primitive::<Decimal128Type>().iter().map(whole).collect(),
        DataType::Date32 => key.as_primitive::<Date32Type>().iter().map(|value| whole(value.map(i128::from))).collect(),
        DataType::Timestamp(..) => {
            key.as_primitive::<TimestampMicrosecondType>().iter().map(|value| whole(value.map(i128::from))).collect()
        }
        other => return Err(SparkError::internal(format!("a range frame over {other}"))),
    })
}

/// The key at a distance from a row's, against the order when it descends.
fn moved(key: &ArrayRef, row: usize, place: Place, offset: &Scalar, ascending: bool) -> Result<Place> {
    let sign: i128 = if ascending { 1 } else { -1 };
    let is_date = matches!(key.data_type(), DataType::Date32);
    let months = |count: i32| -> Place {
        let count = count * sign as i32;
        if is_date {
            Place::Whole(i128::from(add_months(key.as_primitive::<Date32Type>().value(row), count)))
        } else {
            let micros = key.as_primitive::<TimestampMicrosecondType>().value(row);
            let (days, rest) = (micros.div_euclid(DAY_MICROS), micros.rem_euclid(DAY_MICROS));
            Place::Whole(i128::from(add_months(days as i32, count)) * i128::from(DAY_MICROS) + i128::from(rest))
        }
    };
    let unit = |micros: i64| i128::from(if is_date { micros / DAY_MICROS } else { micros });
    Ok(match (place, offset) {
        (Place::Real(value), Scalar::Double(by)) => Place::Real(value + by * sign as f64),
        (Place::Real(value), Scalar::Float(by)) => Place::Real(value + f64::from(*by) * sign as f64),
        (Place::Real(value), by) => Place::Real(value + whole(by)? as f64 * sign as f64),
        (Place::Whole(value), Scalar::DayTimeInterval(micros)) => Place::Whole(value + sign * unit(*micros)),
        (Place::Whole(_), Scalar::YearMonthInterval(count)) => months(*count),
        (Place::Whole(value), Scalar::CalendarInterval(count, days, micros)) => {
            let shifted = if *count == 0 { Place::Whole(value) } else { months(*count) };
            let Place::Whole(value) = shifted else { return Ok(shifted) };
            Place::Whole(value + sign * (unit(i64::from(*days) * DAY_MICROS) + unit(*micros)))
        }
        (Place::Whole(value), Scalar::Decimal(by, _, by_scale)) => {
            let scale = match key.data_type() {
                DataType::Decimal128(_, scale) => *scale,
                _ => 0,
            };
            let by = by * 10i128.pow((scale - by_scale).max(0) as u32) / 10i128.pow((by_scale - scale).max(0) as u32);
            Place::Whole(value + sign * by)
        }
        (Place::Whole(value), by) => {
            let factor = match key.data_type() {
                DataType::Decimal128(_, scale) => 10i128.pow((*scale).max(0) as u32),
                _ => 1,
            };
            Place::Whole(value + sign * i128::from(whole(by)?) * factor)
        }
    })
}
