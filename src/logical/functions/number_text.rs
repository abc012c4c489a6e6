//! Numbers as Java writes them: what `cast(x as string)`, `show()`, column names and files print.

use super::java_digits::{double_digits, float_digits};
use std::fmt::Write as _;

/// A double as `Double.toString` writes it: `1.0`, `1.0E10`, `NaN`, `-Infinity`.
#[must_use]
pub fn format_double(value: f64) -> String {
    if let Some(word) = special(value) {
        return word.to_owned();
    }
    layout(value.is_sign_negative(), &double_digits(value.abs()), value.abs())
}

/// A float as `Float.toString` writes it.
#[must_use]
pub fn format_float(value: f32) -> String {
    if let Some(word) = special(f64::from(value)) {
        return word.to_owned();
    }
    let size = value.abs();
    layout(value.is_sign_negative(), &float_digits(size), f64::from(size))
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value == f64::INFINITY {
        Some("Infinity")
    } else if value == f64::NEG_INFINITY {
        Some("-Infinity")
    } else {
        None
    }
}

/// Java's layout: plain from 0.001 up to 10 million, scientific otherwise.
fn layout(negative: bool, (digits, exponent): &(String, i32), size: f64) -> String {
    let exponent = *exponent;
    let sign = if negative { "-" } else { "" };
    if size != 0.0 && !(1e-3..1e7).contains(&size) {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        return format!("{sign}{first}.{rest}E{exponent}");
    }
    let mut text = sign.to_owned();
    if exponent < 0 {
        text.push_str("0.");
        text.extend(std::iter::repeat_n('0', (-exponent - 1) as usize));
        text.push_str(digits);
    } else {
        let whole = exponent as usize + 1;
        if digits.len() <= whole {
            text.push_str(digits);
            text.extend(std::iter::repeat_n('0', whole - digits.len()));
            text.push_str(".0");
        } else {
            text.push_str(&digits[..whole]);
            text.push('.');
            text.push_str(&digits[whole..]);
        }
    }
    text
}

/// A decimal with all digits of its scale, never in scientific form: `12.50`, `-0.01`.
#[must_use]
pub fn format_decimal(unscaled: i128, scale: i8) -> String {
    let mut text = String::new();
    write_decimal(&mut text, unscaled, scale);
    text
}

/// Writes a decimal at the end of `text`.
pub fn write_decimal(text: &mut String, unscaled: i128, scale: i8) {
    if scale <= 0 {
        let _ = write!(text, "{unscaled}");
        if unscaled != 0 {
            text.extend(std::iter::repeat_n('0', scale.unsigned_abs() as usize));
        }
        return;
    }
    let scale = scale as usize;
    let digits = unscaled.unsigned_abs().to_string();
    if unscaled < 0 {
        text.push('-');
    }
    if digits.len() <= scale {
        text.push_str("0.");
        text.extend(std::iter::repeat_n('0', scale - digits.len()));
        text.push_str(&digits);
    } else {
        let point = digits.len() - scale;
        text.push_str(&digits[..point]);
        text.push('.');
        text.push_str(&digits[point..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_look_as_in_java() {
        let check = |value: f64, expected: &str| assert_eq!(format_double(value), expected);
        check(1.0, "1.0");
        check(-0.0, "-0.0");
        check(1e10, "1.0E10");
        check(9_999_999.0, "9999999.0");
        check(1e7, "1.0E7");
        check(0.001, "0.001");
        check(0.000_123, "1.23E-4");
        check(1234.5678, "1234.5678");
        check(f64::NAN, "NaN");
        check(1.710_085_530_5e9, "1.7100855305E9");
        check(2e-3, "0.002");
        check(5e-324, "4.9E-324");
        check(2e23, "1.9999999999999998E23");
        check(1e23, "9.999999999999999E22");
        check(f64::MAX, "1.7976931348623157E308");
        check(0.1 + 0.2, "0.30000000000000004");
    }

    #[test]
    fn floats_look_as_in_java() {
        let check = |value: f32, expected: &str| assert_eq!(format_float(value), expected);
        check(123_456_789.0, "1.23456792E8");
        check(1e15, "9.9999999E14");
        check(1e16, "1.00000003E16");
        check(3.4, "3.4");
        check(0.1, "0.1");
        check(1e-10, "1.0E-10");
        check(f32::MAX, "3.4028235E38");
    }

    #[test]
    fn decimals_keep_their_scale() {
        assert_eq!(format_decimal(1250, 2), "12.50");
        assert_eq!(format_decimal(-1, 2), "-0.01");
        assert_eq!(format_decimal(7, 0), "7");
    }
}
