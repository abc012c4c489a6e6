//! How many servers a site should have.

use super::config::{EdgeConfig, Scaling};
use super::demand::{Play, plays};
use super::site::SITES;

const MINUTES: usize = 24 * 60;

/// Streams per site and minute, as the night's batch found them in the events of the day before.
#[derive(Debug)]
pub(super) struct Forecast {
    streams: Vec<[u64; MINUTES]>,
}

impl Forecast {
    /// What the day before says.
    pub(super) fn of_yesterday(config: &EdgeConfig, seed: u64) -> Forecast {
        Forecast::of(&plays(config, seed.wrapping_add(1)))
    }

    fn of(plays: &[Play]) -> Forecast {
        let mut streams = vec![[0; MINUTES]; SITES];
        for play in plays {
            let first = (play.at_ms / 60_000) as usize;
            let last = ((play.at_ms / 1000 + play.watch_s) / 60) as usize;
            for minute in &mut streams[play.near][first.min(MINUTES - 1)..=last.min(MINUTES - 1)] {
                *minute += 1;
            }
        }
        Forecast { streams }
    }

    /// The most streams at a site between two times.
    fn most(&self, site: usize, from_s: u64, to_s: u64) -> u64 {
        let minute = |s: u64| (s as usize / 60).min(MINUTES - 1);
        self.streams[site][minute(from_s)..=minute(to_s)].iter().max().copied().unwrap_or(0)
    }
}

/// Servers that a site begins with.
pub(super) fn servers_at_start(config: &EdgeConfig, forecast: &Forecast, site: usize) -> u64 {
    match config.scaling {
        Scaling::Fixed => config.servers,
        Scaling::FixedForPeak => servers_for(config, forecast.most(site, 0, 86_399)),
        Scaling::Reactive | Scaling::Predictive => servers_for(config, forecast.most(site, 0, 59)),
    }
}

/// Servers that a site should have now.
pub(super) fn servers_wanted(config: &EdgeConfig, forecast: &Forecast, site: usize, streams: u64, now_s: u64) -> u64 {
    match config.scaling {
        Scaling::Fixed | Scaling::FixedForPeak => servers_at_start(config, forecast, site),
        Scaling::Reactive => servers_for(config, streams),
        Scaling::Predictive => {
            // Until a server that is ordered at the next decision could be there.
            let ahead = config.boot_s + 2 * config.decide_s;
            let expected = forecast.most(site, now_s, now_s + ahead);
            // Spare room is for what grows while a server boots; a forecast has that in it already.
            servers_for(config, streams).max(expected.div_ceil(config.streams_per_server))
        }
    }
}

/// Servers that carry so many streams at the target load.
fn servers_for(config: &EdgeConfig, streams: u64) -> u64 {
    (streams * 100).div_ceil(config.streams_per_server * config.target_percent).max(1)
}
