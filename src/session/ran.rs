//! What became of the plans that were run as they are: `explain()` of such a frame shows its final plan, and running it again finds its shuffles.
//!
//! As in Spark, where a `Dataset` keeps its `QueryExecution` and an RDD its parents, only a frame's own plan counts, and what an RDD stands on:
//! `show()` and `count()` of a frame run plans of their own, and writing plans anew.

use crate::logical::expr::Attribute;
use crate::logical::plan::LogicalPlan;
use crate::physical::PhysicalPlan;
use crate::physical::explain;
use crate::physical::plan::RanPlan;
use std::sync::{Arc, Weak};

/// The plans that have run, each as long as something holds it.
#[derive(Default)]
pub(super) struct RanPlans(Vec<Ran>);

struct Ran {
    frame: Weak<LogicalPlan>,
    plan: RanPlan,
    /// Whether values of other queries stand in it, which the written plan does not have.
    has_subqueries: bool,
}

impl RanPlans {
    /// Remembers how a plan ended; the first time counts.
    pub(super) fn keep(&mut self, frame: &Arc<LogicalPlan>, plan: RanPlan, has_subqueries: bool) {
        if self.of(frame).is_none() {
            self.0.push(Ran { frame: Arc::downgrade(frame), plan, has_subqueries });
        }
    }

    /// Remembers the plans that the RDDs of a query stand on.
    pub(super) fn keep_below_rdds(&mut self, query: &LogicalPlan, ran: &RanPlan) {
        query.visit(&mut |node| {
            let LogicalPlan::MapPartitions { output, input, .. } = node else { return };
            let [initial, finished] = [&ran.initial, &ran.finished].map(|plan| below_rdd(plan, output));
            if let (Some(initial), Some(finished)) = (initial, finished)
                && same_columns(&finished.output(), &input.output())
            {
                self.keep(input, RanPlan { initial, finished }, false);
            }
        });
    }

    /// The query with what its RDDs stand on as it ran before. A plan whose last step the driver does is planned again: tasks cannot do it.
    pub(super) fn below_rdds(&self, query: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
        query.transform_down(&mut |node| match node.as_ref() {
            LogicalPlan::MapPartitions { function, output, input }
                if self.of(input).is_some_and(|ran| !ends_on_driver(&ran.finished)) =>
            {
                let plan = Arc::new(LogicalPlan::Ran { plan: input.clone(), output: input.output() });
                Some(LogicalPlan::MapPartitions { function: function.clone(), output: output.clone(), input: plan })
            }
            _ => None,
        })
    }

    /// How a plan ended, if it ran.
    pub(super) fn of(&self, frame: &Arc<LogicalPlan>) -> Option<&RanPlan> {
        self.find(frame).map(|ran| &ran.plan)
    }

    /// What `explain()` shows of a plan that ran.
    pub(super) fn shown(&self, frame: &Arc<LogicalPlan>) -> Option<&RanPlan> {
        let ran = self.find(frame).filter(|ran| !ran.has_subqueries)?;
        explain::is_adaptive(&ran.plan.finished).then_some(&ran.plan)
    }

    /// The plans that may run again: their shuffles and broadcasts are still wanted. Those of frames that are gone are forgotten.
    pub(super) fn living(&mut self) -> Vec<Arc<PhysicalPlan>> {
        self.0.retain(|ran| ran.frame.strong_count() > 0);
        self.0.iter().map(|ran| ran.plan.finished.clone()).collect()
    }

    fn find(&self, frame: &Arc<LogicalPlan>) -> Option<&Ran> {
        self.0.iter().find(|ran| std::ptr::eq(ran.frame.as_ptr(), Arc::as_ptr(frame)))
    }
}

/// What stands below the RDD operations that give these columns.
fn below_rdd(plan: &PhysicalPlan, columns: &[Attribute]) -> Option<Arc<PhysicalPlan>> {
    let mut found = None;
    plan.visit(&mut |node| match node {
        PhysicalPlan::MapPartitions { output, input, .. } if same_columns(output, columns) => {
            found = Some(input.clone());
        }
        _ => {}
    });
    found
}

fn ends_on_driver(plan: &PhysicalPlan) -> bool {
    matches!(
        plan,
        PhysicalPlan::CollectLimit { .. }
            | PhysicalPlan::CollectTail { .. }
            | PhysicalPlan::TakeOrderedAndProject { .. }
    )
}

fn same_columns(left: &[Attribute], right: &[Attribute]) -> bool {
    left.iter().map(|column| column.id).eq(right.iter().map(|column| column.id))
}
