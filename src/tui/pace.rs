//! How fast frames follow each other: slower where the line to the terminal is slow.

use std::time::Duration;

/// Frames a second where nothing is in the way, and over a network.
const LOCAL: u32 = 30;
const REMOTE: u32 = 10;
/// Never fewer.
const LEAST: u32 = 4;
/// A line that keeps a frame longer than this is slow.
const SLOW: Duration = Duration::from_millis(50);
/// After so long without a slow frame the line is tried at twice the rate.
const PATIENCE: Duration = Duration::from_secs(5);

/// The rate of frames while something moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    most: u32,
    now: u32,
    /// Time since the last slow frame.
    calm: Duration,
}

impl Pace {
    /// The rate to begin with.
    #[must_use]
    pub fn new(is_remote: bool) -> Self {
        let most = if is_remote { REMOTE } else { LOCAL };
        Pace { most, now: most, calm: Duration::ZERO }
    }

    /// The least time from one frame to the next.
    #[must_use]
    pub fn between(&self) -> Duration {
        Duration::from_secs(1) / self.now
    }

    /// A frame took so long to be written, so long after the one before. Gives the new rate where the line has become slow.
    pub fn wrote(&mut self, took: Duration, after: Duration) -> Option<u32> {
        if took > SLOW {
            self.calm = Duration::ZERO;
            let before = self.now;
            self.now = (before / 2).max(LEAST);
            return (before == self.most && self.now < before).then_some(self.now);
        }
        self.calm += after;
        if self.calm > PATIENCE {
            self.calm = Duration::ZERO;
            self.now = (self.now * 2).min(self.most);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_line_gets_fewer_frames_and_is_tried_again() {
        let (fast, slow) = (Duration::from_millis(1), Duration::from_millis(80));
        let mut pace = Pace::new(false);
        assert_eq!(pace.wrote(fast, fast), None);
        assert_eq!(pace.wrote(slow, fast), Some(15), "it is said once");
        let told: Vec<Option<u32>> = (0..4).map(|_| pace.wrote(slow, fast)).collect();
        assert_eq!((told, pace.now), (vec![None; 4], LEAST));
        for _ in 0..40 {
            pace.wrote(fast, Duration::from_secs(1));
        }
        assert_eq!(pace, Pace { calm: pace.calm, ..Pace::new(false) });
        assert_eq!(Pace::new(true).between(), Duration::from_millis(100));
    }
}
