//! Floor of `storage`.
