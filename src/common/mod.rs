//! Floor 0, the ground: ids, virtual time, seeded chance, errors, configuration, text.
//!
//! Nothing here knows about plans, events or clusters. Every other module may use this one.

pub mod base64;
pub mod calendar;
pub mod carried;
pub mod conf;
pub mod conf_rules;
pub mod diff;
pub mod digest;
pub mod error;
pub mod ids;
pub mod lines;
pub mod pattern;
pub mod rng;
pub mod shared;
pub mod sql_state;
pub mod text;
pub mod time;

pub use conf::{Conf, TimeParserPolicy};
pub use error::{ErrorClass, Result, SparkError, panic_message};
pub use pattern::Pattern;
pub use time::{VirtualDuration, VirtualTime};
