//! The RDDs that stand behind a script's on the JVM: what `print(rdd)`, `id()` and `toDebugString()` show.
//!
//! ```text
//!   parallelize   ParallelCollectionRDD             one number each, in the order in which they come into being;
//!   map, filter   PythonRDD, when it is first run   a chain of narrow steps is one
//!   reduceByKey   PythonRDD ◄ PairwiseRDD ◄═ ShuffledRDD ◄ MapPartitionsRDD
//! ```
//!
//! **Simplified:** numbers that queries over frames, samples of a sort and joins take on real Spark are not counted.

use crate::logical::plan::LogicalPlan;
use crate::pyspark::lang::{Interpreter, PyResult};
use std::rc::Rc;
use std::sync::Arc;

/// One RDD of the JVM.
pub(super) struct JvmRdd {
    pub id: u64,
    kind: &'static str,
    at: String,
    name: Option<String>,
    parents: Vec<Rc<JvmRdd>>,
    /// Whether the parents' values are shuffled.
    shuffles: bool,
    /// Whose partitions it has; absent: its first parent's.
    partitions: Option<Arc<LogicalPlan>>,
}

#[derive(Default)]
struct Numbers {
    next: u64,
    /// The call of the script that is being made.
    call: &'static str,
}

/// The place in Spark's sources that most calls from Python seem to come from.
const FROM_PYTHON: &str = "NativeMethodAccessorImpl.java:0";

/// What an RDD is made of.
pub(super) struct Making {
    pub kind: &'static str,
    pub at: String,
    pub parents: Vec<Rc<JvmRdd>>,
    pub partitions: Option<Arc<LogicalPlan>>,
}

impl Making {
    /// An RDD that a call from Python made directly.
    pub(super) fn called(kind: &'static str, call: &str, parents: Vec<Rc<JvmRdd>>) -> Making {
        Making { kind, at: format!("{call} at {FROM_PYTHON}"), parents, partitions: None }
    }

    /// What a chain of Python functions runs in.
    pub(super) fn python(parent: Rc<JvmRdd>) -> Making {
        Making {
            kind: "PythonRDD",
            at: "RDD at PythonRDD.scala:59".to_owned(),
            parents: vec![parent],
            partitions: None,
        }
    }

    /// Says that this call of the script made it.
    pub(super) fn at_call(self, interp: &mut Interpreter, call: Option<&str>) -> Making {
        match call {
            Some(call) => Making { at: format!("{call} at {}", interp.call_site()), ..self },
            None => self,
        }
    }

    pub(super) fn over(self, plan: &Arc<LogicalPlan>) -> Making {
        Making { partitions: Some(plan.clone()), ..self }
    }

    /// Gives it its number.
    pub(super) fn made(self, interp: &mut Interpreter) -> Rc<JvmRdd> {
        Rc::new(self.numbered(interp, None, false))
    }

    pub(super) fn made_with_name(self, interp: &mut Interpreter, name: &str) -> Rc<JvmRdd> {
        Rc::new(self.numbered(interp, Some(name.to_owned()), false))
    }

    fn numbered(self, interp: &mut Interpreter, name: Option<String>, shuffles: bool) -> JvmRdd {
        let Making { kind, at, parents, partitions } = self;
        JvmRdd { id: skipped(interp), kind, at, name, parents, shuffles, partitions }
    }
}

/// Takes a number, as a run of a job over a part of an RDD does.
pub(super) fn skipped(interp: &mut Interpreter) -> u64 {
    let numbers = interp.extension::<Numbers>();
    numbers.next += 1;
    numbers.next - 1
}

/// Remembers the call of the script for the RDDs that it makes.
pub(super) fn calls(interp: &mut Interpreter, name: &'static str) {
    interp.extension::<Numbers>().call = name;
}

/// What `partitionBy` makes of the values of `from`; `plan` has the new partitions.
pub(super) fn shuffled(interp: &mut Interpreter, from: Rc<JvmRdd>, plan: &Arc<LogicalPlan>) -> Rc<JvmRdd> {
    let call = interp.extension::<Numbers>().call;
    let at = format!("{call} at {}", interp.call_site());
    let of = |kind, parent| Making { kind, at: at.clone(), parents: vec![parent], partitions: None };
    let keyed = of("PythonRDD", from).made(interp);
    let pairs = of("PairwiseRDD", keyed).made(interp);
    let moved = Making::called("ShuffledRDD", "partitionBy", vec![pairs]).over(plan);
    let moved = Rc::new(moved.numbered(interp, None, true));
    let at = "mapPartitions at PythonRDD.scala:197".to_owned();
    Making { kind: "MapPartitionsRDD", at, parents: vec![moved], partitions: None }.made(interp)
}

/// What `repartition` makes of the values of `from`; `plan` has the new partitions.
pub(super) fn rearranged(interp: &mut Interpreter, from: Rc<JvmRdd>, plan: &Arc<LogicalPlan>) -> Rc<JvmRdd> {
    let packed = Making::python(from).made(interp);
    let spread = Making::called("MapPartitionsRDD", "coalesce", vec![packed]).made(interp);
    let moved = Making::called("ShuffledRDD", "coalesce", vec![spread]).over(plan);
    let moved = Rc::new(moved.numbered(interp, None, true));
    let joined = Making::called("CoalescedRDD", "coalesce", vec![moved]).made(interp);
    Making::called("MapPartitionsRDD", "coalesce", vec![joined]).made(interp)
}

impl JvmRdd {
    /// `name Kind[3] at call at place`; `name` as the script set it.
    pub(super) fn text(&self, name: Option<&str>) -> String {
        let name = name.or(self.name.as_deref()).map_or_else(String::new, |name| format!("{name} "));
        format!("{name}{}[{}] at {}", self.kind, self.id, self.at)
    }

    fn partitions(&self, interp: &mut Interpreter) -> PyResult<usize> {
        match (&self.partitions, self.parents.first()) {
            (Some(plan), _) => Ok(interp.host()?.partitions(plan)?),
            (None, Some(parent)) => parent.partitions(interp),
            (None, None) => Ok(0),
        }
    }

    /// The tree as `toDebugString` writes it; `first` is the text of this RDD.
    pub(super) fn tree(&self, interp: &mut Interpreter, first: &str) -> PyResult<String> {
        let count = format!("({})", self.partitions(interp)?);
        let mut lines = vec![format!("{count} {first}")];
        self.below(interp, &format!("{} ", bar(&count)), &mut lines)?;
        Ok(lines.join("\n"))
    }

    fn below(&self, interp: &mut Interpreter, prefix: &str, lines: &mut Vec<String>) -> PyResult<()> {
        let last = self.parents.len().saturating_sub(1);
        for (i, parent) in self.parents.iter().enumerate() {
            let text = format!("{} []", parent.text(None));
            if !self.shuffles {
                lines.push(format!("{prefix}{text}"));
                parent.below(interp, prefix, lines)?;
                continue;
            }
            let count = format!("({})", parent.partitions(interp)?);
            let own = prefix.trim_end().strip_suffix('|').unwrap_or(prefix);
            lines.push(format!("{own}+-{count} {text}"));
            let next = format!("{own}{}{} ", if i == last { "  " } else { "| " }, bar(&count));
            parent.below(interp, &next, lines)?;
        }
        Ok(())
    }
}

/// A bar under the middle of `(12)`.
fn bar(count: &str) -> String {
    let left = (count.len() - 1) / 2;
    format!("{}|{}", " ".repeat(left), " ".repeat(count.len() - left - 1))
}
