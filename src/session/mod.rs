//! Floor of `session`.
