//! `VariantVal`: a variant as a Python object.
//!
//! **Simplified:** instants are shown in UTC whatever zone `toJson` names, and are plain datetimes in `toPython`.

use super::pytime;
use super::support::raise;
use crate::common::ErrorClass;
use crate::logical::functions::calendar::Zone;
use crate::logical::variant::{Variant, Zoned, parse_json};
use crate::pyspark::lang::class::Class;
use crate::pyspark::lang::freeze::{Freezer, Thaw};
use crate::pyspark::lang::modules::json::write_text;
use crate::pyspark::lang::{Args, Dict, Interpreter, Object, PyResult, Value, repr, type_error};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// A variant's bytes: metadata, then value. Those of rows come as `bytearray`s.
#[derive(Debug, Clone, PartialEq)]
pub struct VariantVal {
    pub bytes: Vec<u8>,
    of_row: bool,
}

/// The object for a value of a row.
#[must_use]
pub fn of_row(bytes: &[u8]) -> Value {
    Value::object(VariantVal { bytes: bytes.to_vec(), of_row: true })
}

/// The class.
pub fn class(interp: &mut Interpreter) -> Value {
    let object = interp.class_named("object");
    let class = Class::native("VariantVal", "pyspark.sql.types", object.as_ref())
        .with_construct(construct)
        .with("parseJson", Value::builtin("parseJson", parse));
    Value::Class(interp.register_class(class))
}

fn construct(interp: &mut Interpreter, _: &Rc<Class>, args: Args) -> PyResult {
    let [value, metadata] = args.bind("VariantVal.__init__", ["value", "metadata"], 2)?;
    let mut bytes = part(interp, metadata)?;
    bytes.append(&mut part(interp, value)?);
    Ok(Value::object(VariantVal { bytes, of_row: false }))
}

fn part(interp: &mut Interpreter, value: Option<Value>) -> PyResult<Vec<u8>> {
    match value {
        Some(Value::Bytes(bytes)) => Ok(bytes.to_vec()),
        Some(Value::ByteArray(bytes)) => Ok(bytes.borrow().clone()),
        other => {
            let kind = interp.type_name(&other.unwrap_or(Value::None));
            Err(type_error(format!("a variant is made of bytes, not of '{kind}'")))
        }
    }
}

fn parse(interp: &mut Interpreter, args: Args) -> PyResult {
    let given = args.only("parseJson", "json_str")?;
    let Some(text) = given.as_str() else {
        let kind = interp.type_name(&given);
        return Err(type_error(format!("the JSON object must be str, bytes or bytearray, not {kind}")));
    };
    match parse_json(text) {
        Ok(value) => Ok(Value::object(VariantVal { bytes: value.write(), of_row: false })),
        Err(_) => {
            Err(raise(ErrorClass::PySparkValueError, "MALFORMED_VARIANT", "Variant binary is malformed.".to_owned()))
        }
    }
}

fn tree(own: &VariantVal) -> PyResult<Variant> {
    Ok(Variant::read(&own.bytes)?)
}

fn to_python(interp: &mut Interpreter, value: &Variant) -> PyResult {
    Ok(match value {
        Variant::Null => Value::None,
        Variant::Boolean(value) => Value::Bool(*value),
        Variant::Whole(value) => Value::Int(*value),
        Variant::Float(value) => Value::Float(f64::from(*value)),
        Variant::Double(value) => Value::Float(*value),
        Variant::Decimal(value, scale) => pytime::make_decimal(interp, *value, *scale as i8)?,
        Variant::Text(value) => Value::str(value),
        Variant::Binary(value) => Value::Bytes(Rc::from(value.as_slice())),
        Variant::Date(days) => pytime::make_date(interp, *days)?,
        Variant::Timestamp(micros) | Variant::TimestampNtz(micros) => pytime::make_datetime(interp, *micros)?,
        Variant::Array(items) => {
            Value::list(items.iter().map(|item| to_python(interp, item)).collect::<PyResult<_>>()?)
        }
        Variant::Object(fields) => {
            let mut dict = Dict::new();
            for (name, item) in fields {
                let item = to_python(interp, item)?;
                dict.set(interp, Value::str(name), item)?;
            }
            Value::dict(dict)
        }
    })
}

fn to_json(interp: &mut Interpreter, out: &mut String, value: &Variant) -> PyResult<()> {
    match value {
        Variant::Text(text) => write_text(text, true, out),
        Variant::Float(_) | Variant::Double(_) | Variant::Decimal(..) => {
            let number = to_python(interp, value)?;
            out.push_str(&interp.str(&number)?);
        }
        Variant::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                to_json(interp, out, item)?;
            }
            out.push(']');
        }
        Variant::Object(fields) => {
            out.push('{');
            for (i, (name, item)) in fields.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                write_text(name, true, out);
                out.push(':');
                to_json(interp, out, item)?;
            }
            out.push('}');
        }
        other => out.push_str(&Zoned { zone: Zone::UTC }.json(other)),
    }
    Ok(())
}

impl Object for VariantVal {
    fn type_name(&self) -> &'static str {
        "VariantVal"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["toPython", "toJson"]
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let (metadata, value) = Variant::split(&self.bytes)?;
        let part = match name {
            "value" => value,
            "metadata" => metadata,
            _ => return Ok(None),
        };
        Ok(Some(if self.of_row {
            Value::ByteArray(Rc::new(RefCell::new(part.to_vec())))
        } else {
            Value::Bytes(Rc::from(part))
        }))
    }

    fn call_method(&self, interp: &mut Interpreter, this: &Value, name: &str, args: Args) -> Option<PyResult> {
        Some(match name {
            "toPython" => args.nothing(name).and_then(|()| tree(self)).and_then(|tree| to_python(interp, &tree)),
            "toJson" => self.str(interp, this).map(Value::from),
            _ => return None,
        })
    }

    fn freeze(&self, _: &mut Interpreter, _: &Value, _: &mut Freezer) -> PyResult<Option<Thaw>> {
        let own = self.clone();
        Ok(Some(Arc::new(move |_| Ok(Value::object(own.clone())))))
    }

    fn repr(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let (metadata, value) = Variant::split(&self.bytes)?;
        let shown = |part| if self.of_row { format!("bytearray({})", repr::bytes(part)) } else { repr::bytes(part) };
        Ok(format!("VariantVal({}, {})", shown(value), shown(metadata)))
    }

    fn str(&self, interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let mut out = String::new();
        to_json(interp, &mut out, &tree(self)?)?;
        Ok(out)
    }
}
