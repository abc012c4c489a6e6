//! Floor of `optimizer`.
