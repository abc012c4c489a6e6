//! Functions of dates.

use super::super::call::{Call, Kernel};
use super::super::{errors, pattern};
use crate::common::Result;
use crate::logical::functions::calendar::{self, DAY, Zone, add_months, checked_days, civil, days};
use crate::logical::scalar::Scalar;
use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{Date32Type, Float64Type, Int32Type, TimestampMicrosecondType};
use std::sync::Arc;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "year" => |call| part(call, |d| civil(d).0),
        "quarter" => |call| part(call, |d| (civil(d).1 as i32 - 1) / 3 + 1),
        "month" => |call| part(call, |d| civil(d).1 as i32),
        "dayofmonth" => |call| part(call, |d| civil(d).2 as i32),
        "dayofweek" => |call| part(call, |d| (calendar::weekday(d) + 1) % 7 + 1),
        "weekday" => |call| part(call, calendar::weekday),
        "dayofyear" => |call| part(call, calendar::day_of_year),
        "weekofyear" => |call| part(call, |d| calendar::iso_week(d).1),
        "unix_date" => |call| part(call, |d| d),
        "dayname" => |call| named(call, |d| pattern::weekday_name(calendar::weekday(d))),
        "monthname" => |call| named(call, |d| pattern::month_name(civil(d).1)),
        "last_day" => |call| {
            dates(call, |d| {
                let (year, month, _) = civil(d);
                days(year, month, calendar::month_length(year, month))
            })
        },
        "date_from_unix_date" => |call| {
            let n = call.numbers::<Int32Type>(0)?;
            call.to_numbers::<Date32Type>(|row| Ok(n.get(row)))
        },
        "date_add" => |call| moved(call, i32::checked_add),
        "date_sub" => |call| moved(call, i32::checked_sub),
        "add_months" => |call| moved(call, |d, n| Some(add_months(d, n))),
        "datediff" => datediff,
        "months_between" => months_between,
        "next_day" => next_day,
        "trunc" => trunc,
        "make_date" => make_date,
        _ => return None,
    })
}

fn part(call: &Call<'_>, f: fn(i32) -> i32) -> Result<ArrayRef> {
    let column = call.column(0)?;
    match column.as_primitive_opt::<Date32Type>() {
        Some(values) => Ok(Arc::new(values.unary::<_, Int32Type>(f))),
        None => Ok(arrow::array::new_null_array(&call.out.to_arrow(), call.rows)),
    }
}

fn dates(call: &Call<'_>, f: fn(i32) -> i32) -> Result<ArrayRef> {
    let column = call.column(0)?;
    match column.as_primitive_opt::<Date32Type>() {
        Some(values) => Ok(Arc::new(values.unary::<_, Date32Type>(f))),
        None => Ok(arrow::array::new_null_array(&call.out.to_arrow(), call.rows)),
    }
}

fn named(call: &Call<'_>, f: fn(i32) -> &'static str) -> Result<ArrayRef> {
    let d = call.numbers::<Date32Type>(0)?;
    call.to_texts(|row| Ok(d.get(row).map(f)))
}

fn moved(call: &Call<'_>, f: fn(i32, i32) -> Option<i32>) -> Result<ArrayRef> {
    let (d, n) = (call.numbers::<Date32Type>(0)?, call.numbers::<Int32Type>(1)?);
    call.to_numbers::<Date32Type>(|row| {
        d.get(row).zip(n.get(row)).map(|(d, n)| f(d, n).ok_or_else(|| errors::overflow("integer"))).transpose()
    })
}

fn datediff(call: &Call<'_>) -> Result<ArrayRef> {
    let (end, start) = (call.numbers::<Date32Type>(0)?, call.numbers::<Date32Type>(1)?);
    call.to_numbers::<Int32Type>(|row| Ok(end.get(row).zip(start.get(row)).map(|(end, start)| end.wrapping_sub(start))))
}

/// Whole months, and days as parts of 31; time of day counts unless both are the same day of the month or month ends.
fn months_between(call: &Call<'_>) -> Result<ArrayRef> {
    let (a, b) = (call.numbers::<TimestampMicrosecondType>(0)?, call.numbers::<TimestampMicrosecondType>(1)?);
    let round = call.flags(2)?;
    let zone = Zone::parse(&call.context.time_zone)?;
    call.to_numbers::<Float64Type>(|row| {
        let (Some(a), Some(b), Some(round)) = (a.get(row), b.get(row), round.get(row)) else { return Ok(None) };
        let ((date_a, time_a), (date_b, time_b)) =
            (calendar::split_micros(zone.to_local(a)), calendar::split_micros(zone.to_local(b)));
        let ((ya, ma, da), (yb, mb, db)) = (civil(date_a), civil(date_b));
        let months = f64::from((ya - yb) * 12 + ma as i32 - mb as i32);
        let last = |year, month, day| day == calendar::month_length(year, month);
        if da == db || (last(ya, ma, da) && last(yb, mb, db)) {
            return Ok(Some(months));
        }
        let seconds = i64::from(da as i32 - db as i32) * 86_400 + (time_a - time_b).div_euclid(1_000_000);
        let exact = months + seconds as f64 / f64::from(31 * 86_400);
        Ok(Some(if round { libm::round(exact * 1e8) / 1e8 } else { exact }))
    })
}

fn next_day(call: &Call<'_>) -> Result<ArrayRef> {
    let (d, name) = (call.numbers::<Date32Type>(0)?, call.texts(1)?);
    call.to_numbers::<Date32Type>(|row| {
        let (Some(d), Some(name)) = (d.get(row), name.get(row)) else { return Ok(None) };
        let wanted = match name.trim().to_uppercase().as_str() {
            "MO" | "MON" | "MONDAY" => 0,
            "TU" | "TUE" | "TUESDAY" => 1,
            "WE" | "WED" | "WEDNESDAY" => 2,
            "TH" | "THU" | "THURSDAY" => 3,
            "FR" | "FRI" | "FRIDAY" => 4,
            "SA" | "SAT" | "SATURDAY" => 5,
            "SU" | "SUN" | "SUNDAY" => 6,
            _ if call.context.ansi => {
                return Err(errors::illegal("ILLEGAL_DAY_OF_WEEK", format!("'{name}' is no day of the week")));
            }
            _ => return Ok(None),
        };
        let ahead = (wanted - calendar::weekday(d)).rem_euclid(7);
        Ok(Some(d + if ahead == 0 { 7 } else { ahead }))
    })
}

/// The first day of the unit that a date lies in; nothing for a unit that dates do not have.
pub(super) fn start_of(date: i32, unit: &str) -> Option<i32> {
    let (year, month, _) = civil(date);
    Some(match unit.to_uppercase().as_str() {
        "YEAR" | "YYYY" | "YY" => days(year, 1, 1),
        "QUARTER" => days(year, (month - 1) / 3 * 3 + 1, 1),
        "MONTH" | "MON" | "MM" => days(year, month, 1),
        "WEEK" => date - calendar::weekday(date),
        _ => return None,
    })
}

fn trunc(call: &Call<'_>) -> Result<ArrayRef> {
    let (d, unit) = (call.numbers::<Date32Type>(0)?, call.texts(1)?);
    call.to_numbers::<Date32Type>(|row| Ok(d.get(row).zip(unit.get(row)).and_then(|(d, unit)| start_of(d, unit))))
}

fn make_date(call: &Call<'_>) -> Result<ArrayRef> {
    let (y, m, d) = (call.numbers::<Int32Type>(0)?, call.numbers::<Int32Type>(1)?, call.numbers::<Int32Type>(2)?);
    call.to_numbers::<Date32Type>(|row| {
        let (Some(y), Some(m), Some(d)) = (y.get(row), m.get(row), d.get(row)) else { return Ok(None) };
        let found = checked_days(y, u32::try_from(m).unwrap_or(0), u32::try_from(d).unwrap_or(0));
        if found.is_none() && call.context.ansi {
            return Err(errors::date_time(
                "DATETIME_FIELD_OUT_OF_BOUNDS.WITHOUT_SUGGESTION",
                format!("there is no date with year {y}, month {m}, day {d}"),
            ));
        }
        Ok(found)
    })
}

/// `sequence` of numbers, dates and timestamps.
pub(super) fn sequence(call: &Call<'_>) -> Result<ArrayRef> {
    let zone = Zone::parse(&call.context.time_zone)?;
    call.to_scalars(|row| {
        let (start, stop) = (call.scalar(0, row)?, call.scalar(1, row)?);
        let step = if call.args.len() > 2 { Some(call.scalar(2, row)?) } else { None };
        if start.is_null() || stop.is_null() || step.as_ref().is_some_and(Scalar::is_null) {
            return Ok(Scalar::Null);
        }
        one_sequence(&start, &stop, step.as_ref(), zone).map(Scalar::Array)
    })
}

fn wrong_bounds() -> crate::common::SparkError {
    crate::common::SparkError::new(
        crate::common::ErrorClass::IllegalArgumentException,
        "the step of a sequence must lead from its start to its end",
    )
}

fn one_sequence(start: &Scalar, stop: &Scalar, step: Option<&Scalar>, zone: Zone) -> Result<Vec<Scalar>> {
    let make: fn(i64) -> Scalar = match start {
        Scalar::Byte(_) => |v| Scalar::Byte(v as i8),
        Scalar::Short(_) => |v| Scalar::Short(v as i16),
        Scalar::Integer(_) => |v| Scalar::Integer(v as i32),
        Scalar::Long(_) => Scalar::Long,
        _ => return moments(start, stop, step, zone),
    };
    let whole = |value: &Scalar| match value {
        Scalar::Byte(v) => i64::from(*v),
        Scalar::Short(v) => i64::from(*v),
        Scalar::Integer(v) => i64::from(*v),
        Scalar::Long(v) => *v,
        _ => 0,
    };
    let (from, to) = (whole(start), whole(stop));
    let by = step.map_or(if from <= to { 1 } else { -1 }, whole);
    if (by == 0 && from != to) || (by > 0 && from > to) || (by < 0 && from < to) {
        return Err(wrong_bounds());
    }
    let count = if by == 0 { 1 } else { (to - from) / by + 1 };
    Ok((0..count).map(|i| make(from + i * by)).collect())
}

fn moments(start: &Scalar, stop: &Scalar, step: Option<&Scalar>, zone: Zone) -> Result<Vec<Scalar>> {
    let micros = |value: &Scalar| match value {
        Scalar::Date(date) => i64::from(*date) * DAY,
        Scalar::Timestamp(micros) => zone.to_local(*micros),
        Scalar::TimestampNtz(micros) => *micros,
        _ => 0,
    };
    let (from, to) = (micros(start), micros(stop));
    let (months, length) = match step {
        None => (0, if from <= to { DAY } else { -DAY }),
        Some(Scalar::YearMonthInterval(months)) => (*months, 0),
        Some(Scalar::DayTimeInterval(micros)) => (0, *micros),
        Some(Scalar::CalendarInterval(months, days, micros)) => (*months, i64::from(*days) * DAY + micros),
        Some(_) => return Err(wrong_bounds()),
    };
    let forward = months > 0 || length > 0;
    if (months == 0 && length == 0 && from != to) || (from < to) != forward && from != to {
        return Err(wrong_bounds());
    }
    let (date, within) = calendar::split_micros(from);
    let mut found = Vec::new();
    for i in 0.. {
        let at = i64::from(add_months(date, months * i)) * DAY + within + length * i64::from(i);
        if (forward && at > to) || (!forward && at < to) || (i > 0 && months == 0 && length == 0) {
            break;
        }
        found.push(match start {
            Scalar::Date(_) => Scalar::Date(calendar::split_micros(at).0),
            Scalar::Timestamp(_) => Scalar::Timestamp(zone.to_utc(at)),
            _ => Scalar::TimestampNtz(at),
        });
    }
    Ok(found)
}

/// The field of a date that SQL's `extract` names.
pub(super) fn date_field(date: i32, field: &str) -> Option<i32> {
    let (year, month, day) = civil(date);
    Some(match field {
        "year" | "y" | "years" | "yr" | "yrs" => year,
        "yearofweek" => calendar::iso_week(date).0,
        "quarter" | "qtr" => (month as i32 - 1) / 3 + 1,
        "month" | "mon" | "mons" | "months" => month as i32,
        "week" | "w" | "weeks" => calendar::iso_week(date).1,
        "day" | "d" | "days" => day as i32,
        "dayofweek" | "dow" => (calendar::weekday(date) + 1) % 7 + 1,
        "dayofweek_iso" | "dow_iso" => calendar::weekday(date) + 1,
        "doy" => calendar::day_of_year(date),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_go_by_months_from_the_start() {
        let date = |y, m, d| Scalar::Date(days(y, m, d));
        let found =
            one_sequence(&date(2024, 1, 31), &date(2024, 4, 30), Some(&Scalar::YearMonthInterval(1)), Zone::UTC)
                .unwrap();
        assert_eq!(found, [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]);
        assert!(one_sequence(&Scalar::Integer(1), &Scalar::Integer(5), Some(&Scalar::Integer(-1)), Zone::UTC).is_err());
    }
}
