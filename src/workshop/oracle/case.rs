//! The case study.

use super::files::{date, digits};
use super::{int, rounded, rows};
use crate::workshop::dataset::Dataset;
use crate::workshop::rows::{Cell, Rows};
use std::collections::BTreeMap;

pub(super) fn top_titles(data: &Dataset) -> Rows {
    let events = data.table("viewing_events");
    let mut watched: BTreeMap<(String, i64), i64> = BTreeMap::new();
    for row in rows(&events).filter(|row| row.get("event_type") == Some("stop")) {
        let key = (row.owned("region"), row.int("title_id").unwrap_or_default());
        *watched.entry(key).or_default() += row.int("watch_ms").unwrap_or_default();
    }
    let mut regions: BTreeMap<String, Vec<(f64, i64)>> = BTreeMap::new();
    for ((region, title), millis) in watched {
        regions.entry(region).or_default().push((rounded(millis as f64 / 60_000.0, 1), title));
    }
    let mut found = Vec::new();
    for (region, mut titles) in regions {
        titles.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (at, (minutes, title)) in titles.into_iter().take(3).enumerate() {
            found.push(vec![Cell::text(&region), Cell::Int(title), Cell::Float(minutes), int(at + 1)]);
        }
    }
    Rows::of(&[("region", "string"), ("title_id", "int"), ("minutes", "double"), ("place", "int")]).with(found)
}

/// The moment that `2024-01-31 08:05:00.250` names.
fn moment(text: Option<&str>) -> Option<chrono::NaiveDateTime> {
    let (day, clock) = text?.split_once(' ')?;
    let (clock, millis) = clock.split_once('.').unwrap_or((clock, "000"));
    let [hours, minutes, seconds] = clock.split(':').collect::<Vec<_>>()[..] else { return None };
    date(day)?.and_hms_milli_opt(digits(hours, 2)?, digits(minutes, 2)?, digits(seconds, 2)?, digits(millis, 3)?)
}

pub(super) fn buffering_windows(data: &Dataset) -> Rows {
    let events = data.table("viewing_events");
    let mut windows: BTreeMap<(i64, String), (usize, usize)> = BTreeMap::new();
    for row in rows(&events) {
        let Some(time) = moment(row.get("event_time")) else { continue };
        let start = time.and_utc().timestamp().div_euclid(300) * 300;
        let count = windows.entry((start, row.owned("edge_node"))).or_default();
        *count = (count.0 + 1, count.1 + usize::from(row.get("event_type") == Some("buffer")));
    }
    let found = windows.into_iter().filter_map(|((start, node), (count, buffering))| {
        let share = rounded(100.0 * buffering as f64 / count as f64, 1);
        let start = chrono::DateTime::from_timestamp(start, 0)?.format("%Y-%m-%d %H:%M:%S").to_string();
        (count >= 20 && share >= 30.0)
            .then(|| vec![Cell::Text(start), Cell::Text(node), int(count), Cell::Float(share)])
    });
    Rows::of(&[("start", "timestamp"), ("edge_node", "string"), ("events", "bigint"), ("buffering", "double")])
        .with(found.collect())
}

pub(super) fn too_late(data: &Dataset) -> Rows {
    let events = data.table("viewing_events");
    let is_late = |row: &super::Row<'_>| {
        let times = moment(row.get("event_time")).zip(moment(row.get("arrival_time")));
        times.is_some_and(|(event, arrival)| arrival - event > chrono::TimeDelta::minutes(2))
    };
    let count = rows(&events).filter(is_late).count();
    Rows::of(&[("value", "any")]).with(vec![vec![int(count)]])
}
