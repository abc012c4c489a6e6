//! Samples of RDDs: `sample`, `sampleByKey`, `randomSplit`, `takeSample`.
//!
//! The numbers come from Python's own generator, seeded for each partition, as the real workers do it: a seed gives the rows that it
//! gives there.

use super::narrow::pair;
use super::{Method, Rdd};
use crate::pyspark::api::support::given;
use crate::pyspark::api::udf;
use crate::pyspark::lang::modules::random::Twister;
use crate::pyspark::lang::{Args, Interpreter, PyResult, Value, type_error, value_error};

pub(super) const METHODS: &[(&str, Method)] =
    &[("sample", sample), ("sampleByKey", sample_by_key), ("randomSplit", random_split), ("takeSample", take_sample)];

/// More than this many values `takeSample` refuses.
const LARGEST_SAMPLE: i64 = 9_223_372_006_484_770_808;

/// The generator of one partition.
struct Sampler(Twister);

impl Sampler {
    fn new(seed: i64, partition: usize) -> Sampler {
        let mut twister = Twister::of(seed ^ partition as i64);
        // The worker mixes, because seeds of neighbours are close to each other.
        for _ in 0..10 {
            twister.below(2);
        }
        Sampler(twister)
    }

    /// How often a value is drawn when it is drawn `mean` times on average (Knuth's way).
    fn poisson(&mut self, mean: f64) -> usize {
        let mut count = 0;
        if mean < 20.0 {
            let limit = libm::exp(-mean);
            let mut product = self.0.random();
            while product > limit {
                count += 1;
                product *= self.0.random();
            }
        } else {
            let mut sum = self.0.exponential(mean);
            while sum < 1.0 {
                count += 1;
                sum += self.0.exponential(mean);
            }
        }
        count
    }

    fn times(&mut self, replacement: bool, fraction: f64) -> usize {
        if replacement { self.poisson(fraction) } else { usize::from(self.0.random() < fraction) }
    }
}

fn seed_of(interp: &mut Interpreter, seed: Option<Value>) -> PyResult<i64> {
    match given(seed).and_then(|seed| seed.as_int()) {
        Some(seed) => Ok(seed),
        None => Ok(interp.host()?.fresh_seed()),
    }
}

fn flag(value: Option<&Value>) -> bool {
    value.is_some_and(|flag| flag.as_bool() == Some(true))
}

fn sample(interp: &mut Interpreter, _this: &Value, rdd: &Rdd, args: Args) -> PyResult {
    let [replacement, fraction, seed] = args.bind("sample", ["withReplacement", "fraction", "seed"], 2)?;
    let Some(fraction) = fraction.and_then(|value| value.as_float()) else {
        return Err(type_error("fraction must be a number"));
    };
    let seed = seed_of(interp, seed)?;
    Ok(Value::object(sampled(rdd, flag(replacement.as_ref()), fraction, seed)))
}

fn sampled(rdd: &Rdd, replacement: bool, fraction: f64, seed: i64) -> Rdd {
    rdd.whole("sample", Vec::new(), move |_, _, partition, items| {
        let mut sampler = Sampler::new(seed, partition);
        Ok(items.into_iter().flat_map(|item| std::iter::repeat_n(item, sampler.times(replacement, fraction))).collect())
    })
}

fn sample_by_key(interp: &mut Interpreter, _this: &Value, rdd: &Rdd, args: Args) -> PyResult {
    let [replacement, fractions, seed] = args.bind("sampleByKey", ["withReplacement", "fractions", "seed"], 2)?;
    let replacement = flag(replacement.as_ref());
    let fractions = udf::freeze(interp, &fractions.unwrap_or(Value::None))?;
    let seed = seed_of(interp, seed)?;
    Ok(Value::object(rdd.whole("sampleByKey", vec![fractions], move |interp, fractions, partition, items| {
        let mut sampler = Sampler::new(seed, partition);
        let mut kept = Vec::new();
        for item in items {
            let (key, _) = pair(interp, &item)?;
            let fraction = interp.get_item(&fractions[0], &key)?.as_float().unwrap_or(0.0);
            kept.extend(std::iter::repeat_n(item, sampler.times(replacement, fraction)));
        }
        Ok(kept)
    })))
}

fn random_split(interp: &mut Interpreter, _this: &Value, rdd: &Rdd, args: Args) -> PyResult {
    let [weights, seed] = args.bind("randomSplit", ["weights", "seed"], 1)?;
    let weights = weights.unwrap_or(Value::None);
    let weights: Vec<f64> = interp.items(&weights)?.iter().filter_map(Value::as_float).collect();
    if weights.iter().any(|weight| *weight < 0.0) {
        return Err(value_error("Weights must be nonnegative"));
    }
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return Err(value_error("Sum of weights must be positive"));
    }
    let seed = seed_of(interp, seed)?;
    let mut lower = 0.0;
    let mut parts = Vec::new();
    for weight in weights {
        let upper = lower + weight / total;
        let range = lower..upper;
        parts.push(Value::object(rdd.whole("randomSplit", Vec::new(), move |_, _, partition, items| {
            let mut sampler = Sampler::new(seed, partition);
            Ok(items.into_iter().filter(|_| range.contains(&sampler.0.random())).collect())
        })));
        lower = upper;
    }
    Ok(Value::list(parts))
}

fn take_sample(interp: &mut Interpreter, _this: &Value, rdd: &Rdd, args: Args) -> PyResult {
    let [replacement, number, seed] = args.bind("takeSample", ["withReplacement", "num", "seed"], 2)?;
    let replacement = flag(replacement.as_ref());
    let number = number.and_then(|value| value.as_int()).unwrap_or(0);
    if number < 0 {
        return Err(value_error("Sample size cannot be negative."));
    }
    if number > LARGEST_SAMPLE {
        return Err(value_error(format!("Sample size cannot be greater than {LARGEST_SAMPLE}.")));
    }
    let number = number as usize;
    let values = rdd.values(interp, "takeSample")?;
    if number == 0 || values.is_empty() {
        return Ok(Value::list(Vec::new()));
    }
    let mut seed = seed_of(interp, seed)?;
    let mut twister = Twister::of(seed);
    let mut samples = if !replacement && number >= values.len() {
        values
    } else {
        let fraction = enough(number, values.len(), replacement);
        loop {
            let samples = sampled(rdd, replacement, fraction, seed).values(interp, "takeSample")?;
            if samples.len() >= number {
                break samples;
            }
            seed = twister.below(1 << 63) as i64;
        }
    };
    twister.shuffle(&mut samples);
    samples.truncate(number);
    Ok(Value::list(samples))
}

/// The fraction whose sample of `total` values holds at least `number` nearly always.
fn enough(number: usize, total: usize, replacement: bool) -> f64 {
    let (total, fraction) = (total as f64, number as f64 / total as f64);
    if replacement {
        let deviations = if number < 12 { 9.0 } else { 5.0 };
        fraction + deviations * (fraction / total).sqrt()
    } else {
        let gamma = -libm::log(0.00005) / total;
        (fraction + gamma + (gamma * gamma + 2.0 * gamma * fraction).sqrt()).min(1.0)
    }
}
