//! `--until line:12`: where a script is to wait.

use crate::common::{ErrorClass, Result, SparkError};
use crate::session::statement_line;
use std::str::FromStr;

/// A line of the script, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Until(u32);

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Until, String> {
        let line = text.strip_prefix("line:").and_then(|line| line.trim().parse().ok()).filter(|line| *line > 0);
        line.map(Until).ok_or_else(|| "write line:N with the number of a line, such as line:12".to_owned())
    }
}

impl Until {
    /// The line of the statement that is meant: the one that is there or goes over it, else the next.
    pub(crate) fn statement(self, source: &str) -> Result<u32> {
        statement_line(source, self.0).ok_or_else(|| {
            let message = format!("no statement stands on line {} or below it", self.0);
            let lines = source.lines().count();
            SparkError::new(ErrorClass::IllegalArgumentException, message)
                .with_help(format!("the script has {lines} lines"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_are_understood() {
        assert_eq!("line:12".parse(), Ok(Until(12)));
        for wrong in ["12", "line:0", "line:x", "line:-1", "stage:2"] {
            assert!(wrong.parse::<Until>().is_err(), "{wrong}");
        }
    }
}
