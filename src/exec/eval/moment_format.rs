//! How dates and times look in text, by the script's `spark.sql.legacy.timeParserPolicy`.
//!
//! CORRECTED reads and writes by [`Pattern`], LEGACY by `OlderPattern`; EXCEPTION reads as CORRECTED, but raises where LEGACY
//! would have read what CORRECTED cannot.

use super::older_pattern::OlderPattern;
use super::pattern::Pattern;
use crate::common::{ErrorClass, Result, SparkError, TimeParserPolicy};
use crate::logical::functions::calendar::Zone;

/// A pattern under a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MomentFormat {
    /// Absent under LEGACY.
    newer: Option<Pattern>,
    /// Absent under CORRECTED.
    older: Option<OlderPattern>,
    pattern: String,
}

impl MomentFormat {
    /// For functions of queries.
    ///
    /// # Errors
    /// A pattern that the policy's parser does not know.
    pub fn parse(pattern: &str, policy: TimeParserPolicy) -> Result<Self> {
        Self::new(pattern, policy, false)
    }

    /// For the columns of files, where the older parser was lenient.
    ///
    /// # Errors
    /// See [`MomentFormat::parse`].
    pub fn parse_for_files(pattern: &str, policy: TimeParserPolicy) -> Result<Self> {
        Self::new(pattern, policy, true)
    }

    fn new(pattern: &str, policy: TimeParserPolicy, lenient: bool) -> Result<Self> {
        let newer = || Pattern::parse(pattern).map(Some);
        let (newer, older) = match policy {
            TimeParserPolicy::Corrected => (newer()?, None),
            TimeParserPolicy::Legacy => (None, Some(OlderPattern::parse(pattern, lenient)?)),
            TimeParserPolicy::Exception => (newer()?, OlderPattern::parse(pattern, lenient).ok()),
        };
        Ok(MomentFormat { newer, older, pattern: pattern.to_owned() })
    }

    /// Formats a wall-clock time; `offset` is the zone's, in microseconds.
    #[must_use]
    pub fn format(&self, local_micros: i64, offset: i64, zone: Zone) -> String {
        match (&self.newer, &self.older) {
            (Some(newer), _) => newer.format(local_micros, offset, zone),
            (None, Some(older)) => older.format(local_micros, offset, zone),
            (None, None) => String::new(),
        }
    }

    /// Reads a text; the instant, or nothing when it does not match.
    ///
    /// # Errors
    /// Under EXCEPTION, for a text that only the older parser can read.
    pub fn read(&self, text: &str, zone: Zone) -> Result<Option<i64>> {
        let Some(newer) = &self.newer else {
            return Ok(self.older.as_ref().and_then(|older| older.read(text, zone)));
        };
        newer.check_readable(&self.pattern)?;
        match (newer.read(text, zone), &self.older) {
            (None, Some(older)) if older.read(text, zone).is_some() => Err(only_older(text)),
            (found, _) => Ok(found),
        }
    }
}

fn only_older(text: &str) -> SparkError {
    SparkError::new(
        ErrorClass::SparkUpgradeException,
        format!("the text '{text}' was read by Spark 2, but cannot be read by Spark 3 and later"),
    )
    .with_condition("INCONSISTENT_BEHAVIOR_CROSS_VERSION.PARSE_DATETIME_BY_NEW_PARSER")
    .with_help("set spark.sql.legacy.timeParserPolicy to LEGACY (read as before) or CORRECTED (null or an error)")
}
