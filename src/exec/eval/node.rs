//! Bound expressions: columns by number, constants as one-row arrays, functions as kernels.

use super::by_value::{self, ByValue};
use super::call::{Call, CallState, Kernel};
use super::value::Value;
use super::{EvalContext, arithmetic, boolean, cast, comparison, higher_order};
use crate::common::{Result, SparkError};
use crate::logical::expr::{Attribute, BinaryOp, CastMode, Expr, UnaryOp};
use crate::logical::functions::RowFunction;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::array::{Array, ArrayRef, BooleanArray, NullArray};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// An expression whose columns are numbers.
#[derive(Debug)]
pub struct BoundExpr {
    pub(super) node: Node,
    pub(super) data_type: DataType,
}

pub(super) enum Node {
    Column(usize),
    Constant(ArrayRef),
    Cast {
        child: Box<BoundExpr>,
        mode: CastMode,
    },
    Binary {
        op: BinaryOp,
        left: Box<BoundExpr>,
        right: Box<BoundExpr>,
    },
    Unary {
        op: UnaryOp,
        child: Box<BoundExpr>,
    },
    Case {
        branches: Vec<(BoundExpr, BoundExpr)>,
        otherwise: Option<Box<BoundExpr>>,
    },
    Coalesce(Vec<BoundExpr>),
    In {
        value: Box<BoundExpr>,
        list: Vec<BoundExpr>,
    },
    Call {
        name: &'static str,
        kernel: Kernel,
        pure: bool,
        args: Vec<BoundExpr>,
        types: Vec<DataType>,
        state: Box<CallState>,
    },
    HigherOrder {
        name: &'static str,
        args: Vec<BoundExpr>,
        lambdas: Vec<Lambda>,
    },
    Udf {
        function: Arc<dyn RowFunction>,
        args: Vec<BoundExpr>,
    },
    /// Computed once for each distinct text of its only column.
    ByValue(ByValue),
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Node::Column(i) => write!(f, "#{i}"),
            Node::Constant(array) => write!(f, "{array:?}"),
            Node::Cast { child, .. } => write!(f, "cast({child:?})"),
            Node::Binary { op, left, right } => write!(f, "({left:?} {op:?} {right:?})"),
            Node::Unary { op, child } => write!(f, "{op:?}({child:?})"),
            Node::Case { branches, otherwise } => write!(f, "case {branches:?} {otherwise:?}"),
            Node::Coalesce(args) => write!(f, "coalesce{args:?}"),
            Node::In { value, list } => write!(f, "{value:?} in {list:?}"),
            Node::Call { name, args, .. } | Node::HigherOrder { name, args, .. } => write!(f, "{name}{args:?}"),
            Node::Udf { function, args } => write!(f, "{function:?}{args:?}"),
            Node::ByValue(shared) => write!(f, "{:?}", shared.child),
        }
    }
}

/// A function of elements. Its columns are the captured columns of the row, then the parameters.
#[derive(Debug)]
pub(super) struct Lambda {
    pub(super) captured: Vec<usize>,
    pub(super) body: BoundExpr,
}

/// The columns of a batch, or of some of its rows.
pub(super) struct Rows {
    pub(super) columns: Vec<ArrayRef>,
    pub(super) len: usize,
}

impl Rows {
    pub(super) fn of(batch: &RecordBatch) -> Rows {
        Rows { columns: batch.columns().to_vec(), len: batch.num_rows() }
    }

    /// The rows of the mask, with the columns that `expr` reads; the others are emptied.
    pub(super) fn select(&self, mask: &BooleanArray, expr: &BoundExpr) -> Result<Rows> {
        let mut used = vec![false; self.columns.len()];
        expr.mark_used(&mut used);
        let len = mask.true_count();
        let columns = self
            .columns
            .iter()
            .zip(used)
            .map(|(column, used)| {
                if used {
                    Ok(arrow::compute::filter(column, mask)?)
                } else {
                    Ok(Arc::new(NullArray::new(len)) as ArrayRef)
                }
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Rows { columns, len })
    }
}

/// Binds a resolved expression to the columns of its input.
///
/// # Errors
/// A column that the input does not have (a bug of the planner), a function without a kernel.
pub fn bind(expr: &Expr, input: &[Attribute]) -> Result<BoundExpr> {
    Ok(by_value::shared(bind_node(expr, input)?))
}

fn bind_node(expr: &Expr, input: &[Attribute]) -> Result<BoundExpr> {
    let boxed = |expr: &Expr| Ok::<_, SparkError>(Box::new(bind_node(expr, input)?));
    let all = |exprs: &[Expr]| exprs.iter().map(|expr| bind_node(expr, input)).collect::<Result<Vec<_>>>();
    let node = match expr {
        Expr::Alias { child, .. } => return bind_node(child, input),
        Expr::Attribute(attribute) | Expr::OuterReference(attribute) => Node::Column(position(attribute, input)?),
        Expr::Literal(value, data_type) => Node::Constant(Scalar::to_array(std::slice::from_ref(value), data_type)?),
        Expr::Cast { child, to, .. } if child.data_type() == *to => return bind_node(child, input),
        Expr::Cast { child, mode, .. } => Node::Cast { child: boxed(child)?, mode: *mode },
        Expr::Binary { op, left, right } => Node::Binary { op: *op, left: boxed(left)?, right: boxed(right)? },
        Expr::Unary { op, child } => Node::Unary { op: *op, child: boxed(child)? },
        Expr::Case { branches, otherwise } => Node::Case {
            branches: branches
                .iter()
                .map(|(when, then)| Ok((bind_node(when, input)?, bind_node(then, input)?)))
                .collect::<Result<_>>()?,
            otherwise: otherwise.as_deref().map(boxed).transpose()?,
        },
        Expr::In { value, list } => Node::In { value: boxed(value)?, list: all(list)? },
        Expr::Udf { function, args, .. } => Node::Udf { function: function.clone(), args: all(args)? },
        Expr::SortOrder(order) => return bind_node(&order.child, input),
        Expr::Function { function, args, data_type, .. } => {
            return bind_function(function, args, data_type, input);
        }
        other => {
            return Err(SparkError::internal(format!("an expression that cannot be computed row by row: {other:?}")));
        }
    };
    Ok(BoundExpr { node, data_type: expr.data_type() }.folded())
}

fn position(attribute: &Attribute, input: &[Attribute]) -> Result<usize> {
    input.iter().position(|own| own.id == attribute.id).ok_or_else(|| {
        SparkError::internal(format!(
            "the column {}{} is not in the input of its operator",
            attribute.name, attribute.id
        ))
    })
}

fn bind_function(
    function: &'static crate::logical::functions::ScalarFunction,
    args: &[Expr],
    data_type: &DataType,
    input: &[Attribute],
) -> Result<BoundExpr> {
    let all = |exprs: &[Expr]| exprs.iter().map(|expr| bind_node(expr, input)).collect::<Result<Vec<_>>>();
    let node = match function.name {
        "if" => {
            let mut bound = all(args)?.into_iter();
            match (bound.next(), bound.next(), bound.next()) {
                (Some(when), Some(then), otherwise) => {
                    Node::Case { branches: vec![(when, then)], otherwise: otherwise.map(Box::new) }
                }
                _ => return Err(SparkError::internal("`if` without its three arguments")),
            }
        }
        "coalesce" | "nvl" => Node::Coalesce(all(args)?),
        name if args.iter().any(|arg| matches!(arg, Expr::Lambda { .. })) => {
            let lambdas = args
                .iter()
                .filter_map(|arg| match arg {
                    Expr::Lambda { params, body } => Some(bind_lambda(params, body, input)),
                    _ => None,
                })
                .collect::<Result<Vec<_>>>()?;
            let plain: Vec<Expr> = args.iter().filter(|arg| !matches!(arg, Expr::Lambda { .. })).cloned().collect();
            Node::HigherOrder { name, args: all(&plain)?, lambdas }
        }
        name => {
            let kernel = super::functions::kernel(name)
                .ok_or_else(|| SparkError::unsupported(format!("the function `{name}`"), "use another function"))?;
            let types = args.iter().map(Expr::data_type).collect();
            let pure = function.deterministic;
            Node::Call { name, kernel, pure, args: all(args)?, types, state: Box::default() }
        }
    };
    Ok(BoundExpr { node, data_type: data_type.clone() })
}

fn bind_lambda(params: &[Attribute], body: &Expr, input: &[Attribute]) -> Result<Lambda> {
    let references = body.references();
    let captured: Vec<usize> =
        (0..input.len()).filter(|i| references.iter().any(|attribute| attribute.id == input[*i].id)).collect();
    let columns: Vec<Attribute> = captured.iter().map(|i| input[*i].clone()).chain(params.iter().cloned()).collect();
    Ok(Lambda { captured, body: bind_node(body, &columns)? })
}

impl BoundExpr {
    /// The type of its values.
    #[must_use]
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The column it stands for, when it is nothing but a column.
    #[must_use]
    pub fn as_column(&self) -> Option<usize> {
        match self.node {
            Node::Column(i) => Some(i),
            _ => None,
        }
    }

    /// A cast of a constant is computed now, if it succeeds.
    fn folded(self) -> BoundExpr {
        if let Node::Cast { child, mode } = &self.node
            && let Node::Constant(array) = &child.node
            && !cast::needs_zone(&child.data_type, &self.data_type)
            && let Ok(done) = cast::cast(array, &child.data_type, &self.data_type, *mode, &EvalContext::plain())
        {
            return BoundExpr { node: Node::Constant(done), data_type: self.data_type };
        }
        self
    }

    pub(super) fn children(&self) -> Vec<&BoundExpr> {
        match &self.node {
            Node::Column(_) | Node::Constant(_) => Vec::new(),
            Node::Cast { child, .. } | Node::Unary { child, .. } | Node::ByValue(ByValue { child, .. }) => vec![child],
            Node::Binary { left, right, .. } => vec![left, right],
            Node::Case { branches, otherwise } => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()).collect()
            }
            Node::In { value, list } => std::iter::once(value.as_ref()).chain(list).collect(),
            Node::Coalesce(args)
            | Node::Call { args, .. }
            | Node::HigherOrder { args, .. }
            | Node::Udf { args, .. } => args.iter().collect(),
        }
    }

    pub(super) fn children_mut(&mut self) -> Vec<&mut BoundExpr> {
        match &mut self.node {
            Node::Column(_) | Node::Constant(_) => Vec::new(),
            Node::Cast { child, .. } | Node::Unary { child, .. } | Node::ByValue(ByValue { child, .. }) => vec![child],
            Node::Binary { left, right, .. } => vec![left, right],
            Node::Case { branches, otherwise } => {
                let both = branches.iter_mut().flat_map(|(when, then)| [when, then]);
                both.chain(otherwise.as_deref_mut()).collect()
            }
            Node::In { value, list } => std::iter::once(value.as_mut()).chain(list).collect(),
            Node::Coalesce(args)
            | Node::Call { args, .. }
            | Node::HigherOrder { args, .. }
            | Node::Udf { args, .. } => args.iter_mut().collect(),
        }
    }

    fn mark_used(&self, used: &mut [bool]) {
        match &self.node {
            Node::Column(i) => used[*i] = true,
            Node::HigherOrder { lambdas, .. } => {
                for i in lambdas.iter().flat_map(|lambda| &lambda.captured) {
                    used[*i] = true;
                }
            }
            _ => {}
        }
        for child in self.children() {
            child.mark_used(used);
        }
    }

    /// Whether computing rows that are not needed could show: a Python function, or chance.
    pub(super) fn is_visible(&self) -> bool {
        match &self.node {
            Node::Udf { .. } | Node::Call { pure: false, .. } => true,
            _ => self.children().into_iter().any(BoundExpr::is_visible),
        }
    }

    /// The values for each row of a batch.
    ///
    /// # Errors
    /// What a row raised.
    pub fn eval(&self, batch: &RecordBatch, context: &EvalContext) -> Result<ArrayRef> {
        if let Node::Column(i) = self.node {
            return Ok(batch.column(i).clone());
        }
        let rows = Rows::of(batch);
        let array = self.value(&rows, context)?.into_array(rows.len)?;
        if self.data_type == DataType::Null && !matches!(array.data_type(), arrow::datatypes::DataType::Null) {
            return Ok(Arc::new(NullArray::new(rows.len)));
        }
        Ok(array)
    }

    /// The rows for which a condition holds; null counts as false, and the answer has no nulls.
    ///
    /// # Errors
    /// What a row raised.
    pub fn eval_predicate(&self, batch: &RecordBatch, context: &EvalContext) -> Result<BooleanArray> {
        let rows = Rows::of(batch);
        let values = self.value(&rows, context)?.into_array(rows.len)?;
        Ok(boolean::holds(&values))
    }

    /// The value of a constant expression.
    ///
    /// # Errors
    /// What computing it raised.
    pub fn eval_constant(&self, context: &EvalContext) -> Result<Scalar> {
        let rows = Rows { columns: Vec::new(), len: 1 };
        let array = self.value(&rows, context)?.into_array(1)?;
        Scalar::from_array(&array, 0, &self.data_type)
    }

    pub(super) fn value(&self, rows: &Rows, context: &EvalContext) -> Result<Value> {
        match &self.node {
            Node::Column(i) => Ok(Value::Array(rows.columns[*i].clone())),
            Node::Constant(array) => Ok(Value::Constant(array.clone())),
            Node::Cast { child, mode } => {
                let value = child.value(rows, context)?;
                let done = cast::cast(value.array(), &child.data_type, &self.data_type, *mode, context)?;
                Ok(if value.is_constant() { Value::Constant(done) } else { Value::Array(done) })
            }
            Node::Binary { op: BinaryOp::And, left, right } => boolean::and(left, right, rows, context),
            Node::Binary { op: BinaryOp::Or, left, right } => boolean::or(left, right, rows, context),
            Node::Binary { op, left, right } => {
                let (l, r) = (left.value(rows, context)?, right.value(rows, context)?);
                let types = (&left.data_type, &right.data_type);
                if op.is_comparison() {
                    comparison::compare(*op, &l, &r, types, rows.len, context)
                } else {
                    arithmetic::arithmetic(*op, &l, &r, types, &self.data_type, rows.len, context)
                }
            }
            Node::Unary { op, child } => {
                let value = child.value(rows, context)?;
                arithmetic::unary(*op, &value, &child.data_type, context)
            }
            Node::Case { branches, otherwise } => {
                boolean::case(branches, otherwise.as_deref(), &self.data_type, rows, context)
            }
            Node::Coalesce(args) => boolean::coalesce(args, &self.data_type, rows, context),
            Node::In { value, list } => comparison::in_list(value, list, rows, context),
            Node::Call { name, kernel, pure, args, types, state } => {
                let args = args.iter().map(|arg| arg.value(rows, context)).collect::<Result<Vec<_>>>()?;
                let constant = *pure && args.iter().all(Value::is_constant);
                let count = if constant { 1 } else { rows.len };
                let call = Call { name, args: &args, types, out: &self.data_type, rows: count, context, state };
                let done = kernel(&call)?;
                Ok(if constant { Value::Constant(done) } else { Value::Array(done) })
            }
            Node::HigherOrder { name, args, lambdas } => {
                higher_order::eval(name, args, lambdas, &self.data_type, rows, context).map(Value::Array)
            }
            Node::ByValue(shared) => shared.value(rows, context),
            Node::Udf { function, args } => udf(function.as_ref(), args, &self.data_type, rows, context),
        }
    }
}

fn udf(
    function: &dyn RowFunction,
    args: &[BoundExpr],
    out: &DataType,
    rows: &Rows,
    context: &EvalContext,
) -> Result<Value> {
    let columns = args.iter().map(|arg| arg.value(rows, context)?.into_array(rows.len)).collect::<Result<Vec<_>>>()?;
    let inputs = (0..rows.len)
        .map(|row| {
            columns.iter().zip(args).map(|(column, arg)| Scalar::from_array(column, row, &arg.data_type)).collect()
        })
        .collect::<Result<Vec<Vec<Scalar>>>>()?;
    let types: Vec<DataType> = args.iter().map(|arg| arg.data_type.clone()).collect();
    Ok(Value::Array(Scalar::to_array(&function.call_typed(&inputs, &types)?, out)?))
}
