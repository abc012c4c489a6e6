//! Bits and number bases.

use super::super::call::{Call, Kernel};
use super::super::errors;
use crate::common::Result;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::ArrayRef;
use arrow::datatypes::{Int32Type, Int64Type};

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "hex" => hex,
        "unhex" => unhex,
        "bin" => bin,
        "conv" => conv,
        "shiftleft" | "shiftright" | "shiftrightunsigned" => shift,
        "bit_count" => bit_count,
        "bit_get" => bit_get,
        _ => return None,
    })
}

/// Bytes as pairs of hexadecimal capitals.
pub(super) fn hex_text(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase());
        }
        text
    })
}

fn hex(call: &Call<'_>) -> Result<ArrayRef> {
    match call.types[0] {
        DataType::String => {
            let s = call.texts(0)?;
            call.to_texts(|row| Ok(s.get(row).map(|s| hex_text(s.as_bytes()))))
        }
        DataType::Binary => {
            let s = call.bytes(0)?;
            call.to_texts(|row| Ok(s.get(row).map(hex_text)))
        }
        _ => {
            let n = call.numbers::<Int64Type>(0)?;
            call.to_texts(|row| Ok(n.get(row).map(|n| format!("{n:X}"))))
        }
    }
}

/// The bytes that digits of an alphabet stand for, each digit `width` bits; nothing when one is not of the alphabet.
pub(super) fn digits_to_bytes(digits: impl Iterator<Item = u8>, alphabet: &[u8], width: u32) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut word, mut count) = (0_u32, 0);
    for digit in digits {
        let value = alphabet.iter().position(|own| *own == digit)?;
        word = (word << width) | value as u32;
        count += width;
        if count >= 8 {
            count -= 8;
            bytes.push((word >> count) as u8);
            word &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

/// Bytes of hexadecimal text; an odd digit stands alone in the first byte.
pub(super) fn unhex_text(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|c| c.to_digit(16)).collect::<Option<Vec<u32>>>()?;
    let odd = digits.len() % 2;
    let mut bytes: Vec<u8> = digits[..odd].iter().map(|digit| *digit as u8).collect();
    bytes.extend(digits[odd..].chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8));
    Some(bytes)
}

fn unhex(call: &Call<'_>) -> Result<ArrayRef> {
    let s = call.texts(0)?;
    call.to_bytes(|row| Ok(s.get(row).and_then(unhex_text)))
}

fn bin(call: &Call<'_>) -> Result<ArrayRef> {
    let n = call.numbers::<Int64Type>(0)?;
    call.to_texts(|row| Ok(n.get(row).map(|n| format!("{n:b}"))))
}

fn conv(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, from, to) = (call.texts(0)?, call.numbers::<Int32Type>(1)?, call.numbers::<Int32Type>(2)?);
    call.to_texts(|row| match (s.get(row), from.get(row), to.get(row)) {
        (Some(s), Some(from), Some(to)) => convert(s, from, to, call.context.ansi),
        _ => Ok(None),
    })
}

/// Unsigned 64-bit numbers between bases 2 and 36; a negative target base gives signed text.
fn convert(text: &str, from: i32, to: i32, ansi: bool) -> Result<Option<String>> {
    let text = text.trim();
    if text.is_empty() || !(2..=36).contains(&from) || !(2..=36).contains(&to.abs()) {
        return Ok(None);
    }
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut value = 0_u64;
    for digit in digits.chars().map_while(|c| c.to_digit(from.unsigned_abs())) {
        let next = value.checked_mul(u64::from(from.unsigned_abs())).and_then(|v| v.checked_add(u64::from(digit)));
        match next {
            Some(next) => value = next,
            None if ansi => return Err(errors::overflow("conv")),
            None => {
                value = u64::MAX;
                break;
            }
        }
    }
    if negative && to > 0 {
        value = value.wrapping_neg();
    }
    let signed = to < 0 && (negative || value.cast_signed() < 0);
    if signed && !negative {
        value = value.cast_signed().unsigned_abs();
    }
    let base = u64::from(to.unsigned_abs());
    let mut out = Vec::new();
    loop {
        out.push(char::from_digit((value % base) as u32, base as u32).unwrap_or('0').to_ascii_uppercase());
        value /= base;
        if value == 0 {
            break;
        }
    }
    if signed {
        out.push('-');
    }
    Ok(Some(out.iter().rev().collect()))
}

fn shift(call: &Call<'_>) -> Result<ArrayRef> {
    let by = call.numbers::<Int32Type>(1)?;
    call.to_scalars(|row| {
        let Some(by) = by.get(row) else { return Ok(Scalar::Null) };
        let by = by.cast_unsigned();
        let int = |x: i32| match call.name {
            "shiftleft" => x.wrapping_shl(by),
            "shiftright" => x.wrapping_shr(by),
            _ => x.cast_unsigned().wrapping_shr(by).cast_signed(),
        };
        Ok(match call.scalar(0, row)? {
            Scalar::Byte(x) => Scalar::Byte(int(x.into()) as i8),
            Scalar::Short(x) => Scalar::Short(int(x.into()) as i16),
            Scalar::Integer(x) => Scalar::Integer(int(x)),
            Scalar::Long(x) => Scalar::Long(match call.name {
                "shiftleft" => x.wrapping_shl(by),
                "shiftright" => x.wrapping_shr(by),
                _ => x.cast_unsigned().wrapping_shr(by).cast_signed(),
            }),
            _ => Scalar::Null,
        })
    })
}

fn as_long(value: &Scalar) -> Option<i64> {
    Some(match value {
        Scalar::Boolean(x) => i64::from(*x),
        Scalar::Byte(x) => i64::from(*x),
        Scalar::Short(x) => i64::from(*x),
        Scalar::Integer(x) => i64::from(*x),
        Scalar::Long(x) => *x,
        _ => return None,
    })
}

fn bit_count(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_numbers::<Int32Type>(|row| Ok(as_long(&call.scalar(0, row)?).map(|x| x.count_ones() as i32)))
}

fn bit_get(call: &Call<'_>) -> Result<ArrayRef> {
    let at = call.numbers::<Int32Type>(1)?;
    call.to_scalars(|row| {
        Ok(match (as_long(&call.scalar(0, row)?), at.get(row)) {
            (Some(_), Some(at)) if !(0..64).contains(&at) => {
                return Err(errors::parameter("BIT_POSITION_RANGE", "bit_get", format!("there is no bit {at}")));
            }
            (Some(x), Some(at)) => Scalar::Byte(((x >> at) & 1) as i8),
            _ => Scalar::Null,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_change_their_base() {
        let check = |text, from, to| convert(text, from, to, true).unwrap().unwrap();
        assert_eq!(check("ff", 16, 10), "255");
        assert_eq!(check("-1", 10, 16), "FFFFFFFFFFFFFFFF");
        assert_eq!(check("1010", 2, 10), "10");
        assert_eq!(check("-10", 10, -16), "-A");
        assert_eq!(unhex_text("abc"), Some(vec![0x0A, 0xBC]));
    }
}
