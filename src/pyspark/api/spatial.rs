//! `Geography` and `Geometry`: shapes as Python objects, and their types.

use super::support::raise;
use crate::common::ErrorClass;
use crate::logical::spatial;
use crate::logical::types::{DataType, SpatialKind};
use crate::pyspark::lang::class::Class;
use crate::pyspark::lang::freeze::{Freezer, Thaw};
use crate::pyspark::lang::{Args, CompareOp, Interpreter, Object, PyResult, Value, type_error};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// A shape in well-known binary, as the script gave it. That of a row comes as a `bytearray`.
struct Shape {
    kind: SpatialKind,
    srid: i32,
    bytes: Vec<u8>,
    of_row: bool,
}

/// The Python class of a kind.
#[must_use]
pub fn class_name(kind: SpatialKind) -> &'static str {
    match kind {
        SpatialKind::Geography => "Geography",
        SpatialKind::Geometry => "Geometry",
    }
}

/// The class, with its `fromWKB`.
pub fn class(interp: &mut Interpreter, kind: SpatialKind) -> Value {
    let make = move |interp: &mut Interpreter, args: Args| {
        let [wkb, srid] = args.bind("fromWKB", ["wkb", "srid"], 2)?;
        let bytes = match wkb {
            Some(Value::Bytes(bytes)) => bytes.to_vec(),
            Some(Value::ByteArray(bytes)) => bytes.borrow().clone(),
            other => {
                let given = interp.type_name(&other.unwrap_or(Value::None));
                return Err(type_error(format!("a shape is made of bytes, not of '{given}'")));
            }
        };
        let srid = srid.and_then(|srid| srid.as_int()).and_then(|srid| i32::try_from(srid).ok()).unwrap_or(0);
        Ok(Value::object(Shape { kind, srid, bytes, of_row: false }))
    };
    let class =
        Class::native(class_name(kind), "pyspark.sql.types", None).with("fromWKB", Value::builtin("fromWKB", make));
    Value::Class(interp.register_class(class))
}

/// `GeometryType(srid)`, `GeographyType("ANY")`.
///
/// # Errors
/// `ST_INVALID_SRID_VALUE`.
pub fn data_type(interp: &mut Interpreter, kind: SpatialKind, args: Args) -> PyResult<DataType> {
    let [srid] = args.bind("__init__", ["srid"], 1)?;
    let srid = srid.unwrap_or(Value::None);
    if srid.as_str().is_some_and(|word| word.eq_ignore_ascii_case("any")) {
        return Ok(DataType::Spatial(kind, None));
    }
    let number = srid.as_int().and_then(|number| i32::try_from(number).ok());
    match number.filter(|number| spatial::is_known(kind, *number)) {
        Some(number) => Ok(DataType::Spatial(kind, Some(number))),
        None => {
            let given = interp.str(&srid)?;
            Err(raise(
                ErrorClass::IllegalArgumentException,
                "ST_INVALID_SRID_VALUE",
                format!("there is no reference system with the number {given}"),
            ))
        }
    }
}

/// The object for a value of a row.
#[must_use]
pub fn of_row(kind: SpatialKind, bytes: &[u8]) -> Value {
    let (srid, shape) = spatial::parts(bytes);
    Value::object(Shape { kind, srid, bytes: shape.to_vec(), of_row: true })
}

/// The value of a row for an object of the kind.
#[must_use]
pub fn packed(value: &Value, kind: SpatialKind) -> Option<Vec<u8>> {
    let shape = value.downcast::<Shape>()?;
    (shape.kind == kind).then(|| spatial::packed(shape.srid, &shape.bytes))
}

/// The type of an object, if it is a shape.
#[must_use]
pub fn type_of(value: &Value) -> Option<DataType> {
    value.downcast::<Shape>().map(|shape| DataType::Spatial(shape.kind, Some(shape.srid)))
}

impl Shape {
    fn bytes(&self) -> Value {
        if self.of_row {
            Value::ByteArray(Rc::new(RefCell::new(self.bytes.clone())))
        } else {
            Value::Bytes(Rc::from(self.bytes.as_slice()))
        }
    }
}

impl Object for Shape {
    fn type_name(&self) -> &'static str {
        class_name(self.kind)
    }

    fn methods(&self) -> &'static [&'static str] {
        &["getBytes", "getSrid"]
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "wkb" => Some(self.bytes()),
            "srid" => Some(Value::Int(i64::from(self.srid))),
            _ => None,
        })
    }

    fn call_method(&self, _interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        let value = match name {
            "getBytes" => self.bytes(),
            "getSrid" => Value::Int(i64::from(self.srid)),
            _ => return None,
        };
        Some(args.nothing(name).map(|()| value))
    }

    fn compare(
        &self,
        _interp: &mut Interpreter,
        _this: &Value,
        op: CompareOp,
        other: &Value,
    ) -> PyResult<Option<Value>> {
        let Some(other) = other.downcast::<Shape>() else { return Ok(None) };
        let same = self.kind == other.kind && self.srid == other.srid && self.bytes == other.bytes;
        Ok(op.of_equality(same))
    }

    fn repr(&self, interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let bytes = interp.repr(&self.bytes())?;
        Ok(format!("{}({bytes}, {})", class_name(self.kind), self.srid))
    }

    fn freeze(&self, _interp: &mut Interpreter, _this: &Value, _freezer: &mut Freezer) -> PyResult<Option<Thaw>> {
        let (kind, srid, bytes, of_row) = (self.kind, self.srid, self.bytes.clone(), self.of_row);
        Ok(Some(Arc::new(move |_| Ok(Value::object(Shape { kind, srid, bytes: bytes.clone(), of_row })))))
    }
}
