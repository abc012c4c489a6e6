//! Short words for stages: what a screen calls them and the operators that rows pass.

use crate::logical::Expr;
use crate::logical::plan::FileFormat;
use crate::physical::explain::line;
use crate::physical::plan::{AggregateMode, FileScanExec, JoinAlgorithm, PhysicalPlan};

/// What there is to say of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    pub name: String,
    /// In the order rows pass them.
    pub operators: Vec<String>,
    /// The lines of its operators in a plan; of the stage that fills a cache also those of what is cached.
    pub plan: Vec<String>,
}

/// A stage in short words.
#[must_use]
pub fn describe(plan: &PhysicalPlan, writes_shuffle: bool) -> Described {
    let mut operators = Vec::new();
    collect(plan, &mut operators);
    let (name, fills_cache) = match plan {
        // The stage that fills the cache, or gives its rows out as they are.
        PhysicalPlan::InMemoryTableScan { id, .. } if !writes_shuffle => (id.to_string(), true),
        _ => (name(plan), false),
    };
    let mut lines = Vec::new();
    collect_lines(plan, fills_cache, &mut lines);
    Described { name, operators, plan: lines }
}

/// Up to the exchanges, and with what is cached for the stage that fills the cache.
fn collect_lines(plan: &PhysicalPlan, fills_cache: bool, lines: &mut Vec<String>) {
    let is_end = match plan {
        PhysicalPlan::InMemoryTableScan { .. } => !fills_cache,
        PhysicalPlan::ShuffleExchange { .. } | PhysicalPlan::BroadcastExchange { .. } => true,
        _ => false,
    };
    for child in plan.children().into_iter().filter(|_| !is_end) {
        collect_lines(child, fills_cache, lines);
    }
    if word(plan).is_some() {
        lines.push(line(plan));
    }
}

fn collect(plan: &PhysicalPlan, operators: &mut Vec<String>) {
    for child in plan.children() {
        if !matches!(plan, PhysicalPlan::InMemoryTableScan { .. }) {
            collect(child, operators);
        }
    }
    if let Some(word) = word(plan) {
        operators.push(word);
    }
}

fn word(plan: &PhysicalPlan) -> Option<String> {
    Some(match plan {
        PhysicalPlan::LocalTableScan { .. } => "local rows".to_owned(),
        PhysicalPlan::Range { .. } => "range".to_owned(),
        PhysicalPlan::OneRow => "one row".to_owned(),
        PhysicalPlan::FileScan(scan) => format!("scan {}", format_word(scan.scan.format)),
        PhysicalPlan::InMemoryTableScan { .. } => "cached rows".to_owned(),
        PhysicalPlan::Project { .. } => "project".to_owned(),
        PhysicalPlan::Filter { .. } => "filter".to_owned(),
        PhysicalPlan::Aggregate { mode, .. } => match mode {
            AggregateMode::Partial => "partial aggregate",
            AggregateMode::PartialMerge => "merge aggregate",
            AggregateMode::Final => "final aggregate",
            AggregateMode::Complete => "aggregate",
        }
        .to_owned(),
        PhysicalPlan::Expand { .. } => "expand".to_owned(),
        PhysicalPlan::Generate { generator: Expr::TableCall(call), .. } => call.name.clone(),
        PhysicalPlan::Generate { .. } => "explode".to_owned(),
        PhysicalPlan::Join { algorithm, .. } => match algorithm {
            JoinAlgorithm::BroadcastHash { .. } => "broadcast join",
            JoinAlgorithm::SortMerge { .. } => "sort-merge join",
            JoinAlgorithm::ShuffledHash { .. } => "shuffled hash join",
            JoinAlgorithm::BroadcastNestedLoop { .. } => "nested loop join",
            JoinAlgorithm::Cartesian => "cartesian product",
        }
        .to_owned(),
        PhysicalPlan::Window { .. } => "window".to_owned(),
        PhysicalPlan::WindowGroupLimit { .. } => "group limit".to_owned(),
        PhysicalPlan::Sort { .. } => "sort".to_owned(),
        PhysicalPlan::TakeOrderedAndProject { .. } => "take ordered".to_owned(),
        PhysicalPlan::LocalLimit { .. } | PhysicalPlan::GlobalLimit { .. } | PhysicalPlan::CollectLimit { .. } => {
            "limit".to_owned()
        }
        PhysicalPlan::CollectTail { .. } => "tail".to_owned(),
        PhysicalPlan::Union { .. } => "union".to_owned(),
        PhysicalPlan::Coalesce { .. } => "coalesce".to_owned(),
        PhysicalPlan::Sample { .. } => "sample".to_owned(),
        PhysicalPlan::MapPartitions { .. } => "map partitions".to_owned(),
        PhysicalPlan::ShuffleRead { .. } => "shuffle read".to_owned(),
        PhysicalPlan::WriteFiles { format, .. } => format!("write {}", format_word(*format)),
        PhysicalPlan::ShuffleExchange { .. }
        | PhysicalPlan::BroadcastExchange { .. }
        | PhysicalPlan::BroadcastRead { .. } => return None,
    })
}

fn format_word(format: FileFormat) -> &'static str {
    format.name()
}

/// The operator nearest to the result that says most.
fn name(plan: &PhysicalPlan) -> String {
    match plan {
        PhysicalPlan::LocalTableScan { .. } => "local rows".to_owned(),
        PhysicalPlan::Range { .. } => "range".to_owned(),
        PhysicalPlan::OneRow => "one row".to_owned(),
        PhysicalPlan::FileScan(scan) => table_name(scan),
        PhysicalPlan::InMemoryTableScan { id, .. } => format!("from {id}"),
        PhysicalPlan::Aggregate { mode: AggregateMode::Partial, input, .. } => name(input),
        PhysicalPlan::Aggregate { .. } => "aggregate".to_owned(),
        PhysicalPlan::Join { .. } => "join".to_owned(),
        PhysicalPlan::Window { .. } => "window".to_owned(),
        PhysicalPlan::Sort { global: true, .. } => "sort".to_owned(),
        PhysicalPlan::TakeOrderedAndProject { .. } => "top rows".to_owned(),
        PhysicalPlan::Union { .. } => "union".to_owned(),
        PhysicalPlan::ShuffleRead { .. } => "shuffled rows".to_owned(),
        PhysicalPlan::BroadcastRead { .. } => "broadcast".to_owned(),
        PhysicalPlan::WriteFiles { .. } => "write".to_owned(),
        PhysicalPlan::CollectTail { input, .. }
        | PhysicalPlan::Project { input, .. }
        | PhysicalPlan::Filter { input, .. }
        | PhysicalPlan::Expand { input, .. }
        | PhysicalPlan::Generate { input, .. }
        | PhysicalPlan::Sort { input, .. }
        | PhysicalPlan::WindowGroupLimit { input, .. }
        | PhysicalPlan::LocalLimit { input, .. }
        | PhysicalPlan::GlobalLimit { input, .. }
        | PhysicalPlan::CollectLimit { input, .. }
        | PhysicalPlan::Coalesce { input, .. }
        | PhysicalPlan::Sample { input, .. }
        | PhysicalPlan::MapPartitions { input, .. }
        | PhysicalPlan::ShuffleExchange { input, .. }
        | PhysicalPlan::BroadcastExchange { input } => name(input),
    }
}

fn table_name(scan: &FileScanExec) -> String {
    let path = scan.scan.paths.first().map_or("files", String::as_str);
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    last.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or(last).to_owned()
}
