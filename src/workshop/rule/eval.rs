//! Evaluates rules.

use super::{Arithmetic, Comparison, Function, Rule, Value};

/// What knows the values of metrics.
pub trait World {
    /// The value of a metric; an error says why this run has none.
    ///
    /// # Errors
    /// When the run does not tell.
    fn metric(&self, name: &str, arguments: &[Value]) -> Result<Value, EvalError>;
}

/// Why a rule has no value in this run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EvalError(pub String);

/// The value of a rule.
///
/// # Errors
/// A metric that this run does not tell, or a division by zero.
pub fn evaluate(rule: &Rule, world: &dyn World) -> Result<Value, EvalError> {
    Ok(match rule {
        Rule::Literal(value) => value.clone(),
        Rule::Metric { name, arguments, .. } => {
            let arguments =
                arguments.iter().map(|argument| evaluate(argument, world)).collect::<Result<Vec<_>, _>>()?;
            world.metric(name, &arguments)?
        }
        Rule::Function { function, arguments, .. } => call(*function, arguments, world)?,
        Rule::Negative(inner) => Value::Number(-number(inner, world)?),
        Rule::Arithmetic(operator, left, right) => {
            let (left, right) = (number(left, world)?, number(right, world)?);
            Value::Number(match operator {
                Arithmetic::Add => left + right,
                Arithmetic::Subtract => left - right,
                Arithmetic::Multiply => left * right,
                Arithmetic::Divide if right == 0.0 => return Err(EvalError("a division by zero".to_owned())),
                Arithmetic::Divide => left / right,
            })
        }
        Rule::Compare(comparison, left, right) => {
            Value::Bool(compare(*comparison, &evaluate(left, world)?, &evaluate(right, world)?))
        }
        Rule::Not(inner) => Value::Bool(!truth(inner, world)?),
        Rule::And(left, right) => Value::Bool(truth(left, world)? && truth(right, world)?),
        Rule::Or(left, right) => Value::Bool(truth(left, world)? || truth(right, world)?),
    })
}

fn number(rule: &Rule, world: &dyn World) -> Result<f64, EvalError> {
    match evaluate(rule, world)? {
        Value::Number(number) => Ok(number),
        other => Err(EvalError(format!("{} where a number was promised", other.kind().name()))),
    }
}

fn truth(rule: &Rule, world: &dyn World) -> Result<bool, EvalError> {
    match evaluate(rule, world)? {
        Value::Bool(value) => Ok(value),
        other => Err(EvalError(format!("{} where true or false was promised", other.kind().name()))),
    }
}

fn call(function: Function, arguments: &[Rule], world: &dyn World) -> Result<Value, EvalError> {
    Ok(match (function, arguments) {
        (Function::Min, [left, right]) => Value::Number(number(left, world)?.min(number(right, world)?)),
        (Function::Max, [left, right]) => Value::Number(number(left, world)?.max(number(right, world)?)),
        (Function::If, [condition, yes, no]) => evaluate(if truth(condition, world)? { yes } else { no }, world)?,
        (Function::Len, [list]) => match evaluate(list, world)? {
            Value::List(items) => Value::Number(items.len() as f64),
            other => return Err(EvalError(format!("{} where a list was promised", other.kind().name()))),
        },
        _ => return Err(EvalError("a function with the wrong number of arguments".to_owned())),
    })
}

fn compare(comparison: Comparison, left: &Value, right: &Value) -> bool {
    let ordering = match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
        _ => None,
    };
    match comparison {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Less => ordering.is_some_and(std::cmp::Ordering::is_lt),
        Comparison::LessOrEqual => ordering.is_some_and(std::cmp::Ordering::is_le),
        Comparison::Greater => ordering.is_some_and(std::cmp::Ordering::is_gt),
        Comparison::GreaterOrEqual => ordering.is_some_and(std::cmp::Ordering::is_ge),
        Comparison::Contains => match (left, right) {
            (Value::List(items), Value::Text(item)) => items.contains(item),
            (Value::Text(text), Value::Text(part)) => text.contains(part.as_str()),
            _ => false,
        },
    }
}
