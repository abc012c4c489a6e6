//! One run as the theatre keeps it: its history, and what is worked out once for each event.

use super::stops::{Stop, stops_of};
use crate::common::ids::{NodeId, QueryId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind};
use crate::report::{Depth, Format, Narrator, Sentence};
use crate::status::marks::{self, Mark};
use crate::status::recompute::{Fate, fates};
use crate::status::{History, Status};
use crate::tui::run_handle::{RunEnd, RunHandle};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A sentence and how many events had happened when it became true.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub position: usize,
    pub sentence: Sentence,
}

/// One run.
#[derive(Debug, Default)]
pub struct Recording {
    /// What makes it different: `as recorded`, `node-3 dies at 5.20 s`.
    pub name: String,
    /// The node deaths that were asked for.
    pub kills: Vec<(NodeId, VirtualTime)>,
    pub handle: Option<RunHandle>,
    pub end: Option<RunEnd>,
    pub history: History,
    pub story: Vec<Told>,
    pub marks: Vec<Mark>,
    pub stops: Vec<Stop>,
    /// Attempts on each core, in order of their start.
    pub lanes: BTreeMap<(NodeId, u32), Vec<TaskId>>,
    /// When each query started.
    queries: Vec<(VirtualTime, QueryId)>,
    /// What became of everything that a death took, as far as the log knows.
    pub fates: Vec<Fate>,
}

impl Recording {
    /// A run whose events are all here.
    #[must_use]
    pub fn recorded(events: Vec<Arc<Event>>) -> Self {
        let mut recording = Recording { name: "as recorded".to_owned(), ..Self::default() };
        recording.grow(events);
        recording
    }

    /// A run that is under way.
    #[must_use]
    pub fn live(name: String, handle: RunHandle) -> Self {
        Recording { name, handle: Some(handle), ..Self::default() }
    }

    /// Takes in new events.
    pub fn grow(&mut self, events: Vec<Arc<Event>>) {
        if events.is_empty() {
            return;
        }
        let narrator = Narrator::new(Depth::Normal, Format::Text);
        for event in events {
            self.history.push(Arc::clone(&event));
            let position = self.history.len();
            let sentences = narrator.narrate(&event, self.history.head());
            self.story.extend(sentences.into_iter().map(|sentence| Told { position, sentence }));
            self.marks.extend(marks::of(&event));
            match &event.kind {
                EventKind::TaskStarted { task, node, core, .. } => {
                    self.lanes.entry((*node, *core)).or_default().push(*task);
                }
                EventKind::QueryStarted { query, .. } | EventKind::JobSubmitted { query: Some(query), .. }
                    if self.queries.last().is_none_or(|(_, last)| last != query) =>
                {
                    self.queries.push((event.time, *query));
                }
                EventKind::NodeAdded { node, cores, .. } => {
                    for core in 0..*cores {
                        self.lanes.entry((*node, core)).or_default();
                    }
                }
                _ => {}
            }
        }
        self.fates = fates(self.history.head());
        self.stops = stops_of(&self.marks, self.history.head(), &self.fates);
    }

    /// Whether more events may come.
    #[must_use]
    pub fn is_growing(&self) -> bool {
        self.handle.is_some() && self.end.is_none()
    }

    /// Everything known about the run.
    #[must_use]
    pub fn head(&self) -> &Status {
        self.history.head()
    }

    /// The query that a moment belongs to: the last one started before it.
    #[must_use]
    pub fn query_at(&self, time: VirtualTime) -> Option<QueryId> {
        let after = self.queries.partition_point(|(started, _)| *started <= time);
        let index = after.checked_sub(1).or(if self.queries.is_empty() { None } else { Some(0) })?;
        self.queries.get(index).map(|(_, query)| *query)
    }

    /// The span that the timeline shows at a moment: the query's, or the whole run's when there is none.
    #[must_use]
    pub fn span_at(&self, time: VirtualTime) -> (VirtualTime, VirtualTime) {
        let end = self.history.end();
        let Some(query) = self.query_at(time) else { return (VirtualTime::ZERO, end) };
        let index = self.queries.iter().position(|(_, known)| *known == query).unwrap_or(0);
        let (start, _) = self.queries[index];
        let next = self.queries.get(index + 1).map_or(end, |(next, _)| *next);
        let ended = self.head().queries.get(&query).and_then(|query| query.ended);
        (start, ended.unwrap_or(next).max(start))
    }

    /// How many events of two runs are the same from the start; the header may differ.
    #[must_use]
    pub fn same_past(&self, other: &Recording) -> usize {
        let pairs = self.history.events().iter().zip(other.history.events()).enumerate();
        pairs.take_while(|(index, (a, b))| *index == 0 || a == b).count()
    }
}
