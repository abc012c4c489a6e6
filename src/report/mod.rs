//! Floor 7, the plain terminal: narration, summary, log lines and drawn errors.
//!
//! Everything here turns facts into sentences and returns them; the caller writes. The theatre's "what is going on" pane shows the same
//! sentences as `--no-tui`, so there is one narrator with two outlets. The narrator may only state what is in the log.

pub mod ask;
pub mod cohort;
pub mod compare;
pub mod costs;
pub mod diagnostic;
pub mod input;
pub mod logs;
pub mod metrics;
pub mod narrator;
pub mod page;
mod page_html;
pub mod picture;
pub mod prints;
pub mod progress;
pub mod recovery;
pub mod summary;
pub mod trace;
pub mod verdict;
pub mod why;
pub mod words;
pub mod world;

#[cfg(test)]
mod tests;

pub use diagnostic::{Place, Raised, diagnostic, drawing};
pub use logs::{Level, LogFilter, logs};
pub use narrator::{Depth, Format, Narrator, Sentence, Weight};
pub use summary::summary;
