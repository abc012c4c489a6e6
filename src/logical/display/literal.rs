//! Values as text inside names and plans.

use crate::logical::functions::calendar::Zone;
use crate::logical::scalar::Scalar;
use crate::logical::variant::{Variant, Zoned};
use std::fmt::Write as _;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// A value as it stands in names and plans: text without quotes.
#[must_use]
pub fn scalar_text(value: &Scalar) -> String {
    match value {
        Scalar::Null => "NULL".into(),
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Byte(value) => value.to_string(),
        Scalar::Short(value) => value.to_string(),
        Scalar::Integer(value) => value.to_string(),
        Scalar::Long(value) => value.to_string(),
        Scalar::Float(value) => java_number(&format!("{value:e}"), f64::from(*value)),
        Scalar::Double(value) => java_number(&format!("{value:e}"), *value),
        Scalar::Decimal(unscaled, _, scale) => decimal_text(*unscaled, *scale),
        Scalar::String(value) => value.clone(),
        Scalar::Binary(bytes) => {
            let mut text = String::from("X'");
            for byte in bytes {
                let _ = write!(text, "{byte:02X}");
            }
            text + "'"
        }
        Scalar::Date(days) => date_text(*days),
        Scalar::Timestamp(micros) | Scalar::TimestampNtz(micros) => timestamp_text(*micros),
        Scalar::YearMonthInterval(months) => year_month_text(*months),
        Scalar::DayTimeInterval(micros) => day_time_text(*micros),
        Scalar::CalendarInterval(months, days, micros) => calendar_text(*months, *days, *micros),
        Scalar::Variant(bytes) => variant_text(bytes),
        // Spark has no text for shapes, and shows the object that holds one.
        Scalar::Spatial(..) => "org.apache.spark.unsafe.types.BinaryView".to_owned(),
        Scalar::Time(micros) => time_text(*micros),
        Scalar::Array(items) => format!("[{}]", join(items)),
        Scalar::Struct(items) => format!("{{{}}}", join(items)),
        Scalar::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{} -> {}", scalar_text(key), scalar_text(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// A value as SQL writes it: text in quotes, dates with their keyword.
pub(super) fn scalar_sql(value: &Scalar) -> String {
    match value {
        Scalar::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        Scalar::Long(value) => format!("{value}L"),
        Scalar::Short(value) => format!("{value}S"),
        Scalar::Byte(value) => format!("{value}Y"),
        Scalar::Double(value) => format!("{}D", scalar_text(&Scalar::Double(*value))),
        Scalar::Decimal(..) => format!("{}BD", scalar_text(value)),
        Scalar::Date(_) => format!("DATE '{}'", scalar_text(value)),
        Scalar::Timestamp(_) => format!("TIMESTAMP '{}'", scalar_text(value)),
        Scalar::TimestampNtz(_) => format!("TIMESTAMP_NTZ '{}'", scalar_text(value)),
        Scalar::Time(_) => format!("TIME '{}'", scalar_text(value)),
        other => scalar_text(other),
    }
}

fn variant_text(bytes: &[u8]) -> String {
    let zoned = Zoned { zone: Zone::UTC };
    Variant::read(bytes).map_or_else(|_| String::new(), |value| zoned.json(&value))
}

fn join(items: &[Scalar]) -> String {
    items.iter().map(scalar_text).collect::<Vec<_>>().join(", ")
}

/// Java's text of a floating-point number, from its shortest scientific form.
fn java_number(scientific: &str, value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value == 0.0 {
        return if value.is_sign_negative() { "-0.0".into() } else { "0.0".into() };
    }
    let negative = mantissa.starts_with('-');
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let sign = if negative { "-" } else { "" };
    if !(-3..7).contains(&exponent) {
        let rest = if digits.len() > 1 { &digits[1..] } else { "0" };
        return format!("{sign}{}.{rest}E{exponent}", &digits[..1]);
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        format!("{sign}{digits}{}.0", "0".repeat(whole - digits.len()))
    } else {
        format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
    }
}

fn decimal_text(unscaled: i128, scale: i8) -> String {
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = unscaled.unsigned_abs().to_string();
    let scale = usize::try_from(scale).unwrap_or(0);
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

fn date_text(days: i32) -> String {
    chrono::DateTime::from_timestamp(i64::from(days) * 86_400, 0)
        .map_or_else(|| days.to_string(), |moment| moment.format("%Y-%m-%d").to_string())
}

fn timestamp_text(micros: i64) -> String {
    let Some(moment) = chrono::DateTime::from_timestamp_micros(micros) else { return micros.to_string() };
    let text = moment.format("%Y-%m-%d %H:%M:%S").to_string();
    let fraction = micros.rem_euclid(MICROS_PER_SECOND);
    if fraction == 0 { text } else { format!("{text}.{}", format!("{fraction:06}").trim_end_matches('0')) }
}

fn time_text(micros: i64) -> String {
    let text = timestamp_text(micros);
    text.split_once(' ').map_or(text.clone(), |(_, time)| time.to_owned())
}

fn year_month_text(months: i32) -> String {
    let (sign, size) = (if months < 0 { "-" } else { "" }, months.unsigned_abs());
    match (size / 12, size % 12) {
        (years, 0) if years > 0 => format!("INTERVAL '{sign}{years}' YEAR"),
        (0, months) => format!("INTERVAL '{sign}{months}' MONTH"),
        (years, months) => format!("INTERVAL '{sign}{years}-{months}' YEAR TO MONTH"),
    }
}

fn day_time_text(micros: i64) -> String {
    let (sign, size) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let (day, second) = (MICROS_PER_DAY.unsigned_abs(), MICROS_PER_SECOND.unsigned_abs());
    if size > 0 && size % day == 0 {
        return format!("INTERVAL '{sign}{}' DAY", size / day);
    }
    if size > 0 && size % (60 * second) == 0 && size % (3600 * second) != 0 && size < day {
        return format!("INTERVAL '{sign}{:02}' MINUTE", size / (60 * second));
    }
    if size % (3600 * second) == 0 && size < day {
        return format!("INTERVAL '{sign}{:02}' HOUR", size / (3600 * second));
    }
    let (hours, minutes, seconds) = (size / (3600 * second) % 24, size / (60 * second) % 60, size / second % 60);
    let fraction = match size % second {
        0 => String::new(),
        fraction => format!(".{}", format!("{fraction:06}").trim_end_matches('0')),
    };
    if size < 60 * second {
        return format!("INTERVAL '{sign}{seconds:02}{fraction}' SECOND");
    }
    format!("INTERVAL '{sign}{} {hours:02}:{minutes:02}:{seconds:02}{fraction}' DAY TO SECOND", size / day)
}

fn calendar_text(months: i32, days: i32, micros: i64) -> String {
    let mut parts = Vec::new();
    for (number, unit) in [(months / 12, "years"), (months % 12, "months"), (days, "days")] {
        if number != 0 {
            parts.push(format!("{number} {unit}"));
        }
    }
    let hour = 3600 * MICROS_PER_SECOND;
    for (number, unit) in [(micros / hour, "hours"), (micros % hour / (60 * MICROS_PER_SECOND), "minutes")] {
        if number != 0 {
            parts.push(format!("{number} {unit}"));
        }
    }
    let rest = micros % (60 * MICROS_PER_SECOND);
    if rest != 0 {
        let text = decimal_text(i128::from(rest), 6);
        parts.push(format!("{} seconds", text.trim_end_matches('0').trim_end_matches('.')));
    }
    if parts.is_empty() { "INTERVAL '0 seconds'".into() } else { format!("INTERVAL '{}'", parts.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_java_does() {
        let text = |value| scalar_text(&Scalar::Double(value));
        assert_eq!(text(1.0), "1.0");
        assert_eq!(text(1e7), "1.0E7");
        assert_eq!(text(123_456.75), "123456.75");
        assert_eq!(text(0.001), "0.001");
        assert_eq!(text(0.000_12), "1.2E-4");
        assert_eq!(text(-0.0), "-0.0");
    }

    #[test]
    fn decimals_dates_and_intervals_read_well() {
        assert_eq!(scalar_text(&Scalar::Decimal(-5, 3, 2)), "-0.05");
        assert_eq!(scalar_text(&Scalar::Date(19_792)), "2024-03-10");
        assert_eq!(scalar_text(&Scalar::YearMonthInterval(12)), "INTERVAL '1' YEAR");
        assert_eq!(scalar_text(&Scalar::DayTimeInterval(2 * MICROS_PER_DAY)), "INTERVAL '2' DAY");
    }
}
