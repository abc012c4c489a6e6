//! Room for Python's recursion.

use crate::common::panic_message;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The interpreter recurses on the native stack; this much lets Python's own recursion limit speak first.
const STACK_BYTES: usize = 512 << 20;

thread_local! {
    static IS_DEEP: Cell<bool> = const { Cell::new(false) };
}

/// Does something on a thread with room for Python's recursion: on this one, if it was made here. Who runs many scripts, one after the
/// other, does so from within and keeps the thread.
///
/// # Errors
/// The message of its panic, or of a system that gives no thread.
pub fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    if IS_DEEP.get() {
        return catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_message(&*panic).to_owned());
    }
    std::thread::scope(|scope| {
        let deep = || {
            IS_DEEP.set(true);
            work()
        };
        let thread = std::thread::Builder::new().name("session".to_owned()).stack_size(STACK_BYTES);
        match thread.spawn_scoped(scope, deep).map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(panic)) => Err(panic_message(&*panic).to_owned()),
            Err(error) => Err(format!("no thread could be started: {error}")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_deep_stays_on_its_thread() {
        let name = || std::thread::current().id();
        let (outer, inner) = on_deep_stack(|| (name(), on_deep_stack(name))).expect("a thread");
        assert_eq!(Ok(outer), inner);
        assert_ne!(outer, name());
    }

    #[test]
    fn a_panic_is_a_message_at_any_depth() {
        let broken = || -> u8 { panic!("boom") };
        assert_eq!(on_deep_stack(broken), Err("boom".to_owned()));
        assert_eq!(on_deep_stack(|| on_deep_stack(broken)), Ok(Err("boom".to_owned())));
    }
}
