//! Methods of `bytes` and `bytearray`.

use crate::pyspark::lang::Interpreter;
use crate::pyspark::lang::args::Args;
use crate::pyspark::lang::raised::{PyResult, Raised, type_error};
use crate::pyspark::lang::value::Value;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;

/// The methods of `bytes`.
pub const NAMES: &[&str] = &[
    "count",
    "decode",
    "endswith",
    "find",
    "hex",
    "join",
    "lower",
    "replace",
    "split",
    "startswith",
    "strip",
    "upper",
    "fromhex",
];
/// The methods of `bytearray`.
pub const ARRAY_NAMES: &[&str] =
    &["append", "clear", "count", "decode", "endswith", "extend", "find", "hex", "startswith"];

fn argument(value: &Value) -> PyResult<Vec<u8>> {
    match value {
        Value::Bytes(bytes) => Ok(bytes.to_vec()),
        Value::ByteArray(bytes) => Ok(bytes.borrow().clone()),
        _ => Err(type_error("a bytes-like object is required")),
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, part)
}

/// Calls a method of bytes.
pub fn call(interp: &mut Interpreter, this: &[u8], name: &str, args: Args) -> PyResult {
    let bytes = |content: Vec<u8>| Value::Bytes(Rc::from(content));
    Ok(match name {
        "decode" => {
            let [encoding, errors] = args.bind("decode", ["encoding", "errors"], 0)?;
            let encoding = encoding.as_ref().and_then(Value::as_str).unwrap_or("utf-8").to_lowercase();
            let errors = errors.as_ref().and_then(Value::as_str).unwrap_or("strict").to_owned();
            Value::from(decode(this, &encoding, &errors)?)
        }
        "hex" => {
            let mut text = String::new();
            for byte in this {
                let _ = write!(text, "{byte:02x}");
            }
            Value::from(text)
        }
        "upper" => bytes(this.to_ascii_uppercase()),
        "lower" => bytes(this.to_ascii_lowercase()),
        "strip" => bytes(this.trim_ascii().to_vec()),
        "startswith" => Value::Bool(this.starts_with(&argument(&args.one(name)?)?)),
        "endswith" => Value::Bool(this.ends_with(&argument(&args.one(name)?)?)),
        "find" => Value::Int(find(this, &argument(&args.one(name)?)?).map_or(-1, |at| at as i64)),
        "count" => Value::Int(memchr::memmem::find_iter(this, &argument(&args.one(name)?)?).count() as i64),
        "replace" => {
            let (old, new) = args.two("replace")?;
            let (old, new) = (argument(&old)?, argument(&new)?);
            let mut out = Vec::new();
            let mut rest = this;
            while let Some(at) = find(rest, &old).filter(|_| !old.is_empty()) {
                out.extend_from_slice(&rest[..at]);
                out.extend_from_slice(&new);
                rest = &rest[at + old.len()..];
            }
            out.extend_from_slice(rest);
            bytes(out)
        }
        "split" => {
            let separator = match args.positional.first() {
                Some(separator) => argument(separator)?,
                None => b" ".to_vec(),
            };
            let mut parts = Vec::new();
            let mut rest = this;
            while let Some(at) = find(rest, &separator).filter(|_| !separator.is_empty()) {
                parts.push(bytes(rest[..at].to_vec()));
                rest = &rest[at + separator.len()..];
            }
            parts.push(bytes(rest.to_vec()));
            Value::list(parts)
        }
        "fromhex" => {
            let text = args.one(name)?;
            let digits: Vec<u32> = text.as_str().unwrap_or("").chars().filter_map(|c| c.to_digit(16)).collect();
            bytes(digits.chunks(2).map(|pair| pair.iter().fold(0, |sum, digit| sum * 16 + digit) as u8).collect())
        }
        _ => {
            let mut out: Vec<u8> = Vec::new();
            for (at, item) in interp.items(&args.one("join")?)?.iter().enumerate() {
                if at > 0 {
                    out.extend_from_slice(this);
                }
                out.extend(argument(item)?);
            }
            bytes(out)
        }
    })
}

/// Bytes as text.
pub fn decode(bytes: &[u8], encoding: &str, errors: &str) -> PyResult<String> {
    match encoding {
        "ascii" | "us-ascii" => decode_ascii(bytes, errors),
        "utf-8" | "utf8" => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) if errors == "replace" => Ok(String::from_utf8_lossy(bytes).into_owned()),
            Err(_) if errors == "ignore" => Ok(String::from_utf8_lossy(bytes).replace('\u{FFFD}', "")),
            Err(error) => {
                let at = error.valid_up_to();
                Err(Raised::named(
                    "UnicodeDecodeError",
                    format!("'utf-8' codec can't decode byte 0x{:02x} in position {at}: invalid start byte", bytes[at]),
                ))
            }
        },
        "latin-1" | "latin1" | "iso-8859-1" => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        other => Err(Raised::named("LookupError", format!("unknown encoding: {other}"))),
    }
}

fn decode_ascii(bytes: &[u8], errors: &str) -> PyResult<String> {
    let mut text = String::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        match errors {
            _ if byte.is_ascii() => text.push(char::from(*byte)),
            "ignore" => {}
            "replace" => text.push('\u{FFFD}'),
            _ => {
                return Err(Raised::named(
                    "UnicodeDecodeError",
                    format!("'ascii' codec can't decode byte 0x{byte:02x} in position {at}: ordinal not in range(128)"),
                ));
            }
        }
    }
    Ok(text)
}

/// Calls a method of a bytearray.
pub fn call_array(interp: &mut Interpreter, this: &Rc<RefCell<Vec<u8>>>, name: &str, args: Args) -> PyResult {
    match name {
        "append" => {
            let byte = args.one("append")?.as_int().and_then(|byte| u8::try_from(byte).ok());
            let byte = byte.ok_or_else(|| crate::pyspark::lang::value_error("byte must be in range(0, 256)"))?;
            this.borrow_mut().push(byte);
            Ok(Value::None)
        }
        "extend" => {
            for byte in interp.items(&args.one("extend")?)? {
                let byte = byte.as_int().and_then(|byte| u8::try_from(byte).ok());
                this.borrow_mut().extend(byte);
            }
            Ok(Value::None)
        }
        "clear" => {
            this.borrow_mut().clear();
            Ok(Value::None)
        }
        _ => {
            let content = this.borrow().clone();
            call(interp, &content, name, args)
        }
    }
}
