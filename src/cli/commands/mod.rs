//! One command a file.

pub(crate) mod api;
pub(crate) mod completions;
pub(crate) mod data;
pub(crate) mod explain;
pub(crate) mod home;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod world;
