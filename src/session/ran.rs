//! What became of the plans that were run as they are: `explain()` of such a frame shows its final plan.
//!
//! Only a frame's own plan counts, as in Spark: `show()` and `count()` run plans of their own, and writing plans anew.

use crate::logical::LogicalPlan;
use crate::physical::adaptive::is_adaptive;
use crate::physical::plan::RanPlan;
use std::sync::{Arc, Weak};

/// The plans that have run, each as long as something holds it.
#[derive(Default)]
pub(super) struct RanPlans(Vec<(Weak<LogicalPlan>, RanPlan)>);

impl RanPlans {
    /// Remembers how a plan ended; the first time counts.
    pub(super) fn keep(&mut self, plan: &Arc<LogicalPlan>, ran: RanPlan) {
        self.0.retain(|(known, _)| known.strong_count() > 0);
        if is_adaptive(&ran.finished) && self.of(plan).is_none() {
            self.0.push((Arc::downgrade(plan), ran));
        }
    }

    /// How a plan ended, if it ran.
    pub(super) fn of(&self, plan: &Arc<LogicalPlan>) -> Option<RanPlan> {
        let same = |known: &Weak<LogicalPlan>| known.upgrade().is_some_and(|known| Arc::ptr_eq(&known, plan));
        self.0.iter().find(|(known, _)| same(known)).map(|(_, ran)| ran.clone())
    }
}
