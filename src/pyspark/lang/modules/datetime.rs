//! `datetime`: `date`, `datetime`, `time`, `timedelta`, `timezone`; and `zoneinfo`.

use super::super::args::Args;
use super::super::class::{Class, Module};
use super::super::freeze::{Freezer, Thaw};
use super::super::object::{BinaryOp, CompareOp, Object, UnaryOp};
use super::super::raised::{PyResult, Raised, type_error, value_error};
use super::super::{Interpreter, Value};
use super::strftime::{self, Fields};
use crate::common::calendar::{civil_of, days_of};
use chrono::{NaiveDateTime, Offset, TimeZone as _};
use std::rc::Rc;
use std::sync::Arc;

const DAY: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// Offset in microseconds, and a name.
    Fixed(i64, Option<String>),
    Named(chrono_tz::Tz),
}

impl Zone {
    /// The offset at a wall-clock time, in microseconds.
    fn offset(&self, wall: i64) -> i64 {
        match self {
            Zone::Fixed(offset, _) => *offset,
            Zone::Named(zone) => {
                let naive =
                    chrono::DateTime::from_timestamp_micros(wall).map(|time| time.naive_utc()).unwrap_or_default();
                let found = zone.offset_from_local_datetime(&naive);
                let offset = found.earliest().map(|offset| offset.fix().local_minus_utc());
                i64::from(offset.unwrap_or_else(|| Self::shifted(*zone, naive))) * SECOND
            }
        }
    }

    /// In a gap, the offset before it.
    fn shifted(zone: chrono_tz::Tz, naive: NaiveDateTime) -> i32 {
        zone.offset_from_utc_datetime(&naive).fix().local_minus_utc()
    }

    /// The wall clock at an instant.
    fn wall(&self, instant: i64) -> i64 {
        match self {
            Zone::Fixed(offset, _) => instant + offset,
            Zone::Named(zone) => {
                let naive =
                    chrono::DateTime::from_timestamp_micros(instant).map(|time| time.naive_utc()).unwrap_or_default();
                instant + i64::from(zone.offset_from_utc_datetime(&naive).fix().local_minus_utc()) * SECOND
            }
        }
    }

    fn name(&self, wall: i64) -> String {
        match self {
            Zone::Fixed(_, Some(name)) => name.clone(),
            Zone::Fixed(0, None) => "UTC".to_owned(),
            Zone::Fixed(offset, None) => format!("UTC{}", strftime::offset(*offset, ":")),
            Zone::Named(zone) => {
                let naive =
                    chrono::DateTime::from_timestamp_micros(wall).map(|time| time.naive_utc()).unwrap_or_default();
                match zone.offset_from_local_datetime(&naive).earliest() {
                    Some(offset) => offset.to_string(),
                    None => zone.to_string(),
                }
            }
        }
    }
}

/// `timedelta`.
#[derive(Debug, Clone, Copy)]
pub struct TimeDelta(pub i64);
/// `date`.
#[derive(Debug, Clone, Copy)]
pub struct Date(pub i64);
/// `datetime`: wall-clock microseconds since the epoch.
#[derive(Debug, Clone)]
pub struct DateTime {
    pub wall: i64,
    pub zone: Option<Zone>,
}
/// `time`: microseconds since midnight.
#[derive(Debug, Clone, Copy)]
pub struct Time(pub i64);
/// `timezone`, `ZoneInfo`.
pub struct ZoneObject(pub Zone);

/// A datetime value.
pub fn datetime(wall: i64, zone: Option<Zone>) -> PyResult {
    let year = civil_of(wall.div_euclid(DAY)).0;
    if !(1..=9999).contains(&year) {
        return Err(Raised::named("OverflowError", "date value out of range"));
    }
    Ok(Value::object(DateTime { wall, zone }))
}

fn date(days: i64) -> PyResult {
    if !(1..=9999).contains(&civil_of(days).0) {
        return Err(Raised::named("OverflowError", "date value out of range"));
    }
    Ok(Value::object(Date(days)))
}

fn frozen<T: Clone + Send + Sync + 'static>(content: &T, make: fn(T) -> Value) -> PyResult<Option<Thaw>> {
    let content = content.clone();
    Ok(Some(Arc::new(move |_| Ok(make(content.clone())))))
}

impl Object for TimeDelta {
    fn type_name(&self) -> &'static str {
        "timedelta"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["total_seconds", "__abs__"]
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "days" => Some(Value::Int(self.0.div_euclid(DAY))),
            "seconds" => Some(Value::Int(self.0.rem_euclid(DAY) / SECOND)),
            "microseconds" => Some(Value::Int(self.0.rem_euclid(SECOND))),
            _ => None,
        })
    }

    fn call_method(&self, _interp: &mut Interpreter, _this: &Value, name: &str, _args: Args) -> Option<PyResult> {
        match name {
            "total_seconds" => Some(Ok(Value::Float(self.0 as f64 / 1e6))),
            "__abs__" => Some(Ok(Value::object(TimeDelta(self.0.abs())))),
            _ => None,
        }
    }

    fn binary(
        &self,
        _: &mut Interpreter,
        _: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> PyResult<Option<Value>> {
        let delta = |micros: i64| Ok(Some(Value::object(TimeDelta(micros))));
        if let Some(other) = other.downcast::<TimeDelta>() {
            let zero = || Raised::named("ZeroDivisionError", "division by zero");
            return match op {
                BinaryOp::Add => delta(self.0 + other.0),
                BinaryOp::Sub => delta(self.0 - other.0),
                BinaryOp::Div if other.0 == 0 => Err(zero()),
                BinaryOp::Div => Ok(Some(Value::Float(self.0 as f64 / other.0 as f64))),
                BinaryOp::FloorDiv | BinaryOp::Mod if other.0 == 0 => Err(zero()),
                BinaryOp::FloorDiv => Ok(Some(Value::Int(self.0.div_euclid(other.0)))),
                BinaryOp::Mod => delta(self.0.rem_euclid(other.0)),
                _ => Ok(None),
            };
        }
        match (op, other) {
            (BinaryOp::Mul, Value::Float(factor)) => delta((self.0 as f64 * factor).round_ties_even() as i64),
            (BinaryOp::Mul, other) => match other.as_int() {
                Some(factor) => delta(self.0 * factor),
                None => Ok(None),
            },
            (BinaryOp::Div, other) if !reflected => match other.as_float() {
                Some(0.0) => Err(Raised::named("ZeroDivisionError", "division by zero")),
                Some(divisor) => delta((self.0 as f64 / divisor).round_ties_even() as i64),
                None => Ok(None),
            },
            (BinaryOp::FloorDiv, other) if !reflected => match other.as_int() {
                Some(0) => Err(Raised::named("ZeroDivisionError", "integer division or modulo by zero")),
                Some(divisor) => delta(num_integer::Integer::div_floor(&self.0, &divisor)),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn unary(&self, _: &mut Interpreter, _: &Value, op: UnaryOp) -> PyResult<Option<Value>> {
        Ok(match op {
            UnaryOp::Minus => Some(Value::object(TimeDelta(-self.0))),
            UnaryOp::Plus => Some(Value::object(*self)),
            _ => None,
        })
    }

    fn compare(&self, _: &mut Interpreter, _: &Value, op: CompareOp, other: &Value) -> PyResult<Option<Value>> {
        Ok(other.downcast::<TimeDelta>().map(|other| Value::Bool(op.holds(self.0.cmp(&other.0)))))
    }

    fn truth(&self, _: &mut Interpreter, _: &Value) -> PyResult<Option<bool>> {
        Ok(Some(self.0 != 0))
    }

    fn hash(&self, _: &mut Interpreter, _: &Value) -> PyResult<i64> {
        Ok(self.0)
    }

    fn repr(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        let parts = [
            ("days", self.0.div_euclid(DAY)),
            ("seconds", self.0.rem_euclid(DAY) / SECOND),
            ("microseconds", self.0.rem_euclid(SECOND)),
        ];
        let shown: Vec<String> = parts.iter().filter(|(_, n)| *n != 0).map(|(name, n)| format!("{name}={n}")).collect();
        Ok(format!("datetime.timedelta({})", if shown.is_empty() { "0".to_owned() } else { shown.join(", ") }))
    }

    fn str(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        let (days, rest) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let plural = if days.abs() == 1 { "" } else { "s" };
        let days = if days == 0 { String::new() } else { format!("{days} day{plural}, ") };
        let seconds = rest / SECOND;
        let micros = if rest % SECOND == 0 { String::new() } else { format!(".{:06}", rest % SECOND) };
        Ok(format!("{days}{}:{:02}:{:02}{micros}", seconds / 3600, seconds / 60 % 60, seconds % 60))
    }

    fn freeze(&self, _: &mut Interpreter, _: &Value, _: &mut Freezer) -> PyResult<Option<Thaw>> {
        frozen(self, Value::object)
    }
}

fn iso_calendar(days: i64) -> (i64, i64, i64) {
    let weekday = (days + 3).rem_euclid(7);
    let thursday = days - weekday + 3;
    let year = civil_of(thursday).0;
    (year, (thursday - days_of(year, 1, 1)) / 7 + 1, weekday + 1)
}

/// Attributes and methods that dates and datetimes share.
fn date_part(days: i64, name: &str) -> Option<Value> {
    let (year, month, day) = civil_of(days);
    Some(Value::Int(match name {
        "year" => year,
        "month" => month,
        "day" => day,
        "weekday" => (days + 3).rem_euclid(7),
        "isoweekday" => (days + 3).rem_euclid(7) + 1,
        "toordinal" => days + 719_163,
        _ => return None,
    }))
}

fn replaced(interp: &Interpreter, args: Args, names: [&str; 3], old: (i64, i64, i64)) -> PyResult<i64> {
    let _ = interp;
    let [year, month, day] = args.bind("replace", names, 0)?;
    let or = |new: Option<Value>, old| new.and_then(|new| new.as_int()).unwrap_or(old);
    checked_days(or(year, old.0), or(month, old.1), or(day, old.2))
}

fn checked_days(year: i64, month: i64, day: i64) -> PyResult<i64> {
    if !(1..=9999).contains(&year) {
        return Err(value_error(format!("year {year} is out of range")));
    }
    if !(1..=12).contains(&month) {
        return Err(value_error("month must be in 1..12"));
    }
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let length = days_of(next_year, next_month, 1) - days_of(year, month, 1);
    if !(1..=length).contains(&day) {
        return Err(value_error("day is out of range for month"));
    }
    Ok(days_of(year, month, day))
}

impl Object for Date {
    fn type_name(&self) -> &'static str {
        "date"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["weekday", "isoweekday", "toordinal", "isoformat", "strftime", "replace", "isocalendar", "timetuple", "ctime"]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(if matches!(name, "year" | "month" | "day") { date_part(self.0, name) } else { None })
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        let (year, month, day) = civil_of(self.0);
        Some(match name {
            "weekday" | "isoweekday" | "toordinal" => date_part(self.0, name).ok_or_else(|| value_error("")),
            "isoformat" => Ok(Value::from(format!("{year:04}-{month:02}-{day:02}"))),
            "strftime" => format_with(args, &Fields::new(self.0 * DAY, None, "")),
            "ctime" => Ok(Value::from(strftime::format("%a %b %e %H:%M:%S %Y", &Fields::new(self.0 * DAY, None, "")))),
            "replace" => replaced(interp, args, ["year", "month", "day"], (year, month, day)).and_then(date),
            "isocalendar" => {
                let (year, week, day) = iso_calendar(self.0);
                Ok(Value::tuple(vec![Value::Int(year), Value::Int(week), Value::Int(day)]))
            }
            _ => return None,
        })
    }

    fn binary(
        &self,
        _: &mut Interpreter,
        _: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> PyResult<Option<Value>> {
        if let Some(delta) = other.downcast::<TimeDelta>() {
            let days = delta.0.div_euclid(DAY);
            return match op {
                BinaryOp::Add => date(self.0 + days).map(Some),
                BinaryOp::Sub if !reflected => date(self.0 - days).map(Some),
                _ => Ok(None),
            };
        }
        match (other.downcast::<Date>(), op) {
            (Some(other), BinaryOp::Sub) if !reflected => Ok(Some(Value::object(TimeDelta((self.0 - other.0) * DAY)))),
            _ => Ok(None),
        }
    }

    fn compare(&self, _: &mut Interpreter, _: &Value, op: CompareOp, other: &Value) -> PyResult<Option<Value>> {
        Ok(other.downcast::<Date>().map(|other| Value::Bool(op.holds(self.0.cmp(&other.0)))))
    }

    fn hash(&self, _: &mut Interpreter, _: &Value) -> PyResult<i64> {
        Ok(self.0)
    }

    fn repr(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        let (year, month, day) = civil_of(self.0);
        Ok(format!("datetime.date({year}, {month}, {day})"))
    }

    fn str(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        let (year, month, day) = civil_of(self.0);
        Ok(format!("{year:04}-{month:02}-{day:02}"))
    }

    fn format(&self, _: &mut Interpreter, _: &Value, spec: &str) -> PyResult<Option<String>> {
        Ok(Some(strftime::format(spec, &Fields::new(self.0 * DAY, None, ""))))
    }

    fn freeze(&self, _: &mut Interpreter, _: &Value, _: &mut Freezer) -> PyResult<Option<Thaw>> {
        frozen(self, Value::object)
    }
}

fn format_with(args: Args, fields: &Fields) -> PyResult {
    let [format] = args.bind("strftime", ["format"], 1)?;
    match format.as_ref().and_then(Value::as_str) {
        Some(format) => Ok(Value::from(strftime::format(format, fields))),
        None => Err(type_error("strftime() argument 1 must be str")),
    }
}

impl DateTime {
    fn instant(&self) -> i64 {
        self.wall - self.zone.as_ref().map_or(0, |zone| zone.offset(self.wall))
    }

    fn fields(&self) -> Fields {
        let offset = self.zone.as_ref().map(|zone| zone.offset(self.wall));
        let name = self.zone.as_ref().map_or_else(String::new, |zone| zone.name(self.wall));
        Fields::new(self.wall, offset, &name)
    }

    fn iso(&self, separator: &str, spec: &str) -> String {
        let fields = self.fields();
        let date = strftime::format("%Y-%m-%d", &fields);
        let micros = self.wall.rem_euclid(SECOND);
        let time = match spec {
            "hours" => strftime::format("%H", &fields),
            "minutes" => strftime::format("%H:%M", &fields),
            "seconds" => strftime::format("%H:%M:%S", &fields),
            "milliseconds" => format!("{}.{:03}", strftime::format("%H:%M:%S", &fields), micros / 1000),
            "microseconds" => strftime::format("%H:%M:%S.%f", &fields),
            _ if micros == 0 => strftime::format("%H:%M:%S", &fields),
            _ => strftime::format("%H:%M:%S.%f", &fields),
        };
        let offset = fields.offset.map_or_else(String::new, |offset| strftime::offset(offset, ":"));
        format!("{date}{separator}{time}{offset}")
    }

    fn replace(&self, args: Args) -> PyResult {
        let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo", "*fold"];
        let [year, month, day, hour, minute, second, micro, zone, _] = args.bind("replace", names, 0)?;
        let (old_year, old_month, old_day) = civil_of(self.wall.div_euclid(DAY));
        let of_day = self.wall.rem_euclid(DAY);
        let or = |new: Option<Value>, old: i64| new.and_then(|new| new.as_int()).unwrap_or(old);
        let days = checked_days(or(year, old_year), or(month, old_month), or(day, old_day))?;
        let time = checked_time(
            or(hour, of_day / (3600 * SECOND)),
            or(minute, of_day / (60 * SECOND) % 60),
            or(second, of_day / SECOND % 60),
            or(micro, of_day % SECOND),
        )?;
        let zone = match zone {
            None => self.zone.clone(),
            Some(zone) => zone_of(&zone)?,
        };
        datetime(days * DAY + time, zone)
    }
}

fn checked_time(hour: i64, minute: i64, second: i64, micro: i64) -> PyResult<i64> {
    if !(0..24).contains(&hour) {
        return Err(value_error("hour must be in 0..23"));
    }
    if !(0..60).contains(&minute) {
        return Err(value_error("minute must be in 0..59"));
    }
    if !(0..60).contains(&second) {
        return Err(value_error("second must be in 0..59"));
    }
    if !(0..SECOND).contains(&micro) {
        return Err(value_error("microsecond must be in 0..999999"));
    }
    Ok(((hour * 60 + minute) * 60 + second) * SECOND + micro)
}

fn zone_of(value: &Value) -> PyResult<Option<Zone>> {
    match value {
        Value::None => Ok(None),
        other => match other.downcast::<ZoneObject>() {
            Some(zone) => Ok(Some(zone.0.clone())),
            None => Err(type_error("tzinfo argument must be None or of a tzinfo subclass")),
        },
    }
}

impl Object for DateTime {
    fn type_name(&self) -> &'static str {
        "datetime"
    }

    fn methods(&self) -> &'static [&'static str] {
        &[
            "weekday",
            "isoweekday",
            "toordinal",
            "isoformat",
            "strftime",
            "replace",
            "isocalendar",
            "date",
            "time",
            "timestamp",
            "astimezone",
            "utcoffset",
            "tzname",
            "timetuple",
            "ctime",
            "timetz",
        ]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        let of_day = self.wall.rem_euclid(DAY);
        Ok(match name {
            "year" | "month" | "day" => date_part(self.wall.div_euclid(DAY), name),
            "hour" => Some(Value::Int(of_day / (3600 * SECOND))),
            "minute" => Some(Value::Int(of_day / (60 * SECOND) % 60)),
            "second" => Some(Value::Int(of_day / SECOND % 60)),
            "microsecond" => Some(Value::Int(of_day % SECOND)),
            "tzinfo" => Some(self.zone.as_ref().map_or(Value::None, |zone| Value::object(ZoneObject(zone.clone())))),
            "fold" => Some(Value::Int(0)),
            _ => None,
        })
    }

    fn call_method(&self, _: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        let days = self.wall.div_euclid(DAY);
        Some(match name {
            "weekday" | "isoweekday" | "toordinal" => date_part(days, name).ok_or_else(|| value_error("")),
            "isoformat" => args.bind("isoformat", ["sep", "timespec"], 0).map(|[separator, spec]| {
                let separator = separator.as_ref().and_then(Value::as_str).unwrap_or("T").to_owned();
                Value::from(self.iso(&separator, spec.as_ref().and_then(Value::as_str).unwrap_or("auto")))
            }),
            "strftime" => format_with(args, &self.fields()),
            "ctime" => Ok(Value::from(strftime::format("%a %b %e %H:%M:%S %Y", &self.fields()))),
            "replace" => self.replace(args),
            "isocalendar" => {
                let (year, week, day) = iso_calendar(days);
                Ok(Value::tuple(vec![Value::Int(year), Value::Int(week), Value::Int(day)]))
            }
            "date" => date(days),
            "time" | "timetz" => Ok(Value::object(Time(self.wall.rem_euclid(DAY)))),
            "timestamp" => Ok(Value::Float(self.instant() as f64 / 1e6)),
            "astimezone" => args.bind("astimezone", ["tz"], 0).and_then(|[zone]| {
                let zone = zone_of(&zone.unwrap_or(Value::None))?.unwrap_or(Zone::Fixed(0, None));
                datetime(zone.wall(self.instant()), Some(zone))
            }),
            "utcoffset" => {
                Ok(self.zone.as_ref().map_or(Value::None, |zone| Value::object(TimeDelta(zone.offset(self.wall)))))
            }
            "tzname" => Ok(self.zone.as_ref().map_or(Value::None, |zone| Value::from(zone.name(self.wall)))),
            _ => return None,
        })
    }

    fn binary(
        &self,
        _: &mut Interpreter,
        _: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> PyResult<Option<Value>> {
        if let Some(delta) = other.downcast::<TimeDelta>() {
            return match op {
                BinaryOp::Add => datetime(self.wall + delta.0, self.zone.clone()).map(Some),
                BinaryOp::Sub if !reflected => datetime(self.wall - delta.0, self.zone.clone()).map(Some),
                _ => Ok(None),
            };
        }
        match (other.downcast::<DateTime>(), op) {
            (Some(other), BinaryOp::Sub) if !reflected => {
                if self.zone.is_some() != other.zone.is_some() {
                    return Err(type_error("can't subtract offset-naive and offset-aware datetimes"));
                }
                Ok(Some(Value::object(TimeDelta(self.instant() - other.instant()))))
            }
            _ => Ok(None),
        }
    }

    fn compare(&self, _: &mut Interpreter, _: &Value, op: CompareOp, other: &Value) -> PyResult<Option<Value>> {
        let Some(other) = other.downcast::<DateTime>() else { return Ok(None) };
        if self.zone.is_some() != other.zone.is_some() {
            return match op {
                CompareOp::Eq => Ok(Some(Value::Bool(false))),
                CompareOp::NotEq => Ok(Some(Value::Bool(true))),
                _ => Err(type_error("can't compare offset-naive and offset-aware datetimes")),
            };
        }
        Ok(Some(Value::Bool(op.holds(self.instant().cmp(&other.instant())))))
    }

    fn hash(&self, _: &mut Interpreter, _: &Value) -> PyResult<i64> {
        Ok(self.instant())
    }

    fn repr(&self, interp: &mut Interpreter, _: &Value) -> PyResult<String> {
        let (year, month, day) = civil_of(self.wall.div_euclid(DAY));
        let of_day = self.wall.rem_euclid(DAY);
        let mut text = format!(
            "datetime.datetime({year}, {month}, {day}, {}, {}",
            of_day / (3600 * SECOND),
            of_day / (60 * SECOND) % 60
        );
        let (second, micro) = (of_day / SECOND % 60, of_day % SECOND);
        if second != 0 || micro != 0 {
            text.push_str(&format!(", {second}"));
        }
        if micro != 0 {
            text.push_str(&format!(", {micro}"));
        }
        if let Some(zone) = &self.zone {
            let zone = Value::object(ZoneObject(zone.clone()));
            text.push_str(&format!(", tzinfo={}", interp.repr(&zone)?));
        }
        text.push(')');
        Ok(text)
    }

    fn str(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(self.iso(" ", "auto"))
    }

    fn format(&self, _: &mut Interpreter, _: &Value, spec: &str) -> PyResult<Option<String>> {
        Ok(Some(strftime::format(spec, &self.fields())))
    }

    fn freeze(&self, _: &mut Interpreter, _: &Value, _: &mut Freezer) -> PyResult<Option<Thaw>> {
        frozen(self, Value::object)
    }
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        "time"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["isoformat", "strftime"]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "hour" => Some(Value::Int(self.0 / (3600 * SECOND))),
            "minute" => Some(Value::Int(self.0 / (60 * SECOND) % 60)),
            "second" => Some(Value::Int(self.0 / SECOND % 60)),
            "microsecond" => Some(Value::Int(self.0 % SECOND)),
            "tzinfo" => Some(Value::None),
            _ => None,
        })
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        match name {
            "isoformat" => Some(self.str(interp, this).map(Value::from)),
            "strftime" => Some(format_with(args, &Fields::new(self.0, None, ""))),
            _ => None,
        }
    }

    fn compare(&self, _: &mut Interpreter, _: &Value, op: CompareOp, other: &Value) -> PyResult<Option<Value>> {
        Ok(other.downcast::<Time>().map(|other| Value::Bool(op.holds(self.0.cmp(&other.0)))))
    }

    fn hash(&self, _: &mut Interpreter, _: &Value) -> PyResult<i64> {
        Ok(self.0)
    }

    fn repr(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        let mut parts = vec![self.0 / (3600 * SECOND), self.0 / (60 * SECOND) % 60];
        if self.0 % (60 * SECOND) != 0 {
            parts.push(self.0 / SECOND % 60);
        }
        if self.0 % SECOND != 0 {
            parts.push(self.0 % SECOND);
        }
        let parts: Vec<String> = parts.iter().map(i64::to_string).collect();
        Ok(format!("datetime.time({})", parts.join(", ")))
    }

    fn str(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        let format = if self.0 % SECOND == 0 { "%H:%M:%S" } else { "%H:%M:%S.%f" };
        Ok(strftime::format(format, &Fields::new(self.0, None, "")))
    }

    fn freeze(&self, _: &mut Interpreter, _: &Value, _: &mut Freezer) -> PyResult<Option<Thaw>> {
        frozen(self, Value::object)
    }
}

impl Object for ZoneObject {
    fn type_name(&self) -> &'static str {
        match self.0 {
            Zone::Fixed(..) => "timezone",
            Zone::Named(_) => "ZoneInfo",
        }
    }

    fn methods(&self) -> &'static [&'static str] {
        &["utcoffset", "tzname"]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match (&self.0, name) {
            (Zone::Named(zone), "key") => Some(Value::str(zone.name())),
            _ => None,
        })
    }

    fn call_method(&self, _: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        let wall = args.positional.first().and_then(|at| at.downcast::<DateTime>()).map_or(0, |at| at.wall);
        match name {
            "utcoffset" => Some(Ok(Value::object(TimeDelta(self.0.offset(wall))))),
            "tzname" => Some(Ok(Value::from(self.0.name(wall)))),
            _ => None,
        }
    }

    fn compare(&self, _: &mut Interpreter, _: &Value, op: CompareOp, other: &Value) -> PyResult<Option<Value>> {
        Ok(other.downcast::<ZoneObject>().and_then(|other| op.of_equality(self.0 == other.0)))
    }

    fn hash(&self, _: &mut Interpreter, _: &Value) -> PyResult<i64> {
        Ok(self.0.offset(0))
    }

    fn repr(&self, interp: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(match &self.0 {
            Zone::Named(zone) => format!("zoneinfo.ZoneInfo(key='{}')", zone.name()),
            Zone::Fixed(0, None) => "datetime.timezone.utc".to_owned(),
            Zone::Fixed(offset, name) => {
                let delta = interp.repr(&Value::object(TimeDelta(*offset)))?;
                let name = name.as_ref().map_or_else(String::new, |name| format!(", '{name}'"));
                format!("datetime.timezone({delta}{name})")
            }
        })
    }

    fn str(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(match &self.0 {
            Zone::Named(zone) => zone.name().to_owned(),
            fixed @ Zone::Fixed(..) => fixed.name(0),
        })
    }

    fn freeze(&self, _: &mut Interpreter, _: &Value, _: &mut Freezer) -> PyResult<Option<Thaw>> {
        frozen(&self.0, |zone| Value::object(ZoneObject(zone)))
    }
}

fn construct_date(interp: &mut Interpreter, _: &Rc<Class>, args: Args) -> PyResult {
    let [year, month, day] = args.bind("date", ["year", "month", "day"], 3)?;
    let mut parts = [0; 3];
    for (slot, part) in parts.iter_mut().zip([year, month, day]) {
        *slot = whole(interp, part, 0)?;
    }
    Ok(Value::object(Date(checked_days(parts[0], parts[1], parts[2])?)))
}

fn whole(interp: &Interpreter, part: Option<Value>, missing: i64) -> PyResult<i64> {
    match part {
        None => Ok(missing),
        Some(part) => part.as_int().ok_or_else(|| {
            type_error(format!("'{}' object cannot be interpreted as an integer", interp.type_name(&part)))
        }),
    }
}

fn construct_datetime(interp: &mut Interpreter, _: &Rc<Class>, args: Args) -> PyResult {
    let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo", "*fold"];
    let [year, month, day, hour, minute, second, micro, zone, _] = args.bind("datetime", names, 3)?;
    let mut numbers = [0; 7];
    for (slot, part) in numbers.iter_mut().zip([year, month, day, hour, minute, second, micro]) {
        *slot = whole(interp, part, 0)?;
    }
    let days = checked_days(numbers[0], numbers[1], numbers[2])?;
    let time = checked_time(numbers[3], numbers[4], numbers[5], numbers[6])?;
    datetime(days * DAY + time, zone_of(&zone.unwrap_or(Value::None))?)
}

fn construct_time(interp: &mut Interpreter, _: &Rc<Class>, args: Args) -> PyResult {
    let [hour, minute, second, micro, _] =
        args.bind("time", ["hour", "minute", "second", "microsecond", "tzinfo"], 0)?;
    let mut numbers = [0; 4];
    for (slot, part) in numbers.iter_mut().zip([hour, minute, second, micro]) {
        *slot = whole(interp, part, 0)?;
    }
    Ok(Value::object(Time(checked_time(numbers[0], numbers[1], numbers[2], numbers[3])?)))
}

fn construct_delta(interp: &mut Interpreter, _: &Rc<Class>, args: Args) -> PyResult {
    let names = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
    let scales = [DAY, SECOND, 1, 1000, 60 * SECOND, 3600 * SECOND, 7 * DAY];
    let mut micros = 0_i64;
    let mut fraction = 0.0;
    for (part, scale) in args.bind("timedelta", names, 0)?.into_iter().zip(scales) {
        match part {
            None => {}
            Some(part) => match (part.as_int(), part.as_float()) {
                (Some(number), _) => micros = micros.saturating_add(number.saturating_mul(scale)),
                (None, Some(number)) => {
                    let scaled = number * scale as f64;
                    micros += scaled.trunc() as i64;
                    fraction += scaled.fract();
                }
                (None, None) => {
                    let kind = interp.type_name(&part);
                    return Err(type_error(format!("unsupported type for timedelta component: {kind}")));
                }
            },
        }
    }
    Ok(Value::object(TimeDelta(micros + fraction.round_ties_even() as i64)))
}

fn construct_zone(_: &mut Interpreter, _: &Rc<Class>, args: Args) -> PyResult {
    let [offset, name] = args.bind("timezone", ["offset", "name"], 1)?;
    let Some(delta) = offset.as_ref().and_then(|offset| offset.downcast::<TimeDelta>()) else {
        return Err(type_error("timezone() argument 1 must be datetime.timedelta"));
    };
    let name = name.as_ref().and_then(Value::as_str).map(str::to_owned);
    Ok(Value::object(ZoneObject(Zone::Fixed(delta.0, name))))
}

fn now(interp: &mut Interpreter, zone: Option<Zone>) -> PyResult {
    let instant = interp.now_micros()?;
    match zone {
        Some(zone) => datetime(zone.wall(instant), Some(zone)),
        None => datetime(instant, None),
    }
}

/// The module `datetime`.
pub fn module(interp: &mut Interpreter) -> Module {
    let object = interp.class_named("object");
    let object = object.as_ref();
    let module = Module::new("datetime").with("MINYEAR", Value::Int(1)).with("MAXYEAR", Value::Int(9999));
    let delta = Class::native("timedelta", "datetime", object)
        .with_construct(construct_delta)
        .with("min", Value::object(TimeDelta(-106_751_991 * 86_400 * SECOND)))
        .with("resolution", Value::object(TimeDelta(1)));
    let date_class = Class::native("date", "datetime", object)
        .with_construct(construct_date)
        .with("min", Value::object(Date(days_of(1, 1, 1))))
        .with("max", Value::object(Date(days_of(9999, 12, 31))))
        .with(
            "today",
            Value::builtin("today", |interp, _| {
                let micros = interp.now_micros()?;
                date(micros.div_euclid(DAY))
            }),
        )
        .with(
            "fromisoformat",
            Value::builtin("fromisoformat", |_, args| {
                let text = args.one("fromisoformat")?;
                let text = text.as_str().unwrap_or("");
                let fail = || value_error(format!("Invalid isoformat string: '{text}'"));
                let parsed = strftime::parse(text, "%Y-%m-%d").filter(|_| text.len() == 10).ok_or_else(fail)?;
                Ok(Value::object(Date(checked_days(parsed.year, parsed.month, parsed.day).map_err(|_| fail())?)))
            }),
        )
        .with(
            "fromordinal",
            Value::builtin("fromordinal", |_, args| date(args.one("fromordinal")?.as_int().unwrap_or(1) - 719_163)),
        )
        .with(
            "fromtimestamp",
            Value::builtin("fromtimestamp", |_, args| {
                date((args.one("fromtimestamp")?.as_float().unwrap_or(0.0) / 86_400.0).floor() as i64)
            }),
        );
    let date_class = interp.register_class(date_class);
    let datetime_class = Class::native("datetime", "datetime", Some(&date_class)).with_construct(construct_datetime);
    add_datetime_functions(&datetime_class);
    let time = Class::native("time", "datetime", object).with_construct(construct_time);
    let tzinfo = interp.register_class(Class::native("tzinfo", "datetime", object));
    let utc = Value::object(ZoneObject(Zone::Fixed(0, None)));
    let zone =
        Class::native("timezone", "datetime", Some(&tzinfo)).with_construct(construct_zone).with("utc", utc.clone());
    module.set("date", Value::Class(date_class));
    module.set("tzinfo", Value::Class(tzinfo));
    module.set("UTC", utc);
    for class in [delta, datetime_class, time, zone] {
        let name = class.name.to_string();
        module.set(&name, Value::Class(interp.register_class(class)));
    }
    module
}

fn add_datetime_functions(class: &Class) {
    class.set("min", Value::object(DateTime { wall: days_of(1, 1, 1) * DAY, zone: None }));
    class.set("max", Value::object(DateTime { wall: (days_of(9999, 12, 31) + 1) * DAY - 1, zone: None }));
    class.set(
        "now",
        Value::builtin("now", |interp, args| {
            let [zone] = args.bind("now", ["tz"], 0)?;
            let zone = zone_of(&zone.unwrap_or(Value::None))?;
            now(interp, zone)
        }),
    );
    class.set("today", Value::builtin("today", |interp, _| now(interp, None)));
    class.set("utcnow", Value::builtin("utcnow", |interp, _| now(interp, None)));
    for name in ["fromtimestamp", "utcfromtimestamp"] {
        class.set(
            name,
            Value::builtin(name, |_, args| {
                let [stamp, zone] = args.bind("fromtimestamp", ["timestamp", "tz"], 1)?;
                let seconds = stamp.and_then(|stamp| stamp.as_float()).unwrap_or(0.0);
                let instant = (seconds * 1e6).round_ties_even() as i64;
                match zone_of(&zone.unwrap_or(Value::None))? {
                    Some(zone) => datetime(zone.wall(instant), Some(zone)),
                    None => datetime(instant, None),
                }
            }),
        );
    }
    class.set(
        "strptime",
        Value::builtin("strptime", |_, args| {
            let (text, format) = args.two("strptime")?;
            let (Some(text), Some(format)) = (text.as_str(), format.as_str()) else {
                return Err(type_error("strptime() argument 1 must be str"));
            };
            let Some(parsed) = strftime::parse(text, format) else {
                return Err(value_error(format!("time data '{text}' does not match format '{format}'")));
            };
            let days = checked_days(parsed.year, parsed.month, parsed.day)?;
            datetime(days * DAY + parsed.of_day, parsed.offset.map(|offset| Zone::Fixed(offset, None)))
        }),
    );
    class.set(
        "combine",
        Value::builtin("combine", |_, args| {
            let [date, time, zone] = args.bind("combine", ["date", "time", "tzinfo"], 2)?;
            match (
                date.as_ref().and_then(|date| date.downcast::<Date>()),
                time.as_ref().and_then(|time| time.downcast::<Time>()),
            ) {
                (Some(date), Some(time)) => datetime(date.0 * DAY + time.0, zone_of(&zone.unwrap_or(Value::None))?),
                _ => Err(type_error("combine() argument 1 must be datetime.date")),
            }
        }),
    );
    class.set(
        "fromisoformat",
        Value::builtin("fromisoformat", |_, args| {
            let text = args.one("fromisoformat")?;
            let text = text.as_str().unwrap_or("");
            for format in [
                "%Y-%m-%dT%H:%M:%S.%f%z",
                "%Y-%m-%dT%H:%M:%S%z",
                "%Y-%m-%dT%H:%M%z",
                "%Y-%m-%dT%H:%M:%S.%f",
                "%Y-%m-%dT%H:%M:%S",
                "%Y-%m-%dT%H:%M",
                "%Y-%m-%d",
            ] {
                let with_t = text.replacen(' ', "T", 1);
                if let Some(parsed) = strftime::parse(&with_t, format) {
                    let days = checked_days(parsed.year, parsed.month, parsed.day)?;
                    return datetime(days * DAY + parsed.of_day, parsed.offset.map(|offset| Zone::Fixed(offset, None)));
                }
            }
            Err(value_error(format!("Invalid isoformat string: '{text}'")))
        }),
    );
}

/// The module `zoneinfo`.
pub fn zoneinfo(interp: &mut Interpreter) -> Module {
    let object = interp.class_named("object");
    let class = Class::native("ZoneInfo", "zoneinfo", object.as_ref()).with_construct(|_, _, args| {
        let name = args.one("ZoneInfo")?;
        let name = name.as_str().unwrap_or("");
        match name.parse::<chrono_tz::Tz>() {
            Ok(zone) => Ok(Value::object(ZoneObject(Zone::Named(zone)))),
            Err(_) => Err(Raised::named("KeyError", format!("No time zone found with key {name}"))),
        }
    });
    Module::new("zoneinfo").with("ZoneInfo", Value::Class(interp.register_class(class)))
}
