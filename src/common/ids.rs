//! Newtype ids. A bare integer never names a thing in batchlab.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

id!(/** One Spark job: what one action, or one exchange of an adaptive query, submits. */ JobId, u32, "J");
id!(/** One SQL execution: what one action of a script runs. */ QueryId, u32, "Q");
id!(/** A stage. Ids grow from the sources to the result, as in Spark. */ StageId, u32, "S");
id!(/** A task attempt's global number: never reused (Spark's "Task ID"). */ TaskId, u64, "T");
id!(/** One shuffle: the map outputs behind one exchange. */ ShuffleId, u32, "shuffle ");
id!(/** One broadcast relation. */ BroadcastId, u32, "broadcast ");
id!(/** One cached relation (`df.cache()`). */ CacheId, u32, "cache ");
id!(/** A piece of an input file, as the cluster's storage keeps it. */ InputBlockId, u32, "B");
id!(/** One step of a plan as the script wrote it: what one transformation added. */ PlanStepId, u32, "P");
id!(/** A machine of the cluster; `node-1` is the first. */ NodeId, u32, "node-");
id!(/** A pretend worker process on a node. A restarted node gets a new executor id. */ ExecutorId, u32, "exec ");
id!(/** Spark's `exprId`: what makes two columns of one name different. */ ExprId, u64, "#");

impl InputBlockId {
    /// The id that a person writes as it is shown: `B3`.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        text.strip_prefix('B').and_then(|digits| digits.parse().ok()).map(InputBlockId)
    }
}

impl ExprId {
    /// The id of a name that the analyzer has not yet given one.
    pub const UNASSIGNED: ExprId = ExprId(0);
}

/// Hands out [`ExprId`]s; one per session, so that a script always gets the same ids.
#[derive(Debug, Default)]
pub struct ExprIds(std::sync::atomic::AtomicU64);

impl ExprIds {
    /// A generator whose first id is 1.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next id, never given before by this generator.
    pub fn fresh(&self) -> ExprId {
        ExprId(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1)
    }
}
