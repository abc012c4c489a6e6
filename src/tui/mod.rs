//! Floor of `tui`.
