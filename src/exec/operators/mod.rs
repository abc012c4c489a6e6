//! One file for each operator.

mod exchange;
mod expand;
mod external_sort;
mod filter;
mod leaves;
mod limits;
mod project;
mod sample;
mod sort;
mod table_call;
mod top_rows;
mod unions;

pub(super) use leaves::Ready;

use super::runtime::{Rows, Runtime};
use crate::common::{Result, SparkError};
use crate::logical::Expr;
use crate::physical::plan::PhysicalPlan;

/// Makes the operator of the plan's root over those of its children.
pub(super) fn build<'a>(runtime: &'a Runtime<'a>, plan: &'a PhysicalPlan, partition: usize) -> Result<Rows<'a>> {
    match plan {
        PhysicalPlan::LocalTableScan { output, batch, partitions, .. } => {
            leaves::local_table(output, batch, *partitions, partition)
        }
        PhysicalPlan::Range { start, end, step, partitions, output } => {
            let slice = leaves::range_slice(*start, *end, *step, *partitions, partition);
            Ok(leaves::range(runtime, output, slice))
        }
        PhysicalPlan::OneRow => leaves::one_row(),
        PhysicalPlan::FileScan(scan) => super::scan::build(runtime, scan, partition),
        PhysicalPlan::InMemoryTableScan { id, output, stored, plan, .. } => {
            leaves::cached(runtime, *id, output, stored, plan, partition)
        }
        PhysicalPlan::Project { exprs, input } => project::project(runtime, plan, exprs, input, partition),
        PhysicalPlan::Filter { condition, input } => filter::filter(runtime, condition, input, partition),
        PhysicalPlan::Aggregate { .. } => super::aggregate::build(runtime, plan, partition),
        PhysicalPlan::Join { .. } => super::join::build(runtime, plan, partition),
        PhysicalPlan::Expand { projections, output, input } => {
            expand::expand(runtime, projections, output, input, partition)
        }
        PhysicalPlan::Generate { generator: Expr::TableCall(call), .. } => {
            table_call::table_call(runtime, plan, call, partition)
        }
        PhysicalPlan::Generate { .. } => expand::generate(runtime, plan, partition),
        PhysicalPlan::MapPartitions { .. } => expand::map_partitions(runtime, plan, partition),
        PhysicalPlan::Sample { .. } => sample::sample(runtime, plan, partition),
        PhysicalPlan::Window { .. } => super::window::build(runtime, plan, partition),
        PhysicalPlan::WindowGroupLimit { .. } => super::window::group_limit::build(runtime, plan, partition),
        PhysicalPlan::LocalLimit { count, input }
            if let PhysicalPlan::Sort { order, global, input: rows } = input.as_ref() =>
        {
            top_rows::top(runtime, *count, (order, !global), rows, partition)
        }
        PhysicalPlan::LocalLimit { count, input } => limits::limit(runtime, *count, 0, input, partition),
        PhysicalPlan::GlobalLimit { count, offset, input } => limits::limit(runtime, *count, *offset, input, partition),
        PhysicalPlan::CollectLimit { count, offset, input } => {
            limits::limit(runtime, count.saturating_add(*offset), 0, input, partition)
        }
        PhysicalPlan::CollectTail { count, input } => limits::tail(runtime, *count, input, partition),
        PhysicalPlan::Sort { order, input, .. } => sort::sort(runtime, order, input, partition),
        PhysicalPlan::TakeOrderedAndProject { count, offset, order, outputs, input } => {
            top_rows::take_ordered(runtime, plan, (*count, *offset), order, outputs, input, partition)
        }
        PhysicalPlan::Union { inputs } => unions::union(runtime, plan, inputs, partition),
        PhysicalPlan::Coalesce { input, .. } => unions::coalesce(runtime, plan, input, partition),
        PhysicalPlan::ShuffleRead { shuffle, exchange, slices, .. } => {
            exchange::shuffle_read(runtime, *shuffle, exchange, slices.as_deref(), partition)
        }
        PhysicalPlan::BroadcastRead { broadcast, exchange } => exchange::broadcast_read(runtime, *broadcast, exchange),
        PhysicalPlan::ShuffleExchange { .. } | PhysicalPlan::BroadcastExchange { .. } => {
            Err(SparkError::internal("an exchange may not stand inside a task"))
        }
        PhysicalPlan::WriteFiles { .. } => Err(SparkError::internal("a write stands at the root of a task only")),
    }
}
