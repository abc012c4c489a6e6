//! Methods of `int` and `float`.

use crate::pyspark::lang::Interpreter;
use crate::pyspark::lang::args::Args;
use crate::pyspark::lang::numbers::{big_from_float, to_big};
use crate::pyspark::lang::raised::{PyResult, Raised, value_error};
use crate::pyspark::lang::value::Value;
use num_bigint::BigInt;
use std::rc::Rc;

/// The methods of `int`.
pub const INT_NAMES: &[&str] =
    &["as_integer_ratio", "bit_count", "bit_length", "conjugate", "from_bytes", "is_integer", "to_bytes"];
/// The methods of `float`.
pub const FLOAT_NAMES: &[&str] = &["as_integer_ratio", "conjugate", "fromhex", "hex", "is_integer"];

/// Calls a method of a whole number.
pub fn call_int(interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> PyResult {
    let number = to_big(this).unwrap_or_default();
    Ok(match name {
        "bit_length" => Value::Int(number.bits() as i64),
        "bit_count" => {
            Value::Int(number.magnitude().iter_u64_digits().map(|digit| i64::from(digit.count_ones())).sum())
        }
        "is_integer" => Value::Bool(true),
        "as_integer_ratio" => Value::tuple(vec![this.clone(), Value::Int(1)]),
        "to_bytes" => {
            let [length, order, _] = args.bind("to_bytes", ["length", "byteorder", "*signed"], 0)?;
            let length = length.and_then(|length| length.as_int()).unwrap_or(1).max(0) as usize;
            let (_, mut bytes) = number.to_bytes_be();
            if bytes.len() > length {
                return Err(Raised::named("OverflowError", "int too big to convert"));
            }
            bytes.splice(0..0, std::iter::repeat_n(0, length - bytes.len()));
            if order.as_ref().and_then(Value::as_str) == Some("little") {
                bytes.reverse();
            }
            Value::Bytes(Rc::from(bytes))
        }
        "from_bytes" => {
            let [bytes, order, _] = args.bind("from_bytes", ["bytes", "byteorder", "*signed"], 1)?;
            let mut content = Vec::new();
            for byte in interp.items(&bytes.unwrap_or(Value::None))? {
                content.push(byte.as_int().unwrap_or(0) as u8);
            }
            if order.as_ref().and_then(Value::as_str) == Some("little") {
                content.reverse();
            }
            Value::big(BigInt::from_bytes_be(num_bigint::Sign::Plus, &content))
        }
        _ => this.clone(),
    })
}

/// Calls a method of a float.
pub fn call_float(this: f64, name: &str, args: Args) -> PyResult {
    args.nothing(name)?;
    Ok(match name {
        "is_integer" => Value::Bool(this.is_finite() && this.fract() == 0.0),
        "as_integer_ratio" => {
            if !this.is_finite() {
                return Err(value_error("cannot convert NaN to integer ratio"));
            }
            let (mut mantissa, mut exponent) = (this, 0_usize);
            while mantissa.fract() != 0.0 {
                mantissa *= 2.0;
                exponent += 1;
            }
            Value::tuple(vec![Value::big(big_from_float(mantissa)), Value::big(BigInt::from(1) << exponent)])
        }
        "hex" => return Err(Raised::unsupported("float.hex()", "print the number with repr()")),
        _ => Value::Float(this),
    })
}
