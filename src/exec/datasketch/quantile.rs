//! A sketch of an ordered set of numbers: levels of items, each level counting twice as much as the one below.
//!
//! A full level is sorted and every other item of it moves up. Which half, alternates, so that the answer does not depend on chance.

use super::take_number;

const MAGIC: u64 = 0x7175_616e_7473_0001;

/// The sketch. Numbers are held as bits in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileSketch {
    k: usize,
    count: u64,
    turns: u64,
    levels: Vec<Vec<u64>>,
}

/// A whole number's bits in order.
#[must_use]
pub fn ordered_whole(value: i64) -> u64 {
    value.cast_unsigned() ^ (1 << 63)
}

/// The whole number of such bits.
#[must_use]
pub fn whole_of(bits: u64) -> i64 {
    (bits ^ (1 << 63)).cast_signed()
}

/// A real number's bits in order.
#[must_use]
pub fn ordered_real(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | (1 << 63) }
}

/// The real number of such bits.
#[must_use]
pub fn real_of(bits: u64) -> f64 {
    f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits })
}

impl QuantileSketch {
    /// A sketch without numbers.
    #[must_use]
    pub fn new(k: usize) -> Self {
        QuantileSketch { k: k.clamp(8, 65_535), count: 0, turns: 0, levels: vec![Vec::new()] }
    }

    /// Takes a number.
    pub fn add(&mut self, bits: u64) {
        self.count += 1;
        self.levels[0].push(bits);
        self.compact();
    }

    /// Takes all of another sketch.
    pub fn merge(&mut self, other: &QuantileSketch) {
        self.count += other.count;
        for (i, level) in other.levels.iter().enumerate() {
            if self.levels.len() <= i {
                self.levels.push(Vec::new());
            }
            self.levels[i].extend(level);
        }
        self.compact();
    }

    fn compact(&mut self) {
        let mut i = 0;
        while i < self.levels.len() {
            if self.levels[i].len() > 2 * self.k {
                let mut full = std::mem::take(&mut self.levels[i]);
                full.sort_unstable();
                // An odd one stays.
                let stays = (full.len() % 2 == 1).then(|| full.pop()).flatten();
                self.levels[i].extend(stays);
                self.turns += 1;
                if self.levels.len() == i + 1 {
                    self.levels.push(Vec::new());
                }
                let half = (self.turns % 2) as usize;
                self.levels[i + 1].extend(full.into_iter().skip(half).step_by(2));
            }
            i += 1;
        }
    }

    /// How many numbers there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    fn weighted(&self) -> Vec<(u64, u64)> {
        let items = self.levels.iter().enumerate();
        let mut all: Vec<(u64, u64)> =
            items.flat_map(|(i, level)| level.iter().map(move |bits| (*bits, 1_u64 << i))).collect();
        all.sort_unstable();
        all
    }

    /// The number that so large a share of all numbers does not exceed; nothing when there is none.
    #[must_use]
    pub fn quantile(&self, rank: f64) -> Option<u64> {
        let all = self.weighted();
        let total: u64 = all.iter().map(|(_, weight)| weight).sum();
        let wanted = (rank * total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = all.iter().find(|(_, weight)| {
            seen += weight;
            seen >= wanted
        });
        found.or(all.last()).map(|(bits, _)| *bits)
    }

    /// The share of the numbers that do not exceed this one; nothing when there is none.
    #[must_use]
    pub fn rank(&self, bits: u64) -> Option<f64> {
        let all = self.weighted();
        let total: u64 = all.iter().map(|(_, weight)| weight).sum();
        let below: u64 = all.iter().filter(|(own, _)| *own <= bits).map(|(_, weight)| weight).sum();
        (total > 0).then(|| below as f64 / total as f64)
    }

    /// What a person reads about the sketch.
    #[must_use]
    pub fn text(&self, kind: &str) -> String {
        let kept: usize = self.levels.iter().map(Vec::len).sum();
        format!(
            "### KLL {kind} sketch summary:\n   K              : {}\n   N              : {}\n   Levels         : {}\n   Retained items : {kept}\n### End sketch summary\n",
            self.k,
            self.count,
            self.levels.len()
        )
    }

    /// The bytes of the sketch.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut numbers = vec![MAGIC, self.k as u64, self.count, self.turns];
        for level in &self.levels {
            numbers.push(level.len() as u64);
            numbers.extend(level);
        }
        numbers.into_iter().flat_map(u64::to_be_bytes).collect()
    }

    /// The sketch of these bytes; nothing when they are none.
    #[must_use]
    pub fn of_bytes(mut bytes: &[u8]) -> Option<QuantileSketch> {
        if take_number(&mut bytes)? != MAGIC {
            return None;
        }
        let mut sketch = QuantileSketch::new(usize::try_from(take_number(&mut bytes)?).ok()?);
        sketch.count = take_number(&mut bytes)?;
        sketch.turns = take_number(&mut bytes)?;
        sketch.levels.clear();
        while !bytes.is_empty() {
            let length = take_number(&mut bytes)?;
            sketch.levels.push((0..length).map(|_| take_number(&mut bytes)).collect::<Option<Vec<u64>>>()?);
        }
        Some(sketch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_in_bits() {
        for pair in [-2.5, -0.0, 1.0, 3.5, f64::INFINITY].windows(2) {
            assert!(ordered_real(pair[0]) < ordered_real(pair[1]));
            assert_eq!(real_of(ordered_real(pair[0])), pair[0]);
        }
        assert!(ordered_whole(-1) < ordered_whole(0));
        assert_eq!(whole_of(ordered_whole(-7)), -7);
    }

    #[test]
    fn quantiles_are_near_and_survive_as_bytes() {
        let mut sketch = QuantileSketch::new(200);
        for value in 0..100_000 {
            sketch.add(ordered_whole(value));
        }
        let again = QuantileSketch::of_bytes(&sketch.to_bytes()).unwrap();
        let median = again.quantile(0.5).map(whole_of).unwrap();
        assert!((48_000..52_000).contains(&median), "{median}");
        assert_eq!(again.count(), 100_000);
        let mut few = QuantileSketch::new(200);
        for value in 1..=5 {
            few.add(ordered_whole(value));
        }
        assert_eq!(few.quantile(0.5).map(whole_of), Some(3));
        assert_eq!(few.rank(ordered_whole(3)), Some(0.6));
    }
}
