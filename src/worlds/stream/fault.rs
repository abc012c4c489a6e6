//! A producer whose clock goes wrong: `clock:edge-us-3+900s@7200`.
//!
//! From a second of the run on it stamps its events with what its clock says, which is so many seconds ahead (`+`) or behind (`-`). The next
//! fault of the same producer takes the place of the one before; `+0s` sets the clock right.

use super::source::producers;
use crate::common::{ErrorClass, Result, SparkError};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A clock that is wrong from a moment on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClockFault {
    /// A producer, such as `edge-eu-2`.
    pub node: String,
    /// How many seconds it is ahead; negative: behind.
    pub skew_s: i64,
    /// Since which second of the run.
    pub at_s: u64,
}

impl ClockFault {
    /// A fault as it is written.
    ///
    /// # Errors
    /// When the text is no such fault, or names no producer.
    pub fn parse(text: &str) -> Result<ClockFault> {
        let fault = read(text.trim()).ok_or_else(|| refused(format!("{text} is not a fault of this world")))?;
        let most = 86_400;
        if fault.skew_s.abs() > most {
            return Err(refused(format!("a clock is wrong by at most {most} seconds")));
        }
        if !producers().contains(&fault.node) {
            return Err(refused(format!("{} is no producer: they are {}", fault.node, producers().join(", "))));
        }
        Ok(fault)
    }

    /// How it is from then on.
    pub(super) fn words(&self) -> String {
        let side = if self.skew_s > 0 { "ahead" } else { "behind" };
        match self.skew_s {
            0 => "its clock is right again".to_owned(),
            skew => format!("its clock is {} s {side} from now on", skew.abs()),
        }
    }
}

fn read(text: &str) -> Option<ClockFault> {
    let (what, at) = text.strip_prefix("clock:")?.rsplit_once('@')?;
    let (node, skew) = what.trim().strip_suffix('s').unwrap_or(what.trim()).rsplit_once(['+', '-'])?;
    let sign = if what.contains('+') { 1 } else { -1 };
    let (skew, at) = (skew.parse::<i64>().ok()?, at.trim().trim_end_matches('s').parse().ok()?);
    // The names of producers hold hyphens: behind the last of them stands a number only where it is the sign.
    Some(ClockFault { node: node.trim().to_owned(), skew_s: sign * skew, at_s: at })
}

fn refused(message: String) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, message)
        .with_help("write clock:edge-us-3+900s@7200: a producer, how far its clock is ahead (-900s: behind), and since which second")
}

impl fmt::Display for ClockFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "clock:{}{:+}s@{}", self.node, self.skew_s, self.at_s)
    }
}

impl TryFrom<String> for ClockFault {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        ClockFault::parse(&text).map_err(|error| error.message().to_owned())
    }
}

impl From<ClockFault> for String {
    fn from(fault: ClockFault) -> String {
        fault.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_as_it_is_written() {
        for text in ["clock:edge-us-3+900s@7200", "clock:edge-eu-1-60s@0", "clock:edge-ap-2+0s@9"] {
            assert_eq!(ClockFault::parse(text).expect(text).to_string(), text);
        }
        let behind = ClockFault::parse("clock:edge-eu-1-60@5").expect("a fault");
        assert_eq!((behind.node.as_str(), behind.skew_s, behind.at_s), ("edge-eu-1", -60, 5));
        for text in
            ["clock:edge-us-9+900s@7200", "clock:edge-us-3@7200", "kill:edge-us-3@1", "clock:edge-us-3+99999s@1"]
        {
            assert!(!ClockFault::parse(text).expect_err(text).help().is_empty(), "{text}");
        }
    }
}
