//! Work that a task hands to whoever is idle, and does itself when nobody is.
//!
//! ```text
//!   Handed::new ──▶ open ──work──▶ in hand ──▶ done ──take──▶ gone
//! ```
//!
//! A piece of work stands alone: it waits for nothing and knows only what it owns. The task takes the results in the order in which it
//! handed out the work, so nobody sees who did it. What nobody has begun when its task ends is never done.

use crate::common::{Result, SparkError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Something to do.
pub type Errand = Box<dyn FnOnce() + Send>;

/// Whoever may have time.
pub trait Helpers: Send + Sync {
    /// May be done at any time, or never.
    fn offer(&self, errand: Errand);
}

/// Nobody: the task does everything itself.
pub struct NoHelpers;

impl Helpers for NoHelpers {
    fn offer(&self, _errand: Errand) {}
}

enum State<T> {
    Open(Box<dyn FnOnce() -> T + Send>),
    InHand,
    Done(T),
    Gone,
}

struct Share<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

/// Sets a new state when dropped: also when the work panics.
struct Outcome<'a, T>(&'a Share<T>, Option<T>);

impl<T> Drop for Outcome<'_, T> {
    fn drop(&mut self) {
        *self.0.lock() = self.1.take().map_or(State::Gone, State::Done);
        self.0.changed.notify_all();
    }
}

impl<T> Share<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) -> bool {
        let mut state = self.lock();
        let work = match std::mem::replace(&mut *state, State::InHand) {
            State::Open(work) => work,
            other => {
                *state = other;
                return false;
            }
        };
        drop(state);
        let mut outcome = Outcome(self, None);
        outcome.1 = Some(work());
        true
    }
}

/// A claim on a result that may come from elsewhere.
pub struct Handed<T>(Arc<Share<T>>);

impl<T: Send + 'static> Handed<T> {
    /// Work that stays here until it is done by [`Handed::work`] or [`Handed::take`].
    pub fn kept(work: impl FnOnce() -> T + Send + 'static) -> Self {
        Handed(Arc::new(Share { state: Mutex::new(State::Open(Box::new(work))), changed: Condvar::new() }))
    }

    /// Work that is offered to the helpers.
    pub fn new(helpers: &dyn Helpers, work: impl FnOnce() -> T + Send + 'static) -> Self {
        let handed = Handed::kept(work);
        let weak = Arc::downgrade(&handed.0);
        helpers.offer(Box::new(move || {
            if let Some(share) = weak.upgrade() {
                share.work();
            }
        }));
        handed
    }

    /// Does it here and now, unless somebody has begun; tells whether it did.
    pub fn work(&self) -> bool {
        self.0.work()
    }

    /// Whether nobody works on it any more.
    pub fn is_done(&self) -> bool {
        matches!(*self.0.lock(), State::Done(_) | State::Gone)
    }

    /// The result: does the work, or waits for who does.
    ///
    /// # Errors
    /// When the work panicked.
    pub fn take(self) -> Result<T> {
        self.0.work();
        let mut state = self.settled();
        match std::mem::replace(&mut *state, State::Gone) {
            State::Done(result) => Ok(result),
            State::Open(_) | State::InHand | State::Gone => Err(SparkError::internal("a helper's work was lost")),
        }
    }
}

impl<T> Handed<T> {
    fn settled(&self) -> MutexGuard<'_, State<T>> {
        let mut state = self.0.lock();
        while matches!(*state, State::InHand) {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }
}

/// Nothing goes on behind the back of a task that has ended.
impl<T> Drop for Handed<T> {
    fn drop(&mut self) {
        *self.settled() = State::Gone;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Everybody;

    impl Helpers for Everybody {
        fn offer(&self, errand: Errand) {
            std::thread::spawn(errand);
        }
    }

    #[test]
    fn results_are_the_same_whoever_does_the_work() {
        let all = |helpers: &dyn Helpers| -> Vec<u64> {
            let handed: Vec<_> = (0..50).map(|i| Handed::new(helpers, move || i * i)).collect();
            handed.into_iter().map(|one| one.take().unwrap()).collect()
        };
        assert_eq!(all(&NoHelpers), all(&Everybody));
    }

    #[test]
    fn work_that_panics_elsewhere_is_lost_and_hangs_nobody() {
        let handed = Handed::new(&Everybody, || assert!(std::thread::current().name().is_some(), "lost"));
        while !handed.is_done() {
            std::thread::yield_now();
        }
        assert!(handed.take().is_err());
    }
}
