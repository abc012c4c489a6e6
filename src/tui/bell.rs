//! Wakes a screen that waits for keys.

use std::io::{Read, Write};
use std::sync::Arc;

#[cfg(unix)]
use std::os::unix::net::UnixStream;

/// Rung on any thread; heard by [`super::terminal::Screen::read_or_bell`]. Where a wait cannot be cut short it is short.
#[derive(Debug, Clone)]
pub struct Bell {
    #[cfg(unix)]
    ends: Arc<(UnixStream, UnixStream)>,
}

impl Bell {
    /// A bell that nobody has rung.
    ///
    /// # Errors
    /// When the process may open no more files.
    pub fn new() -> std::io::Result<Bell> {
        #[cfg(unix)]
        {
            let ends = UnixStream::pair()?;
            ends.0.set_nonblocking(true)?;
            ends.1.set_nonblocking(true)?;
            Ok(Bell { ends: Arc::new(ends) })
        }
        #[cfg(not(unix))]
        Ok(Bell {})
    }

    /// Rings.
    pub fn ring(&self) {
        // One that cannot take another byte rings already.
        #[cfg(unix)]
        let _ = (&self.ends.0).write(&[1]);
    }

    /// Forgets that it was rung.
    #[cfg(unix)]
    pub(super) fn hush(&self) {
        while (&self.ends.1).read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
    }

    /// What becomes readable when it is rung.
    #[cfg(unix)]
    pub(super) fn ear(&self) -> &UnixStream {
        &self.ends.1
    }
}
