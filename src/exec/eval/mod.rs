//! Expressions over Arrow batches.
//!
//! [`bind`] turns a resolved expression into a [`BoundExpr`] (columns by number, kernels instead of names) once for a task;
//! [`BoundExpr::eval`] computes it for a batch. Constants stay one value long as far as the kernels allow.
//!
//! **Laziness.** An error of a row that an untaken `CASE` branch, or the right side of a settled `AND`, would have computed must not
//! show. Branches are first computed for all rows, which is fastest; only when that fails they are computed again for the rows that
//! need them.

mod arithmetic;
mod boolean;
mod by_value;
mod call;
pub mod cast;
pub mod comparison;
pub mod decimal;
mod errors;
mod functions;
mod higher_order;
pub mod moment_format;
mod node;
mod older_pattern;
pub mod pattern;
pub mod random;
mod value;

use crate::common::{Conf, TimeParserPolicy};
use std::sync::Arc;

pub(in crate::exec) use boolean::holds;
pub(in crate::exec) use functions::vector_of;
pub use functions::{iso_timestamp, json_fields};
pub use node::{BoundExpr, bind};
pub use value::Value;

/// What an evaluation knows beside the batch.
#[derive(Debug, Clone)]
pub struct EvalContext {
    /// The task's partition.
    pub partition: usize,
    /// How many rows of the partition the operator has seen before this batch.
    pub row_offset: u64,
    /// `spark.sql.ansi.enabled`.
    pub ansi: bool,
    /// `spark.sql.session.timeZone`.
    pub time_zone: Arc<str>,
    /// `spark.sql.legacy.timeParserPolicy`.
    pub time_parser: TimeParserPolicy,
    /// What `current_timestamp()` gives.
    pub now_micros: i64,
    /// Whether the last of several values of a map's key stays (`spark.sql.mapKeyDedupPolicy`), instead of an error.
    pub last_key_wins: bool,
    /// The file that the batch was read from, empty when there is none.
    pub input_file: Arc<str>,
}

impl EvalContext {
    /// The context of a partition's first batch.
    #[must_use]
    pub fn new(conf: &Conf, partition: usize, now_micros: i64) -> Self {
        EvalContext {
            partition,
            row_offset: 0,
            ansi: conf.ansi(),
            time_zone: conf.time_zone().into(),
            time_parser: conf.time_parser(),
            now_micros,
            last_key_wins: conf
                .get("spark.sql.mapKeyDedupPolicy")
                .is_some_and(|policy| policy.eq_ignore_ascii_case("LAST_WIN")),
            input_file: "".into(),
        }
    }

    /// A context for constants: UTC, ANSI, the epoch.
    #[must_use]
    pub fn plain() -> Self {
        EvalContext {
            partition: 0,
            row_offset: 0,
            ansi: true,
            time_zone: "UTC".into(),
            time_parser: TimeParserPolicy::Corrected,
            now_micros: 0,
            last_key_wins: false,
            input_file: "".into(),
        }
    }
}
