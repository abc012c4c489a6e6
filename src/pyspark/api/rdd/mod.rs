//! RDDs: plans whose rows are encoded Python values.
//!
//! A chain of narrow operations is one `MapPartitions` node; a wide one adds a partition number to each value and shuffles by it.
//!
//! ```text
//!   parallelize ─► map ─► filter ─┐                      ┌─► mapValues ─► collect
//!                 MapPartitions   └─ Repartition(Index) ─┘     MapPartitions
//! ```

mod actions;
mod barrier;
pub mod codec;
pub mod hash;
mod histogram;
mod lineage;
mod narrow;
mod pairs;
mod samples;
pub mod shared;
pub mod source;
mod stats;
pub mod task;
mod wide;

use super::create::Wanted;
use super::support::analyze;
use super::{infer, udf};
use crate::common::ids::PlanStepId;
use crate::logical::expr::Expr;
use crate::logical::plan::{LogicalPlan, Repartitioning};
use crate::logical::types::{DataType, StructField, StructType};
use crate::pyspark::lang::freeze::Thaw;
use crate::pyspark::lang::iterator::FromFn;
use crate::pyspark::lang::{Args, CompareOp, Interpreter, Object, PyResult, Raised, Value};
pub use hash::portable_hash;
use lineage::{JvmRdd, Making};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use task::{Chain, Input, Output, Place, Run, Step};

/// An RDD.
pub struct Rdd {
    state: RefCell<State>,
    name: RefCell<Option<String>>,
    /// What it is on the JVM, once that was asked for.
    own: RefCell<Option<Rc<JvmRdd>>>,
    checkpoint: RefCell<Checkpoint>,
}

/// What the script was told about an RDD's checkpoint.
#[derive(Default)]
struct Checkpoint {
    /// `checkpoint()` was called, whether or not it could be made: what `is_checkpointed` says.
    is_called: bool,
    /// Where its values are kept, by `checkpoint()`.
    folder: Option<String>,
    /// By `localCheckpoint()`.
    is_local: bool,
    /// An action ran since: before that Spark has not made it yet.
    has_run: bool,
}

#[derive(Clone)]
struct State {
    base: Arc<LogicalPlan>,
    input: Input,
    steps: Vec<Step>,
    /// The plan of the encoded rows, once it was asked for.
    plan: Option<Arc<LogicalPlan>>,
    /// The number of partitions among which the keys' hashes put the values, if that is how they lie.
    by_key: Option<usize>,
    /// What the log calls it, or the one that it was made from.
    told: Option<PlanStepId>,
    /// What the steps run over on the JVM.
    source: Option<Rc<JvmRdd>>,
    /// Whether Python functions run even without steps (ranges are made by one).
    piped: bool,
}

/// Steps that leave each value in the partition of its key.
const KEEPS_KEYS: &[&str] = &[
    "mapValues",
    "flatMapValues",
    "filter",
    "combineByKey",
    "reduceByKey",
    "aggregateByKey",
    "foldByKey",
    "groupByKey",
    "join",
    "cogroup",
    "subtractByKey",
];

type Method = fn(&mut Interpreter, &Value, &Rdd, Args) -> PyResult;

const TABLES: &[&[(&str, Method)]] = &[
    narrow::METHODS,
    wide::METHODS,
    pairs::METHODS,
    samples::METHODS,
    actions::METHODS,
    stats::METHODS,
    barrier::METHODS,
    histogram::METHODS,
];

/// The names of all methods, in alphabetical order.
pub const METHODS: &[&str] = &[
    "aggregate",
    "aggregateByKey",
    "barrier",
    "cache",
    "cartesian",
    "checkpoint",
    "coalesce",
    "cogroup",
    "collect",
    "collectAsMap",
    "combineByKey",
    "count",
    "countApprox",
    "countApproxDistinct",
    "countByKey",
    "countByValue",
    "distinct",
    "filter",
    "first",
    "flatMap",
    "flatMapValues",
    "fold",
    "foldByKey",
    "foreach",
    "foreachPartition",
    "fullOuterJoin",
    "getCheckpointFile",
    "getNumPartitions",
    "getStorageLevel",
    "glom",
    "groupBy",
    "groupByKey",
    "groupWith",
    "histogram",
    "id",
    "intersection",
    "isCheckpointed",
    "isEmpty",
    "isLocallyCheckpointed",
    "join",
    "keyBy",
    "keys",
    "leftOuterJoin",
    "localCheckpoint",
    "lookup",
    "map",
    "mapPartitions",
    "mapPartitionsWithIndex",
    "mapPartitionsWithSplit",
    "mapValues",
    "max",
    "mean",
    "meanApprox",
    "min",
    "name",
    "partitionBy",
    "persist",
    "pipe",
    "randomSplit",
    "reduce",
    "reduceByKey",
    "reduceByKeyLocally",
    "repartition",
    "repartitionAndSortWithinPartitions",
    "rightOuterJoin",
    "sample",
    "sampleByKey",
    "sampleStdev",
    "sampleVariance",
    "saveAsHadoopDataset",
    "saveAsHadoopFile",
    "saveAsNewAPIHadoopDataset",
    "saveAsNewAPIHadoopFile",
    "saveAsPickleFile",
    "saveAsSequenceFile",
    "saveAsTextFile",
    "setName",
    "sortBy",
    "sortByKey",
    "stats",
    "stdev",
    "subtract",
    "subtractByKey",
    "sum",
    "sumApprox",
    "take",
    "takeOrdered",
    "takeSample",
    "toDF",
    "toDebugString",
    "toLocalIterator",
    "top",
    "treeAggregate",
    "treeReduce",
    "union",
    "unpersist",
    "values",
    "variance",
    "zip",
    "zipWithIndex",
    "zipWithUniqueId",
];

/// The rows of a frame.
#[must_use]
pub fn of_frame(plan: &Arc<LogicalPlan>) -> Value {
    Value::object(Rdd::over(plan.clone(), Input::Frame(Arc::new(plan.schema()))))
}

/// The texts of a plan with one column.
#[must_use]
pub fn of_text(plan: &Arc<LogicalPlan>) -> Value {
    Value::object(Rdd::over(plan.clone(), Input::Text))
}

/// The lines of the text files at `path`.
fn of_text_files(interp: &mut Interpreter, plan: &Arc<LogicalPlan>, path: &str) -> Value {
    let files = Making::called("HadoopRDD", "textFile", Vec::new()).over(plan).made_with_name(interp, path);
    let lines = Making::called("MapPartitionsRDD", "textFile", vec![files]).made_with_name(interp, path);
    Value::object(Rdd::over(plan.clone(), Input::Text).standing_for(lines))
}

/// See [`shared::merge`].
///
/// # Errors
/// What adding raises.
pub fn merge_accumulators(interp: &mut Interpreter) -> PyResult<()> {
    shared::merge(interp)
}

/// Several values under one key.
struct ResultIterable(Vec<Value>);

/// The values of a key, as `groupByKey` gives them.
#[must_use]
pub fn iterable(values: Vec<Value>) -> Value {
    Value::object(ResultIterable(values))
}

impl Object for ResultIterable {
    fn type_name(&self) -> &'static str {
        "ResultIterable"
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok((name == "data").then(|| Value::list(self.0.clone())))
    }

    fn len(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<usize>> {
        Ok(Some(self.0.len()))
    }

    fn iter(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<Value>> {
        Ok(Some(Value::iter_over(self.0.clone())))
    }

    fn repr(&self, _interp: &mut Interpreter, this: &Value) -> PyResult<String> {
        Ok(format!("<pyspark.resultiterable.ResultIterable object at 0x{:012x}>", this.identity()))
    }
}

/// `rdd.partitioner`: the values lie by the hashes of their keys in so many partitions.
struct Partitioner(usize);

impl Object for Partitioner {
    fn type_name(&self) -> &'static str {
        "Partitioner"
    }

    fn get_attr(&self, interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "numPartitions" => Some(Value::Int(self.0 as i64)),
            "partitionFunc" => interp.import("pyspark.rdd")?.get("portable_hash"),
            _ => None,
        })
    }

    fn compare(&self, _: &mut Interpreter, _: &Value, op: CompareOp, other: &Value) -> PyResult<Option<Value>> {
        Ok(other.downcast::<Partitioner>().map(|other| Value::Bool(op.holds(self.0.cmp(&other.0)))))
    }
}

/// A function per value.
type PerItem = fn(&mut Interpreter, &[Value], Value) -> PyResult;

impl Rdd {
    /// An RDD straight over a plan's rows.
    #[must_use]
    pub fn over(base: Arc<LogicalPlan>, input: Input) -> Rdd {
        Rdd::of(State {
            base,
            input,
            steps: Vec::new(),
            plan: None,
            by_key: None,
            told: None,
            source: None,
            piped: false,
        })
    }

    /// A new one, without a name.
    fn of(state: State) -> Rdd {
        Rdd {
            state: RefCell::new(state),
            name: RefCell::default(),
            own: RefCell::default(),
            checkpoint: RefCell::default(),
        }
    }

    /// Says what it is on the JVM.
    fn standing_for(self, source: Rc<JvmRdd>) -> Rdd {
        self.state.borrow_mut().source = Some(source);
        self
    }

    /// What its steps run over on the JVM.
    fn source(&self, interp: &mut Interpreter) -> Rc<JvmRdd> {
        let mut state = self.state.borrow_mut();
        let State { source, base, .. } = &mut *state;
        let made = || Making::called("MapPartitionsRDD", "javaToPython", Vec::new()).over(base).made(interp);
        source.get_or_insert_with(made).clone()
    }

    /// What it is on the JVM.
    fn jvm(&self, interp: &mut Interpreter) -> Rc<JvmRdd> {
        self.jvm_made_by(interp, None)
    }

    /// The same; `call` is the one that needed it first, where PySpark says so.
    fn jvm_made_by(&self, interp: &mut Interpreter, call: Option<&str>) -> Rc<JvmRdd> {
        if let Some(own) = &*self.own.borrow() {
            return own.clone();
        }
        let source = self.source(interp);
        let piped = {
            let state = self.state.borrow();
            state.piped || !state.steps.is_empty()
        };
        let own = if piped { Making::python(source).at_call(interp, call).made(interp) } else { source };
        *self.own.borrow_mut() = Some(own.clone());
        own
    }

    /// The same with one more step.
    pub(crate) fn step(&self, name: &'static str, run: Arc<Run>) -> Rdd {
        let mut state = self.state.borrow().clone();
        if let Some(plan) = state.plan.take()
            && state.steps.len() > 8
        {
            state = State { base: plan, input: Input::Encoded(0), steps: Vec::new(), plan: None, ..state };
        }
        state.steps.push(Step { name, run });
        state.plan = None;
        state.by_key = state.by_key.filter(|_| KEEPS_KEYS.contains(&name));
        Rdd::of(state)
    }

    /// A step that makes one value of each.
    pub(crate) fn mapped(&self, name: &'static str, functions: Vec<Thaw>, each: PerItem) -> Rdd {
        self.step(
            name,
            Arc::new(move |interp, _, iterator| {
                let functions = thaw_all(interp, &functions)?;
                Ok(Value::iterator(
                    name,
                    FromFn(move |interp: &mut Interpreter| match interp.next(&iterator)? {
                        Some(value) => each(interp, &functions, value).map(Some),
                        None => Ok(None),
                    }),
                ))
            }),
        )
    }

    /// A step that makes any number of values of each: `each` gives an iterable.
    pub(crate) fn flat_mapped(&self, name: &'static str, functions: Vec<Thaw>, each: PerItem) -> Rdd {
        self.step(
            name,
            Arc::new(move |interp, _, iterator| {
                let functions = thaw_all(interp, &functions)?;
                let mut current: Option<Value> = None;
                Ok(Value::iterator(
                    name,
                    FromFn(move |interp: &mut Interpreter| {
                        loop {
                            if let Some(inner) = &current {
                                if let Some(value) = interp.next(inner)? {
                                    return Ok(Some(value));
                                }
                                current = None;
                            }
                            let Some(value) = interp.next(&iterator)? else { return Ok(None) };
                            let several = each(interp, &functions, value)?;
                            current = Some(interp.iter(&several)?);
                        }
                    }),
                ))
            }),
        )
    }

    /// A step over a partition's values together.
    pub(crate) fn whole(
        &self,
        name: &'static str,
        functions: Vec<Thaw>,
        run: impl Fn(&mut Interpreter, &[Value], usize, Vec<Value>) -> PyResult<Vec<Value>> + Send + Sync + 'static,
    ) -> Rdd {
        self.step(
            name,
            Arc::new(move |interp, partition, iterator| {
                let functions = thaw_all(interp, &functions)?;
                let items = interp.items(&iterator)?;
                Ok(Value::iter_over(run(interp, &functions, partition, items)?))
            }),
        )
    }

    fn chain_name(steps: &[Step]) -> String {
        let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
        if names.is_empty() { "rdd".to_owned() } else { names.join(" → ") }
    }

    fn node(&self, interp: &mut Interpreter, output: Output, schema: &StructType) -> PyResult<Arc<LogicalPlan>> {
        let state = self.state.borrow().clone();
        let identity = udf::fresh_identity(interp);
        let chain =
            Chain { name: Self::chain_name(&state.steps), input: state.input, steps: state.steps, output, identity };
        let function = Arc::new(chain);
        let output = LogicalPlan::unassigned(schema);
        let plan = analyze(interp, LogicalPlan::MapPartitions { function, output, input: state.base })?;
        if let Some(step) = state.told {
            interp.host()?.computes(&plan, step);
        }
        Ok(plan)
    }

    /// What the log calls it; what no call of an RDD has made has the step of its plan.
    fn told(&self, interp: &mut Interpreter) -> PyResult<Option<PlanStepId>> {
        let state = self.state.borrow().clone();
        Ok(match state.told {
            Some(step) => Some(step),
            None => interp.host()?.step_of(&state.base),
        })
    }

    /// Puts the call that made it into the log.
    fn tell(&self, interp: &mut Interpreter, does: &str, with: &str, inputs: Vec<PlanStepId>) -> PyResult<()> {
        let step = interp.host()?.step_made(does, with, inputs);
        self.state.borrow_mut().told = step;
        Ok(())
    }

    /// The plan whose rows are this RDD's encoded values.
    pub(crate) fn plan(&self, interp: &mut Interpreter) -> PyResult<Arc<LogicalPlan>> {
        let known = self.state.borrow().clone();
        if let Some(plan) = known.plan {
            return Ok(plan);
        }
        if known.steps.is_empty() && matches!(known.input, Input::Encoded(0)) {
            return Ok(known.base);
        }
        let plan = self.node(interp, Output::Encoded, &source::value_schema())?;
        self.state.borrow_mut().plan = Some(plan.clone());
        Ok(plan)
    }

    /// From now on the RDD starts from its own plan (when that is cached).
    pub(crate) fn settle(&self, interp: &mut Interpreter) -> PyResult<Arc<LogicalPlan>> {
        let plan = self.plan(interp)?;
        self.jvm(interp);
        self.restart(plan.clone());
        Ok(plan)
    }

    /// From now on the RDD starts from this plan of encoded values.
    pub(crate) fn restart(&self, plan: Arc<LogicalPlan>) {
        let mut state = self.state.borrow_mut();
        if let Some(own) = &*self.own.borrow() {
            state.source = Some(own.clone());
        }
        (state.base, state.input, state.plan, state.piped) = (plan, Input::Encoded(0), None, false);
        state.steps.clear();
    }

    /// How many partitions there are.
    pub(crate) fn partitions(&self, interp: &mut Interpreter) -> PyResult<usize> {
        // A chain keeps the partitions of what it starts from.
        let base = self.state.borrow().base.clone();
        Ok(interp.host()?.partitions(&base)?)
    }

    /// The values shuffled into `count` partitions.
    pub(crate) fn shuffled(&self, interp: &mut Interpreter, count: usize, place: Arc<Place>) -> PyResult<Rdd> {
        let schema = StructType::new(vec![
            StructField::new("partition", DataType::Integer, false),
            StructField::new("value", DataType::Binary, false),
        ]);
        let placed = self.node(interp, Output::Placed(place), &schema)?;
        let by = placed.output().into_iter().next().map_or(Expr::column("partition"), Expr::Attribute);
        let target = Repartitioning::Index { by, count };
        let plan = analyze(interp, LogicalPlan::Repartition { target, input: placed })?;
        let from = self.source(interp);
        let source = lineage::shuffled(interp, from, &plan);
        Ok(Rdd::over(plan, Input::Encoded(1)).standing_for(source))
    }

    /// Says that the values lie by the hashes of their keys.
    pub(crate) fn lying_by_key(self, count: usize) -> Rdd {
        self.state.borrow_mut().by_key = Some(count);
        self
    }

    /// See [`State::by_key`].
    pub(crate) fn by_key(&self) -> Option<usize> {
        self.state.borrow().by_key
    }

    /// All values.
    pub(crate) fn values(&self, interp: &mut Interpreter, action: &str) -> PyResult<Vec<Value>> {
        let plan = self.plan(interp)?;
        self.jvm_made_by(interp, (action == "collect").then_some(action));
        run(interp, &plan, action)
    }

    /// The first values.
    pub(crate) fn first_values(&self, interp: &mut Interpreter, count: usize, action: &str) -> PyResult<Vec<Value>> {
        let input = self.plan(interp)?;
        lineage::skipped(interp);
        let plan = analyze(interp, LogicalPlan::Limit { count, input })?;
        run(interp, &plan, action)
    }
}

fn run(interp: &mut Interpreter, plan: &Arc<LogicalPlan>, action: &str) -> PyResult<Vec<Value>> {
    let batches = interp.host()?.collect(plan, action)?;
    shared::merge(interp)?;
    let schema = plan.schema();
    let mut values = Vec::new();
    for batch in &batches {
        for at in 0..batch.num_rows() {
            if let Some(crate::logical::Scalar::Binary(bytes)) = super::convert::scalars_at(batch, at, &schema)?.first()
            {
                values.push(codec::decode(interp, bytes)?);
            }
        }
    }
    Ok(values)
}

fn thaw_all(interp: &mut Interpreter, functions: &[Thaw]) -> PyResult<Vec<Value>> {
    functions.iter().map(|thaw| thaw(interp)).collect()
}

/// The RDD of an argument.
pub(crate) fn argument(interp: &Interpreter, value: &Value) -> PyResult<Rc<Rdd>> {
    value.downcast_rc::<Rdd>().ok_or_else(|| {
        let class = interp.type_name(value);
        crate::pyspark::lang::attribute_error(format!("'{class}' object has no attribute '_jrdd'"))
    })
}

/// `rdd.toDF(…)`, `createDataFrame(rdd, …)`.
///
/// # Errors
/// What inference finds in the first rows.
pub fn to_frame(interp: &mut Interpreter, rdd: &Rdd, wanted: Wanted) -> PyResult {
    let (schema, single) = match wanted {
        Wanted::Schema(schema, single) => (schema, single),
        Wanted::Inferred => (inferred(interp, rdd, None)?, false),
        Wanted::Names(names) => (inferred(interp, rdd, Some(&names))?, false),
    };
    let output = Output::Typed(Arc::new(schema.clone()), single);
    let plan = rdd.node(interp, output, &schema)?;
    let inputs = rdd.told(interp)?.into_iter().collect();
    let host = interp.host()?;
    if let Some(step) = host.step_made("toDF", "", inputs) {
        host.computes(&plan, step);
    }
    Ok(super::dataframe::frame_of(interp.host()?, plan))
}

fn inferred(interp: &mut Interpreter, rdd: &Rdd, names: Option<&[String]>) -> PyResult<StructType> {
    let first = rdd.first_values(interp, 1, "runJob")?;
    if first.is_empty() {
        return Err(Raised::named("ValueError", "RDD is empty"));
    }
    if let Ok(schema) = infer::schema(interp, &first, names) {
        return Ok(schema);
    }
    let more = rdd.first_values(interp, 100, "runJob")?;
    infer::schema(interp, &more, names)
}

impl Object for Rdd {
    fn type_name(&self) -> &'static str {
        let state = self.state.borrow();
        if state.steps.is_empty() && !state.piped { "RDD" } else { "PipelinedRDD" }
    }

    fn methods(&self) -> &'static [&'static str] {
        METHODS
    }

    fn get_attr(&self, interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "is_checkpointed" => Some(Value::Bool(self.checkpoint.borrow().is_called)),
            "context" | "ctx" => Some(super::context::context(interp)),
            "partitioner" => Some(self.by_key().map_or(Value::None, |count| Value::object(Partitioner(count)))),
            "is_cached" => {
                let plan = self.plan(interp)?;
                Some(Value::Bool(interp.host()?.storage_level(&plan).is_some()))
            }
            _ => None,
        })
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        let (known, method) = TABLES.iter().flat_map(|table| table.iter()).find(|(known, _)| *known == name)?;
        lineage::calls(interp, known);
        let others: Vec<Rc<Rdd>> = args.positional.iter().filter_map(Value::downcast_rc::<Rdd>).collect();
        let is_action = actions::METHODS.iter().chain(stats::METHODS).any(|(action, _)| action == known);
        Some(method(interp, this, self, args).and_then(|made| {
            self.checkpoint.borrow_mut().has_run |= is_action;
            if let Some(rdd) = made.downcast::<Rdd>().filter(|rdd| !std::ptr::eq(*rdd, self)) {
                let inputs = std::iter::once(self).chain(others.iter().map(Rc::as_ref));
                let inputs: Vec<Option<PlanStepId>> =
                    inputs.map(|input| input.told(interp)).collect::<PyResult<_>>()?;
                rdd.tell(interp, name, "", inputs.into_iter().flatten().collect())?;
            }
            Ok(made)
        }))
    }

    fn binary(
        &self,
        interp: &mut Interpreter,
        this: &Value,
        op: crate::pyspark::lang::BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> PyResult<Option<Value>> {
        if op != crate::pyspark::lang::BinaryOp::Add || reflected || other.downcast::<Rdd>().is_none() {
            return Ok(None);
        }
        interp.call_method(this, "union", Args::of(vec![other.clone()])).map(Some)
    }

    fn iter(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<Value>> {
        Err(crate::pyspark::lang::type_error("'RDD' object is not iterable")
            .with_help("use collect() or toLocalIterator()"))
    }

    fn repr(&self, interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let own = self.jvm(interp);
        Ok(own.text(self.name.borrow().as_deref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_method_is_in_a_table() {
        let mut found: Vec<&str> = TABLES.iter().flat_map(|table| table.iter()).map(|(name, _)| *name).collect();
        found.sort_unstable();
        let mut listed = METHODS.to_vec();
        listed.sort_unstable();
        assert_eq!(found, listed);
    }
}
