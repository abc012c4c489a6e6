//! Variance and its family, by Spark's one-pass update and merge formulas, so that digits agree.

use super::accumulator::{Accumulator, each_valid};
use crate::common::Result;
use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::Float64Type;
use std::sync::Arc;

/// Which number is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    StddevSamp,
    StddevPop,
    VarSamp,
    VarPop,
    Skewness,
    Kurtosis,
}

/// Count, mean and central moments of one column.
#[derive(Debug, Clone, Copy, Default)]
struct Central {
    n: f64,
    avg: f64,
    m2: f64,
    m3: f64,
    m4: f64,
}

impl Central {
    /// Takes a value where nobody asks for more than the variance.
    fn push_two(&mut self, x: f64) {
        self.n += 1.0;
        let delta = x - self.avg;
        let delta_n = delta / self.n;
        self.m2 += delta * (delta - delta_n);
        self.avg += delta_n;
    }

    fn push(&mut self, x: f64) {
        let n = self.n + 1.0;
        let delta = x - self.avg;
        let delta_n = delta / n;
        let m2 = self.m2 + delta * (delta - delta_n);
        let (delta2, delta_n2) = (delta * delta, delta_n * delta_n);
        let m3 = self.m3 - 3.0 * delta_n * m2 + delta * (delta2 - delta_n2);
        let m4 = self.m4 - 4.0 * delta_n * m3 - 6.0 * delta_n2 * m2 + delta * (delta * delta2 - delta_n * delta_n2);
        *self = Central { n, avg: self.avg + delta_n, m2, m3, m4 };
    }

    fn merge(&mut self, other: Central) {
        let (n1, n2) = (self.n, other.n);
        let n = n1 + n2;
        let delta = other.avg - self.avg;
        let delta_n = if n == 0.0 { 0.0 } else { delta / n };
        let m2 = self.m2 + other.m2 + delta * delta_n * n1 * n2;
        let m3 = self.m3
            + other.m3
            + delta_n * delta_n * delta * n1 * n2 * (n1 - n2)
            + 3.0 * delta_n * (n1 * other.m2 - n2 * self.m2);
        let m4 = self.m4
            + other.m4
            + delta_n * delta_n * delta_n * delta * n1 * n2 * (n1 * n1 - n1 * n2 + n2 * n2)
            + 6.0 * delta_n * delta_n * (n1 * n1 * other.m2 + n2 * n2 * self.m2)
            + 4.0 * delta_n * (n1 * other.m3 - n2 * self.m3);
        *self = Central { n, avg: self.avg + delta_n * n2, m2, m3, m4 };
    }

    fn result(&self, moment: Moment) -> Option<f64> {
        let Central { n, m2, m3, m4, .. } = *self;
        match moment {
            _ if n == 0.0 => None,
            Moment::StddevPop => Some((m2 / n).sqrt()),
            Moment::VarPop => Some(m2 / n),
            Moment::StddevSamp => (n > 1.0).then(|| (m2 / (n - 1.0)).sqrt()),
            Moment::VarSamp => (n > 1.0).then(|| m2 / (n - 1.0)),
            Moment::Skewness => (m2 != 0.0).then(|| n.sqrt() * m3 / (m2 * m2 * m2).sqrt()),
            Moment::Kurtosis => (m2 != 0.0).then(|| n * m4 / (m2 * m2) - 3.0),
        }
    }
}

/// Moments of one column for each group.
pub struct Moments {
    states: Vec<Central>,
    moment: Moment,
}

impl Moments {
    /// For this number.
    pub fn new(moment: Moment) -> Self {
        Moments { states: Vec::new(), moment }
    }

    fn parts(&self) -> usize {
        match self.moment {
            Moment::Skewness => 4,
            Moment::Kurtosis => 5,
            _ => 3,
        }
    }
}

impl Accumulator for Moments {
    fn resize(&mut self, groups: usize) {
        self.states.resize(groups, Central::default());
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let values = args[0].as_primitive::<Float64Type>();
        let states = &mut self.states;
        match self.moment {
            Moment::Skewness | Moment::Kurtosis => {
                each_valid(&[&args[0]], groups, |row, group| states[group].push(values.value(row)));
            }
            _ => each_valid(&[&args[0]], groups, |row, group| states[group].push_two(values.value(row))),
        }
        Ok(())
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let columns: Vec<_> = buffers.iter().map(arrow::array::AsArray::as_primitive::<Float64Type>).collect();
        let part = |i: usize, row: usize| columns.get(i).map_or(0.0, |column| column.value(row));
        for (row, group) in groups.iter().enumerate() {
            let other =
                Central { n: part(0, row), avg: part(1, row), m2: part(2, row), m3: part(3, row), m4: part(4, row) };
            self.states[*group as usize].merge(other);
        }
        Ok(())
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        let part = |get: fn(&Central) -> f64| -> ArrayRef {
            Arc::new(self.states.iter().map(get).collect::<Vec<_>>().into_iter().collect::<Float64Array>())
        };
        let mut all = vec![part(|s| s.n), part(|s| s.avg), part(|s| s.m2), part(|s| s.m3), part(|s| s.m4)];
        all.truncate(self.parts());
        Ok(all)
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.states.iter().map(|state| state.result(self.moment)).collect::<Float64Array>()))
    }

    fn size(&self) -> usize {
        self.states.capacity() * 40
    }
}

/// What is asked of two columns. For `regr_*` the first argument is y, the second x.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    Corr,
    CovarPop,
    CovarSamp,
    RegrAvgX,
    RegrAvgY,
    RegrSlope,
    RegrIntercept,
    RegrR2,
    RegrSxx,
    RegrSxy,
    RegrSyy,
}

#[derive(Debug, Clone, Copy, Default)]
struct Joint {
    n: f64,
    a_avg: f64,
    b_avg: f64,
    ck: f64,
    a_m2: f64,
    b_m2: f64,
}

impl Joint {
    fn push(&mut self, a: f64, b: f64) {
        self.n += 1.0;
        let (da, db) = (a - self.a_avg, b - self.b_avg);
        self.a_avg += da / self.n;
        self.b_avg += db / self.n;
        self.ck += da * (b - self.b_avg);
        self.a_m2 += da * (a - self.a_avg);
        self.b_m2 += db * (b - self.b_avg);
    }

    fn merge(&mut self, other: Joint) {
        let (n1, n2) = (self.n, other.n);
        let n = n1 + n2;
        let (da, db) = (other.a_avg - self.a_avg, other.b_avg - self.b_avg);
        let (da_n, db_n) = if n == 0.0 { (0.0, 0.0) } else { (da / n, db / n) };
        self.ck = self.ck + other.ck + da * db_n * n1 * n2;
        self.a_m2 = self.a_m2 + other.a_m2 + da * da_n * n1 * n2;
        self.b_m2 = self.b_m2 + other.b_m2 + db * db_n * n1 * n2;
        self.a_avg += da_n * n2;
        self.b_avg += db_n * n2;
        self.n = n;
    }

    fn result(&self, wanted: Pair) -> Option<f64> {
        let Joint { n, a_avg, b_avg, ck, a_m2, b_m2 } = *self;
        let slope = || (b_m2 != 0.0).then(|| (ck / n) / (b_m2 / n));
        match wanted {
            _ if n == 0.0 => None,
            Pair::Corr => (n > 1.0 && a_m2 * b_m2 != 0.0).then(|| ck / (a_m2 * b_m2).sqrt()),
            Pair::CovarPop => Some(ck / n),
            Pair::CovarSamp => (n > 1.0).then(|| ck / (n - 1.0)),
            Pair::RegrAvgX => Some(b_avg),
            Pair::RegrAvgY => Some(a_avg),
            Pair::RegrSlope => slope(),
            Pair::RegrIntercept => slope().map(|slope| a_avg - slope * b_avg),
            Pair::RegrR2 if b_m2 == 0.0 => None,
            Pair::RegrR2 if a_m2 == 0.0 => Some(1.0),
            Pair::RegrR2 => {
                let corr = ck / (a_m2 * b_m2).sqrt();
                Some(corr * corr)
            }
            Pair::RegrSxx => Some(b_m2),
            Pair::RegrSxy => Some(ck),
            Pair::RegrSyy => Some(a_m2),
        }
    }
}

/// Moments of two columns for each group.
pub struct Pairs {
    states: Vec<Joint>,
    wanted: Pair,
}

impl Pairs {
    /// For this number.
    pub fn new(wanted: Pair) -> Self {
        Pairs { states: Vec::new(), wanted }
    }
}

impl Accumulator for Pairs {
    fn resize(&mut self, groups: usize) {
        self.states.resize(groups, Joint::default());
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let (a, b) = (args[0].as_primitive::<Float64Type>(), args[1].as_primitive::<Float64Type>());
        let states = &mut self.states;
        each_valid(&[&args[0], &args[1]], groups, |row, group| states[group].push(a.value(row), b.value(row)));
        Ok(())
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let columns: Vec<_> = buffers.iter().map(arrow::array::AsArray::as_primitive::<Float64Type>).collect();
        let part = |i: usize, row: usize| columns.get(i).map_or(0.0, |column| column.value(row));
        for (row, group) in groups.iter().enumerate() {
            let other = Joint {
                n: part(0, row),
                a_avg: part(1, row),
                b_avg: part(2, row),
                ck: part(3, row),
                a_m2: part(4, row),
                b_m2: part(5, row),
            };
            self.states[*group as usize].merge(other);
        }
        Ok(())
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        let part = |get: fn(&Joint) -> f64| -> ArrayRef {
            Arc::new(Float64Array::from(self.states.iter().map(get).collect::<Vec<_>>()))
        };
        let mut all = vec![
            part(|s| s.n),
            part(|s| s.a_avg),
            part(|s| s.b_avg),
            part(|s| s.ck),
            part(|s| s.a_m2),
            part(|s| s.b_m2),
        ];
        if matches!(self.wanted, Pair::CovarPop | Pair::CovarSamp) {
            all.truncate(4);
        }
        Ok(all)
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.states.iter().map(|state| state.result(self.wanted)).collect::<Float64Array>()))
    }

    fn size(&self) -> usize {
        self.states.capacity() * 48
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(accumulator: &mut dyn Accumulator) -> Vec<Option<f64>> {
        accumulator.finish().unwrap().as_primitive::<Float64Type>().iter().collect()
    }

    #[test]
    fn merged_halves_equal_the_whole() {
        let column: ArrayRef = Arc::new(Float64Array::from(vec![Some(2.0), None, Some(4.0), Some(4.0), Some(10.0)]));
        for moment in [Moment::StddevSamp, Moment::VarPop, Moment::Skewness, Moment::Kurtosis] {
            let mut whole = Moments::new(moment);
            whole.resize(1);
            whole.update(std::slice::from_ref(&column), &[0; 5]).unwrap();
            let (mut left, mut right) = (Moments::new(moment), Moments::new(moment));
            left.resize(1);
            right.resize(1);
            left.update(&[column.slice(0, 2)], &[0; 2]).unwrap();
            right.update(&[column.slice(2, 3)], &[0; 3]).unwrap();
            left.merge(&right.buffers().unwrap(), &[0]).unwrap();
            let (merged, direct) = (values(&mut left)[0].unwrap(), values(&mut whole)[0].unwrap());
            assert!((merged - direct).abs() < 1e-12, "{moment:?}: {merged} {direct}");
        }
    }
}
