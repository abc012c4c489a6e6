use super::{Statement, parse_expr, parse_query};
use crate::logical::functions::calendar::Zone;
use crate::logical::plan::LogicalPlan;

fn name(text: &str) -> String {
    parse_expr(text, Zone::UTC).unwrap_or_else(|error| panic!("{text}: {error}")).pretty_name()
}

#[test]
fn expressions_bind_as_in_spark() {
    for (text, expected) in [
        ("a + b * 2 - 1", "((a + (b * 2)) - 1)"),
        ("not a = 1 and b or c", "(((NOT (a = 1)) AND b) OR c)"),
        ("a between 1 and 2 and c", "(between(a, 1, 2) AND c)"),
        ("a not in (1, 'x')", "(NOT (a IN (1, x)))"),
        ("-a", "(- a)"),
        ("-7 / 2", "(-7 / 2)"),
        ("a div b % 2", "((a div b) % 2)"),
        ("a || 'x' || b", "concat(concat(a, x), b)"),
        ("s not like '_a%'", "(NOT s LIKE _a%)"),
        ("a is not null", "(a IS NOT NULL)"),
        ("a <=> b", "(a <=> b)"),
        ("d::int + 1", "(CAST(d AS INT) + 1)"),
        ("arr[0].x", "arr[0].x"),
        ("case a when 1 then 'p' else 'q' end", "CASE WHEN (a = 1) THEN p ELSE q END"),
        ("count(*)", "count(1)"),
        ("count(distinct a, b)", "count(DISTINCT a, b)"),
        ("sum(x) filter (where y > 1)", "sum(x) FILTER (WHERE (y > 1))"),
        ("cast(a as array<array<int>>)", "a"),
        ("size(cast(a as array<array<int>>))", "size(a)"),
        ("extract(month from d)", "extract(month FROM d)"),
        ("date'2024-05-06'", "DATE '2024-05-06'"),
        ("1.50", "1.50"),
        ("1e3", "1000.0"),
        ("interval 1 year", "INTERVAL '1' YEAR"),
        ("interval '1 02:03:04' day to second", "INTERVAL '1 02:03:04' DAY TO SECOND"),
        ("a >> 1", "(a >> 1)"),
        ("exists(arr, x -> x = 2)", "exists(arr, lambdafunction((namedlambdavariable() = 2), namedlambdavariable()))"),
        (
            "lag(v) ignore nulls over (partition by k order by t)",
            "lag(v, 1, NULL) OVER (PARTITION BY k ORDER BY t ASC NULLS FIRST ROWS BETWEEN -1 FOLLOWING AND -1 FOLLOWING)",
        ),
    ] {
        assert_eq!(name(text), expected, "{text}");
    }
}

#[test]
fn an_alias_needs_no_as() {
    assert_eq!(name("age + 1 next_age"), "(age + 1) AS next_age");
}

fn condition(text: &str) -> String {
    parse_query(text, Zone::UTC).unwrap_err().condition().unwrap_or_default().to_owned()
}

#[test]
fn errors_have_sparks_conditions() {
    for (text, expected) in [
        ("selec * from t", "PARSE_SYNTAX_ERROR"),
        ("select sum(s from t", "PARSE_SYNTAX_ERROR"),
        ("", "PARSE_EMPTY_STATEMENT"),
        ("select 1; select 2", "PARSE_SYNTAX_ERROR"),
        ("select id, from t", "TRAILING_COMMA_IN_SELECT"),
        ("select * from t limit -1", "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE"),
        ("select date'2024-02-31'", "INVALID_TYPED_LITERAL"),
        ("select * from t where id == 1 === 2", "PARSE_SYNTAX_ERROR"),
        ("select :x + 1", "UNBOUND_SQL_PARAMETER"),
    ] {
        assert_eq!(condition(text), expected, "{text}");
    }
}

#[test]
fn queries_of_many_shapes_parse() {
    for text in [
        "select distinct city from people where city is not null order by 1",
        "select /*+ BROADCAST(d) */ e.name from emp e full outer join dept d on e.id = d.id and d.x = 'Lyon' order by 1",
        "with a as (select 1), b(x) as (select * from a) select * from b cross join a",
        "(select p from s where r = 'E') intersect (select p from s) order by p",
        "select * from (select a, b from t) pivot (sum(b) for a in ('x', 'y' as z)) order by 1",
        "select * from (select 1 id, 10 a) unpivot (val for name in (a, b)) order by name",
        "select k, e from t lateral view outer explode(arr) x as e where e > 1",
        "select a, count(*) from t group by a with cube having count(*) > 1",
        "select a, b from t group by grouping sets ((a, b), (a), ())",
        "select a, rank() over w from t window w as (partition by a order by b desc rows between 1 preceding and current row)",
        "select * from values (1, 'a', 1.5), (2, 'b', null) as t(id, s, d)",
        "select x from t tablesample (10 percent) order by all limit 1 + 1 offset 2",
        "select * from a, b c left join d using (x, y)",
        "select * from ((select 1 x) p join (select 2 y) q)",
        "select name, (select max(x) from d where d.id = e.id) m from e where exists (select 1 from d) and id in (select id from d)",
    ] {
        assert!(
            matches!(parse_query(text, Zone::UTC), Ok(Statement::Query(_))),
            "{text}: {:?}",
            parse_query(text, Zone::UTC).err()
        );
    }
}

#[test]
fn rows_of_literals_are_a_local_relation() {
    let Statement::Query(plan) = parse_query("values (1, 1.5), (3000000000, 2.25)", Zone::UTC).unwrap() else {
        panic!()
    };
    let LogicalPlan::LocalRelation { output, .. } = plan.as_ref() else { panic!("{plan:?}") };
    let types: Vec<String> = output.iter().map(|column| column.data_type.simple_string()).collect();
    assert_eq!(types, ["bigint", "decimal(3,2)"]);
}

#[test]
fn statements_are_told_apart() {
    let parse = |text| parse_query(text, Zone::UTC).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert!(matches!(
        parse("create or replace temp view v as select 1"),
        Statement::CreateView { replace: true, temporary: true, .. }
    ));
    let Statement::CreateTable { schema: Some(schema), .. } =
        parse("CREATE TABLE items (id INT, price DECIMAL(8,2)) USING parquet")
    else {
        panic!()
    };
    assert_eq!(schema.simple_string(), "struct<id:int,price:decimal(8,2)>");
    assert!(
        matches!(parse("INSERT INTO items (name, id) VALUES ('w', 4)"), Statement::InsertInto { columns, .. } if columns.len() == 2)
    );
    assert!(matches!(
        parse("INSERT OVERWRITE items SELECT * FROM items"),
        Statement::InsertInto { overwrite: true, .. }
    ));
    assert!(
        matches!(parse("set spark.sql.shuffle.partitions = 4"), Statement::Set { value: Some(value), .. } if value == "4")
    );
    assert!(matches!(parse("explain extended select * from t"), Statement::Explain { mode, .. } if mode == "extended"));
    assert!(matches!(parse("update items set price = 1"), Statement::RowChange { .. }));
    assert!(matches!(parse("describe v2"), Statement::Describe { extended: false, .. }));
}

#[test]
fn a_table_function_takes_values_names_and_one_table() {
    let parsed = |text: &str| match parse_query(text, Zone::UTC) {
        Ok(Statement::Query(plan)) => plan,
        other => panic!("{text}: {other:?}"),
    };
    let plan =
        parsed("SELECT * FROM f(1, x => 2, t => TABLE(SELECT 1) PARTITION BY (a, b) ORDER BY c DESC) AS g(p, q)");
    let mut calls = Vec::new();
    plan.visit(&mut |node| {
        if let LogicalPlan::Generate { generator: crate::logical::Expr::TableCall(call), output, .. } = node {
            calls.push((call.clone(), output.len()));
        }
    });
    let [(call, 2)] = calls.as_slice() else { panic!("one call with two names: {calls:?}") };
    assert_eq!(call.names, [None, Some("x".to_owned()), Some("t".to_owned())]);
    let table = call.table.as_ref().expect("a table");
    assert_eq!((table.position, table.partition_by.len(), table.order_by.len()), (2, 2, 1));
    for text in
        ["SELECT * FROM f(TABLE t)", "SELECT * FROM f(TABLE(t) ORDER BY a)", "SELECT * FROM f(TABLE(t), TABLE(t))"]
    {
        assert!(parse_query(text, Zone::UTC).is_err(), "{text}");
    }
}
