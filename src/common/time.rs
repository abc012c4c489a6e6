//! Virtual time: whole nanoseconds on the simulated cluster's one clock. Never wall time.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A moment on the virtual clock, in nanoseconds since the application started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VirtualTime(pub u64);

/// A length of virtual time, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VirtualDuration(pub u64);

impl VirtualTime {
    /// The start of the application.
    pub const ZERO: VirtualTime = VirtualTime(0);

    /// This moment in seconds, for screens and sentences only.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The moment `secs` seconds after the start; negative and non-finite values give the start.
    #[must_use]
    pub fn from_secs_f64(secs: f64) -> Self {
        VirtualTime((secs.max(0.0) * 1e9) as u64)
    }

    /// Time passed since `earlier`, zero when it lies ahead.
    #[must_use]
    pub fn since(self, earlier: VirtualTime) -> VirtualDuration {
        VirtualDuration(self.0.saturating_sub(earlier.0))
    }
}

impl VirtualDuration {
    /// `ms` milliseconds.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        VirtualDuration(ms * 1_000_000)
    }

    /// `s` seconds.
    #[must_use]
    pub const fn from_secs(s: u64) -> Self {
        VirtualDuration(s * 1_000_000_000)
    }

    /// This length in seconds, for screens and sentences only.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        VirtualTime(self.0).as_secs_f64()
    }
}

impl Add<VirtualDuration> for VirtualTime {
    type Output = VirtualTime;
    fn add(self, length: VirtualDuration) -> VirtualTime {
        VirtualTime(self.0.saturating_add(length.0))
    }
}

impl Add for VirtualDuration {
    type Output = VirtualDuration;
    fn add(self, other: VirtualDuration) -> VirtualDuration {
        VirtualDuration(self.0.saturating_add(other.0))
    }
}

impl AddAssign for VirtualDuration {
    fn add_assign(&mut self, other: VirtualDuration) {
        *self = *self + other;
    }
}

impl Sub for VirtualTime {
    type Output = VirtualDuration;
    fn sub(self, earlier: VirtualTime) -> VirtualDuration {
        self.since(earlier)
    }
}

impl fmt::Display for VirtualTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} s", self.as_secs_f64())
    }
}

impl fmt::Display for VirtualDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} s", self.as_secs_f64())
    }
}
