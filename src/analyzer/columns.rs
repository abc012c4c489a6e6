//! `withColumn`, `withColumnRenamed`, `drop`, `unpivot`: plan nodes that exist only as written.

use super::coercion::{cast, common_of};
use super::exprs::Env;
use super::select::expand;
use super::{Analyzer, Scope};
use crate::common::ids::ExprId;
use crate::common::{Result, SparkError};
use crate::logical::expr::{Attribute, Expr};
use crate::logical::plan::LogicalPlan;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use std::sync::Arc;

impl Analyzer<'_> {
    /// `withColumns`: replaces columns of the same name in place (all of them), appends the others.
    pub(super) fn with_columns(
        &self,
        columns: &[(String, Expr)],
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        let casing = self.casing();
        for (i, (name, _)) in columns.iter().enumerate() {
            if columns[..i].iter().any(|(other, _)| casing.same(other, name)) {
                return Err(SparkError::analysis(
                    "COLUMN_ALREADY_EXISTS",
                    format!("the column `{name}` is given twice"),
                )
                .with_subject(name.clone()));
            }
        }
        let named = |name: &str, expr: &Expr| {
            let (child, metadata) = match expr {
                Expr::Alias { child, metadata, .. } => (child.clone(), metadata.clone()),
                other => (Box::new(other.clone()), None),
            };
            Expr::Alias { child, name: name.to_owned(), id: ExprId::UNASSIGNED, metadata }
        };
        let output = input.output();
        let mut items = Vec::with_capacity(output.len() + columns.len());
        for column in &output {
            match columns.iter().find(|(name, _)| casing.same(name, &column.name)) {
                Some((name, expr)) => items.push(named(name, expr)),
                None => items.push(Expr::Attribute(column.clone())),
            }
        }
        for (name, expr) in columns {
            if !output.iter().any(|column| casing.same(name, &column.name)) {
                items.push(named(name, expr));
            }
        }
        self.select_without_lateral(&items, input, scope)
    }

    /// As `select`, but an alias is no name for the columns beside it: `withColumns` reads the old columns only.
    fn select_without_lateral(
        &self,
        items: &[Expr],
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        let mut env = Env::new(self, scope, input.output());
        env.hidden = super::join::hidden_columns(input, self.casing());
        if items.iter().any(super::select::is_aggregate) {
            return self.select(items, input, scope);
        }
        let items: Vec<Expr> = items.iter().map(|item| self.named(item.clone(), &env)).collect::<Result<_>>()?;
        let input = super::select::expose_hidden(input, &items, &env.hidden);
        self.finish_select(items, input)
    }

    /// `withColumnsRenamed`: unknown names are ignored.
    pub(super) fn with_columns_renamed(
        &self,
        names: &[(String, String)],
        input: &Arc<LogicalPlan>,
    ) -> Arc<LogicalPlan> {
        let casing = self.casing();
        let output = input.output();
        let mut current: Vec<String> = output.iter().map(|column| column.name.clone()).collect();
        for (from, to) in names {
            for name in &mut current {
                if casing.same(name, from) {
                    name.clone_from(to);
                }
            }
        }
        let exprs: Vec<Expr> =
            output
                .into_iter()
                .zip(current)
                .map(|(column, name)| {
                    if column.name == name {
                        Expr::Attribute(column)
                    } else {
                        self.alias(Expr::Attribute(column), name)
                    }
                })
                .collect();
        if exprs.iter().all(|expr| matches!(expr, Expr::Attribute(_))) {
            return input.clone();
        }
        Arc::new(LogicalPlan::Project { exprs, input: input.clone() })
    }

    /// `drop`: by name all columns of that name, by column that one; what is not there is ignored.
    pub(super) fn drop_columns(&self, columns: &[Expr], input: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
        let casing = self.casing();
        let output = input.output();
        let dropped = |column: &Attribute| {
            columns.iter().any(|wanted| match wanted {
                Expr::Attribute(own) => own.id == column.id,
                Expr::UnresolvedAttribute(parts) => {
                    casing.same(&parts.join("."), &column.name)
                        || parts.split_last().is_some_and(|(name, qualifier)| {
                            !qualifier.is_empty()
                                && casing.same(name, &column.name)
                                && casing.qualifies(column, qualifier)
                        })
                }
                _ => false,
            })
        };
        let kept: Vec<Expr> = output.iter().filter(|column| !dropped(column)).cloned().map(Expr::Attribute).collect();
        if kept.len() == output.len() {
            return input.clone();
        }
        Arc::new(LogicalPlan::Project { exprs: kept, input: input.clone() })
    }

    /// `unpivot`: one row per value column.
    pub(super) fn unpivot(
        &self,
        (ids, values): (&[Expr], &[Expr]),
        (variable, value): (&str, &str),
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        let env = Env::new(self, scope, input.output());
        let sql = matches!(ids, [Expr::Star(None)]);
        let id_items = if sql { Vec::new() } else { expand(ids, &env)? };
        let mut ids: Vec<Expr> = id_items.into_iter().map(|item| self.named(item, &env)).collect::<Result<_>>()?;
        let own: Vec<ExprId> = ids.iter().flat_map(Expr::references).map(|column| column.id).collect();
        let values: Vec<Expr> = if values.is_empty() {
            let rest = env.input.iter().filter(|column| !own.contains(&column.id));
            rest.cloned().map(Expr::Attribute).collect()
        } else {
            expand(values, &env)?.into_iter().map(|item| self.named(item, &env)).collect::<Result<_>>()?
        };
        if sql {
            let used: Vec<ExprId> = values.iter().flat_map(Expr::references).map(|column| column.id).collect();
            ids = env.input.iter().filter(|column| !used.contains(&column.id)).cloned().map(Expr::Attribute).collect();
        }
        if values.is_empty() {
            return Err(SparkError::analysis(
                "UNPIVOT_REQUIRES_VALUE_COLUMNS",
                "unpivot needs at least one value column, and all columns are ids",
            ));
        }
        let types: Vec<DataType> = values.iter().map(Expr::data_type).collect();
        let ansi = self.context.conf.ansi();
        let texts = types.iter().filter(|data_type| **data_type == DataType::String).count();
        let mixed = texts > 0 && types.iter().any(|own| !matches!(own, DataType::String | DataType::Null));
        let Some(common) = common_of(&types, ansi).filter(|_| !mixed) else {
            return Err(SparkError::analysis(
                "UNPIVOT_VALUE_DATA_TYPE_MISMATCH",
                "the value columns of an unpivot must share a type; cast them to one, for example to string",
            ));
        };
        let fresh = |name: &str, data_type: DataType, nullable: bool| {
            Attribute::new(name, self.context.ids.fresh(), data_type, nullable)
        };
        let nullable = values.iter().any(Expr::nullable);
        let mut output: Vec<Attribute> = ids.iter().filter_map(Expr::to_attribute).collect();
        output.push(fresh(variable, DataType::String, false));
        output.push(fresh(value, common.clone(), nullable));
        let projections = values
            .into_iter()
            .map(|value| {
                let name = value.to_attribute().map_or_else(String::new, |column| column.name);
                let bare = |expr: &Expr| match expr {
                    Expr::Alias { child, .. } => (**child).clone(),
                    other => other.clone(),
                };
                let mut exprs: Vec<Expr> = ids.iter().map(bare).collect();
                exprs.push(Expr::literal(Scalar::String(name)));
                exprs.push(cast(bare(&value), &common, ansi));
                exprs
            })
            .collect();
        Ok(Arc::new(LogicalPlan::Expand { projections, output, input: input.clone() }))
    }
}
