//! A scene: a script, a cluster and faults, really run so that a text can speak about it.
//!
//! ```text
//!   front matter ── Scene ──▶ Studio::take ──▶ Take: log, status at its end, output, plans
//!                                                │ figures   named numbers, counted in the log
//!                                                ▼
//!                                              formula   `kill.again`, `plain.makespan < kill.makespan`
//!                                                │ fill      the same, in the placeholders of a text
//!                                                ▼
//!                                              lessons, quiz, demos
//! ```
//!
//! **Invariants.** The same scene gives the same take on every machine (seed, data and clock are the scene's own). A scene runs in a scratch
//! folder that is removed after it: it never touches what a learner wrote.

mod executors;
pub mod figures;
pub mod fill;
pub mod formula;
pub mod moment;
mod stage;
pub mod studio;

pub use fill::fill;
pub use formula::{Formula, Value};
pub use moment::{Moment, moment};
pub use studio::{Changes, Scene, Scenes, Studio, Take};
