//! Text into numbers and truth values, by the rules of Spark's casts.

use super::super::decimal;
use crate::logical::functions::moment_text::trimmed;
use num_bigint::BigInt;

/// A whole number: sign and digits; with `truncate` a fraction is allowed and dropped.
#[must_use]
pub fn parse_integer(text: &str, truncate: bool) -> Option<i64> {
    let text = trimmed(text);
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if truncate => (whole, fraction),
        Some(_) => return None,
        None => (digits, ""),
    };
    if (whole.is_empty() && fraction.is_empty() && !(truncate && digits == "."))
        || !fraction.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let mut value = 0_i64;
    for byte in whole.bytes() {
        if !byte.is_ascii_digit() {
            return None;
        }
        let digit = i64::from(byte - b'0');
        value = value.checked_mul(10)?;
        value = if negative { value.checked_sub(digit)? } else { value.checked_add(digit)? };
    }
    Some(value)
}

/// A double as Java reads it, with the words for infinity and NaN.
#[must_use]
pub fn parse_double(text: &str) -> Option<f64> {
    let text = trimmed(text);
    if let Ok(value) = fast_float2::parse::<f64, _>(text) {
        return Some(value);
    }
    let number = text.strip_suffix(['d', 'D', 'f', 'F'])?;
    if !number.ends_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    fast_float2::parse::<f64, _>(number).ok()
}

/// The float of a text whose double is known.
pub(super) fn narrow(text: &str, value: f64) -> f32 {
    fast_float2::parse::<f32, _>(trimmed(text)).unwrap_or(value as f32)
}

/// The digits of a decimal number, as a whole number and the digits after the point.
#[must_use]
pub fn parse_decimal(text: &str) -> Option<(BigInt, i32)> {
    let text = trimmed(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].strip_prefix('+').unwrap_or(&text[at + 1..]).parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, unsigned) = match mantissa.as_bytes().first()? {
        b'-' => ("-", &mantissa[1..]),
        b'+' => ("", &mantissa[1..]),
        _ => ("", mantissa),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.len() + fraction.len() == 0
        || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
        || exponent.abs() > 400
    {
        return None;
    }
    let digits: BigInt = format!("{sign}{whole}{fraction}").parse().ok()?;
    Some((digits, fraction.len() as i32 - exponent))
}

/// Parsed digits as `decimal(precision, scale)`, rounded half up.
pub(super) fn fit_decimal(digits: &BigInt, own: i32, precision: u8, scale: i8) -> Option<i128> {
    let shift = i32::from(scale) - own;
    let scaled = if shift >= 0 {
        digits * BigInt::from(10).pow(shift as u32)
    } else {
        let divisor = BigInt::from(10).pow(shift.unsigned_abs());
        let (quotient, remainder) = (digits / &divisor, digits % &divisor);
        if remainder.magnitude() * 2_u32 >= *divisor.magnitude() {
            quotient + if digits.sign() == num_bigint::Sign::Minus { -1 } else { 1 }
        } else {
            quotient
        }
    };
    i128::try_from(scaled).ok().filter(|value| decimal::fits(*value, precision))
}

/// `true`, `t`, `yes`, `y`, `1` and their opposites, in any case.
#[must_use]
pub fn parse_boolean(text: &str) -> Option<bool> {
    let text = trimmed(text);
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "t", "yes", "y", "1"]) {
        Some(true)
    } else if is(&["false", "f", "no", "n", "0"]) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_java_reads_them() {
        assert_eq!(parse_integer("+5", false), Some(5));
        assert_eq!(parse_integer("99999999999999999999", false), None);
        assert_eq!(parse_double(" 1e3 "), Some(1000.0));
        assert_eq!(parse_double(""), None);
        assert!(parse_double("NaN").is_some_and(f64::is_nan));
        assert_eq!(parse_boolean(" Yes "), Some(true));
        assert_eq!(parse_boolean("on"), None);
    }
}
