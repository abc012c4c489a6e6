//! A cursor in the moments of something that is over, and how time passes there: of a world, of a lesson's picture.

use crate::common::time::VirtualTime;

/// The next moment is never further away than this, in seconds of the person's time.
const WAIT_SECS: f64 = 1.5;

/// The cursor.
#[derive(Debug, Clone, PartialEq)]
pub struct Playback {
    /// When each moment came.
    times: Vec<VirtualTime>,
    ended: VirtualTime,
    /// Moments that have happened.
    pub position: usize,
    pub time: VirtualTime,
    pub playing: bool,
    /// Virtual seconds for each real second.
    pub speed: f64,
}

impl Playback {
    /// At the start of moments that take about so many seconds to watch.
    #[must_use]
    pub fn new(times: Vec<VirtualTime>, ended: VirtualTime, watch_secs: f64) -> Self {
        let speed = (ended.as_secs_f64() / watch_secs).max(0.001);
        Playback { times, ended, position: 0, time: VirtualTime::ZERO, playing: false, speed }
    }

    /// Everything has happened.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.position >= self.times.len() && self.time >= self.ended
    }

    /// Real time passes. True when something has happened.
    pub fn tick(&mut self, secs: f64) -> bool {
        if !self.playing {
            return false;
        }
        let before = self.position;
        let next = self.times.get(self.position).copied().unwrap_or(self.ended);
        let gap = next.since(self.time).as_secs_f64();
        let speed = self.speed.max(gap / WAIT_SECS);
        self.to_time(VirtualTime::from_secs_f64(self.time.as_secs_f64() + secs * speed));
        self.playing = !self.is_over();
        self.position != before || !self.playing
    }

    /// The speed with as many decimals as say something: `0.25x`, `0.0021x`.
    #[must_use]
    pub fn speed_words(&self) -> String {
        let decimals = (1.0 - self.speed.log10().floor()).max(0.0) as usize;
        format!("{:.decimals$}x", self.speed)
    }

    /// Play or pause; at the end, from the start.
    pub fn toggle(&mut self) {
        if !self.playing && self.is_over() {
            self.to_position(0);
        }
        self.playing = !self.playing;
    }

    /// To a time.
    pub fn to_time(&mut self, time: VirtualTime) {
        self.time = time.min(self.ended);
        self.position = self.times.partition_point(|at| *at <= self.time);
    }

    /// To just after so many moments, and stays there.
    pub fn to_position(&mut self, position: usize) {
        self.playing = false;
        self.position = position.min(self.times.len());
        self.time = self.position.checked_sub(1).map_or(VirtualTime::ZERO, |last| self.times[last]);
    }

    /// To a fraction of the whole, and stays there.
    pub fn scrub_to(&mut self, fraction: f64) {
        self.playing = false;
        self.to_time(VirtualTime::from_secs_f64(self.ended.as_secs_f64() * fraction.clamp(0.0, 1.0)));
    }

    /// Hundredths of the whole on or back.
    pub fn scrub(&mut self, hundredths: f64) {
        let end = self.ended.as_secs_f64().max(f64::MIN_POSITIVE);
        self.scrub_to(self.time.as_secs_f64() / end + hundredths / 100.0);
    }

    /// To the end, and stays there.
    pub fn finish(&mut self) {
        self.playing = false;
        self.time = self.ended;
        self.position = self.times.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playback() -> Playback {
        let times = [1.0, 2.0, 2.0, 60.0].map(VirtualTime::from_secs_f64);
        Playback::new(times.to_vec(), VirtualTime::from_secs_f64(60.0), 15.0)
    }

    #[test]
    fn it_plays_to_the_end_and_begins_again() {
        let mut playback = playback();
        assert!(!playback.tick(1.0), "it rests until it is started");
        playback.toggle();
        let mut ticks = 0;
        while playback.playing {
            playback.tick(0.1);
            ticks += 1;
        }
        assert!(playback.is_over() && ticks < 200, "{ticks}");
        playback.toggle();
        assert_eq!((playback.position, playback.playing), (0, true));
    }

    #[test]
    fn a_speed_is_never_nothing() {
        let words = |speed| Playback { speed, ..playback() }.speed_words();
        assert_eq!([0.0021, 0.25, 1.0, 40.0].map(words), ["0.0021x", "0.25x", "1.0x", "40x"]);
    }

    #[test]
    fn nothing_is_told_where_nothing_happens() {
        let mut playback = playback();
        playback.to_position(3);
        playback.toggle();
        assert!(!playback.tick(0.1) && playback.time > VirtualTime::from_secs_f64(2.0));
        playback.scrub_to(1.0);
        assert!(playback.is_over() && !playback.playing);
    }
}
