//! A video service's edge: nine servers' sites in three regions near their viewers, an origin behind them, a router in front.
//!
//! ```text
//!  viewer ──► router ──► edge-eu-2  (full, or down?) ──► edge-eu-1 … ──► edge-us-3
//!                          │ title not in its cache
//!                          ▼
//!                        origin
//! ```
//!
//! Plays come from the workshop's `viewing_events`: each `play` goes to the site near its viewer unless the router knows better. Sites keep
//! titles by least recent use and fetch others from the origin over the shared [`crate::network`]. Sites and the origin can fail; sites can
//! grow and shrink: not at all, sized for the peak, by their load, or by a forecast from the day before.
//!
//! **Invariants.** Every play is on its way, runs, has ended or has failed; a site that is down carries nothing; with balancing no site
//! carries more than it can.
//!
//! **Simplified:** viewers do not leave, all streams weigh the same, a stream moves between two of its segments without a pause.

mod config;
mod demand;
mod machine;
mod router;
mod scaling;
mod site;
#[cfg(test)]
mod tests;

pub use config::{EdgeConfig, Scaling};

use super::WorldOutcome;

/// Lets it happen.
#[must_use]
pub fn run(config: &EdgeConfig, seed: u64) -> WorldOutcome {
    machine::Machine::new(config, seed).run(seed)
}
