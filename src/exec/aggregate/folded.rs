//! Rare aggregates that are computed from all values of a group, one value after the other.

use crate::exec::datasketch::frequency::FrequencySketch;
use crate::exec::datasketch::keyed::{KeySketch, Mode, Summary};
use crate::exec::datasketch::quantile::{QuantileSketch, ordered_real, ordered_whole};
use crate::exec::eval::comparison::{order, same};
use crate::exec::eval::vector_of;
use crate::exec::java_random::JavaRandom;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::logical::variant;

/// Bytes of a bitmap of `bitmap_construct_agg`.
const BITMAP_BYTES: usize = 4096;

/// What is made of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Bits at these positions.
    BitmapConstruct,
    BitmapAnd,
    BitmapOr,
    /// At most so many bins, as Spark merges them.
    Histogram(usize),
    VectorSum,
    VectorAvg,
    /// A count-min sketch.
    Frequencies {
        depth: i32,
        width: i32,
        seed: i64,
    },
    /// The type that describes all of some variants.
    VariantSchema,
    /// The distinct elements of arrays, in the order they were first seen.
    Union,
    /// A sketch of distinct values; rows are (key, summary, …) when there is a summary.
    Keys {
        log_size: u32,
        mode: Mode,
    },
    KeysUnion {
        log_size: u32,
        mode: Mode,
    },
    KeysIntersect {
        mode: Mode,
    },
    Quantiles {
        k: usize,
    },
    QuantilesMerge {
        k: usize,
    },
    /// The values that go with the so many greatest (or least) of an order; rows are (order, value, count).
    Top {
        count: usize,
        greatest: bool,
    },
}

impl Fold {
    /// The result of one group.
    pub fn result(self, values: &[Scalar]) -> Scalar {
        match self {
            Fold::Keys { log_size, mode } => keys(values, log_size, mode),
            Fold::KeysUnion { log_size, mode } => {
                let mut all = KeySketch::new(log_size);
                sketches(values, KeySketch::of_bytes).for_each(|sketch| all.union(&sketch, mode));
                Scalar::Binary(all.to_bytes())
            }
            Fold::KeysIntersect { mode } => {
                let both = sketches(values, KeySketch::of_bytes).reduce(|mut own, other| {
                    own.intersect(&other, Some(mode));
                    own
                });
                both.map_or(Scalar::Null, |both| Scalar::Binary(both.to_bytes()))
            }
            Fold::Quantiles { k } => quantiles(values, k),
            Fold::QuantilesMerge { k } => {
                let mut all = QuantileSketch::new(k);
                sketches(values, QuantileSketch::of_bytes).for_each(|sketch| all.merge(&sketch));
                Scalar::Binary(all.to_bytes())
            }
            Fold::BitmapConstruct => bits(values),
            Fold::BitmapAnd => bitmap(values, 0xFF, |a, b| a & b),
            Fold::BitmapOr => bitmap(values, 0, |a, b| a | b),
            Fold::Histogram(bins) => histogram(values, bins),
            Fold::VectorSum => vector(values, false),
            Fold::VectorAvg => vector(values, true),
            Fold::Union => union(values),
            Fold::VariantSchema => variant_schema(values),
            Fold::Frequencies { depth, width, seed } => {
                let mut sketch = FrequencySketch::new(depth, width, seed);
                for value in values {
                    sketch.add(value);
                }
                Scalar::Binary(sketch.to_bytes())
            }
            Fold::Top { count, greatest } => top(values, count, greatest),
        }
    }
}

fn variant_schema(values: &[Scalar]) -> Scalar {
    let schemas = values.iter().filter_map(|value| match value {
        Scalar::Variant(bytes) => variant::Variant::read(bytes).ok().map(|value| variant::schema_of(&value)),
        _ => None,
    });
    let schema = schemas.reduce(|own, other| variant::merge_schemas(&own, &other)).unwrap_or(DataType::Null);
    Scalar::String(variant::schema_text(&schema))
}

fn sketches<T>(values: &[Scalar], read: fn(&[u8]) -> Option<T>) -> impl Iterator<Item = T> {
    values.iter().filter_map(move |value| if let Scalar::Binary(bytes) = value { read(bytes) } else { None })
}

fn keys(values: &[Scalar], log_size: u32, mode: Mode) -> Scalar {
    let mut sketch = KeySketch::new(log_size);
    for value in values {
        let (key, summary) = match value {
            Scalar::Struct(parts) => match parts.as_slice() {
                [key, Scalar::Long(summary), ..] => (key, Summary::Whole(*summary)),
                [key, Scalar::Double(summary), ..] => (key, Summary::Real(*summary)),
                _ => continue,
            },
            key => (key, Summary::Whole(1)),
        };
        sketch.add(key, summary, mode);
    }
    Scalar::Binary(sketch.to_bytes())
}

fn quantiles(values: &[Scalar], k: usize) -> Scalar {
    let mut sketch = QuantileSketch::new(k);
    for value in values {
        match value {
            Scalar::Long(value) => sketch.add(ordered_whole(*value)),
            Scalar::Float(value) if !value.is_nan() => sketch.add(ordered_real(f64::from(*value))),
            Scalar::Double(value) if !value.is_nan() => sketch.add(ordered_real(*value)),
            _ => {}
        }
    }
    Scalar::Binary(sketch.to_bytes())
}

fn bits(values: &[Scalar]) -> Scalar {
    let mut map = vec![0_u8; BITMAP_BYTES];
    for value in values {
        if let Scalar::Long(at) = value
            && let Some(byte) = usize::try_from(at / 8).ok().and_then(|byte| map.get_mut(byte))
        {
            *byte |= 1 << (at % 8);
        }
    }
    Scalar::Binary(map)
}

fn bitmap(values: &[Scalar], empty: u8, f: fn(u8, u8) -> u8) -> Scalar {
    let mut map = vec![empty; BITMAP_BYTES];
    for value in values {
        if let Scalar::Binary(other) = value {
            for (i, byte) in map.iter_mut().enumerate() {
                *byte = f(*byte, other.get(i).copied().unwrap_or(0));
            }
        }
    }
    Scalar::Binary(map)
}

/// Sums element by element; vectors with a null in them, or of another length than the first, do not count.
fn vector(values: &[Scalar], average: bool) -> Scalar {
    let mut sums: Option<Vec<f64>> = None;
    let mut count = 0.0;
    for vector in values.iter().filter_map(vector_of) {
        let sums = sums.get_or_insert_with(|| vec![0.0; vector.len()]);
        if sums.len() == vector.len() {
            count += 1.0;
            sums.iter_mut().zip(vector).for_each(|(sum, value)| *sum += f64::from(value));
        }
    }
    let divisor = if average { count } else { 1.0 };
    sums.map_or(Scalar::Null, |sums| {
        Scalar::Array(sums.into_iter().map(|sum| Scalar::Float((sum / divisor) as f32)).collect())
    })
}

fn union(values: &[Scalar]) -> Scalar {
    let mut found: Vec<Scalar> = Vec::new();
    for value in values {
        let Scalar::Array(items) = value else { continue };
        for item in items {
            if !item.is_null() && !found.iter().any(|other| same(other, item)) {
                found.push(item.clone());
            }
        }
    }
    Scalar::Array(found)
}

fn top(values: &[Scalar], count: usize, greatest: bool) -> Scalar {
    let mut rows: Vec<&Vec<Scalar>> =
        values.iter().filter_map(|row| if let Scalar::Struct(parts) = row { Some(parts) } else { None }).collect();
    rows.sort_by(|a, b| if greatest { order(&b[0], &a[0]) } else { order(&a[0], &b[0]) });
    Scalar::Array(rows.iter().take(count).map(|row| row[1].clone()).collect())
}

fn number(value: &Scalar) -> Option<f64> {
    Some(match value {
        Scalar::Byte(value) => f64::from(*value),
        Scalar::Short(value) => f64::from(*value),
        Scalar::Integer(value) | Scalar::Date(value) | Scalar::YearMonthInterval(value) => f64::from(*value),
        Scalar::Long(value) | Scalar::Timestamp(value) | Scalar::TimestampNtz(value) => *value as f64,
        Scalar::DayTimeInterval(value) => *value as f64,
        Scalar::Float(value) => f64::from(*value),
        Scalar::Double(value) => *value,
        Scalar::Decimal(value, _, scale) => *value as f64 / libm::pow(10.0, f64::from(*scale)),
        _ => return None,
    })
}

/// A number in the type of `like`, cut to whole numbers as Java does.
fn alike(value: f64, like: &Scalar) -> Scalar {
    match like {
        Scalar::Byte(_) => Scalar::Byte(value as i8),
        Scalar::Short(_) => Scalar::Short(value as i16),
        Scalar::Integer(_) => Scalar::Integer(value as i32),
        Scalar::Long(_) => Scalar::Long(value as i64),
        Scalar::Float(_) => Scalar::Float(value as f32),
        Scalar::Date(_) => Scalar::Date(value as i32),
        Scalar::Timestamp(_) => Scalar::Timestamp(value as i64),
        Scalar::TimestampNtz(_) => Scalar::TimestampNtz(value as i64),
        Scalar::YearMonthInterval(_) => Scalar::YearMonthInterval(value as i32),
        Scalar::DayTimeInterval(_) => Scalar::DayTimeInterval(value as i64),
        Scalar::Decimal(_, precision, scale) => {
            Scalar::Decimal((value * libm::pow(10.0, f64::from(*scale))) as i128, *precision, *scale)
        }
        _ => Scalar::Double(value),
    }
}

/// Values go into bins of their own; whenever there are too many, the two nearest become one.
fn histogram(values: &[Scalar], most: usize) -> Scalar {
    let mut chance = JavaRandom::new(31_183);
    let mut bins: Vec<(f64, f64)> = Vec::new();
    for value in values.iter().filter_map(number) {
        let at = bins.partition_point(|(x, _)| *x < value);
        match bins.get_mut(at) {
            Some((x, count)) if *x == value => *count += 1.0,
            _ => {
                bins.insert(at, (value, 1.0));
                if bins.len() > most {
                    merge_nearest(&mut bins, &mut chance);
                }
            }
        }
    }
    let Some(like) = values.first() else { return Scalar::Null };
    Scalar::Array(bins.into_iter().map(|(x, y)| Scalar::Struct(vec![alike(x, like), Scalar::Double(y)])).collect())
}

/// Of several nearest pairs one is taken by chance, always the same.
fn merge_nearest(bins: &mut Vec<(f64, f64)>, chance: &mut JavaRandom) {
    let gap = |at: usize| bins[at + 1].0 - bins[at].0;
    let (mut least, mut at, mut ties) = (gap(0), 0, 1.0);
    for i in 1..bins.len() - 1 {
        if gap(i) < least {
            (least, at, ties) = (gap(i), i, 1.0);
        } else if gap(i) == least {
            ties += 1.0;
            if chance.double() <= 1.0 / ties {
                at = i;
            }
        }
    }
    let (right, right_count) = bins.remove(at + 1);
    let (left, left_count) = bins[at];
    let both = left_count + right_count;
    bins[at] = (left * (left_count / both) + right / both * right_count, both);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_merged_as_in_spark() {
        let values: Vec<Scalar> = (0..100).map(Scalar::Long).collect();
        let Scalar::Array(bins) = histogram(&values, 5) else { panic!("no bins") };
        let first = Scalar::Struct(vec![Scalar::Long(11), Scalar::Double(25.0)]);
        assert_eq!((bins.len(), &bins[0]), (5, &first));
    }

    #[test]
    fn the_top_values_come_in_order() {
        let row = |order: i32, value: &str| {
            Scalar::Struct(vec![Scalar::Integer(order), Scalar::String(value.into()), Scalar::Integer(2)])
        };
        let rows = [row(10, "a"), row(50, "b"), row(20, "c"), row(40, "d")];
        let texts = |words: [&str; 2]| Scalar::Array(words.iter().map(|word| Scalar::String((*word).into())).collect());
        assert_eq!(top(&rows, 2, true), texts(["b", "d"]));
        assert_eq!(top(&rows, 2, false), texts(["a", "c"]));
    }
}
