//! Floor of `sql`.
