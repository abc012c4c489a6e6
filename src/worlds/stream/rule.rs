//! The rule: an error of a profile that has buffered often enough before. It holds by event time, so that the order of arrival does not matter.

use super::source::{Kind, Record};
use std::collections::BTreeMap;

/// What is known of each profile.
#[derive(Debug, Clone, Default)]
pub(super) struct Rule {
    profiles: BTreeMap<u64, Profile>,
}

#[derive(Debug, Clone, Default)]
struct Profile {
    /// When it buffered, by event time.
    buffers: Vec<i64>,
    /// Errors that are no alerts yet; a late buffer can still make them so.
    errors: Vec<(i64, u32)>,
}

impl Rule {
    /// Takes in one event; gives the errors that are alerts now.
    pub(super) fn take(&mut self, number: u32, record: &Record, buffers: usize) -> Vec<u32> {
        let profile = match record.kind {
            Kind::Other => return Vec::new(),
            Kind::Buffer => {
                let profile = self.profiles.entry(record.profile).or_default();
                profile.buffers.push(record.event_ms);
                profile
            }
            Kind::Error => {
                let profile = self.profiles.entry(record.profile).or_default();
                profile.errors.push((record.event_ms, number));
                profile
            }
        };
        let before = |at: i64| profile.buffers.iter().filter(|buffer| **buffer < at).count();
        let alerts: Vec<u32> =
            profile.errors.iter().filter(|(at, _)| before(*at) >= buffers).map(|(_, number)| *number).collect();
        profile.errors.retain(|(_, number)| !alerts.contains(number));
        alerts
    }

    /// Profiles in the state.
    pub(super) fn len(&self) -> usize {
        self.profiles.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alerts(events: &[(i64, Kind)]) -> Vec<u32> {
        let mut rule = Rule::default();
        let record = |at, kind| Record::new(at, 0, 1, 0, kind);
        events.iter().zip(0..).flat_map(|((at, kind), i)| rule.take(i, &record(*at, *kind), 3)).collect()
    }

    #[test]
    fn an_error_after_three_buffers_is_an_alert() {
        let buffers = [(1, Kind::Buffer), (2, Kind::Buffer), (3, Kind::Buffer)];
        assert_eq!(alerts(&[&buffers[..], &[(4, Kind::Error)]].concat()), [3]);
        assert!(alerts(&[&buffers[..2], &[(4, Kind::Error)]].concat()).is_empty());
        assert!(alerts(&[&buffers[..], &[(2, Kind::Error)]].concat()).is_empty());
    }

    #[test]
    fn a_late_buffer_still_makes_an_earlier_error_an_alert() {
        let late = [(4, Kind::Error), (1, Kind::Buffer), (2, Kind::Buffer), (3, Kind::Buffer)];
        assert_eq!(alerts(&late), [0]);
    }
}
