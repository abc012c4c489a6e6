//! Floor of `report`.
