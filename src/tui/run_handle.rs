//! A run on an engine thread, as the screen sees it: a growing log, a way to stop it, and how it ended.

use super::Bell;
use super::theatre::recording::Recording;
use crate::event::log::EventLog;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// The script's exit status.
    pub exit: i32,
    /// What went wrong, in words for the person.
    pub error: Option<String>,
}

/// Shared by the engine thread, which fills the log, and the screen, which reads it. Clones are the same run.
#[derive(Debug, Clone, Default)]
pub struct RunHandle {
    /// What happened so far.
    pub log: EventLog,
    /// Set by the screen: the run should stop. Pass it to the session as its interrupt flag.
    pub cancel: Arc<AtomicBool>,
    end: Arc<OnceLock<RunEnd>>,
    retold: Arc<Mutex<Retold>>,
    /// Of the screen that waits for news.
    bell: Arc<Mutex<Option<Bell>>>,
}

/// A run that is told anew from its start, by an engine that learns late what happened early.
#[derive(Debug, Default)]
struct Retold {
    /// What the screen has not taken yet.
    news: Option<Box<Recording>>,
    is_told: bool,
}

impl RunHandle {
    /// A run that has not begun, writing to this log and watching this flag.
    #[must_use]
    pub fn new(log: EventLog, cancel: Arc<AtomicBool>) -> Self {
        RunHandle { log, cancel, ..Self::default() }
    }

    /// Tells the whole run anew; what the log holds does not matter then.
    pub fn retell(&self, recording: Recording) {
        let news = Some(Box::new(recording));
        *self.retold.lock().unwrap_or_else(PoisonError::into_inner) = Retold { news, is_told: true };
        self.ring();
    }

    /// The run as it was told last, once.
    #[must_use]
    pub fn take_retold(&self) -> Option<Box<Recording>> {
        self.retold.lock().unwrap_or_else(PoisonError::into_inner).news.take()
    }

    /// Whether it was ever told as a whole.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.retold.lock().unwrap_or_else(PoisonError::into_inner).is_told
    }

    /// Told once by the engine thread when nothing more will be appended.
    pub fn finish(&self, end: RunEnd) {
        let _ = self.end.set(end);
        self.ring();
    }

    /// Rings whenever there is something new.
    pub fn ring_at_news(&self, bell: &Bell) {
        let rings = bell.clone();
        self.log.on_growth(move || rings.ring());
        self.ring_at_end(bell);
    }

    /// Rings when the run is over or told anew, not when it goes on.
    pub fn ring_at_end(&self, bell: &Bell) {
        *self.bell.lock().unwrap_or_else(PoisonError::into_inner) = Some(bell.clone());
    }

    fn ring(&self) {
        if let Some(bell) = &*self.bell.lock().unwrap_or_else(PoisonError::into_inner) {
            bell.ring();
        }
    }

    /// How it ended; absent while it runs.
    #[must_use]
    pub fn end(&self) -> Option<&RunEnd> {
        self.end.get()
    }

    /// Asks it to stop.
    pub fn stop(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}
