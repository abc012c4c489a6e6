//! How many executors there were, and for how long.

use super::studio::Take;
use crate::common::VirtualTime;
use crate::event::EventKind;
use std::collections::BTreeMap;

/// One executor: its cores, when it came, and when it left.
struct Stay {
    cores: u32,
    from: VirtualTime,
    until: VirtualTime,
}

fn stays(take: &Take) -> Vec<Stay> {
    let mut stays: BTreeMap<_, Stay> = BTreeMap::new();
    for event in &take.events {
        match &event.kind {
            EventKind::ExecutorAdded { executor, cores, .. } => {
                stays.insert(*executor, Stay { cores: *cores, from: event.time, until: take.status.now });
            }
            EventKind::ExecutorRemoved { executor, .. } => {
                if let Some(stay) = stays.get_mut(executor) {
                    stay.until = event.time;
                }
            }
            _ => {}
        }
    }
    stays.into_values().collect()
}

/// Executors that are there at a moment, in virtual seconds.
#[must_use]
pub fn at(take: &Take, seconds: f64) -> usize {
    let at = VirtualTime::from_secs_f64(seconds);
    stays(take).iter().filter(|stay| stay.from <= at && at < stay.until).count()
}

/// Most executors at any moment.
#[must_use]
pub fn most(take: &Take) -> usize {
    let all = stays(take);
    let here = |at: VirtualTime| all.iter().filter(|stay| stay.from <= at && at < stay.until).count();
    all.iter().map(|stay| here(stay.from)).max().unwrap_or(0)
}

/// Core seconds for which executors were there, busy or not.
#[must_use]
pub fn core_seconds(take: &Take) -> f64 {
    stays(take).iter().map(|stay| f64::from(stay.cores) * stay.until.since(stay.from).as_secs_f64()).sum()
}
