//! Floor of `cluster`.
