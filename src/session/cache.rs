//! Which plans are cached, as Spark's `CacheManager` knows them.
//!
//! A cached plan is found again by its shape: two plans that differ only in the ids of their columns are the same plan. Rows are kept by
//! the cluster, partition by partition; this is only the list.

use crate::common::ids::{CacheId, ExprId};
use crate::logical::plan::LogicalPlan;
use crate::physical::plan::RanPlan;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// A cached plan.
#[derive(Debug)]
pub(super) struct Entry {
    pub id: CacheId,
    pub plan: Arc<LogicalPlan>,
    pub level: String,
    /// The lineage as it was first run, so that a lost partition is made again from the same shuffles.
    pub ran: Option<RanPlan>,
    /// All its partitions were there at once, at some time. From then on no query fills it beforehand; what is lost since is made again by
    /// the tasks that miss it.
    pub is_loaded: bool,
    shape: String,
}

/// The list of cached plans.
#[derive(Debug, Default)]
pub(super) struct CacheManager {
    entries: Vec<Entry>,
    /// Local checkpoints, and what stands where their lineage was.
    checkpoints: BTreeMap<CacheId, RanPlan>,
}

impl CacheManager {
    /// Adds a plan; gives the existing entry's id when it is cached already.
    pub fn add(&mut self, plan: &Arc<LogicalPlan>, level: &str, fresh: impl FnOnce() -> CacheId) -> CacheId {
        let shape = shape_of(plan);
        if let Some(entry) = self.entries.iter().find(|entry| entry.shape == shape) {
            return entry.id;
        }
        let id = fresh();
        self.entries.push(Entry {
            id,
            plan: plan.clone(),
            level: level.to_owned(),
            ran: None,
            is_loaded: false,
            shape,
        });
        id
    }

    /// Forgets a plan and gives its id.
    pub fn remove(&mut self, plan: &Arc<LogicalPlan>) -> Option<CacheId> {
        let shape = shape_of(plan);
        let at = self.entries.iter().position(|entry| entry.shape == shape)?;
        Some(self.entries.remove(at).id)
    }

    /// Forgets all plans and gives their ids.
    pub fn clear(&mut self) -> Vec<CacheId> {
        self.entries.drain(..).map(|entry| entry.id).collect()
    }

    /// The entry of a plan.
    pub fn find(&self, plan: &Arc<LogicalPlan>) -> Option<&Entry> {
        if self.entries.is_empty() {
            return None;
        }
        let shape = shape_of(plan);
        self.entries.iter().find(|entry| entry.shape == shape)
    }

    /// The lineage that filled a cache.
    pub fn lineage(&self, id: CacheId) -> Option<RanPlan> {
        self.checkpoints.get(&id).or_else(|| self.by_id(id)?.ran.as_ref()).cloned()
    }

    /// Whether a cache still stands.
    pub fn holds(&self, id: CacheId) -> bool {
        self.by_id(id).is_some() || self.checkpoints.contains_key(&id)
    }

    /// Remembers a local checkpoint. No name leads to it but its own plan.
    pub fn add_checkpoint(&mut self, id: CacheId, ran: RanPlan) {
        self.checkpoints.insert(id, ran);
    }

    fn by_id(&self, id: CacheId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The entry with this id.
    pub fn by_id_mut(&mut self, id: CacheId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == id)
    }

    /// Remembers which caches are filled.
    pub fn note_loaded(&mut self, is_filled: impl Fn(CacheId) -> bool) {
        for entry in &mut self.entries {
            entry.is_loaded = entry.is_loaded || is_filled(entry.id);
        }
    }

    /// Whether a cache has been filled wholly.
    pub fn is_loaded(&self, id: CacheId) -> bool {
        self.checkpoints.contains_key(&id) || self.by_id(id).is_some_and(|entry| entry.is_loaded)
    }

    /// The plan with every cached part replaced by a read of the cache, the largest parts first.
    pub fn apply(&self, plan: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
        with_caches(plan, &self.entries)
    }
}

/// As [`CacheManager::apply`]. What fills a cache reads the caches that were there before it.
fn with_caches(plan: &Arc<LogicalPlan>, entries: &[Entry]) -> Arc<LogicalPlan> {
    if entries.is_empty() {
        return plan.clone();
    }
    let shape = shape_of(plan);
    if let Some(at) = entries.iter().position(|entry| entry.shape == shape) {
        let (entry, older) = (&entries[at], &entries[..at]);
        let filled_by = with_caches(&entry.plan, older);
        let level = entry.level.as_str().into();
        return Arc::new(LogicalPlan::Cached { id: entry.id, level, plan: filled_by, output: plan.output() });
    }
    let children: Vec<_> = plan.children().iter().map(|child| with_caches(child, entries)).collect();
    let unchanged = plan.children().iter().zip(&children).all(|(old, new)| Arc::ptr_eq(old, new));
    if unchanged { plan.clone() } else { Arc::new(plan.with_children(children)) }
}

/// The plan as text in which column ids are numbered in the order they appear.
fn shape_of(plan: &Arc<LogicalPlan>) -> String {
    let mut numbers: BTreeMap<ExprId, usize> = BTreeMap::new();
    let text = format!("{:?}", without_aliases(plan));
    let mut shape = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("ExprId(") {
        let (before, after) = rest.split_at(at + "ExprId(".len());
        shape.push_str(before);
        let end = after.find(')').unwrap_or(0);
        let id = ExprId(after[..end].parse().unwrap_or(0));
        let next = numbers.len();
        let number = *numbers.entry(id).or_insert(next);
        let _ = write!(shape, "{number}");
        rest = &after[end..];
    }
    shape.push_str(rest);
    // Local rows are compared by identity: their printed form is cut short when there are many.
    plan.visit(&mut |node| {
        if let LogicalPlan::LocalRelation { batch, .. } = node {
            for column in batch.columns() {
                let _ = write!(shape, " {:p}", Arc::as_ptr(column));
            }
        }
    });
    shape
}

/// Names given with `alias` or by a view do not make another plan.
fn without_aliases(plan: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| match node.as_ref() {
        LogicalPlan::SubqueryAlias { input, .. } => Some(input.as_ref().clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logical::expr::Attribute;
    use crate::logical::types::DataType;

    fn range(end: i64, id: u64) -> Arc<LogicalPlan> {
        let output = vec![Attribute::new("id", ExprId(id), DataType::Long, false)];
        Arc::new(LogicalPlan::Range { start: 0, end, step: 1, partitions: None, output })
    }

    #[test]
    fn a_plan_is_found_again_under_other_column_ids() {
        let mut manager = CacheManager::default();
        manager.add(&range(3, 1), "MEMORY_AND_DISK", || CacheId(0));
        assert!(manager.find(&range(3, 77)).is_some());
        assert!(manager.find(&range(4, 1)).is_none());
    }

    #[test]
    fn the_cached_part_of_a_larger_plan_is_read_from_the_cache() {
        let mut manager = CacheManager::default();
        manager.add(&range(3, 1), "MEMORY_AND_DISK", || CacheId(0));
        let larger = Arc::new(LogicalPlan::Limit { count: 1, input: range(3, 5) });
        let LogicalPlan::Limit { input, .. } = manager.apply(&larger).as_ref().clone() else { panic!("a limit") };
        assert!(matches!(input.as_ref(), LogicalPlan::Cached { output, .. } if output[0].id == ExprId(5)));
    }

    #[test]
    fn a_cache_is_filled_from_the_caches_before_it() {
        let mut manager = CacheManager::default();
        let larger = Arc::new(LogicalPlan::Limit { count: 1, input: range(3, 1) });
        manager.add(&range(3, 1), "MEMORY_AND_DISK", || CacheId(0));
        manager.add(&larger, "MEMORY_AND_DISK", || CacheId(1));
        let filled_by = |manager: &CacheManager| match manager.apply(&larger).as_ref() {
            LogicalPlan::Cached { plan, .. } => plan.children()[0].clone(),
            other => panic!("{other:?}"),
        };
        assert!(matches!(*filled_by(&manager), LogicalPlan::Cached { id: CacheId(0), .. }));
        manager.remove(&range(3, 1));
        assert!(matches!(*filled_by(&manager), LogicalPlan::Range { .. }));
    }
}
