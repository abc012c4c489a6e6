//! Ctrl-C: the first asks the run to stop, the second leaves at once. Where a person is asked something, the first leaves.

use signal_hook::consts::{SIGINT, SIGTERM};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// A flag that the first Ctrl-C (or a request to terminate) sets.
pub(crate) fn flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // Where signals cannot be handled, the default (leave at once) stays.
        let _ = signal_hook::flag::register_conditional_shutdown(signal, 130, flag.clone());
        let _ = signal_hook::flag::register(signal, flag.clone());
    }
    flag
}

/// While it lives, the program waits for a person's answer.
pub(crate) struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// From now on Ctrl-C leaves at once: no run is there that could stop first.
pub(crate) fn waiting() -> Waiting {
    static IS_WAITING: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = IS_WAITING.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            let _ = signal_hook::flag::register_conditional_shutdown(signal, 130, flag.clone());
        }
        flag
    });
    flag.store(true, Ordering::Relaxed);
    Waiting(flag.clone())
}

/// Every such request sets this flag, a closed terminal too: for runs that must not be left before their processes have ended.
pub(crate) fn asked(flag: Arc<AtomicBool>) -> Arc<AtomicBool> {
    #[cfg(unix)]
    let signals = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
    #[cfg(not(unix))]
    let signals = [SIGINT, SIGTERM];
    for signal in signals {
        // Where signals cannot be handled, the default (leave at once) stays.
        let _ = signal_hook::flag::register(signal, flag.clone());
    }
    flag
}
