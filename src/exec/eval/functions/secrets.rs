//! Encryption, keyed hashes and base 32.

use super::super::call::{Call, Kernel};
use super::super::errors;
use super::aes::{self, Mode};
use super::bits::digits_to_bytes;
use super::misc::with_random;
use crate::common::digest;
use crate::common::{ErrorClass, Result, SparkError};
use arrow::array::ArrayRef;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "aes_encrypt" => encrypt,
        "aes_decrypt" | "try_aes_decrypt" => decrypt,
        "hmac" => hmac,
        "to_base32" => |call| {
            let bytes = call.bytes(0)?;
            call.to_texts(|row| Ok(bytes.get(row).map(to_base32)))
        },
        "from_base32" => |call| {
            let s = call.texts(0)?;
            call.to_bytes(|row| {
                let wrong = |s| errors::illegal("CONVERSION_INVALID_INPUT", format!("the text '{s}' is not base32"));
                s.get(row).map(|s| from_base32(s).ok_or_else(|| wrong(s))).transpose()
            })
        },
        _ => return None,
    })
}

fn crypto(which: &str, message: String) -> SparkError {
    SparkError::new(ErrorClass::SparkRuntimeException, message)
        .with_condition(format!("INVALID_PARAMETER_VALUE.{which}"))
}

/// The mode, when it goes with the padding.
fn mode_of(mode: &str, padding: &str) -> Result<Mode> {
    let (mode, padding) = (mode.to_uppercase(), padding.to_uppercase());
    Ok(match (mode.as_str(), padding.as_str()) {
        ("ECB", "PKCS" | "DEFAULT") => Mode::Ecb,
        ("CBC", "PKCS" | "DEFAULT") => Mode::Cbc,
        ("GCM", "NONE" | "DEFAULT") => Mode::Gcm,
        _ => {
            return Err(SparkError::new(
                ErrorClass::SparkRuntimeException,
                format!("AES-{mode} with the padding {padding} is not supported"),
            )
            .with_condition("UNSUPPORTED_FEATURE.AES_MODE"));
        }
    })
}

/// The key, when AES takes its length.
fn checked(key: &[u8]) -> Result<&[u8]> {
    if matches!(key.len(), 16 | 24 | 32) {
        return Ok(key);
    }
    Err(crypto("AES_KEY_LENGTH", format!("the key must be 16, 24 or 32 bytes long, but has {} bytes", key.len())))
}

/// Bytes of the start value in front of a secret.
fn start_length(mode: Mode) -> usize {
    match mode {
        Mode::Ecb => 0,
        Mode::Cbc => 16,
        Mode::Gcm => 12,
    }
}

/// The start value stands in front of the secret; without one it is drawn by chance.
fn encrypt(call: &Call<'_>) -> Result<ArrayRef> {
    let (input, key, mode, padding) = (call.bytes(0)?, call.bytes(1)?, call.texts(2)?, call.texts(3)?);
    let (start, beside) = (call.bytes(4)?, call.bytes(5)?);
    with_random(call, None, |random| {
        call.to_bytes(|row| {
            let (Some(input), Some(key), Some(mode), Some(padding), Some(start), Some(beside)) =
                (input.get(row), key.get(row), mode.get(row), padding.get(row), start.get(row), beside.get(row))
            else {
                return Ok(None);
            };
            let mode = mode_of(mode, padding)?;
            let length = start_length(mode);
            let mut secret = match start.len() {
                0 => (0..length).map(|_| random.next_int(256) as u8).collect(),
                given if given == length && mode != Mode::Ecb => start.to_vec(),
                given => {
                    return Err(crypto(
                        "AES_IV_LENGTH",
                        format!("the start value (iv) must be {length} bytes long, but has {given} bytes"),
                    ));
                }
            };
            let rest = aes::encrypt(checked(key)?, mode, &secret, beside, input);
            let broken = || crypto("AES_CRYPTO_ERROR", "the input cannot be encrypted".to_owned());
            secret.extend(rest.ok_or_else(broken)?);
            Ok(Some(secret))
        })
    })
}

fn decrypt(call: &Call<'_>) -> Result<ArrayRef> {
    let (input, key, mode, padding) = (call.bytes(0)?, call.bytes(1)?, call.texts(2)?, call.texts(3)?);
    let beside = call.bytes(4)?;
    let raise = call.name == "aes_decrypt";
    call.to_bytes(|row| {
        let (Some(input), Some(key), Some(mode), Some(padding), Some(beside)) =
            (input.get(row), key.get(row), mode.get(row), padding.get(row), beside.get(row))
        else {
            return Ok(None);
        };
        let opened = mode_of(mode, padding).and_then(|mode| {
            let key = checked(key)?;
            let plain = input
                .split_at_checked(start_length(mode))
                .and_then(|(start, secret)| aes::decrypt(key, mode, start, beside, secret));
            plain.ok_or_else(|| {
                crypto("AES_CRYPTO_ERROR", "the input cannot be decrypted: it is damaged, or the key is another".into())
            })
        });
        match opened {
            Ok(plain) => Ok(Some(plain)),
            Err(error) if raise => Err(error),
            Err(_) => Ok(None),
        }
    })
}

fn hmac(call: &Call<'_>) -> Result<ArrayRef> {
    let (key, message, algorithm) = (call.bytes(0)?, call.bytes(1)?, call.texts(2)?);
    call.to_bytes(|row| {
        let (Some(key), Some(message), Some(algorithm)) = (key.get(row), message.get(row), algorithm.get(row)) else {
            return Ok(None);
        };
        let name = algorithm.to_uppercase().replace('-', "");
        let name = name.strip_prefix("HMAC").unwrap_or(&name);
        let wrong = || crypto("HMAC_ALGORITHM", format!("there is no HMAC algorithm '{algorithm}'"));
        digest::hmac(name, key, message).ok_or_else(wrong).map(Some)
    })
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn to_base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let word = (0..5).fold(0_u64, |word, i| (word << 8) | u64::from(chunk.get(i).copied().unwrap_or(0)));
        let filled = (chunk.len() * 8).div_ceil(5);
        text.extend(
            (0..8).map(|i| if i < filled { char::from(ALPHABET[(word >> (35 - 5 * i)) as usize & 31]) } else { '=' }),
        );
    }
    text
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    digits_to_bytes(text.trim_end_matches('=').bytes().map(|byte| byte.to_ascii_uppercase()), ALPHABET, 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_through_base32() {
        for (plain, text) in [("", ""), ("f", "MY======"), ("foob", "MZXW6YQ="), ("foobar", "MZXW6YTBOI======")] {
            assert_eq!(to_base32(plain.as_bytes()), text);
            assert_eq!(from_base32(text).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(from_base32("0"), None);
    }
}
