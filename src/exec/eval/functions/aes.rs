//! The AES block cipher and the three modes that Spark offers: ECB, CBC (both with PKCS padding) and GCM.

/// One block.
type Block = [u8; 16];

/// How blocks are chained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Ecb,
    Cbc,
    Gcm,
}

/// A key, expanded for every round.
pub(super) struct Cipher {
    rounds: Vec<Block>,
    boxes: Boxes,
}

struct Boxes {
    forward: [u8; 256],
    backward: [u8; 256],
}

/// Multiplication in the field of AES.
fn times(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b != 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a = (a << 1) ^ if a & 0x80 == 0 { 0 } else { 0x1b };
        b >>= 1;
    }
    product
}

impl Boxes {
    fn new() -> Boxes {
        let mut boxes = Boxes { forward: [0; 256], backward: [0; 256] };
        for value in 0..=255_u8 {
            let inverse = (1..=255_u8).find(|other| times(value, *other) == 1).unwrap_or(0);
            let mixed = (0..5).fold(0, |sum, turn| sum ^ inverse.rotate_left(turn)) ^ 0x63;
            boxes.forward[value as usize] = mixed;
            boxes.backward[mixed as usize] = value;
        }
        boxes
    }
}

impl Cipher {
    /// A cipher for a key of 16, 24 or 32 bytes; nothing for other lengths.
    pub(super) fn new(key: &[u8]) -> Option<Cipher> {
        if !matches!(key.len(), 16 | 24 | 32) {
            return None;
        }
        let boxes = Boxes::new();
        let (own, count) = (key.len() / 4, key.len() + 28);
        let mut words: Vec<[u8; 4]> = key.chunks_exact(4).map(|word| [word[0], word[1], word[2], word[3]]).collect();
        let mut round = 1_u8;
        for i in own..count {
            let mut word = words[i - 1];
            if i % own == 0 {
                word.rotate_left(1);
                word = word.map(|byte| boxes.forward[byte as usize]);
                word[0] ^= round;
                round = times(round, 2);
            } else if own == 8 && i % own == 4 {
                word = word.map(|byte| boxes.forward[byte as usize]);
            }
            for (byte, before) in word.iter_mut().zip(words[i - own]) {
                *byte ^= before;
            }
            words.push(word);
        }
        let rounds = words.chunks_exact(4).map(|four| block(four.as_flattened())).collect();
        Some(Cipher { rounds, boxes })
    }

    fn encrypt_block(&self, plain: Block) -> Block {
        let last = self.rounds.len() - 1;
        let mut state = xor(plain, self.rounds[0]);
        for (i, key) in self.rounds.iter().enumerate().skip(1) {
            let substituted = state.map(|byte| self.boxes.forward[byte as usize]);
            let shifted: Block = std::array::from_fn(|at| substituted[(at + 4 * (at % 4)) % 16]);
            state = xor(if i == last { shifted } else { mixed(shifted, [2, 3, 1, 1]) }, *key);
        }
        state
    }

    fn decrypt_block(&self, secret: Block) -> Block {
        let last = self.rounds.len() - 1;
        let mut state = secret;
        for (i, key) in self.rounds.iter().enumerate().skip(1).rev() {
            let open = xor(state, *key);
            let unmixed = if i == last { open } else { mixed(open, [14, 11, 13, 9]) };
            let shifted: Block = std::array::from_fn(|at| unmixed[(at + 12 * (at % 4)) % 16]);
            state = shifted.map(|byte| self.boxes.backward[byte as usize]);
        }
        xor(state, self.rounds[0])
    }

    /// The secret, without the start value; in GCM with its tag at the end.
    pub(super) fn encrypt(&self, mode: Mode, start: &[u8], beside: &[u8], plain: &[u8]) -> Vec<u8> {
        if mode == Mode::Gcm {
            let mut secret = self.counted(start, plain);
            let tag = self.tag(start, beside, &secret);
            secret.extend(tag);
            return secret;
        }
        let filling = 16 - plain.len() % 16;
        let mut padded = plain.to_vec();
        padded.extend(std::iter::repeat_n(filling as u8, filling));
        let mut before = if mode == Mode::Cbc { block(start) } else { [0; 16] };
        let mut secret = Vec::with_capacity(padded.len());
        for chunk in padded.chunks_exact(16) {
            let open = if mode == Mode::Cbc { xor(block(chunk), before) } else { block(chunk) };
            before = self.encrypt_block(open);
            secret.extend(before);
        }
        secret
    }

    /// The plain bytes; nothing when the secret is damaged or of another key.
    pub(super) fn decrypt(&self, mode: Mode, start: &[u8], beside: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
        if mode == Mode::Gcm {
            let (secret, tag) = secret.split_at(secret.len().checked_sub(16)?);
            return (self.tag(start, beside, secret) == *tag).then(|| self.counted(start, secret));
        }
        if secret.is_empty() || !secret.len().is_multiple_of(16) {
            return None;
        }
        let mut before = if mode == Mode::Cbc { block(start) } else { [0; 16] };
        let mut plain = Vec::with_capacity(secret.len());
        for chunk in secret.chunks_exact(16) {
            let open = self.decrypt_block(block(chunk));
            plain.extend(if mode == Mode::Cbc { xor(open, before) } else { open });
            before = block(chunk);
        }
        let filling = usize::from(*plain.last()?);
        let rest = plain.len().checked_sub(filling)?;
        let valid = (1..=16).contains(&filling) && plain[rest..].iter().all(|byte| usize::from(*byte) == filling);
        plain.truncate(rest);
        valid.then_some(plain)
    }

    /// Counter mode from 2, as in GCM: the same both ways.
    fn counted(&self, start: &[u8], input: &[u8]) -> Vec<u8> {
        let mut output = Vec::with_capacity(input.len());
        for (counter, chunk) in (2_u32..).zip(input.chunks(16)) {
            let stream = self.encrypt_block(counter_block(start, counter));
            output.extend(chunk.iter().zip(stream).map(|(a, b)| a ^ b));
        }
        output
    }

    fn tag(&self, start: &[u8], beside: &[u8], secret: &[u8]) -> Block {
        let key = u128::from_be_bytes(self.encrypt_block([0; 16]));
        let lengths = ((beside.len() as u128 * 8) << 64) | (secret.len() as u128 * 8);
        let sum = beside
            .chunks(16)
            .chain(secret.chunks(16))
            .map(|chunk| u128::from_be_bytes(block(chunk)))
            .chain([lengths])
            .fold(0, |sum, value| field_product(sum ^ value, key));
        xor(sum.to_be_bytes(), self.encrypt_block(counter_block(start, 1)))
    }
}

/// Up to sixteen bytes, filled with zeros.
fn block(bytes: &[u8]) -> Block {
    std::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0))
}

fn xor(a: Block, b: Block) -> Block {
    std::array::from_fn(|at| a[at] ^ b[at])
}

fn counter_block(start: &[u8], counter: u32) -> Block {
    let mut whole = block(start);
    whole[12..].copy_from_slice(&counter.to_be_bytes());
    whole
}

fn mixed(state: Block, factors: [u8; 4]) -> Block {
    std::array::from_fn(|at| {
        let (column, row) = (at / 4 * 4, at % 4);
        (0..4).fold(0, |sum, i| sum ^ times(state[column + i], factors[(i + 4 - row) % 4]))
    })
}

/// Multiplication in the field of GCM, whose bits count from the left.
fn field_product(a: u128, b: u128) -> u128 {
    let (mut product, mut factor) = (0, b);
    for bit in (0..128).rev() {
        if (a >> bit) & 1 == 1 {
            product ^= factor;
        }
        factor = (factor >> 1) ^ if factor & 1 == 1 { 0xe1 << 120 } else { 0 };
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_the_standard_comes_out() {
        let key: Vec<u8> = (0..16).collect();
        let plain: Block = std::array::from_fn(|at| (at * 0x11) as u8);
        let cipher = Cipher::new(&key).unwrap();
        let secret = cipher.encrypt_block(plain);
        assert_eq!(secret[..4], [0x69, 0xc4, 0xe0, 0xd8]);
        assert_eq!(cipher.decrypt_block(secret), plain);
    }

    #[test]
    fn every_mode_goes_there_and_back() {
        let cipher = Cipher::new(&[7; 32]).unwrap();
        for mode in [Mode::Ecb, Mode::Cbc, Mode::Gcm] {
            let secret = cipher.encrypt(mode, &[1; 16], b"beside", b"seventeen letters");
            assert_eq!(cipher.decrypt(mode, &[1; 16], b"beside", &secret).as_deref(), Some(&b"seventeen letters"[..]));
        }
        assert!(Cipher::new(&[7; 5]).is_none());
    }
}
