//! Expressions over one text column whose texts repeat: computed once for each distinct text of a batch, then spread over the rows.
//!
//! ```text
//!   cast(regexp_extract(rep, 'Rep_(\d+)', 1) as int)       8192 rows, 20 texts
//!     number the texts ──▶ compute 20 values ──▶ take by number
//! ```
//!
//! Not for what sees more than the text (Python functions, chance), nor where a look at the first rows shows that texts hardly repeat.
//! The distinct texts are those of the rows, in their order, so an error is raised when and as the rows would raise it.

use super::EvalContext;
use super::node::{BoundExpr, Node, Rows};
use super::value::Value;
use crate::common::Result;
use crate::exec::aggregate::Groups;
use crate::logical::types::DataType;
use arrow::array::{ArrayRef, AsArray, NullArray, UInt32Array};
use arrow::datatypes::DataType as ArrowType;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Rows that are looked at before all are numbered.
const PROBE_ROWS: usize = 1024;
/// Batches that are not looked at after one whose texts hardly repeat.
const PAUSE: u32 = 31;
/// Functions that cost no more than numbering texts.
const CHEAP: [&str; 3] = ["length", "octet_length", "bit_length"];

/// An expression and its only column.
pub(super) struct ByValue {
    column: usize,
    pub(super) child: Box<BoundExpr>,
    /// Batches still to be passed over. Decides about speed only.
    pause: AtomicU32,
}

/// Wraps the largest parts of an expression for which it pays.
pub(super) fn shared(mut expr: BoundExpr) -> BoundExpr {
    if let Some(column) = only_text(&expr)
        && !expr.data_type.to_arrow().is_nested()
        && is_costly(&expr)
        && !expr.is_visible()
    {
        let data_type = expr.data_type.clone();
        return BoundExpr {
            node: Node::ByValue(ByValue { column, child: Box::new(expr), pause: AtomicU32::new(0) }),
            data_type,
        };
    }
    for child in expr.children_mut() {
        let placeholder = BoundExpr { node: Node::Column(0), data_type: DataType::Null };
        *child = shared(std::mem::replace(child, placeholder));
    }
    expr
}

/// The column that the expression reads, if it is one and holds text.
fn only_text(expr: &BoundExpr) -> Option<usize> {
    fn walk(expr: &BoundExpr, found: &mut Option<usize>) -> bool {
        match &expr.node {
            Node::Column(i) => {
                let same = found.is_none_or(|found| found == *i);
                *found = Some(*i);
                same && expr.data_type == DataType::String
            }
            Node::HigherOrder { .. } | Node::Udf { .. } => false,
            _ => expr.children().into_iter().all(|child| walk(child, found)),
        }
    }
    let mut found = None;
    walk(expr, &mut found).then_some(found).flatten()
}

fn is_costly(expr: &BoundExpr) -> bool {
    let own = match &expr.node {
        Node::Call { name, .. } => !CHEAP.contains(name),
        Node::Cast { child, .. } => child.data_type == DataType::String && expr.data_type != DataType::String,
        _ => false,
    };
    own || expr.children().into_iter().any(is_costly)
}

impl ByValue {
    pub(super) fn value(&self, rows: &Rows, context: &EvalContext) -> Result<Value> {
        let Some((texts, numbers)) = self.numbered(rows)? else { return self.child.value(rows, context) };
        let len = texts.len();
        let nothing: ArrayRef = Arc::new(NullArray::new(len));
        let mut columns = vec![nothing; rows.columns.len()];
        columns[self.column] = texts;
        let values = self.child.value(&Rows { columns, len }, context)?.into_array(len)?;
        Ok(Value::Array(arrow::compute::take(&values, &UInt32Array::from(numbers), None)?))
    }

    /// The distinct texts and each row's number; nothing when they hardly repeat.
    fn numbered(&self, rows: &Rows) -> Result<Option<(ArrayRef, Vec<u32>)>> {
        let column = &rows.columns[self.column];
        if rows.len < 2 * PROBE_ROWS || column.as_string_view_opt().is_none() {
            return Ok(None);
        }
        let pause = self.pause.load(Ordering::Relaxed);
        if pause > 0 {
            self.pause.store(pause - 1, Ordering::Relaxed);
            return Ok(None);
        }
        let mut texts = Groups::new(&[ArrowType::Utf8View])?;
        let mut numbers = Vec::with_capacity(rows.len);
        texts.assign(&[column.slice(0, PROBE_ROWS)], PROBE_ROWS, &mut numbers)?;
        if texts.len() > PROBE_ROWS * 3 / 4 {
            self.pause.store(PAUSE, Ordering::Relaxed);
            return Ok(None);
        }
        texts.assign(std::slice::from_ref(column), rows.len, &mut numbers)?;
        Ok(texts.into_keys(&[true])?.into_iter().next().map(|texts| (texts, numbers)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::bind;
    use super::*;
    use crate::common::ids::ExprId;
    use crate::logical::expr::{Attribute, CastMode, Expr};
    use arrow::array::{Array, StringViewArray};
    use arrow::datatypes::Int32Type;
    use arrow::record_batch::RecordBatch;

    #[test]
    fn repeating_texts_are_computed_once_and_errors_still_come() {
        let text = Attribute::new("t", ExprId(1), DataType::String, true);
        let cast = Expr::Cast {
            child: Box::new(Expr::Attribute(text.clone())),
            to: DataType::Integer,
            mode: CastMode::Ansi,
            implicit: false,
        };
        let bound = bind(&cast, &[text]).unwrap();
        assert!(matches!(bound.node, Node::ByValue(_)));
        let check = |word: &dyn Fn(usize) -> Option<String>| {
            let column: ArrayRef = Arc::new((0..4096).map(word).collect::<StringViewArray>());
            bound.eval(&RecordBatch::try_from_iter([("t", column)]).unwrap(), &EvalContext::plain())
        };
        let values = check(&|row| (row % 10 != 3).then(|| format!("{}", row % 10))).unwrap();
        let values = values.as_primitive::<Int32Type>();
        assert!((0..4096).all(|row| if row % 10 == 3 {
            values.is_null(row)
        } else {
            values.value(row) == (row % 10) as i32
        }));
        let unique = check(&|row| Some(row.to_string())).unwrap();
        assert_eq!(unique.as_primitive::<Int32Type>().value(4095), 4095);
        assert!(check(&|row| Some(if row == 4000 { "x".to_owned() } else { "1".to_owned() })).is_err());
    }
}
