//! `percentile_approx`: the Greenwald–Khanna summary that Spark keeps, step for step, so that the same neighbour of the wanted element comes out.
//!
//! A summary is a sorted list of samples; each stands for `g` values up to it, and its rank is known up to `delta`. New values wait in a
//! buffer that is sorted in when it is full; neighbours are merged where the error bound allows it.

use super::accumulator::{Accumulator, each_valid};
use super::collected::shaped;
use super::factory::quantile_query;
use crate::common::{Result, SparkError};
use crate::exec::task::TaskContext;
use crate::logical::expr::AggregateCall;
use arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType as ArrowType, Float64Type};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Values that wait before they are sorted in.
const HEAD: usize = 50_000;
/// Samples before neighbours are merged.
const COMPRESS: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Sample {
    value: f64,
    g: i64,
    delta: i64,
}

/// The summary of one group.
#[derive(Debug, Clone, Default)]
struct Summary {
    samples: Vec<Sample>,
    count: i64,
    head: Vec<f64>,
    compressed: bool,
}

impl Summary {
    fn insert(&mut self, value: f64, error: f64) {
        self.head.push(value);
        self.compressed = false;
        if self.head.len() >= HEAD {
            self.sort_in(error);
            if self.samples.len() >= COMPRESS {
                self.compress(error);
            }
        }
    }

    /// Sorts the waiting values in. Only the first sample of all and the very last have a rank that is known exactly.
    fn sort_in(&mut self, error: f64) {
        if self.head.is_empty() {
            return;
        }
        let mut waiting = std::mem::take(&mut self.head);
        // Equal in the total order means the same bits.
        waiting.sort_unstable_by(f64::total_cmp);
        let old = std::mem::take(&mut self.samples);
        let mut merged = Vec::with_capacity(old.len() + waiting.len());
        let mut next = 0;
        for (at, value) in waiting.iter().enumerate() {
            while next < old.len() && old[next].value <= *value {
                merged.push(old[next]);
                next += 1;
            }
            self.count += 1;
            let outermost = merged.is_empty() || (next == old.len() && at == waiting.len() - 1);
            let delta = if outermost { 0 } else { (2.0 * error * self.count as f64).floor() as i64 };
            merged.push(Sample { value: *value, g: 1, delta });
        }
        merged.extend_from_slice(&old[next..]);
        self.samples = merged;
    }

    fn compress(&mut self, error: f64) {
        self.sort_in(error);
        self.samples = compressed(&self.samples, 2.0 * error * self.count as f64);
        self.compressed = true;
    }

    fn merge(&mut self, other: Summary, error: f64) {
        if !self.compressed {
            self.compress(error);
        }
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = other;
            return;
        }
        let own_delta = (2.0 * error * other.count as f64).floor() as i64;
        let other_delta = (2.0 * error * self.count as f64).floor() as i64;
        let (mut i, mut j) = (0, 0);
        let mut merged = Vec::with_capacity(self.samples.len() + other.samples.len());
        while i < self.samples.len() && j < other.samples.len() {
            let (mine, theirs) = (self.samples[i], other.samples[j]);
            if mine.value < theirs.value {
                i += 1;
                merged.push(Sample { delta: mine.delta + if j > 0 { own_delta } else { 0 }, ..mine });
            } else {
                j += 1;
                merged.push(Sample { delta: theirs.delta + if i > 0 { other_delta } else { 0 }, ..theirs });
            }
        }
        merged.extend_from_slice(&self.samples[i..]);
        merged.extend_from_slice(&other.samples[j..]);
        self.count += other.count;
        self.samples = compressed(&merged, 2.0 * error * self.count as f64);
    }

    /// The value at each fraction; fractions may come in any order.
    fn query(&self, fractions: &[f64], error: f64) -> Option<Vec<f64>> {
        let (first, last) = (self.samples.first()?, self.samples.last()?);
        let widest = self.samples.iter().map(|sample| sample.delta + sample.g).max()?;
        let target = widest as f64 / 2.0;
        let value = |fraction: f64| {
            if fraction <= error || self.samples.len() == 1 {
                first.value
            } else if fraction >= 1.0 - error {
                last.value
            } else {
                self.find((fraction * self.count as f64).ceil(), target).unwrap_or(last.value)
            }
        };
        Some(fractions.iter().map(|fraction| value(*fraction)).collect())
    }

    fn find(&self, rank: f64, target: f64) -> Option<f64> {
        let mut least = 0i64;
        for sample in &self.samples[..self.samples.len() - 1] {
            least += sample.g;
            let most = (least + sample.delta) as f64;
            if most - target <= rank && rank <= least as f64 + target {
                return Some(sample.value);
            }
        }
        None
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.samples.len() * 24);
        bytes.extend(self.count.to_le_bytes());
        for sample in &self.samples {
            bytes.extend(sample.value.to_le_bytes());
            bytes.extend(sample.g.to_le_bytes());
            bytes.extend(sample.delta.to_le_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Summary> {
        let word = |at: usize| bytes.get(at..at + 8).and_then(|word| word.try_into().ok());
        let count = i64::from_le_bytes(word(0)?);
        let samples = (8..bytes.len())
            .step_by(24)
            .map(|at| {
                Some(Sample {
                    value: f64::from_le_bytes(word(at)?),
                    g: i64::from_le_bytes(word(at + 8)?),
                    delta: i64::from_le_bytes(word(at + 16)?),
                })
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Summary { samples, count, head: Vec::new(), compressed: true })
    }
}

/// Merges neighbours from the greatest down while their weight stays below `threshold`; the least and the greatest always stay.
fn compressed(samples: &[Sample], threshold: f64) -> Vec<Sample> {
    let Some(last) = samples.last() else { return Vec::new() };
    let mut kept = Vec::new();
    let mut head = *last;
    for sample in samples.iter().skip(1).rev().skip(1) {
        if ((sample.g + head.g + head.delta) as f64) < threshold {
            head.g += sample.g;
        } else {
            kept.push(head);
            head = *sample;
        }
    }
    kept.push(head);
    if samples.len() > 1 && samples[0].value <= head.value {
        kept.push(samples[0]);
    }
    kept.reverse();
    kept
}

/// What is read from a summary.
pub struct QuantileQuery {
    pub fractions: Vec<f64>,
    pub many: bool,
    /// The type of one result.
    pub result: ArrowType,
}

/// Summaries for each group, shared by all calls that differ only in their fractions.
pub struct Quantiles {
    query: QuantileQuery,
    /// 1 / accuracy.
    error: f64,
    summaries: Rc<RefCell<Vec<Summary>>>,
}

impl Quantiles {
    /// For these fractions.
    pub fn new(query: QuantileQuery, accuracy: i64) -> Self {
        Quantiles { query, error: 1.0 / accuracy.max(1) as f64, summaries: Rc::default() }
    }
}

/// Numbers as doubles; dates and timestamps by their count of days or microseconds.
fn doubles(column: &ArrayRef) -> Result<ArrayRef> {
    let whole = match column.data_type() {
        ArrowType::Date32 => cast(column, &ArrowType::Int32)?,
        ArrowType::Timestamp(..) => cast(column, &ArrowType::Int64)?,
        _ => column.clone(),
    };
    Ok(cast(&whole, &ArrowType::Float64)?)
}

fn from_doubles(column: &ArrayRef, wanted: &ArrowType) -> Result<ArrayRef> {
    let whole = match wanted {
        ArrowType::Date32 => cast(column, &ArrowType::Int32)?,
        ArrowType::Timestamp(..) => cast(column, &ArrowType::Int64)?,
        _ => column.clone(),
    };
    Ok(cast(&whole, wanted)?)
}

impl Accumulator for Quantiles {
    fn resize(&mut self, groups: usize) {
        self.summaries.borrow_mut().resize_with(groups, Summary::default);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let column = doubles(&args[0])?;
        let values = column.as_primitive::<Float64Type>();
        let mut summaries = self.summaries.borrow_mut();
        each_valid(&[&column], groups, |row, group| summaries[group].insert(values.value(row), self.error));
        Ok(())
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let column = buffers[0].as_binary_view();
        let mut summaries = self.summaries.borrow_mut();
        for (row, group) in groups.iter().enumerate().filter(|(row, _)| column.is_valid(*row)) {
            let other = Summary::from_bytes(column.value(row))
                .ok_or_else(|| SparkError::internal("a summary of percentile_approx that is cut off"))?;
            summaries[*group as usize].merge(other, self.error);
        }
        Ok(())
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        let mut builder = BinaryViewBuilder::new();
        for summary in self.summaries.borrow_mut().iter_mut() {
            if !summary.compressed {
                summary.compress(self.error);
            }
            builder.append_value(summary.to_bytes());
        }
        Ok(vec![Arc::new(builder.finish())])
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let (mut values, mut filled) = (Vec::new(), Vec::new());
        for summary in self.summaries.borrow_mut().iter_mut() {
            if !summary.compressed {
                summary.compress(self.error);
            }
            let found = summary.query(&self.query.fractions, self.error);
            filled.push(found.is_some());
            match found {
                Some(found) => values.extend(found.into_iter().map(Some)),
                None => values.extend(self.query.fractions.iter().map(|_| None)),
            }
        }
        let numbers: ArrayRef = Arc::new(Float64Array::from(values));
        let query = &self.query;
        shaped(&from_doubles(&numbers, &query.result)?, &filled, query.fractions.len(), query.many)
    }

    fn size(&self) -> usize {
        let held = |summary: &Summary| summary.samples.capacity() * 24 + summary.head.capacity() * 8;
        self.summaries.borrow().iter().map(held).sum()
    }

    fn twin(&self, call: &AggregateCall, context: &TaskContext) -> Result<Option<Box<dyn Accumulator>>> {
        let (query, error, summaries) = (quantile_query(call, context)?, self.error, self.summaries.clone());
        Ok(Some(Box::new(Quantiles { query, error, summaries })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(values: impl Iterator<Item = u32>, error: f64) -> Summary {
        let mut summary = Summary::default();
        values.for_each(|value| summary.insert(f64::from(value), error));
        summary.compress(error);
        summary
    }

    #[test]
    fn few_values_are_exact() {
        let summary = summary(1..=9, 1e-4);
        assert_eq!(summary.query(&[0.0, 0.5, 1.0], 1e-4), Some(vec![1.0, 5.0, 9.0]));
    }

    #[test]
    fn many_values_stay_within_the_error() {
        let mut all = summary(0..60_000, 0.001);
        all.merge(summary(60_000..120_000, 0.001), 0.001);
        let median = all.query(&[0.5], 0.001).expect("it has values")[0];
        assert!((median - 60_000.0).abs() <= 120.0, "{median}");
        assert!(all.samples.len() < 10_000);
    }

    #[test]
    fn a_summary_survives_the_shuffle() {
        let summary = summary(1..=100, 1e-4);
        let back = Summary::from_bytes(&summary.to_bytes()).expect("whole");
        assert_eq!((back.samples, back.count), (summary.samples, 100));
        assert!(Summary::from_bytes(&[1, 2, 3]).is_none());
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(Summary::default().query(&[0.5], 1e-4), None);
    }
}
