//! Worker threads that compute tasks: the only threads of the engine.
//!
//! Work is done in the order it came in; whatever the driver waits for comes first. When a result is ready in real time never shows: the
//! driver asks for it at a virtual time. A worker without a task helps with the tasks of others ([`Helpers`]).

use crate::common::{Result, SparkError};
use crate::exec::helpers::{Errand, Helpers};
use crate::exec::task::TaskOutput;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// One computation.
pub type Work = Box<dyn FnOnce() -> Result<TaskOutput> + Send>;

/// A claim on the result of a computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

#[derive(Default)]
struct State {
    next: u64,
    queue: BTreeMap<u64, Work>,
    urgent: Option<u64>,
    results: BTreeMap<u64, Result<TaskOutput>>,
    unwanted: BTreeSet<u64>,
    in_hand: BTreeSet<u64>,
    /// Parts of tasks that somebody without a task may do.
    errands: VecDeque<Errand>,
    is_closed: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    work_came: Condvar,
    result_came: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Helpers for Shared {
    fn offer(&self, errand: Errand) {
        self.lock().errands.push_back(errand);
        self.work_came.notify_one();
    }
}

/// The worker threads and their queue.
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts `threads` workers, at least one.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(threads: usize) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut pool = Pool { shared: shared.clone(), threads: Vec::new() };
        for number in 0..threads.max(1) {
            let shared = shared.clone();
            let worker = std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || run(&shared));
            match worker {
                Ok(worker) => pool.threads.push(worker),
                Err(_) if number > 0 => break,
                Err(error) => return Err(SparkError::internal(format!("the system gives no thread: {error}"))),
            }
        }
        Ok(pool)
    }

    /// The workers, for parts of tasks.
    pub fn helpers(&self) -> Arc<dyn Helpers> {
        self.shared.clone()
    }

    /// Puts a computation into the queue.
    pub fn submit(&self, work: Work) -> Ticket {
        let mut state = self.shared.lock();
        let ticket = state.next;
        state.next += 1;
        state.queue.insert(ticket, work);
        drop(state);
        self.shared.work_came.notify_one();
        Ticket(ticket)
    }

    /// Waits for a result and takes it.
    ///
    /// # Errors
    /// What the computation gave.
    pub fn wait(&self, ticket: Ticket) -> Result<TaskOutput> {
        let mut state = self.shared.lock();
        state.urgent = Some(ticket.0);
        loop {
            if let Some(result) = state.results.remove(&ticket.0) {
                return result;
            }
            let is_known = state.queue.contains_key(&ticket.0) || state.in_hand.contains(&ticket.0);
            assert!(is_known, "a result is waited for once, by who asked for it");
            state = self.shared.result_came.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Nobody wants this result any more.
    pub fn forget(&self, ticket: Ticket) {
        let mut state = self.shared.lock();
        let queued = state.queue.remove(&ticket.0);
        if queued.is_none() && state.results.remove(&ticket.0).is_none() {
            state.unwanted.insert(ticket.0);
        }
        drop(state);
        drop(queued);
    }

    /// Waits until no computation runs that nobody wants: its files can then be removed for good.
    pub fn wait_for_unwanted(&self) {
        let mut state = self.shared.lock();
        while !state.unwanted.is_empty() {
            state = self.shared.result_came.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_closed = true;
        let left = (std::mem::take(&mut state.queue), std::mem::take(&mut state.errands));
        drop(state);
        drop(left);
        self.shared.work_came.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared) {
    loop {
        let mut state = shared.lock();
        let (ticket, work) = loop {
            if state.is_closed {
                return;
            }
            let urgent = state.urgent.take().and_then(|ticket| state.queue.remove_entry(&ticket));
            if let Some(next) = urgent.or_else(|| state.queue.pop_first()) {
                break next;
            }
            if let Some(errand) = state.errands.pop_front() {
                drop(state);
                // Whose errand panicked learns of it from the result that is missing.
                let _ = catch_unwind(AssertUnwindSafe(errand));
                state = shared.lock();
                continue;
            }
            state = shared.work_came.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        state.in_hand.insert(ticket);
        drop(state);
        let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)));
        let mut state = shared.lock();
        state.in_hand.remove(&ticket);
        if !state.unwanted.remove(&ticket) {
            state.results.insert(ticket, result);
        }
        drop(state);
        shared.result_came.notify_all();
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> SparkError {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    SparkError::internal(format!("a task panicked: {}", text.unwrap_or("no message")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u64) -> Result<TaskOutput> {
        Ok(TaskOutput { sampled_from: count, ..TaskOutput::default() })
    }

    #[test]
    fn results_belong_to_their_tickets() {
        let pool = Pool::new(3).expect("threads");
        let tickets: Vec<Ticket> = (0..20).map(|i| pool.submit(Box::new(move || rows(i)))).collect();
        for (i, ticket) in tickets.into_iter().enumerate().rev() {
            assert_eq!(pool.wait(ticket).map(|output| output.sampled_from), Ok(i as u64));
        }
    }

    #[test]
    fn nothing_unwanted_runs_after_the_wait() {
        let pool = Pool::new(2).expect("threads");
        let tickets: Vec<Ticket> = (0..8).map(|i| pool.submit(Box::new(move || rows(i)))).collect();
        for ticket in tickets {
            pool.forget(ticket);
        }
        pool.wait_for_unwanted();
        let state = pool.shared.lock();
        assert!(state.in_hand.is_empty() && state.results.is_empty() && state.queue.is_empty());
    }

    #[test]
    fn a_panic_is_our_bug_and_hangs_nobody() {
        let pool = Pool::new(1).expect("threads");
        let ticket = pool.submit(Box::new(|| panic!("boom")));
        assert!(pool.wait(ticket).is_err_and(|error| error.message().contains("boom")));
    }
}
