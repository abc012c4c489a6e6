//! A physical plan as Spark shows it: with the nodes that only Spark's execution needs.
//!
//! Rows come out of columnar readers (`ColumnarToRow`), a `SortAggregate` sorts its input, a cache shows how it was filled. batchlab's own
//! operators do without; learners meet these nodes on a real cluster.

use super::stages::{Stage, stages_of};
use super::{PlanState, codegen, line, python};
use crate::logical::expr::SortOrder;
use crate::logical::plan::FileFormat;
use crate::logical::rewrite::conjuncts;
use crate::logical::{Attribute, Expr};
use crate::physical::adaptive;
use crate::physical::plan::{AggregateStyle, LOCAL_CHECKPOINT, PhysicalPlan, RanPlan};
use crate::physical::properties::{is_sorted_by, ordering_in_spark};
use crate::physical::same_result::Canonical;
use std::sync::Arc;

/// What a shown node is.
pub(super) enum What<'a> {
    Operator(&'a PhysicalPlan),
    /// A projection or filter that only Spark has.
    Made(Box<PhysicalPlan>),
    /// Runs Python functions.
    Python(String),
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
    /// Reads what an equal exchange, told here, has made. Spark compiled its own inputs before it saw that; they are not shown.
    Reused(String),
    /// An exchange that has run.
    QueryStage(String),
    /// A cache, with the conditions that its reader may use.
    CacheScan {
        output: &'a [Attribute],
        filters: Vec<Expr>,
    },
    CacheRelation {
        stored: &'a [Attribute],
        level: &'a str,
    },
    /// Rows of an RDD, whatever it stands on.
    Rdd,
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
        Builder::new(state, 0, Vec::new()).root(plan)
    }

    /// A plan that has run: as it ran in the end, and as it was planned at first.
    pub(super) fn ran(ran: &'a RanPlan) -> Shown<'a> {
        Builder::new(PlanState::Adaptive, 0, Vec::new()).ran(&ran.initial, &ran.finished)
    }

    fn new(what: What<'a>, output: Vec<Attribute>, inputs: Vec<Shown<'a>>) -> Shown<'a> {
        Shown { what, output, inputs, is_inner: false, codegen: None }
    }

    /// The inputs that are written below it.
    pub(super) fn shown_inputs(&self) -> &[Shown<'a>] {
        if matches!(self.what, What::Reused(_)) { &[] } else { &self.inputs }
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
    /// Exchanges that have run and are shown already, with their lines.
    told: Vec<(Stage, String)>,
    /// Ids of what Python functions give.
    numbers: python::Numbers,
    /// The same of exchanges of a plan that is run as it is.
    exchanges: Vec<(Canonical, String)>,
}

impl Builder {
    fn new(state: PlanState, plan_ids: u32, stages: Vec<Stage>) -> Self {
        Builder { state, plan_ids, stages, told: Vec::new(), numbers: python::Numbers(0), exchanges: Vec::new() }
    }

    fn root<'a>(&mut self, plan: &'a Arc<PhysicalPlan>) -> Shown<'a> {
        if self.state == PlanState::Adaptive && is_adaptive(plan) {
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
        let mut inside = Builder::new(PlanState::Static, self.plan_ids, stages_of(finished));
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
        let outside = std::mem::take(&mut self.exchanges);
        let past = match planned {
            Some(initial) if is_adaptive(plan) => self.ran(initial, plan),
            _ => self.root(plan),
        };
        self.exchanges = outside;
        past
    }

    /// The stage's number, or the id of its exchange. Each use of an exchange has its own.
    fn stage_number(&self, stage: Stage) -> u32 {
        let uses = self.told.iter().filter(|(known, _)| *known == stage).count();
        let own = match stage {
            Stage::Shuffle(id) => id.0,
            Stage::Broadcast(id) => id.0,
            Stage::Cache(id) => id.0,
            Stage::Dropped => 0,
        };
        let numbered = (0..).zip(&self.stages).filter(|(_, known)| **known == stage);
        numbered.map(|(number, _)| number).nth(uses).unwrap_or(own)
    }

    fn next_id(&mut self) -> u32 {
        self.plan_ids += 1;
        self.plan_ids
    }

    fn node<'a>(&mut self, plan: &'a Arc<PhysicalPlan>, above: Option<&PhysicalPlan>) -> Shown<'a> {
        if let Some(shown) = self.with_python(plan, above) {
            return shown;
        }
        let output = plan.output();
        match &**plan {
            PhysicalPlan::InMemoryTableScan { level, .. } if **level == *LOCAL_CHECKPOINT => {
                Shown::new(What::Rdd, output, Vec::new())
            }
            PhysicalPlan::InMemoryTableScan { id, level, output: read, stored, plan: lineage, planned } => {
                let past = self.past(lineage, planned.as_ref());
                let relation = What::CacheRelation { stored, level };
                let mut relation = Shown::new(relation, stored.clone(), vec![past]);
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
            PhysicalPlan::MapPartitions { .. } => Shown::new(What::Rdd, output, Vec::new()),
            PhysicalPlan::ShuffleRead { shuffle, exchange, slices, .. } => {
                let below = self.node(exchange, None);
                let stage = self.stage(Stage::Shuffle(*shuffle), "ShuffleQueryStage", below);
                match slices {
                    Some(slices) => Shown::new(What::QueryStage(line::read(slices)), output, vec![stage]),
                    None => stage,
                }
            }
            PhysicalPlan::BroadcastRead { broadcast, exchange } => {
                let below = self.node(exchange, None);
                self.stage(Stage::Broadcast(*broadcast), "BroadcastQueryStage", below)
            }
            PhysicalPlan::ShuffleExchange { input, .. } => {
                let below = self.rows(input, plan);
                let id = self.next_id();
                self.exchange(plan, &[], Shown::new(What::Exchange { plan, id }, output, vec![below]))
            }
            PhysicalPlan::Join { algorithm, left_keys, right_keys, left, right, .. } => {
                let mut side = |side: &'a Arc<PhysicalPlan>, keys: &[Expr]| match &**side {
                    PhysicalPlan::BroadcastExchange { input } => {
                        let below = self.rows(input, side);
                        let mode = line::broadcast_mode(*algorithm, keys, input);
                        let shown =
                            Shown::new(What::Broadcast { mode, id: self.next_id() }, side.output(), vec![below]);
                        self.exchange(side, keys, shown)
                    }
                    PhysicalPlan::BroadcastRead { broadcast, exchange } => {
                        let PhysicalPlan::BroadcastExchange { input } = &**exchange else {
                            return self.rows(side, plan);
                        };
                        let below = self.rows(input, exchange);
                        let mode = line::broadcast_mode(*algorithm, keys, input);
                        let below =
                            Shown::new(What::Broadcast { mode, id: self.next_id() }, side.output(), vec![below]);
                        self.stage(Stage::Broadcast(*broadcast), "BroadcastQueryStage", below)
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

    /// A projection or filter with Python functions, which Spark runs in an operator below it.
    fn with_python<'a>(&mut self, plan: &'a Arc<PhysicalPlan>, above: Option<&PhysicalPlan>) -> Option<Shown<'a>> {
        let made = |plan, output, below| Shown::new(What::Made(Box::new(plan)), output, vec![below]);
        let projection = |columns: Vec<Attribute>, input: &Arc<PhysicalPlan>, below| {
            let exprs = columns.iter().cloned().map(Expr::Attribute).collect();
            made(PhysicalPlan::Project { exprs, input: input.clone() }, columns, below)
        };
        let narrowed = |wanted: &[Expr], input: &Arc<PhysicalPlan>, below: Shown<'a>| {
            let kept = python::needed(wanted, &below.output);
            if kept.len() == below.output.len() { below } else { projection(kept, input, below) }
        };
        match &**plan {
            PhysicalPlan::Project { exprs, input } if exprs.iter().any(python::has_function) => {
                self.numbers.after(highest_id(plan));
                let python::Evaluated { line, results, exprs: over } = python::evaluated(exprs, &mut self.numbers)?;
                let below = narrowed(exprs, input, self.rows(input, plan));
                let output = below.output.iter().cloned().chain(results).collect();
                let python = Shown::new(What::Python(line), output, vec![below]);
                Some(made(PhysicalPlan::Project { exprs: over, input: input.clone() }, plan.output(), python))
            }
            PhysicalPlan::Filter { condition: whole, input } if python::has_function(whole) => {
                self.numbers.after(highest_id(plan));
                let (without, with) = python::parted(whole);
                let mut evaluated = python::evaluated(&[with?], &mut self.numbers)?;
                let condition = evaluated.exprs.remove(0);
                let mut below = self.rows(input, plan);
                let mut wanted: Vec<Expr> = match above {
                    Some(PhysicalPlan::Project { exprs, .. }) => exprs.clone(),
                    _ => below.output.iter().cloned().map(Expr::Attribute).collect(),
                };
                wanted.push(whole.clone());
                if let Some(condition) = without {
                    let output = below.output.clone();
                    below = made(PhysicalPlan::Filter { condition, input: input.clone() }, output, below);
                }
                let below = narrowed(&wanted, input, below);
                let output: Vec<Attribute> = below.output.iter().cloned().chain(evaluated.results).collect();
                let python = Shown::new(What::Python(evaluated.line), output.clone(), vec![below]);
                let filter = made(PhysicalPlan::Filter { condition, input: input.clone() }, output, python);
                Some(match above {
                    Some(PhysicalPlan::Project { .. }) => filter,
                    _ => projection(plan.output(), input, filter),
                })
            }
            _ => None,
        }
    }

    /// An exchange. Without adaptive execution it is known beforehand which are equal; the later ones read what the first makes.
    fn exchange<'a>(&mut self, plan: &Arc<PhysicalPlan>, keys: &[Expr], shown: Shown<'a>) -> Shown<'a> {
        if self.state == PlanState::Adaptive || !self.stages.is_empty() {
            return shown;
        }
        let canonical = Canonical::hashed(plan, keys);
        if let Some((_, line)) = self.exchanges.iter().find(|(known, _)| *known == canonical) {
            return Shown { what: What::Reused(line.clone()), ..shown };
        }
        self.exchanges.push((canonical, line::shown(&shown, false)));
        shown
    }

    /// An exchange that has run. Where an equal one is shown already, it reads that one's result.
    fn stage<'a>(&mut self, stage: Stage, name: &str, exchange: Shown<'a>) -> Shown<'a> {
        let output = exchange.output.clone();
        let name = format!("{name} {}", self.stage_number(stage));
        let equal = self.told.iter().find(|(known, _)| *known == stage).map(|(_, line)| line.clone());
        let line = equal.clone().unwrap_or_else(|| line::shown(&exchange, false));
        self.told.push((stage, line));
        let below = match equal {
            Some(line) => Shown { what: What::Reused(line), ..exchange },
            None => exchange,
        };
        Shown::new(What::QueryStage(name), output, vec![below])
    }

    /// An input whose reader wants rows.
    fn rows<'a>(&mut self, plan: &'a Arc<PhysicalPlan>, above: &PhysicalPlan) -> Shown<'a> {
        let node = self.node(plan, Some(above));
        if self.state == PlanState::Static { node.into_rows() } else { node }
    }
}

/// Whether Spark would run the plan adaptively. What an RDD stands on has been planned before.
#[must_use]
pub fn is_adaptive(plan: &PhysicalPlan) -> bool {
    match plan {
        PhysicalPlan::MapPartitions { .. } => false,
        _ => adaptive::is_adaptive_itself(plan) || plan.children().into_iter().any(|child| is_adaptive(child)),
    }
}

/// The highest id of a plan's columns.
fn highest_id(plan: &PhysicalPlan) -> u64 {
    let below = plan.children().into_iter().map(|child| highest_id(child)).max().unwrap_or(0);
    plan.output().iter().map(|column| column.id.0).max().unwrap_or(0).max(below)
}
