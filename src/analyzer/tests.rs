use super::{AnalyzedPlans, Analyzer, AnalyzerContext, Catalog};
use crate::common::Result;
use crate::common::conf::Conf;
use crate::common::ids::ExprIds;
use crate::logical::expr::{Attribute, BinaryOp, Expr, SortOrder, WindowSpec};
use crate::logical::functions::RowFunction;
use crate::logical::plan::{Grouping, JoinConstraint, JoinHints, JoinType, LogicalPlan};
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructField, StructType};
use std::sync::Arc;

struct NoCatalog;

impl Catalog for NoCatalog {
    fn relation(&self, _: &[String]) -> Option<Arc<LogicalPlan>> {
        None
    }
    fn function(&self, _: &str) -> Option<(Arc<dyn RowFunction>, DataType)> {
        None
    }
    fn relation_names(&self) -> Vec<String> {
        Vec::new()
    }
    fn distinct_values(&self, _: &Arc<LogicalPlan>, _: &Expr, _: usize) -> Result<Vec<Scalar>> {
        Ok(vec![Scalar::Null, Scalar::String("x".into())])
    }
}

struct Bench {
    conf: Conf,
    ids: ExprIds,
    analyzed: AnalyzedPlans,
}

impl Bench {
    fn new() -> Self {
        Bench { conf: Conf::new(), ids: ExprIds::new(), analyzed: AnalyzedPlans::new() }
    }

    fn analyze(&self, plan: LogicalPlan) -> Result<Arc<LogicalPlan>> {
        let context =
            AnalyzerContext { conf: &self.conf, ids: &self.ids, catalog: &NoCatalog, analyzed: &self.analyzed };
        Analyzer::new(context).analyze(&Arc::new(plan))
    }

    /// id int, name string, price decimal(10,2), at struct<x:int>.
    fn table(&self) -> Arc<LogicalPlan> {
        let schema = StructType::new(vec![
            StructField::new("id", DataType::Integer, false),
            StructField::new("name", DataType::String, true),
            StructField::new("price", DataType::Decimal(10, 2), true),
            StructField::new(
                "at",
                DataType::Struct(StructType::new(vec![StructField::new("x", DataType::Integer, true)])),
                true,
            ),
        ]);
        let batch = arrow::record_batch::RecordBatch::new_empty(Arc::new(schema.to_arrow()));
        let leaf = LogicalPlan::LocalRelation { output: LogicalPlan::unassigned(&schema), batch, partitions: None };
        self.analyze(leaf).unwrap()
    }

    fn select(&self, exprs: Vec<Expr>) -> Result<Arc<LogicalPlan>> {
        self.analyze(LogicalPlan::Project { exprs, input: self.table() })
    }
}

fn names(plan: &LogicalPlan) -> Vec<String> {
    plan.output().into_iter().map(|column| column.name).collect()
}

fn condition<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().condition().unwrap_or_default().to_owned()
}

#[test]
fn a_select_list_gets_sparks_names_and_types() {
    let bench = Bench::new();
    let plan = bench
        .select(vec![
            Expr::column("ID"),
            Expr::binary(BinaryOp::Add, Expr::column("id"), Expr::int(1)),
            Expr::binary(BinaryOp::Add, Expr::column("price"), Expr::int(1)),
            Expr::column("at.x"),
            Expr::call("upper", vec![Expr::column("name")]),
            Expr::Star(Some(vec!["at".into()])),
        ])
        .unwrap();
    assert_eq!(names(&plan), ["ID", "(id + 1)", "(price + 1)", "x", "upper(name)", "x"]);
    let types: Vec<String> = plan.output().iter().map(|column| column.data_type.simple_string()).collect();
    assert_eq!(types, ["int", "int", "decimal(11,2)", "int", "string", "int"]);
}

#[test]
fn an_unknown_column_is_answered_with_the_nearest_one() {
    let error = Bench::new().select(vec![Expr::column("nmae")]).unwrap_err();
    assert_eq!(error.condition(), Some("UNRESOLVED_COLUMN.WITH_SUGGESTION"));
    assert_eq!(error.subject(), Some("nmae"));
    assert_eq!(error.help(), ["did you mean `name`?"]);
}

#[test]
fn an_aggregate_in_a_select_makes_one_group() {
    let bench = Bench::new();
    let plan = bench.select(vec![Expr::call("sum", vec![Expr::column("id")])]).unwrap();
    assert!(matches!(plan.as_ref(), LogicalPlan::Aggregate { grouping: Grouping::By(by), .. } if by.is_empty()));
    assert_eq!(names(&plan), ["sum(id)"]);
    let mixed = bench.select(vec![Expr::column("id"), Expr::call("count", vec![Expr::Star(None)])]);
    assert_eq!(condition(mixed), "MISSING_GROUP_BY");
}

#[test]
fn outputs_must_be_grouped_or_aggregated() {
    let bench = Bench::new();
    let group = |outputs| {
        bench.analyze(LogicalPlan::Aggregate {
            grouping: Grouping::By(vec![Expr::column("name")]),
            outputs,
            input: bench.table(),
        })
    };
    assert_eq!(condition(group(vec![Expr::column("id")])), "MISSING_AGGREGATION");
    let fine = group(vec![Expr::column("NAME"), Expr::call("max", vec![Expr::column("id")])]).unwrap();
    assert_eq!(names(&fine), ["NAME", "max(id)"]);
}

#[test]
fn a_rollup_expands_and_numbers_its_sets() {
    let bench = Bench::new();
    let plan = bench
        .analyze(LogicalPlan::Aggregate {
            grouping: Grouping::Rollup(vec![Expr::column("name"), Expr::column("id")]),
            outputs: vec![
                Expr::column("name"),
                Expr::column("id"),
                Expr::call("count", vec![Expr::Star(None)]),
                Expr::call("grouping_id", vec![]),
            ],
            input: bench.table(),
        })
        .unwrap();
    let LogicalPlan::Aggregate { input, .. } = plan.as_ref() else { panic!("{plan:?}") };
    let LogicalPlan::Expand { projections, .. } = input.as_ref() else { panic!("{input:?}") };
    let ids: Vec<_> = projections.iter().map(|exprs| exprs.last().unwrap().pretty_name()).collect();
    assert_eq!(ids, ["0", "1", "3"]);
    assert_eq!(names(&plan), ["name", "id", "count(1)", "grouping_id()"]);
}

#[test]
fn order_by_reaches_below_the_select_list() {
    let bench = Bench::new();
    let input = bench.select(vec![Expr::column("name")]).unwrap();
    let order = vec![SortOrder::new(Expr::column("id"), true)];
    let plan = bench.analyze(LogicalPlan::Sort { order, global: true, input }).unwrap();
    assert_eq!(names(&plan), ["name"]);
    assert!(matches!(plan.as_ref(), LogicalPlan::Project { .. }));
}

#[test]
fn a_filter_over_an_aggregate_may_aggregate_more() {
    let bench = Bench::new();
    let input = bench
        .analyze(LogicalPlan::Aggregate {
            grouping: Grouping::By(vec![Expr::column("name")]),
            outputs: vec![Expr::column("name")],
            input: bench.table(),
        })
        .unwrap();
    let condition = Expr::binary(BinaryOp::Gt, Expr::call("count", vec![Expr::Star(None)]), Expr::int(1));
    let plan = bench.analyze(LogicalPlan::Filter { condition, input }).unwrap();
    assert_eq!(names(&plan), ["name"]);
}

#[test]
fn a_using_join_shows_its_key_once() {
    let bench = Bench::new();
    let (left, right) = (bench.table(), bench.table());
    let other = right.output()[0].clone();
    let join = |join_type| LogicalPlan::Join {
        left: left.clone(),
        right: right.clone(),
        join_type,
        constraint: JoinConstraint::Using(vec!["id".into()]),
        hint: JoinHints::default(),
    };
    let plan = bench.analyze(join(JoinType::FullOuter)).unwrap();
    assert_eq!(names(&plan), ["id", "name", "price", "at", "name", "price", "at"]);
    let inner = bench.analyze(join(JoinType::Inner)).unwrap();
    let by_right = LogicalPlan::Project { exprs: vec![Expr::Attribute(other)], input: inner };
    assert_eq!(names(&bench.analyze(by_right).unwrap()), ["id"]);
}

#[test]
fn a_frame_joined_with_itself_gets_fresh_ids_on_the_right() {
    let bench = Bench::new();
    let table = bench.table();
    let id = Expr::Attribute(table.output()[0].clone());
    let plan = bench
        .analyze(LogicalPlan::Join {
            left: table.clone(),
            right: table,
            join_type: JoinType::Inner,
            constraint: JoinConstraint::On(Expr::binary(BinaryOp::Eq, id.clone(), id)),
            hint: JoinHints::default(),
        })
        .unwrap();
    let output: Vec<Attribute> = plan.output();
    assert_ne!(output[0].id, output[4].id);
    let LogicalPlan::Join { constraint: JoinConstraint::On(Expr::Binary { left, right, .. }), .. } = plan.as_ref()
    else {
        panic!("{plan:?}")
    };
    assert_ne!(left, right);
}

#[test]
fn window_functions_get_their_own_node() {
    let bench = Bench::new();
    let over = |function, order: bool| Expr::Window {
        function: Box::new(function),
        spec: WindowSpec {
            partition_by: vec![Expr::column("name")],
            order_by: if order { vec![SortOrder::new(Expr::column("id"), true)] } else { Vec::new() },
            frame: None,
        },
    };
    let plan = bench.select(vec![over(Expr::call("row_number", vec![]), true)]).unwrap();
    assert_eq!(
        names(&plan),
        [
            "row_number() OVER (PARTITION BY name ORDER BY id ASC NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
        ]
    );
    let unordered = bench.select(vec![over(Expr::call("row_number", vec![]), false)]);
    assert_eq!(condition(unordered), "WINDOW_FUNCTION_FRAME_NOT_ORDERED");
    assert_eq!(condition(bench.select(vec![Expr::call("row_number", vec![])])), "WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE");
}

#[test]
fn nodes_refuse_what_they_cannot_compute() {
    let bench = Bench::new();
    let rows = || Expr::call("explode", vec![Expr::call("array", vec![Expr::column("id")])]);
    let sorted =
        |child| LogicalPlan::Sort { order: vec![SortOrder::new(child, true)], global: true, input: bench.table() };
    let grouped = |grouping| LogicalPlan::Aggregate {
        grouping,
        outputs: vec![Expr::call("count", vec![Expr::int(1)])],
        input: bench.table(),
    };
    let filtered =
        LogicalPlan::Filter { condition: Expr::binary(BinaryOp::Gt, rows(), Expr::int(1)), input: bench.table() };
    let outside = "UNSUPPORTED_GENERATOR.OUTSIDE_SELECT";
    assert_eq!(condition(bench.analyze(sorted(rows()))), outside);
    assert_eq!(condition(bench.analyze(filtered)), outside);
    assert_eq!(condition(bench.analyze(grouped(Grouping::Rollup(vec![rows()])))), outside);
    assert_eq!(condition(bench.analyze(grouped(Grouping::By(vec![rows()])))), "MISSING_AGGREGATION");
    let sum = Expr::call("sum", vec![Expr::column("id")]);
    assert_eq!(condition(bench.analyze(sorted(sum))), "UNSUPPORTED_EXPR_FOR_OPERATOR");
    let chance = Expr::call("sum", vec![Expr::call("rand", vec![])]);
    assert_eq!(condition(bench.select(vec![chance])), "AGGREGATE_FUNCTION_WITH_NONDETERMINISTIC_EXPRESSION");
    assert!(bench.select(vec![rows()]).is_ok());
}

#[test]
fn what_was_analyzed_is_given_back_as_it_is() {
    let bench = Bench::new();
    let plan = bench.select(vec![Expr::column("id")]).unwrap();
    let context =
        AnalyzerContext { conf: &bench.conf, ids: &bench.ids, catalog: &NoCatalog, analyzed: &bench.analyzed };
    assert!(Arc::ptr_eq(&plan, &Analyzer::new(context).analyze(&plan).unwrap()));
}

#[test]
fn an_implicit_pivot_asks_for_its_values() {
    let bench = Bench::new();
    let plan = bench
        .analyze(LogicalPlan::Pivot {
            grouping: vec![Expr::column("id")],
            column: Box::new(Expr::column("name")),
            values: None,
            aggregates: vec![Expr::call("sum", vec![Expr::column("price")])],
            input: bench.table(),
        })
        .unwrap();
    assert_eq!(names(&plan), ["id", "null", "x"]);
}

#[test]
fn types_that_do_not_meet_are_named() {
    let bench = Bench::new();
    let array = Expr::call("array", vec![Expr::int(1)]);
    let compared = Expr::binary(BinaryOp::Eq, array, Expr::column("id"));
    assert_eq!(condition(bench.select(vec![compared])), "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES");
    assert_eq!(condition(bench.select(vec![Expr::call("nosuch", vec![])])), "UNRESOLVED_ROUTINE");
    let filter = LogicalPlan::Filter { condition: Expr::column("id"), input: bench.table() };
    assert_eq!(condition(bench.analyze(filter)), "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN");
}
