//! One command a file.

pub(crate) mod advise;
pub(crate) mod api;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod concepts;
pub(crate) mod data;
pub(crate) mod demo;
pub(crate) mod dev;
pub(crate) mod explain;
pub(crate) mod home;
pub(crate) mod learn;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod quiz;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod simulate;
pub(crate) mod why;
pub(crate) mod world;
