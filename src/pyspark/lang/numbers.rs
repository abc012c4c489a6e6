//! Arithmetic of `int`, `float` and `bool`, exact and without overflow.

use super::object::{BinaryOp, UnaryOp};
use super::raised::{PyResult, Raised, type_error, value_error};
use super::value::Value;
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::rc::Rc;

/// A whole number, whatever its size.
pub fn to_big(value: &Value) -> Option<BigInt> {
    match value {
        Value::Int(number) => Some(BigInt::from(*number)),
        Value::Bool(truth) => Some(BigInt::from(u8::from(*truth))),
        Value::BigInt(number) => Some(number.as_ref().clone()),
        _ => None,
    }
}

fn is_whole(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::Bool(_) | Value::BigInt(_))
}

/// A number as a float.
///
/// # Errors
/// `OverflowError` for a number beyond floats.
pub fn to_float(value: &Value) -> PyResult<Option<f64>> {
    Ok(match value {
        Value::BigInt(number) => match number.to_f64() {
            Some(float) if float.is_finite() => Some(float),
            _ => return Err(Raised::named("OverflowError", "int too large to convert to float")),
        },
        Value::Float(_) | Value::Int(_) | Value::Bool(_) => value.as_float(),
        _ => None,
    })
}

/// `left op right` for numbers; `None` when one of them is not a number.
///
/// # Errors
/// `ZeroDivisionError`, `OverflowError`, negative shifts.
pub fn binary(op: BinaryOp, left: &Value, right: &Value) -> PyResult<Option<Value>> {
    if is_whole(left) && is_whole(right) {
        if let (Value::Bool(a), Value::Bool(b)) = (left, right) {
            match op {
                BinaryOp::And => return Ok(Some(Value::Bool(a & b))),
                BinaryOp::Or => return Ok(Some(Value::Bool(a | b))),
                BinaryOp::Xor => return Ok(Some(Value::Bool(a ^ b))),
                _ => {}
            }
        }
        if let (Some(a), Some(b)) = (left.as_int(), right.as_int())
            && let Some(answer) = small(op, a, b)?
        {
            return Ok(Some(answer));
        }
        return match (to_big(left), to_big(right)) {
            (Some(a), Some(b)) => big(op, &a, &b).map(Some),
            _ => Ok(None),
        };
    }
    let number = |value: &Value| matches!(value, Value::Float(_)) || is_whole(value);
    if !number(left) || !number(right) {
        return Ok(None);
    }
    match (to_float(left)?, to_float(right)?) {
        (Some(a), Some(b)) => float(op, a, b),
        _ => Ok(None),
    }
}

fn small(op: BinaryOp, a: i64, b: i64) -> PyResult<Option<Value>> {
    Ok(match op {
        BinaryOp::Add => a.checked_add(b).map(Value::Int),
        BinaryOp::Sub => a.checked_sub(b).map(Value::Int),
        BinaryOp::Mul => a.checked_mul(b).map(Value::Int),
        BinaryOp::Div if b == 0 => return Err(zero("division by zero")),
        BinaryOp::Div if a.unsigned_abs() < 1 << 53 && b.unsigned_abs() < 1 << 53 => {
            Some(Value::Float(a as f64 / b as f64))
        }
        BinaryOp::FloorDiv if b == 0 => return Err(zero("integer division or modulo by zero")),
        BinaryOp::FloorDiv => a.checked_div(b).map(|_| Value::Int(Integer::div_floor(&a, &b))),
        BinaryOp::Mod if b == 0 => return Err(zero("integer modulo by zero")),
        BinaryOp::Mod if b == -1 => Some(Value::Int(0)),
        BinaryOp::Mod => Some(Value::Int(Integer::mod_floor(&a, &b))),
        BinaryOp::Pow => u32::try_from(b).ok().and_then(|exponent| a.checked_pow(exponent)).map(Value::Int),
        BinaryOp::And => Some(Value::Int(a & b)),
        BinaryOp::Or => Some(Value::Int(a | b)),
        BinaryOp::Xor => Some(Value::Int(a ^ b)),
        BinaryOp::RightShift if b >= 0 => Some(Value::Int(a >> b.min(63))),
        BinaryOp::Div | BinaryOp::MatMul | BinaryOp::LeftShift | BinaryOp::RightShift => None,
    })
}

fn big(op: BinaryOp, a: &BigInt, b: &BigInt) -> PyResult {
    Ok(match op {
        BinaryOp::Add => Value::big(a + b),
        BinaryOp::Sub => Value::big(a - b),
        BinaryOp::Mul => Value::big(a * b),
        BinaryOp::Div => Value::Float(true_division(a, b)?),
        BinaryOp::FloorDiv if b.is_zero() => return Err(zero("integer division or modulo by zero")),
        BinaryOp::FloorDiv => Value::big(a.div_floor(b)),
        BinaryOp::Mod if b.is_zero() => return Err(zero("integer modulo by zero")),
        BinaryOp::Mod => Value::big(a.mod_floor(b)),
        BinaryOp::Pow => return power(a, b),
        BinaryOp::And => Value::big(a & b),
        BinaryOp::Or => Value::big(a | b),
        BinaryOp::Xor => Value::big(a ^ b),
        BinaryOp::LeftShift | BinaryOp::RightShift => {
            if b.is_negative() {
                return Err(value_error("negative shift count"));
            }
            let count = b.to_usize().filter(|count| *count < 1 << 24);
            match (op, count) {
                (BinaryOp::LeftShift, Some(count)) => Value::big(a << count),
                (BinaryOp::LeftShift, None) => return Err(Raised::named("MemoryError", "")),
                (_, Some(count)) => Value::big(a >> count),
                (_, None) => Value::Int(if a.is_negative() { -1 } else { 0 }),
            }
        }
        BinaryOp::MatMul => return Err(type_error("unsupported operand type(s) for @: 'int' and 'int'")),
    })
}

fn power(base: &BigInt, exponent: &BigInt) -> PyResult {
    if exponent.is_negative() {
        let (Some(base), Some(exponent)) = (base.to_f64(), exponent.to_f64()) else {
            return Err(Raised::named("OverflowError", "int too large to convert to float"));
        };
        if base == 0.0 {
            return Err(zero("0.0 cannot be raised to a negative power"));
        }
        return Ok(Value::Float(base.powf(exponent)));
    }
    match exponent.to_u32() {
        Some(small) if base.bits().saturating_mul(u64::from(small)) < 1 << 26 => Ok(Value::big(base.pow(small))),
        _ if base.bits() <= 1 => Ok(Value::big(base.pow(2 + u32::from(exponent.is_odd())))),
        _ => Err(Raised::named("MemoryError", "")),
    }
}

/// `a / b`, correctly rounded.
fn true_division(a: &BigInt, b: &BigInt) -> PyResult<f64> {
    if b.is_zero() {
        return Err(zero("division by zero"));
    }
    if a.is_zero() {
        return Ok(0.0);
    }
    let negative = a.is_negative() != b.is_negative();
    let (a, b) = (a.abs(), b.abs());
    // Scale so that the quotient has at least 66 bits, and keep the remainder as a sticky bit.
    let shift = 66 + b.bits() as i64 - a.bits() as i64;
    let (scaled, divisor) = if shift >= 0 { (a << shift as usize, b) } else { (a, b << (-shift) as usize) };
    let (mut quotient, rest) = scaled.div_rem(&divisor);
    if !rest.is_zero() {
        quotient |= BigInt::from(1);
    }
    let float = libm::ldexp(quotient.to_f64().unwrap_or(f64::INFINITY), -(shift as i32));
    if float.is_infinite() {
        return Err(Raised::named("OverflowError", "integer division result too large for a float"));
    }
    Ok(if negative { -float } else { float })
}

fn float(op: BinaryOp, a: f64, b: f64) -> PyResult<Option<Value>> {
    Ok(Some(Value::Float(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b == 0.0 => return Err(zero("float division by zero")),
        BinaryOp::Div => a / b,
        BinaryOp::FloorDiv if b == 0.0 => return Err(zero("float floor division by zero")),
        BinaryOp::FloorDiv => floor_div(a, b),
        BinaryOp::Mod if b == 0.0 => return Err(zero("float modulo")),
        BinaryOp::Mod => modulo(a, b),
        BinaryOp::Pow => return float_power(a, b).map(|number| Some(Value::Float(number))),
        _ => return Ok(None),
    })))
}

fn float_power(a: f64, b: f64) -> PyResult<f64> {
    if a == 0.0 && b < 0.0 {
        return Err(zero("0.0 cannot be raised to a negative power"));
    }
    if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 {
        return Err(Raised::unsupported(
            "a complex number (a negative number to a fractional power)",
            "take `abs()` first",
        ));
    }
    let power = a.powf(b);
    if power.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(Raised::named("OverflowError", "(34, 'Numerical result out of range')"));
    }
    Ok(power)
}

/// Python's float `%`: the sign of the divisor.
pub fn modulo(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest == 0.0 {
        0.0_f64.copysign(b)
    } else if (b < 0.0) != (rest < 0.0) {
        rest + b
    } else {
        rest
    }
}

/// Python's float `//`.
pub fn floor_div(a: f64, b: f64) -> f64 {
    let rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 && (b < 0.0) != (rest < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return 0.0_f64.copysign(a / b);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

fn zero(message: &str) -> Raised {
    Raised::named("ZeroDivisionError", message)
}

/// `-value`, `+value`, `~value` for numbers.
pub fn unary(op: UnaryOp, value: &Value) -> Option<Value> {
    match (op, value) {
        (UnaryOp::Minus, Value::Float(number)) => Some(Value::Float(-number)),
        (UnaryOp::Plus, Value::Float(number)) => Some(Value::Float(*number)),
        (UnaryOp::Minus, _) => to_big(value).map(|number| Value::big(-number)),
        (UnaryOp::Plus, _) => to_big(value).map(Value::big),
        (UnaryOp::Invert, _) => to_big(value).map(|number| Value::big(!number)),
        (UnaryOp::Not, _) => None,
    }
}

/// The order of two numbers: outer `None` when one is not a number, inner `None` for NaN.
pub fn compare(left: &Value, right: &Value) -> Option<Option<Ordering>> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(Some(a.cmp(b))),
        (Value::Float(a), Value::Float(b)) => Some(a.partial_cmp(b)),
        (Value::Float(a), _) if is_whole(right) => Some(compare_float(*a, right).map(Ordering::reverse)),
        (_, Value::Float(b)) if is_whole(left) => Some(compare_float(*b, left)),
        _ if is_whole(left) && is_whole(right) => match (to_big(left), to_big(right)) {
            (Some(a), Some(b)) => Some(Some(a.cmp(&b))),
            _ => None,
        },
        _ => None,
    }
}

/// The exact order of a whole number against a float.
fn compare_float(float: f64, whole: &Value) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.is_infinite() {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let floor = big_from_float(float.floor());
    let whole = to_big(whole)?;
    Some(whole.cmp(&floor).then(if float.fract() == 0.0 { Ordering::Equal } else { Ordering::Less }))
}

/// A finite float without a fraction as a whole number.
pub fn big_from_float(float: f64) -> BigInt {
    use num_traits::FromPrimitive;
    BigInt::from_f64(float).unwrap_or_default()
}

/// `round(float, digits)`: correctly rounded, ties to even on the decimal value.
pub fn round_float(number: f64, digits: i64) -> f64 {
    if !number.is_finite() || digits > 323 {
        return number;
    }
    if digits >= 0 {
        // Rust prints exact decimal expansions, rounded half to even on the exact binary value, as CPython does.
        return format!("{number:.*}", digits as usize).parse().unwrap_or(number);
    }
    if digits < -309 {
        return 0.0_f64.copysign(number);
    }
    let scale = BigInt::from(10).pow((-digits) as u32);
    let whole = big_from_float(number.trunc());
    let rounded = round_big(&whole, &scale, number.fract() != 0.0);
    rounded.to_f64().unwrap_or(number).copysign(number)
}

/// `round(int, -n)`: to a multiple of `scale`, half to even.
pub fn round_big(number: &BigInt, scale: &BigInt, inexact: bool) -> BigInt {
    let (quotient, rest) = number.abs().div_rem(scale);
    let twice = &rest * 2_u8;
    let up = match twice.cmp(scale) {
        Ordering::Greater => true,
        Ordering::Less => false,
        Ordering::Equal => inexact || quotient.is_odd(),
    };
    let rounded = (if up { quotient + 1_u8 } else { quotient }) * scale;
    if number.sign() == Sign::Minus { -rounded } else { rounded }
}

/// A whole number as a value.
pub fn whole(number: BigInt) -> Value {
    match number.to_i64() {
        Some(small) => Value::Int(small),
        None => Value::BigInt(Rc::new(number)),
    }
}
