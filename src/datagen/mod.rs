//! Floor of `datagen`.
