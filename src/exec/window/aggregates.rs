//! Aggregates over frames.
//!
//! Three ways: the whole partition (each partition is a group); a frame that only grows (one running state); any other (each row's frame is
//! spelled out, many rows at a time).

use super::Sorted;
use crate::common::Result;
use crate::exec::aggregate::{Accumulator, accumulator};
use crate::exec::task::TaskContext;
use crate::logical::expr::AggregateCall;
use arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array};
use arrow::compute::{concat, take};

/// Rows of frames spelled out at once.
const SPELLED_ROWS: usize = 1 << 18;

/// The column of one aggregate.
///
/// # Errors
/// What the aggregate raised.
pub fn compute(
    call: &AggregateCall,
    args: &[ArrayRef],
    keep: Option<&BooleanArray>,
    ranges: &[(usize, usize)],
    sorted: &Sorted<'_>,
    context: &TaskContext,
) -> Result<ArrayRef> {
    let kept = |row: usize| keep.is_none_or(|keep| keep.value(row));
    let frames = Frames { call, args, ranges, context };
    let whole = ranges.iter().enumerate().all(|(row, range)| *range == sorted.partitions.around(row));
    if whole {
        return frames.whole(sorted, &kept);
    }
    let grows = ranges.iter().enumerate().all(|(row, (start, _))| *start == sorted.partitions.around(row).0);
    if grows { frames.growing(sorted, &kept) } else { frames.spelled(&kept) }
}

struct Frames<'f> {
    call: &'f AggregateCall,
    args: &'f [ArrayRef],
    ranges: &'f [(usize, usize)],
    context: &'f TaskContext,
}

impl Frames<'_> {
    fn update(&self, state: &mut dyn Accumulator, rows: Vec<u32>, groups: &[u32]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let all = rows.len() == self.ranges.len() && rows.iter().enumerate().all(|(i, row)| i as u32 == *row);
        if all {
            return state.update(self.args, groups);
        }
        let contiguous = rows.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let columns = if contiguous {
            self.args.iter().map(|arg| arg.slice(rows[0] as usize, rows.len())).collect::<Vec<_>>()
        } else {
            let indices = UInt32Array::from(rows);
            self.args.iter().map(|arg| Ok(take(arg, &indices, None)?)).collect::<Result<Vec<_>>>()?
        };
        state.update(&columns, groups)
    }

    fn whole(&self, sorted: &Sorted<'_>, kept: &dyn Fn(usize) -> bool) -> Result<ArrayRef> {
        let mut state = accumulator(self.call, self.context)?;
        state.resize(sorted.partitions.count());
        let rows: Vec<u32> = (0..self.ranges.len() as u32).filter(|row| kept(*row as usize)).collect();
        let groups: Vec<u32> = rows.iter().map(|row| sorted.partitions.of_row[*row as usize]).collect();
        self.update(state.as_mut(), rows, &groups)?;
        let results = state.finish()?;
        Ok(take(&results, &UInt32Array::from(sorted.partitions.of_row.clone()), None)?)
    }

    fn growing(&self, sorted: &Sorted<'_>, kept: &dyn Fn(usize) -> bool) -> Result<ArrayRef> {
        let mut results: Vec<ArrayRef> = Vec::new();
        let mut picks: Vec<u32> = Vec::with_capacity(self.ranges.len());
        for partition in 0..sorted.partitions.count() {
            let (start, end) = sorted.partitions.range(partition);
            let mut state = accumulator(self.call, self.context)?;
            state.resize(1);
            let mut done = start;
            let mut fresh = true;
            for row in start..end {
                let upto = self.ranges[row].1;
                if upto > done {
                    let rows: Vec<u32> = (done..upto).filter(|row| kept(*row)).map(|row| row as u32).collect();
                    let groups = vec![0; rows.len()];
                    self.update(state.as_mut(), rows, &groups)?;
                    done = upto;
                    fresh = true;
                }
                if std::mem::take(&mut fresh) {
                    results.push(state.finish()?);
                }
                picks.push(results.len() as u32 - 1);
            }
        }
        let parts: Vec<&dyn Array> = results.iter().map(AsRef::as_ref).collect();
        Ok(take(&concat(&parts)?, &UInt32Array::from(picks), None)?)
    }

    fn spelled(&self, kept: &dyn Fn(usize) -> bool) -> Result<ArrayRef> {
        let mut results: Vec<ArrayRef> = Vec::new();
        let mut row = 0;
        while row < self.ranges.len() {
            let mut state = accumulator(self.call, self.context)?;
            let (mut rows, mut groups, first) = (Vec::new(), Vec::new(), row);
            while row < self.ranges.len() && (rows.len() < SPELLED_ROWS || row == first) {
                let (start, end) = self.ranges[row];
                for member in (start..end).filter(|member| kept(*member)) {
                    rows.push(member as u32);
                    groups.push((row - first) as u32);
                }
                row += 1;
            }
            state.resize(row - first);
            self.update(state.as_mut(), rows, &groups)?;
            results.push(state.finish()?);
        }
        let parts: Vec<&dyn Array> = results.iter().map(AsRef::as_ref).collect();
        Ok(concat(&parts)?)
    }
}
