//! `UNION`, `INTERSECT`, `EXCEPT`: as many columns on each side, types widened, by position or by name.

use super::coercion::cast;
use super::ids::refresh;
use super::{Analyzer, names::Casing};
use crate::common::{Result, SparkError};
use crate::logical::expr::{Attribute, Expr};
use crate::logical::functions::types::{common_type, same_shape};
use crate::logical::plan::LogicalPlan;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use std::sync::Arc;

/// Which operation; its word for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetOperation {
    Intersect,
    Except,
}

impl SetOperation {
    fn word(self) -> &'static str {
        match self {
            SetOperation::Intersect => "INTERSECT",
            SetOperation::Except => "EXCEPT",
        }
    }
}

impl Analyzer<'_> {
    /// `Union` over analyzed inputs.
    pub(super) fn union(
        &self,
        inputs: Vec<Arc<LogicalPlan>>,
        by_name: bool,
        allow_missing: bool,
    ) -> Result<Arc<LogicalPlan>> {
        let inputs = if by_name { self.aligned(inputs, allow_missing)? } else { inputs };
        let inputs = self.widened(inputs, "UNION")?;
        Ok(Arc::new(LogicalPlan::Union { inputs, by_name: false, allow_missing: false }))
    }

    /// `Intersect` or `Except` over analyzed sides.
    pub(super) fn set_operation(
        &self,
        operation: SetOperation,
        left: &Arc<LogicalPlan>,
        right: &Arc<LogicalPlan>,
        all: bool,
    ) -> Result<Arc<LogicalPlan>> {
        let own = left.output();
        let clash = right.output().iter().any(|column| own.iter().any(|other| other.id == column.id));
        let right = if clash { refresh(right, self.context.ids).0 } else { right.clone() };
        no_maps(operation.word(), &own)?;
        let mut sides = self.widened(vec![left.clone(), right], operation.word())?.into_iter();
        let (Some(left), Some(right)) = (sides.next(), sides.next()) else {
            return Err(SparkError::internal("a set operation lost a side"));
        };
        Ok(Arc::new(match operation {
            SetOperation::Intersect => LogicalPlan::Intersect { left, right, all },
            SetOperation::Except => LogicalPlan::Except { left, right, all },
        }))
    }

    pub(super) fn widened(&self, inputs: Vec<Arc<LogicalPlan>>, word: &str) -> Result<Vec<Arc<LogicalPlan>>> {
        let outputs: Vec<Vec<Attribute>> = inputs.iter().map(|input| input.output()).collect();
        let Some(first) = outputs.first() else { return Ok(inputs) };
        let mut types: Vec<DataType> = first.iter().map(|column| column.data_type.clone()).collect();
        for (n, output) in outputs.iter().enumerate().skip(1) {
            if output.len() != types.len() {
                return Err(SparkError::analysis(
                    "NUM_COLUMNS_MISMATCH",
                    format!(
                        "{word} needs as many columns on each side, but there are {} and {}",
                        types.len(),
                        output.len()
                    ),
                )
                .with_parameters([
                    ("operator", word.to_owned()),
                    ("firstNumColumns", types.len().to_string()),
                    ("invalidOrdinalNum", crate::common::text::ordinal(n)),
                    ("invalidNumColumns", output.len().to_string()),
                ])
                .with_help(
                    "select the same columns on both sides, or use unionByName(..., allowMissingColumns=True)",
                ));
            }
            for (i, column) in output.iter().enumerate() {
                types[i] = common_type(&types[i], &column.data_type, self.context.conf.ansi())
                    .ok_or_else(|| incompatible(word, i, n, column, &types[i]))?;
            }
        }
        Ok(inputs.into_iter().zip(outputs).map(|(input, output)| self.casted(input, &output, &types)).collect())
    }

    fn casted(&self, input: Arc<LogicalPlan>, output: &[Attribute], types: &[DataType]) -> Arc<LogicalPlan> {
        let fits = output.iter().zip(types).all(|(column, wanted)| same_shape(&column.data_type, wanted));
        if fits {
            return input;
        }
        let exprs = output
            .iter()
            .zip(types)
            .map(|(column, wanted)| match cast(Expr::Attribute(column.clone()), wanted, self.context.conf.ansi()) {
                kept @ Expr::Attribute(_) => kept,
                casted => self.alias(casted, column.name.clone()),
            })
            .collect();
        Arc::new(LogicalPlan::Project { exprs, input })
    }

    /// Every input with the first one's columns, in its order; missing ones are null when allowed.
    fn aligned(&self, inputs: Vec<Arc<LogicalPlan>>, allow_missing: bool) -> Result<Vec<Arc<LogicalPlan>>> {
        let casing = self.casing();
        let mut all: Vec<Attribute> = Vec::new();
        for (n, input) in inputs.iter().enumerate() {
            let output = input.output();
            unique_names(&output, casing)?;
            for column in output {
                if !all.iter().any(|known| casing.same(&known.name, &column.name)) {
                    if n > 0 && !allow_missing {
                        return Err(SparkError::analysis(
                            "UNRESOLVED_COLUMN_AMONG_FIELD_NAMES",
                            format!("the column `{}` is only on one side of unionByName", column.name),
                        )
                        .with_subject(column.name.clone())
                        .with_help("pass allowMissingColumns=True to fill it with NULL"));
                    }
                    all.push(column);
                }
            }
        }
        inputs.iter().map(|input| self.aligned_one(input, &all, allow_missing)).collect()
    }

    fn aligned_one(
        &self,
        input: &Arc<LogicalPlan>,
        all: &[Attribute],
        allow_missing: bool,
    ) -> Result<Arc<LogicalPlan>> {
        let output = input.output();
        let mut exprs = Vec::with_capacity(all.len());
        for wanted in all {
            let found = output.iter().find(|column| self.casing().same(&column.name, &wanted.name));
            exprs.push(match found {
                Some(column) => Expr::Attribute(column.clone()),
                None if allow_missing => {
                    self.alias(Expr::Literal(Scalar::Null, wanted.data_type.clone()), wanted.name.clone())
                }
                None => {
                    let names: Vec<&str> = output.iter().map(|column| column.name.as_str()).collect();
                    return Err(SparkError::analysis(
                        "UNRESOLVED_COLUMN_AMONG_FIELD_NAMES",
                        format!("the right side has no column `{}`; it has {}", wanted.name, names.join(", ")),
                    )
                    .with_subject(wanted.name.clone())
                    .with_help("pass allowMissingColumns=True to fill it with NULL"));
                }
            });
        }
        let same = exprs.len() == output.len()
            && exprs
                .iter()
                .zip(&output)
                .all(|(expr, column)| matches!(expr, Expr::Attribute(own) if own.id == column.id));
        if same {
            return Ok(input.clone());
        }
        Ok(Arc::new(LogicalPlan::Project { exprs, input: input.clone() }))
    }
}

fn incompatible(word: &str, column: usize, side: usize, own: &Attribute, wanted: &DataType) -> SparkError {
    SparkError::analysis(
        "INCOMPATIBLE_COLUMN_TYPE",
        format!(
            "{word}: column {} (`{}`) of table {} is {}, which does not go together with {}",
            column + 1,
            own.name,
            side + 1,
            own.data_type.sql(),
            wanted.sql()
        ),
    )
    .with_subject(own.name.clone())
}

/// Rows with maps cannot be compared.
pub(super) fn no_maps(word: &str, columns: &[Attribute]) -> Result<()> {
    match columns.iter().find(|column| matches!(column.data_type, DataType::Map(..))) {
        None => Ok(()),
        Some(column) => Err(SparkError::analysis(
            "UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE",
            format!("{word} compares rows, and the map column `{}` cannot be compared", column.name),
        )
        .with_parameters([
            ("colName", format!("`{}`", column.name)),
            ("dataType", format!("\"{}\"", column.data_type.sql())),
        ])
        .with_subject(column.name.clone())
        .with_help("turn it into an array first, with map_entries(...)")),
    }
}

/// No two columns of one name.
pub(super) fn unique_names(columns: &[Attribute], casing: Casing) -> Result<()> {
    for (i, column) in columns.iter().enumerate() {
        if columns[..i].iter().any(|other| casing.same(&other.name, &column.name)) {
            return Err(SparkError::analysis(
                "COLUMN_ALREADY_EXISTS",
                format!("there are several columns with the name `{}`", column.name.to_lowercase()),
            )
            .with_subject(column.name.clone())
            .with_help("rename or drop one of them first"));
        }
    }
    Ok(())
}
