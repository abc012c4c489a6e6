//! How large Spark believes a plan's rows are (`SizeInBytesOnlyStatsPlanVisitor`).
//!
//! Only sizes of files are known before a query runs; every node above scales them by the width of its rows. A frame made from Python
//! rows counts as endless, as in Spark: such a side is only broadcast by a hint or by what adaptive execution measured.

use super::planner::{Kept, NothingKept, PlannerContext};
use crate::logical::plan::{FileScan, JoinType};
use crate::logical::{Attribute, DataType, LogicalPlan};

/// Spark's `defaultSizeInBytes`.
const UNKNOWN: u128 = i64::MAX as u128;

/// What sizes depend on beside the plan.
#[derive(Clone, Copy)]
struct Known<'a> {
    kept: &'a dyn Kept,
    scale: u64,
}

/// The estimated size of a plan's rows in bytes.
#[must_use]
pub fn size_in_bytes(plan: &LogicalPlan, context: &PlannerContext<'_>) -> u128 {
    size_of(plan, Known { kept: context.kept, scale: context.scale })
}

/// The estimate when nothing is cached or scaled.
#[must_use]
pub fn estimate(plan: &LogicalPlan) -> u128 {
    size_of(plan, Known { kept: &NothingKept, scale: 1 })
}

fn size_of(plan: &LogicalPlan, context: Known<'_>) -> u128 {
    match plan {
        LogicalPlan::LocalRelation { output, batch, partitions } => match partitions {
            Some(0) => row_size(output).saturating_mul(batch.num_rows() as u128),
            _ => UNKNOWN,
        },
        LogicalPlan::Range { start, end, step, .. } => {
            8u128.saturating_mul(crate::logical::plan::range_length(*start, *end, *step)).max(1)
        }
        LogicalPlan::OneRow => 1,
        LogicalPlan::Scan(scan) => scan_size(scan, context),
        LogicalPlan::Cached { id, plan, output, .. } => match context.kept.bytes(*id) {
            Some(bytes) => u128::from(bytes),
            None => scaled(size_of(plan, context), &plan.output(), output),
        },
        LogicalPlan::Ran { plan, .. } => size_of(plan, context),
        LogicalPlan::Checkpoint { scan, .. } => size_of(scan, context),
        LogicalPlan::Union { inputs, .. } => {
            inputs.iter().map(|input| size_of(input, context)).fold(0, u128::saturating_add)
        }
        LogicalPlan::Join { left, right, join_type, .. } => match join_type {
            JoinType::LeftSemi | JoinType::LeftAnti => size_of(left, context),
            JoinType::Inner | JoinType::Cross | JoinType::LeftOuter | JoinType::RightOuter | JoinType::FullOuter => {
                size_of(left, context).saturating_mul(size_of(right, context))
            }
        },
        LogicalPlan::Except { left, .. } => size_of(left, context),
        LogicalPlan::UnionLoop { anchor, recursion, .. } => {
            size_of(anchor, context).saturating_add(size_of(recursion, context))
        }
        LogicalPlan::UnionLoopRef { .. } => UNKNOWN,
        LogicalPlan::Intersect { left, right, .. } => size_of(left, context).min(size_of(right, context)),
        LogicalPlan::Limit { count, .. } | LogicalPlan::Tail { count, .. } => {
            row_size(&plan.output()).saturating_mul(*count as u128).max(1)
        }
        LogicalPlan::Expand { projections, input, .. } => {
            size_of(input, context).saturating_mul(projections.len() as u128)
        }
        LogicalPlan::Sample { fraction, input, .. } => {
            ((size_of(input, context) as f64 * fraction).ceil() as u128).max(1)
        }
        LogicalPlan::Aggregate { grouping: crate::logical::plan::Grouping::By(by), .. } if by.is_empty() => {
            row_size(&plan.output())
        }
        LogicalPlan::MapPartitions { .. } => UNKNOWN,
        LogicalPlan::UnresolvedRelation { .. } | LogicalPlan::Write { .. } => 1,
        LogicalPlan::SubqueryAlias { input, .. }
        | LogicalPlan::With { input, .. }
        | LogicalPlan::WithColumns { input, .. }
        | LogicalPlan::WithColumnsRenamed { input, .. }
        | LogicalPlan::DropColumns { input, .. }
        | LogicalPlan::Filter { input, .. }
        | LogicalPlan::Pivot { input, .. }
        | LogicalPlan::Unpivot { input, .. }
        | LogicalPlan::Sort { input, .. }
        | LogicalPlan::WindowGroupLimit { input, .. }
        | LogicalPlan::LocalLimit { input, .. }
        | LogicalPlan::Offset { input, .. }
        | LogicalPlan::Distinct { input }
        | LogicalPlan::Deduplicate { input, .. }
        | LogicalPlan::Repartition { input, .. }
        | LogicalPlan::Hint { input, .. } => size_of(input, context),
        LogicalPlan::Project { input, .. }
        | LogicalPlan::Aggregate { input, .. }
        | LogicalPlan::Window { input, .. }
        | LogicalPlan::Generate { input, .. } => scaled(size_of(input, context), &input.output(), &plan.output()),
    }
}

fn scan_size(scan: &FileScan, context: Known<'_>) -> u128 {
    let files: u128 = scan.files.iter().map(|file| u128::from(file.size)).sum();
    (files * u128::from(context.scale)).max(1)
}

fn scaled(bytes: u128, from: &[Attribute], to: &[Attribute]) -> u128 {
    (bytes.saturating_mul(row_size(to)) / row_size(from)).max(1)
}

/// The width that Spark assumes for a row.
#[must_use]
pub fn row_size(output: &[Attribute]) -> u128 {
    8 + output.iter().map(|column| default_size(&column.data_type)).sum::<u128>()
}

/// The width that Spark assumes for a value (`DataType.defaultSize`).
#[must_use]
pub fn default_size(data_type: &DataType) -> u128 {
    match data_type {
        DataType::Null | DataType::Boolean | DataType::Byte => 1,
        DataType::Short => 2,
        DataType::Integer | DataType::Float | DataType::Date | DataType::YearMonthInterval(..) => 4,
        DataType::Long
        | DataType::Double
        | DataType::Timestamp
        | DataType::TimestampNtz
        | DataType::Time
        | DataType::DayTimeInterval(..) => 8,
        DataType::Decimal(precision, _) => {
            if *precision <= 18 {
                8
            } else {
                16
            }
        }
        DataType::CalendarInterval => 16,
        DataType::Variant | DataType::Spatial(..) => 2048,
        DataType::String => 20,
        DataType::Binary => 100,
        DataType::Array(element, _) => default_size(element),
        DataType::Map(key, value, _) => default_size(key) + default_size(value),
        DataType::Struct(fields) => fields.fields.iter().map(|field| default_size(&field.data_type)).sum(),
    }
}
