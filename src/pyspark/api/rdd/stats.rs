//! Numbers about RDDs of numbers.

use super::{Method, Rdd};
use crate::pyspark::lang::{Args, BinaryOp, Interpreter, Object, PyResult, Value, type_error};

pub(super) const METHODS: &[(&str, Method)] = &[
    ("sum", |interp, _, rdd, _| sum(interp, rdd)),
    ("sumApprox", |interp, _, rdd, _| {
        let sum = sum(interp, rdd)?;
        Ok(sum.as_float().map_or(sum, Value::Float))
    }),
    ("mean", |interp, _, rdd, _| Ok(Value::Float(counter(interp, rdd)?.mean))),
    ("meanApprox", |interp, _, rdd, _| Ok(Value::Float(counter(interp, rdd)?.mean))),
    ("variance", |interp, _, rdd, _| Ok(Value::Float(counter(interp, rdd)?.variance(0)))),
    ("stdev", |interp, _, rdd, _| Ok(Value::Float(counter(interp, rdd)?.variance(0).sqrt()))),
    ("sampleVariance", |interp, _, rdd, _| Ok(Value::Float(counter(interp, rdd)?.variance(1)))),
    ("sampleStdev", |interp, _, rdd, _| Ok(Value::Float(counter(interp, rdd)?.variance(1).sqrt()))),
    ("stats", |interp, _, rdd, _| Ok(Value::object(counter(interp, rdd)?))),
];

/// Count, mean, spread, least and greatest.
#[derive(Clone, Copy)]
struct StatCounter {
    count: u64,
    mean: f64,
    spread: f64,
    least: f64,
    greatest: f64,
}

impl StatCounter {
    const EMPTY: StatCounter =
        StatCounter { count: 0, mean: 0.0, spread: 0.0, least: f64::INFINITY, greatest: f64::NEG_INFINITY };

    fn add(&mut self, value: f64) {
        let delta = value - self.mean;
        self.count += 1;
        self.mean += delta / self.count as f64;
        self.spread += delta * (value - self.mean);
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
    }

    /// Puts two counters together; a much smaller one only moves the mean of the other.
    fn merge(&mut self, other: &StatCounter) {
        if self.count == 0 {
            *self = *other;
            return;
        }
        if other.count == 0 {
            return;
        }
        let (mine, theirs) = (self.count as f64, other.count as f64);
        let delta = other.mean - self.mean;
        self.mean = if other.count * 10 < self.count {
            self.mean + (delta * theirs) / (mine + theirs)
        } else if self.count * 10 < other.count {
            other.mean - (delta * mine) / (mine + theirs)
        } else {
            (self.mean * mine + other.mean * theirs) / (mine + theirs)
        };
        self.spread += other.spread + (delta * delta * mine * theirs) / (mine + theirs);
        self.count += other.count;
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    fn variance(&self, less: u64) -> f64 {
        if self.count <= less { f64::NAN } else { self.spread / (self.count - less) as f64 }
    }
}

fn sum(interp: &mut Interpreter, rdd: &Rdd) -> PyResult {
    let local = rdd.whole("sum", Vec::new(), |interp, _, _, items| Ok(vec![total(interp, items)?]));
    let parts = local.values(interp, "sum")?;
    total(interp, parts)
}

fn total(interp: &mut Interpreter, items: Vec<Value>) -> PyResult {
    let mut result = Value::Int(0);
    for item in items {
        result = interp.binary(BinaryOp::Add, &result, &item)?;
    }
    Ok(result)
}

/// One counter for each partition, put together in the partitions' order as PySpark does it, so that the last digits agree.
fn counter(interp: &mut Interpreter, rdd: &Rdd) -> PyResult<StatCounter> {
    let parts = rdd.whole("stats", Vec::new(), |_, _, _, items| Ok(vec![Value::list(items)]));
    let mut whole = StatCounter::EMPTY;
    for part in parts.values(interp, "stats")? {
        let mut counter = StatCounter::EMPTY;
        for value in part.as_items().unwrap_or_default() {
            match value.as_float() {
                Some(number) => counter.add(number),
                None => {
                    return Err(type_error(format!(
                        "unsupported operand type(s) for -: '{}' and 'float'",
                        interp.type_name(&value)
                    )));
                }
            }
        }
        whole.merge(&counter);
    }
    Ok(whole)
}

impl Object for StatCounter {
    fn type_name(&self) -> &'static str {
        "StatCounter"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["asDict", "count", "max", "mean", "min", "sampleStdev", "sampleVariance", "stdev", "sum", "variance"]
    }

    fn call_method(&self, _interp: &mut Interpreter, _this: &Value, name: &str, _args: Args) -> Option<PyResult> {
        Some(Ok(match name {
            "count" => Value::Int(self.count as i64),
            "mean" => Value::Float(self.mean),
            "sum" => Value::Float(self.mean * self.count as f64),
            "min" => Value::Float(self.least),
            "max" => Value::Float(self.greatest),
            "variance" => Value::Float(self.variance(0)),
            "stdev" => Value::Float(self.variance(0).sqrt()),
            "sampleVariance" => Value::Float(self.variance(1)),
            "sampleStdev" => Value::Float(self.variance(1).sqrt()),
            "asDict" => Value::dict(crate::pyspark::lang::Dict::from_pairs([
                ("count", Value::Int(self.count as i64)),
                ("mean", Value::Float(self.mean)),
                ("sum", Value::Float(self.mean * self.count as f64)),
                ("min", Value::Float(self.least)),
                ("max", Value::Float(self.greatest)),
                ("stdev", Value::Float(self.variance(1).sqrt())),
                ("variance", Value::Float(self.variance(1))),
            ])),
            _ => return None,
        }))
    }

    fn repr(&self, interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let (mean, stdev) =
            (interp.repr(&Value::Float(self.mean))?, interp.repr(&Value::Float(self.variance(0).sqrt()))?);
        let (greatest, least) = (interp.repr(&Value::Float(self.greatest))?, interp.repr(&Value::Float(self.least))?);
        Ok(format!("(count: {}, mean: {mean}, stdev: {stdev}, max: {greatest}, min: {least})", self.count))
    }
}
