//! `freqItems`: values that may be frequent, found in one pass with a bounded number of counters (Karp, Schenker, Papadimitriou).
//!
//! Counters are made for each partition and brought together in their order, and the values come in the order of a Scala hash map, so
//! that they are those of Spark: rare values that still have a counter are among them.

use super::stat::local;
use super::{Method, select};
use crate::logical::expr::Expr;
use crate::logical::plan::LogicalPlan;
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructField, StructType};
use crate::pyspark::api::convert;
use crate::pyspark::api::support::{analyze, given, not_expected_type};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value, value_error};
use std::sync::Arc;

pub(super) const METHODS: &[(&str, Method)] = &[("freqItems", freq_items)];

/// Slots that a Scala hash map begins with.
const FIRST_SLOTS: usize = 16;

/// A value's counter, and the place that its hash gives it.
struct Counted {
    value: Scalar,
    hash: u32,
    count: i64,
}

/// The counters of one column.
struct Counters {
    most: usize,
    entries: Vec<Counted>,
    slots: usize,
}

impl Counters {
    fn new(most: usize) -> Counters {
        Counters { most, entries: Vec::new(), slots: FIRST_SLOTS }
    }

    fn add(&mut self, value: Scalar, hash: u32, count: i64) {
        if let Some(known) = self.entries.iter_mut().find(|known| known.value == value) {
            known.count += count;
            return;
        }
        if self.entries.len() < self.most {
            self.put(value, hash, count);
            return;
        }
        let least = self.entries.iter().map(|known| known.count).min().unwrap_or(0);
        let taken = count.min(least);
        if count >= least {
            self.put(value, hash, count);
            self.entries.retain(|known| known.count > least);
        }
        for known in &mut self.entries {
            known.count -= taken;
        }
    }

    fn put(&mut self, value: Scalar, hash: u32, count: i64) {
        if self.entries.len() + 1 >= self.slots * 3 / 4 {
            self.slots *= 2;
        }
        self.entries.push(Counted { value, hash, count });
    }

    /// The counters in the order of their slots, and of their hashes within one.
    fn in_order(mut self) -> Vec<Counted> {
        let mask = self.slots as u32 - 1;
        self.entries.sort_by_key(|known| {
            let mixed = known.hash ^ (known.hash >> 16);
            (mixed & mask, mixed as i32)
        });
        self.entries
    }
}

/// What Scala's `##` gives for a value whose text's hash is known.
fn hash(value: &Scalar, of_text: &Scalar) -> u32 {
    let long =
        |whole: i64| i32::try_from(whole).map_or((whole ^ (whole as u64 >> 32) as i64) as u32, |small| small as u32);
    match (value, of_text) {
        (Scalar::Byte(whole), _) => i32::from(*whole) as u32,
        (Scalar::Short(whole), _) => i32::from(*whole) as u32,
        (Scalar::Integer(whole) | Scalar::Date(whole), _) => *whole as u32,
        (Scalar::Long(whole), _) => long(*whole),
        (Scalar::Boolean(truth), _) => {
            if *truth {
                1231
            } else {
                1237
            }
        }
        (Scalar::Double(real), _) if real.fract() == 0.0 && real.abs() < 9e18 => long(*real as i64),
        (Scalar::Double(real), _) => (real.to_bits() ^ (real.to_bits() >> 32)) as u32,
        (Scalar::String(_), Scalar::Integer(hash)) => *hash as u32,
        _ => 0,
    }
}

fn freq_items(interp: &mut Interpreter, _this: &Value, plan: &Arc<LogicalPlan>, args: Args) -> PyResult {
    let [columns, support] = args.bind("freqItems", ["cols", "support"], 1)?;
    let columns = columns.unwrap_or(Value::None);
    if columns.as_items().is_none() {
        return Err(not_expected_type(interp, "cols", "list or tuple", &columns));
    }
    let exprs = select::existing(interp, plan, "cols", &columns)?;
    let support = given(support).and_then(|value| value.as_float()).unwrap_or(0.01);
    if !(1e-4..=1.0).contains(&support) {
        return Err(value_error(format!("Support must be in [1e-4, 1], but got {support}.")));
    }
    let width = exprs.len();
    let hashes = exprs.iter().map(|expr| Expr::call("hash", vec![expr.clone()]));
    let exprs = exprs.iter().cloned().chain(hashes).collect();
    let analyzed = analyze(interp, LogicalPlan::Project { exprs, input: plan.clone() })?;
    let schema = analyzed.schema();
    let mut merged: Vec<Counters> = (0..width).map(|_| Counters::new((1.0 / support) as usize)).collect();
    for partition in interp.host()?.collect_partitions(&analyzed, "freqItems")? {
        let mut own: Vec<Counters> = merged.iter().map(|counters| Counters::new(counters.most)).collect();
        for batch in &partition {
            for at in 0..batch.num_rows() {
                let mut row = convert::scalars_at(batch, at, &schema)?;
                let hashes = row.split_off(width);
                for ((counters, value), text) in own.iter_mut().zip(row).zip(&hashes) {
                    let hash = hash(&value, text);
                    counters.add(value, hash, 1);
                }
            }
        }
        for (all, counters) in merged.iter_mut().zip(own) {
            for counted in counters.in_order() {
                all.add(counted.value, counted.hash, counted.count);
            }
        }
    }
    let row: Vec<Scalar> = merged
        .into_iter()
        .map(|counters| Scalar::Array(counters.in_order().into_iter().map(|counted| counted.value).collect()))
        .collect();
    let fields = schema.fields[..width]
        .iter()
        .map(|field| {
            StructField::new(format!("{}_freqItems", field.name), DataType::array(field.data_type.clone()), false)
        })
        .collect();
    local(interp, &[row], &StructType::new(fields))
}
