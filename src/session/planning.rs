//! What the optimizer did to a query, as the log keeps it: the analyzed plan once, then line by line what each rule changed.

use super::query::Planned;
use crate::common::diff::hunks;
use crate::common::ids::QueryId;
use crate::event::{EventKind, RuleChange};
use std::sync::Arc;

/// Text of one query's plans that the log takes; of very long plans the last rules are left out.
const TEXT_MAX: usize = 128 << 10;

/// Stands for what happens before the first rule that sees the whole plan.
const CACHED_DATA: &str = "UseCachedData";

/// Why a rule of the log changes plans, in one sentence.
#[must_use]
pub fn rule_reason(rule: &str) -> Option<&'static str> {
    match rule {
        CACHED_DATA => Some("what is cached is read from there, and plans inside this one are improved first"),
        _ => crate::optimizer::reason_of(rule),
    }
}

/// Whether plans run without a rule, so that `spark.sql.optimizer.excludedRules` may name it.
#[must_use]
pub fn is_optional_rule(rule: &str) -> bool {
    crate::optimizer::optional_rules().contains(&rule)
}

/// The event that tells how `planned` came to be.
pub(super) fn told(query: QueryId, planned: &Planned) -> EventKind {
    let trace = &planned.optimized.trace;
    // Cached plans and subqueries are optimized first; the changes of the whole plan are the last unbroken chain.
    let breaks = trace.windows(2).rposition(|pair| !Arc::ptr_eq(&pair[0].after, &pair[1].before));
    let chain = &trace[breaks.map_or(0, |index| index + 1)..];
    let analyzed = planned.analyzed.tree_string();
    let start = chain.first().map_or(&planned.optimized.plan, |firing| &firing.before);
    let plans = std::iter::once((CACHED_DATA, start)).chain(chain.iter().map(|firing| (firing.rule, &firing.after)));
    let (mut rules, mut room, mut left_out) = (Vec::new(), TEXT_MAX, 0);
    let mut before = analyzed.clone();
    for (rule, plan) in plans {
        if room < before.len() {
            left_out += 1;
            continue;
        }
        let after = plan.tree_string();
        room = room.saturating_sub(after.len());
        let [old, new] = [&before, &after].map(|text| text.lines().collect::<Vec<_>>());
        let changes = hunks(&old, &new);
        if !changes.is_empty() {
            rules.push(RuleChange { rule: rule.to_owned(), changes });
        }
        before = after;
    }
    EventKind::QueryOptimized { query, analyzed, rules, left_out }
}
