//! Python values as bytes, for the rows of RDDs: one tag byte, then the value; lengths are 32-bit, little-endian.
//!
//! **Simplified:** objects of classes written in the script do not travel between partitions; their parts do.

use crate::common::ErrorClass;
use crate::pyspark::api::pytime;
use crate::pyspark::api::row::Row;
use crate::pyspark::api::support::raise;
use crate::pyspark::lang::modules::collections;
use crate::pyspark::lang::{Dict, Interpreter, PyResult, Raised, Set, Value, value_error};
use num_bigint::BigInt;
use std::rc::Rc;

/// The bytes of a value.
///
/// # Errors
/// `PicklingError` for values that cannot travel.
pub fn encode(interp: &mut Interpreter, value: &Value) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::new();
    write(interp, value, &mut bytes)?;
    Ok(bytes)
}

fn length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend_from_slice(&(length as u32).to_le_bytes());
}

fn blob(bytes: &mut Vec<u8>, tag: u8, body: &[u8]) {
    bytes.push(tag);
    length(bytes, body.len());
    bytes.extend_from_slice(body);
}

fn many(interp: &mut Interpreter, bytes: &mut Vec<u8>, tag: u8, items: &[Value]) -> PyResult<()> {
    bytes.push(tag);
    length(bytes, items.len());
    items.iter().try_for_each(|item| write(interp, item, bytes))
}

fn number(bytes: &mut Vec<u8>, tag: u8, number: i64) {
    bytes.push(tag);
    bytes.extend_from_slice(&number.to_le_bytes());
}

fn write(interp: &mut Interpreter, value: &Value, bytes: &mut Vec<u8>) -> PyResult<()> {
    match value {
        Value::None => bytes.push(b'N'),
        Value::Bool(true) => bytes.push(b'T'),
        Value::Bool(false) => bytes.push(b'F'),
        Value::Int(whole) => number(bytes, b'i', *whole),
        Value::BigInt(whole) => blob(bytes, b'I', &whole.to_signed_bytes_le()),
        Value::Float(real) => {
            bytes.push(b'f');
            bytes.extend_from_slice(&real.to_le_bytes());
        }
        Value::Str(text) => blob(bytes, b's', text.as_bytes()),
        Value::Bytes(body) => blob(bytes, b'b', body),
        Value::ByteArray(body) => blob(bytes, b'B', &body.borrow()),
        Value::List(items) => {
            let items = items.borrow().clone();
            many(interp, bytes, b'l', &items)?;
        }
        Value::Tuple(items) => many(interp, bytes, b't', items)?,
        Value::Dict(dict) => {
            let pairs: Vec<Value> = dict.borrow().iter().flat_map(|(k, v)| [k.clone(), v.clone()]).collect();
            many(interp, bytes, b'd', &pairs)?;
        }
        Value::Set(set) => {
            let items: Vec<Value> = set.borrow().iter().cloned().collect();
            many(interp, bytes, b'e', &items)?;
        }
        Value::FrozenSet(set) => {
            let items: Vec<Value> = set.iter().cloned().collect();
            many(interp, bytes, b'z', &items)?;
        }
        Value::Range(range) => {
            number(bytes, b'r', range.start);
            bytes.extend_from_slice(&range.stop.to_le_bytes());
            bytes.extend_from_slice(&range.step.to_le_bytes());
        }
        Value::Object(object) => match object.type_name() {
            "Row" => {
                let Some(row) = value.downcast::<Row>() else { return Err(cannot(interp, value)) };
                let names: Vec<Value> = row.names.iter().flat_map(|names| names.iter().map(Value::str)).collect();
                let named = row.names.is_some();
                many(interp, bytes, if named { b'w' } else { b'W' }, &names)?;
                let values = row.values.clone();
                many(interp, bytes, b't', &values)?;
            }
            "date" => number(bytes, b'D', i64::from(pytime::date_days(interp, value)?)),
            "datetime" => number(bytes, b'M', pytime::datetime_micros(interp, value)?),
            "timedelta" => number(bytes, b'L', pytime::timedelta_micros(interp, value)?),
            "Decimal" => {
                let text = interp.str(value)?;
                blob(bytes, b'c', text.as_bytes());
            }
            "defaultdict" | "OrderedDict" | "Counter" => match value.as_dict() {
                Some(dict) => return write(interp, &Value::Dict(dict.clone()), bytes),
                None => return plain_items(interp, value, bytes),
            },
            _ => return plain_items(interp, value, bytes),
        },
        Value::Instance(instance) if instance.class().lookup("_fields").is_some() => {
            let class = instance.class();
            let fields = class.lookup("_fields").and_then(|fields| fields.as_items()).unwrap_or_default();
            blob(bytes, b'p', class.name.as_bytes());
            many(interp, bytes, b't', &fields)?;
            many(interp, bytes, b't', &value.as_items().unwrap_or_default())?;
        }
        Value::Instance(instance) => match &instance.native {
            Some(native) => write(interp, native, bytes)?,
            None => return Err(cannot(interp, value)),
        },
        Value::Iterator(_) | Value::Generator(_) => {
            let items = interp.items(value)?;
            many(interp, bytes, b'l', &items)?;
        }
        _ => return Err(cannot(interp, value)),
    }
    Ok(())
}

/// Native sequences such as the values of `groupByKey` travel as lists.
fn plain_items(interp: &mut Interpreter, value: &Value, bytes: &mut Vec<u8>) -> PyResult<()> {
    if matches!(interp.type_name(value).as_str(), "ResultIterable" | "deque") {
        let items = interp.items(value)?;
        return many(interp, bytes, b'g', &items);
    }
    Err(cannot(interp, value))
}

fn cannot(interp: &Interpreter, value: &Value) -> Raised {
    let class = interp.type_name(value);
    raise(
        ErrorClass::Unsupported,
        "PICKLE_FAILED",
        format!(
            "a {class} as a row of an RDD is not supported here (it is valid on real Spark when it can be pickled)"
        ),
    )
    .with_help("use tuples, dicts or Rows as the rows of an RDD")
}

/// The value of some bytes.
///
/// # Errors
/// Bytes that [`encode`] did not make.
pub fn decode(interp: &mut Interpreter, bytes: &[u8]) -> PyResult {
    let mut reader = Reader { bytes, at: 0 };
    reader.value(interp)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> PyResult<&'a [u8]> {
        let slice =
            self.bytes.get(self.at..self.at + count).ok_or_else(|| value_error("a row of an RDD ends too early"))?;
        self.at += count;
        Ok(slice)
    }

    fn length(&mut self) -> PyResult<usize> {
        let raw = self.take(4)?;
        Ok(raw.try_into().map_or(0, u32::from_le_bytes) as usize)
    }

    fn number(&mut self) -> PyResult<i64> {
        let raw = self.take(8)?;
        Ok(raw.try_into().map_or(0, i64::from_le_bytes))
    }

    fn blob(&mut self) -> PyResult<&'a [u8]> {
        let count = self.length()?;
        self.take(count)
    }

    fn many(&mut self, interp: &mut Interpreter) -> PyResult<Vec<Value>> {
        let count = self.length()?;
        (0..count).map(|_| self.value(interp)).collect()
    }

    fn value(&mut self, interp: &mut Interpreter) -> PyResult {
        let tag = self.take(1)?.first().copied().unwrap_or_default();
        Ok(match tag {
            b'N' => Value::None,
            b'T' => Value::Bool(true),
            b'F' => Value::Bool(false),
            b'i' => Value::Int(self.number()?),
            b'I' => Value::big(BigInt::from_signed_bytes_le(self.blob()?)),
            b'f' => Value::Float(f64::from_bits(self.number()? as u64)),
            b's' => Value::str(String::from_utf8_lossy(self.blob()?)),
            b'b' => Value::Bytes(Rc::from(self.blob()?)),
            b'B' => Value::ByteArray(Rc::new(std::cell::RefCell::new(self.blob()?.to_vec()))),
            b'l' => Value::list(self.many(interp)?),
            b'g' => super::iterable(self.many(interp)?),
            b't' => Value::tuple(self.many(interp)?),
            b'p' => {
                let name = String::from_utf8_lossy(self.blob()?).into_owned();
                let (fields, values) = (self.value(interp)?, self.value(interp)?);
                collections::named_value(interp, &name, &fields, values)?
            }
            b'd' => {
                let parts = self.many(interp)?;
                let mut dict = Dict::new();
                for pair in parts.chunks_exact(2) {
                    dict.set(interp, pair[0].clone(), pair[1].clone())?;
                }
                Value::dict(dict)
            }
            b'e' | b'z' => {
                let mut set = Set::new();
                for item in self.many(interp)? {
                    set.insert(interp, item)?;
                }
                if tag == b'e' { Value::set(set) } else { Value::FrozenSet(Rc::new(set)) }
            }
            b'r' => {
                let (start, stop, step) = (self.number()?, self.number()?, self.number()?);
                Value::Range(Rc::new(crate::pyspark::lang::value::Range { start, stop, step }))
            }
            b'w' | b'W' => {
                let names = self.many(interp)?;
                let values = self.value(interp)?.as_items().unwrap_or_default();
                let names =
                    (tag == b'w').then(|| names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect());
                Value::object(Row { names, values: Rc::from(values) })
            }
            b'D' => {
                let days = self.number()? as i32;
                pytime::make_date(interp, days)?
            }
            b'M' => {
                let micros = self.number()?;
                pytime::make_datetime(interp, micros)?
            }
            b'L' => {
                let micros = self.number()?;
                pytime::make_timedelta(interp, micros)?
            }
            b'c' => {
                let text = String::from_utf8_lossy(self.blob()?).into_owned();
                let module = interp.import("decimal")?;
                let class = module.get("Decimal").unwrap_or(Value::None);
                interp.call(&class, crate::pyspark::lang::Args::of(vec![Value::str(text)]))?
            }
            _ => return Err(value_error("a row of an RDD holds an unknown mark")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_come_back() {
        let mut interp = Interpreter::detached();
        let value =
            Value::tuple(vec![Value::Int(-3), Value::str("naïve"), Value::list(vec![Value::Float(0.5), Value::None])]);
        let bytes = encode(&mut interp, &value).ok().unwrap_or_default();
        let back = decode(&mut interp, &bytes).ok();
        let again = back.and_then(|back| encode(&mut interp, &back).ok());
        assert_eq!(again, Some(bytes));
    }

    #[test]
    fn short_bytes_are_refused() {
        let mut interp = Interpreter::detached();
        assert!(decode(&mut interp, b"i12").is_err());
        assert!(decode(&mut interp, b"").is_err());
    }
}
