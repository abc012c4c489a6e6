//! `rdd.histogram(buckets)`.

use super::wide::order;
use super::{Method, Rdd};
use crate::common::ErrorClass;
use crate::pyspark::api::support::raise;
use crate::pyspark::lang::{Args, BinaryOp, Interpreter, PyResult, Value, type_error, value_error};
use std::cmp::Ordering;

pub(super) const METHODS: &[(&str, Method)] = &[("histogram", |interp, _, rdd, args| histogram(interp, rdd, args))];

fn comparable(value: &Value) -> bool {
    !matches!(value, Value::None) && !matches!(value, Value::Float(number) if number.is_nan())
}

fn histogram(interp: &mut Interpreter, rdd: &Rdd, args: Args) -> PyResult {
    let wanted = args.only("histogram", "buckets")?;
    let mut values = rdd.values(interp, "histogram")?;
    values.retain(comparable);
    let edges = match (&wanted, wanted.as_items()) {
        (Value::Int(count), _) => match even(interp, &values, *count)? {
            Ok(edges) => edges,
            Err(ends) => return Ok(answer(ends, vec![values.len() as i64])),
        },
        (_, Some(edges)) => {
            checked(interp, &edges)?;
            edges
        }
        _ => return Err(type_error("buckets should be a list or tuple or number(int or long)")),
    };
    let last = edges.len() - 1;
    let mut counts = vec![0_i64; last];
    for value in &values {
        let mut place = 0;
        for edge in &edges {
            if order(interp, value, edge)? == Ordering::Less {
                break;
            }
            place += 1;
        }
        let at_end = place == edges.len() && order(interp, value, &edges[last])? == Ordering::Equal;
        match place {
            0 => {}
            _ if at_end => counts[last - 1] += 1,
            place if place <= last => counts[place - 1] += 1,
            _ => {}
        }
    }
    let answer = answer(edges, counts);
    // The edges come back as they were given: a tuple stays one.
    Ok(match (&wanted, answer.as_items().as_deref()) {
        (Value::Tuple(_), Some([_, counts])) => Value::tuple(vec![wanted.clone(), counts.clone()]),
        _ => answer,
    })
}

fn answer(edges: Vec<Value>, counts: Vec<i64>) -> Value {
    Value::tuple(vec![Value::list(edges), Value::list(counts.into_iter().map(Value::Int).collect())])
}

/// The edges of buckets of one width; the two ends alone (as the error) when one bucket holds everything.
fn even(interp: &mut Interpreter, values: &[Value], count: i64) -> PyResult<Result<Vec<Value>, Vec<Value>>> {
    if count < 1 {
        return Err(value_error("number of buckets must be >= 1"));
    }
    let Some(first) = values.first() else { return Err(value_error("can not generate buckets from empty RDD")) };
    let (mut least, mut greatest) = (first.clone(), first.clone());
    for value in values {
        if order(interp, value, &least)? == Ordering::Less {
            least = value.clone();
        }
        if order(interp, value, &greatest)? == Ordering::Greater {
            greatest = value.clone();
        }
    }
    if count == 1 || order(interp, &least, &greatest)? == Ordering::Equal {
        return Ok(Err(vec![least, greatest]));
    }
    let no_numbers =
        || raise(ErrorClass::PySparkTypeError, "NOT_SUPPORTED", "Can not generate buckets with non-number in RDD");
    let span = interp.binary(BinaryOp::Sub, &greatest, &least).map_err(|_| no_numbers())?;
    let step = match span {
        Value::Int(span) if span % count == 0 => Value::Int(span / count),
        ref other => Value::Float(other.as_float().ok_or_else(no_numbers)? / count as f64),
    };
    let mut edges = Vec::new();
    for i in 0..count {
        let offset = interp.binary(BinaryOp::Mul, &Value::Int(i), &step)?;
        edges.push(interp.binary(BinaryOp::Add, &offset, &least)?);
    }
    edges.push(greatest);
    Ok(Ok(edges))
}

fn checked(interp: &mut Interpreter, edges: &[Value]) -> PyResult<()> {
    if edges.len() < 2 {
        return Err(value_error("buckets should have more than one value"));
    }
    if !edges.iter().all(comparable) {
        return Err(value_error("can not have None or NaN in buckets"));
    }
    for pair in edges.windows(2) {
        match order(interp, &pair[0], &pair[1])? {
            Ordering::Less => {}
            Ordering::Equal => return Err(value_error("buckets should not contain duplicated values")),
            Ordering::Greater => return Err(value_error("buckets should be sorted")),
        }
    }
    Ok(())
}
