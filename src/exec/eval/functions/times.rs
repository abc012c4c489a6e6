//! Functions of timestamps and intervals, and of text that holds them.

use super::super::arithmetic;
use super::super::call::{Call, Kernel};
use super::super::cast;
use super::super::errors;
use super::super::moment_format::MomentFormat;
use super::super::value::Numbers;
use super::dates::{date_field, sequence, start_of};
use crate::common::{Result, SparkError};
use crate::logical::expr::CastMode;
use crate::logical::functions::calendar::{self, DAY, SECOND, Zone, checked_days};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Int32Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType as Micros,
};

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "to_date" | "to_timestamp" | "to_timestamp_ntz" => |call| parse(call, call.context.ansi),
        "try_to_date" | "try_to_timestamp" => |call| parse(call, false),
        "date_format" => date_format,
        "unix_timestamp" | "to_unix_timestamp" => unix_timestamp,
        "from_unixtime" => from_unixtime,
        "hour" => |call| time_part(call, |seconds| seconds / 3600),
        "minute" => |call| time_part(call, |seconds| seconds / 60 % 60),
        "second" => |call| time_part(call, |seconds| seconds % 60),
        "date_trunc" => date_trunc,
        "extract" => extract,
        "from_utc_timestamp" => |call| between_zones(call, |micros, zone| zone.to_local(micros)),
        "to_utc_timestamp" => |call| between_zones(call, |micros, zone| zone.to_utc(micros)),
        "convert_timezone" => convert_timezone,
        "make_timestamp" | "make_timestamp_ntz" | "try_make_timestamp" | "try_make_timestamp_ntz" => make_timestamp,
        "time_bucket" => time_bucket,
        "make_interval" | "try_make_interval" => make_interval,
        "make_dt_interval" => make_dt_interval,
        "make_ym_interval" => make_ym_interval,
        "timestamp_seconds" => timestamp_seconds,
        "timestamp_millis" => |call| from_units(call, 1_000),
        "timestamp_micros" => |call| from_units(call, 1),
        "unix_seconds" => |call| to_units(call, SECOND),
        "unix_millis" => |call| to_units(call, 1_000),
        "unix_micros" => |call| to_units(call, 1),
        "current_date" => |call| {
            let zone = zone(call)?;
            let today = calendar::split_micros(zone.to_local(call.context.now_micros)).0;
            call.to_numbers::<Date32Type>(|_| Ok(Some(today)))
        },
        "current_time" => |call| {
            let zone = zone(call)?;
            let now = calendar::split_micros(zone.to_local(call.context.now_micros)).1;
            call.to_numbers::<Time64MicrosecondType>(|_| Ok(Some(now)))
        },
        "current_timestamp" => |call| call.to_numbers::<Micros>(|_| Ok(Some(call.context.now_micros))),
        "localtimestamp" => |call| {
            let zone = zone(call)?;
            call.to_numbers::<Micros>(|_| Ok(Some(zone.to_local(call.context.now_micros))))
        },
        "current_timezone" => |call| call.to_texts(|_| Ok(Some(call.context.time_zone.to_string()))),
        "timestampadd" => timestamp_add,
        "timestampdiff" => timestamp_diff,
        "extractansiintervaldays" => interval_days,
        "window" | "sliding_windows" => window,
        "session_window" => {
            |call| call.to_scalars(|row| Ok(Scalar::Struct(vec![call.scalar(0, row)?, call.scalar(1, row)?])))
        }
        "window_time" => window_time,
        "sequence" => sequence,
        _ => return None,
    })
}

fn zone(call: &Call<'_>) -> Result<Zone> {
    Zone::parse(&call.context.time_zone)
}

/// The pattern of an argument; a constant one is taken apart once.
fn pattern_of(call: &Call<'_>, i: usize) -> Result<impl Fn(usize) -> Result<Option<MomentFormat>> + use<>> {
    let texts = call.texts(i)?;
    let owned: Vec<Option<String>> = match texts.only() {
        Some(text) => vec![text.map(str::to_owned)],
        None => (0..call.rows).map(|row| texts.get(row).map(str::to_owned)).collect(),
    };
    let constant = texts.only().is_some();
    let policy = call.context.time_parser;
    let parse = move |pattern: &str| MomentFormat::parse(pattern, policy);
    let only = if constant { owned[0].as_deref().map(parse).transpose()? } else { None };
    Ok(move |row: usize| {
        if constant {
            return Ok(only.clone());
        }
        owned[row].as_deref().map(parse).transpose()
    })
}

/// `to_date`, `to_timestamp` and their kin, with and without a pattern.
fn parse(call: &Call<'_>, raise: bool) -> Result<ArrayRef> {
    let own_zone = if call.args.len() > 2 { call.texts(2)?.get(0) } else { None };
    if call.args.len() == 1 || (call.args.len() > 2 && call.args[1].is_null_constant()) {
        let mode = if raise { CastMode::Ansi } else { CastMode::Try };
        let mut context = call.context.clone();
        if let Some(zone) = own_zone {
            context.time_zone = zone.into();
        }
        return cast::cast(&call.column(0)?, &call.types[0], call.out, mode, &context);
    }
    let zone = match own_zone {
        Some(own) => Zone::parse(own)?,
        None if *call.out == DataType::TimestampNtz => Zone::UTC,
        None => zone(call)?,
    };
    let s = call.texts(0)?;
    let pattern = pattern_of(call, 1)?;
    let plain = call.texts(1)?.only() == Some(Some("yyyy-MM-dd"));
    let read = |row: usize| -> Result<Option<i64>> {
        let Some(text) = s.get(row) else { return Ok(None) };
        if plain
            && text.len() == 10
            && let Some(date) = cast::parse_date(text)
        {
            return Ok(Some(zone.to_utc(i64::from(date) * DAY)));
        }
        let Some(pattern) = pattern(row)? else { return Ok(None) };
        match pattern.read(text, zone)? {
            None if raise => Err(errors::cannot_parse(text)),
            found => Ok(found),
        }
    };
    if *call.out == DataType::Date {
        return call.to_numbers::<Date32Type>(|row| Ok(read(row)?.map(|t| calendar::split_micros(zone.to_local(t)).0)));
    }
    call.to_numbers::<Micros>(read)
}

fn date_format(call: &Call<'_>) -> Result<ArrayRef> {
    let (t, pattern, zone) = (call.numbers::<Micros>(0)?, pattern_of(call, 1)?, zone(call)?);
    call.to_texts(|row| {
        let (Some(t), Some(pattern)) = (t.get(row), pattern(row)?) else { return Ok(None) };
        let offset = zone.offset_at(t);
        Ok(Some(pattern.format(t + offset, offset, zone)))
    })
}

fn unix_timestamp(call: &Call<'_>) -> Result<ArrayRef> {
    if call.args.is_empty() {
        return call.to_numbers::<Int64Type>(|_| Ok(Some(call.context.now_micros.div_euclid(SECOND))));
    }
    let zone = zone(call)?;
    if call.types[0] != DataType::String {
        let moments = cast::cast(&call.column(0)?, &call.types[0], &DataType::Timestamp, CastMode::Ansi, call.context)?;
        let Some(moments) = moments.as_primitive_opt::<Micros>().cloned() else {
            return Ok(arrow::array::new_null_array(&call.out.to_arrow(), call.rows));
        };
        return call
            .to_numbers::<Int64Type>(|row| Ok((!moments.is_null(row)).then(|| moments.value(row).div_euclid(SECOND))));
    }
    let (s, pattern) = (call.texts(0)?, pattern_of(call, 1)?);
    call.to_numbers::<Int64Type>(|row| {
        let (Some(s), Some(pattern)) = (s.get(row), pattern(row)?) else { return Ok(None) };
        match pattern.read(s, zone)? {
            None if call.context.ansi => Err(errors::cannot_parse(s)),
            found => Ok(found.map(|micros| micros.div_euclid(SECOND))),
        }
    })
}

fn from_unixtime(call: &Call<'_>) -> Result<ArrayRef> {
    let (n, pattern, zone) = (call.numbers::<Int64Type>(0)?, pattern_of(call, 1)?, zone(call)?);
    call.to_texts(|row| {
        let (Some(n), Some(pattern)) = (n.get(row), pattern(row)?) else { return Ok(None) };
        let micros = n.saturating_mul(SECOND);
        let offset = zone.offset_at(micros);
        Ok(Some(pattern.format(micros.saturating_add(offset), offset, zone)))
    })
}

fn time_part(call: &Call<'_>, f: fn(i64) -> i64) -> Result<ArrayRef> {
    let (t, zone) = (call.numbers::<Micros>(0)?, zone(call)?);
    call.to_numbers::<Int32Type>(|row| {
        Ok(t.get(row).map(|t| f(calendar::split_micros(zone.to_local(t)).1 / SECOND) as i32))
    })
}

fn date_trunc(call: &Call<'_>) -> Result<ArrayRef> {
    let (unit, t, zone) = (call.texts(0)?, call.numbers::<Micros>(1)?, zone(call)?);
    call.to_numbers::<Micros>(|row| {
        let (Some(unit), Some(t)) = (unit.get(row), t.get(row)) else { return Ok(None) };
        let local = zone.to_local(t);
        let size = match unit.to_uppercase().as_str() {
            "MICROSECOND" => 1,
            "MILLISECOND" => 1_000,
            "SECOND" => SECOND,
            "MINUTE" => 60 * SECOND,
            "HOUR" => 3600 * SECOND,
            "DAY" | "DD" => DAY,
            other => {
                let start = start_of(calendar::split_micros(local).0, other);
                return Ok(start.map(|date| zone.to_utc(i64::from(date) * DAY)));
            }
        };
        Ok(Some(zone.to_utc(local.div_euclid(size) * size)))
    })
}

fn extract(call: &Call<'_>) -> Result<ArrayRef> {
    let field = call.texts(0)?;
    let zone = zone(call)?;
    call.to_scalars(|row| {
        let (Some(field), value) = (field.get(row), call.scalar(1, row)?) else { return Ok(Scalar::Null) };
        if value.is_null() {
            return Ok(Scalar::Null);
        }
        let name = field.to_lowercase();
        one_field(&name, &value, zone).ok_or_else(|| {
            SparkError::analysis("INVALID_EXTRACT_FIELD", format!("there is no field `{field}` to extract"))
        })
    })
}

fn one_field(name: &str, value: &Scalar, zone: Zone) -> Option<Scalar> {
    let (date, within) = match value {
        Scalar::Date(date) => (*date, 0),
        Scalar::Timestamp(micros) => calendar::split_micros(zone.to_local(*micros)),
        Scalar::TimestampNtz(micros) => calendar::split_micros(*micros),
        Scalar::YearMonthInterval(months) => {
            return Some(Scalar::Integer(match name {
                "year" | "years" | "y" => months / 12,
                "month" | "months" | "mon" => months % 12,
                _ => return None,
            }));
        }
        Scalar::DayTimeInterval(micros) => return interval_field(name, micros / DAY, micros % DAY),
        Scalar::CalendarInterval(months, days, micros) => {
            return match name {
                "year" | "years" | "y" => Some(Scalar::Integer(months / 12)),
                "month" | "months" | "mon" => Some(Scalar::Integer(months % 12)),
                _ => interval_field(name, i64::from(*days), *micros),
            };
        }
        _ => return None,
    };
    match name {
        "hour" | "h" | "hours" | "hr" | "hrs" => Some(Scalar::Integer((within / (3600 * SECOND)) as i32)),
        "minute" | "m" | "min" | "mins" | "minutes" => Some(Scalar::Integer((within / (60 * SECOND) % 60) as i32)),
        "second" | "s" | "sec" | "seconds" | "secs" => Some(Scalar::Decimal(i128::from(within % (60 * SECOND)), 8, 6)),
        _ => date_field(date, name).map(Scalar::Integer),
    }
}

fn interval_field(name: &str, days: i64, micros: i64) -> Option<Scalar> {
    Some(match name {
        "day" | "days" | "d" => Scalar::Integer(days as i32),
        "hour" | "hours" | "h" => Scalar::Integer((micros / (3600 * SECOND)) as i32),
        "minute" | "minutes" | "m" | "min" => Scalar::Integer((micros / (60 * SECOND) % 60) as i32),
        "second" | "seconds" | "s" | "sec" => Scalar::Decimal(i128::from(micros % (60 * SECOND)), 8, 6),
        _ => return None,
    })
}

fn between_zones(call: &Call<'_>, f: fn(i64, Zone) -> i64) -> Result<ArrayRef> {
    let (t, name) = (call.numbers::<Micros>(0)?, call.texts(1)?);
    call.to_numbers::<Micros>(|row| {
        let (Some(t), Some(name)) = (t.get(row), name.get(row)) else { return Ok(None) };
        Ok(Some(f(t, Zone::parse(name)?)))
    })
}

fn convert_timezone(call: &Call<'_>) -> Result<ArrayRef> {
    let (from, to, t) = (call.texts(0)?, call.texts(1)?, call.numbers::<Micros>(2)?);
    call.to_numbers::<Micros>(|row| {
        let (Some(from), Some(to), Some(t)) = (from.get(row), to.get(row), t.get(row)) else { return Ok(None) };
        Ok(Some(Zone::parse(to)?.to_local(Zone::parse(from)?.to_utc(t))))
    })
}

fn whole_columns<'a>(call: &Call<'a>, count: usize) -> Result<Vec<Numbers<'a, Int32Type>>> {
    (0..count).map(|i| call.numbers::<Int32Type>(i)).collect()
}

fn all(columns: &[Numbers<'_, Int32Type>], row: usize) -> Option<Vec<i32>> {
    columns.iter().map(|column| column.get(row)).collect()
}

/// A timestamp of a date, a time of day and perhaps a zone.
fn of_date_and_time(call: &Call<'_>) -> Result<ArrayRef> {
    let (dates, times) = (call.numbers::<Date32Type>(0)?, call.numbers::<Time64MicrosecondType>(1)?);
    let own = if call.args.len() > 2 { Some(call.texts(2)?) } else { None };
    let session = if *call.out == DataType::TimestampNtz { Zone::UTC } else { zone(call)? };
    call.to_numbers::<Micros>(|row| {
        let (Some(date), Some(time)) = (dates.get(row), times.get(row)) else { return Ok(None) };
        let zone = match own.map(|own| own.get(row)) {
            None => session,
            Some(None) => return Ok(None),
            Some(Some(name)) => Zone::parse(name)?,
        };
        Ok(Some(zone.to_utc(i64::from(date) * DAY + time)))
    })
}

fn make_timestamp(call: &Call<'_>) -> Result<ArrayRef> {
    if call.args.len() < 4 {
        return of_date_and_time(call);
    }
    let columns = whole_columns(call, 5)?;
    let seconds = call.numbers::<Decimal128Type>(5)?;
    let own = if call.args.len() > 6 { Some(call.texts(6)?) } else { None };
    let session = if *call.out == DataType::TimestampNtz { Zone::UTC } else { zone(call)? };
    let raise = call.context.ansi && !call.name.starts_with("try_");
    call.to_numbers::<Micros>(|row| {
        let (Some(parts), Some(seconds)) = (all(&columns, row), seconds.get(row)) else { return Ok(None) };
        let zone = match own.map(|own| own.get(row)) {
            None => session,
            Some(None) => return Ok(None),
            Some(Some(name)) => Zone::parse(name)?,
        };
        let unsigned = |n: i32| u32::try_from(n).unwrap_or(0);
        let micros = seconds as i64;
        let valid = (0..24).contains(&parts[3]) && (0..60).contains(&parts[4]) && (0..=60 * SECOND).contains(&micros);
        match checked_days(parts[0], unsigned(parts[1]), unsigned(parts[2])).filter(|_| valid) {
            Some(date) => {
                let within = (i64::from(parts[3]) * 60 + i64::from(parts[4])) * 60 * SECOND + micros;
                Ok(Some(zone.to_utc(i64::from(date) * DAY + within)))
            }
            None if raise => Err(errors::date_time(
                "DATETIME_FIELD_OUT_OF_BOUNDS.WITHOUT_SUGGESTION",
                "a part of the timestamp is out of its bounds",
            )),
            None => Ok(None),
        }
    })
}

fn make_interval(call: &Call<'_>) -> Result<ArrayRef> {
    let columns = whole_columns(call, 6)?;
    let seconds = call.numbers::<Decimal128Type>(6)?;
    call.to_scalars(|row| {
        let (Some(p), Some(seconds)) = (all(&columns, row), seconds.get(row)) else { return Ok(Scalar::Null) };
        let micros = (i64::from(p[4]) * 60 + i64::from(p[5])) * 60 * SECOND + seconds as i64;
        let sum = |many: i32, each: i32, more: i32| many.checked_mul(each).and_then(|part| part.checked_add(more));
        match (sum(p[0], 12, p[1]), sum(p[2], 7, p[3])) {
            (Some(months), Some(days)) => Ok(Scalar::CalendarInterval(months, days, micros)),
            _ if call.context.ansi && !call.name.starts_with("try_") => Err(errors::interval_overflow()),
            _ => Ok(Scalar::Null),
        }
    })
}

fn make_dt_interval(call: &Call<'_>) -> Result<ArrayRef> {
    let columns = whole_columns(call, 3)?;
    let seconds = call.numbers::<Decimal128Type>(3)?;
    call.to_scalars(|row| {
        let (Some(p), Some(seconds)) = (all(&columns, row), seconds.get(row)) else { return Ok(Scalar::Null) };
        let minutes = i64::from(p[0]) * 1440 + i64::from(p[1]) * 60 + i64::from(p[2]);
        Ok(Scalar::DayTimeInterval(minutes * 60 * SECOND + seconds as i64))
    })
}

fn make_ym_interval(call: &Call<'_>) -> Result<ArrayRef> {
    let columns = whole_columns(call, 2)?;
    call.to_scalars(|row| Ok(all(&columns, row).map_or(Scalar::Null, |p| Scalar::YearMonthInterval(p[0] * 12 + p[1]))))
}

fn timestamp_seconds(call: &Call<'_>) -> Result<ArrayRef> {
    let moments = cast::cast(&call.column(0)?, &call.types[0], &DataType::Timestamp, CastMode::Legacy, call.context)?;
    Ok(moments)
}

fn from_units(call: &Call<'_>, unit: i64) -> Result<ArrayRef> {
    let n = call.numbers::<Int64Type>(0)?;
    call.to_numbers::<Micros>(|row| {
        n.get(row).map(|n| n.checked_mul(unit).ok_or_else(|| errors::overflow("long"))).transpose()
    })
}

fn to_units(call: &Call<'_>, unit: i64) -> Result<ArrayRef> {
    let t = call.numbers::<Micros>(0)?;
    call.to_numbers::<Int64Type>(|row| Ok(t.get(row).map(|t| t.div_euclid(unit))))
}

/// A number of units as an interval.
fn interval_of(unit: &str, count: i64) -> Option<Scalar> {
    let months = |n: i64| i32::try_from(count * n).ok().map(|months| Scalar::CalendarInterval(months, 0, 0));
    let days = |n: i64| i32::try_from(count * n).ok().map(|days| Scalar::CalendarInterval(0, days, 0));
    match unit.to_uppercase().as_str() {
        "YEAR" => months(12),
        "QUARTER" => months(3),
        "MONTH" => months(1),
        "WEEK" => days(7),
        "DAY" | "DAYOFYEAR" => days(1),
        "HOUR" => Some(Scalar::DayTimeInterval(count * 3600 * SECOND)),
        "MINUTE" => Some(Scalar::DayTimeInterval(count * 60 * SECOND)),
        "SECOND" => Some(Scalar::DayTimeInterval(count * SECOND)),
        "MILLISECOND" => Some(Scalar::DayTimeInterval(count * 1_000)),
        "MICROSECOND" => Some(Scalar::DayTimeInterval(count)),
        _ => None,
    }
}

fn bad_unit(call: &Call<'_>, unit: &str) -> SparkError {
    errors::parameter("DATETIME_UNIT", call.name, format!("'{unit}' is no unit of time"))
}

fn timestamp_add(call: &Call<'_>) -> Result<ArrayRef> {
    let (unit, count, zone) = (call.texts(0)?, call.numbers::<Int32Type>(1)?, zone(call)?);
    let moments = cast::cast(&call.column(2)?, &call.types[2], &DataType::Timestamp, CastMode::Ansi, call.context)?;
    let moments = moments.as_primitive::<Micros>().clone();
    call.to_numbers::<Micros>(|row| {
        let (Some(unit), Some(count)) = (unit.get(row), count.get(row)) else { return Ok(None) };
        if moments.is_null(row) {
            return Ok(None);
        }
        let interval = interval_of(unit, i64::from(count)).ok_or_else(|| bad_unit(call, unit))?;
        arithmetic::shift(moments.value(row), &interval, 1, zone).ok_or_else(|| errors::overflow("long")).map(Some)
    })
}

/// Between the times that the clocks of the session's zone show, as in Spark: an hour that a change of clocks leaves out counts.
fn timestamp_diff(call: &Call<'_>) -> Result<ArrayRef> {
    let (unit, start, end) = (call.texts(0)?, call.numbers::<Micros>(1)?, call.numbers::<Micros>(2)?);
    let zone = zone(call)?;
    call.to_numbers::<Int64Type>(|row| {
        let (Some(unit), Some(start), Some(end)) = (unit.get(row), start.get(row), end.get(row)) else {
            return Ok(None);
        };
        let (a, b) = (zone.to_local(start), zone.to_local(end));
        Ok(Some(match unit.to_uppercase().as_str() {
            "YEAR" => whole_months(a, b) / 12,
            "QUARTER" => whole_months(a, b) / 3,
            "MONTH" => whole_months(a, b),
            "WEEK" => (b - a) / (7 * DAY),
            "DAY" => (b - a) / DAY,
            "HOUR" => (b - a) / (3600 * SECOND),
            "MINUTE" => (b - a) / (60 * SECOND),
            "SECOND" => (b - a) / SECOND,
            "MILLISECOND" => (b - a) / 1_000,
            "MICROSECOND" => b - a,
            _ => return Err(bad_unit(call, unit)),
        }))
    })
}

/// Whole months between two wall-clock times.
fn whole_months(start: i64, end: i64) -> i64 {
    let ((a, ta), (mut b, tb)) = (calendar::split_micros(start), calendar::split_micros(end));
    // Like Java, first the last day is made a whole one.
    if b > a && tb < ta {
        b -= 1;
    } else if b < a && tb > ta {
        b += 1;
    }
    let ((ya, ma, da), (yb, mb, db)) = (calendar::civil(a), calendar::civil(b));
    let months = i64::from(yb - ya) * 12 + i64::from(mb as i32 - ma as i32);
    match db.cmp(&da) {
        std::cmp::Ordering::Less if months > 0 => months - 1,
        std::cmp::Ordering::Greater if months < 0 => months + 1,
        _ => months,
    }
}

fn interval_days(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        Ok(match call.scalar(0, row)? {
            Scalar::DayTimeInterval(micros) => Scalar::Integer((micros / DAY) as i32),
            Scalar::CalendarInterval(_, days, _) => Scalar::Integer(days),
            _ => Scalar::Null,
        })
    })
}

/// The microseconds of `10 minutes`, `1 hour 30 minutes`, `1 day`.
fn length_of(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = text.strip_prefix("interval ").or_else(|| text.strip_prefix("INTERVAL ")).unwrap_or(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() || words.len() % 2 == 1 {
        return None;
    }
    let mut total = 0;
    for pair in words.chunks(2) {
        let count: i64 = pair[0].trim_matches('\'').parse().ok()?;
        let unit = pair[1].to_lowercase();
        total += count
            * match unit.strip_suffix('s').unwrap_or(&unit) {
                "week" => 7 * DAY,
                "day" => DAY,
                "hour" => 3600 * SECOND,
                "minute" => 60 * SECOND,
                "second" => SECOND,
                "millisecond" => 1_000,
                "microsecond" => 1,
                _ => return None,
            };
    }
    Some(total)
}

/// The window of a moment, or all windows that slide over it. The optional arguments are the slide and the offset.
fn window(call: &Call<'_>) -> Result<ArrayRef> {
    let t = call.numbers::<Micros>(0)?;
    let lengths = (1..call.args.len()).map(|i| call.texts(i)).collect::<Result<Vec<_>>>()?;
    let all = call.name == "sliding_windows";
    call.to_scalars(|row| {
        let length = |i: usize| -> Result<Option<i64>> {
            let wrong = |text| errors::illegal("CANNOT_PARSE_INTERVAL", format!("'{text}' is no length of time"));
            let text = lengths.get(i).and_then(|texts| texts.get(row));
            text.map(|text| length_of(text).ok_or_else(|| wrong(text))).transpose()
        };
        let Some(t) = t.get(row) else {
            return Ok(if all { Scalar::Array(Vec::new()) } else { Scalar::Struct(vec![Scalar::Null, Scalar::Null]) });
        };
        let too_short = || {
            SparkError::analysis(
                "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                "a window and its slide must be longer than nothing, and the slide not longer than the window",
            )
        };
        let size = length(0)?.filter(|size| *size > 0).ok_or_else(too_short)?;
        let slide = length(1)?.unwrap_or(size);
        if slide <= 0 || slide > size {
            return Err(too_short());
        }
        let offset = length(2)?.unwrap_or(0);
        let last = (t - offset).div_euclid(slide) * slide + offset;
        let window = |start: i64| Scalar::Struct(vec![Scalar::Timestamp(start), Scalar::Timestamp(start + size)]);
        if !all && slide != size {
            return Err(SparkError::unsupported(
                "a sliding window outside of groupBy",
                "group by it, or use a tumbling window",
            ));
        }
        if !all {
            return Ok(window(last));
        }
        let count = (last + size - t + slide - 1).div_euclid(slide);
        Ok(Scalar::Array((0..count).map(|back| window(last - back * slide)).collect()))
    })
}

/// The start of the bucket that a moment falls into, buckets being counted from the origin (the epoch when it is not given).
fn time_bucket(call: &Call<'_>) -> Result<ArrayRef> {
    let t = call.numbers::<Micros>(1)?;
    let origin = if call.args.len() > 2 { Some(call.numbers::<Micros>(2)?) } else { None };
    let zone = if *call.out == DataType::TimestampNtz { Zone::UTC } else { zone(call)? };
    call.to_numbers::<Micros>(|row| {
        let Some(t) = t.get(row) else { return Ok(None) };
        let origin = match &origin {
            Some(origin) => match origin.get(row) {
                Some(origin) => zone.to_local(origin),
                None => return Ok(None),
            },
            None => 0,
        };
        let t = zone.to_local(t);
        let start = match call.scalar(0, row)? {
            Scalar::DayTimeInterval(size) if size > 0 => (t - origin).div_euclid(size) * size + origin,
            Scalar::YearMonthInterval(size) if size > 0 => {
                let buckets = months_before(origin, t).div_euclid(i64::from(size));
                let months = i32::try_from(buckets * i64::from(size)).map_err(|_| errors::overflow("interval"))?;
                arithmetic::shift(origin, &Scalar::YearMonthInterval(months), 1, Zone::UTC)
                    .ok_or_else(|| errors::overflow("long"))?
            }
            Scalar::Null => return Ok(None),
            _ => return Err(errors::parameter("BUCKET_SIZE", call.name, "a bucket must be longer than nothing")),
        };
        Ok(Some(zone.to_utc(start)))
    })
}

/// Whole months from one wall-clock time to another, rounded down.
fn months_before(start: i64, end: i64) -> i64 {
    let months = whole_months(start, end);
    let back = i32::try_from(months)
        .ok()
        .and_then(|months| arithmetic::shift(start, &Scalar::YearMonthInterval(months), 1, Zone::UTC));
    if back.is_some_and(|at| at > end) { months - 1 } else { months }
}

fn window_time(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_scalars(|row| {
        Ok(match call.scalar(0, row)? {
            Scalar::Struct(parts) => match parts.get(1) {
                Some(Scalar::Timestamp(end)) => Scalar::Timestamp(end - 1),
                _ => Scalar::Null,
            },
            _ => Scalar::Null,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        assert_eq!(length_of("10 minutes"), Some(600 * SECOND));
        assert_eq!(length_of("1 hour 30 minutes"), Some(5400 * SECOND));
        assert_eq!(length_of("soon"), None);
    }

    #[test]
    fn months_count_when_they_are_whole() {
        let at = |y, m, d| i64::from(calendar::days(y, m, d)) * DAY;
        assert_eq!(whole_months(at(2024, 1, 31), at(2024, 2, 29)), 0);
        assert_eq!(whole_months(at(2024, 1, 15), at(2024, 3, 15)), 2);
    }
}
