//! The fold: one event after the other.
//!
//! `machines` for what comes and goes and what it takes with it, `work` for stages and tasks, `data` for what is left on disks and in
//! memory.

mod data;
mod machines;
mod work;

use super::model::{Job, Query, Status, final_plan_text};
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind, Topic};
use std::sync::Arc;

impl Status {
    /// The status at a moment: all events up to and including `until`.
    #[must_use]
    pub fn fold(events: &[Arc<Event>], until: VirtualTime) -> Status {
        let mut status = Status::default();
        for event in events.iter().take_while(|event| event.time <= until) {
            status.apply(event);
        }
        status.now = status.now.max(until);
        status
    }

    /// The status after all events.
    #[must_use]
    pub fn of(events: &[Arc<Event>]) -> Status {
        let mut status = Status::default();
        for event in events {
            status.apply(event);
        }
        status
    }

    /// Adds the next event.
    pub fn apply(&mut self, event: &Event) {
        self.now = event.time;
        self.applied += 1;
        self.apply_kind(event.time, &event.kind);
    }

    fn apply_kind(&mut self, at: VirtualTime, kind: &EventKind) {
        match kind.topic() {
            Topic::Application => self.apply_application(kind),
            Topic::Script => self.apply_script(kind),
            Topic::Machine => self.apply_machine(at, kind),
            Topic::Work => self.apply_work(at, kind),
            Topic::Stage => self.apply_stage(at, kind),
            Topic::Task => self.apply_task(at, kind),
            Topic::Data => self.apply_data(at, kind),
        }
    }

    fn apply_application(&mut self, kind: &EventKind) {
        match kind {
            EventKind::ApplicationStarted(application) => {
                self.has_shuffle_service = application.setting("spark.shuffle.service.enabled") == Some("true");
                self.application = Some(Arc::clone(application));
            }
            EventKind::ApplicationEnded { exit } => self.exit = Some(*exit),
            _ => {}
        }
    }

    fn apply_work(&mut self, at: VirtualTime, kind: &EventKind) {
        match kind {
            EventKind::QueryStarted { query, action, line, plan, of } => {
                let started = Query {
                    query: *query,
                    action: action.clone(),
                    line: *line,
                    plan: Arc::clone(plan),
                    of: *of,
                    started: at,
                    ended: None,
                    rows: 0,
                    error: None,
                    replanned: 0,
                };
                self.queries.insert(*query, started);
            }
            EventKind::QueryReplanned { query, plan, .. } => {
                if let Some(known) = self.queries.get_mut(query) {
                    known.replanned += 1;
                    known.plan = plan.as_str().into();
                }
            }
            EventKind::QueryEnded { query, rows, error } => {
                if let Some(known) = self.queries.get_mut(query) {
                    known.ended = Some(at);
                    known.rows = rows.unwrap_or(0);
                    known.error.clone_from(error);
                    if error.is_none() {
                        known.plan = final_plan_text(&known.plan).into();
                    }
                }
            }
            EventKind::JobSubmitted { job, query, stages, description } => {
                let submitted = Job {
                    job: *job,
                    query: *query,
                    stages: stages.clone(),
                    description: description.clone(),
                    submitted: at,
                    ended: None,
                    error: None,
                };
                self.jobs.insert(*job, submitted);
            }
            EventKind::JobEnded { job, error } => {
                if let Some(known) = self.jobs.get_mut(job) {
                    known.ended = Some(at);
                    known.error.clone_from(error);
                }
            }
            _ => {}
        }
    }
}
