//! A sketch of distinct keys, each with a summary: the smallest hashes are kept, and the greatest of them tells how many there are.

use super::take_number;
use crate::logical::scalar::Scalar;
use std::collections::BTreeMap;

const MAGIC: u64 = 0x6b65_7973_6574_0001;

/// How the summaries of one key become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Sum,
    Min,
    Max,
    AlwaysOne,
}

impl Mode {
    /// The mode of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Mode> {
        Some(match name.to_lowercase().as_str() {
            "sum" => Mode::Sum,
            "min" => Mode::Min,
            "max" => Mode::Max,
            "alwaysone" => Mode::AlwaysOne,
            _ => return None,
        })
    }

    fn merge(self, a: Summary, b: Summary) -> Summary {
        match (self, a, b) {
            (Mode::AlwaysOne, Summary::Real(_), _) => Summary::Real(1.0),
            (Mode::AlwaysOne, _, _) => Summary::Whole(1),
            (Mode::Sum, Summary::Whole(a), Summary::Whole(b)) => Summary::Whole(a.wrapping_add(b)),
            (Mode::Min, Summary::Whole(a), Summary::Whole(b)) => Summary::Whole(a.min(b)),
            (Mode::Max, Summary::Whole(a), Summary::Whole(b)) => Summary::Whole(a.max(b)),
            (Mode::Sum, a, b) => Summary::Real(a.real() + b.real()),
            (Mode::Min, a, b) => Summary::Real(a.real().min(b.real())),
            (Mode::Max, a, b) => Summary::Real(a.real().max(b.real())),
        }
    }
}

/// What is kept beside a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Summary {
    Whole(i64),
    Real(f64),
}

impl Summary {
    fn real(self) -> f64 {
        match self {
            Summary::Whole(value) => value as f64,
            Summary::Real(value) => value,
        }
    }
}

/// The sketch.
#[derive(Debug, Clone, PartialEq)]
pub struct KeySketch {
    log_size: u32,
    /// Hashes from here on are not kept.
    theta: u64,
    entries: BTreeMap<u64, Summary>,
}

impl KeySketch {
    /// A sketch without keys that keeps up to `2^log_size`.
    #[must_use]
    pub fn new(log_size: u32) -> Self {
        KeySketch { log_size: log_size.clamp(4, 26), theta: u64::MAX, entries: BTreeMap::new() }
    }

    /// Takes a value; false for a type that sketches do not take.
    pub fn add(&mut self, key: &Scalar, summary: Summary, mode: Mode) -> bool {
        let Some(hash) = hash_of(key) else { return false };
        if hash < self.theta {
            let first = if mode == Mode::AlwaysOne { mode.merge(summary, summary) } else { summary };
            self.entries.entry(hash).and_modify(|old| *old = mode.merge(*old, summary)).or_insert(first);
            self.trim();
        }
        true
    }

    fn trim(&mut self) {
        while self.entries.len() > 1 << self.log_size {
            if let Some((last, _)) = self.entries.pop_last() {
                self.theta = last;
            }
        }
    }

    fn keep_below(&mut self, theta: u64) {
        self.theta = self.theta.min(theta);
        let _above = self.entries.split_off(&self.theta);
    }

    /// Takes all of another sketch.
    pub fn union(&mut self, other: &KeySketch, mode: Mode) {
        self.keep_below(other.theta);
        for (hash, summary) in other.entries.range(..self.theta) {
            self.entries.entry(*hash).and_modify(|old| *old = mode.merge(*old, *summary)).or_insert(*summary);
        }
        self.trim();
    }

    /// Keeps the keys of both; without a mode the summaries stay as they are.
    pub fn intersect(&mut self, other: &KeySketch, mode: Option<Mode>) {
        self.keep_below(other.theta);
        self.entries.retain(|hash, _| other.entries.contains_key(hash));
        if let Some(mode) = mode {
            for (hash, summary) in &mut self.entries {
                if let Some(more) = other.entries.get(hash) {
                    *summary = mode.merge(*summary, *more);
                }
            }
        }
    }

    /// Keeps the keys that the other has not.
    pub fn subtract(&mut self, other: &KeySketch) {
        self.keep_below(other.theta);
        self.entries.retain(|hash, _| !other.entries.contains_key(hash));
    }

    /// The share of all hashes that were kept.
    #[must_use]
    pub fn theta(&self) -> f64 {
        if self.theta == u64::MAX { 1.0 } else { self.theta as f64 / 18_446_744_073_709_551_616.0 }
    }

    /// How many keys there were, about.
    #[must_use]
    pub fn estimate(&self) -> f64 {
        self.entries.len() as f64 / self.theta()
    }

    /// All summaries in one; nothing when there is no key.
    #[must_use]
    pub fn summary(&self, mode: Mode) -> Option<Summary> {
        self.entries.values().copied().reduce(|a, b| mode.merge(a, b))
    }

    /// The sketch with other summaries.
    pub fn with_summaries(mut self, summary: Summary) -> Self {
        self.entries.values_mut().for_each(|own| *own = summary);
        self
    }

    /// The bytes of the sketch.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(24 + self.entries.len() * 17);
        for number in [MAGIC, u64::from(self.log_size), self.theta] {
            bytes.extend(number.to_be_bytes());
        }
        for (hash, summary) in &self.entries {
            let (kind, bits) = match summary {
                Summary::Whole(value) => (0, value.cast_unsigned()),
                Summary::Real(value) => (1, value.to_bits()),
            };
            bytes.extend(hash.to_be_bytes());
            bytes.push(kind);
            bytes.extend(bits.to_be_bytes());
        }
        bytes
    }

    /// The sketch of these bytes; nothing when they are none.
    #[must_use]
    pub fn of_bytes(mut bytes: &[u8]) -> Option<KeySketch> {
        if take_number(&mut bytes)? != MAGIC {
            return None;
        }
        let mut sketch = KeySketch::new(u32::try_from(take_number(&mut bytes)?).ok()?);
        sketch.theta = take_number(&mut bytes)?;
        while !bytes.is_empty() {
            let hash = take_number(&mut bytes)?;
            let (kind, rest) = bytes.split_first()?;
            bytes = rest;
            let bits = take_number(&mut bytes)?;
            let summary =
                if *kind == 0 { Summary::Whole(bits.cast_signed()) } else { Summary::Real(f64::from_bits(bits)) };
            sketch.entries.insert(hash, summary);
        }
        Some(sketch)
    }
}

/// Whole numbers of any width have one hash, and so have reals.
fn hash_of(key: &Scalar) -> Option<u64> {
    let number = |value: i64| Some(mixed(value.cast_unsigned()));
    match key {
        Scalar::Byte(value) => number(i64::from(*value)),
        Scalar::Short(value) => number(i64::from(*value)),
        Scalar::Integer(value) => number(i64::from(*value)),
        Scalar::Long(value) => number(*value),
        Scalar::Float(value) => Some(mixed((f64::from(*value) + 0.0).to_bits())),
        Scalar::Double(value) => Some(mixed((*value + 0.0).to_bits())),
        Scalar::String(text) => Some(hash_bytes(text.as_bytes())),
        Scalar::Binary(bytes) => Some(hash_bytes(bytes)),
        Scalar::Array(items) => items.iter().try_fold(1, |hash: u64, item| Some(mixed(hash ^ hash_of(item)?))),
        _ => None,
    }
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(bytes.len() as u64, |hash, chunk| {
        mixed(hash ^ chunk.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte)))
    })
}

fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(keys: std::ops::Range<i64>, log_size: u32) -> KeySketch {
        let mut sketch = KeySketch::new(log_size);
        for key in keys {
            assert!(sketch.add(&Scalar::Long(key), Summary::Whole(1), Mode::Sum));
        }
        sketch
    }

    #[test]
    fn small_sets_are_counted_exactly_and_large_ones_nearly() {
        assert_eq!(of(0..1000, 12).estimate(), 1000.0);
        let large = of(0..100_000, 10).estimate();
        assert!((90_000.0..110_000.0).contains(&large), "{large}");
    }

    #[test]
    fn sets_combine_and_survive_as_bytes() {
        let (a, b) = (of(0..100, 12), of(50..150, 12));
        let after = |f: &dyn Fn(&mut KeySketch)| {
            let mut own = KeySketch::of_bytes(&a.to_bytes()).unwrap();
            f(&mut own);
            own.estimate()
        };
        assert_eq!(after(&|own| own.union(&b, Mode::Sum)), 150.0);
        assert_eq!(after(&|own| own.intersect(&b, None)), 50.0);
        assert_eq!(after(&|own| own.subtract(&b)), 50.0);
        assert!(KeySketch::of_bytes(b"no sketch").is_none());
    }
}
