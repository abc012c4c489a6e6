//! Functions that only exist over windows: ranks, neighbours, the n-th value.

use super::Sorted;
use crate::common::{Result, SparkError};
use crate::logical::scalar::Scalar;
use arrow::array::{Array, ArrayRef, Float64Array, Int32Array, UInt32Array};
use arrow::compute::{interleave, take};
use std::sync::Arc;

/// The column of one function.
///
/// # Errors
/// For functions that are not known.
pub fn compute(
    name: &str,
    args: &[ArrayRef],
    constants: &[Option<Scalar>],
    ignore_nulls: bool,
    sorted: &Sorted<'_>,
    ranges: &dyn Fn() -> Result<Vec<(usize, usize)>>,
) -> Result<ArrayRef> {
    let rows = sorted.rows.num_rows();
    let ints = |f: &dyn Fn(usize) -> usize| -> ArrayRef {
        Arc::new((0..rows).map(|row| f(row) as i32).collect::<Vec<_>>().into_iter().collect::<Int32Array>())
    };
    let reals = |f: &dyn Fn(usize) -> f64| -> ArrayRef {
        Arc::new((0..rows).map(f).collect::<Vec<_>>().into_iter().collect::<Float64Array>())
    };
    let partition = |row: usize| sorted.partitions.around(row);
    let peers = |row: usize| sorted.peers.around(row);
    Ok(match name {
        "row_number" => ints(&|row| row - partition(row).0 + 1),
        "rank" => ints(&|row| peers(row).0 - partition(row).0 + 1),
        "dense_rank" => ints(&|row| (sorted.peers.of_row[row] - sorted.peers.of_row[partition(row).0]) as usize + 1),
        "percent_rank" => reals(&|row| {
            let (start, end) = partition(row);
            if end - start <= 1 { 0.0 } else { (peers(row).0 - start) as f64 / (end - start - 1) as f64 }
        }),
        "cume_dist" => reals(&|row| {
            let (start, end) = partition(row);
            (peers(row).1 - start) as f64 / (end - start) as f64
        }),
        "ntile" => {
            let buckets = count_of(constants.first())?.max(1) as usize;
            ints(&|row| {
                let (start, end) = partition(row);
                tile(row - start, end - start, buckets)
            })
        }
        "lag" | "lead" => neighbours(name == "lead", args, constants, ignore_nulls, sorted)?,
        "nth_value" => {
            let number = count_of(constants.get(1))?.max(1) as usize;
            let ignore = ignore_nulls || constants.get(2) == Some(&Some(Scalar::Boolean(true)));
            let picks: UInt32Array =
                ranges()?.into_iter().map(|(start, end)| nth(&args[0], start, end, number, ignore)).collect();
            take(&args[0], &picks, None)?
        }
        other => return Err(SparkError::unsupported(format!("the window function {other}"), "use an aggregate")),
    })
}

fn count_of(constant: Option<&Option<Scalar>>) -> Result<i64> {
    match constant {
        Some(Some(Scalar::Integer(value))) => Ok(i64::from(*value)),
        Some(Some(Scalar::Long(value))) => Ok(*value),
        other => Err(SparkError::internal(format!("a count that is no constant: {other:?}"))),
    }
}

/// The bucket of the row at `place` of `size`; the first buckets are one larger when it does not come out even.
fn tile(place: usize, size: usize, buckets: usize) -> usize {
    let (small, larger) = (size / buckets, size % buckets);
    let threshold = larger * (small + 1);
    if place < threshold { place / (small + 1) + 1 } else { larger + (place - threshold) / small.max(1) + 1 }
}

fn nth(values: &ArrayRef, start: usize, end: usize, number: usize, ignore_nulls: bool) -> Option<u32> {
    if ignore_nulls {
        return (start..end).filter(|row| values.is_valid(*row)).nth(number - 1).map(|row| row as u32);
    }
    let at = start + number - 1;
    (at < end).then_some(at as u32)
}

fn neighbours(
    lead: bool,
    args: &[ArrayRef],
    constants: &[Option<Scalar>],
    ignore_nulls: bool,
    sorted: &Sorted<'_>,
) -> Result<ArrayRef> {
    let distance = if args.len() > 1 { count_of(constants.get(1))? } else { 1 };
    let distance = if lead { distance } else { -distance };
    let values = &args[0];
    let rows = sorted.rows.num_rows();
    let find = |row: usize| -> Option<usize> {
        let (start, end) = sorted.partitions.around(row);
        if ignore_nulls {
            let skip = (distance.unsigned_abs() as usize).checked_sub(1)?;
            let mut valid: Box<dyn Iterator<Item = usize>> =
                if distance > 0 { Box::new(row + 1..end) } else { Box::new((start..row).rev()) };
            return valid.by_ref().filter(|at| values.is_valid(*at)).nth(skip);
        }
        let at = row as i64 + distance;
        (at >= start as i64 && at < end as i64).then_some(at as usize)
    };
    let default = match args.get(2) {
        Some(default) => crate::exec::batch::conform(default.clone(), values.data_type())?,
        None => arrow::array::new_null_array(values.data_type(), rows),
    };
    let places: Vec<(usize, usize)> = (0..rows).map(|row| find(row).map_or((1, row), |at| (0, at))).collect();
    Ok(interleave(&[values.as_ref(), default.as_ref()], &places)?)
}

#[cfg(test)]
mod tests {
    use super::tile;

    #[test]
    fn tiles_are_as_even_as_can_be() {
        let tiles = |size, buckets| (0..size).map(|place| tile(place, size, buckets)).collect::<Vec<_>>();
        assert_eq!(tiles(7, 3), [1, 1, 1, 2, 2, 3, 3]);
        assert_eq!(tiles(2, 4), [1, 2]);
    }
}
