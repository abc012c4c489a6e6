//! When two exchanges give the same rows (Spark's `sameResult`): a query runs the first and reads it twice.
//!
//! Before/after: `Exchange hashpartitioning(k#1)` over a range `id#0`, and the same over `id#12` → one shuffle, read by both sides.
//! Must not: take two columns of a file for each other, nor a broadcast for one key for a broadcast for another.

use super::plan::{Partitioning, PhysicalPlan};
use crate::common::ids::ExprId;
use crate::logical::expr::SortOrder;
use crate::logical::{Attribute, Expr};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An exchange with its columns numbered in the order in which they are met, from the leaves up, and without the names that scripts give.
/// Equal ones give the same rows, column by column.
#[derive(Debug, Clone, PartialEq)]
pub struct Canonical {
    exchange: Arc<PhysicalPlan>,
    /// What a broadcast is hashed by.
    keys: Vec<Expr>,
}

impl Canonical {
    /// Of an exchange that stands in `root`.
    #[must_use]
    pub fn of(exchange: &Arc<PhysicalPlan>, root: &PhysicalPlan) -> Self {
        Self::hashed(exchange, hashed_by(root, exchange))
    }

    /// Of an exchange whose rows a join looks up by these keys.
    #[must_use]
    pub fn hashed(exchange: &Arc<PhysicalPlan>, keys: &[Expr]) -> Self {
        let mut numbers = Numbers::default();
        let plan = numbers.plan(exchange);
        let keys = keys.iter().map(|key| numbers.expr(key.clone())).collect();
        Canonical { exchange: plan, keys }
    }
}

/// The keys of the join that an exchange is a side of.
fn hashed_by<'a>(root: &'a PhysicalPlan, exchange: &Arc<PhysicalPlan>) -> &'a [Expr] {
    let mut found: &[Expr] = &[];
    root.visit(&mut |node| {
        if let PhysicalPlan::Join { left, right, left_keys, right_keys, .. } = node {
            if Arc::ptr_eq(left, exchange) {
                found = left_keys;
            } else if Arc::ptr_eq(right, exchange) {
                found = right_keys;
            }
        }
    });
    found
}

/// New numbers of columns, by their ids.
#[derive(Default)]
struct Numbers(BTreeMap<ExprId, ExprId>);

impl Numbers {
    fn id(&mut self, id: ExprId) -> ExprId {
        let next = ExprId(self.0.len() as u64);
        *self.0.entry(id).or_insert(next)
    }

    fn plan(&mut self, plan: &Arc<PhysicalPlan>) -> Arc<PhysicalPlan> {
        let children = plan.children().into_iter().map(|child| self.plan(child)).collect();
        let mut node = plan.with_children(children);
        self.columns_of(&mut node);
        self.expressions_of(&mut node);
        Arc::new(node)
    }

    /// The columns that an operator makes.
    fn columns_of(&mut self, node: &mut PhysicalPlan) {
        match node {
            PhysicalPlan::LocalTableScan { output, .. }
            | PhysicalPlan::Range { output, .. }
            | PhysicalPlan::Expand { output, .. }
            | PhysicalPlan::Generate { output, .. }
            | PhysicalPlan::MapPartitions { output, .. } => self.columns(output),
            PhysicalPlan::InMemoryTableScan { output, stored, .. } => {
                self.columns(stored);
                self.columns(output);
            }
            PhysicalPlan::FileScan(exec) => {
                // Their names say what is read.
                for column in &mut exec.scan.output {
                    column.id = self.id(column.id);
                }
                exec.validity_only = exec.validity_only.iter().map(|id| self.id(*id)).collect();
            }
            PhysicalPlan::Aggregate { aggregates, .. } => {
                for aggregate in aggregates {
                    self.columns(std::slice::from_mut(&mut aggregate.result));
                    self.columns(&mut aggregate.buffers);
                }
            }
            PhysicalPlan::ShuffleRead { exchange, .. } | PhysicalPlan::BroadcastRead { exchange, .. } => {
                *exchange = self.plan(exchange);
            }
            _ => {}
        }
    }

    fn expressions_of(&mut self, node: &mut PhysicalPlan) {
        match node {
            PhysicalPlan::FileScan(exec) => {
                self.exprs(&mut exec.scan.pushed_filters);
                self.exprs(&mut exec.scan.partition_filters);
            }
            PhysicalPlan::Project { exprs, .. } => self.exprs(exprs),
            PhysicalPlan::Filter { condition, .. } => self.replace(condition),
            PhysicalPlan::Aggregate { grouping, aggregates, outputs, .. } => {
                self.exprs(grouping);
                for aggregate in aggregates {
                    self.exprs(&mut aggregate.call.args);
                    if let Some(filter) = &mut aggregate.call.filter {
                        self.replace(filter);
                    }
                }
                self.exprs(outputs);
            }
            PhysicalPlan::Expand { projections, .. } => {
                for exprs in projections {
                    self.exprs(exprs);
                }
            }
            PhysicalPlan::Generate { generator, .. } => self.replace(generator),
            PhysicalPlan::Join { left_keys, right_keys, condition, .. } => {
                self.exprs(left_keys);
                self.exprs(right_keys);
                self.exprs(condition.as_mut_slice());
            }
            PhysicalPlan::Window { functions, partition_by, order_by, .. } => {
                self.exprs(functions);
                self.exprs(partition_by);
                self.orders(order_by);
            }
            PhysicalPlan::WindowGroupLimit { partition_by, order_by, function, .. } => {
                self.exprs(partition_by);
                self.orders(order_by);
                self.replace(function);
            }
            PhysicalPlan::Sort { order, .. } => self.orders(order),
            PhysicalPlan::TakeOrderedAndProject { order, outputs, .. } => {
                self.orders(order);
                self.exprs(outputs);
            }
            PhysicalPlan::ShuffleExchange { partitioning, .. } => match partitioning {
                Partitioning::Hash(exprs, _) => self.exprs(exprs),
                Partitioning::Range(order, _) => self.orders(order),
                Partitioning::Index(expr, _) => self.replace(expr),
                Partitioning::Unknown(_)
                | Partitioning::Single
                | Partitioning::RoundRobin { .. }
                | Partitioning::Broadcast => {}
            },
            _ => {}
        }
    }

    fn columns(&mut self, columns: &mut [Attribute]) {
        for column in columns {
            column.id = self.id(column.id);
            column.name.clear();
        }
    }

    fn exprs(&mut self, exprs: &mut [Expr]) {
        for expr in exprs {
            self.replace(expr);
        }
    }

    fn orders(&mut self, orders: &mut [SortOrder]) {
        for order in orders {
            self.replace(&mut order.child);
        }
    }

    fn replace(&mut self, expr: &mut Expr) {
        *expr = self.expr(std::mem::replace(expr, Expr::Star(None)));
    }

    fn expr(&mut self, expr: Expr) -> Expr {
        expr.transform_up(&mut |part| match part {
            Expr::Attribute(mut column) => {
                self.columns(std::slice::from_mut(&mut column));
                Expr::Attribute(column)
            }
            Expr::Alias { child, id, metadata, .. } => {
                Expr::Alias { child, name: String::new(), id: self.id(id), metadata }
            }
            Expr::Lambda { mut params, body } => {
                self.columns(&mut params);
                Expr::Lambda { params, body }
            }
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logical::DataType;
    use crate::physical::plan::ShuffleOrigin;

    fn column(name: &str, id: u64) -> Attribute {
        Attribute::new(name, ExprId(id), DataType::Long, false)
    }

    /// A range that is shuffled by a column made of it.
    fn shuffled(end: i64, name: &str, first_id: u64) -> Arc<PhysicalPlan> {
        let id = column("id", first_id);
        let range = PhysicalPlan::Range { start: 0, end, step: 1, partitions: 2, output: vec![id.clone()] };
        let made = Expr::Alias {
            child: Box::new(Expr::Attribute(id)),
            name: name.to_owned(),
            id: ExprId(first_id + 1),
            metadata: None,
        };
        let project = PhysicalPlan::Project { exprs: vec![made], input: Arc::new(range) };
        let key = Expr::Attribute(column(name, first_id + 1));
        let partitioning = Partitioning::Hash(vec![key], 4);
        let origin = ShuffleOrigin::EnsureRequirements;
        Arc::new(PhysicalPlan::ShuffleExchange { partitioning, origin, input: Arc::new(project) })
    }

    fn canonical(exchange: &Arc<PhysicalPlan>) -> Canonical {
        Canonical::of(exchange, exchange)
    }

    #[test]
    fn names_and_ids_of_columns_do_not_matter() {
        assert_eq!(canonical(&shuffled(9, "k", 1)), canonical(&shuffled(9, "key", 40)));
        assert_ne!(canonical(&shuffled(9, "k", 1)), canonical(&shuffled(8, "k", 1)));
    }

    #[test]
    fn a_broadcast_is_hashed_by_its_join_keys() {
        let input = |first: u64| {
            let output = vec![column("a", first), column("b", first + 1)];
            Arc::new(PhysicalPlan::Range { start: 0, end: 5, step: 1, partitions: 1, output })
        };
        let joined = |by: u64, first: u64| {
            let right = Arc::new(PhysicalPlan::BroadcastExchange { input: input(first) });
            let join = PhysicalPlan::Join {
                algorithm: crate::physical::plan::JoinAlgorithm::BroadcastHash {
                    build: crate::physical::plan::BuildSide::Right,
                },
                join_type: crate::logical::plan::JoinType::Inner,
                left_keys: vec![Expr::Attribute(column("x", 90))],
                right_keys: vec![Expr::Attribute(column("by", first + by))],
                condition: None,
                left: input(90),
                right: right.clone(),
            };
            Canonical::of(&right, &join)
        };
        assert_eq!(joined(0, 10), joined(0, 20));
        assert_ne!(joined(0, 10), joined(1, 20));
    }
}
