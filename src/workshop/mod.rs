//! Floor of `workshop`.
