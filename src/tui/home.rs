//! The home screen: the exercises, and what can be done with each.

use super::ScreenOptions;
use std::io;

/// One line of the home screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeEntry {
    /// `1`, `2`, …
    pub number: String,
    pub title: String,
    /// What it is about, a few short lines.
    pub about: Vec<String>,
    /// The script's path, as shown.
    pub script: String,
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeChoice {
    /// Run the entry with this index in the theatre.
    Watch(usize),
    /// Run it in the plain terminal, with narration.
    Run(usize),
    /// Watch it with a node killed on the way.
    Kill(usize),
    /// Open this log in the theatre.
    OpenLog(String),
    Quit,
    /// By `Ctrl-C` or a signal.
    Interrupted,
}

/// Shows the home screen until something is chosen. `notice` is one line about what happened before, such as why a log did not open.
///
/// # Errors
/// When the terminal can not be used.
pub fn run(_entries: &[HomeEntry], _notice: Option<&str>, _options: ScreenOptions) -> io::Result<HomeChoice> {
    Err(io::Error::other("the home screen is not built yet"))
}
