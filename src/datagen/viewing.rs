//! One day of a video service: an event's numbers, and how they are written.

use super::cell::Cell;
use super::chance::Stream;

static HOURS: [(u64, u64); 24] = [
    (0, 2),
    (1, 1),
    (2, 1),
    (3, 1),
    (4, 1),
    (5, 1),
    (6, 2),
    (7, 3),
    (8, 3),
    (9, 3),
    (10, 3),
    (11, 4),
    (12, 5),
    (13, 5),
    (14, 4),
    (15, 4),
    (16, 5),
    (17, 6),
    (18, 8),
    (19, 10),
    (20, 10),
    (21, 8),
    (22, 6),
    (23, 4),
];
static EVENT_REGIONS: [(&str, u64); 3] = [("eu", 40), ("us", 35), ("ap", 25)];
static EVENT_TYPES: [(&str, u64); 5] = [("play", 40), ("pause", 15), ("buffer", 12), ("stop", 30), ("error", 3)];
const TITLES: u64 = 40;

/// One line of `viewing_events`, before it becomes text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewingEvent {
    /// From 1.
    pub id: u64,
    /// When it happened, milliseconds of the day.
    pub event_ms: u64,
    /// When it reached the collector, milliseconds since the start of the day.
    pub arrival_ms: u64,
    /// From 1.
    pub profile: u64,
    /// From 1; title 1 is the season that everybody waited for.
    pub title: u64,
    /// `eu`, `us` or `ap`.
    pub region: &'static str,
    /// From 1 to 3: `edge-eu-2` is the second of its region.
    pub edge: u64,
    /// `play`, `pause`, `buffer`, `stop` or `error`.
    pub kind: &'static str,
    pub watch_ms: u64,
    pub buffer_ms: u64,
}

impl ViewingEvent {
    /// The event at row `i` of a table of `n` rows.
    #[must_use]
    pub fn at(seed: u64, i: u64, n: u64) -> ViewingEvent {
        const SPIKE: Stream = Stream::new("ev.spike");
        const SECOND: Stream = Stream::new("ev.sec");
        const HOUR: Stream = Stream::new("ev.hour");
        const TITLE: Stream = Stream::new("ev.title");
        const MILLIS: Stream = Stream::new("ev.ms");
        const LATE: Stream = Stream::new("ev.late");
        const DELAY: Stream = Stream::new("ev.delay");
        const REGION: Stream = Stream::new("ev.region");
        const NODE: Stream = Stream::new("ev.node");
        const TYPE: Stream = Stream::new("ev.type");
        const INCIDENT: Stream = Stream::new("ev.incident");
        const PROFILE: Stream = Stream::new("ev.profile");
        const WATCH: Stream = Stream::new("ev.watch");
        const BUFFER: Stream = Stream::new("ev.buf");
        let is_hot = SPIKE.below(seed, i, 100) < 25;
        let hour = if is_hot { 20 } else { HOUR.pick(seed, i, &HOURS) };
        let second = hour * 3600 + SECOND.below(seed, i, 3600);
        let event_ms = second * 1000 + MILLIS.below(seed, i, 1000);
        let is_late = LATE.below(seed, i, 100) < 2;
        let delay_ms = if is_late { 60_000 + DELAY.below(seed, i, 840_000) } else { DELAY.below(seed, i, 2000) };
        let region = REGION.pick(seed, i, &EVENT_REGIONS);
        let edge = 1 + NODE.below(seed, i, 3);
        let mut kind = TYPE.pick(seed, i, &EVENT_TYPES);
        let incident = region == "eu" && edge == 2 && (73_200..74_400).contains(&second);
        if incident && INCIDENT.below(seed, i, 100) < 45 {
            kind = "buffer";
        }
        ViewingEvent {
            id: i + 1,
            event_ms,
            arrival_ms: event_ms + delay_ms,
            profile: 1 + PROFILE.below(seed, i, (n / 20).max(1)),
            title: if is_hot { 1 } else { 1 + TITLE.below(seed, i, TITLES) },
            region,
            edge,
            kind,
            watch_ms: if kind == "stop" { WATCH.below(seed, i, 3_600_000) } else { 0 },
            buffer_ms: if kind == "buffer" { 200 + BUFFER.below(seed, i, 9_800) } else { 0 },
        }
    }

    /// The server that the viewer was connected to.
    #[must_use]
    pub fn edge_node(&self) -> String {
        format!("edge-{}-{}", self.region, self.edge)
    }

    pub(super) fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Int(self.id as i64),
            moment(self.event_ms),
            moment(self.arrival_ms),
            Cell::Text(format!("P{:06}", self.profile)),
            Cell::Int(self.title as i64),
            Cell::Word(self.region),
            Cell::Text(self.edge_node()),
            Cell::Word(self.kind),
            Cell::Int(self.watch_ms as i64),
            Cell::Int(self.buffer_ms as i64),
        ]
    }
}

/// So many milliseconds after 2024-11-01 00:00.
fn moment(millis: u64) -> Cell {
    let (days, rest) = (millis / 86_400_000, millis % 86_400_000);
    let (seconds, millis) = (rest / 1000, rest % 1000);
    Cell::Text(format!(
        "2024-11-{:02} {:02}:{:02}:{:02}.{millis:03}",
        1 + days,
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    ))
}
