//! One run as the theatre keeps it: its history, and what is worked out once for each event.

use super::branch::Change;
use super::lanes::Lanes;
use super::stops::{Stop, stops_of};
use super::stragglers::Stragglers;
use crate::common::ids::QueryId;
use crate::common::time::VirtualTime;
use crate::event::{Event, EventKind};
use crate::report::prints::placeless;
use crate::report::{Depth, Format, Narrator, Sentence};
use crate::status::marks::{self, Mark};
use crate::status::recompute::{Fate, fates};
use crate::status::{History, Status};
use crate::tui::run_handle::{RunEnd, RunHandle};
use std::sync::Arc;

/// A sentence and how many events had happened when it became true.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub position: usize,
    pub sentence: Sentence,
}

/// A statement that the script reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineStop {
    pub position: usize,
    pub at: VirtualTime,
    pub line: u32,
}

/// One run.
#[derive(Debug, Default)]
pub struct Recording {
    /// What makes it different: `as recorded`, `node-3 dies at 5.20 s`.
    pub name: String,
    /// What was changed on the way here.
    pub changes: Vec<Change>,
    pub handle: Option<RunHandle>,
    pub end: Option<RunEnd>,
    pub history: History,
    pub story: Vec<Told>,
    pub marks: Vec<Mark>,
    pub stops: Vec<Stop>,
    /// The statements that the script reached.
    pub lines: Vec<LineStop>,
    /// What every core did.
    pub lanes: Lanes,
    /// The tasks that their stages waited for.
    pub stragglers: Stragglers,
    /// When each query started, and after how many events.
    queries: Vec<(usize, VirtualTime, QueryId)>,
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

    /// The same run under another name.
    #[must_use]
    pub fn named(mut self, name: String) -> Self {
        self.name = name;
        self
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
        self.history.reserve(events.len());
        let narrator = Narrator::new(Depth::Normal, Format::Text).line_by_line();
        for event in events {
            self.history.push(Arc::clone(&event));
            let position = self.history.len();
            let sentences = narrator.narrate(&event, self.history.head());
            // The line itself is shown beside the story.
            let told = sentences.into_iter().filter(|sentence| sentence.kind != "statement");
            self.story.extend(told.map(|sentence| Told { position, sentence }));
            self.marks.extend(marks::of(&event));
            self.lanes.take(&event, self.history.head());
            self.stragglers.take(&event, self.history.head());
            match &event.kind {
                EventKind::StatementStarted { line, .. } => {
                    self.lines.push(LineStop { position, at: event.time, line: *line });
                }
                EventKind::QueryStarted { query, .. } | EventKind::JobSubmitted { query: Some(query), .. }
                    if self.queries.last().is_none_or(|(_, _, last)| last != query) =>
                {
                    self.queries.push((position, event.time, *query));
                }
                _ => {}
            }
        }
        self.fates = fates(self.history.head());
        self.stops = stops_of(&self.marks, self.history.head(), &self.fates);
    }

    /// The same run as it is known now.
    pub fn retell(&mut self, now: Recording) {
        let before = std::mem::take(self);
        let Recording { name, changes, handle, end, .. } = before;
        *self = Recording { name, changes, handle, end, ..now };
    }

    /// Whether more events may come.
    #[must_use]
    pub fn is_growing(&self) -> bool {
        self.handle.is_some() && self.end.is_none()
    }

    /// Whether the log ends before its run did, because whoever wrote it was interrupted.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        self.handle.is_none() && !self.history.is_empty() && self.head().exit.is_none()
    }

    /// Everything known about the run.
    #[must_use]
    pub fn head(&self) -> &Status {
        self.history.head()
    }

    /// The query that a position in the log belongs to: the last one started before it.
    #[must_use]
    pub fn query_at(&self, position: usize) -> Option<QueryId> {
        self.queries.get(self.query_index(position)).map(|(_, _, query)| *query)
    }

    /// The first statement that is reached after a position.
    #[must_use]
    pub fn line_after(&self, position: usize) -> Option<LineStop> {
        self.lines.get(self.lines.partition_point(|stop| stop.position <= position)).copied()
    }

    /// The last statement that was reached before a position.
    #[must_use]
    pub fn line_before(&self, position: usize) -> Option<LineStop> {
        let index = self.lines.partition_point(|stop| stop.position < position);
        self.lines.get(index.checked_sub(1)?).copied()
    }

    fn query_index(&self, position: usize) -> usize {
        self.queries.partition_point(|(started, _, _)| *started <= position).saturating_sub(1)
    }

    /// The span that the timeline shows at a position: the query's, or the whole run's when there is none.
    #[must_use]
    pub fn span_at(&self, position: usize) -> (VirtualTime, VirtualTime) {
        let end = self.history.end();
        let index = self.query_index(position);
        let Some((_, start, query)) = self.queries.get(index).copied() else { return (VirtualTime::ZERO, end) };
        let next = self.queries.get(index + 1).map_or(end, |(_, next, _)| *next);
        let ended = self.head().queries.get(&query).and_then(|query| query.ended);
        (start, ended.unwrap_or(next).max(start))
    }

    /// What the script has printed after so many events, on standard error too.
    #[must_use]
    pub fn printed_at(&self, position: usize) -> String {
        let known = self.history.events().iter().take(position);
        let texts = known.filter_map(|event| match &event.kind {
            EventKind::Printed { text } | EventKind::ErrorPrinted { text } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// Whether two runs that are over printed the same and wrote the same files and rows; absent while one goes on.
    #[must_use]
    pub fn same_results(&self, other: &Recording) -> Option<bool> {
        let (ours, theirs) = (self.head(), other.head());
        ours.exit.and(theirs.exit)?;
        let written = |status: &Status| -> Vec<(String, u64, bool)> {
            status.outputs.iter().map(|out| (out.path.clone(), out.rows, out.aborted.is_some())).collect()
        };
        let printed = placeless(&self.printed_at(usize::MAX)) == placeless(&other.printed_at(usize::MAX));
        Some(ours.exit == theirs.exit && printed && written(ours) == written(theirs))
    }

    /// How many events of two runs are the same from the start; the header may differ.
    #[must_use]
    pub fn same_past(&self, other: &Recording) -> usize {
        let pairs = self.history.events().iter().zip(other.history.events()).enumerate();
        pairs.take_while(|(index, (a, b))| *index == 0 || a == b).count()
    }
}
