//! The decimal digits that Java 17 prints for a double or a float.
//!
//! Mostly the shortest digits that read back as the same number, but not always: Java 17 stops by a slightly other test, prints at least two
//! digits in scientific form, and rounds whole floats to their precision. So the digits are made here as Java makes them: the value is a
//! fraction `b / s`, digits are divided off until what remains is below half the distance `m` to the next number.

use super::big::{Big, Natural};

/// The digits of a finite double that is not negative, and the exponent of the first one.
#[must_use]
pub fn double_digits(value: f64) -> (String, i32) {
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    // What Rust prints is right for these, and quick.
    if value == 0.0 || (value < 9_007_199_254_740_992.0 && value.fract() == 0.0) {
        return shortest(&format!("{value:e}"));
    }
    if exponent == 0 {
        let shift = fraction.leading_zeros() as i32 - 11;
        return digits(fraction << shift, 1 - shift - 1023, 53 - shift);
    }
    digits(fraction | (1 << 52), exponent - 1023, 53)
}

/// The digits of a finite float that is not negative, and the exponent of the first one.
#[must_use]
pub fn float_digits(value: f32) -> (String, i32) {
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 23) as i32, u64::from(bits & ((1 << 23) - 1)));
    if value == 0.0 || (value < 16_777_216.0 && value.fract() == 0.0) {
        return shortest(&format!("{value:e}"));
    }
    if exponent == 0 {
        let shift = fraction.leading_zeros() as i32 - 40;
        return digits((fraction << shift) << 29, 1 - shift - 127, 24 - shift);
    }
    digits((fraction | (1 << 23)) << 29, exponent - 127, 24)
}

fn shortest(scientific: &str) -> (String, i32) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    (mantissa.chars().filter(|c| *c != '.').collect(), exponent.parse().unwrap_or(0))
}

/// `fraction` has 53 bits, the first of which is worth `2^exponent`; `significant` of them count.
fn digits(fraction: u64, exponent: i32, significant: i32) -> (String, i32) {
    let trailing = fraction.trailing_zeros() as i32;
    let width = 53 - trailing;
    let tiny = (width - exponent - 1).max(0);
    if tiny == 0 && exponent <= 62 {
        return whole_digits(fraction, exponent, significant);
    }
    let estimate = estimate_exponent(fraction, exponent);
    let five_b = (-estimate).max(0);
    let mut two_b = five_b + tiny + exponent;
    let five_s = estimate.max(0);
    let mut two_s = five_s + tiny;
    let mut two_m = two_b - significant;
    two_b -= width - 1;
    let common = two_b.min(two_s);
    two_b -= common;
    two_s -= common;
    two_m -= common;
    if width == 1 {
        two_m -= 1;
    }
    if two_m < 0 {
        two_b -= two_m;
        two_s -= two_m;
        two_m = 0;
    }
    let bits_of_five = |power: i32| if power < 27 { FIVE_BITS[power as usize] } else { power * 3 };
    let small = width + two_b + bits_of_five(five_b) < 64 && two_s + 1 + bits_of_five(five_s + 1) < 64;
    let mantissa = fraction >> trailing;
    let (two_b, two_s, two_m) = (two_b as u32, two_s as u32, two_m as u32);
    let (five_b, five_s) = (five_b as u32, five_s as u32);
    // Room for one more factor of ten.
    let most = (width as u32 + two_b + five_b * 7 / 3).max(two_s + five_s * 7 / 3 + 1);
    if most < 116 {
        start::<u128>(mantissa, (five_b, two_b), (five_s, two_s), two_m, small).develop(estimate)
    } else {
        start::<Big>(mantissa, (five_b, two_b), (five_s, two_s), two_m, small).develop(estimate)
    }
}

fn start<N: Natural>(mantissa: u64, b: (u32, u32), s: (u32, u32), two_m: u32, strict: bool) -> Fraction<N> {
    Fraction { b: N::of(mantissa, b.0, b.1), s: N::of(1, s.0, s.1), m: N::of(1, b.0, two_m), strict }
}

/// Bits of the powers of five, as Java's table has them.
const FIVE_BITS: [i32; 27] =
    [0, 3, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28, 31, 33, 35, 38, 40, 42, 45, 47, 49, 52, 54, 56, 59, 61];

fn estimate_exponent(fraction: u64, exponent: i32) -> i32 {
    let scaled = f64::from_bits((1023 << 52) | (fraction & ((1 << 52) - 1)));
    ((scaled - 1.5) * 0.289_529_654 + 0.176_091_259 + f64::from(exponent) * std::f64::consts::LOG10_2).floor() as i32
}

/// A whole number: digits beyond the precision are rounded away.
fn whole_digits(fraction: u64, exponent: i32, significant: i32) -> (String, i32) {
    let beyond = exponent - significant - 1;
    let insignificant =
        if exponent > significant && beyond > 3 { (f64::from(beyond) * std::f64::consts::LOG10_2) as u32 } else { 0 };
    let value = if exponent >= 52 { fraction << (exponent - 52) } else { fraction >> (52 - exponent) };
    let unit = 10_u64.pow(insignificant);
    let rounded = value / unit + u64::from(insignificant > 0 && value % unit >= unit / 2);
    let text = rounded.to_string();
    let first = text.len() as i32 - 1 + insignificant as i32;
    let kept = text.trim_end_matches('0');
    (if kept.is_empty() { "0" } else { kept }.to_owned(), first)
}

struct Fraction<N> {
    b: N,
    s: N,
    m: N,
    /// Whether the upper stop is "more than", as in Java's arithmetic of plain integers, or "at least".
    strict: bool,
}

impl<N: Natural> Fraction<N> {
    /// Divides one digit off; says whether the rest is near enough to the lower or the upper neighbour.
    fn step(&mut self, tens: &N) -> (u8, bool, bool) {
        let digit = self.b.divide_digit(&self.s);
        self.b.times(10);
        self.m.times(10);
        let low = self.b < self.m;
        let sum = self.b.plus(&self.m);
        let high = if self.strict { sum > *tens } else { sum >= *tens };
        (digit, low, high)
    }

    fn develop(mut self, estimate: i32) -> (String, i32) {
        let mut exponent = estimate;
        let mut tens = self.s.clone();
        tens.times(10);
        let mut digits: Vec<u8> = Vec::new();
        let (first, mut low, mut high) = self.step(&tens);
        if first == 0 && !high {
            exponent -= 1;
        } else {
            digits.push(first);
        }
        if !(-3..8).contains(&exponent) {
            low = false;
            high = false;
        }
        while !low && !high {
            let (digit, below, above) = self.step(&tens);
            digits.push(digit);
            (low, high) = (below, above);
        }
        self.b.times(2);
        let up = match (high, low) {
            (true, true) => match self.b.cmp(&tens) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Equal => digits.last().is_some_and(|digit| digit % 2 == 1),
                std::cmp::Ordering::Less => false,
            },
            (high, _) => high,
        };
        if up && round_up(&mut digits) {
            exponent += 1;
        }
        while digits.len() > 1 && digits.last() == Some(&0) {
            digits.pop();
        }
        (digits.into_iter().map(|digit| char::from(b'0' + digit)).collect(), exponent)
    }
}

/// Adds one to the last digit; true when all digits were nines and became one and zeros.
fn round_up(digits: &mut [u8]) -> bool {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return false;
        }
        *digit = 0;
    }
    if let Some(first) = digits.first_mut() {
        *first = 1;
    }
    true
}
