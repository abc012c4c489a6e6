//! Floor 2, a workroom: event logs of real Spark, both ways.
//!
//! [`write()`] turns our events into a log that Spark's History Server opens. It is a pure function of the log: it knows no cluster.
//! [`mod@read`] turns a log of real Spark into our events.
//!
//! ```text
//!   events ── write ──▶ JSON lines as Spark's listener writes them: jobs, stages, tasks, executors, SQL executions
//!          ◀── read ──
//! ```
//!
//! **Simplified:** virtual time zero is shown as the first of January 2025; a plan's graph is drawn from its text, and shows the numbers
//! that our tasks count: rows of scans, and rows and bytes of exchanges.

mod plan_graph;
pub mod read;
mod shapes;
mod write;

pub use write::{application_id, write};
