//! `StorageLevel`: where a cache is kept.

use crate::pyspark::lang::class::Class;
use crate::pyspark::lang::{Args, CompareOp, Interpreter, Module, Object, PyResult, Value};
use std::rc::Rc;

/// A storage level: disk, memory, off-heap, deserialized, replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageLevel {
    disk: bool,
    memory: bool,
    off_heap: bool,
    deserialized: bool,
    replication: i64,
}

#[expect(clippy::fn_params_excessive_bools, reason = "the order of PySpark's StorageLevel")]
const fn level(disk: bool, memory: bool, off_heap: bool, deserialized: bool, replication: i64) -> StorageLevel {
    StorageLevel { disk, memory, off_heap, deserialized, replication }
}

const LEVELS: &[(&str, StorageLevel)] = &[
    ("NONE", level(false, false, false, false, 1)),
    ("DISK_ONLY", level(true, false, false, false, 1)),
    ("DISK_ONLY_2", level(true, false, false, false, 2)),
    ("DISK_ONLY_3", level(true, false, false, false, 3)),
    ("MEMORY_ONLY", level(false, true, false, false, 1)),
    ("MEMORY_ONLY_2", level(false, true, false, false, 2)),
    ("MEMORY_AND_DISK", level(true, true, false, false, 1)),
    ("MEMORY_AND_DISK_2", level(true, true, false, false, 2)),
    ("OFF_HEAP", level(true, true, true, false, 1)),
    ("MEMORY_AND_DISK_DESER", level(true, true, false, true, 1)),
    ("MEMORY_AND_DISK_SER", level(true, true, false, false, 1)),
    ("MEMORY_ONLY_SER", level(false, true, false, false, 1)),
    ("MEMORY_ONLY_SER_2", level(false, true, false, false, 2)),
];

/// The level of a name.
#[must_use]
pub fn value(name: &str) -> Value {
    let found = LEVELS.iter().find(|(known, _)| *known == name).map_or(LEVELS[0].1, |(_, level)| *level);
    Value::object(found)
}

/// The name of a level.
#[must_use]
pub fn name_of(value: &Value) -> Option<String> {
    let own = value.downcast::<StorageLevel>()?;
    Some(LEVELS.iter().find(|(_, level)| level == own).map_or("MEMORY_AND_DISK", |(name, _)| *name).to_owned())
}

/// The module `pyspark.storagelevel`.
pub fn module(interp: &mut Interpreter) -> Module {
    let mut class = Class::native("StorageLevel", "pyspark.storagelevel", None).with_construct(construct);
    for (name, level) in LEVELS {
        class = class.with(name, Value::object(*level));
    }
    let class = interp.register_class(class);
    Module::new("pyspark.storagelevel").with("StorageLevel", Value::Class(class))
}

fn construct(_interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    let [disk, memory, off_heap, deserialized, replication] =
        args.bind("StorageLevel", ["useDisk", "useMemory", "useOffHeap", "deserialized", "replication"], 4)?;
    let flag = |value: Option<Value>| value.is_some_and(|value| value.as_bool() == Some(true));
    Ok(Value::object(level(
        flag(disk),
        flag(memory),
        flag(off_heap),
        flag(deserialized),
        replication.and_then(|value| value.as_int()).unwrap_or(1),
    )))
}

impl Object for StorageLevel {
    fn type_name(&self) -> &'static str {
        "StorageLevel"
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(Some(match name {
            "useDisk" => Value::Bool(self.disk),
            "useMemory" => Value::Bool(self.memory),
            "useOffHeap" => Value::Bool(self.off_heap),
            "deserialized" => Value::Bool(self.deserialized),
            "replication" => Value::Int(self.replication),
            _ => return Ok(None),
        }))
    }

    fn compare(
        &self,
        _interp: &mut Interpreter,
        _this: &Value,
        op: CompareOp,
        other: &Value,
    ) -> PyResult<Option<Value>> {
        let same = other.downcast::<StorageLevel>() == Some(self);
        Ok(op.of_equality(same))
    }

    fn repr(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let truth = |flag: bool| if flag { "True" } else { "False" };
        Ok(format!(
            "StorageLevel({}, {}, {}, {}, {})",
            truth(self.disk),
            truth(self.memory),
            truth(self.off_heap),
            truth(self.deserialized),
            self.replication
        ))
    }

    fn str(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let mut text = String::new();
        for (flag, word) in [(self.disk, "Disk "), (self.memory, "Memory "), (self.off_heap, "OffHeap ")] {
            if flag {
                text.push_str(word);
            }
        }
        text.push_str(if self.deserialized { "Deserialized " } else { "Serialized " });
        Ok(format!("{text}{}x Replicated", self.replication))
    }
}
