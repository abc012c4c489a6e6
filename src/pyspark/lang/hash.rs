//! Python's hashes: CPython's numbers for numbers and tuples, so that sets of them come out in its order.

use super::Interpreter;
use super::raised::{PyResult, type_error};
use super::value::Value;
use num_bigint::{BigInt, Sign};
use num_traits::ToPrimitive;

const MODULUS: i64 = (1 << 61) - 1;
const NONE_HASH: i64 = 0xFCA8_6420;

/// `hash(value)`.
///
/// # Errors
/// `TypeError: unhashable type`; what `__hash__` raises.
pub fn hash_of(interp: &mut Interpreter, value: &Value) -> PyResult<i64> {
    Ok(match value {
        Value::Str(text) => hash_str(text),
        Value::Int(number) => hash_int(*number),
        Value::None => NONE_HASH,
        Value::Bool(truth) => i64::from(*truth),
        Value::Float(number) => hash_float(*number),
        Value::BigInt(number) => hash_big(number),
        Value::Bytes(bytes) => hash_bytes(bytes),
        Value::Tuple(items) => {
            let mut hashes = Vec::with_capacity(items.len());
            for item in items.iter() {
                hashes.push(hash_of(interp, item)?);
            }
            hash_tuple(&hashes)
        }
        Value::FrozenSet(set) => {
            let mut hash = 0_i64;
            for item in set.iter() {
                hash ^= (hash_of(interp, item)? ^ 0x055B_4DB3).wrapping_mul(3_644_798_167);
            }
            hash ^ (set.len() as i64).wrapping_add(1)
        }
        Value::Object(object) => {
            let object = std::rc::Rc::clone(object);
            object.hash(interp, value)?
        }
        Value::Instance(_) => super::attr::hash_instance(interp, value)?,
        Value::Range(range) => hash_tuple(&[hash_int(range.len()), hash_int(range.start), hash_int(range.step)]),
        Value::List(_) | Value::Dict(_) | Value::Set(_) | Value::ByteArray(_) | Value::Slice(_) => {
            return Err(type_error(format!("unhashable type: '{}'", interp.type_name(value))));
        }
        Value::Ellipsis => 1,
        Value::NotImplemented => 2,
        Value::Function(_)
        | Value::Builtin(_)
        | Value::Class(_)
        | Value::Module(_)
        | Value::Iterator(_)
        | Value::Generator(_) => (value.identity() >> 4) as i64,
        Value::BoundMethod(method) => (method.receiver.identity() >> 4) as i64,
    })
}

/// The hash of a string.
pub fn hash_str(text: &str) -> i64 {
    hash_bytes(text.as_bytes())
}

fn hash_bytes(bytes: &[u8]) -> i64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = foldhash::fast::FixedState::with_seed(42).build_hasher();
    hasher.write(bytes);
    hasher.finish() as i64
}

fn hash_int(number: i64) -> i64 {
    let hash =
        if (-MODULUS..=MODULUS).contains(&number) && number.abs() != MODULUS { number } else { number % MODULUS };
    if hash == -1 { -2 } else { hash }
}

fn hash_big(number: &BigInt) -> i64 {
    let rest = (number.magnitude() % (MODULUS as u64)).to_i64().unwrap_or(0);
    let hash = if number.sign() == Sign::Minus { -rest } else { rest };
    if hash == -1 { -2 } else { hash }
}

/// CPython's hash of a float: equal to the hash of the equal whole number.
pub fn hash_float(number: f64) -> i64 {
    if number.is_nan() {
        return 0;
    }
    if number.is_infinite() {
        return if number > 0.0 { 314_159 } else { -314_159 };
    }
    let (mut mantissa, mut exponent) = libm::frexp(number.abs());
    let mut hash = 0_u64;
    let modulus = MODULUS as u64;
    while mantissa != 0.0 {
        hash = ((hash << 28) & modulus) | (hash >> (61 - 28));
        mantissa *= 268_435_456.0;
        exponent -= 28;
        let digit = mantissa as u64;
        mantissa -= digit as f64;
        hash += digit;
        if hash >= modulus {
            hash -= modulus;
        }
    }
    let shift = if exponent >= 0 { exponent % 61 } else { 61 - 1 - ((-1 - exponent) % 61) } as u32;
    if shift > 0 {
        hash = ((hash << shift) & modulus) | (hash >> (61 - shift));
    }
    let hash = if number < 0.0 { -(hash as i64) } else { hash as i64 };
    if hash == -1 { -2 } else { hash }
}

/// CPython's hash of a tuple from the hashes of its items.
pub fn hash_tuple(hashes: &[i64]) -> i64 {
    const PRIME_1: u64 = 11_400_714_785_074_694_791;
    const PRIME_2: u64 = 14_029_467_366_897_019_727;
    const PRIME_5: u64 = 2_870_177_450_012_600_261;
    let mut acc = PRIME_5;
    for hash in hashes {
        acc = acc.wrapping_add((*hash as u64).wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1);
    }
    acc = acc.wrapping_add((hashes.len() as u64) ^ (PRIME_5 ^ 0x0035_D373));
    if acc == u64::MAX { 1_546_275_796 } else { acc as i64 }
}

/// Equality of two keys of which neither can have an `__eq__`; `None` when the interpreter must decide.
pub fn same_simple(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => Some(a == b),
        (Value::Int(a), Value::Int(b)) => Some(a == b),
        (Value::None, Value::None) => Some(true),
        (Value::Str(_), Value::Int(_) | Value::None | Value::Bool(_) | Value::Float(_) | Value::Tuple(_))
        | (Value::Int(_) | Value::None | Value::Bool(_) | Value::Float(_) | Value::Tuple(_), Value::Str(_)) => {
            Some(false)
        }
        _ => None,
    }
}
