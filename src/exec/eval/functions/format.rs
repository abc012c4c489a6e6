//! `format_string`: Java's `%` formats.

use super::super::call::{Call, Kernel};
use super::super::cast::{Style, format_value};
use super::super::{decimal, errors};
use crate::common::{Result, SparkError};
use crate::logical::functions::calendar::Zone;
use crate::logical::functions::number_text::format_decimal;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::ArrayRef;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    match name {
        "format_string" => Some(format_string),
        "to_pretty_string" => Some(to_pretty_string),
        _ => None,
    }
}

/// What `show()` prints: never null.
fn to_pretty_string(call: &Call<'_>) -> Result<ArrayRef> {
    let style = Style::pretty(Zone::parse(&call.context.time_zone)?);
    let value = &call.args[0];
    let mut text = String::new();
    call.to_texts(|row| {
        text.clear();
        super::super::cast::write_cell(&mut text, value.array(), value.at(row), &call.types[0], style)?;
        Ok(Some(text.clone()))
    })
}

fn format_string(call: &Call<'_>) -> Result<ArrayRef> {
    let format = call.texts(0)?;
    let zone = Zone::parse(&call.context.time_zone)?;
    call.to_texts(|row| {
        let Some(format) = format.get(row) else { return Ok(None) };
        let args = (1..call.args.len()).map(|i| call.scalar(i, row)).collect::<Result<Vec<_>>>()?;
        sprintf(format, &args, &call.types[1..], zone).map(Some)
    })
}

#[derive(Debug, Default)]
struct Spec {
    index: Option<usize>,
    minus: bool,
    plus: bool,
    blank: bool,
    zero: bool,
    comma: bool,
    paren: bool,
    hash: bool,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

fn parse_spec(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Spec> {
    let mut spec = Spec::default();
    let number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
        let mut value: Option<usize> = None;
        while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
            value = Some(value.unwrap_or(0) * 10 + digit as usize);
            chars.next();
        }
        value
    };
    if chars.peek().is_some_and(|c| ('1'..='9').contains(c)) {
        let value = number(chars)?;
        if chars.peek() == Some(&'$') {
            chars.next();
            spec.index = Some(value);
        } else {
            spec.width = value;
        }
    }
    if spec.width == 0 {
        while let Some(flag) = chars.peek() {
            match flag {
                '-' => spec.minus = true,
                '+' => spec.plus = true,
                ' ' => spec.blank = true,
                '0' => spec.zero = true,
                ',' => spec.comma = true,
                '(' => spec.paren = true,
                '#' => spec.hash = true,
                _ => break,
            }
            chars.next();
        }
        spec.width = number(chars).unwrap_or(0);
    }
    if chars.peek() == Some(&'.') {
        chars.next();
        spec.precision = Some(number(chars)?);
    }
    spec.letter = chars.next()?;
    Some(spec)
}

fn bad(format: &str) -> SparkError {
    errors::illegal("INVALID_FORMAT.MISMATCH_INPUT", format!("the format '{format}' does not fit its arguments"))
}

fn sprintf(format: &str, args: &[Scalar], types: &[DataType], zone: Zone) -> Result<String> {
    let mut out = String::with_capacity(format.len() + 16);
    let mut chars = format.chars().peekable();
    let mut next = 0;
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let spec = parse_spec(&mut chars).ok_or_else(|| bad(format))?;
        match spec.letter {
            '%' => out.push_str(&padded("%".to_owned(), &spec)),
            'n' => out.push('\n'),
            _ => {
                let at = spec.index.map_or_else(
                    || {
                        next += 1;
                        next - 1
                    },
                    |index| index - 1,
                );
                let value = args.get(at).ok_or_else(|| bad(format))?;
                out.push_str(&one(&spec, value, &types[at], zone).ok_or_else(|| bad(format))?);
            }
        }
    }
    Ok(out)
}

fn padded(text: String, spec: &Spec) -> String {
    let count = text.chars().count();
    if count >= spec.width {
        return text;
    }
    let fill = " ".repeat(spec.width - count);
    if spec.minus { text + &fill } else { fill + &text }
}

fn whole_of(value: &Scalar) -> Option<i64> {
    Some(match value {
        Scalar::Byte(v) => i64::from(*v),
        Scalar::Short(v) => i64::from(*v),
        Scalar::Integer(v) => i64::from(*v),
        Scalar::Long(v) => *v,
        _ => return None,
    })
}

fn one(spec: &Spec, value: &Scalar, data_type: &DataType, zone: Zone) -> Option<String> {
    let cut = |text: String| match spec.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text,
    };
    if value.is_null() {
        let text = if spec.letter == 'b' { "false" } else { "null" };
        return Some(padded(cut(text.to_owned()), spec));
    }
    Some(match spec.letter {
        's' | 'S' => {
            let text = cut(format_value(value, data_type, Style::cast(zone)).ok()?);
            padded(if spec.letter == 'S' { text.to_uppercase() } else { text }, spec)
        }
        'b' | 'B' => padded(matches!(value, Scalar::Boolean(true)).to_string(), spec),
        'c' => padded(char::from_u32(u32::try_from(whole_of(value)?).ok()?)?.to_string(), spec),
        'd' => match value {
            Scalar::Decimal(v, _, 0) => number(spec, *v < 0, v.unsigned_abs().to_string()),
            _ => {
                let v = whole_of(value)?;
                number(spec, v < 0, v.unsigned_abs().to_string())
            }
        },
        'x' | 'X' | 'o' => based(spec, value)?,
        'f' | 'e' | 'E' | 'g' | 'G' => real(spec, value)?,
        _ => return None,
    })
}

fn based(spec: &Spec, value: &Scalar) -> Option<String> {
    let digits = match (spec.letter, value) {
        ('o', Scalar::Long(v)) => format!("{v:o}"),
        ('o', Scalar::Integer(v)) => format!("{v:o}"),
        (_, Scalar::Long(v)) => format!("{v:x}"),
        (_, Scalar::Integer(v)) => format!("{v:x}"),
        (_, Scalar::Short(v)) => format!("{v:x}"),
        (_, Scalar::Byte(v)) => format!("{v:x}"),
        _ => return None,
    };
    let digits = if spec.hash { format!("0x{digits}") } else { digits };
    let digits = if spec.letter == 'X' { digits.to_uppercase() } else { digits };
    if spec.zero && digits.len() < spec.width {
        return Some(format!("{digits:0>width$}", width = spec.width));
    }
    Some(padded(digits, spec))
}

fn real(spec: &Spec, value: &Scalar) -> Option<String> {
    let precision = spec.precision.unwrap_or(6);
    let x = match value {
        Scalar::Double(v) => *v,
        Scalar::Float(v) => f64::from(*v),
        Scalar::Decimal(v, _, scale) => {
            if spec.letter == 'f' {
                let rounded = decimal::rescale(*v, *scale, i8::try_from(precision).ok()?)?;
                let text = format_decimal(rounded.abs(), i8::try_from(precision).ok()?);
                return Some(number(spec, rounded < 0, text));
            }
            decimal::to_double(*v, *scale)
        }
        _ => return None,
    };
    if !x.is_finite() {
        let text = if x.is_nan() {
            "NaN"
        } else if x > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        return Some(padded(text.to_owned(), spec));
    }
    let negative = x.is_sign_negative();
    let text = match spec.letter {
        'f' => half_up(x.abs(), precision),
        'e' | 'E' => scientific(x.abs(), precision),
        _ => {
            let digits = precision.max(1);
            if x == 0.0 || (1e-4..10_f64.powi(digits as i32)).contains(&x.abs()) {
                let whole = if x == 0.0 { 1 } else { (x.abs().log10().floor() as i32 + 1).max(1) as usize };
                half_up(x.abs(), digits.saturating_sub(whole))
            } else {
                scientific(x.abs(), digits - 1)
            }
        }
    };
    let text = number(spec, negative, text);
    Some(if spec.letter.is_ascii_uppercase() { text.to_uppercase() } else { text })
}

/// Java rounds the shortest decimal text half up.
fn half_up(x: f64, precision: usize) -> String {
    match decimal::of_double(x) {
        Some((digits, scale)) if scale >= 0 && (scale as usize) > precision && scale < 30 => {
            let cut = decimal::divide_half_up(digits, decimal::power_of_ten(scale as u32 - precision as u32));
            format_decimal(cut, precision as i8)
        }
        _ => format!("{x:.precision$}"),
    }
}

fn scientific(x: f64, precision: usize) -> String {
    let text = format!("{x:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn number(spec: &Spec, negative: bool, mut text: String) -> String {
    if spec.comma {
        text = grouped(&text);
    }
    let (before, after) = match (negative, spec.paren) {
        (true, true) => ("(", ")"),
        (true, false) => ("-", ""),
        (false, _) if spec.plus => ("+", ""),
        (false, _) if spec.blank => (" ", ""),
        _ => ("", ""),
    };
    let own = before.len() + after.len() + text.len();
    if spec.zero && own < spec.width {
        text = "0".repeat(spec.width - own) + &text;
    }
    padded(format!("{before}{text}{after}"), spec)
}

/// Commas between thousands.
pub(super) fn grouped(text: &str) -> String {
    let (whole, rest) = text.find('.').map_or((text, ""), |at| text.split_at(at));
    let mut out = String::with_capacity(text.len() + text.len() / 3);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, value: Scalar, expected: &str) {
        let data_type = value.data_type();
        assert_eq!(sprintf(format, &[value], &[data_type], Zone::UTC).unwrap(), expected, "{format}");
    }

    #[test]
    fn javas_formats_are_followed() {
        check("%08.2f|", Scalar::Double(-0.5), "-0000.50|");
        check("%-6d|", Scalar::Long(-7), "-7    |");
        check("%+d", Scalar::Integer(0), "+0");
        check("%x", Scalar::Long(-7), "fffffffffffffff9");
        check("%,.1f", Scalar::Double(1_234_567.89), "1,234,567.9");
        check("%5.2f", Scalar::Null, "   nu");
        check("100%%", Scalar::Null, "100%");
        check("%.2f", Scalar::Double(0.005), "0.01");
        check("%2$s".replace('2', "1").as_str(), Scalar::Boolean(true), "true");
    }
}
