//! Whole numbers of any size, with the few operations that printing a double needs.

use std::cmp::Ordering;

/// A number of 32-bit digits, the lowest first, without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Big(Vec<u32>);

/// What is asked of a number, wide or narrow.
pub(super) trait Natural: Ord + Clone {
    /// `value * 5^fives * 2^twos`.
    fn of(value: u64, fives: u32, twos: u32) -> Self;
    fn times(&mut self, factor: u32);
    fn plus(&self, other: &Self) -> Self;
    /// The quotient, which is a decimal digit; the remainder stays.
    fn divide_digit(&mut self, divisor: &Self) -> u8;
}

impl Natural for u128 {
    fn of(value: u64, fives: u32, twos: u32) -> Self {
        (u128::from(value) * 5_u128.pow(fives)) << twos
    }

    fn times(&mut self, factor: u32) {
        *self *= u128::from(factor);
    }

    fn plus(&self, other: &Self) -> Self {
        self + other
    }

    fn divide_digit(&mut self, divisor: &Self) -> u8 {
        let quotient = *self / divisor;
        *self -= quotient * divisor;
        quotient as u8
    }
}

impl Natural for Big {
    fn of(value: u64, fives: u32, twos: u32) -> Self {
        let mut big = Big(vec![0; (twos / 32) as usize]);
        let shifted = u128::from(value) << (twos % 32);
        for part in 0..4 {
            big.0.push((shifted >> (32 * part)) as u32);
        }
        big.trim();
        let mut left = fives;
        while left > 0 {
            let step = left.min(13);
            big.times(5_u32.pow(step));
            left -= step;
        }
        big
    }

    fn times(&mut self, factor: u32) {
        let mut carry = 0_u64;
        for digit in &mut self.0 {
            let product = u64::from(*digit) * u64::from(factor) + carry;
            *digit = product as u32;
            carry = product >> 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn plus(&self, other: &Self) -> Self {
        let mut sum = Vec::with_capacity(self.0.len().max(other.0.len()) + 1);
        let mut carry = 0_u64;
        for i in 0..self.0.len().max(other.0.len()) {
            let digit = |big: &Self| u64::from(big.0.get(i).copied().unwrap_or(0));
            let total = digit(self) + digit(other) + carry;
            sum.push(total as u32);
            carry = total >> 32;
        }
        sum.push(carry as u32);
        let mut sum = Big(sum);
        sum.trim();
        sum
    }

    fn divide_digit(&mut self, divisor: &Self) -> u8 {
        let mut quotient = 0;
        while *self >= *divisor && quotient < 10 {
            self.minus(divisor);
            quotient += 1;
        }
        quotient
    }
}

impl Big {
    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn minus(&mut self, other: &Self) {
        let mut borrow = 0_i64;
        for i in 0..self.0.len() {
            let mut digit = i64::from(self.0[i]) - i64::from(other.0.get(i).copied().unwrap_or(0)) - borrow;
            borrow = i64::from(digit < 0);
            if digit < 0 {
                digit += 1 << 32;
            }
            self.0[i] = digit as u32;
        }
        self.trim();
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Big {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}
