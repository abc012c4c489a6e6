//! The moments worth stopping at.

use crate::common::ids::{NodeId, StageId};
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind, SubmitReason};
use std::sync::Arc;

/// A moment of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub at: VirtualTime,
    /// Events up to and including this one.
    pub position: usize,
    pub kind: MarkKind,
}

/// What happened then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    QueryStarts {
        line: u32,
    },
    StageStarts(StageId),
    /// Lost partitions of a stage are made again.
    StageAgain(StageId),
    StageEnds(StageId),
    StageFails(StageId),
    NodeDies(NodeId),
    NodeGivenUp(NodeId),
    NodeReturns(NodeId),
    NodeCutOff(NodeId),
    Committed,
    End,
}

impl MarkKind {
    /// Whether it begins or ends a stage's work.
    #[must_use]
    pub fn is_stage(self) -> bool {
        match self {
            MarkKind::StageStarts(_) | MarkKind::StageAgain(_) => true,
            MarkKind::QueryStarts { .. }
            | MarkKind::StageEnds(_)
            | MarkKind::StageFails(_)
            | MarkKind::NodeDies(_)
            | MarkKind::NodeGivenUp(_)
            | MarkKind::NodeReturns(_)
            | MarkKind::NodeCutOff(_)
            | MarkKind::Committed
            | MarkKind::End => false,
        }
    }

    /// Whether something broke.
    #[must_use]
    pub fn is_fault(self) -> bool {
        matches!(
            self,
            MarkKind::NodeDies(_) | MarkKind::NodeCutOff(_) | MarkKind::NodeGivenUp(_) | MarkKind::StageFails(_)
        )
    }
}

/// The mark that an event makes, if any.
#[must_use]
pub fn of(event: &Event) -> Option<Mark> {
    let kind = match &event.kind {
        EventKind::QueryStarted { line, .. } => MarkKind::QueryStarts { line: *line },
        EventKind::StageSubmitted { stage, reason, .. } => match reason {
            SubmitReason::Needed => MarkKind::StageStarts(stage.stage),
            SubmitReason::OutputsLost { .. } | SubmitReason::FetchFailed { .. } => MarkKind::StageAgain(stage.stage),
        },
        EventKind::StageCompleted { stage } => MarkKind::StageEnds(stage.stage),
        EventKind::StageFailed { stage, .. } => MarkKind::StageFails(stage.stage),
        EventKind::NodeDied { node } => MarkKind::NodeDies(*node),
        EventKind::ExecutorRemoved { node, .. } => MarkKind::NodeGivenUp(*node),
        EventKind::NodeRestarted { node, .. } | EventKind::NodeReconnected { node } => MarkKind::NodeReturns(*node),
        EventKind::NodeCutOff { node } => MarkKind::NodeCutOff(*node),
        EventKind::OutputCommitted { .. } => MarkKind::Committed,
        EventKind::ApplicationEnded { .. } => MarkKind::End,
        _ => return None,
    };
    Some(Mark { at: event.time, position: event.seq as usize + 1, kind })
}

/// All marks of a log.
#[must_use]
pub fn all(events: &[Arc<Event>]) -> Vec<Mark> {
    events.iter().filter_map(|event| of(event)).collect()
}
