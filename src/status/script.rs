//! The script at one moment: its lines, the plans that they have built, and what of these an action has computed.

use super::model::{BuiltStep, Statement, Status};
use crate::common::ids::PlanStepId;
use crate::event::EventKind;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How a step of a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// It is a plan and nothing else.
    Built,
    /// An action has computed it before.
    Computed,
    /// An action computes it now.
    Running,
}

impl Status {
    pub(super) fn apply_script(&mut self, kind: &EventKind) {
        match kind {
            EventKind::ScriptRead { first_line, text } => {
                let lines = Arc::make_mut(&mut self.script);
                lines.resize(first_line.saturating_sub(1) as usize, String::new());
                lines.extend(text.lines().map(str::to_owned));
            }
            EventKind::StatementStarted { line, text } => {
                self.statement = Some(Statement { line: *line, text: text.clone() });
            }
            EventKind::PlanBuilt { line, root, steps } => {
                for step in steps {
                    let built = BuiltStep { step: step.clone(), line: *line };
                    self.plan_steps.insert(step.id, Arc::new(built));
                }
                self.built = Some(*root);
            }
            EventKind::Printed { .. } => self.printed += 1,
            _ => {}
        }
    }

    /// The last step of the plan to look at: of the action that runs, or else what was built last.
    #[must_use]
    pub fn plan_in_view(&self) -> Option<PlanStepId> {
        let open = self.queries.values().rev().find(|query| query.ended.is_none());
        open.and_then(|query| query.of).or(self.built)
    }

    /// A step and all that it needs, inputs first, each once, and how each stands.
    #[must_use]
    pub fn plan_of(&self, root: PlanStepId) -> Vec<(&BuiltStep, StepState)> {
        let roots = |open: bool| {
            let queries = self.queries.values().filter(move |query| query.ended.is_none() == open);
            self.steps_below(queries.filter_map(|query| query.of)).into_iter().map(|built| built.step.id).collect()
        };
        let (running, computed): (BTreeSet<_>, BTreeSet<_>) = (roots(true), roots(false));
        let state = |id| match () {
            () if running.contains(&id) => StepState::Running,
            () if computed.contains(&id) => StepState::Computed,
            () => StepState::Built,
        };
        self.steps_below([root]).into_iter().map(|built| (built, state(built.step.id))).collect()
    }

    /// These steps and all that they need, inputs first, each once.
    fn steps_below(&self, roots: impl IntoIterator<Item = PlanStepId>) -> Vec<&BuiltStep> {
        let mut steps = Vec::new();
        let mut seen = BTreeSet::new();
        // Plans can be deep: no recursion. The second visit of a step comes after its inputs.
        let mut open: Vec<(PlanStepId, bool)> = roots.into_iter().map(|root| (root, false)).collect();
        while let Some((id, is_second)) = open.pop() {
            let Some(built) = self.plan_steps.get(&id) else { continue };
            if is_second {
                steps.push(built.as_ref());
            } else if seen.insert(id) {
                open.push((id, true));
                open.extend(built.step.inputs.iter().rev().map(|input| (*input, false)));
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::ids::QueryId;
    use crate::common::time::VirtualTime;
    use crate::event::{Event, PlanStep};

    fn step(id: u32, does: &str, inputs: &[u32]) -> PlanStep {
        let inputs = inputs.iter().copied().map(PlanStepId).collect();
        PlanStep { id: PlanStepId(id), does: does.into(), with: String::new(), inputs }
    }

    fn status(kinds: Vec<EventKind>) -> Status {
        let mut status = Status::default();
        for (seq, kind) in kinds.into_iter().enumerate() {
            status.apply(&Event { seq: seq as u64, time: VirtualTime::ZERO, kind });
        }
        status
    }

    fn built(line: u32, root: u32, steps: Vec<PlanStep>) -> EventKind {
        EventKind::PlanBuilt { line, root: PlanStepId(root), steps }
    }

    fn started(of: u32) -> EventKind {
        let (action, plan, query) = ("show".to_owned(), "".into(), QueryId(0));
        EventKind::QueryStarted { query, action, line: 4, plan, of: Some(PlanStepId(of)) }
    }

    #[test]
    fn a_plan_is_dark_until_an_action_lights_it() {
        let mut kinds = vec![
            built(1, 0, vec![step(0, "read", &[])]),
            built(2, 1, vec![step(1, "read", &[])]),
            built(3, 2, vec![step(2, "join", &[0, 1])]),
            built(3, 3, vec![step(3, "filter", &[2])]),
        ];
        let dark = status(kinds.clone());
        assert_eq!(dark.plan_in_view(), Some(PlanStepId(3)));
        let states = |status: &Status| -> Vec<(u32, StepState)> {
            status.plan_of(PlanStepId(3)).into_iter().map(|(built, state)| (built.step.id.0, state)).collect()
        };
        assert_eq!(states(&dark), [0, 1, 2, 3].map(|id| (id, StepState::Built)));
        kinds.push(started(2));
        let lit = states(&status(kinds.clone()));
        assert_eq!(lit[..3], [0, 1, 2].map(|id| (id, StepState::Running)));
        assert_eq!(lit[3], (3, StepState::Built));
        kinds.push(EventKind::QueryEnded { query: QueryId(0), rows: None, error: None });
        assert_eq!(states(&status(kinds))[2], (2, StepState::Computed));
    }

    #[test]
    fn lines_come_with_what_is_read() {
        let read = |first_line, text: &str| EventKind::ScriptRead { first_line, text: text.into() };
        let shell = status(vec![read(1, "a = 1\n"), read(2, "for x in b:\n    x\n")]);
        assert_eq!(*shell.script, ["a = 1", "for x in b:", "    x"]);
    }
}
