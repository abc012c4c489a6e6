//! The steps of the plans that the script has built, recognised by address: each transformation adds its own to those below.

use crate::common::ids::PlanStepId;
use crate::event::PlanStep;
use crate::logical::plan::LogicalPlan;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// All steps so far.
#[derive(Debug, Default)]
pub(super) struct PlanSteps {
    /// The weak reference keeps an address from being given to another plan.
    known: HashMap<usize, (Weak<LogicalPlan>, PlanStepId)>,
    next: u32,
}

impl PlanSteps {
    /// Takes in a frame: `plan` is `written` resolved. Gives its last step and those that are new, inputs first.
    pub(super) fn add(&mut self, written: &Arc<LogicalPlan>, plan: &Arc<LogicalPlan>) -> (PlanStepId, Vec<PlanStep>) {
        let mut new = Vec::new();
        let root = self.step(written, &mut new);
        self.remember(plan, root);
        (root, new)
    }

    /// A step that no plan says yet, such as that of an RDD.
    pub(super) fn make(&mut self, does: &str, with: String, inputs: Vec<PlanStepId>) -> PlanStep {
        let id = PlanStepId(self.next);
        self.next += 1;
        PlanStep { id, does: does.to_owned(), with, inputs }
    }

    /// The step that an action on top of it computes.
    pub(super) fn computed_by(&self, plan: &Arc<LogicalPlan>) -> Option<PlanStepId> {
        let mut plan = plan;
        loop {
            if let Some(step) = self.find(plan) {
                return Some(step);
            }
            let [input] = plan.children()[..] else { return None };
            plan = input;
        }
    }

    /// The step of a plan.
    pub(super) fn find(&self, plan: &Arc<LogicalPlan>) -> Option<PlanStepId> {
        self.known.get(&(Arc::as_ptr(plan) as usize)).map(|(_, step)| *step)
    }

    /// A plan computes a step.
    pub(super) fn remember(&mut self, plan: &Arc<LogicalPlan>, step: PlanStepId) {
        self.known.insert(Arc::as_ptr(plan) as usize, (Arc::downgrade(plan), step));
    }

    fn step(&mut self, plan: &Arc<LogicalPlan>, new: &mut Vec<PlanStep>) -> PlanStepId {
        if let Some(step) = self.find(plan) {
            return step;
        }
        let inputs: Vec<PlanStepId> = plan.children().into_iter().map(|child| self.step(child, new)).collect();
        let step = match (plan.as_ref(), inputs.as_slice()) {
            // A name for a table is no step of its own.
            (LogicalPlan::SubqueryAlias { .. }, [input]) => *input,
            _ => {
                let (does, with) = plan.step_words();
                let step = self.make(does, with, inputs);
                let id = step.id;
                new.push(step);
                id
            }
        };
        self.remember(plan, step);
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range() -> Arc<LogicalPlan> {
        Arc::new(LogicalPlan::Range { start: 0, end: 9, step: 1, partitions: None, output: Vec::new() })
    }

    #[test]
    fn a_transformation_adds_one_step() {
        let mut steps = PlanSteps::default();
        let rows = range();
        let (first, new) = steps.add(&rows, &rows);
        assert_eq!(new.len(), 1);
        let written = Arc::new(LogicalPlan::Distinct { input: rows.clone() });
        let resolved = Arc::new(LogicalPlan::Distinct { input: rows.clone() });
        let (second, new) = steps.add(&written, &resolved);
        assert_eq!(new, [PlanStep { id: second, does: "distinct".into(), with: String::new(), inputs: vec![first] }]);
        let both =
            Arc::new(LogicalPlan::Union { inputs: vec![rows, resolved.clone()], by_name: false, allow_missing: false });
        let (_, new) = steps.add(&both, &both);
        assert_eq!(new[0].inputs, [first, second]);
        let shown = Arc::new(LogicalPlan::Limit { count: 21, input: resolved });
        assert_eq!(steps.computed_by(&shown), Some(second));
        assert_eq!(steps.computed_by(&range()), None);
    }
}
