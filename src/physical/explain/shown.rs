//! A physical plan as Spark shows it: with the nodes that only Spark's execution needs.
//!
//! Rows come out of columnar readers (`ColumnarToRow`), a `SortAggregate` sorts its input, a cache shows how it was filled. batchlab's own
//! operators do without; learners meet these nodes on a real cluster.

use super::stages::{Stage, stages_of};
use super::{PlanState, codegen, line};
use crate::common::ids::BroadcastId;
use crate::logical::expr::SortOrder;
use crate::logical::plan::FileFormat;
use crate::logical::rewrite::conjuncts;
use crate::logical::{Attribute, Expr};
use crate::physical::plan::{AggregateStyle, PhysicalPlan, RanPlan};
use crate::physical::properties::{is_sorted_by, ordering_in_spark};
use std::sync::Arc;

/// What a shown node is.
pub(super) enum What<'a> {
    Operator(&'a PhysicalPlan),
    /// The root of a plan that adaptive execution may still change.
    Adaptive,
    /// The same, after it has run: what adaptive execution will not change any more.
    Final,
    /// Stands above one of two plans.
    Heading(&'static str),
    ColumnarToRow,
    /// The sort below a `SortAggregate`.
    KeySort(Vec<SortOrder>),
    Exchange {
        plan: &'a PhysicalPlan,
        id: u32,
    },
    Broadcast {
        mode: String,
        id: u32,
    },
    /// An exchange that has run.
    QueryStage(String),
    /// A cache, with the conditions that its reader may use.
    CacheScan {
        output: &'a [Attribute],
        filters: Vec<Expr>,
    },
    CacheRelation(&'a [Attribute]),
}

/// A node and what it reads.
pub(super) struct Shown<'a> {
    pub(super) what: What<'a>,
    pub(super) output: Vec<Attribute>,
    pub(super) inputs: Vec<Shown<'a>>,
    /// Whether the inputs are shown inside the node: a cache's past, which does not run again.
    pub(super) is_inner: bool,
    /// The number of the operators that Spark compiles together with this one.
    pub(super) codegen: Option<u32>,
}

impl<'a> Shown<'a> {
    /// The whole plan.
    pub(super) fn root(plan: &'a Arc<PhysicalPlan>, state: PlanState) -> Shown<'a> {
        Builder { state, plan_ids: 0, stages: Vec::new() }.root(plan)
    }

    /// A plan that has run: as it ran in the end, and as it was planned at first.
    pub(super) fn ran(ran: &'a RanPlan) -> Shown<'a> {
        Builder { state: PlanState::Adaptive, plan_ids: 0, stages: Vec::new() }.ran(&ran.initial, &ran.finished)
    }

    fn new(what: What<'a>, output: Vec<Attribute>, inputs: Vec<Shown<'a>>) -> Shown<'a> {
        Shown { what, output, inputs, is_inner: false, codegen: None }
    }

    /// Whether the node hands on columns instead of rows.
    fn is_columnar(&self) -> bool {
        match &self.what {
            What::Operator(PhysicalPlan::FileScan(scan)) => scan.scan.format == FileFormat::Parquet,
            What::Operator(PhysicalPlan::Union { .. }) => self.inputs.iter().all(Shown::is_columnar),
            _ => false,
        }
    }

    fn into_rows(self) -> Shown<'a> {
        if self.is_columnar() {
            let output = self.output.clone();
            return Shown::new(What::ColumnarToRow, output, vec![self]);
        }
        self
    }
}

struct Builder {
    state: PlanState,
    /// Numbers given out for `plan_id=`.
    plan_ids: u32,
    /// The stages of a plan that has run, by number; empty where exchanges keep their own ids.
    stages: Vec<Stage>,
}

impl Builder {
    fn root<'a>(&mut self, plan: &'a Arc<PhysicalPlan>) -> Shown<'a> {
        if self.state == PlanState::Adaptive && crate::physical::adaptive::is_adaptive(plan) {
            let below = self.node(plan, None);
            return Shown::new(What::Adaptive, plan.output(), vec![below]);
        }
        // A plan without exchanges is never adaptive: it is shown as it runs.
        let before = std::mem::replace(&mut self.state, PlanState::Static);
        let mut root = self.node(plan, None).into_rows();
        self.state = before;
        codegen::number(&mut root);
        root
    }

    fn ran<'a>(&mut self, initial: &'a Arc<PhysicalPlan>, finished: &'a Arc<PhysicalPlan>) -> Shown<'a> {
        let output = initial.output();
        let mut inside = Builder { state: PlanState::Static, plan_ids: self.plan_ids, stages: stages_of(finished) };
        let mut root = inside.node(finished, None).into_rows();
        codegen::number_stages(&mut root, inside.stages.len());
        let result = What::QueryStage(format!("ResultQueryStage {}", inside.stages.len()));
        let result = Shown::new(result, output.clone(), vec![root]);
        (inside.state, inside.stages) = (PlanState::Adaptive, Vec::new());
        let first = inside.node(initial, None);
        self.plan_ids = inside.plan_ids;
        let heading = |text, plan| Shown::new(What::Heading(text), output.clone(), vec![plan]);
        let inputs = vec![heading("== Final Plan ==", result), heading("== Initial Plan ==", first)];
        Shown::new(What::Final, output, inputs)
    }

    /// A cache's past: how it was or will be filled.
    fn past<'a>(&mut self, plan: &'a Arc<PhysicalPlan>, planned: Option<&'a Arc<PhysicalPlan>>) -> Shown<'a> {
        match planned {
            Some(initial) if crate::physical::adaptive::is_adaptive(plan) => self.ran(initial, plan),
            _ => self.root(plan),
        }
    }

    /// The stage's number, or the id of its exchange.
    fn stage_number(&self, stage: Stage) -> u32 {
        let own = match stage {
            Stage::Shuffle(id) => id.0,
            Stage::Broadcast(id) => id.0,
            Stage::Cache(id) => id.0,
        };
        self.stages.iter().position(|known| *known == stage).map_or(own, |place| place as u32)
    }

    fn next_id(&mut self) -> u32 {
        self.plan_ids += 1;
        self.plan_ids
    }

    fn node<'a>(&mut self, plan: &'a Arc<PhysicalPlan>, above: Option<&PhysicalPlan>) -> Shown<'a> {
        let output = plan.output();
        match &**plan {
            PhysicalPlan::InMemoryTableScan { id, output: read, stored, plan: lineage, planned } => {
                let past = self.past(lineage, planned.as_ref());
                let mut relation = Shown::new(What::CacheRelation(stored), stored.clone(), vec![past]);
                relation.is_inner = true;
                let filters = match above {
                    Some(PhysicalPlan::Filter { condition, .. }) => conjuncts(condition),
                    _ => Vec::new(),
                };
                let mut scan = Shown::new(What::CacheScan { output: read, filters }, output.clone(), vec![relation]);
                scan.is_inner = true;
                let stage = Stage::Cache(*id);
                if !self.stages.contains(&stage) {
                    return scan;
                }
                let name = format!("TableCacheQueryStage {}", self.stage_number(stage));
                Shown::new(What::QueryStage(name), output, vec![scan])
            }
            PhysicalPlan::ShuffleRead { shuffle, exchange, slices, .. } => {
                let below = self.node(exchange, None);
                let stage =
                    What::QueryStage(format!("ShuffleQueryStage {}", self.stage_number(Stage::Shuffle(*shuffle))));
                let stage = Shown::new(stage, output.clone(), vec![below]);
                match slices {
                    Some(slices) => Shown::new(What::QueryStage(line::read(slices)), output, vec![stage]),
                    None => stage,
                }
            }
            PhysicalPlan::BroadcastRead { broadcast, exchange } => {
                let below = self.node(exchange, None);
                self.broadcast_stage(*broadcast, output, below)
            }
            PhysicalPlan::ShuffleExchange { input, .. } => {
                let below = self.rows(input, plan);
                let id = self.next_id();
                Shown::new(What::Exchange { plan, id }, output, vec![below])
            }
            PhysicalPlan::Join { algorithm, left_keys, right_keys, left, right, .. } => {
                let mut side = |side: &'a Arc<PhysicalPlan>, keys: &[Expr]| match &**side {
                    PhysicalPlan::BroadcastExchange { input } => {
                        let below = self.rows(input, side);
                        let mode = line::broadcast_mode(*algorithm, keys, input);
                        Shown::new(What::Broadcast { mode, id: self.next_id() }, side.output(), vec![below])
                    }
                    PhysicalPlan::BroadcastRead { broadcast, exchange } => {
                        let PhysicalPlan::BroadcastExchange { input } = &**exchange else {
                            return self.rows(side, plan);
                        };
                        let below = self.rows(input, exchange);
                        let mode = line::broadcast_mode(*algorithm, keys, input);
                        let output = side.output();
                        let below =
                            Shown::new(What::Broadcast { mode, id: self.next_id() }, output.clone(), vec![below]);
                        self.broadcast_stage(*broadcast, output, below)
                    }
                    _ => self.rows(side, plan),
                };
                let inputs = vec![side(left, left_keys), side(right, right_keys)];
                Shown::new(What::Operator(plan), output, inputs)
            }
            PhysicalPlan::Aggregate { style: AggregateStyle::Sort, grouping, input, .. } if !grouping.is_empty() => {
                let below = self.rows(input, plan);
                let order = line::key_order(grouping);
                if is_sorted_by(&ordering_in_spark(input), &order) {
                    return Shown::new(What::Operator(plan), output, vec![below]);
                }
                let sort = Shown::new(What::KeySort(order), below.output.clone(), vec![below]);
                Shown::new(What::Operator(plan), output, vec![sort])
            }
            _ => {
                let mut inputs: Vec<Shown<'a>> =
                    plan.children().into_iter().map(|child| self.node(child, Some(plan))).collect();
                let stays_columnar =
                    matches!(&**plan, PhysicalPlan::Union { .. }) && inputs.iter().all(Shown::is_columnar);
                if self.state == PlanState::Static && !stays_columnar {
                    inputs = inputs.into_iter().map(Shown::into_rows).collect();
                }
                Shown::new(What::Operator(plan), output, inputs)
            }
        }
    }

    fn broadcast_stage<'a>(&self, broadcast: BroadcastId, output: Vec<Attribute>, below: Shown<'a>) -> Shown<'a> {
        let number = self.stage_number(Stage::Broadcast(broadcast));
        Shown::new(What::QueryStage(format!("BroadcastQueryStage {number}")), output, vec![below])
    }

    /// An input whose reader wants rows.
    fn rows<'a>(&mut self, plan: &'a Arc<PhysicalPlan>, above: &PhysicalPlan) -> Shown<'a> {
        let node = self.node(plan, Some(above));
        if self.state == PlanState::Static { node.into_rows() } else { node }
    }
}
