//! Floor 2, the picture of a run: the event log folded up to a moment.
//!
//! [`Status`] answers "what is where, what runs, what was lost" for one position in the log; [`need`] answers "is this still needed, and by
//! whom"; [`recompute`] counts what was lost, made again and kept; [`marks`] names the moments worth stopping at. Screens, narration, reports and
//! checks read these and nothing else, so that live, replayed and scrubbed can not differ (design D7).
//!
//! ```text
//!   events 0 1 2 3 4 5 6 7 …            History: checkpoints, at most 256
//!          └──── fold ────┘ → Status    seek(n) = nearest checkpoint + the rest
//! ```
//!
//! **Invariants.** A pure function of the events: no clock, no chance. `seek` gives the same `Status` as a fold from the start.

pub mod check;
pub mod costs;
#[cfg(test)]
pub mod fixture;
mod fold;
pub mod history;
pub mod input;
pub mod marks;
pub mod metrics;
pub mod model;
pub mod need;
pub mod recompute;
mod script;
pub mod spread;
#[cfg(test)]
mod tests;
pub mod waits;
pub mod why;

pub use crate::event::Application;
pub use history::History;
pub use model::{
    Attempt, Broadcast, BuiltStep, Cache, CachedBlock, Death, Fault, Fetch, Job, MapOutput, Node, Output, Query,
    Shuffle, Stage, StageState, Statement, Status, Submission, Task, TaskName, TaskState, Totals, Victim,
    final_plan_text,
};
pub use script::StepState;
