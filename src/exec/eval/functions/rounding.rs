//! `round`, `bround`, `ceil`, `floor`, `abs` and the signs: functions that keep exact numbers exact.

use super::super::call::{Call, Kernel};
use super::super::{arithmetic, decimal, errors};
use crate::common::{Result, SparkError};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{Float64Type, Int64Type};
use std::sync::Arc;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "round" => |call| round(call, Half::Up),
        "bround" => |call| round(call, Half::Even),
        "ceil" => |call| to_whole(call, true),
        "floor" => |call| to_whole(call, false),
        "abs" => abs,
        "positive" => |call| call.column(0),
        "negative" => |call| arithmetic::negate(&call.column(0)?, &call.types[0], call.context),
        _ => return None,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Up,
    Even,
}

impl Half {
    fn divide(self, value: i128, divisor: i128) -> i128 {
        match self {
            Half::Up => decimal::divide_half_up(value, divisor),
            Half::Even => decimal::divide_half_even(value, divisor),
        }
    }
}

fn round(call: &Call<'_>, half: Half) -> Result<ArrayRef> {
    let scale = call.constant_int(1).unwrap_or(0).clamp(-400, 400) as i32;
    if call.args[1].is_null_constant() {
        return Ok(arrow::array::new_null_array(&call.out.to_arrow(), call.rows));
    }
    let column = call.column(0)?;
    if let Some(values) = column.as_primitive_opt::<Float64Type>() {
        return Ok(Arc::new(values.unary::<_, Float64Type>(|x| round_double(x, scale, half))));
    }
    call.to_scalars(|row| {
        use Scalar as S;
        Ok(match call.scalar(0, row)? {
            S::Float(x) => {
                let exact: f64 = format!("{x}").parse().unwrap_or(f64::from(x));
                S::Float(round_double(exact, scale, half) as f32)
            }
            S::Decimal(value, _, own) => decimal_rounded(value, own, scale, half, call.out)?,
            whole @ (S::Byte(_) | S::Short(_) | S::Integer(_) | S::Long(_)) if scale >= 0 => whole,
            S::Byte(x) => S::Byte(narrow(x.into(), scale, half, i8::try_from, |v| v as i8, call)?),
            S::Short(x) => S::Short(narrow(x.into(), scale, half, i16::try_from, |v| v as i16, call)?),
            S::Integer(x) => S::Integer(narrow(x.into(), scale, half, i32::try_from, |v| v as i32, call)?),
            S::Long(x) => S::Long(narrow(x.into(), scale, half, i64::try_from, |v| v as i64, call)?),
            other => other,
        })
    })
}

fn narrow<T, E>(
    value: i128,
    scale: i32,
    half: Half,
    fit: fn(i128) -> std::result::Result<T, E>,
    wrap: fn(i128) -> T,
    call: &Call<'_>,
) -> Result<T> {
    let unit = decimal::power_of_ten(scale.unsigned_abs().min(38));
    let rounded = if scale < -30 { 0 } else { half.divide(value, unit) * unit };
    match fit(rounded) {
        Ok(value) => Ok(value),
        Err(_) if call.context.ansi => {
            Err(errors::overflow(if matches!(call.out, DataType::Long) { "long" } else { "integer" }))
        }
        Err(_) => Ok(wrap(rounded)),
    }
}

fn decimal_rounded(value: i128, own: i8, scale: i32, half: Half, out: &DataType) -> Result<Scalar> {
    let DataType::Decimal(precision, kept) = out else {
        return Err(SparkError::internal("a rounded decimal that is no decimal"));
    };
    let shift = i32::from(own) - scale;
    let rounded = if shift <= 0 {
        value
    } else {
        let unit = decimal::power_of_ten(shift.unsigned_abs().min(38));
        half.divide(value, unit) * if scale < 0 { decimal::power_of_ten(scale.unsigned_abs().min(38)) } else { 1 }
    };
    if decimal::fits(rounded, *precision) {
        return Ok(Scalar::Decimal(rounded, *precision, *kept));
    }
    Err(errors::decimal_range(&rounded.to_string(), *precision, *kept))
}

/// Rounds the number that the shortest decimal text names. Where the digits after the cut are clearly above or below a half, plain
/// arithmetic gives the same.
fn round_double(x: f64, scale: i32, half: Half) -> f64 {
    if !x.is_finite() || x == 0.0 || scale > 300 {
        return if x == 0.0 { 0.0 * x } else { x };
    }
    if (0..=15).contains(&scale) {
        let unit = 10_f64.powi(scale);
        let scaled = x * unit;
        if scaled.abs() < 1e14 {
            let whole = scaled.floor();
            let rest = scaled - whole;
            if (rest - 0.5).abs() > 1e-3 {
                let rounded = if rest > 0.5 { whole + 1.0 } else { whole };
                return if rounded == 0.0 { 0.0 } else { rounded / unit };
            }
        }
    }
    let Some((digits, own)) = decimal::of_double(x) else { return x };
    let shift = own - scale;
    if shift <= 0 {
        return x;
    }
    let rounded = if shift > 30 { 0 } else { half.divide(digits, decimal::power_of_ten(shift as u32)) };
    if rounded == 0 {
        return 0.0;
    }
    format!("{rounded}e{}", -scale).parse().unwrap_or(x)
}

fn to_whole(call: &Call<'_>, up: bool) -> Result<ArrayRef> {
    if let (1, DataType::Double) = (call.args.len(), &call.types[0]) {
        let x = call.numbers::<Float64Type>(0)?;
        let ansi = call.context.ansi;
        return call.to_numbers::<Int64Type>(|row| {
            let Some(x) = x.get(row) else { return Ok(None) };
            let whole = if up { x.ceil() } else { x.floor() };
            // As in Java, what is no number becomes 0.
            if ansi && !whole.is_nan() && !(-9.3e18..=9.3e18).contains(&whole) {
                return Err(errors::overflow("long"));
            }
            Ok(Some(whole as i64))
        });
    }
    if call.types[0].is_integral() {
        return call.column(0);
    }
    let DataType::Decimal(precision, scale) = call.out else {
        return Err(SparkError::internal("ceil or floor that gives no decimal"));
    };
    let wanted = if call.args.len() == 2 { call.constant_int(1).unwrap_or(0) as i32 } else { 0 };
    call.to_scalars(|row| {
        let Scalar::Decimal(value, _, own) = call.scalar(0, row)? else { return Ok(Scalar::Null) };
        let shift = i32::from(own) - wanted;
        if shift <= 0 {
            return Ok(Scalar::Decimal(value, *precision, *scale));
        }
        let unit = decimal::power_of_ten(shift.unsigned_abs().min(38));
        let floor = value.div_euclid(unit);
        let cut = if up && value.rem_euclid(unit) != 0 { floor + 1 } else { floor };
        let cut = cut * if wanted < 0 { decimal::power_of_ten(wanted.unsigned_abs()) } else { 1 };
        Ok(Scalar::Decimal(cut, *precision, *scale))
    })
}

fn abs(call: &Call<'_>) -> Result<ArrayRef> {
    let column = call.column(0)?;
    if let Some(values) = column.as_primitive_opt::<Float64Type>() {
        return Ok(Arc::new(values.unary::<_, Float64Type>(f64::abs)));
    }
    let ansi = call.context.ansi;
    call.to_scalars(|row| {
        use Scalar as S;
        Ok(match call.scalar(0, row)? {
            S::Float(x) => S::Float(x.abs()),
            S::Decimal(x, precision, scale) => S::Decimal(x.abs(), precision, scale),
            S::Byte(x) if x == i8::MIN && ansi => return Err(errors::binary_overflow("abs")),
            S::Short(x) if x == i16::MIN && ansi => return Err(errors::binary_overflow("abs")),
            S::Integer(i32::MIN) if ansi => return Err(errors::overflow("integer")),
            S::Long(i64::MIN) if ansi => return Err(errors::overflow("long")),
            S::Byte(x) => S::Byte(x.wrapping_abs()),
            S::Short(x) => S::Short(x.wrapping_abs()),
            S::Integer(x) => S::Integer(x.wrapping_abs()),
            S::Long(x) => S::Long(x.wrapping_abs()),
            S::YearMonthInterval(x) => S::YearMonthInterval(x.wrapping_abs()),
            S::DayTimeInterval(x) => S::DayTimeInterval(x.wrapping_abs()),
            other => other,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_goes_by_the_decimal_text() {
        assert_eq!(round_double(1.005, 2, Half::Up), 1.01);
        assert_eq!(round_double(1.005, 2, Half::Even), 1.0);
        assert_eq!(round_double(2.675, 2, Half::Up), 2.68);
        assert_eq!(round_double(0.285, 2, Half::Even), 0.28);
        assert_eq!(round_double(-2.5, 0, Half::Up), -3.0);
        assert_eq!(round_double(-2.5, 0, Half::Even), -2.0);
        assert_eq!(round_double(1234.5678, -2, Half::Up), 1200.0);
        assert_eq!(round_double(1234.5678, 2, Half::Up), 1234.57);
        assert!(round_double(-0.2, 0, Half::Up).is_sign_positive());
    }
}
