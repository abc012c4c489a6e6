//! `random`: the Mersenne Twister, with CPython's numbers for every seed.

use super::super::args::Args;
use super::super::class::{Class, Module};
use super::super::numbers::to_big;
use super::super::object::Object;
use super::super::raised::{PyResult, index_error, type_error, value_error};
use super::super::{Interpreter, Value};
use num_bigint::BigInt;
use num_traits::Signed;
use std::cell::RefCell;
use std::rc::Rc;

const N: usize = 624;
const M: usize = 397;

/// The generator MT19937.
pub struct Twister {
    state: [u32; N],
    index: usize,
    next_gauss: Option<f64>,
}

impl Twister {
    fn from_key(key: &[u32]) -> Twister {
        let mut state = [0_u32; N];
        state[0] = 19_650_218;
        for i in 1..N {
            state[i] = 1_812_433_253_u32.wrapping_mul(state[i - 1] ^ (state[i - 1] >> 30)).wrapping_add(i as u32);
        }
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            let mixed = (state[i - 1] ^ (state[i - 1] >> 30)).wrapping_mul(1_664_525);
            state[i] = (state[i] ^ mixed).wrapping_add(key[j]).wrapping_add(j as u32);
            i += 1;
            j += 1;
            if i >= N {
                state[0] = state[N - 1];
                i = 1;
            }
            if j >= key.len() {
                j = 0;
            }
        }
        for _ in 0..N - 1 {
            let mixed = (state[i - 1] ^ (state[i - 1] >> 30)).wrapping_mul(1_566_083_941);
            state[i] = (state[i] ^ mixed).wrapping_sub(i as u32);
            i += 1;
            if i >= N {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        state[0] = 0x8000_0000;
        Twister { state, index: N, next_gauss: None }
    }

    fn seeded(seed: &BigInt) -> Twister {
        let mut key = seed.abs().magnitude().to_u32_digits();
        if key.is_empty() {
            key.push(0);
        }
        Twister::from_key(&key)
    }

    /// The generator that `random.Random(seed)` makes.
    pub fn of(seed: i64) -> Twister {
        Twister::seeded(&BigInt::from(seed))
    }

    fn next(&mut self) -> u32 {
        if self.index >= N {
            for i in 0..N {
                let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7FFF_FFFF);
                let twist = if y & 1 == 1 { 0x9908_B0DF } else { 0 };
                self.state[i] = self.state[(i + M) % N] ^ (y >> 1) ^ twist;
            }
            self.index = 0;
        }
        let mut y = self.state[self.index];
        self.index += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C_5680;
        y ^= (y << 15) & 0xEFC6_0000;
        y ^ (y >> 18)
    }

    /// A number in [0, 1).
    pub fn random(&mut self) -> f64 {
        let (a, b) = (self.next() >> 5, self.next() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) * (1.0 / 9_007_199_254_740_992.0)
    }

    fn bits(&mut self, count: u32) -> u64 {
        match count {
            0 => 0,
            1..=32 => u64::from(self.next() >> (32 - count)),
            _ => {
                let low = u64::from(self.next());
                low | (u64::from(self.next() >> (64 - count.min(64))) << 32)
            }
        }
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        let count = 64 - limit.leading_zeros();
        loop {
            let number = self.bits(count);
            if number < limit {
                return number;
            }
        }
    }

    /// An exponentially distributed number.
    pub fn exponential(&mut self, rate: f64) -> f64 {
        -libm::log(1.0 - self.random()) / rate
    }

    /// Brings items into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            let other = self.below(at as u64 + 1);
            items.swap(at, other as usize);
        }
    }

    fn gauss(&mut self) -> f64 {
        if let Some(number) = self.next_gauss.take() {
            return number;
        }
        let angle = self.random() * std::f64::consts::TAU;
        let radius = (-2.0 * libm::log(1.0 - self.random())).sqrt();
        self.next_gauss = Some(libm::sin(angle) * radius);
        libm::cos(angle) * radius
    }

    fn normal(&mut self) -> f64 {
        let magic = 4.0 * libm::exp(-0.5) / 2.0_f64.sqrt();
        loop {
            let u1 = self.random();
            let u2 = 1.0 - self.random();
            let z = magic * (u1 - 0.5) / u2;
            if z * z / 4.0 <= -libm::log(u2) {
                return z;
            }
        }
    }
}

/// `random.Random`.
struct Random(RefCell<Twister>);

const NAMES: &[&str] = &[
    "random",
    "seed",
    "randint",
    "randrange",
    "uniform",
    "choice",
    "choices",
    "shuffle",
    "sample",
    "gauss",
    "normalvariate",
    "getrandbits",
    "expovariate",
    "triangular",
    "lognormvariate",
    "betavariate",
    "gammavariate",
    "paretovariate",
];

impl Object for Random {
    fn type_name(&self) -> &'static str {
        "Random"
    }

    fn methods(&self) -> &'static [&'static str] {
        NAMES
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        NAMES.contains(&name).then(|| self.method(interp, name, args))
    }
}

fn seed_of(interp: &mut Interpreter, value: Option<&Value>) -> PyResult<Twister> {
    Ok(match value {
        None | Some(Value::None) => Twister::seeded(&BigInt::from(interp.host()?.fresh_seed())),
        Some(Value::Float(number)) => {
            Twister::seeded(&BigInt::from(super::super::hash::hash_float(*number).unsigned_abs()))
        }
        Some(Value::Str(_)) => {
            return Err(super::super::Raised::unsupported(
                "a text as the seed of random",
                "use a whole number as the seed",
            ));
        }
        Some(other) => match to_big(other) {
            Some(seed) => Twister::seeded(&seed),
            None => {
                return Err(type_error(
                    "The only supported seed types are: None, int, float, str, bytes, and bytearray.",
                ));
            }
        },
    })
}

impl Random {
    fn method(&self, interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
        let float = |at: usize, missing: f64| args.positional.get(at).and_then(Value::as_float).unwrap_or(missing);
        Ok(match name {
            "random" => Value::Float(self.0.borrow_mut().random()),
            "seed" => {
                let seeded = seed_of(interp, args.positional.first())?;
                *self.0.borrow_mut() = seeded;
                Value::None
            }
            "uniform" => {
                let (a, b) = (float(0, 0.0), float(1, 1.0));
                Value::Float(a + (b - a) * self.0.borrow_mut().random())
            }
            "randint" | "randrange" => return self.whole(interp, name, &args),
            "getrandbits" => {
                let count = args.positional.first().and_then(Value::as_int).unwrap_or(0).clamp(0, 64) as u32;
                Value::big(BigInt::from(self.0.borrow_mut().bits(count)))
            }
            "choice" => {
                let items = interp.items(&args.one("choice")?)?;
                if items.is_empty() {
                    return Err(index_error("Cannot choose from an empty sequence"));
                }
                let at = self.0.borrow_mut().below(items.len() as u64);
                items[at as usize].clone()
            }
            "choices" => return self.choices(interp, args),
            "shuffle" => {
                let list = args.one("shuffle")?;
                let Value::List(items) = list.native() else { return Err(type_error("shuffle() needs a list")) };
                self.0.borrow_mut().shuffle(&mut items.borrow_mut());
                Value::None
            }
            "sample" => return self.sample(interp, args),
            "gauss" => Value::Float(float(0, 0.0) + self.0.borrow_mut().gauss() * float(1, 1.0)),
            "normalvariate" => Value::Float(float(0, 0.0) + self.0.borrow_mut().normal() * float(1, 1.0)),
            "lognormvariate" => Value::Float(libm::exp(float(0, 0.0) + self.0.borrow_mut().normal() * float(1, 1.0))),
            "expovariate" => Value::Float(self.0.borrow_mut().exponential(float(0, 1.0))),
            "paretovariate" => Value::Float(libm::pow(1.0 - self.0.borrow_mut().random(), -1.0 / float(0, 1.0))),
            "triangular" => {
                let (mut low, mut high) = (float(0, 0.0), float(1, 1.0));
                let mut u = self.0.borrow_mut().random();
                let mut c = if high > low { (float(2, f64::midpoint(low, high)) - low) / (high - low) } else { 0.5 };
                if u > c {
                    u = 1.0 - u;
                    c = 1.0 - c;
                    std::mem::swap(&mut low, &mut high);
                }
                Value::Float(low + (high - low) * (u * c).sqrt())
            }
            _ => {
                return Err(super::super::Raised::unsupported(
                    format!("random.{name}()"),
                    "use random.gauss() or random.uniform()",
                ));
            }
        })
    }

    fn whole(&self, interp: &Interpreter, name: &str, args: &Args) -> PyResult {
        let mut numbers = Vec::new();
        for value in &args.positional {
            numbers.push(value.as_int().ok_or_else(|| {
                type_error(format!("'{}' object cannot be interpreted as an integer", interp.type_name(value)))
            })?);
        }
        let (start, stop, step) = match (name, numbers.as_slice()) {
            ("randint", [low, high]) => (*low, *high + 1, 1),
            ("randrange", [stop]) => (0, *stop, 1),
            ("randrange", [start, stop]) => (*start, *stop, 1),
            ("randrange", [start, stop, step]) => (*start, *stop, *step),
            _ => return Err(type_error(format!("{name}() got the wrong number of arguments"))),
        };
        let width = super::super::value::Range { start, stop, step }.len();
        if width <= 0 {
            return Err(value_error(format!(
                "empty range in {name}({}, {})",
                start,
                stop - i64::from(name == "randint")
            )));
        }
        Ok(Value::Int(start + step * self.0.borrow_mut().below(width as u64) as i64))
    }

    fn choices(&self, interp: &mut Interpreter, args: Args) -> PyResult {
        let [items, weights, cumulative, count] =
            args.bind("choices", ["population", "weights", "*cum_weights", "*k"], 1)?;
        let items = interp.items(&items.unwrap_or(Value::None))?;
        let count = count.and_then(|count| count.as_int()).unwrap_or(1).max(0);
        let mut sums = Vec::new();
        let mut sum = 0.0;
        if let Some(weights) = weights.filter(|weights| !weights.is_none()) {
            for weight in interp.items(&weights)? {
                sum += weight.as_float().unwrap_or(0.0);
                sums.push(sum);
            }
        } else if let Some(cumulative) = cumulative.filter(|weights| !weights.is_none()) {
            sums = interp.items(&cumulative)?.iter().map(|weight| weight.as_float().unwrap_or(0.0)).collect();
        }
        let mut chosen = Vec::new();
        for _ in 0..count {
            let draw = self.0.borrow_mut().random();
            let at = match sums.last() {
                None => (draw * items.len() as f64).floor() as usize,
                Some(total) => sums[..sums.len() - 1].partition_point(|sum| *sum <= draw * total),
            };
            chosen.push(items.get(at).cloned().ok_or_else(|| index_error("Cannot choose from an empty sequence"))?);
        }
        Ok(Value::list(chosen))
    }

    fn sample(&self, interp: &mut Interpreter, args: Args) -> PyResult {
        let [items, count, _] = args.bind("sample", ["population", "k", "*counts"], 2)?;
        let items = items.unwrap_or(Value::None);
        if matches!(items, Value::Set(_) | Value::FrozenSet(_) | Value::Dict(_)) {
            return Err(type_error("Population must be a sequence.  For dicts or sets, use sorted(d)."));
        }
        let items = interp.items(&items)?;
        let (n, k) = (items.len(), count.and_then(|count| count.as_int()).unwrap_or(0));
        let Some(k) = usize::try_from(k).ok().filter(|k| *k <= n) else {
            return Err(value_error("Sample larger than population or is negative"));
        };
        let mut set_size = 21;
        if k > 5 {
            set_size += 4_usize.pow(((k * 3) as f64).log(4.0).ceil() as u32);
        }
        let mut twister = self.0.borrow_mut();
        let mut chosen = Vec::with_capacity(k);
        if n <= set_size {
            let mut pool = items;
            for i in 0..k {
                let at = twister.below((n - i) as u64) as usize;
                chosen.push(pool[at].clone());
                pool[at] = pool[n - i - 1].clone();
            }
        } else {
            let mut seen = std::collections::HashSet::new();
            for _ in 0..k {
                let mut at = twister.below(n as u64) as usize;
                while !seen.insert(at) {
                    at = twister.below(n as u64) as usize;
                }
                chosen.push(items[at].clone());
            }
        }
        Ok(Value::list(chosen))
    }
}

/// The module.
pub fn module(interp: &mut Interpreter) -> PyResult<Module> {
    let object = interp.class_named("object");
    let class = Class::native("Random", "random", object.as_ref()).with_construct(|interp, _: &Rc<Class>, args| {
        let twister = seed_of(interp, args.positional.first())?;
        Ok(Value::object(Random(RefCell::new(twister))))
    });
    let module = Module::new("random").with("Random", Value::Class(interp.register_class(class)));
    // Without a host (inside a function on rows) the stream starts at a fixed seed.
    let twister = if interp.has_host() { seed_of(interp, None)? } else { Twister::seeded(&BigInt::from(0)) };
    let shared = Rc::new(Random(RefCell::new(twister)));
    let mut module = module;
    for name in NAMES {
        let shared = Rc::clone(&shared);
        module = module.function(name, move |interp, args| shared.method(interp, name, args));
    }
    Ok(module)
}

/// A 128-bit number from the interpreter's chance, for `uuid`.
pub fn draw(interp: &mut Interpreter) -> PyResult<u128> {
    let seed = interp.host()?.fresh_seed();
    let mut twister = Twister::seeded(&BigInt::from(seed));
    Ok((0..4).fold(0, |sum, _| (sum << 32) | u128::from(twister.next())))
}
