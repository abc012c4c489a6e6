//! Threads that compute tasks: the workers, and the driver while it waits for a result.
//!
//! Work is done in the order it came in; whatever the driver waits for comes first. When a result is ready in real time never shows: the
//! driver asks for it at a virtual time. A thread without a task helps with the tasks of others ([`Helpers`]).

use crate::common::{Result, SparkError, panic_message};
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

/// What a thread without a task takes up.
enum Next {
    Task(u64, Work),
    Errand(Errand),
}

impl State {
    fn next(&mut self) -> Option<Next> {
        let urgent = self.urgent.take().and_then(|ticket| self.queue.remove_entry(&ticket));
        if let Some((ticket, work)) = urgent.or_else(|| self.queue.pop_first()) {
            self.in_hand.insert(ticket);
            return Some(Next::Task(ticket, work));
        }
        self.errands.pop_front().map(Next::Errand)
    }

    fn is_known(&self, ticket: u64) -> bool {
        self.queue.contains_key(&ticket) || self.in_hand.contains(&ticket)
    }
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// There is work for whoever has none, or a result that somebody waits for.
    news: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn do_one(&self, next: Next) {
        match next {
            Next::Task(ticket, work) => {
                let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)));
                let mut state = self.lock();
                state.in_hand.remove(&ticket);
                if !state.unwanted.remove(&ticket) {
                    state.results.insert(ticket, result);
                }
                drop(state);
                self.news.notify_all();
            }
            // Whose errand panicked learns of it from the result that is missing.
            Next::Errand(errand) => drop(catch_unwind(AssertUnwindSafe(errand))),
        }
    }

    /// Works until the state says what is waited for.
    fn work_until<T>(&self, is_over: impl Fn(&mut State) -> Option<T>) -> T {
        let mut state = self.lock();
        loop {
            if let Some(over) = is_over(&mut state) {
                return over;
            }
            match state.next() {
                Some(next) => {
                    drop(state);
                    self.do_one(next);
                    state = self.lock();
                }
                None => state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Helpers for Shared {
    fn offer(&self, errand: Errand) {
        self.lock().errands.push_back(errand);
        self.news.notify_one();
    }
}

/// The worker threads and their queue.
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Computes with `threads` threads. The driver is one of them: it works while it waits, so there is a worker less.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let mut pool = Pool { shared: shared.clone(), threads: Vec::new() };
        for number in 1..threads {
            let shared = shared.clone();
            let work = move || shared.work_until(|state| state.is_closed.then_some(()));
            // A system that gives no more threads makes it slower, not wrong.
            let Ok(worker) = std::thread::Builder::new().name(format!("worker-{number}")).spawn(work) else { break };
            pool.threads.push(worker);
        }
        pool
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
        self.shared.news.notify_one();
        Ticket(ticket)
    }

    /// A result, computed here if nobody has begun.
    ///
    /// # Errors
    /// What the computation gave.
    pub fn wait(&self, ticket: Ticket) -> Result<TaskOutput> {
        self.shared.lock().urgent = Some(ticket.0);
        self.shared.work_until(|state| {
            let result = state.results.remove(&ticket.0);
            assert!(result.is_some() || state.is_known(ticket.0), "a result is waited for once, by who asked for it");
            result
        })
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
        self.shared.work_until(|state| state.unwanted.is_empty().then_some(()));
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_closed = true;
        let left = (std::mem::take(&mut state.queue), std::mem::take(&mut state.errands));
        drop(state);
        drop(left);
        self.shared.news.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> SparkError {
    SparkError::internal(format!("a task panicked: {}", panic_message(panic)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u64) -> Result<TaskOutput> {
        Ok(TaskOutput { sampled_from: count, ..TaskOutput::default() })
    }

    #[test]
    fn results_belong_to_their_tickets() {
        let pool = Pool::new(3);
        let tickets: Vec<Ticket> = (0..20).map(|i| pool.submit(Box::new(move || rows(i)))).collect();
        for (i, ticket) in tickets.into_iter().enumerate().rev() {
            assert_eq!(pool.wait(ticket).map(|output| output.sampled_from), Ok(i as u64));
        }
    }

    #[test]
    fn nothing_unwanted_runs_after_the_wait() {
        let pool = Pool::new(2);
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
        let pool = Pool::new(1);
        let ticket = pool.submit(Box::new(|| panic!("boom")));
        assert!(pool.wait(ticket).is_err_and(|error| error.message().contains("boom")));
    }
}
