//! What is taught: the exercises and their order.

pub mod exercises;
