//! Decimal arithmetic on unscaled 128-bit numbers, rounding half up as Spark does, through wide integers where 128 bits are not enough.

use num_bigint::BigInt;

/// The powers of ten that 128 bits hold.
#[must_use]
pub fn power_of_ten(exponent: u32) -> i128 {
    10_i128.checked_pow(exponent).unwrap_or(i128::MAX)
}

/// Whether a number has at most `precision` digits.
#[must_use]
pub fn fits(unscaled: i128, precision: u8) -> bool {
    unscaled.unsigned_abs() < power_of_ten(u32::from(precision)).unsigned_abs()
}

/// Division rounding half up (away from zero).
#[must_use]
pub fn divide_half_up(value: i128, divisor: i128) -> i128 {
    let (quotient, remainder) = (value / divisor, value % divisor);
    if remainder.unsigned_abs() >= divisor.unsigned_abs() - remainder.unsigned_abs() {
        quotient + if (value < 0) == (divisor < 0) { 1 } else { -1 }
    } else {
        quotient
    }
}

/// Division rounding half to even.
#[must_use]
pub fn divide_half_even(value: i128, divisor: i128) -> i128 {
    let (quotient, remainder) = (value / divisor, value % divisor);
    let (twice, size) = (remainder.unsigned_abs() * 2, divisor.unsigned_abs());
    if twice > size || (twice == size && quotient % 2 != 0) {
        quotient + if (value < 0) == (divisor < 0) { 1 } else { -1 }
    } else {
        quotient
    }
}

/// The same number with another scale, rounded half up; nothing when it does not fit 128 bits.
#[must_use]
pub fn rescale(unscaled: i128, from: i8, to: i8) -> Option<i128> {
    let shift = i32::from(to) - i32::from(from);
    if shift >= 0 {
        unscaled.checked_mul(10_i128.checked_pow(shift as u32)?)
    } else {
        match 10_i128.checked_pow(shift.unsigned_abs()) {
            Some(divisor) => Some(divide_half_up(unscaled, divisor)),
            None => Some(0),
        }
    }
}

/// The same number as `decimal(precision, scale)`; nothing when it does not fit.
#[must_use]
pub fn to_precision(unscaled: i128, from: i8, precision: u8, scale: i8) -> Option<i128> {
    rescale(unscaled, from, scale).filter(|value| fits(*value, precision))
}

fn wide(value: &BigInt, from: i32, precision: u8, scale: i8) -> Option<i128> {
    let shift = i32::from(scale) - from;
    let scaled = if shift >= 0 {
        value * BigInt::from(10).pow(shift as u32)
    } else {
        half_up(value, &BigInt::from(10).pow(shift.unsigned_abs()))
    };
    i128::try_from(scaled).ok().filter(|value| fits(*value, precision))
}

fn half_up(value: &BigInt, divisor: &BigInt) -> BigInt {
    let (quotient, remainder) = (value / divisor, value % divisor);
    if remainder.magnitude() * 2_u32 >= *divisor.magnitude() {
        let same_sign = (value.sign() == num_bigint::Sign::Minus) == (divisor.sign() == num_bigint::Sign::Minus);
        quotient + if same_sign { 1 } else { -1 }
    } else {
        quotient
    }
}

/// A decimal as its unscaled value and scale.
pub type Parts = (i128, i8);

/// `left + right` in `decimal(precision, scale)`.
#[must_use]
pub fn add(left: Parts, right: Parts, precision: u8, scale: i8) -> Option<i128> {
    let common = left.1.max(right.1);
    let sum =
        rescale(left.0, left.1, common).zip(rescale(right.0, right.1, common)).and_then(|(l, r)| l.checked_add(r));
    match sum {
        Some(sum) => to_precision(sum, common, precision, scale),
        None => {
            let up = |part: Parts| BigInt::from(part.0) * BigInt::from(10).pow((common - part.1) as u32);
            wide(&(up(left) + up(right)), i32::from(common), precision, scale)
        }
    }
}

/// `left * right` in `decimal(precision, scale)`.
#[must_use]
pub fn multiply(left: Parts, right: Parts, precision: u8, scale: i8) -> Option<i128> {
    let own = i32::from(left.1) + i32::from(right.1);
    match left.0.checked_mul(right.0) {
        Some(product) if own <= 76 => to_precision(product, own as i8, precision, scale),
        _ => wide(&(BigInt::from(left.0) * BigInt::from(right.0)), own, precision, scale),
    }
}

/// `left / right` in `decimal(precision, scale)`; `right` is not zero.
#[must_use]
pub fn divide(left: Parts, right: Parts, precision: u8, scale: i8) -> Option<i128> {
    let shift = i32::from(scale) - i32::from(left.1) + i32::from(right.1);
    if shift >= 0 {
        let numerator = 10_i128.checked_pow(shift as u32).and_then(|factor| left.0.checked_mul(factor));
        if let Some(numerator) = numerator {
            return Some(divide_half_up(numerator, right.0)).filter(|value| fits(*value, precision));
        }
        let numerator = BigInt::from(left.0) * BigInt::from(10).pow(shift as u32);
        return i128::try_from(half_up(&numerator, &BigInt::from(right.0))).ok().filter(|v| fits(*v, precision));
    }
    let divisor = BigInt::from(right.0) * BigInt::from(10).pow(shift.unsigned_abs());
    i128::try_from(half_up(&BigInt::from(left.0), &divisor)).ok().filter(|value| fits(*value, precision))
}

/// `left % right` in `decimal(precision, scale)`, sign of the left; `right` is not zero.
#[must_use]
pub fn remainder(left: Parts, right: Parts, precision: u8, scale: i8) -> Option<i128> {
    let common = left.1.max(right.1);
    match rescale(left.0, left.1, common).zip(rescale(right.0, right.1, common)) {
        Some((l, r)) => to_precision(l % r, common, precision, scale),
        None => {
            let up = |part: Parts| BigInt::from(part.0) * BigInt::from(10).pow((common - part.1) as u32);
            wide(&(up(left) % up(right)), i32::from(common), precision, scale)
        }
    }
}

/// `left div right`: the whole part of the quotient; `right` is not zero.
#[must_use]
pub fn integral_divide(left: Parts, right: Parts) -> Option<i64> {
    let common = left.1.max(right.1);
    let up = |part: Parts| BigInt::from(part.0) * BigInt::from(10).pow((common - part.1) as u32);
    i64::try_from(up(left) / up(right)).ok()
}

/// Decimal digits of a finite double's shortest text, as unscaled value and scale (which may be negative).
#[must_use]
pub fn of_double(value: f64) -> Option<(i128, i32)> {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    Some((digits, fraction.len() as i32 - exponent))
}

/// A double as `decimal(precision, scale)`, rounded half up from its shortest text.
#[must_use]
pub fn double_to_decimal(value: f64, precision: u8, scale: i8) -> Option<i128> {
    let (digits, own) = of_double(value)?;
    let shift = i32::from(scale) - own;
    let scaled = if shift >= 0 {
        if digits == 0 { 0 } else { digits.checked_mul(10_i128.checked_pow(shift as u32)?)? }
    } else {
        10_i128.checked_pow(shift.unsigned_abs()).map_or(0, |divisor| divide_half_up(digits, divisor))
    };
    fits(scaled, precision).then_some(scaled)
}

/// A decimal as the nearest double.
#[must_use]
pub fn to_double(unscaled: i128, scale: i8) -> f64 {
    if scale == 0 {
        return unscaled as f64;
    }
    if unscaled.unsigned_abs() < 1 << 53 && (0..=22).contains(&scale) {
        return unscaled as f64 / 10_f64.powi(i32::from(scale));
    }
    format!("{unscaled}e{}", -i32::from(scale)).parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_up() {
        assert_eq!(rescale(125, 2, 1), Some(13));
        assert_eq!(rescale(-125, 2, 1), Some(-13));
        assert_eq!(rescale(124, 2, 1), Some(12));
        assert_eq!(divide((1250, 2), (3125, 3), 22, 11), Some(400_000_000_000));
        assert_eq!(divide((-1, 2), (3, 0), 21, 13), Some(-33_333_333_333));
        assert_eq!(double_to_decimal(1.005, 10, 2), Some(101));
    }

    #[test]
    fn results_that_do_not_fit_are_nothing() {
        assert_eq!(multiply((power_of_ten(37), 0), (power_of_ten(37), 0), 38, 0), None);
        assert_eq!(to_precision(12345, 2, 4, 2), None);
    }
}
