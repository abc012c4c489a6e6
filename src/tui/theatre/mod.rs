//! The cluster theatre: a cursor over an event log, live or recorded.

use super::run_handle::RunHandle;
use crate::common::ids::NodeId;
use crate::common::time::VirtualTime;
use crate::event::Event;
use std::io;
use std::sync::Arc;

/// Where the events come from.
pub enum Source {
    /// An engine thread is filling the log.
    Live(RunHandle),
    /// All events are there.
    Recorded(Vec<Arc<Event>>),
}

/// A fault to add: the run is done again with it, and with those it already had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchRequest {
    /// All node deaths of the branch, the new one last.
    pub kills: Vec<(NodeId, VirtualTime)>,
}

/// Starts a run with faults on an engine thread and returns at once.
pub type OnBranch = Box<dyn FnMut(&BranchRequest) -> Result<RunHandle, String>>;

/// Everything the theatre shows.
pub struct TheatreInput {
    /// What runs, such as `03_files`.
    pub title: String,
    pub source: Source,
    /// Absent: `K` says why it can not branch.
    pub on_branch: Option<OnBranch>,
    /// Start paused at the beginning instead of playing.
    pub paused: bool,
    pub options: super::ScreenOptions,
}

/// How the theatre was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By `q`.
    Back,
    /// By `Ctrl-C` or a signal: the program should end.
    Interrupted,
}

/// Shows the theatre until the person leaves it.
///
/// # Errors
/// When the terminal can not be used.
pub fn run(_input: TheatreInput) -> io::Result<Exit> {
    Err(io::Error::other("the theatre is not built yet"))
}
