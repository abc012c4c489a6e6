//! `Row`: a tuple whose places have names.

use super::support::raise;
use crate::common::ErrorClass;
use crate::pyspark::lang::class::Class;
use crate::pyspark::lang::freeze::{Freezer, Thaw};
use crate::pyspark::lang::{
    Args, BinaryOp, CompareOp, Dict, Interpreter, Object, PyResult, Raised, Value, index_error, key_error, type_error,
};
use std::rc::Rc;
use std::sync::Arc;

/// A row. Without names it is what `Row("x", "y")` makes: values, or the names that calling it will give.
pub struct Row {
    pub names: Option<Arc<[String]>>,
    pub values: Rc<[Value]>,
}

impl Row {
    /// A row with names.
    #[must_use]
    pub fn named(names: Arc<[String]>, values: Vec<Value>) -> Row {
        Row { names: Some(names), values: Rc::from(values) }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.names.as_ref()?.iter().position(|known| known == name)
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(self.position(name)?)
    }

    fn as_tuple(&self) -> Value {
        Value::Tuple(self.values.clone())
    }

    fn as_dict(&self, interp: &mut Interpreter, recursive: bool) -> PyResult {
        let Some(names) = &self.names else {
            return Err(raise(
                ErrorClass::PySparkTypeError,
                "CANNOT_CONVERT_TYPE",
                "Cannot convert Row class into dict.",
            ));
        };
        let mut dict = Dict::new();
        for (name, value) in names.iter().zip(self.values.iter()) {
            let value = if recursive { plain(interp, value)? } else { value.clone() };
            dict.set_str(name, value);
        }
        Ok(Value::dict(dict))
    }

    fn call_factory(&self, interp: &mut Interpreter, args: Args) -> PyResult {
        let names: Vec<String> = self.values.iter().map(|name| interp.str(name)).collect::<PyResult<_>>()?;
        if args.positional.len() > names.len() {
            return Err(raise(
                ErrorClass::PySparkValueError,
                "TOO_MANY_VALUES",
                format!("Expected {} values for `fields`, got {}.", names.len(), args.positional.len()),
            ));
        }
        Ok(Value::object(Row::named(names.into(), args.positional)))
    }
}

/// Rows inside become dicts.
fn plain(interp: &mut Interpreter, value: &Value) -> PyResult {
    if let Some(row) = value.downcast::<Row>() {
        return row.as_dict(interp, true);
    }
    Ok(match value {
        Value::List(items) => {
            let items = items.borrow().clone();
            Value::list(items.iter().map(|item| plain(interp, item)).collect::<PyResult<_>>()?)
        }
        Value::Dict(dict) => {
            let pairs: Vec<_> = dict.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            let mut copy = Dict::new();
            for (key, item) in pairs {
                let item = plain(interp, &item)?;
                copy.set(interp, key, item)?;
            }
            Value::dict(copy)
        }
        other => other.clone(),
    })
}

/// `Row(…)`.
///
/// # Errors
/// `CANNOT_SET_TOGETHER`.
pub fn construct(_interp: &mut Interpreter, _class: &Rc<Class>, args: Args) -> PyResult {
    if !args.positional.is_empty() && !args.keyword.is_empty() {
        return Err(raise(
            ErrorClass::PySparkValueError,
            "CANNOT_SET_TOGETHER",
            "args and kwargs should not be set together.",
        ));
    }
    if args.keyword.is_empty() {
        return Ok(Value::object(Row { names: None, values: Rc::from(args.positional) }));
    }
    let names: Arc<[String]> = args.keyword.iter().map(|(name, _)| name.to_string()).collect();
    Ok(Value::object(Row::named(names, args.keyword.into_iter().map(|(_, value)| value).collect())))
}

const METHODS: &[&str] = &["asDict", "count", "index"];

impl Object for Row {
    fn type_name(&self) -> &'static str {
        "Row"
    }

    fn methods(&self) -> &'static [&'static str] {
        METHODS
    }

    fn attribute_names(&self) -> Vec<String> {
        self.names.as_ref().map_or_else(Vec::new, |names| names.to_vec())
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        if name == "__fields__" {
            return Ok(self.names.as_ref().map(|names| Value::strings(names.iter())));
        }
        // A column named like a method of `tuple` is reached by the method, as in Python.
        Ok(if METHODS.contains(&name) { None } else { self.get(name).cloned() })
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        Some(match name {
            "asDict" => args.bind("Row.asDict", ["recursive"], 0).and_then(|[recursive]| {
                let recursive = recursive.map_or(Ok(false), |flag| interp.truth(&flag))?;
                self.as_dict(interp, recursive)
            }),
            "count" | "index" => interp.call_method(&self.as_tuple(), name, args),
            _ => return None,
        })
    }

    fn missing_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> Option<Raised> {
        Some(raise(
            ErrorClass::PySparkAttributeError,
            "ATTRIBUTE_NOT_SUPPORTED",
            format!("Attribute `{name}` is not supported."),
        ))
    }

    fn set_attr(&self, _interp: &mut Interpreter, _this: &Value, _name: &str, _value: Value) -> PyResult<bool> {
        Err(raise(ErrorClass::PySparkRuntimeError, "READ_ONLY", "Row is read-only."))
    }

    fn call(&self, interp: &mut Interpreter, _this: &Value, args: Args) -> Option<PyResult> {
        Some(self.call_factory(interp, args))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn binary(
        &self,
        interp: &mut Interpreter,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> PyResult<Option<Value>> {
        let own = self.as_tuple();
        let other = other.downcast::<Row>().map_or_else(|| other.clone(), Row::as_tuple);
        let (left, right) = if reflected { (other, own) } else { (own, other) };
        interp.binary(op, &left, &right).map(Some)
    }

    fn compare(
        &self,
        interp: &mut Interpreter,
        _this: &Value,
        op: CompareOp,
        other: &Value,
    ) -> PyResult<Option<Value>> {
        let other = match other.downcast::<Row>() {
            Some(row) => row.as_tuple(),
            None if matches!(other.native(), Value::Tuple(_)) => other.native().clone(),
            None => return Ok(None),
        };
        interp.compare(op, &self.as_tuple(), &other).map(Some)
    }

    fn get_item(&self, interp: &mut Interpreter, _this: &Value, key: &Value) -> PyResult<Option<Value>> {
        if let Some(name) = key.as_str() {
            return match self.get(name) {
                Some(value) => Ok(Some(value.clone())),
                None if self.names.is_none() => Err(key_error(key)),
                None => Err(crate::common::SparkError::new(ErrorClass::PySparkValueError, name).into()),
            };
        }
        if let Some(index) = key.as_int() {
            let length = self.values.len() as i64;
            let at = if index < 0 { index + length } else { index };
            return usize::try_from(at)
                .ok()
                .and_then(|at| self.values.get(at))
                .map(|value| Some(value.clone()))
                .ok_or_else(|| index_error("tuple index out of range"));
        }
        if matches!(key, Value::Slice(_)) {
            return interp.get_item(&self.as_tuple(), key).map(Some);
        }
        Err(type_error("tuple indices must be integers or slices"))
    }

    fn len(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<usize>> {
        Ok(Some(self.values.len()))
    }

    fn iter(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<Value>> {
        Ok(Some(Value::iter_over(self.values.to_vec())))
    }

    fn contains(&self, interp: &mut Interpreter, _this: &Value, item: &Value) -> PyResult<Option<bool>> {
        if let (Some(names), Some(name)) = (&self.names, item.as_str()) {
            return Ok(Some(names.iter().any(|known| known == name)));
        }
        for value in self.values.iter() {
            if interp.equals(value, item)? {
                return Ok(Some(true));
            }
        }
        Ok(Some(false))
    }

    fn repr(&self, interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let texts: Vec<String> = self.values.iter().map(|value| interp.repr(value)).collect::<PyResult<_>>()?;
        Ok(match &self.names {
            Some(names) => {
                let parts: Vec<String> =
                    names.iter().zip(&texts).map(|(name, text)| format!("{name}={text}")).collect();
                format!("Row({})", parts.join(", "))
            }
            None => format!("<Row({})>", texts.join(", ")),
        })
    }

    fn hash(&self, interp: &mut Interpreter, _this: &Value) -> PyResult<i64> {
        crate::pyspark::lang::hash::hash_of(interp, &self.as_tuple())
    }

    fn freeze(&self, interp: &mut Interpreter, _this: &Value, freezer: &mut Freezer) -> PyResult<Option<Thaw>> {
        let names = self.names.clone();
        let values = freezer.freeze(interp, &self.as_tuple())?;
        Ok(Some(Arc::new(move |interp: &mut Interpreter| {
            let items = values(interp)?.as_items().unwrap_or_default();
            Ok(Value::object(Row { names: names.clone(), values: Rc::from(items) }))
        })))
    }
}
