//! Expressions, as written and as resolved.
//!
//! One closed enum serves the whole road. The variants named `Unresolved…`, `Call`, `Star` and `UsingKey` exist only before the analyzer;
//! after it every column is an [`Attribute`] with an [`ExprId`] (as in Spark's Catalyst), every function a [`Expr::Function`],
//! [`Expr::Aggregate`], [`Expr::WindowFunction`] or [`Expr::Generator`] whose definition stands in [`super::functions`], and every
//! implicit cast is an explicit [`Expr::Cast`]. Operators of `exec` bind attributes to column numbers just before they run.

use super::functions::table::TableFunction;
use super::functions::{AggregateFunction, GeneratorFunction, RowFunction, ScalarFunction, WindowFunction};
use super::plan::LogicalPlan;
use super::scalar::Scalar;
use super::types::DataType;
use crate::common::ids::ExprId;
use std::sync::Arc;

/// A resolved column.
#[derive(Debug, Clone)]
pub struct Attribute {
    pub name: String,
    pub id: ExprId,
    pub data_type: DataType,
    pub nullable: bool,
    /// The aliases it can be reached by, outermost last: `t` in `t.name`.
    pub qualifier: Vec<String>,
    /// Where a script took it from (`df.x`). The analyzer forgets it.
    pub taken: Option<TakenFrom>,
}

/// A place in a frame's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenFrom {
    /// The address of the frame's analyzed plan.
    pub plan: usize,
    /// 0-based.
    pub position: usize,
}

/// The call that stands for `* EXCEPT (a, b)` in SQL text: the star, then the names.
pub const STAR_EXCEPT: &str = "\u{0}star except";

impl PartialEq for Attribute {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.name == other.name && self.data_type == other.data_type
    }
}

impl Attribute {
    /// A column without qualifier.
    pub fn new(name: impl Into<String>, id: ExprId, data_type: DataType, nullable: bool) -> Self {
        Attribute { name: name.into(), id, data_type, nullable, qualifier: Vec::new(), taken: None }
    }
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A name as written, split at dots: `["t", "name"]`. `plan` says which frame `df["name"]` was taken from.
    UnresolvedAttribute(Vec<String>),
    /// `*` or `t.*`.
    Star(Option<Vec<String>>),
    /// `` df.colRegex("`a.*`") ``.
    ColumnRegex(String),
    /// A function call as written, not yet looked up.
    Call(Call),
    /// A column of the children.
    Attribute(Attribute),
    /// A value and its type.
    Literal(Scalar, DataType),
    /// `child AS name`. The analyzer assigns the id.
    Alias {
        child: Box<Expr>,
        name: String,
        id: ExprId,
        metadata: Option<String>,
    },
    /// `inline(…) AS (a, b)`: several names for a generator.
    MultiAlias {
        child: Box<Expr>,
        names: Vec<String>,
    },
    Cast {
        child: Box<Expr>,
        to: DataType,
        mode: CastMode,
        /** Added by the analyzer, hidden in names. */
        implicit: bool,
    },
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Unary {
        op: UnaryOp,
        child: Box<Expr>,
    },
    /// `CASE WHEN … THEN … ELSE … END`.
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    /// `value IN (list)`.
    In {
        value: Box<Expr>,
        list: Vec<Expr>,
    },
    /// `child.field` or `child[key]` as written; resolved into a scalar function (`get_struct_field`, `get_array_item`, `get_map_value`).
    Extract {
        child: Box<Expr>,
        key: Box<Expr>,
    },
    /// A scalar function of resolved arguments, already cast to what it wants.
    Function {
        function: &'static ScalarFunction,
        args: Vec<Expr>,
        data_type: DataType,
        nullable: bool,
    },
    /// An aggregate, only inside `LogicalPlan::Aggregate`, `Window` and (as written) `Project`.
    Aggregate(AggregateCall),
    /// `row_number()`, `lag(…)`, …: only inside [`Expr::Window`].
    WindowFunction {
        function: &'static WindowFunction,
        args: Vec<Expr>,
        ignore_nulls: bool,
        data_type: DataType,
    },
    /// `function OVER (spec)`.
    Window {
        function: Box<Expr>,
        spec: WindowSpec,
    },
    /// `explode(…)` and its kin; the analyzer moves them into `LogicalPlan::Generate`.
    Generator {
        function: &'static GeneratorFunction,
        args: Vec<Expr>,
        outer: bool,
    },
    /// `(x, y) -> body`; parameters are attributes once resolved.
    Lambda {
        params: Vec<Attribute>,
        body: Box<Expr>,
    },
    /// A Python function over rows.
    Udf {
        function: Arc<dyn RowFunction>,
        args: Vec<Expr>,
        data_type: DataType,
    },
    /// A Python function that gives a table (`@udtf`): only the generator of `LogicalPlan::Generate`.
    TableCall(Box<TableCall>),
    ScalarSubquery(Arc<LogicalPlan>),
    InSubquery {
        values: Vec<Expr>,
        plan: Arc<LogicalPlan>,
    },
    Exists(Arc<LogicalPlan>),
    /// A column of the query around a correlated subquery.
    OuterReference(Attribute),
    /// A sort direction as written in `orderBy(desc("a"))`.
    SortOrder(Box<SortOrder>),
}

/// A function call as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub name: String,
    pub args: Vec<Expr>,
    pub distinct: bool,
    pub filter: Option<Box<Expr>>,
    pub ignore_nulls: bool,
    /// How the call came about; names differ between the Column API and SQL text.
    pub origin: CallOrigin,
}

/// Where a call was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOrigin {
    /// `pyspark.sql.functions`.
    ColumnApi,
    /// SQL text.
    Sql,
    /// SQL's `v:a.b`.
    Path,
}

/// A call of a table function of the script.
#[derive(Debug, Clone, PartialEq)]
pub struct TableCall {
    pub name: String,
    /// Absent as written in SQL text: looked up by its name.
    pub function: Option<Arc<dyn TableFunction>>,
    pub args: Vec<Expr>,
    /// The names of arguments given by name; as long as `args`.
    pub names: Vec<Option<String>>,
    /// One of the arguments may be a table: the input of the node.
    pub table: Option<TableArgument>,
    /// What plans show behind the call.
    pub id: ExprId,
}

impl TableCall {
    /// A call without arguments.
    #[must_use]
    pub fn new(name: String, function: Option<Arc<dyn TableFunction>>) -> TableCall {
        TableCall { name, function, args: Vec::new(), names: Vec::new(), table: None, id: ExprId::UNASSIGNED }
    }

    /// One more argument, perhaps by name.
    pub fn give(&mut self, name: Option<String>, arg: Expr) {
        self.names.push(name);
        self.args.push(arg);
    }

    /// One more argument, which is a table.
    ///
    /// # Errors
    /// `TABLE_VALUED_FUNCTION_TOO_MANY_TABLE_ARGUMENTS`: Spark takes one unless it is told otherwise.
    pub fn give_table(&mut self, name: Option<String>, table: TableArgument) -> crate::common::Result<()> {
        if self.table.is_some() {
            return Err(crate::common::SparkError::analysis(
                "TABLE_VALUED_FUNCTION_TOO_MANY_TABLE_ARGUMENTS",
                "a table function takes one table argument, and more were given",
            )
            .with_help("join the tables first, and give it the result"));
        }
        self.table = Some(TableArgument { position: self.args.len(), ..table });
        self.give(name, Expr::Literal(Scalar::Null, DataType::Null));
        Ok(())
    }

    /// The call over the rows of its table argument, or over a single row.
    #[must_use]
    pub fn over(self, input: Arc<LogicalPlan>) -> LogicalPlan {
        let generator = Expr::TableCall(Box::new(self));
        LogicalPlan::Generate { generator, outer: false, output: Vec::new(), unneeded: Vec::new(), input }
    }
}

/// How the rows of a table argument are grouped and put in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableArgument {
    /// Which argument it is. As written, `args` has a placeholder there; resolved, a struct of the table's columns.
    pub position: usize,
    /// As written only.
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<SortOrder>,
    pub is_single_partition: bool,
    /// Resolved: so many fields at the end of the struct are those that the rows are grouped by.
    pub groups: usize,
}

/// A resolved aggregate call.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateCall {
    pub function: &'static AggregateFunction,
    pub args: Vec<Expr>,
    pub distinct: bool,
    pub filter: Option<Box<Expr>>,
    pub ignore_nulls: bool,
    pub data_type: DataType,
    pub nullable: bool,
}

/// How a cast treats a value that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastMode {
    /// Raises (Spark 4's default).
    Ansi,
    /// Gives NULL or wraps, as with `spark.sql.ansi.enabled=false`.
    Legacy,
    /// `try_cast`: NULL.
    Try,
}

/// Two-sided operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    /// `/`: double or decimal.
    Divide,
    /// `div`: bigint.
    IntegralDivide,
    /// `%`, sign of the dividend.
    Remainder,
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    /// `<=>`.
    NullSafeEq,
    And,
    Or,
    BitAnd,
    BitOr,
    BitXor,
}

impl BinaryOp {
    /// Whether it compares its two sides.
    #[must_use]
    pub fn is_comparison(self) -> bool {
        use BinaryOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq, NullSafeEq};
        matches!(self, Eq | NotEq | Lt | LtEq | Gt | GtEq | NullSafeEq)
    }
}

/// One-sided operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Not,
    /// `-x` of the Column API, shown as `negative(x)`; SQL's shows `(- x)`.
    Negate,
    BitNot,
    IsNull,
    IsNotNull,
    IsNaN,
}

/// One sort key.
#[derive(Debug, Clone, PartialEq)]
pub struct SortOrder {
    pub child: Expr,
    pub ascending: bool,
    pub nulls_first: bool,
}

impl SortOrder {
    /// Spark's default for a direction: nulls first ascending, last descending.
    #[must_use]
    pub fn new(child: Expr, ascending: bool) -> Self {
        SortOrder { child, ascending, nulls_first: ascending }
    }
}

/// `OVER (PARTITION BY … ORDER BY … frame)`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WindowSpec {
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<SortOrder>,
    /// Absent: the function's own default.
    pub frame: Option<WindowFrame>,
}

/// A window frame.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowFrame {
    pub unit: FrameUnit,
    pub start: FrameBound,
    pub end: FrameBound,
}

/// The function that stands for `name => value` among the arguments of a call.
pub const NAMED_ARGUMENT: &str = "=>";

/// What a frame's bounds count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameUnit {
    Rows,
    Range,
}

/// One end of a frame; a literal offset is negative before the current row.
#[derive(Debug, Clone, PartialEq)]
pub enum FrameBound {
    UnboundedPreceding,
    CurrentRow,
    /// Rows, or a distance in the order column's type.
    Offset(Box<Expr>),
    UnboundedFollowing,
}

impl Expr {
    /// A column by its dotted name.
    #[must_use]
    pub fn column(name: &str) -> Expr {
        Expr::UnresolvedAttribute(name.split('.').map(str::to_owned).collect())
    }

    /// A value of its natural type.
    #[must_use]
    pub fn literal(value: Scalar) -> Expr {
        let data_type = value.data_type();
        Expr::Literal(value, data_type)
    }

    /// A whole number of type int.
    #[must_use]
    pub fn int(value: i32) -> Expr {
        Expr::Literal(Scalar::Integer(value), DataType::Integer)
    }

    /// A call from the Column API.
    pub fn call(name: impl Into<String>, args: Vec<Expr>) -> Expr {
        Expr::Call(Call {
            name: name.into(),
            args,
            distinct: false,
            filter: None,
            ignore_nulls: false,
            origin: CallOrigin::ColumnApi,
        })
    }

    /// What a call is given, and the name by which it is given (`name => value`).
    #[must_use]
    pub fn named_argument(self) -> (Expr, Option<String>) {
        match self {
            Expr::Call(mut call) if call.name == NAMED_ARGUMENT && call.args.len() == 2 => {
                let value = call.args.pop().unwrap_or(Expr::Star(None));
                match call.args.pop() {
                    Some(Expr::Literal(Scalar::String(name), _)) => (value, Some(name)),
                    _ => (value, None),
                }
            }
            other => (other, None),
        }
    }

    /// What a call is given, whether by name or not.
    #[must_use]
    pub fn unnamed_argument(self) -> Expr {
        self.named_argument().0
    }

    /// `self AS name`, id to be assigned by the analyzer.
    #[must_use]
    pub fn alias(self, name: impl Into<String>) -> Expr {
        Expr::Alias { child: Box::new(self), name: name.into(), id: ExprId::UNASSIGNED, metadata: None }
    }

    /// `left op right`.
    #[must_use]
    pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
        Expr::Binary { op, left: Box::new(left), right: Box::new(right) }
    }

    /// `op child`.
    #[must_use]
    pub fn unary(op: UnaryOp, child: Expr) -> Expr {
        Expr::Unary { op, child: Box::new(child) }
    }

    /// The type of a *resolved* expression; `DataType::Null` for anything unresolved.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        match self {
            Expr::Attribute(attribute) | Expr::OuterReference(attribute) => attribute.data_type.clone(),
            Expr::Literal(_, data_type)
            | Expr::Function { data_type, .. }
            | Expr::WindowFunction { data_type, .. }
            | Expr::Udf { data_type, .. } => data_type.clone(),
            Expr::Aggregate(call) => call.data_type.clone(),
            Expr::Alias { child, .. } => child.data_type(),
            Expr::Cast { to, .. } => to.clone(),
            Expr::Binary { op, left, right } => {
                super::functions::binary_type(*op, &left.data_type(), &right.data_type())
            }
            Expr::Unary { op, child } => match op {
                UnaryOp::Negate | UnaryOp::BitNot => child.data_type(),
                UnaryOp::Not | UnaryOp::IsNull | UnaryOp::IsNotNull | UnaryOp::IsNaN => DataType::Boolean,
            },
            Expr::Case { branches, otherwise } => branches
                .iter()
                .map(|(_, then)| then.data_type())
                .chain(otherwise.iter().map(|value| value.data_type()))
                .find(|data_type| *data_type != DataType::Null)
                .unwrap_or(DataType::Null),
            Expr::In { .. } | Expr::InSubquery { .. } | Expr::Exists(_) => DataType::Boolean,
            Expr::Window { function, .. } => function.data_type(),
            Expr::Lambda { body, .. } => body.data_type(),
            Expr::SortOrder(order) => order.child.data_type(),
            Expr::ScalarSubquery(plan) => {
                plan.output().first().map_or(DataType::Null, |column| column.data_type.clone())
            }
            Expr::UnresolvedAttribute(_)
            | Expr::Star(_)
            | Expr::ColumnRegex(_)
            | Expr::Call(_)
            | Expr::MultiAlias { .. }
            | Expr::Extract { .. }
            | Expr::TableCall(_)
            | Expr::Generator { .. } => DataType::Null,
        }
    }

    /// Whether a *resolved* expression can be null.
    #[must_use]
    pub fn nullable(&self) -> bool {
        match self {
            Expr::Attribute(attribute) | Expr::OuterReference(attribute) => attribute.nullable,
            Expr::Literal(value, _) => value.is_null(),
            Expr::Function { nullable, .. } => *nullable,
            Expr::Aggregate(call) => call.nullable,
            Expr::Alias { child, .. } => child.nullable(),
            Expr::Cast { child, to, mode, .. } => {
                child.nullable()
                    || *mode == CastMode::Try
                    || super::functions::cast_may_give_null(&child.data_type(), to, *mode)
            }
            Expr::Binary { op, left, right } => match op {
                BinaryOp::NullSafeEq => false,
                BinaryOp::Divide | BinaryOp::IntegralDivide | BinaryOp::Remainder => true,
                _ => left.nullable() || right.nullable(),
            },
            Expr::Unary { op, child } => match op {
                UnaryOp::IsNull | UnaryOp::IsNotNull | UnaryOp::IsNaN => false,
                UnaryOp::Not | UnaryOp::Negate | UnaryOp::BitNot => child.nullable(),
            },
            Expr::Case { branches, otherwise } => {
                branches.iter().any(|(_, then)| then.nullable())
                    || otherwise.as_ref().is_none_or(|value| value.nullable())
            }
            Expr::In { value, list } => value.nullable() || list.iter().any(Expr::nullable),
            Expr::Exists(_) => false,
            Expr::WindowFunction { function, .. } => function.nullable,
            Expr::Window { function, .. } => function.nullable(),
            Expr::Lambda { body, .. } => body.nullable(),
            Expr::SortOrder(order) => order.child.nullable(),
            Expr::UnresolvedAttribute(_)
            | Expr::Star(_)
            | Expr::ColumnRegex(_)
            | Expr::Call(_)
            | Expr::MultiAlias { .. }
            | Expr::Extract { .. }
            | Expr::Generator { .. }
            | Expr::TableCall(_)
            | Expr::Udf { .. }
            | Expr::InSubquery { .. }
            | Expr::ScalarSubquery(_) => true,
        }
    }

    /// The direct children, left to right (plans inside subqueries not included).
    #[must_use]
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::UnresolvedAttribute(_)
            | Expr::Star(_)
            | Expr::ColumnRegex(_)
            | Expr::Attribute(_)
            | Expr::Literal(..)
            | Expr::ScalarSubquery(_)
            | Expr::Exists(_)
            | Expr::OuterReference(_) => Vec::new(),
            Expr::Call(call) => call.args.iter().chain(call.filter.as_deref()).collect(),
            Expr::Aggregate(call) => call.args.iter().chain(call.filter.as_deref()).collect(),
            Expr::TableCall(call) => call.args.iter().collect(),
            Expr::Alias { child, .. }
            | Expr::MultiAlias { child, .. }
            | Expr::Cast { child, .. }
            | Expr::Unary { child, .. } => vec![child],
            Expr::Binary { left, right, .. } => vec![left, right],
            Expr::Case { branches, otherwise } => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()).collect()
            }
            Expr::In { value, list } => std::iter::once(value.as_ref()).chain(list).collect(),
            Expr::Extract { child, key } => vec![child, key],
            Expr::Function { args, .. }
            | Expr::WindowFunction { args, .. }
            | Expr::Generator { args, .. }
            | Expr::Udf { args, .. } => args.iter().collect(),
            Expr::Window { function, spec } => std::iter::once(function.as_ref())
                .chain(&spec.partition_by)
                .chain(spec.order_by.iter().map(|order| &order.child))
                .chain(spec.frame.iter().flat_map(|frame| [&frame.start, &frame.end]).filter_map(|bound| match bound {
                    FrameBound::Offset(offset) => Some(offset.as_ref()),
                    FrameBound::UnboundedPreceding | FrameBound::CurrentRow | FrameBound::UnboundedFollowing => None,
                }))
                .collect(),
            Expr::Lambda { body, .. } => vec![body],
            Expr::InSubquery { values, .. } => values.iter().collect(),
            Expr::SortOrder(order) => vec![&order.child],
        }
    }

    /// The same expression with every direct child replaced by `f(child)`.
    ///
    /// # Errors
    /// The first error of `f`.
    pub fn try_map_children<E>(self, f: &mut impl FnMut(Expr) -> Result<Expr, E>) -> Result<Expr, E> {
        Ok(match self {
            leaf @ (Expr::UnresolvedAttribute(_)
            | Expr::Star(_)
            | Expr::ColumnRegex(_)
            | Expr::Attribute(_)
            | Expr::Literal(..)
            | Expr::ScalarSubquery(_)
            | Expr::Exists(_)
            | Expr::OuterReference(_)) => leaf,
            Expr::Call(call) => {
                Expr::Call(Call { args: map_all(call.args, f)?, filter: map_option(call.filter, f)?, ..call })
            }
            Expr::Aggregate(call) => Expr::Aggregate(AggregateCall {
                args: map_all(call.args, f)?,
                filter: map_option(call.filter, f)?,
                ..call
            }),
            Expr::TableCall(call) => Expr::TableCall(Box::new(TableCall { args: map_all(call.args, f)?, ..*call })),
            Expr::Alias { child, name, id, metadata } => Expr::Alias { child: map_box(child, f)?, name, id, metadata },
            Expr::MultiAlias { child, names } => Expr::MultiAlias { child: map_box(child, f)?, names },
            Expr::Cast { child, to, mode, implicit } => Expr::Cast { child: map_box(child, f)?, to, mode, implicit },
            Expr::Unary { op, child } => Expr::Unary { op, child: map_box(child, f)? },
            Expr::Binary { op, left, right } => Expr::Binary { op, left: map_box(left, f)?, right: map_box(right, f)? },
            Expr::Case { branches, otherwise } => Expr::Case {
                branches: branches
                    .into_iter()
                    .map(|(when, then)| Ok((f(when)?, f(then)?)))
                    .collect::<Result<_, E>>()?,
                otherwise: map_option(otherwise, f)?,
            },
            Expr::In { value, list } => Expr::In { value: map_box(value, f)?, list: map_all(list, f)? },
            Expr::Extract { child, key } => Expr::Extract { child: map_box(child, f)?, key: map_box(key, f)? },
            Expr::Function { function, args, data_type, nullable } => {
                Expr::Function { function, args: map_all(args, f)?, data_type, nullable }
            }
            Expr::WindowFunction { function, args, ignore_nulls, data_type } => {
                Expr::WindowFunction { function, args: map_all(args, f)?, ignore_nulls, data_type }
            }
            Expr::Window { function, spec } => Expr::Window {
                function: map_box(function, f)?,
                spec: WindowSpec {
                    partition_by: map_all(spec.partition_by, f)?,
                    order_by: spec
                        .order_by
                        .into_iter()
                        .map(|order| Ok(SortOrder { child: f(order.child)?, ..order }))
                        .collect::<Result<_, E>>()?,
                    frame: match spec.frame {
                        Some(WindowFrame { unit, start, end }) => {
                            Some(WindowFrame { unit, start: map_bound(start, f)?, end: map_bound(end, f)? })
                        }
                        None => None,
                    },
                },
            },
            Expr::Generator { function, args, outer } => Expr::Generator { function, args: map_all(args, f)?, outer },
            Expr::Lambda { params, body } => Expr::Lambda { params, body: map_box(body, f)? },
            Expr::Udf { function, args, data_type } => Expr::Udf { function, args: map_all(args, f)?, data_type },
            Expr::InSubquery { values, plan } => Expr::InSubquery { values: map_all(values, f)?, plan },
            Expr::SortOrder(order) => Expr::SortOrder(Box::new(SortOrder { child: f(order.child)?, ..*order })),
        })
    }

    /// Rewrites the tree from the leaves up.
    ///
    /// # Errors
    /// The first error of `f`.
    pub fn try_transform_up<E>(self, f: &mut impl FnMut(Expr) -> Result<Expr, E>) -> Result<Expr, E> {
        fn walk<E>(expr: Expr, f: &mut dyn FnMut(Expr) -> Result<Expr, E>) -> Result<Expr, E> {
            let expr = expr.try_map_children(&mut |child| walk(child, f))?;
            f(expr)
        }
        walk(self, f)
    }

    /// Rewrites the tree from the leaves up.
    #[must_use]
    pub fn transform_up(self, f: &mut impl FnMut(Expr) -> Expr) -> Expr {
        match self.try_transform_up(&mut |expr| Ok::<_, std::convert::Infallible>(f(expr))) {
            Ok(expr) => expr,
            Err(never) => match never {},
        }
    }

    /// Visits the tree from the root down.
    pub fn visit<'a>(&'a self, f: &mut impl FnMut(&'a Expr)) {
        fn walk<'a>(expr: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
            f(expr);
            for child in expr.children() {
                walk(child, f);
            }
        }
        walk(self, f);
    }

    /// Whether any part of the tree satisfies `test`.
    #[must_use]
    pub fn any(&self, test: impl Fn(&Expr) -> bool) -> bool {
        let mut found = false;
        self.visit(&mut |expr| found = found || test(expr));
        found
    }

    /// The plan inside, if this is a subquery.
    #[must_use]
    pub fn subquery(&self) -> Option<&Arc<LogicalPlan>> {
        match self {
            Expr::ScalarSubquery(plan) | Expr::Exists(plan) | Expr::InSubquery { plan, .. } => Some(plan),
            _ => None,
        }
    }

    /// The same, if this is a subquery, over another plan.
    #[must_use]
    pub fn map_subquery(mut self, f: impl FnOnce(&Arc<LogicalPlan>) -> Arc<LogicalPlan>) -> Expr {
        if let Expr::ScalarSubquery(plan) | Expr::Exists(plan) | Expr::InSubquery { plan, .. } = &mut self {
            *plan = f(plan);
        }
        self
    }

    /// How many parts of the tree satisfy `test`.
    #[must_use]
    pub fn count(&self, test: impl Fn(&Expr) -> bool) -> u64 {
        let mut found = 0;
        self.visit(&mut |expr| found += u64::from(test(expr)));
        found
    }

    /// The attributes that a resolved expression reads.
    #[must_use]
    pub fn references(&self) -> Vec<&Attribute> {
        let mut found = Vec::new();
        self.visit(&mut |expr| {
            if let Expr::Attribute(attribute) = expr {
                found.push(attribute);
            }
        });
        found
    }

    /// The column that a *named* resolved expression (attribute or alias) gives.
    #[must_use]
    pub fn to_attribute(&self) -> Option<Attribute> {
        match self {
            Expr::Attribute(attribute) => Some(attribute.clone()),
            Expr::Alias { child, name, id, .. } => {
                Some(Attribute::new(name.clone(), *id, child.data_type(), child.nullable()))
            }
            _ => None,
        }
    }
}

type Mapped<T, E> = Result<T, E>;

#[expect(clippy::boxed_local, reason = "callers hand over the box they hold")]
fn map_box<E>(expr: Box<Expr>, f: &mut impl FnMut(Expr) -> Mapped<Expr, E>) -> Mapped<Box<Expr>, E> {
    Ok(Box::new(f(*expr)?))
}

fn map_all<E>(exprs: Vec<Expr>, f: &mut impl FnMut(Expr) -> Mapped<Expr, E>) -> Mapped<Vec<Expr>, E> {
    exprs.into_iter().map(f).collect()
}

fn map_option<E>(expr: Option<Box<Expr>>, f: &mut impl FnMut(Expr) -> Mapped<Expr, E>) -> Mapped<Option<Box<Expr>>, E> {
    expr.map(|expr| map_box(expr, f)).transpose()
}

fn map_bound<E>(bound: FrameBound, f: &mut impl FnMut(Expr) -> Mapped<Expr, E>) -> Mapped<FrameBound, E> {
    Ok(match bound {
        FrameBound::Offset(offset) => FrameBound::Offset(map_box(offset, f)?),
        other @ (FrameBound::UnboundedPreceding | FrameBound::CurrentRow | FrameBound::UnboundedFollowing) => other,
    })
}
