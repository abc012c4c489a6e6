//! A log that is still being written: how far the application is, without its events.

use super::fields::{ExecutorEvent, StageEvent, TaskEvent};
use super::parse;

/// How far an application is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub executors: u64,
    pub jobs: u64,
    pub jobs_ended: u64,
    pub stages: u64,
    pub stages_ended: u64,
    /// Of the stages that were submitted.
    pub tasks_planned: u64,
    pub tasks_ended: u64,
    pub tasks_failed: u64,
}

/// Counts the lines of a log as they are appended.
#[derive(Debug, Default)]
pub struct Growing {
    /// The last line, while its end is missing.
    rest: Vec<u8>,
    tally: Tally,
}

impl Growing {
    /// Takes the next bytes of the file in.
    pub fn append(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else { return };
        let rest = self.rest.split_off(end + 1);
        let whole = std::mem::replace(&mut self.rest, rest);
        for line in whole.split(|byte| *byte == b'\n') {
            self.tally.line(line);
        }
    }

    /// What is known so far.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Tally {
    /// A line that says nothing of this kind, or is no event, changes nothing.
    fn line(&mut self, line: &[u8]) {
        match parse::name_of(line).as_deref() {
            Some("SparkListenerExecutorAdded") if parse::parse::<ExecutorEvent>(line).is_some() => self.executors += 1,
            Some("SparkListenerJobStart") => self.jobs += 1,
            Some("SparkListenerJobEnd") => self.jobs_ended += 1,
            Some("SparkListenerStageSubmitted") => {
                self.stages += 1;
                self.tasks_planned += parse::parse::<StageEvent>(line).map_or(0, |event| event.info.tasks);
            }
            Some("SparkListenerStageCompleted") => self.stages_ended += 1,
            Some("SparkListenerTaskEnd") => {
                let failed = parse::parse::<TaskEvent<'_>>(line).is_some_and(|event| event.reason.reason != "Success");
                self.tasks_ended += 1;
                self.tasks_failed += u64::from(failed);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KILLED: &str = include_str!("../../../tests/data/spark_logs/killed_executor.json");

    #[test]
    fn a_log_that_comes_in_pieces_counts_as_the_whole() {
        let mut whole = Growing::default();
        whole.append(KILLED.as_bytes());
        for size in [1, 7, 4096] {
            let mut pieces = Growing::default();
            KILLED.as_bytes().chunks(size).for_each(|piece| pieces.append(piece));
            assert_eq!(pieces.tally(), whole.tally());
        }
        let tally = whole.tally();
        assert_eq!((tally.executors, tally.jobs, tally.jobs_ended), (3, 1, 1));
        assert!(tally.tasks_failed >= 3 && tally.tasks_ended > tally.tasks_failed && tally.stages == 4, "{tally:?}");
    }
}
