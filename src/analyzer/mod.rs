//! Floor of `analyzer`.
