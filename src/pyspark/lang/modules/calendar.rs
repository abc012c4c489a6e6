//! `calendar`: names of days and months, leap years, and months as tables.
//!
//! **Simplified:** weeks begin on Monday; no `HTMLCalendar`, no whole years as text.

use super::super::args::Args;
use super::super::class::Module;
use super::super::raised::{PyResult, Raised};
use super::super::{Interpreter, Value};
use crate::common::calendar::{MONTHS, WEEKDAYS, days_of};

/// Columns of a month as text.
const TABLE_WIDTH: usize = 20;

fn short(name: &str) -> &str {
    &name[..name.len().min(3)]
}

/// Months are counted from one, so that the first name is empty.
fn from_one(names: [&str; 12]) -> impl Iterator<Item = &str> {
    [""].into_iter().chain(names)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Monday is 0.
fn weekday(year: i64, month: i64, day: i64) -> i64 {
    (days_of(year, month, day) + 3).rem_euclid(7)
}

/// The weekday of the first and the number of days.
fn range(year: i64, month: i64) -> PyResult<(i64, i64)> {
    if !(1..=12).contains(&month) {
        return Err(Raised::named("IllegalMonthError", format!("bad month number {month}; must be 1-12")));
    }
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    Ok((weekday(year, month, 1), days_of(next_year, next_month, 1) - days_of(year, month, 1)))
}

/// The days of each week; 0 is a day of another month.
fn weeks(year: i64, month: i64) -> PyResult<Vec<[i64; 7]>> {
    let (first, count) = range(year, month)?;
    let day = |at: i64| if (1..=count).contains(&at) { at } else { 0 };
    Ok((0..(first + count + 6) / 7).map(|week| std::array::from_fn(|i| day(week * 7 + i as i64 - first + 1))).collect())
}

fn month_text(year: i64, month: i64) -> PyResult<String> {
    let title = format!("{} {year}", MONTHS[range(year, month).map(|_| month as usize - 1)?]);
    let mut text = format!("{title:^TABLE_WIDTH$}").trim_end().to_owned() + "\nMo Tu We Th Fr Sa Su\n";
    for week in weeks(year, month)? {
        let days: Vec<_> =
            week.iter().map(|day| if *day == 0 { "  ".to_owned() } else { format!("{day:2}") }).collect();
        text.push_str(days.join(" ").trim_end());
        text.push('\n');
    }
    Ok(text)
}

fn numbers<const N: usize>(interp: &mut Interpreter, name: &str, names: [&str; N], args: Args) -> PyResult<[i64; N]> {
    let values = args.bind(name, names, N)?;
    let mut found = [0; N];
    for (slot, value) in found.iter_mut().zip(values) {
        let value = value.unwrap_or(Value::None);
        *slot = value.as_int().ok_or_else(|| {
            let kind = interp.type_name(&value);
            super::super::type_error(format!("'{kind}' object cannot be interpreted as an integer"))
        })?;
    }
    Ok(found)
}

/// The module.
pub fn module() -> Module {
    let mut module = Module::new("calendar")
        .with("day_name", Value::strings(WEEKDAYS))
        .with("day_abbr", Value::strings(WEEKDAYS.map(short)))
        .with("month_name", Value::strings(from_one(MONTHS)))
        .with("month_abbr", Value::strings(from_one(MONTHS.map(short))));
    for (at, name) in WEEKDAYS.iter().enumerate() {
        module = module.with(&name.to_uppercase(), Value::Int(at as i64));
    }
    module
        .function("isleap", |interp, args| {
            numbers(interp, "isleap", ["year"], args).map(|[year]| Value::Bool(is_leap(year)))
        })
        .function("leapdays", |interp, args| {
            let [from, to] = numbers(interp, "leapdays", ["y1", "y2"], args)?;
            let before = |year: i64| (year - 1).div_euclid(4) - (year - 1).div_euclid(100) + (year - 1).div_euclid(400);
            Ok(Value::Int(before(to) - before(from)))
        })
        .function("weekday", |interp, args| {
            let [year, month, day] = numbers(interp, "weekday", ["year", "month", "day"], args)?;
            Ok(Value::Int(weekday(year, month, day)))
        })
        .function("monthrange", |interp, args| {
            let [year, month] = numbers(interp, "monthrange", ["year", "month"], args)?;
            range(year, month).map(|(first, count)| Value::tuple(vec![Value::Int(first), Value::Int(count)]))
        })
        .function("monthcalendar", |interp, args| {
            let [year, month] = numbers(interp, "monthcalendar", ["year", "month"], args)?;
            let rows = weeks(year, month)?;
            Ok(Value::list(rows.into_iter().map(|week| Value::list(week.map(Value::Int).to_vec())).collect()))
        })
        .function("month", |interp, args| {
            let [year, month] = numbers(interp, "formatmonth", ["theyear", "themonth"], args)?;
            month_text(year, month).map(Value::from)
        })
        .function("prmonth", |interp, args| {
            let [year, month] = numbers(interp, "prmonth", ["theyear", "themonth"], args)?;
            interp.write_out(&month_text(year, month)?)?;
            Ok(Value::None)
        })
        .function("timegm", |interp, args| {
            let parts = interp.items(&args.one("timegm")?)?;
            let at = |i: usize| parts.get(i).and_then(Value::as_int).unwrap_or(0);
            Ok(Value::Int(((days_of(at(0), at(1), at(2)) * 24 + at(3)) * 60 + at(4)) * 60 + at(5)))
        })
}
