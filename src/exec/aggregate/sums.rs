//! `count`, `sum`, `avg`, `product`, bit and boolean aggregates: a number or two for each group.

use super::accumulator::{Accumulator, each_valid};
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int64Array, PrimitiveArray};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType as ArrowType, Decimal128Type, DurationMicrosecondType, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, IntervalYearMonthType,
};
use std::sync::Arc;

/// How overflow is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    Raise,
    /// Two's complement, `spark.sql.ansi.enabled=false`.
    Wrap,
    /// `try_sum`.
    Null,
}

fn overflow(what: &str) -> SparkError {
    SparkError::new(
        ErrorClass::ArithmeticException,
        format!("{what} overflow. Use 'try_sum' or 'try_avg' to tolerate overflow and return NULL instead"),
    )
    .with_condition("ARITHMETIC_OVERFLOW")
}

/// `count`: rows whose arguments all have a value.
#[derive(Default)]
pub struct Count {
    counts: Vec<i64>,
}

impl Accumulator for Count {
    fn resize(&mut self, groups: usize) {
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let columns: Vec<&ArrayRef> = args.iter().collect();
        if let ([count], [] | [_]) = (self.counts.as_mut_slice(), args) {
            let nulls = args.first().map_or(0, Array::logical_null_count);
            *count += (groups.len() - nulls) as i64;
            return Ok(());
        }
        each_valid(&columns, groups, |_, group| self.counts[group] += 1);
        Ok(())
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let counts = buffers[0].as_primitive::<Int64Type>();
        for (row, group) in groups.iter().enumerate() {
            self.counts[*group as usize] += counts.value(row);
        }
        Ok(())
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.finish()?])
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(self.counts.clone())))
    }

    fn size(&self) -> usize {
        self.counts.capacity() * 8
    }
}

/// `count_if`: rows whose condition is true.
#[derive(Default)]
pub struct CountIf(Count);

impl Accumulator for CountIf {
    fn resize(&mut self, groups: usize) {
        self.0.resize(groups);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let flags = args[0].as_boolean();
        each_valid(&[&args[0]], groups, |row, group| self.0.counts[group] += i64::from(flags.value(row)));
        Ok(())
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.0.merge(buffers, groups)
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        self.0.buffers()
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        self.0.finish()
    }

    fn size(&self) -> usize {
        self.0.size()
    }
}

/// `sum` over whole numbers and intervals, in 64 bits.
pub struct SumWhole {
    sums: Vec<i64>,
    /// Whether the group had a value.
    filled: Vec<bool>,
    overflown: Vec<bool>,
    policy: Overflow,
    result: DataType,
}

impl SumWhole {
    /// For results of this type.
    pub fn new(result: DataType, policy: Overflow) -> Self {
        SumWhole { sums: Vec::new(), filled: Vec::new(), overflown: Vec::new(), policy, result }
    }

    #[inline]
    fn add(&mut self, group: usize, value: i64) -> Result<()> {
        self.filled[group] = true;
        let (sum, over) = self.sums[group].overflowing_add(value);
        self.sums[group] = sum;
        if over {
            match self.policy {
                Overflow::Raise => return Err(overflow("long")),
                Overflow::Wrap => {}
                Overflow::Null => self.overflown[group] = true,
            }
        }
        Ok(())
    }

    /// One group, and numbers so small that no step on the way can overflow.
    fn add_small(&mut self, column: &ArrayRef) -> bool {
        let ([sum], [filled]) = (self.sums.as_mut_slice(), self.filled.as_mut_slice()) else { return false };
        if sum.unsigned_abs() > 1 << 61 || column.len() > 1 << 28 {
            return false;
        }
        let total = match column.data_type() {
            ArrowType::Int8 => total::<Int8Type>(column),
            ArrowType::Int16 => total::<Int16Type>(column),
            ArrowType::Int32 => total::<Int32Type>(column),
            _ => return false,
        };
        *filled |= column.null_count() < column.len();
        *sum += total;
        true
    }

    fn add_all(&mut self, column: &ArrayRef, groups: &[u32]) -> Result<()> {
        if self.add_small(column) {
            return Ok(());
        }
        let wide = match column.data_type() {
            ArrowType::Duration(_) => cast(column, &ArrowType::Int64)?,
            ArrowType::Interval(_) => {
                let months = column.as_primitive::<IntervalYearMonthType>();
                Arc::new(months.unary::<_, Int64Type>(i64::from)) as ArrayRef
            }
            _ => cast(column, &ArrowType::Int64)?,
        };
        let values = wide.as_primitive::<Int64Type>();
        if values.null_count() == 0 {
            for (value, group) in values.values().iter().zip(groups) {
                self.add(*group as usize, *value)?;
            }
        } else {
            for (value, group) in values.iter().zip(groups) {
                if let Some(value) = value {
                    self.add(*group as usize, value)?;
                }
            }
        }
        Ok(())
    }
}

fn total<T: ArrowPrimitiveType>(column: &ArrayRef) -> i64
where
    i64: From<T::Native>,
{
    let values = column.as_primitive::<T>();
    if values.null_count() == 0 {
        values.values().iter().map(|value| i64::from(*value)).sum()
    } else {
        values.iter().flatten().map(i64::from).sum()
    }
}

impl Accumulator for SumWhole {
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0);
        self.filled.resize(groups, false);
        self.overflown.resize(groups, false);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.add_all(&args[0], groups)
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.add_all(&buffers[0], groups)
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.finish()?])
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let values = self.sums.iter().zip(&self.filled).zip(&self.overflown);
        let values = values.map(|((sum, filled), over)| (*filled && !*over).then_some(*sum));
        Ok(match self.result {
            DataType::YearMonthInterval(..) => {
                let months =
                    values.map(|sum| sum.map(|sum| i32::try_from(sum).map_err(|_| overflow("interval"))).transpose());
                Arc::new(months.collect::<Result<PrimitiveArray<IntervalYearMonthType>>>()?)
            }
            DataType::DayTimeInterval(..) => Arc::new(values.collect::<PrimitiveArray<DurationMicrosecondType>>()),
            _ => Arc::new(values.collect::<Int64Array>()),
        })
    }

    fn size(&self) -> usize {
        self.sums.capacity() * 10
    }
}

/// `sum` over doubles, in the order of the rows.
#[derive(Default)]
pub struct SumDouble {
    sums: Vec<f64>,
    filled: Vec<bool>,
}

impl SumDouble {
    fn add_all(&mut self, column: &ArrayRef, groups: &[u32]) -> Result<()> {
        let wide = cast(column, &ArrowType::Float64)?;
        let values = wide.as_primitive::<Float64Type>();
        if let ([sum], [filled], 0) = (self.sums.as_mut_slice(), self.filled.as_mut_slice(), values.null_count()) {
            *filled |= !values.is_empty();
            *sum = values.values().iter().fold(*sum, |sum, value| sum + value);
            return Ok(());
        }
        let (sums, filled) = (&mut self.sums, &mut self.filled);
        each_valid(&[&wide], groups, |row, group| {
            sums[group] += values.value(row);
            filled[group] = true;
        });
        Ok(())
    }
}

impl Accumulator for SumDouble {
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0.0);
        self.filled.resize(groups, false);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.add_all(&args[0], groups)
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.add_all(&buffers[0], groups)
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.finish()?])
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let values = self.sums.iter().zip(&self.filled).map(|(sum, filled)| filled.then_some(*sum));
        Ok(Arc::new(values.collect::<Float64Array>()))
    }

    fn size(&self) -> usize {
        self.sums.capacity() * 9
    }
}

/// `sum` over decimals.
pub struct SumDecimal {
    sums: Vec<i128>,
    filled: Vec<bool>,
    overflown: Vec<bool>,
    precision: u8,
    scale: i8,
    policy: Overflow,
}

impl SumDecimal {
    /// For results with this precision and scale.
    pub fn new((precision, scale): (u8, i8), policy: Overflow) -> Self {
        SumDecimal { sums: Vec::new(), filled: Vec::new(), overflown: Vec::new(), precision, scale, policy }
    }

    fn add_all(&mut self, column: &ArrayRef, groups: &[u32]) {
        let values = column.as_primitive::<Decimal128Type>();
        let (sums, filled, overflown) = (&mut self.sums, &mut self.filled, &mut self.overflown);
        each_valid(&[column], groups, |row, group| {
            filled[group] = true;
            let (sum, over) = sums[group].overflowing_add(values.value(row));
            sums[group] = sum;
            overflown[group] |= over;
        });
    }

    fn values(&self) -> Result<ArrayRef> {
        let limit = 10i128.pow(u32::from(self.precision.min(38)));
        let mut values = Vec::with_capacity(self.sums.len());
        for ((sum, filled), over) in self.sums.iter().zip(&self.filled).zip(&self.overflown) {
            let fits = !over && sum.abs() < limit;
            if *filled && !fits && self.policy == Overflow::Raise {
                return Err(overflow("decimal"));
            }
            values.push((*filled && fits).then_some(*sum));
        }
        Ok(Arc::new(Decimal128Array::from(values).with_precision_and_scale(self.precision, self.scale)?))
    }
}

impl Accumulator for SumDecimal {
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0);
        self.filled.resize(groups, false);
        self.overflown.resize(groups, false);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.add_all(&args[0], groups);
        Ok(())
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let empty = buffers[1].as_boolean();
        for (row, group) in groups.iter().enumerate() {
            // Not empty and yet null: it did not fit.
            if buffers[0].is_null(row) && !empty.value(row) {
                self.filled[*group as usize] = true;
                self.overflown[*group as usize] = true;
            }
        }
        self.add_all(&buffers[0], groups);
        Ok(())
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        let empty: BooleanArray = self.filled.iter().map(|filled| Some(!filled)).collect();
        Ok(vec![self.values()?, Arc::new(empty)])
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        self.values()
    }

    fn size(&self) -> usize {
        self.sums.capacity() * 18
    }
}

/// `avg`: a sum and a count.
pub struct Average {
    sum: Box<dyn Accumulator>,
    counts: Count,
    argument: DataType,
    result: DataType,
    raise: bool,
}

impl Average {
    /// Over arguments of this type.
    pub fn new(argument: DataType, result: DataType, policy: Overflow) -> Self {
        let sum: Box<dyn Accumulator> = match &argument {
            DataType::Decimal(precision, scale) => {
                Box::new(SumDecimal::new(((precision + 10).min(38), *scale), policy))
            }
            DataType::YearMonthInterval(..) | DataType::DayTimeInterval(..) => {
                Box::new(SumWhole::new(DataType::Long, policy))
            }
            _ => Box::<SumDouble>::default(),
        };
        Average { sum, counts: Count::default(), argument, result, raise: policy == Overflow::Raise }
    }
}

impl Accumulator for Average {
    fn resize(&mut self, groups: usize) {
        self.sum.resize(groups);
        self.counts.resize(groups);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.sum.update(args, groups)?;
        self.counts.update(&args[..1], groups)
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let counts = buffers[1].as_primitive::<Int64Type>();
        if let DataType::Decimal(..) = self.argument {
            let empty: BooleanArray = counts.iter().map(|count| Some(count == Some(0))).collect();
            self.sum.merge(&[buffers[0].clone(), Arc::new(empty)], groups)?;
        } else if matches!(self.argument, DataType::YearMonthInterval(..) | DataType::DayTimeInterval(..)) {
            self.sum.merge(&[cast(&buffers[0], &ArrowType::Int64)?], groups)?;
        } else {
            self.sum.merge(&buffers[..1], groups)?;
        }
        self.counts.merge(&buffers[1..], groups)
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        let sum = self.sum.finish()?;
        Ok(vec![sum, self.counts.finish()?])
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let counts = self.counts.counts.clone();
        let sums = self.sum.finish()?;
        Ok(match (&self.argument, &self.result) {
            (DataType::Decimal(_, from), DataType::Decimal(precision, to)) => {
                let sums = sums.as_primitive::<Decimal128Type>();
                let limit = 10i128.pow(u32::from(*precision));
                let factor = 10i128.pow((*to - *from).max(0) as u32);
                let mut values = Vec::with_capacity(counts.len());
                for (sum, count) in sums.iter().zip(&counts) {
                    let value = sum.filter(|_| *count > 0).and_then(|sum| divided(sum, factor, i128::from(*count)));
                    if self.raise && value.is_some_and(|value| value.abs() >= limit) {
                        return Err(overflow("decimal"));
                    }
                    values.push(value.filter(|value| value.abs() < limit));
                }
                Arc::new(Decimal128Array::from(values).with_precision_and_scale(*precision, *to)?)
            }
            (DataType::YearMonthInterval(..), _) => {
                let sums = sums.as_primitive::<Int64Type>();
                let values = sums.iter().zip(&counts).map(|(sum, count)| {
                    sum.filter(|_| *count > 0).map(|sum| half_up(i128::from(sum), i128::from(*count)) as i32)
                });
                Arc::new(values.collect::<PrimitiveArray<IntervalYearMonthType>>())
            }
            (DataType::DayTimeInterval(..), _) => {
                let sums = sums.as_primitive::<Int64Type>();
                let values = sums.iter().zip(&counts).map(|(sum, count)| {
                    sum.filter(|_| *count > 0).map(|sum| half_up(i128::from(sum), i128::from(*count)) as i64)
                });
                Arc::new(values.collect::<PrimitiveArray<DurationMicrosecondType>>())
            }
            _ => {
                let sums = sums.as_primitive::<Float64Type>();
                let values = sums
                    .iter()
                    .zip(&counts)
                    .map(|(sum, count)| (*count > 0).then(|| sum.unwrap_or(0.0) / *count as f64));
                Arc::new(values.collect::<Float64Array>())
            }
        })
    }

    fn size(&self) -> usize {
        self.sum.size() + self.counts.size()
    }
}

fn divided(sum: i128, factor: i128, count: i128) -> Option<i128> {
    match sum.checked_mul(factor) {
        Some(scaled) => Some(half_up(scaled, count)),
        None => (sum / count).checked_mul(factor)?.checked_add(half_up((sum % count) * factor, count)),
    }
}

/// The quotient rounded half away from zero.
fn half_up(value: i128, by: i128) -> i128 {
    let (quotient, remainder) = (value / by, value % by);
    if remainder.abs() * 2 >= by { quotient + value.signum() } else { quotient }
}

/// A fold of whole numbers or flags that needs no start value.
pub struct Fold<T: ArrowPrimitiveType> {
    values: Vec<Option<T::Native>>,
    step: fn(T::Native, T::Native) -> T::Native,
}

impl<T: ArrowPrimitiveType> Fold<T> {
    fn new(step: fn(T::Native, T::Native) -> T::Native) -> Self {
        Fold { values: Vec::new(), step }
    }
}

impl<T: ArrowPrimitiveType> Accumulator for Fold<T> {
    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, None);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let column = args[0].as_primitive::<T>();
        let (values, step) = (&mut self.values, self.step);
        each_valid(&[&args[0]], groups, |row, group| {
            let value = column.value(row);
            values[group] = Some(values[group].map_or(value, |own| step(own, value)));
        });
        Ok(())
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.update(buffers, groups)
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.finish()?])
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.values.iter().copied().collect::<PrimitiveArray<T>>()))
    }

    fn size(&self) -> usize {
        self.values.capacity() * 16
    }
}

/// `bool_and`, `bool_or`.
pub struct FoldFlags {
    values: Vec<Option<bool>>,
    all: bool,
}

impl Accumulator for FoldFlags {
    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, None);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let column = args[0].as_boolean();
        let all = self.all;
        each_valid(&[&args[0]], groups, |row, group| {
            let value = column.value(row);
            let own = self.values[group].unwrap_or(all);
            self.values[group] = Some(if all { own && value } else { own || value });
        });
        Ok(())
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.update(buffers, groups)
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.finish()?])
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.values.iter().copied().collect::<BooleanArray>()))
    }

    fn size(&self) -> usize {
        self.values.capacity() * 2
    }
}

/// `bool_and` (all) or `bool_or`.
pub fn flags(all: bool) -> Box<dyn Accumulator> {
    Box::new(FoldFlags { values: Vec::new(), all })
}

/// `product`.
pub fn product() -> Box<dyn Accumulator> {
    Box::new(Fold::<Float64Type>::new(|a, b| a * b))
}

/// `bit_and`, `bit_or`, `bit_xor`.
pub fn bits(name: &str, data_type: &DataType) -> Result<Box<dyn Accumulator>> {
    macro_rules! fold {
        ($arrow:ty) => {
            Box::new(Fold::<$arrow>::new(match name {
                "bit_and" => |a, b| a & b,
                "bit_or" => |a, b| a | b,
                _ => |a, b| a ^ b,
            }))
        };
    }
    Ok(match data_type {
        DataType::Byte => fold!(Int8Type),
        DataType::Short => fold!(Int16Type),
        DataType::Integer => fold!(Int32Type),
        DataType::Long => fold!(Int64Type),
        other => return Err(SparkError::internal(format!("{name} over {other:?}"))),
    })
}
