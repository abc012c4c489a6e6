//! What comes out when the tasks of a stage run again: read from its plan (Spark's `RDD.outputDeterministicLevel`).
//!
//! ```text
//!   files, rows of the script      determinate
//!     what reads a shuffle         unordered: blocks arrive as they come
//!       a round robin of that      a row's place depends on those before it:
//!         sorts its rows first       unordered, as before
//!         compares checksums         compared, and so is what reads it
//!         does neither               indeterminate, and so is what reads it
//! ```
//!
//! **Simplified:** a sample with replacement above a shuffle counts as unordered.
//!
//! **Invariants.** A pure function of the plan and of what is known of the shuffles that it reads.

use crate::common::ids::ShuffleId;
use crate::event::Determinism;
use crate::physical::plan::{PhysicalPlan, RowOrder};

/// What the rows of a plan without exchanges are when they are computed again. `of_writer` says it of a shuffle's writer.
#[must_use]
pub fn of_rows(plan: &PhysicalPlan, of_writer: &dyn Fn(ShuffleId) -> Determinism) -> Determinism {
    match plan {
        PhysicalPlan::ShuffleRead { shuffle, .. } => of_writer(*shuffle).max(Determinism::Unordered),
        PhysicalPlan::InMemoryTableScan { plan, .. } => of_rows(plan, of_writer),
        other => {
            let below = other.children().into_iter().map(|child| of_rows(child, of_writer));
            below.max().unwrap_or_default()
        }
    }
}

/// What a round robin makes of rows.
#[must_use]
pub fn of_round_robin(rows: Determinism, order: RowOrder) -> Determinism {
    match order {
        _ if rows == Determinism::Determinate => rows,
        RowOrder::Sorted => rows,
        RowOrder::Compared => rows.max(Determinism::Compared),
        RowOrder::Given => Determinism::Indeterminate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_robin_depends_on_the_order_of_its_rows() {
        use Determinism::{Compared, Determinate, Indeterminate, Unordered};
        assert_eq!(of_round_robin(Determinate, RowOrder::Given), Determinate);
        assert_eq!(of_round_robin(Unordered, RowOrder::Sorted), Unordered);
        assert_eq!(of_round_robin(Unordered, RowOrder::Compared), Compared);
        assert_eq!(of_round_robin(Unordered, RowOrder::Given), Indeterminate);
        assert_eq!(of_round_robin(Indeterminate, RowOrder::Sorted), Indeterminate);
    }
}
