//! Wakes a screen that waits for keys.

#[cfg(unix)]
use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
};

/// Rung on any thread; heard by [`super::terminal::Screen::read_or_bell`]. Where a wait cannot be cut short it is short.
///
/// Whoever hears it looks for news afterwards: rings between two looks are one.
#[derive(Debug, Clone)]
pub struct Bell {
    #[cfg(unix)]
    wire: Arc<Wire>,
}

#[cfg(unix)]
#[derive(Debug)]
struct Wire {
    hammer: UnixStream,
    ear: UnixStream,
    /// It rings, and nobody has heard it: ringing again costs nothing.
    is_rung: AtomicBool,
}

impl Bell {
    /// A bell that nobody has rung.
    ///
    /// # Errors
    /// When the process may open no more files.
    pub fn new() -> std::io::Result<Bell> {
        #[cfg(unix)]
        {
            let (hammer, ear) = UnixStream::pair()?;
            hammer.set_nonblocking(true)?;
            ear.set_nonblocking(true)?;
            Ok(Bell { wire: Arc::new(Wire { hammer, ear, is_rung: AtomicBool::new(false) }) })
        }
        #[cfg(not(unix))]
        Ok(Bell {})
    }

    /// Rings.
    pub fn ring(&self) {
        #[cfg(unix)]
        if !self.wire.is_rung.swap(true, Ordering::SeqCst) {
            // One that cannot take another byte rings already.
            let _ = (&self.wire.hammer).write(&[1]);
        }
    }

    /// Rings at each of these signals.
    ///
    /// # Errors
    /// When the process may open no more files.
    #[cfg(unix)]
    pub(super) fn ring_at(&self, signal: i32) -> std::io::Result<signal_hook::SigId> {
        signal_hook::low_level::pipe::register(signal, self.wire.hammer.try_clone()?)
    }

    /// Forgets that it was rung.
    #[cfg(unix)]
    pub(super) fn hush(&self) {
        while (&self.wire.ear).read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
        // Last: whoever rang before this is found by the look that follows.
        self.wire.is_rung.store(false, Ordering::SeqCst);
    }

    /// What becomes readable when it is rung.
    #[cfg(unix)]
    pub(super) fn ear(&self) -> &UnixStream {
        &self.wire.ear
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    #[test]
    fn it_rings_until_it_is_heard_and_again_after_that() {
        let bell = Bell::new().expect("a pair of sockets");
        let rings = || {
            let mut ear = [PollFd::new(bell.ear(), PollFlags::IN)];
            poll(&mut ear, Some(&Timespec::default())).expect("a look") == 1
        };
        assert!(!rings());
        for _ in 0..2 {
            bell.ring();
            bell.ring();
            assert!(rings());
            bell.hush();
            assert!(!rings());
        }
    }
}
