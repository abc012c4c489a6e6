//! What a query wrote: the target is in its plan, the counts are the plan's driver metrics.

use super::fields::PlanTop;
use crate::event::EventKind;
use std::collections::BTreeMap;

/// The plan's node that writes a table to files.
const WRITES: &str = "Execute InsertIntoHadoopFsRelationCommand ";

/// Where a query writes, and which accumulators count it.
#[derive(Debug, Clone, Default)]
pub(super) struct Output {
    path: String,
    files: Option<u64>,
    rows: Option<u64>,
    bytes: Option<u64>,
}

impl Output {
    /// Looks for a write at the top of a plan: above it stand at most the node that adapts it and its last stage. Paths below `home` are told
    /// from there, as scripts write them.
    pub(super) fn of(plan: &PlanTop, home: &str) -> Option<Output> {
        let below = plan.children.iter().flat_map(|child| {
            let grandchildren = child.children.iter().map(|node| (&node.text, &node.metrics));
            std::iter::once((&child.text, &child.metrics)).chain(grandchildren)
        });
        let mut nodes = std::iter::once((&plan.text, &plan.metrics)).chain(below);
        let (arguments, metrics) = nodes.find_map(|(text, metrics)| Some((text.strip_prefix(WRITES)?, metrics)))?;
        let end = [", false, ", ", true, "].iter().filter_map(|flag| arguments.find(flag)).min()?;
        let path = local(&arguments[..end]);
        let below = path.strip_prefix(home).and_then(|rest| rest.strip_prefix('/')).filter(|_| !home.is_empty());
        let metric = |name: &str| metrics.iter().find(|metric| metric.name == name).map(|metric| metric.accumulator);
        Some(Output {
            path: below.unwrap_or(path).to_owned(),
            files: metric("number of written files"),
            rows: metric("number of output rows"),
            bytes: metric("written output"),
        })
    }

    /// The write as a whole, once its query has ended.
    pub(super) fn committed(self, counts: &BTreeMap<u64, u64>) -> EventKind {
        let count = |id: Option<u64>| id.and_then(|id| counts.get(&id)).copied().unwrap_or(0);
        EventKind::OutputCommitted {
            files: u32::try_from(count(self.files)).unwrap_or(u32::MAX),
            rows: count(self.rows),
            bytes: count(self.bytes),
            path: self.path,
        }
    }

    /// The write as it was given up.
    pub(super) fn aborted(self, reason: String) -> EventKind {
        EventKind::OutputAborted { path: self.path, reason }
    }
}

/// A path of this machine without `file:`; others as they are.
fn local(path: &str) -> &str {
    match path.strip_prefix("file:") {
        Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::{PlanMetric, PlanNode};
    use super::*;

    fn written(text: &str) -> Option<String> {
        let metric = |name: &str, accumulator| PlanMetric { name: name.to_owned(), accumulator };
        let metrics = vec![metric("number of output rows", 7), metric("number of written files", 8)];
        let write = PlanNode { text: text.to_owned(), metrics, children: Vec::new() };
        let stage = PlanNode { text: "ResultQueryStage".to_owned(), children: vec![write], ..PlanNode::default() };
        let adaptive = PlanNode { text: "AdaptiveSparkPlan".to_owned(), children: vec![stage], ..PlanNode::default() };
        let output = Output::of(&adaptive, "/home/ada")?;
        Some(format!("{:?}", output.committed(&BTreeMap::from([(7, 100), (8, 3)]))))
    }

    #[test]
    fn a_write_is_told_as_scripts_name_it() {
        let told = |path: &str| written(&format!("{WRITES}{path}, false, [k#1L], Parquet, [path=x], Overwrite, [id]"));
        let expected =
            |path: &str| Some(format!("OutputCommitted {{ path: {path:?}, files: 3, rows: 100, bytes: 0 }}"));
        assert_eq!(told("file:/home/ada/out/a, b"), expected("out/a, b"));
        assert_eq!(told("file:///home/adam/out"), expected("/home/adam/out"));
        assert_eq!(told("s3a://lake/t"), expected("s3a://lake/t"));
        assert_eq!(written("AdaptiveSparkPlan isFinalPlan=false"), None);
        assert_eq!(written(WRITES), None);
    }
}
