//! MD5, SHA-1, SHA-2, CRC-32 and keyed hashes: for Spark's functions and for Python's `hashlib`.

use hmac::{Mac, SimpleHmac};
use md5::Md5;
use sha1::Sha1;
use sha2::digest::core_api::BlockSizeUser;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

/// MD5.
#[must_use]
pub fn md5(message: &[u8]) -> Vec<u8> {
    Md5::digest(message).to_vec()
}

/// SHA-1.
#[must_use]
pub fn sha1(message: &[u8]) -> Vec<u8> {
    Sha1::digest(message).to_vec()
}

/// SHA-2 with so many bits (0 means 256); nothing for another number.
#[must_use]
pub fn sha2(message: &[u8], bits: i32) -> Option<Vec<u8>> {
    Some(match bits {
        0 | 256 => Sha256::digest(message).to_vec(),
        224 => Sha224::digest(message).to_vec(),
        384 => Sha384::digest(message).to_vec(),
        512 => Sha512::digest(message).to_vec(),
        _ => return None,
    })
}

/// The keyed hash of a message by the algorithm of this name, such as `SHA256`; nothing for another name.
#[must_use]
pub fn hmac(algorithm: &str, key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        "MD5" => keyed::<Md5>(key, message),
        "SHA1" => keyed::<Sha1>(key, message),
        "SHA224" => keyed::<Sha224>(key, message),
        "SHA256" => keyed::<Sha256>(key, message),
        "SHA384" => keyed::<Sha384>(key, message),
        "SHA512" => keyed::<Sha512>(key, message),
        _ => None,
    }
}

fn keyed<D: Digest + BlockSizeUser>(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mut mac = SimpleHmac::<D>::new_from_slice(key).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().to_vec())
}

/// CRC-32 as zip files use it.
#[must_use]
pub fn crc32(message: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(message);
    crc.sum()
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex_text(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        hex_text(bytes)
    }

    #[test]
    fn digests_are_the_known_ones() {
        assert_eq!(hex(&md5(b"Spark")), "8cde774d6f7333752ed72cacddb05126");
        assert_eq!(hex(&sha1(b"Spark")), "85f5955f4b27a9a4c2aab6ffe5d7189fc298b92c");
        assert_eq!(
            hex(&sha2(b"Spark", 256).unwrap()),
            "529bc3b07127ecb7e53a4dcf1991d9152c24537d919178022b2c42657f79a26b"
        );
        assert!(hex(&sha2(b"abc", 512).unwrap()).starts_with("ddaf35a193617abacc417349ae204131"));
        assert!(hex(&sha2(b"abc", 224).unwrap()).starts_with("23097d223405d8228642a477bda255b3"));
        assert!(hex(&sha2(b"abc", 384).unwrap()).starts_with("cb00753f45a35e8bb5a03d699ac65007"));
        assert_eq!(crc32(b"Spark"), 1_557_323_817);
    }
}
