//! One row on its way through a run: the tasks that held it and the partitions that it crossed between them.
//!
//! The log keeps a few rows of each shuffle. A drawn row crosses its own shuffle for certain: which task wrote it and which reads its
//! partition is known. In the shuffles before and after it is known again by the values that brought it there: rows with the same keys meet
//! in one task, so a row that this task writes with these values carries it on, by then perhaps as its group. Tasks draw such rows besides
//! those that they draw evenly ([`crate::exec::peek`]). Where there is none, its partition is still known if there is only one, or if another
//! task drew a row of the same key; else its way is not known, and the journey says so.

use super::model::{Model, Pane, Selected};
use super::pages::data::facts::{Drawn, RowId, drawn, slices, written};
use super::player;
use crate::common::carried::{self, Shared};
use crate::common::ids::{ShuffleId, StageId};
use crate::common::text::{bytes, plural};
use crate::common::time::VirtualTime;
use crate::report::why::{Explanation, Line, Mark};
use crate::report::words;
use crate::status::{Attempt, Stage, Status, TaskState};
use std::sync::Arc;

/// A task that holds the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Station {
    pub stage: StageId,
    pub partition: u32,
    pub leaves: Leaves,
}

impl Station {
    fn attempts(self, status: &Status) -> impl DoubleEndedIterator<Item = &Arc<Attempt>> {
        status.attempts_of(self.stage, self.partition)
    }
}

/// How the row goes on from a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// Into a shuffle, as this drawn row.
    As(RowId),
    /// Into this partition of a shuffle, drawn or not: it is the only one, or all rows of its key go there.
    Into(ShuffleId, u32),
    /// Into a shuffle; none of the rows drawn there has its values.
    Unseen,
    /// It has come to the end of its query: to the driver, or into a file.
    Ends,
}

/// The way of one row, as far as the log tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    pub row: RowId,
    /// In the order in which the row passes them; the two sides of a join one after the other.
    pub stations: Vec<Station>,
    /// The station that was selected last because the row came there.
    selected: Option<usize>,
}

impl Journey {
    /// The journey of a drawn row; absent when the log does not have it.
    #[must_use]
    pub fn of(status: &Status, row: RowId) -> Option<Self> {
        let drawn = row.find(status)?;
        let mut stations = before(status, drawn);
        stations.extend(after(status, drawn));
        Some(Journey { row, stations, selected: None })
    }

    /// Whether a task is one of its stations.
    #[must_use]
    pub fn passes(&self, stage: StageId, partition: u32) -> bool {
        self.stations.iter().any(|station| (station.stage, station.partition) == (stage, partition))
    }

    /// The station where the row is: the last whose task has begun.
    #[must_use]
    pub fn here(&self, status: &Status) -> Option<usize> {
        self.stations.iter().rposition(|station| station.attempts(status).next().is_some())
    }

    /// The moments at which something becomes of the row.
    fn moments(&self, head: &Status) -> Vec<VirtualTime> {
        let attempts = self.stations.iter().flat_map(|station| station.attempts(head));
        let all = attempts.flat_map(|attempt| [Some(attempt.started), attempt.ended]).flatten();
        let mut moments: Vec<VirtualTime> = all.collect();
        moments.sort_unstable();
        moments.dedup();
        moments
    }
}

/// The tasks up to the one that wrote a row.
fn before(status: &Status, row: Drawn) -> Vec<Station> {
    let Some(stage) = status.shuffles.get(&row.sample.shuffle).and_then(|shuffle| status.stages.get(&shuffle.writer))
    else {
        return Vec::new();
    };
    let partition = row.sample.map;
    let read = drawn(status, stage, partition as usize);
    let mut stations = Vec::new();
    for (shuffle, _) in &stage.definition.reads {
        let of_shuffle = read.iter().filter(|earlier| earlier.sample.shuffle == *shuffle);
        let alike = of_shuffle.filter_map(|earlier| Some((carried(earlier, &row)?, earlier)));
        if let Some((_, earlier)) = alike.max_by_key(|(alike, _)| *alike) {
            stations.extend(before(status, *earlier));
        }
    }
    stations.push(Station { stage: stage.definition.stage, partition, leaves: Leaves::As(row.id()) });
    stations
}

/// The tasks from the one that reads a row on.
fn after(status: &Status, row: Drawn) -> Vec<Station> {
    let RowId { shuffle, map, .. } = row.id();
    from_block(status, row, (shuffle, map, row.row.reduce))
}

fn from_reader(status: &Status, row: Drawn, stage: &Stage, partition: u32) -> Vec<Station> {
    let rows = written(status, stage, partition as usize);
    let alike = rows.iter().filter_map(|later| Some((carried(&row, later)?, later)));
    // Of rows that are equally alike the first.
    let next = alike.rev().max_by_key(|(alike, _)| *alike).map(|(_, later)| *later);
    let (leaves, on) = match (next, stage.definition.writes) {
        (Some(later), _) => (Leaves::As(later.id()), after(status, later)),
        (None, Some(shuffle)) => match bound_for(status, row, shuffle) {
            Some(reduce) => (Leaves::Into(shuffle, reduce), from_block(status, row, (shuffle, partition, reduce))),
            None => (Leaves::Unseen, Vec::new()),
        },
        (None, None) => (Leaves::Ends, Vec::new()),
    };
    let mut stations = vec![Station { stage: stage.definition.stage, partition, leaves }];
    stations.extend(on);
    stations
}

/// The partition of a shuffle to which a row goes that was not drawn there: the only one, or the one to which another task sent its key.
fn bound_for(status: &Status, row: Drawn, shuffle: ShuffleId) -> Option<u32> {
    let shuffle = status.shuffles.get(&shuffle)?;
    if shuffle.reduces == 1 {
        return Some(0);
    }
    let has_its_key = |other: &Drawn| {
        let keys = other.values().take(other.sample.keys.len());
        let is_known = |(name, value)| is_alone(&row, name) && row.values().any(|own| own == (name, value));
        !other.sample.keys.is_empty() && keys.into_iter().all(is_known)
    };
    let all = shuffle.samples.values().flat_map(|sample| Drawn::all(sample));
    all.into_iter().find(has_its_key).map(|other| other.row.reduce)
}

/// The tasks from the one that reads the block of a row on, drawn or not: of which shuffle, map task and partition. Where several
/// stages read it, those on the longest way.
fn from_block(status: &Status, row: Drawn, block: (ShuffleId, u32, u32)) -> Vec<Station> {
    let Some(shuffle) = status.shuffles.get(&block.0) else { return Vec::new() };
    let readers = shuffle.readers.iter().filter_map(|reader| status.stages.get(reader));
    let ways = readers.filter_map(|stage| Some(from_reader(status, row, stage, reader_of(stage, block)?)));
    ways.max_by_key(Vec::len).unwrap_or_default()
}

/// The partition of a stage that reads a block: what a map task wrote for one partition of a shuffle.
fn reader_of(stage: &Stage, (shuffle, map, reduce): (ShuffleId, u32, u32)) -> Option<u32> {
    if stage.definition.slices.is_none() {
        return ((reduce as usize) < stage.tasks().len()).then_some(reduce);
    }
    let has = |partition: &u32| {
        slices(stage, *partition as usize).iter().any(|slice| {
            let (maps, reduces) = (slice.maps.0..slice.maps.1, slice.reduces.0..slice.reduces.1);
            slice.shuffle == shuffle && maps.contains(&map) && reduces.contains(&reduce)
        })
    };
    (0..stage.tasks().len() as u32).find(has)
}

/// Whether a row of a later shuffle can carry an earlier one on: what brought the earlier one to the task stands in the later too. Gives how
/// many values they share.
fn carried(earlier: &Drawn, later: &Drawn) -> Option<usize> {
    let (of_earlier, of_later): (Vec<_>, Vec<_>) = (earlier.values().collect(), later.values().collect());
    let shared = carried::shared(&names_of(&of_earlier), earlier.sample.keys.len(), &names_of(&of_later));
    let is_same = |shared: &&Shared| of_earlier[shared.earlier].1 == of_later[shared.later].1;
    let mut decisive = shared.iter().filter(|shared| shared.is_decisive);
    let is_carried = !shared.is_empty() && decisive.all(|shared| is_same(&shared));
    is_carried.then(|| shared.iter().filter(is_same).count())
}

fn names_of<'a>(values: &[(&'a str, &str)]) -> Vec<&'a str> {
    values.iter().map(|(name, _)| *name).collect()
}

/// Whether no other column of the row has this name: two sums are both called `sum`.
fn is_alone(row: &Drawn, name: &str) -> bool {
    row.values().filter(|(other, _)| *other == name).count() == 1
}

/// Begins to follow a row, at the moment it first appears.
pub fn begin(model: &mut Model, row: RowId) {
    let Some(journey) = Journey::of(model.run().head(), row) else { return };
    let first = journey.moments(model.run().head()).first().copied();
    model.followed = Some(journey);
    model.why = None;
    model.why_scroll = 0;
    model.focus = Pane::Why;
    if let Some(first) = first {
        player::pause_at(model, first);
    }
}

/// Looks at the journey again, in the run on screen and as far as its log has come; selects where the row is when it has come there.
pub fn refresh(model: &mut Model) {
    let Some(Journey { row, selected, .. }) = model.followed else { return };
    let Some(mut journey) = Journey::of(model.run().head(), row) else { return };
    let here = journey.here(model.run().history.current()).unwrap_or(0);
    journey.selected = Some(here);
    if let Some(station) = journey.stations.get(here).filter(|_| selected != Some(here)) {
        model.selected = Selected::Task(station.stage, station.partition);
    }
    model.followed = Some(journey);
}

/// To the next moment at which something becomes of the row, or to the one before; false when no row is followed.
pub fn step(model: &mut Model, is_forward: bool) -> bool {
    let Some(journey) = &model.followed else { return false };
    let now = model.cursor.time;
    let moments = journey.moments(model.run().head());
    let next = if is_forward {
        moments.into_iter().find(|at| *at > now)
    } else {
        moments.into_iter().rev().find(|at| *at < now)
    };
    match next {
        Some(at) => player::pause_at(model, at),
        None => model.toast = Some(("the row has no moment beyond this one".to_owned(), 4.0)),
    }
    true
}

/// The journey in lines: where the row was, is and will be.
#[must_use]
pub fn lines(status: &Status, head: &Status, journey: &Journey) -> Explanation {
    let here = journey.here(status);
    let mut lines = Vec::new();
    for (index, station) in journey.stations.iter().enumerate() {
        let mark = match (here.map(|here| index.cmp(&here)), state(status, station)) {
            (None | Some(std::cmp::Ordering::Greater), _) => Mark::Later,
            (_, Some(TaskState::Lost)) => Mark::Lost,
            (_, Some(TaskState::Recomputing)) => Mark::Again,
            (_, Some(TaskState::Done)) => Mark::Wall,
            _ => Mark::Now,
        };
        lines.push(Line { indent: 0, mark, text: held(status, head, station) });
        lines.extend(merges(head, station).map(|text| Line { indent: 1, mark: Mark::None, text }));
        lines.push(Line { indent: 1, mark: Mark::None, text: left(head, station) });
    }
    Explanation { title: title(head, journey.row), lines }
}

fn title(head: &Status, row: RowId) -> String {
    let Some(drawn) = row.find(head) else { return "The way of a row".to_owned() };
    let key = drawn.key();
    if !key.is_empty() {
        return format!("The way of {key}");
    }
    let first: Vec<String> = drawn.values().take(2).map(|(name, value)| format!("{name} = {value}")).collect();
    format!("The way of {}", first.join(", "))
}

fn state(status: &Status, station: &Station) -> Option<TaskState> {
    Some(status.stages.get(&station.stage)?.tasks().get(station.partition as usize)?.state)
}

/// Who holds the row, where, and how it came there.
fn held(status: &Status, head: &Status, station: &Station) -> String {
    let name = head.task_name(station.stage, station.partition);
    let Some(attempt) = station.attempts(status).next_back().or_else(|| station.attempts(head).next()) else {
        return format!("{name} has not run yet");
    };
    let place = format!("{name} on {}", attempt.node);
    let definition = head.stages.get(&station.stage).map(|stage| &stage.definition);
    let is_source = definition.is_some_and(|definition| definition.reads.is_empty());
    if is_source {
        let from = definition.map_or_else(String::new, |definition| words::line(&definition.name, 24));
        return format!("{place} has it from its input: {from}");
    }
    let mut from: Vec<_> = attempt.fetches.iter().map(|fetch| fetch.from).collect();
    from.sort_unstable();
    from.dedup();
    match from.as_slice() {
        [] => format!("{place} reads its partition"),
        [node] if *node == attempt.node => format!("{place} reads its partition, all of it from its own disk"),
        nodes => format!("{place} reads its partition from {}", words::nodes(nodes)),
    }
}

/// That the row becomes one with others here, and what is followed then.
fn merges(head: &Status, station: &Station) -> Option<String> {
    let operators = &head.stages.get(&station.stage)?.definition.operators;
    let operator = operators.iter().rev().find(|operator| operator.ends_with("aggregate"))?;
    Some(if operator.starts_with("partial") {
        format!("one with this task's rows of its group ({operator}): the group is followed")
    } else {
        format!("one with all rows of its group ({operator}): the group is followed")
    })
}

/// In what form the row goes on, and where to.
fn left(head: &Status, station: &Station) -> String {
    let row = match station.leaves {
        Leaves::Ends => return "There its query ends: the row, or what became of it, is a result.".to_owned(),
        Leaves::Unseen => {
            return "It goes on into a shuffle, if no filter or join dropped it; no row with its values was drawn there."
                .to_owned();
        }
        Leaves::Into(shuffle, reduce) => {
            let is_only = head.shuffles.get(&shuffle).is_some_and(|shuffle| shuffle.reduces == 1);
            let why = if is_only { "the only one" } else { "where all rows of its key go" };
            return format!(
                "into partition {reduce} ({why}), if no filter or join dropped it; it is not among the rows drawn there"
            );
        }
        Leaves::As(row) => row,
    };
    let Some(drawn) = row.find(head) else { return String::new() };
    let reduce = drawn.row.reduce;
    let output = head.shuffles.get(&row.shuffle).and_then(|shuffle| shuffle.maps().get(row.map as usize)?.as_ref());
    let size = output.and_then(|output| {
        let at = |all: &[u64]| all.get(reduce as usize).copied();
        let (rows, size) = (at(&output.rows)?, at(&output.bytes)?);
        Some(format!(", one of {} ({})", plural(rows, "row"), bytes(size)))
    });
    let values: Vec<String> = drawn.values().map(|(name, value)| format!("{name} = {value}")).collect();
    let how = match (drawn.sample.by.as_str(), drawn.sample.keys.is_empty()) {
        ("single", _) => "the only one".to_owned(),
        (by, true) => by.to_owned(),
        (by, false) => format!("{by} of {}", drawn.sample.keys.join(", ")),
    };
    format!("as {} into partition {reduce} ({how}){}", words::line(&values.join(", "), 90), size.unwrap_or_default())
}
