//! Bytes as text and back, hashes, URLs.

use super::super::call::{Call, Kernel};
use super::super::{comparison, errors};
use super::bits::{digits_to_bytes, hex_text, unhex_text};
use crate::common::{Result, SparkError, base64, digest};
use crate::exec::hash;
use crate::logical::scalar::Scalar;
use arrow::array::{ArrayRef, Int32Array, Int64Array};
use arrow::datatypes::{Int32Type, Int64Type};
use std::fmt::Write as _;
use std::sync::Arc;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "md5" => |call| digest_of(call, |bytes| Some(digest::md5(bytes))),
        "sha1" => |call| digest_of(call, |bytes| Some(digest::sha1(bytes))),
        "sha2" => sha2,
        "crc32" => crc32,
        "hash" => murmur3,
        "xxhash64" => xxhash64,
        "base64" => |call| {
            let bytes = call.bytes(0)?;
            call.to_texts(|row| Ok(bytes.get(row).map(base64::encode)))
        },
        "unbase64" => unbase64,
        "encode" => encode,
        "decode" => decode,
        "to_binary" => |call| to_binary(call, true),
        "try_to_binary" => |call| to_binary(call, false),
        "url_encode" => |call| {
            let s = call.texts(0)?;
            call.to_texts(|row| Ok(s.get(row).map(url_encode)))
        },
        "url_decode" => |call| url(call, true),
        "try_url_decode" => |call| url(call, false),
        "parse_url" | "try_parse_url" => parse_url,
        _ => return None,
    })
}

fn digest_of(call: &Call<'_>, f: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    call.to_texts(|row| Ok(bytes.get(row).and_then(&f).map(|digest| hex_text(&digest).to_lowercase())))
}

fn sha2(call: &Call<'_>) -> Result<ArrayRef> {
    let (bytes, bits) = (call.bytes(0)?, call.numbers::<Int32Type>(1)?);
    call.to_texts(|row| {
        Ok(bytes
            .get(row)
            .zip(bits.get(row))
            .and_then(|(bytes, bits)| digest::sha2(bytes, bits))
            .map(|digest| hex_text(&digest).to_lowercase()))
    })
}

fn crc32(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    call.to_numbers::<Int64Type>(|row| Ok(bytes.get(row).map(|bytes| i64::from(digest::crc32(bytes)))))
}

fn columns(call: &Call<'_>) -> Result<Vec<ArrayRef>> {
    (0..call.args.len()).map(|i| call.column(i)).collect()
}

fn murmur3(call: &Call<'_>) -> Result<ArrayRef> {
    Ok(Arc::new(Int32Array::from(hash::murmur3(&columns(call)?, call.rows)?)))
}

fn xxhash64(call: &Call<'_>) -> Result<ArrayRef> {
    Ok(Arc::new(Int64Array::from(hash::xxhash64(&columns(call)?, call.rows)?)))
}

pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).take_while(|byte| *byte != b'=');
    digits_to_bytes(digits, base64::ALPHABET, 6)
}

fn conversion(text: &str, format: &str) -> SparkError {
    errors::illegal("CONVERSION_INVALID_INPUT", format!("the text '{text}' is not {format}"))
}

fn unbase64(call: &Call<'_>) -> Result<ArrayRef> {
    let s = call.texts(0)?;
    call.to_bytes(|row| s.get(row).map(|s| from_base64(s).ok_or_else(|| conversion(s, "base64"))).transpose())
}

fn to_binary(call: &Call<'_>, raise: bool) -> Result<ArrayRef> {
    let s = call.texts(0)?;
    let format =
        if call.args.len() > 1 { call.texts(1)?.get(0).unwrap_or("hex").to_lowercase() } else { "hex".to_owned() };
    call.to_bytes(|row| {
        let Some(s) = s.get(row) else { return Ok(None) };
        let found = match format.as_str() {
            "base64" => from_base64(s),
            "utf-8" | "utf8" => Some(s.as_bytes().to_vec()),
            _ => unhex_text(s),
        };
        if found.is_none() && raise { Err(conversion(s, &format)) } else { Ok(found) }
    })
}

fn charset(name: &str) -> Result<String> {
    let name = name.to_uppercase();
    match name.as_str() {
        "UTF-8" | "US-ASCII" | "ISO-8859-1" | "UTF-16" | "UTF-16BE" | "UTF-16LE" => Ok(name),
        _ => Err(errors::illegal("INVALID_PARAMETER_VALUE.CHARSET", format!("there is no character set '{name}'"))),
    }
}

fn encode(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, set) = (call.texts(0)?, call.texts(1)?);
    call.to_bytes(|row| {
        let (Some(s), Some(set)) = (s.get(row), set.get(row)) else { return Ok(None) };
        let utf16 = |big: bool| {
            s.encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect::<Vec<u8>>()
        };
        Ok(Some(match charset(set)?.as_str() {
            "UTF-8" => s.as_bytes().to_vec(),
            "US-ASCII" => s.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' }).collect(),
            "ISO-8859-1" => s.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
            "UTF-16" => [vec![0xFE, 0xFF], utf16(true)].concat(),
            "UTF-16BE" => utf16(true),
            _ => utf16(false),
        }))
    })
}

fn decode(call: &Call<'_>) -> Result<ArrayRef> {
    if call.args.len() > 2 {
        return call.to_scalars(|row| {
            let key = call.scalar(0, row)?;
            let mut i = 1;
            while i + 1 < call.args.len() {
                if comparison::same(&key, &call.scalar(i, row)?) {
                    return call.scalar(i + 1, row);
                }
                i += 2;
            }
            if i < call.args.len() { call.scalar(i, row) } else { Ok(Scalar::Null) }
        });
    }
    let (bytes, set) = (call.bytes(0)?, call.texts(1)?);
    call.to_texts(|row| {
        let (Some(bytes), Some(set)) = (bytes.get(row), set.get(row)) else { return Ok(None) };
        let utf16 = |bytes: &[u8], big: bool| {
            let units: Vec<u16> =
                bytes
                    .chunks_exact(2)
                    .map(|pair| {
                        if big {
                            u16::from_be_bytes([pair[0], pair[1]])
                        } else {
                            u16::from_le_bytes([pair[0], pair[1]])
                        }
                    })
                    .collect();
            String::from_utf16_lossy(&units)
        };
        Ok(Some(match charset(set)?.as_str() {
            "UTF-8" | "US-ASCII" => String::from_utf8_lossy(bytes).into_owned(),
            "ISO-8859-1" => bytes.iter().map(|byte| char::from(*byte)).collect(),
            "UTF-16" => match bytes {
                [0xFF, 0xFE, rest @ ..] => utf16(rest, false),
                [0xFE, 0xFF, rest @ ..] => utf16(rest, true),
                _ => utf16(bytes, true),
            },
            "UTF-16BE" => utf16(bytes, true),
            _ => utf16(bytes, false),
        }))
    })
}

fn url_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

fn url_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn url(call: &Call<'_>, raise: bool) -> Result<ArrayRef> {
    let s = call.texts(0)?;
    call.to_texts(|row| {
        let Some(s) = s.get(row) else { return Ok(None) };
        match url_decode(s) {
            None if raise => Err(errors::illegal("CANNOT_DECODE_URL", format!("the URL '{s}' cannot be decoded"))),
            found => Ok(found),
        }
    })
}

fn parse_url(call: &Call<'_>) -> Result<ArrayRef> {
    let (s, part) = (call.texts(0)?, call.texts(1)?);
    let key = if call.args.len() > 2 { Some(call.texts(2)?) } else { None };
    call.to_texts(|row| {
        let (Some(s), Some(part)) = (s.get(row), part.get(row)) else { return Ok(None) };
        let key = key.and_then(|key| key.get(row));
        if s.contains(|c: char| c.is_ascii_control() || " <>\"{}|\\^`".contains(c)) {
            if call.name == "try_parse_url" || !call.context.ansi {
                return Ok(None);
            }
            return Err(errors::illegal(
                "INVALID_URL",
                format!("The url is invalid: {s}. Use `try_parse_url` to get NULL instead."),
            ));
        }
        Ok(url_part(s, part, key))
    })
}

fn url_part(url: &str, part: &str, key: Option<&str>) -> Option<String> {
    let (url, reference) = url.split_once('#').map_or((url, None), |(url, rest)| (url, Some(rest)));
    let (url, query) = url.split_once('?').map_or((url, None), |(url, rest)| (url, Some(rest)));
    let (protocol, rest) = url.split_once("://")?;
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    let found = match part {
        "HOST" => Some(host.split(':').next().unwrap_or(host)),
        "PATH" => Some(path),
        "QUERY" => match (query, key) {
            (Some(query), Some(key)) => query
                .split('&')
                .find_map(|pair| pair.split_once('=').filter(|(own, _)| *own == key))
                .map(|(_, value)| value),
            (query, _) => query,
        },
        "REF" => reference,
        "PROTOCOL" => Some(protocol),
        "AUTHORITY" => Some(authority),
        "USERINFO" => user,
        "FILE" => return Some(query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))),
        _ => None,
    };
    found.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_through_base64() {
        assert_eq!(base64::encode(b"Spark"), "U3Bhcms=");
        assert_eq!(from_base64("U3Bhcms=").as_deref(), Some(&b"Spark"[..]));
        assert_eq!(base64::encode("żółw".as_bytes()), "xbzDs8WCdw==");
    }

    #[test]
    fn urls_have_parts() {
        let url = "https://user@example.org:80/a/b?x=1&y=2#top";
        assert_eq!(url_part(url, "HOST", None).as_deref(), Some("example.org"));
        assert_eq!(url_part(url, "QUERY", Some("y")).as_deref(), Some("2"));
        assert_eq!(url_decode("a%20b+c").as_deref(), Some("a b c"));
    }
}
