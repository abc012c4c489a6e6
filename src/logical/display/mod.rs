//! How types, schemas, expressions and plans are written: Spark's spelling.
//!
//! * `types`: `struct<a:int>`, `INT`, the JSON of a schema, `printSchema`'s tree;
//! * `pretty`: the names that Spark gives to unnamed columns (`(age + 1)`, `count(1)`);
//! * `expr`: expressions in plans, with ids (`(age#12 > 30)`);
//! * `plan`: plan nodes and trees as `explain(True)` draws them;
//! * `step`: plan nodes in the words of the call that made them, for screens.
//!
//! **Simplified:** subqueries have no ids of their own in plan texts.

mod expr;
mod literal;
mod node;
mod plan;
mod pretty;
mod step;
mod types;

pub use expr::{columns_text, exprs_text, generator_text, lists_text, ranking_text};
pub use literal::scalar_text;
pub use plan::{push_indent, storage_level_text};
pub use pretty::function_name;
pub use types::quote_if_needed;
