//! Which operators Spark compiles together: the `*(n)` before their names.
//!
//! Real batchlab operators are vectorised and not compiled; the numbers are shown because learners meet them in Spark.

use crate::physical::plan::{AggregateStyle, JoinAlgorithm, PhysicalPlan};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The group of each compiled operator, by its address.
#[derive(Default)]
pub(super) struct Groups(BTreeMap<usize, u32>);

impl Groups {
    /// Numbers the groups of a plan from its leaves up.
    pub(super) fn of(plan: &Arc<PhysicalPlan>) -> Groups {
        let mut groups = Groups::default();
        let mut next = 0;
        groups.outside(plan, &mut next);
        groups
    }

    /// `*(2) `, or nothing.
    pub(super) fn star(&self, plan: &Arc<PhysicalPlan>) -> String {
        self.0.get(&address(plan)).map_or_else(String::new, |group| format!("*({group}) "))
    }

    fn outside(&mut self, plan: &Arc<PhysicalPlan>, next: &mut u32) {
        if !is_compiled(plan) {
            for child in below(plan) {
                self.outside(child, next);
            }
            return;
        }
        let mut members = Vec::new();
        self.inside(plan, &mut members, next);
        *next += 1;
        for member in members {
            self.0.insert(member, *next);
        }
    }

    fn inside(&mut self, plan: &Arc<PhysicalPlan>, members: &mut Vec<usize>, next: &mut u32) {
        members.push(address(plan));
        let starts_anew = matches!(
            &**plan,
            PhysicalPlan::Join { algorithm: JoinAlgorithm::SortMerge | JoinAlgorithm::ShuffledHash { .. }, .. }
        );
        for child in below(plan) {
            if is_compiled(child) && !starts_anew {
                self.inside(child, members, next);
            } else {
                self.outside(child, next);
            }
        }
    }
}

fn address(plan: &Arc<PhysicalPlan>) -> usize {
    Arc::as_ptr(plan) as usize
}

fn below(plan: &PhysicalPlan) -> Vec<&Arc<PhysicalPlan>> {
    match plan {
        PhysicalPlan::ShuffleRead { exchange, .. } | PhysicalPlan::BroadcastRead { exchange, .. } => vec![exchange],
        other => other.children(),
    }
}

fn is_compiled(plan: &PhysicalPlan) -> bool {
    match plan {
        PhysicalPlan::Range { .. }
        | PhysicalPlan::Project { .. }
        | PhysicalPlan::Filter { .. }
        | PhysicalPlan::Expand { .. }
        | PhysicalPlan::Generate { .. }
        | PhysicalPlan::Sort { .. }
        | PhysicalPlan::LocalLimit { .. }
        | PhysicalPlan::GlobalLimit { .. }
        | PhysicalPlan::Sample { .. } => true,
        PhysicalPlan::Aggregate { style, .. } => *style == AggregateStyle::Hash,
        PhysicalPlan::Join { algorithm, .. } => !matches!(algorithm, JoinAlgorithm::Cartesian),
        PhysicalPlan::LocalTableScan { .. } => true,
        PhysicalPlan::OneRow
        | PhysicalPlan::FileScan(_)
        | PhysicalPlan::InMemoryTableScan { .. }
        | PhysicalPlan::Window { .. }
        | PhysicalPlan::WindowGroupLimit { .. }
        | PhysicalPlan::TakeOrderedAndProject { .. }
        | PhysicalPlan::CollectLimit { .. }
        | PhysicalPlan::CollectTail { .. }
        | PhysicalPlan::Union { .. }
        | PhysicalPlan::Coalesce { .. }
        | PhysicalPlan::MapPartitions { .. }
        | PhysicalPlan::ShuffleExchange { .. }
        | PhysicalPlan::BroadcastExchange { .. }
        | PhysicalPlan::ShuffleRead { .. }
        | PhysicalPlan::BroadcastRead { .. }
        | PhysicalPlan::WriteFiles { .. } => false,
    }
}
