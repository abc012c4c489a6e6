//! The settings of the edge world. Times are seconds of the day.

use crate::common::Result;
use crate::worlds::config::{refused, within};
use serde::{Deserialize, Serialize};

/// How many servers a site has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// The same number all day.
    Fixed,
    /// The same number all day, enough for the busiest minute of the day before.
    FixedForPeak,
    /// By the load of this moment.
    Reactive,
    /// By the load of this moment, and what the day before says of the next minutes.
    Predictive,
}

/// The settings of this world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EdgeConfig {
    /// Viewing events of the day; two in five are plays.
    pub events: u64,
    /// The release hour (20:00) gets so many times the plays of the titles of every day; 0 for what the events say.
    pub spike: u64,
    /// At each site, to begin with.
    pub servers: u64,
    pub streams_per_server: u64,
    /// Titles that a site keeps; there are 40.
    pub cache_titles: u64,
    /// What a site fetches before a title can start.
    pub title_mb: u64,
    pub network_mb_per_s: u64,
    /// Redirect by load; otherwise everybody goes to the nearest site.
    pub balancing: bool,
    /// Ask another site when one does not answer.
    pub failover: bool,
    pub near_ms: u64,
    pub region_ms: u64,
    pub far_ms: u64,
    /// How long a player waits for a site that does not answer.
    pub retry_ms: u64,
    /// Between two health checks.
    pub health_s: u64,
    pub segment_s: u64,
    /// A site to kill, such as `edge-us-1`; empty for none.
    pub kill: String,
    pub kill_s: u64,
    /// When it is back, with an empty cache; 0 for never.
    pub back_s: u64,
    pub origin_down_s: u64,
    /// The same as `origin_down_s` for an origin that never fails.
    pub origin_up_s: u64,
    /// A site that has less capacity for a while; empty for none.
    pub weak: String,
    pub weak_from_s: u64,
    pub weak_to_s: u64,
    pub weak_percent: u64,
    pub scaling: Scaling,
    /// From the order of a server until it serves.
    pub boot_s: u64,
    /// Between two decisions.
    pub decide_s: u64,
    /// The load that a site is sized for.
    pub target_percent: u64,
}

impl Default for EdgeConfig {
    fn default() -> Self {
        EdgeConfig {
            events: 20_000,
            spike: 0,
            servers: 20,
            streams_per_server: 10,
            cache_titles: 36,
            title_mb: 40,
            network_mb_per_s: 100,
            balancing: true,
            failover: true,
            near_ms: 5,
            region_ms: 15,
            far_ms: 80,
            retry_ms: 500,
            health_s: 5,
            segment_s: 20,
            kill: String::new(),
            kill_s: 73_800,
            back_s: 0,
            origin_down_s: 0,
            origin_up_s: 0,
            weak: String::new(),
            weak_from_s: 73_200,
            weak_to_s: 74_400,
            weak_percent: 40,
            scaling: Scaling::Fixed,
            boot_s: 180,
            decide_s: 60,
            target_percent: 75,
        }
    }
}

impl EdgeConfig {
    /// # Errors
    /// For a setting out of its range.
    pub(in crate::worlds) fn check(&self) -> Result<()> {
        within("events", self.events, 0, 1_000_000)?;
        within("spike", self.spike, 0, 1_000)?;
        within("servers", self.servers, 1, 100_000)?;
        within("streams_per_server", self.streams_per_server, 1, 1_000_000)?;
        within("cache_titles", self.cache_titles, 1, 1_000)?;
        within("title_mb", self.title_mb, 1, 1_000_000)?;
        within("network_mb_per_s", self.network_mb_per_s, 1, 1_000_000)?;
        within("health_s", self.health_s, 1, 86_400)?;
        within("segment_s", self.segment_s, 1, 3_600)?;
        within("retry_ms", self.retry_ms, 0, 3_600_000)?;
        within("decide_s", self.decide_s, 1, 86_400)?;
        within("boot_s", self.boot_s, 0, 86_400)?;
        within("target_percent", self.target_percent, 1, 100)?;
        within("weak_percent", self.weak_percent, 0, 100)?;
        for latency in [self.near_ms, self.region_ms, self.far_ms] {
            within("a distance in ms", latency, 0, 60_000)?;
        }
        if self.origin_up_s < self.origin_down_s || self.weak_to_s < self.weak_from_s {
            return Err(refused("something ends before it begins").with_help("give the later time to the end"));
        }
        if self.back_s != 0 && self.back_s < self.kill_s {
            return Err(refused("the killed site is back before it is killed").with_help("make back_s later, or 0"));
        }
        for name in [&self.kill, &self.weak] {
            if !name.is_empty() && super::site::number_of(name).is_none() {
                return Err(refused(format!("there is no site `{name}`")).with_help(
                    "the sites are edge-eu-1 to edge-eu-3, edge-us-1 to edge-us-3, edge-ap-1 to edge-ap-3",
                ));
            }
        }
        Ok(())
    }
}
