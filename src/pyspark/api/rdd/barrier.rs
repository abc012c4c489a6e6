//! `rdd.barrier()`: stages whose tasks all run at once.
//!
//! **Simplified:** a partition here never waits for another, so the stage is an ordinary one.

use super::Method;
use crate::pyspark::lang::{Args, Interpreter, Object, PyResult, Value};

pub(super) const METHODS: &[(&str, Method)] =
    &[("barrier", |_, this, _, _| Ok(Value::object(Barrier { rdd: this.clone() })))];

/// What `barrier` gives.
struct Barrier {
    rdd: Value,
}

impl Object for Barrier {
    fn type_name(&self) -> &'static str {
        "RDDBarrier"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["mapPartitions", "mapPartitionsWithIndex"]
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        self.methods().contains(&name).then(|| interp.call_method(&self.rdd, name, args))
    }
}
