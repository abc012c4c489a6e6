//! MD5, SHA-1, SHA-2 and CRC-32: for Spark's functions and for Python's `hashlib`.

/// Splits a message into padded blocks; the length stands at the end of the last one.
fn blocks(message: &[u8], block: usize, big_endian: bool) -> Vec<u8> {
    let length_bytes = block / 8;
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % block != block - length_bytes {
        padded.push(0);
    }
    let bits = (message.len() as u128) * 8;
    if big_endian {
        padded.extend_from_slice(&bits.to_be_bytes()[16 - length_bytes..]);
    } else {
        padded.extend_from_slice(&bits.to_le_bytes()[..length_bytes]);
    }
    padded
}

/// MD5.
#[must_use]
pub fn md5(message: &[u8]) -> Vec<u8> {
    const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let constants: Vec<u32> =
        (0..64).map(|i| (libm::fabs(libm::sin(f64::from(i + 1))) * 4_294_967_296.0) as u32).collect();
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in blocks(message, 64, false).chunks_exact(64) {
        let words: Vec<u32> =
            block.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect();
        let [mut a, mut b, mut c, mut d] = state;
        for i in 0..64 {
            let (f, g) = match i / 16 {
                0 => ((b & c) | (!b & d), i),
                1 => ((d & b) | (!d & c), (5 * i + 1) % 16),
                2 => (b ^ c ^ d, (3 * i + 5) % 16),
                _ => (c ^ (b | !d), (7 * i) % 16),
            };
            let sum = a.wrapping_add(f).wrapping_add(constants[i]).wrapping_add(words[g]);
            (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(SHIFTS[i / 16][i % 4])));
        }
        for (total, value) in state.iter_mut().zip([a, b, c, d]) {
            *total = total.wrapping_add(value);
        }
    }
    state.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// SHA-1.
#[must_use]
pub fn sha1(message: &[u8]) -> Vec<u8> {
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in blocks(message, 64, true).chunks_exact(64) {
        let mut words: Vec<u32> =
            block.chunks_exact(4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect();
        for i in 16..80 {
            words.push((words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (i, word) in words.iter().enumerate() {
            let (f, k) = match i / 20 {
                0 => ((b & c) | (!b & d), 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (total, value) in state.iter_mut().zip([a, b, c, d, e]) {
            *total = total.wrapping_add(value);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// The first primes, whose roots are SHA-2's constants.
fn primes(count: usize) -> Vec<u128> {
    let mut found: Vec<u128> = Vec::with_capacity(count);
    let mut next = 2;
    while found.len() < count {
        if found.iter().all(|prime| next % prime != 0) {
            found.push(next);
        }
        next += 1;
    }
    found
}

/// The first 64 bits after the point of the square or cube root of a prime.
fn root_bits(prime: u128, cube: bool) -> u64 {
    use num_bigint::BigUint;
    let scaled: BigUint = BigUint::from(prime) << if cube { 192 } else { 128 };
    let root = if cube { scaled.cbrt() } else { scaled.sqrt() };
    root.iter_u64_digits().next().unwrap_or(0)
}

fn sha2_32(message: &[u8], mut state: [u32; 8]) -> Vec<u8> {
    let constants: Vec<u32> = primes(64).into_iter().map(|prime| (root_bits(prime, true) >> 32) as u32).collect();
    for block in blocks(message, 64, true).chunks_exact(64) {
        let mut words: Vec<u32> =
            block.chunks_exact(4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect();
        for i in 16..64 {
            let (a, b) = (words[i - 15], words[i - 2]);
            let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            words.push(words[i - 16].wrapping_add(s0).wrapping_add(words[i - 7]).wrapping_add(s1));
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for (word, constant) in words.iter().zip(&constants) {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let first = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(*constant).wrapping_add(*word);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let second = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(first), c, b, a, first.wrapping_add(second));
        }
        for (total, value) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *total = total.wrapping_add(value);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn sha2_64(message: &[u8], mut state: [u64; 8]) -> Vec<u8> {
    let constants: Vec<u64> = primes(80).into_iter().map(|prime| root_bits(prime, true)).collect();
    for block in blocks(message, 128, true).chunks_exact(128) {
        let mut words: Vec<u64> = block
            .chunks_exact(8)
            .map(|word| word.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
            .collect();
        for i in 16..80 {
            let (a, b) = (words[i - 15], words[i - 2]);
            let s0 = a.rotate_right(1) ^ a.rotate_right(8) ^ (a >> 7);
            let s1 = b.rotate_right(19) ^ b.rotate_right(61) ^ (b >> 6);
            words.push(words[i - 16].wrapping_add(s0).wrapping_add(words[i - 7]).wrapping_add(s1));
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for (word, constant) in words.iter().zip(&constants) {
            let s1 = e.rotate_right(14) ^ e.rotate_right(18) ^ e.rotate_right(41);
            let choice = (e & f) ^ (!e & g);
            let first = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(*constant).wrapping_add(*word);
            let s0 = a.rotate_right(28) ^ a.rotate_right(34) ^ a.rotate_right(39);
            let second = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(first), c, b, a, first.wrapping_add(second));
        }
        for (total, value) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *total = total.wrapping_add(value);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn eight<T: Copy + Default>(values: impl IntoIterator<Item = T>) -> [T; 8] {
    let mut out = [T::default(); 8];
    for (slot, value) in out.iter_mut().zip(values) {
        *slot = value;
    }
    out
}

/// SHA-2 with so many bits (0 means 256); nothing for another number.
#[must_use]
pub fn sha2(message: &[u8], bits: i32) -> Option<Vec<u8>> {
    let roots: Vec<u64> = primes(16).into_iter().map(|prime| root_bits(prime, false)).collect();
    Some(match bits {
        0 | 256 => sha2_32(message, eight(roots.iter().map(|root| (root >> 32) as u32))),
        224 => sha2_32(message, eight(roots[8..].iter().map(|root| *root as u32)))[..28].to_vec(),
        512 => sha2_64(message, eight(roots.iter().copied())),
        384 => sha2_64(message, eight(roots[8..].iter().copied()))[..48].to_vec(),
        _ => return None,
    })
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
