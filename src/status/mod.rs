//! Floor of `status`.
