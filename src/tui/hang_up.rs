//! Lets go of standard input when its terminal goes away.
//!
//! crossterm reads until the terminal has nothing more to give, and one that has gone away gives nothing for ever: whoever is reading then
//! never comes back. A thread that sleeps until that moment puts an input in its place that is silent, and open.

use super::Bell;
use rustix::event::{PollFd, PollFlags, poll};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// What a terminal that has gone away answers to whoever watches it.
pub(super) const GONE: PollFlags = PollFlags::HUP.union(PollFlags::ERR).union(PollFlags::NVAL);

/// The watch, until it is dropped.
#[derive(Debug)]
pub(super) struct HangUp {
    end: Bell,
    watch: Option<JoinHandle<()>>,
}

impl HangUp {
    /// Watches standard input; `stop` is set when its terminal has gone away.
    ///
    /// # Errors
    /// When the process may have no more files or threads.
    pub fn watch(stop: Arc<AtomicBool>) -> io::Result<Self> {
        let end = Bell::new()?;
        let bell = end.clone();
        let watch = std::thread::Builder::new().name("hang-up".to_owned()).spawn(move || wait(&bell, &stop))?;
        Ok(HangUp { end, watch: Some(watch) })
    }
}

impl Drop for HangUp {
    fn drop(&mut self) {
        self.end.ring();
        let _ = self.watch.take().map(JoinHandle::join);
    }
}

/// Sleeps until the terminal goes away or the bell ends the watch.
fn wait(end: &Bell, stop: &AtomicBool) {
    let input = io::stdin();
    let mut watched = [PollFd::new(&input, PollFlags::empty()), PollFd::new(end.ear(), PollFlags::IN)];
    while poll(&mut watched, None) == Err(rustix::io::Errno::INTR) {}
    if watched[0].revents().intersects(GONE) {
        // First the reason: a read that ends now is followed by a look at it.
        stop.store(true, Ordering::Relaxed);
        let _ = rustix::stdio::dup2_stdin(end.ear());
    }
}
