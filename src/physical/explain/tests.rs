use super::*;
use crate::common::ids::ExprId;
use crate::logical::expr::BinaryOp;
use crate::logical::{Attribute, DataType, Expr};
use crate::physical::requirements;

fn column(id: u64, name: &str) -> Attribute {
    Attribute::new(name, ExprId(id), DataType::Integer, true)
}

fn filtered() -> Arc<PhysicalPlan> {
    let range =
        Arc::new(PhysicalPlan::Range { start: 0, end: 10, step: 1, partitions: 2, output: vec![column(1, "id")] });
    let condition = Expr::binary(BinaryOp::Gt, Expr::Attribute(column(1, "id")), Expr::int(3));
    Arc::new(PhysicalPlan::Filter { condition, input: range })
}

#[test]
fn a_plan_without_exchanges_is_drawn_as_it_runs() {
    assert_eq!(
        simple(&filtered(), PlanState::Adaptive),
        "== Physical Plan ==\n*(1) Filter (id#1 > 3)\n+- *(1) Range (0, 10, step=1, splits=2)\n\n"
    );
}

#[test]
fn an_adaptive_plan_says_that_it_is_not_final() {
    let order = vec![crate::logical::expr::SortOrder::new(Expr::Attribute(column(1, "id")), false)];
    let sort = Arc::new(PhysicalPlan::Sort { order, global: true, input: filtered() });
    let plan = requirements::ensure(&sort, &crate::common::Conf::new());
    assert_eq!(
        simple(&plan, PlanState::Adaptive),
        "== Physical Plan ==\nAdaptiveSparkPlan isFinalPlan=false\n\
         +- Sort [id#1 DESC NULLS LAST], true, 0\n   \
         +- Exchange rangepartitioning(id#1 DESC NULLS LAST, 200), ENSURE_REQUIREMENTS, [plan_id=1]\n      \
         +- Filter (id#1 > 3)\n         +- Range (0, 10, step=1, splits=2)\n\n"
    );
}

#[test]
fn the_long_form_numbers_operators_from_the_leaves() {
    let text = formatted(&filtered(), PlanState::Static);
    assert!(
        text.starts_with(
            "== Physical Plan ==\n* Filter (2)\n+- * Range (1)\n\n\n(1) Range [codegen id : 1]\nOutput [1]: [id#1]\n"
        ),
        "{text}"
    );
    assert!(text.contains("(2) Filter [codegen id : 1]\nInput [1]: [id#1]\nCondition : (id#1 > 3)\n"), "{text}");
}
