//! Floor of `scheduler`.
