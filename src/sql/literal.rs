//! Numbers, dates, timestamps and intervals in SQL text.

use super::lexer::Token;
use super::parser::Parser;
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::expr::Expr;
use crate::logical::functions::calendar::Zone;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A number with its suffix: `1`, `1.5` (decimal), `1e3` (double), `1L`, `1.5D`, `2BD`.
pub(super) fn number(text: &str, negative: bool) -> Option<Expr> {
    let upper = text.to_ascii_uppercase();
    let sign = if negative { "-" } else { "" };
    let parse = |digits: &str, scalar: fn(i64) -> Option<Scalar>| {
        format!("{sign}{digits}").parse::<i64>().ok().and_then(scalar)
    };
    let scalar = if let Some(digits) = upper.strip_suffix("BD") {
        decimal(&format!("{sign}{digits}"))?
    } else if let Some(digits) = upper.strip_suffix('L') {
        parse(digits, |value| Some(Scalar::Long(value)))?
    } else if let Some(digits) = upper.strip_suffix('S') {
        parse(digits, |value| i16::try_from(value).ok().map(Scalar::Short))?
    } else if let Some(digits) = upper.strip_suffix('Y') {
        parse(digits, |value| i8::try_from(value).ok().map(Scalar::Byte))?
    } else if let Some(digits) = upper.strip_suffix('D') {
        Scalar::Double(format!("{sign}{digits}").parse().ok()?)
    } else if let Some(digits) = upper.strip_suffix('F') {
        Scalar::Float(format!("{sign}{digits}").parse().ok()?)
    } else if upper.contains('E') {
        Scalar::Double(format!("{sign}{upper}").parse().ok()?)
    } else if upper.contains('.') {
        decimal(&format!("{sign}{upper}"))?
    } else {
        let written = format!("{sign}{upper}");
        match (written.parse::<i32>(), written.parse::<i64>()) {
            (Ok(value), _) => Scalar::Integer(value),
            (_, Ok(value)) => Scalar::Long(value),
            _ => decimal(&written)?,
        }
    };
    Some(Expr::literal(scalar))
}

/// A decimal with as many digits as written.
fn decimal(text: &str) -> Option<Scalar> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let unscaled: i128 = if all.is_empty() { return None } else { all.parse().ok()? };
    let scale = fraction.len();
    let significant = all.trim_start_matches('0').len();
    let precision = significant.max(scale).max(1);
    if precision > 38 {
        return None;
    }
    Some(Scalar::Decimal(sign * unscaled, precision as u8, scale as i8))
}

/// `DATE '…'`, `TIMESTAMP '…'`, `X'…'`.
pub(super) fn typed(keyword: &str, text: &str, zone: Zone) -> Result<Option<Expr>> {
    let invalid = || {
        SparkError::new(ErrorClass::ParseException, format!("'{text}' is no valid {}", keyword.to_uppercase()))
            .with_condition("INVALID_TYPED_LITERAL")
            .with_subject(text.to_owned())
    };
    let scalar = match keyword.to_ascii_lowercase().as_str() {
        "time" => Scalar::Time(time_of_day(text).ok_or_else(invalid)?),
        "date" => Scalar::Date(date(text).ok_or_else(invalid)?),
        "timestamp" | "timestamp_ltz" => Scalar::Timestamp(timestamp(text, zone).ok_or_else(invalid)?),
        "timestamp_ntz" => Scalar::TimestampNtz(timestamp(text, Zone::UTC).ok_or_else(invalid)?),
        "x" => Scalar::Binary(binary(text).ok_or_else(invalid)?),
        _ => return Ok(None),
    };
    Ok(Some(Expr::literal(scalar)))
}

fn binary(text: &str) -> Option<Vec<u8>> {
    let padded = if text.len() % 2 == 1 { format!("0{text}") } else { text.to_owned() };
    (0..padded.len()).step_by(2).map(|i| u8::from_str_radix(padded.get(i..i + 2)?, 16).ok()).collect()
}

/// Days since the epoch of `2024-03-10`, `2024-3`, `2024`.
fn date(text: &str) -> Option<i32> {
    let text = text.trim();
    let text = text.split(['T', ' ']).next()?;
    let mut parts = text.splitn(3, '-');
    let year: i32 = parts.next().filter(|year| year.len() >= 4)?.parse().ok()?;
    let month: u32 = parts.next().map_or(Some(1), |part| part.parse().ok())?;
    let day: u32 = parts.next().map_or(Some(1), |part| part.parse().ok())?;
    let date = chrono::NaiveDate::from_ymd_opt(year, month, day)?;
    let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1)?;
    i32::try_from(date.signed_duration_since(epoch).num_days()).ok()
}

/// Microseconds since the epoch; without a zone, in `zone`.
fn timestamp(text: &str, zone: Zone) -> Option<i64> {
    crate::logical::functions::moment_text::parse_timestamp(text, zone, 0)
}

/// Microseconds since midnight of `06:30:45.887`.
fn time_of_day(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    let (hours, minutes, seconds) = match parts.as_slice() {
        [hours, minutes] => (*hours, *minutes, "0"),
        [hours, minutes, seconds] => (*hours, *minutes, *seconds),
        _ => return None,
    };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let micros = second_micros(seconds)?;
    let fits = (0..24).contains(&hours) && (0..60).contains(&minutes) && (0..60 * MICROS_PER_SECOND).contains(&micros);
    fits.then_some((hours * 60 + minutes) * 60 * MICROS_PER_SECOND + micros)
}

/// Microseconds of `12`, `12.5`.
fn second_micros(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    if fraction.len() > 9 {
        return None;
    }
    let fraction: String = format!("{fraction:0<6}").chars().take(6).collect();
    Some(whole * MICROS_PER_SECOND + fraction.parse::<i64>().ok()?)
}

/// An interval being added up.
#[derive(Debug, Default)]
struct Interval {
    months: i64,
    days: i64,
    micros: i64,
    year_month: bool,
    day_time: bool,
    /// The first and the last unit that was written.
    units: Option<(&'static str, &'static str)>,
}

impl Interval {
    fn add(&mut self, number: &str, unit: &str) -> Option<()> {
        let (negative, digits) = number.trim().strip_prefix('-').map_or((false, number.trim()), |rest| (true, rest));
        let digits = digits.trim_start_matches('+');
        let sign = if negative { -1 } else { 1 };
        let unit = unit.to_ascii_lowercase();
        let unit = unit.strip_suffix('s').unwrap_or(&unit);
        self.saw(unit);
        if unit == "second" {
            self.micros += sign * second_micros(digits)?;
            self.day_time = true;
            return Some(());
        }
        let count = sign * digits.parse::<i64>().ok()?;
        match unit {
            "year" => self.months += count.checked_mul(12)?,
            "quarter" => self.months += count.checked_mul(3)?,
            "month" => self.months += count,
            "week" => self.days += count.checked_mul(7)?,
            "day" => self.days += count,
            "hour" => self.micros += count.checked_mul(3_600 * MICROS_PER_SECOND)?,
            "minute" => self.micros += count.checked_mul(60 * MICROS_PER_SECOND)?,
            "millisecond" => self.micros += count.checked_mul(1_000)?,
            "microsecond" => self.micros += count,
            _ => return None,
        }
        if matches!(unit, "year" | "quarter" | "month") {
            self.year_month = true;
        } else {
            self.day_time = true;
        }
        Some(())
    }

    /// Widens the range of units.
    fn saw(&mut self, unit: &str) {
        const ORDER: [&str; 6] = ["year", "month", "day", "hour", "minute", "second"];
        let unit = match unit {
            "quarter" => "month",
            "week" => "day",
            "millisecond" | "microsecond" => "second",
            other => other,
        };
        let Some(at) = ORDER.iter().position(|known| *known == unit) else { return };
        let place = |known: &str| ORDER.iter().position(|other| *other == known).unwrap_or(at);
        self.units = Some(match self.units {
            None => (ORDER[at], ORDER[at]),
            Some((first, last)) => (ORDER[at.min(place(first))], ORDER[at.max(place(last))]),
        });
    }

    /// The interval as an expression of the type that its units say.
    fn literal(&self) -> Option<Expr> {
        let scalar = self.scalar()?;
        let data_type = match (&scalar, self.units) {
            (Scalar::CalendarInterval(..), _) | (_, None) => scalar.data_type(),
            (_, Some((first, last))) => DataType::interval_between(first, last).unwrap_or(scalar.data_type()),
        };
        Some(Expr::Literal(scalar, data_type))
    }

    fn scalar(&self) -> Option<Scalar> {
        if self.year_month && self.day_time {
            let (months, days) = (i32::try_from(self.months).ok()?, i32::try_from(self.days).ok()?);
            return Some(Scalar::CalendarInterval(months, days, self.micros));
        }
        if self.year_month {
            return Some(Scalar::YearMonthInterval(i32::try_from(self.months).ok()?));
        }
        let days = self.days.checked_mul(86_400 * MICROS_PER_SECOND)?;
        Some(Scalar::DayTimeInterval(days.checked_add(self.micros)?))
    }
}

/// `'1-2' YEAR TO MONTH`, `'1 02:03:04' DAY TO SECOND`.
fn ranged(text: &str, from: &str, to: &str) -> Option<Expr> {
    let (negative, body) = text.trim().strip_prefix('-').map_or((false, text.trim()), |rest| (true, rest));
    let mut interval = Interval::default();
    if from.eq_ignore_ascii_case("year") {
        let (years, months) = body.split_once('-')?;
        interval.add(years, "year")?;
        interval.add(months, "month")?;
    } else {
        let units = ["day", "hour", "minute", "second"];
        let first = units.iter().position(|unit| unit.eq_ignore_ascii_case(from))?;
        let last = units.iter().position(|unit| unit.eq_ignore_ascii_case(to))?;
        let parts: Vec<&str> = body.split([' ', ':']).filter(|part| !part.is_empty()).collect();
        if parts.len() != last + 1 - first {
            return None;
        }
        for (part, unit) in parts.iter().zip(&units[first..=last]) {
            interval.add(part, unit)?;
        }
    }
    if negative {
        interval.months = -interval.months;
        interval.days = -interval.days;
        interval.micros = -interval.micros;
    }
    interval.literal()
}

const UNITS: &[&str] = &[
    "year",
    "years",
    "quarter",
    "quarters",
    "month",
    "months",
    "week",
    "weeks",
    "day",
    "days",
    "hour",
    "hours",
    "minute",
    "minutes",
    "second",
    "seconds",
    "millisecond",
    "milliseconds",
    "microsecond",
    "microseconds",
];

impl Parser<'_> {
    fn unit(&mut self) -> Option<String> {
        let found = match self.peek() {
            Token::Word(word) if UNITS.iter().any(|unit| unit.eq_ignore_ascii_case(word)) => word.clone(),
            _ => return None,
        };
        self.advance();
        Some(found)
    }

    /// What follows `INTERVAL`; `None` when it is no interval after all (a column of that name).
    pub(super) fn interval(&mut self) -> Result<Option<Expr>> {
        let start = self.mark();
        let invalid = |parser: &Self, text: &str| {
            let _ = parser;
            SparkError::new(ErrorClass::ParseException, format!("INTERVAL '{text}' cannot be understood"))
                .with_condition("INVALID_INTERVAL_FORMAT.INVALID_VALUE")
                .with_subject(text.to_owned())
        };
        if let Token::Text(text) = self.peek().clone() {
            self.advance();
            if let Some(unit) = self.unit() {
                if self.eat_word("to") {
                    let to = self.unit().ok_or_else(|| self.error())?;
                    let found = ranged(&text, &unit, &to).ok_or_else(|| invalid(self, &text))?;
                    return Ok(Some(found));
                }
                let mut interval = Interval::default();
                interval.add(&text, &unit).ok_or_else(|| invalid(self, &text))?;
                self.more_units(&mut interval)?;
                return self.finished(&interval, &text);
            }
            // INTERVAL '3 days 2 hours'
            let mut interval = Interval::default();
            let body = text.trim().to_ascii_lowercase();
            let words: Vec<&str> = body.strip_prefix("interval ").unwrap_or(&body).split_whitespace().collect();
            if words.is_empty() || words.len() % 2 == 1 {
                return Err(invalid(self, &text));
            }
            for pair in words.chunks(2) {
                interval.add(pair[0], pair[1]).ok_or_else(|| invalid(self, &text))?;
            }
            return self.finished(&interval, &text);
        }
        let mut interval = Interval::default();
        if self.more_units(&mut interval)? {
            return self.finished(&interval, "");
        }
        // INTERVAL expression UNIT
        let value = self.primary();
        if let (Ok(value), Some(unit)) = (value, self.unit()) {
            return Ok(Some(interval_of(value, &unit)));
        }
        self.reset(start);
        Ok(None)
    }

    fn more_units(&mut self, interval: &mut Interval) -> Result<bool> {
        let mut any = false;
        loop {
            let mark = self.mark();
            let negative = self.eat_symbol("-");
            let (Token::Number(number) | Token::Text(number)) = self.peek().clone() else {
                self.reset(mark);
                return Ok(any);
            };
            self.advance();
            let Some(unit) = self.unit() else {
                self.reset(mark);
                return Ok(any);
            };
            let number = if negative { format!("-{number}") } else { number };
            interval.add(&number, &unit).ok_or_else(|| self.error())?;
            any = true;
        }
    }

    fn finished(&self, interval: &Interval, text: &str) -> Result<Option<Expr>> {
        match interval.literal() {
            Some(literal) => Ok(Some(literal)),
            None => Err(SparkError::new(ErrorClass::ParseException, format!("the interval {text} is too long"))
                .with_condition("INVALID_INTERVAL_FORMAT.ARITHMETIC_EXCEPTION")),
        }
    }
}

/// `INTERVAL n DAY` of a column: a number of units times an interval of one.
fn interval_of(value: Expr, unit: &str) -> Expr {
    let mut one = Interval::default();
    let scalar = one.add("1", unit).and_then(|()| one.scalar()).unwrap_or(Scalar::DayTimeInterval(0));
    Expr::binary(crate::logical::expr::BinaryOp::Multiply, value, Expr::literal(scalar))
}

/// The whole number that a constant expression is (`LIMIT 1 + 1`).
pub(super) fn constant(expr: &Expr) -> Option<i64> {
    use crate::logical::expr::BinaryOp;
    match expr {
        Expr::Literal(Scalar::Integer(value), _) => Some(i64::from(*value)),
        Expr::Literal(Scalar::Long(value), _) => Some(*value),
        Expr::Binary { op, left, right } => {
            let (left, right) = (constant(left)?, constant(right)?);
            match op {
                BinaryOp::Add => left.checked_add(right),
                BinaryOp::Subtract => left.checked_sub(right),
                BinaryOp::Multiply => left.checked_mul(right),
                _ => None,
            }
        }
        Expr::Call(call) if call.name == "-" => constant(call.args.first()?).map(|value| -value),
        Expr::Cast { child, to: DataType::Integer | DataType::Long, .. } => constant(child),
        _ => None,
    }
}
