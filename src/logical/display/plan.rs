//! Plan nodes in one line each, and whole plans as trees: Spark's spelling.

use super::expr::{columns_text, exprs_text, generator_text, lists_text, ranking_text};
use crate::logical::expr::{Attribute, Expr, SortOrder};
use crate::logical::plan::{Grouping, JoinConstraint, JoinHints, JoinType, LogicalPlan, Repartitioning};

impl JoinType {
    /// `Inner`, `LeftOuter`, … as plans write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            JoinType::Inner => "Inner",
            JoinType::Cross => "Cross",
            JoinType::LeftOuter => "LeftOuter",
            JoinType::RightOuter => "RightOuter",
            JoinType::FullOuter => "FullOuter",
            JoinType::LeftSemi => "LeftSemi",
            JoinType::LeftAnti => "LeftAnti",
        }
    }
}

fn orders(order: &[SortOrder]) -> String {
    format!("[{}]", order.iter().map(SortOrder::plan_text).collect::<Vec<_>>().join(", "))
}

impl LogicalPlan {
    /// The node alone, in one line.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            LogicalPlan::UnresolvedRelation { name } => {
                format!("'UnresolvedRelation [{}], [], false", name.join(", "))
            }
            LogicalPlan::LocalRelation { output, batch, partitions: Some(0) } => {
                let empty = if batch.num_rows() == 0 { "<empty>, " } else { "" };
                format!("LocalRelation {empty}{}", columns_text(output))
            }
            LogicalPlan::LocalRelation { output, .. } => format!("LogicalRDD {}, false", columns_text(output)),
            LogicalPlan::Range { start, end, step, partitions, .. } => {
                let splits = partitions.map_or(String::new(), |count| format!(", splits=Some({count})"));
                format!("Range ({start}, {end}, step={step}{splits})")
            }
            LogicalPlan::OneRow => "OneRowRelation".into(),
            LogicalPlan::Scan(scan) => {
                let columns: Vec<String> = scan.output.iter().map(Attribute::plan_text).collect();
                format!("Relation [{}] {}", columns.join(","), scan.format.name())
            }
            LogicalPlan::Ran { output, .. } => format!("LogicalRDD {}, false", columns_text(output)),
            LogicalPlan::Cached { output, level, .. } => {
                format!("InMemoryRelation {}, {}", columns_text(output), storage_level_text(level))
            }
            LogicalPlan::Checkpoint { output, .. } => format!("LogicalRDD {}, false", columns_text(output)),
            LogicalPlan::UnionLoop { id, .. } => format!("UnionLoop {}", id.0),
            LogicalPlan::UnionLoopRef { id, output } => {
                format!("UnionLoopRef {}, {}, false", id.0, columns_text(output))
            }
            LogicalPlan::SubqueryAlias { name, .. } => format!("SubqueryAlias {name}"),
            LogicalPlan::With { definitions, .. } => {
                let names: Vec<&str> = definitions.iter().map(|(name, _)| name.as_str()).collect();
                format!("CTE [{}]", names.join(", "))
            }
            LogicalPlan::Project { exprs, .. } if exprs.is_empty() => "Project".to_owned(),
            LogicalPlan::Project { exprs, .. } => format!("{}Project {}", mark(exprs), named_text(exprs)),
            LogicalPlan::WithColumns { columns, .. } => {
                let columns: Vec<String> =
                    columns.iter().map(|(name, expr)| format!("{name}, {}", expr.plan_text())).collect();
                format!("'Project [unresolvedstarwithcolumns({}, None)]", columns.join(", "))
            }
            LogicalPlan::WithColumnsRenamed { names, .. } => {
                let names: Vec<String> = names.iter().map(|(from, to)| format!("{from} AS {to}")).collect();
                format!("'WithColumnsRenamed [{}]", names.join(", "))
            }
            LogicalPlan::DropColumns { columns, .. } => format!("'DataFrameDropColumns {}", exprs_text(columns)),
            LogicalPlan::Filter { condition, .. } => {
                format!("{}Filter {}", mark(std::slice::from_ref(condition)), condition.plan_text())
            }
            LogicalPlan::Aggregate { grouping, outputs, .. } => {
                let keys = match grouping {
                    Grouping::By(by) if by.is_empty() => String::new(),
                    grouping => grouping_text(grouping) + ", ",
                };
                format!("{}Aggregate {keys}{}", mark(outputs), named_text(outputs))
            }
            LogicalPlan::Pivot { grouping, column, aggregates, .. } => {
                format!("'Pivot {}, {}, {}", exprs_text(grouping), column.plan_text(), exprs_text(aggregates))
            }
            LogicalPlan::Unpivot { ids, values, variable, value, .. } => {
                format!("'Unpivot {}, {}, {variable}, [{value}]", exprs_text(ids), exprs_text(values))
            }
            LogicalPlan::Expand { projections, output, .. } => {
                let lists: Vec<String> = projections.iter().map(|exprs| exprs_text(exprs)).collect();
                format!("Expand [{}], {}", lists.join(", "), columns_text(output))
            }
            LogicalPlan::Window { functions, partition_by, order_by, .. } => {
                let lists = [exprs_text(functions), exprs_text(partition_by), orders(order_by)];
                format!("Window {}", lists_text(&lists))
            }
            LogicalPlan::WindowGroupLimit { partition_by, order_by, function, limit, .. } => {
                let lists = lists_text(&[exprs_text(partition_by), orders(order_by)]);
                format!("WindowGroupLimit {lists}, {}, {limit}", ranking_text(function, order_by))
            }
            LogicalPlan::Generate { generator: generator @ Expr::TableCall(_), outer, output, .. }
                if output.is_empty() =>
            {
                format!("'Generate {}, {outer}", generator.plan_text())
            }
            LogicalPlan::Generate { generator, outer, output, .. } => {
                format!("Generate {}, {outer}, {}", generator_text(generator), columns_text(output))
            }
            LogicalPlan::Sort { order, global, .. } => {
                let keys: Vec<Expr> = order.iter().map(|key| key.child.clone()).collect();
                format!("{}Sort {}, {global}", mark(&keys), orders(order))
            }
            LogicalPlan::Limit { count, .. } => format!("GlobalLimit {count}"),
            LogicalPlan::LocalLimit { count, .. } => format!("LocalLimit {count}"),
            LogicalPlan::Offset { count, .. } => format!("Offset {count}"),
            LogicalPlan::Tail { count, .. } => format!("Tail {count}"),
            LogicalPlan::Join { join_type, constraint, hint, .. } => join_line(*join_type, constraint, *hint),
            LogicalPlan::Union { by_name, allow_missing, .. } => format!("Union {by_name}, {allow_missing}"),
            LogicalPlan::Intersect { all, .. } => if *all { "Intersect All true" } else { "Intersect" }.into(),
            LogicalPlan::Except { all, .. } => if *all { "Except All true" } else { "Except" }.into(),
            LogicalPlan::Distinct { .. } => "Distinct".into(),
            LogicalPlan::Deduplicate { keys, .. } => deduplicate_line(keys),
            LogicalPlan::Repartition { target, .. } => repartition_line(target),
            LogicalPlan::Sample { with_replacement, seed, lower, fraction, .. } => {
                format!("Sample {lower:?}, {:?}, {with_replacement}, {seed}", lower + fraction)
            }
            LogicalPlan::Hint { name, parameters, .. } => hint_line(name, parameters),
            LogicalPlan::MapPartitions { output, .. } => format!("LogicalRDD {}, false", columns_text(output)),
            LogicalPlan::Write { target, .. } => {
                format!("InsertIntoHadoopFsRelationCommand {}, false, {}", target.path, target.format.name())
            }
        }
    }

    /// The whole plan as a tree, each line ended by a line break.
    #[must_use]
    pub fn tree_string(&self) -> String {
        let mut text = String::new();
        self.write_tree(&mut text, &mut Vec::new());
        text
    }

    fn write_tree(&self, text: &mut String, last: &mut Vec<bool>) {
        push_indent(text, last);
        if let LogicalPlan::Limit { count, .. } = self {
            // Spark writes a limit as two nodes.
            text.push_str(&self.line());
            text.push('\n');
            last.push(true);
            push_indent(text, last);
            text.push_str(&format!("LocalLimit {count}\n"));
            self.write_children(text, last);
            last.pop();
            return;
        }
        text.push_str(&self.line());
        text.push('\n');
        self.write_children(text, last);
    }

    fn write_children(&self, text: &mut String, last: &mut Vec<bool>) {
        if let LogicalPlan::MapPartitions { .. } = self {
            // What an RDD stands on is no part of the plan.
            return;
        }
        let subqueries = subqueries_of(self);
        let children = self.children();
        for plan in &subqueries {
            last.push(children.is_empty());
            plan.write_tree(text, last);
            last.pop();
        }
        for (i, child) in children.iter().enumerate() {
            last.push(i + 1 == children.len());
            child.write_tree(text, last);
            last.pop();
        }
    }
}

/// `StorageLevel(disk, memory, 1 replicas)`, as Spark's plans write the level of this name.
#[must_use]
pub fn storage_level_text(name: &str) -> String {
    let is_off_heap = name == "OFF_HEAP";
    let parts = [
        ("disk", is_off_heap || name.contains("DISK")),
        ("memory", is_off_heap || name.contains("MEMORY")),
        ("offheap", is_off_heap),
        ("deserialized", name.ends_with("_DESER")),
    ];
    let words: String = parts.iter().filter(|(_, has)| *has).flat_map(|(word, _)| [*word, ", "]).collect();
    let replicas = name.rsplit('_').next().and_then(|end| end.parse::<u32>().ok()).unwrap_or(1);
    format!("StorageLevel({words}{replicas} replicas)")
}

/// Draws the branches that lead to a node; `last` says for it and all above whether they are their parent's last child.
pub fn push_indent(text: &mut String, last: &[bool]) {
    let Some((own, above)) = last.split_last() else { return };
    for done in above {
        text.push_str(if *done { "   " } else { ":  " });
    }
    text.push_str(if *own { "+- " } else { ":- " });
}

/// The plans inside a node's own expressions.
fn subqueries_of(plan: &LogicalPlan) -> Vec<std::sync::Arc<LogicalPlan>> {
    let exprs: Vec<&Expr> = match plan {
        LogicalPlan::Filter { condition, .. } => vec![condition],
        LogicalPlan::Project { exprs, .. } => exprs.iter().collect(),
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for expr in exprs {
        expr.visit(&mut |part| found.extend(part.subquery().cloned()));
    }
    found
}

/// Spark's mark of an unresolved node.
fn mark(exprs: &[Expr]) -> &'static str {
    let unresolved = |expr: &Expr| {
        matches!(
            expr,
            Expr::UnresolvedAttribute(_)
                | Expr::Star(_)
                | Expr::ColumnRegex(_)
                | Expr::Call(_)
                | Expr::Extract { .. }
                | Expr::MultiAlias { .. }
        )
    };
    if exprs.iter().any(|expr| expr.any(unresolved)) { "'" } else { "" }
}

/// Output columns; what has no name yet is an `unresolvedalias`.
fn named_text(exprs: &[Expr]) -> String {
    let texts: Vec<String> = exprs
        .iter()
        .map(|expr| {
            let is_nameless =
                matches!(expr, Expr::Call(_) | Expr::Binary { .. } | Expr::Unary { .. } | Expr::Cast { .. });
            let text = expr.plan_text();
            if is_nameless { format!("unresolvedalias({text})") } else { text }
        })
        .collect();
    format!("[{}]", texts.join(", "))
}

fn grouping_text(grouping: &Grouping) -> String {
    match grouping {
        Grouping::By(exprs) => exprs_text(exprs),
        Grouping::Rollup(exprs) => format!("[rollup({})]", exprs_text(exprs)),
        Grouping::Cube(exprs) => format!("[cube({})]", exprs_text(exprs)),
        Grouping::Sets { by, .. } => format!("[grouping sets({})]", exprs_text(by)),
    }
}

fn join_line(join_type: JoinType, constraint: &JoinConstraint, hint: JoinHints) -> String {
    let base = match constraint {
        JoinConstraint::None => format!("Join {}", join_type.name()),
        JoinConstraint::On(condition) => format!("Join {}, {}", join_type.name(), condition.plan_text()),
        JoinConstraint::Using(keys) => format!("'Join UsingJoin({}, [{}])", join_type.name(), keys.join(", ")),
        JoinConstraint::Natural => format!("'Join NaturalJoin({})", join_type.name()),
        JoinConstraint::Lateral(None) => format!("LateralJoin lateral-subquery#0 [], {}", join_type.name()),
        JoinConstraint::Lateral(Some(condition)) => {
            format!("LateralJoin lateral-subquery#0 [], {}, {}", join_type.name(), condition.plan_text())
        }
    };
    let sides: Vec<String> = [("leftHint", hint.left), ("rightHint", hint.right)]
        .iter()
        .filter_map(|(side, hint)| hint.map(|hint| format!("{side}=(strategy={})", hint.name())))
        .collect();
    if sides.is_empty() { base } else { format!("{base}, {}", sides.join(", ")) }
}

impl crate::logical::plan::JoinHint {
    /// The hint's word in plans.
    #[must_use]
    pub fn name(self) -> &'static str {
        use crate::logical::plan::JoinHint;
        match self {
            JoinHint::Broadcast => "broadcast",
            JoinHint::Merge => "merge",
            JoinHint::ShuffleHash => "shuffle_hash",
            JoinHint::ShuffleReplicateNl => "shuffle_replicate_nl",
        }
    }
}

/// A hint for a join is resolved as soon as it is written; others wait for the analyzer.
fn hint_line(name: &str, parameters: &[Expr]) -> String {
    let strategy = match name.to_ascii_lowercase().as_str() {
        "broadcast" | "broadcastjoin" | "mapjoin" => "broadcast",
        "merge" | "mergejoin" | "shuffle_merge" => "merge",
        "shuffle_hash" => "shuffle_hash",
        "shuffle_replicate_nl" => "shuffle_replicate_nl",
        _ => return format!("'UnresolvedHint {name}, {}", exprs_text(parameters)),
    };
    format!("ResolvedHint (strategy={strategy})")
}

fn deduplicate_line(keys: &[Expr]) -> String {
    let names: Vec<String> = keys
        .iter()
        .filter_map(|key| match key {
            Expr::UnresolvedAttribute(parts) => Some(parts.join(".")),
            _ => None,
        })
        .collect();
    match keys {
        [Expr::Star(_)] => "'UnresolvedDeduplicate DeduplicateAllColumnsAsKey, false, true".to_owned(),
        _ if names.is_empty() => format!("Deduplicate {}", exprs_text(keys)),
        _ => format!("'UnresolvedDeduplicate DeduplicateKeyColumns(List({})), false, true", names.join(", ")),
    }
}

fn repartition_line(target: &Repartitioning) -> String {
    let number = |count: &Option<usize>| count.map_or_else(String::new, |count| format!(", {count}"));
    match target {
        Repartitioning::RoundRobin { count, .. } => format!("Repartition {count}, true"),
        Repartitioning::Coalesce { count } => format!("Repartition {count}, false"),
        Repartitioning::Hash { by, count } => format!("RepartitionByExpression {}{}", exprs_text(by), number(count)),
        Repartitioning::Range { by, count } => format!("RepartitionByExpression {}{}", orders(by), number(count)),
        Repartitioning::Index { by, count } => format!("RepartitionById {}, {count}", by.plan_text()),
        Repartitioning::Rebalance { by } => format!("RebalancePartitions {}", exprs_text(by)),
    }
}
