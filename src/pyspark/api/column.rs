//! `Column`: an expression as a Python object, with PySpark's operators and methods.

use super::convert;
use super::dataframe::DataFrame;
use super::support::{column_of_name, given, not_expected_type, raise, text_argument};
use super::types::type_argument;
use super::window::WindowObject;
use crate::common::ErrorClass;
use crate::logical::expr::{BinaryOp as Op, Call, CastMode, Expr, SortOrder, UnaryOp as Un, WindowSpec};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::pyspark::lang::{
    Args, BinaryOp, CompareOp, Interpreter, Object, PyResult, Raised, UnaryOp, Value, attribute_error, type_error,
};

/// A column.
pub struct Column {
    pub expr: Expr,
}

/// A column as a value.
#[must_use]
pub fn column_value(expr: Expr) -> Value {
    Value::object(Column { expr })
}

/// `F.lit(value)`: a column as it is, lists as arrays, anything else as a literal.
///
/// # Errors
/// A value that no Spark type holds.
pub fn lit(interp: &mut Interpreter, value: &Value) -> PyResult<Expr> {
    if let Some(column) = value.downcast::<Column>() {
        return Ok(column.expr.clone());
    }
    if let Value::List(items) = value.native() {
        let items = items.borrow().clone();
        let args = items.iter().map(|item| lit(interp, item)).collect::<PyResult<_>>()?;
        return Ok(Expr::call("array", args));
    }
    let (scalar, data_type) = convert::literal(interp, value)?;
    Ok(Expr::Literal(scalar, data_type))
}

/// A column or a column's name.
///
/// # Errors
/// `NOT_EXPECTED_TYPE` for anything else.
pub fn column_or_name(interp: &mut Interpreter, argument: &str, value: &Value) -> PyResult<Expr> {
    if let Some(column) = value.downcast::<Column>() {
        return Ok(column.expr.clone());
    }
    match value.as_str() {
        Some(name) => column_of_name(name),
        None => Err(not_expected_type(interp, argument, "Column or str", value)),
    }
}

/// A sort key from a column: its own direction, or ascending.
#[must_use]
pub fn sort_order(expr: Expr) -> SortOrder {
    match expr {
        Expr::SortOrder(order) => *order,
        other => SortOrder::new(other, true),
    }
}

fn sorted(expr: Expr, ascending: bool, nulls_first: bool) -> Value {
    column_value(Expr::SortOrder(Box::new(SortOrder { child: expr, ascending, nulls_first })))
}

/// The directions that `desc()`, `asc_nulls_last()`, … give; also `F.desc("x")`.
#[must_use]
pub fn direction(name: &str, expr: Expr) -> Option<Value> {
    Some(match name {
        "asc" | "asc_nulls_first" => sorted(expr, true, true),
        "asc_nulls_last" => sorted(expr, true, false),
        "desc" | "desc_nulls_last" => sorted(expr, false, false),
        "desc_nulls_first" => sorted(expr, false, true),
        _ => return None,
    })
}

/// The methods of a column.
pub const METHODS: &[&str] = &[
    "alias",
    "asc",
    "asc_nulls_first",
    "asc_nulls_last",
    "astype",
    "between",
    "bitwiseAND",
    "bitwiseOR",
    "bitwiseXOR",
    "cast",
    "contains",
    "desc",
    "desc_nulls_first",
    "desc_nulls_last",
    "dropFields",
    "endswith",
    "eqNullSafe",
    "getField",
    "getItem",
    "ilike",
    "isNaN",
    "isNotNull",
    "isNull",
    "isin",
    "like",
    "name",
    "otherwise",
    "outer",
    "over",
    "rlike",
    "startswith",
    "substr",
    "transform",
    "try_cast",
    "when",
    "withField",
];

impl Column {
    fn method(&self, interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
        let own = self.expr.clone();
        if let Some(value) = direction(name, own.clone()) {
            return Ok(value);
        }
        let expr = match name {
            "alias" | "name" => return alias(own, interp, args),
            "transform" => {
                let function = args.only(name, "f")?;
                return interp.call(&function, Args::of(vec![column_value(own)]));
            }
            "cast" | "astype" | "try_cast" => {
                let [data_type] = args.bind(name, ["dataType"], 1)?;
                let to = type_argument(interp, "dataType", &data_type.unwrap_or(Value::None))?;
                let mode = match name {
                    "try_cast" => CastMode::Try,
                    _ if interp.host()?.conf().ansi() => CastMode::Ansi,
                    _ => CastMode::Legacy,
                };
                Expr::Cast { child: Box::new(own), to, mode, implicit: false }
            }
            "outer" => Expr::call("outer", vec![own]),
            "isNull" => Expr::unary(Un::IsNull, own),
            "isNotNull" => Expr::unary(Un::IsNotNull, own),
            "isNaN" => Expr::unary(Un::IsNaN, own),
            "isin" if matches!(args.positional.as_slice(), [only] if only.downcast::<DataFrame>().is_some()) => {
                let frame = args.one(name)?;
                let plan = super::dataframe::plan_of(interp, &frame)?;
                let values = match own {
                    Expr::Call(call) if call.name == "struct" => call.args,
                    single => vec![single],
                };
                Expr::InSubquery { values, plan }
            }
            "isin" => {
                let list = isin_list(interp, args)?;
                Expr::In { value: Box::new(own), list }
            }
            "between" => {
                let [low, high] = args.bind(name, ["lowerBound", "upperBound"], 2)?;
                let low = lit(interp, &low.unwrap_or(Value::None))?;
                let high = lit(interp, &high.unwrap_or(Value::None))?;
                Expr::binary(Op::And, Expr::binary(Op::GtEq, own.clone(), low), Expr::binary(Op::LtEq, own, high))
            }
            "substr" => substr(interp, own, args)?,
            "over" => return over(interp, own, args),
            "when" => return when_more(interp, own, args),
            "otherwise" => return otherwise(interp, own, args),
            "withField" => {
                let [field, column] = args.bind(name, ["fieldName", "col"], 2)?;
                let field = text_argument(interp, "fieldName", &field.unwrap_or(Value::None))?;
                let column = column.unwrap_or(Value::None);
                let Some(column) = column.downcast::<Column>() else {
                    return Err(not_expected_type(interp, "col", "Column", &column));
                };
                let path = super::support::name_parts(&field)?;
                within(own, &path, &|inner, last| {
                    Expr::call("with_field", vec![inner, Expr::literal(Scalar::String(last)), column.expr.clone()])
                })
            }
            "dropFields" => {
                let mut rest = own;
                for field in &args.positional {
                    let path = super::support::name_parts(&text_argument(interp, "fieldName", field)?)?;
                    rest = within(rest, &path, &|inner, last| {
                        Expr::call("drop_fields", vec![inner, Expr::literal(Scalar::String(last))])
                    });
                }
                rest
            }
            "getItem" | "getField" => {
                let key = args.only(name, if name == "getItem" { "key" } else { "name" })?;
                let key = lit(interp, &key)?;
                Expr::Extract { child: Box::new(own), key: Box::new(key) }
            }
            _ => {
                let other = args.only(name, "other")?;
                let other = lit(interp, &other)?;
                match name {
                    "eqNullSafe" => Expr::binary(Op::NullSafeEq, own, other),
                    "bitwiseAND" => Expr::binary(Op::BitAnd, own, other),
                    "bitwiseOR" => Expr::binary(Op::BitOr, own, other),
                    "bitwiseXOR" => Expr::binary(Op::BitXor, own, other),
                    same => Expr::call(same, vec![own, other]),
                }
            }
        };
        Ok(column_value(expr))
    }
}

fn alias(own: Expr, interp: &mut Interpreter, args: Args) -> PyResult {
    let Args { positional: names, keyword } = args;
    let mut metadata = None;
    for (name, value) in keyword {
        if &*name != "metadata" {
            let given = format!("{{'{name}': {}}}", interp.repr(&value)?);
            return Err(Raised::named("AssertionError", format!("Unexpected kwargs where passed: {given}")));
        }
        metadata = Some(value);
    }
    let texts: Vec<String> = names.iter().map(|name| text_argument(interp, "alias", name)).collect::<PyResult<_>>()?;
    let expr = match texts.as_slice() {
        [] => {
            return Err(raise(
                ErrorClass::PySparkValueError,
                "CANNOT_BE_EMPTY",
                "At least one `alias` must be specified.",
            ));
        }
        [name] => {
            let metadata = given(metadata).map(|value| super::json::to_text(interp, &value)).transpose()?;
            Expr::Alias {
                child: Box::new(own),
                name: name.clone(),
                id: crate::common::ids::ExprId::UNASSIGNED,
                metadata,
            }
        }
        _ => Expr::MultiAlias { child: Box::new(own), names: texts },
    };
    Ok(column_value(expr))
}

/// Changes a field inside structs: `change` gets the innermost struct and the field's name.
fn within(own: Expr, path: &[String], change: &dyn Fn(Expr, String) -> Expr) -> Expr {
    match path {
        [] => own,
        [last] => change(own, last.clone()),
        [first, rest @ ..] => {
            let name = Expr::literal(Scalar::String(first.clone()));
            let inner = Expr::Extract { child: Box::new(own.clone()), key: Box::new(name.clone()) };
            Expr::call("with_field", vec![own, name, within(inner, rest, change)])
        }
    }
}

fn isin_list(interp: &mut Interpreter, args: Args) -> PyResult<Vec<Expr>> {
    let items = match args.positional.as_slice() {
        [only] if matches!(only.native(), Value::List(_) | Value::Tuple(_) | Value::Set(_) | Value::FrozenSet(_)) => {
            interp.items(only)?
        }
        _ => args.positional,
    };
    items.iter().map(|item| lit(interp, item)).collect()
}

fn substr(interp: &mut Interpreter, own: Expr, args: Args) -> PyResult<Expr> {
    let [start, length] = args.bind("Column.substr", ["startPos", "length"], 2)?;
    let (start, length) = (start.unwrap_or(Value::None), length.unwrap_or(Value::None));
    let (first, second) = (interp.type_name(&start), interp.type_name(&length));
    if first != second {
        return Err(raise(
            ErrorClass::PySparkTypeError,
            "NOT_SAME_TYPE",
            format!("Argument `startPos` and `length` should be the same type, got {first} and {second}."),
        ));
    }
    if start.as_int().is_none() && start.downcast::<Column>().is_none() {
        return Err(not_expected_type(interp, "startPos", "Column or int", &start));
    }
    let (start, length) = (lit(interp, &start)?, lit(interp, &length)?);
    Ok(Expr::call("substr", vec![own, start, length]))
}

fn over(interp: &mut Interpreter, own: Expr, args: Args) -> PyResult {
    let window = args.only("over", "window")?;
    let Some(window) = window.downcast::<WindowObject>() else {
        return Err(not_expected_type(interp, "window", "WindowSpec", &window));
    };
    if let Expr::Call(call) = &own
        && call.name == "counter_diff"
    {
        return Ok(column_value(counter_diff(call, &window.0)));
    }
    Ok(column_value(Expr::Window { function: Box::new(own), spec: window.0.clone() }))
}

/// How much a counter grew since the row before; null when it was reset: it fell, or its start changed.
fn counter_diff(call: &Call, spec: &WindowSpec) -> Expr {
    let before = |of: &Expr| {
        let null = Expr::Literal(Scalar::Null, DataType::Null);
        let function = Box::new(Expr::call("lag", vec![of.clone(), Expr::int(1), null]));
        Expr::Window { function, spec: spec.clone() }
    };
    let value = call.args[0].clone();
    let grew = Expr::binary(Op::GtEq, value.clone(), before(&value));
    let counts = match call.args.get(1) {
        None => grew,
        Some(start) => Expr::binary(Op::And, grew, Expr::binary(Op::Eq, start.clone(), before(start))),
    };
    let growth = Expr::binary(Op::Subtract, value.clone(), before(&value));
    let shown = Expr::Window { function: Box::new(Expr::Call(call.clone())), spec: spec.clone() };
    Expr::Case { branches: vec![(counts, growth)], otherwise: None }.alias(shown.pretty_name())
}

/// `F.when(condition, value)`.
///
/// # Errors
/// `NOT_EXPECTED_TYPE` when the condition is no column.
pub fn when(interp: &mut Interpreter, args: Args) -> PyResult {
    let branch = when_branch(interp, args)?;
    Ok(column_value(Expr::Case { branches: vec![branch], otherwise: None }))
}

fn when_branch(interp: &mut Interpreter, args: Args) -> PyResult<(Expr, Expr)> {
    let [condition, value] = args.bind("when", ["condition", "value"], 2)?;
    let condition = condition.unwrap_or(Value::None);
    let Some(column) = condition.downcast::<Column>() else {
        return Err(not_expected_type(interp, "condition", "Column", &condition));
    };
    let value = lit(interp, &value.unwrap_or(Value::None))?;
    Ok((column.expr.clone(), value))
}

fn when_more(interp: &mut Interpreter, own: Expr, args: Args) -> PyResult {
    let branch = when_branch(interp, args)?;
    match own {
        Expr::Case { mut branches, otherwise: None } => {
            branches.push(branch);
            Ok(column_value(Expr::Case { branches, otherwise: None }))
        }
        Expr::Case { .. } => {
            Err(super::support::illegal_argument("when() cannot be applied once otherwise() is applied"))
        }
        _ => Err(super::support::illegal_argument(
            "when() can only be applied on a Column previously generated by when() function",
        )),
    }
}

fn otherwise(interp: &mut Interpreter, own: Expr, args: Args) -> PyResult {
    let value = args.only("otherwise", "value")?;
    let value = lit(interp, &value)?;
    match own {
        Expr::Case { branches, otherwise: None } => {
            Ok(column_value(Expr::Case { branches, otherwise: Some(Box::new(value)) }))
        }
        Expr::Case { .. } => Err(super::support::illegal_argument(
            "otherwise() can only be applied once on a Column previously generated by when()",
        )),
        _ => Err(super::support::illegal_argument(
            "otherwise() can only be applied on a Column previously generated by when()",
        )),
    }
}

fn operator(op: BinaryOp) -> Option<Op> {
    Some(match op {
        BinaryOp::Add => Op::Add,
        BinaryOp::Sub => Op::Subtract,
        BinaryOp::Mul => Op::Multiply,
        BinaryOp::Div => Op::Divide,
        BinaryOp::Mod => Op::Remainder,
        BinaryOp::And => Op::And,
        BinaryOp::Or => Op::Or,
        BinaryOp::FloorDiv
        | BinaryOp::Pow
        | BinaryOp::MatMul
        | BinaryOp::LeftShift
        | BinaryOp::RightShift
        | BinaryOp::Xor => {
            return None;
        }
    })
}

fn to_bool() -> Raised {
    raise(
        ErrorClass::PySparkValueError,
        "CANNOT_CONVERT_COLUMN_INTO_BOOL",
        "Cannot convert column into bool: please use '&' for 'and', '|' for 'or', '~' for 'not' when building DataFrame boolean expressions.",
    )
}

impl Object for Column {
    fn type_name(&self) -> &'static str {
        "Column"
    }

    fn methods(&self) -> &'static [&'static str] {
        METHODS
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        if name.starts_with("__") {
            return Ok(None);
        }
        if METHODS.contains(&name) {
            return Ok(None);
        }
        let key = Expr::literal(Scalar::String(name.to_owned()));
        Ok(Some(column_value(Expr::Extract { child: Box::new(self.expr.clone()), key: Box::new(key) })))
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        METHODS.contains(&name).then(|| self.method(interp, name, args))
    }

    fn missing_attr(&self, interp: &mut Interpreter, this: &Value, name: &str) -> Option<Raised> {
        let class = interp.type_name(this);
        Some(attribute_error(format!("'{class}' object has no attribute '{name}'")))
    }

    fn call(&self, interp: &mut Interpreter, _this: &Value, _args: Args) -> Option<PyResult> {
        let said = match &self.expr {
            Expr::Extract { key, .. } => match key.as_ref() {
                Expr::Literal(Scalar::String(name), _) => Some(name.clone()),
                _ => None,
            },
            _ => None,
        };
        let mut error = type_error("'Column' object is not callable");
        if let Some(name) = said {
            let near = crate::common::text::nearest(&name, METHODS.iter().copied(), 1);
            error = match near.first() {
                Some(near) => error.with_help(format!("a Column has no method `{name}`; did you mean `{near}`?")),
                None if interp.import("pyspark.sql.functions").is_ok_and(|module| module.get(&name).is_some()) => error
                    .with_help(format!(
                        "a Column has no method `{name}`; Spark has it as a function: F.{name}(column, …)"
                    )),
                None => error.with_help(format!("a Column has no method `{name}`")),
            };
        }
        Some(Err(error))
    }

    fn binary(
        &self,
        interp: &mut Interpreter,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> PyResult<Option<Value>> {
        let other = lit(interp, other)?;
        // As in PySpark, `1 + col` is `col + 1`: only operators whose order matters are turned round.
        let turned = reflected && !matches!(op, BinaryOp::Add | BinaryOp::Mul | BinaryOp::And | BinaryOp::Or);
        let (left, right) = if turned { (other, self.expr.clone()) } else { (self.expr.clone(), other) };
        Ok(match operator(op) {
            Some(op) => Some(column_value(Expr::binary(op, left, right))),
            None if op == BinaryOp::Pow => Some(column_value(Expr::call("power", vec![left, right]))),
            None => None,
        })
    }

    fn compare(
        &self,
        interp: &mut Interpreter,
        _this: &Value,
        op: CompareOp,
        other: &Value,
    ) -> PyResult<Option<Value>> {
        let other = lit(interp, other)?;
        let own = self.expr.clone();
        let op = match op {
            CompareOp::Eq => Op::Eq,
            CompareOp::NotEq => return Ok(Some(column_value(Expr::unary(Un::Not, Expr::binary(Op::Eq, own, other))))),
            CompareOp::Less => Op::Lt,
            CompareOp::LessEq => Op::LtEq,
            CompareOp::Greater => Op::Gt,
            CompareOp::GreaterEq => Op::GtEq,
        };
        Ok(Some(column_value(Expr::binary(op, own, other))))
    }

    fn unary(&self, _interp: &mut Interpreter, _this: &Value, op: UnaryOp) -> PyResult<Option<Value>> {
        let own = self.expr.clone();
        Ok(match op {
            UnaryOp::Invert => Some(column_value(Expr::unary(Un::Not, own))),
            UnaryOp::Minus => Some(column_value(Expr::unary(Un::Negate, own))),
            UnaryOp::Not => return Err(to_bool()),
            UnaryOp::Plus => None,
        })
    }

    fn get_item(&self, interp: &mut Interpreter, _this: &Value, key: &Value) -> PyResult<Option<Value>> {
        if let Value::Slice(slice) = key {
            if !slice.step.is_none() {
                return Err(raise(
                    ErrorClass::PySparkValueError,
                    "SLICE_WITH_STEP",
                    "Slice with step is not supported.",
                ));
            }
            let args = Args::of(vec![slice.start.clone(), slice.stop.clone()]);
            return substr(interp, self.expr.clone(), args).map(|expr| Some(column_value(expr)));
        }
        let key = lit(interp, key)?;
        Ok(Some(column_value(Expr::Extract { child: Box::new(self.expr.clone()), key: Box::new(key) })))
    }

    fn iter(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<Value>> {
        Err(raise(ErrorClass::PySparkTypeError, "NOT_ITERABLE", "Column is not iterable."))
    }

    fn contains(&self, _interp: &mut Interpreter, _this: &Value, _item: &Value) -> PyResult<Option<bool>> {
        Err(raise(
            ErrorClass::PySparkValueError,
            "CANNOT_APPLY_IN_FOR_COLUMN",
            "Cannot apply 'in' operator against a column: please use 'contains' in a string column or 'array_contains' function for an array column.",
        ))
    }

    fn truth(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<bool>> {
        Err(to_bool())
    }

    fn repr(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        Ok(format!("Column<'{}'>", self.expr.node_text()))
    }
}

/// The text of a literal expression, when it is one.
#[must_use]
pub fn literal_text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(Scalar::String(text), DataType::String) => Some(text),
        _ => None,
    }
}
