//! How evenly a stage's work is spread over its tasks: the one rule for "skewed" that screens, costs and comparisons share.

/// The largest is more than so many times the median: skew.
pub const SKEW: f64 = 3.0;

/// How evenly numbers are spread. Median and ratio are of those that are not 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// How many are 0.
    pub empty: usize,
    pub median: u64,
    pub most: u64,
    pub to_median: f64,
    /// 0: all alike; near 1: one has everything.
    pub gini: f64,
}

impl Spread {
    /// The spread of some numbers; absent when there are none or all are nothing.
    #[must_use]
    pub fn of(mut values: Vec<u64>) -> Option<Self> {
        values.sort_unstable();
        let (most, total) = (*values.last()?, values.iter().sum::<u64>());
        if total == 0 {
            return None;
        }
        let empty = values.partition_point(|value| *value == 0);
        let filled = &values[empty..];
        let median = filled[filled.len() / 2];
        let count = values.len() as f64;
        let weighted: f64 = values.iter().zip(1_u32..).map(|(value, rank)| *value as f64 * f64::from(rank)).sum();
        let gini = 2.0 * weighted / (count * total as f64) - (count + 1.0) / count;
        Some(Spread { empty, median, most, to_median: most as f64 / median.max(1) as f64, gini: gini.max(0.0) })
    }

    /// Whether one has far more than the middle one.
    #[must_use]
    pub fn is_skewed(&self) -> bool {
        self.to_median > SKEW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_tells_even_from_skewed() {
        let even = Spread::of(vec![5, 5, 5, 5]).expect("numbers");
        assert!(even.gini < 1e-9 && (even.to_median - 1.0).abs() < 1e-9 && !even.is_skewed());
        let skewed = Spread::of(vec![0, 0, 0, 100]).expect("numbers");
        assert!(skewed.gini > 0.7 && skewed.most == 100 && skewed.empty == 3);
        let few = Spread::of(vec![40, 0, 5, 0, 6, 0]).expect("numbers");
        assert_eq!((few.median, few.empty, few.is_skewed()), (6, 3, true));
        assert!(Spread::of(vec![0, 0]).is_none() && Spread::of(Vec::new()).is_none());
    }
}
