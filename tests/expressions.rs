//! Expressions in SQL text, through the parser and the analyzer to the kernels, against what Spark prints.

use batchlab::analyzer::{AnalyzedPlans, Analyzer, AnalyzerContext, Catalog};
use batchlab::common::conf::Conf;
use batchlab::common::ids::ExprIds;
use batchlab::common::{Result, SparkError};
use batchlab::exec::eval::cast::{Style, format_value};
use batchlab::exec::eval::{EvalContext, bind};
use batchlab::logical::expr::Expr;
use batchlab::logical::functions::RowFunction;
use batchlab::logical::functions::calendar::Zone;
use batchlab::logical::plan::LogicalPlan;
use batchlab::logical::scalar::Scalar;
use batchlab::logical::types::DataType;
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
        Ok(Vec::new())
    }
}

fn answer_with(text: &str, conf: &Conf) -> Result<String> {
    let (ids, analyzed) = (ExprIds::new(), AnalyzedPlans::new());
    let context = AnalyzerContext { conf, ids: &ids, catalog: &NoCatalog, analyzed: &analyzed };
    let input = Arc::new(LogicalPlan::OneRow);
    let plan = LogicalPlan::Project { exprs: vec![batchlab::sql::parse_expr(text, Zone::UTC)?], input };
    let plan = Analyzer::new(context).analyze(&Arc::new(plan))?;
    let LogicalPlan::Project { exprs, .. } = plan.as_ref() else {
        return Err(SparkError::internal("a projection became something else"));
    };
    let context = EvalContext::new(conf, 0, 0);
    let value = bind(&exprs[0], &[])?.eval_constant(&context)?;
    format_value(&value, &exprs[0].data_type(), Style::pretty(Zone::parse(&context.time_zone)?))
}

/// What the expression prints, or the condition that it raises.
fn answer(text: &str) -> String {
    match answer_with(text, &Conf::new()) {
        Ok(text) => text,
        Err(error) => format!("{} {}", error.class().name(), error.condition().unwrap_or(error.message())),
    }
}

fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(text, expected)| {
            let found = answer(text);
            (found != *expected).then(|| format!("{text}\n    expected {expected}\n    found    {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn arithmetic() {
    check(&[
        ("1 + 2 * 3", "7"),
        ("7 / 2", "3.5"),
        ("7 div 2", "3"),
        ("-7 % 2", "-1"),
        ("1 / 0", "ArithmeticException DIVIDE_BY_ZERO"),
        ("1.5D / 0", "ArithmeticException DIVIDE_BY_ZERO"),
        ("1 % 0", "ArithmeticException REMAINDER_BY_ZERO"),
        ("mod(1.0, 0)", "ArithmeticException REMAINDER_BY_ZERO"),
        ("pmod(3, 0)", "ArithmeticException REMAINDER_BY_ZERO"),
        ("1 / null", "NULL"),
        ("0 / 5", "0.0"),
        ("-9223372036854775808 div -1", "ArithmeticException ARITHMETIC_OVERFLOW"),
        ("2147483647 + 1", "ArithmeticException ARITHMETIC_OVERFLOW"),
        ("127Y + 1Y", "ArithmeticException BINARY_ARITHMETIC_OVERFLOW"),
        ("1.10 + 2.200", "3.300"),
        ("cast(1 as decimal(38,10)) / 3", "0.3333333333"),
        ("0.1 + 0.2", "0.3"),
        ("1e1 + 1", "11.0"),
        ("100 * 1.00", "100.00"),
        ("1e308 * 10", "Infinity"),
        ("try_divide(1, 0)", "NULL"),
        ("try_add(2147483647, 1)", "NULL"),
        ("'5' * 2", "10"),
        ("pmod(-7, 2)", "1"),
        ("greatest(1, null, 2.5)", "2.5"),
        ("least(date'2024-01-01', date'2023-01-01')", "2023-01-01"),
        ("round(2.675D, 2)", "2.68"),
        ("bround(2.5D)", "2.0"),
        ("round(25, -1)", "30"),
        ("floor(1234.5678D, 1)", "1234.5"),
        ("ceil(-0.5D)", "0"),
        ("power(2, 10)", "1024.0"),
        ("ln(1)", "0.0"),
        ("ln(0)", "NULL"),
        ("width_bucket(4.0, 0, 10, 5)", "3"),
        ("conv('ff', 16, 10)", "255"),
        ("hex(255)", "FF"),
        ("bin(-1)", "1111111111111111111111111111111111111111111111111111111111111111"),
        ("6 & 3", "2"),
        ("1 << 2", "4"),
        ("~6", "-7"),
        ("factorial(5)", "120"),
        ("format_number(1234567.891, 2)", "1,234,567.89"),
    ]);
}

#[test]
fn casts() {
    check(&[
        ("cast(' 42 ' as int)", "42"),
        ("cast('1e3' as double)", "1000.0"),
        ("cast('1.5' as int)", "NumberFormatException CAST_INVALID_INPUT"),
        ("cast('x' as boolean)", "SparkRuntimeException CAST_INVALID_INPUT"),
        ("cast('2024-13-01' as date)", "DateTimeException CAST_INVALID_INPUT"),
        ("cast(300 as tinyint)", "ArithmeticException CAST_OVERFLOW"),
        ("cast(1e20 as bigint)", "ArithmeticException CAST_OVERFLOW"),
        ("cast(double('NaN') as int)", "ArithmeticException CAST_OVERFLOW"),
        ("cast(123.456 as decimal(4,2))", "ArithmeticException NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION"),
        ("cast(1.5 as boolean)", "true"),
        ("cast('abc' as decimal(5,2))", "NumberFormatException CAST_INVALID_INPUT"),
        ("cast(array(1, null) as string)", "[1, null]"),
        ("cast(map('k', 1.5) as string)", "{k -> 1.5}"),
        ("cast(named_struct('x', 1) as string)", "{1}"),
        ("try_cast('x' as int)", "NULL"),
        ("cast(1700000000 as timestamp)", "2023-11-14 22:13:20"),
        ("cast(timestamp'2024-03-10 15:45:30.5' as double)", "1.7100855305E9"),
        ("cast(array(1) as int)", "AnalysisException DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION"),
        ("cast(1 as date)", "AnalysisException DATATYPE_MISMATCH.CAST_WITH_FUNC_SUGGESTION"),
    ]);
}

#[test]
fn text() {
    check(&[
        ("substring('abcdef' from 2 for 3)", "bcd"),
        ("overlay('abcdef' placing '##' from 2)", "a##def"),
        ("trim(both 'H ' from ' Hello H')", "ello"),
        ("lpad('7', 5, '0')", "00007"),
        ("split('a,b,,c', ',')", "[a, b, , c]"),
        ("split('one', '')", "[o, n, e]"),
        ("split_part('a,b,c', ',', -1)", "c"),
        ("regexp_extract('id=42 t', 'id=([0-9]+)', 1)", "42"),
        ("regexp_replace('01-23', '([0-9])-([0-9])', '$2-$1')", "02-13"),
        ("regexp_extract('a', '(', 0)", "SparkRuntimeException INVALID_PARAMETER_VALUE.PATTERN"),
        ("concat(1, '-', 2.5D)", "1-2.5"),
        ("concat_ws('-', 'a', null, array('b', 'c'))", "a-b-c"),
        ("'Spark' like 'S%k'", "true"),
        ("'Spark' ilike 's_ARK'", "true"),
        (r"'apple' like '%\%'", "false"),
        (r"'5%' like '%\%'", "true"),
        ("initcap('o''neil mc-donald')", "O'neil Mc-donald"),
        ("instr('hello world', 'o')", "5"),
        ("position('an' in 'banana')", "2"),
        ("printf('%s-%05.1f', 'x', 2.25D)", "x-002.3"),
        ("to_char(1234.5, '9,999.99')", "1,234.50"),
        ("to_number('$1,234.50', '$9,999.99')", "1234.50"),
        ("levenshtein('kitten', 'sitting')", "3"),
        ("soundex('Robert')", "R163"),
        ("base64('Spark')", "U3Bhcms="),
        ("unhex('537061')", "[53 70 61]"),
        ("md5('')", "d41d8cd98f00b204e9800998ecf8427e"),
        ("hash(1, 'a')", "-936062819"),
        ("upper(null)", "NULL"),
        ("'a' || 'b'", "ab"),
        ("substring_index('a.b.c.d', '.', -1)", "d"),
        ("translate('banana', 'abc', 'xy')", "yxnxnx"),
        ("find_in_set('b', 'a,b,c')", "2"),
    ]);
}

#[test]
fn dates_and_times() {
    check(&[
        ("to_date('15/01/2024', 'dd/MM/yyyy')", "2024-01-15"),
        ("to_date('2024-02-30')", "DateTimeException CAST_INVALID_INPUT"),
        ("to_date('x', 'dd/MM/yyyy')", "DateTimeException CANNOT_PARSE_TIMESTAMP"),
        ("make_date(2023, 2, 29)", "DateTimeException DATETIME_FIELD_OUT_OF_BOUNDS.WITHOUT_SUGGESTION"),
        ("date '2024-01-01' + 45", "2024-02-15"),
        ("date'2024-03-01' - date'2024-02-28'", "INTERVAL '2' DAY"),
        ("date'2024-03-31' - interval 1 month", "2024-02-29"),
        ("date'2024-01-31' + interval '1-1' year to month", "2025-02-28"),
        ("timestamp'2024-01-31 10:00:00' - interval 2 hours", "2024-01-31 08:00:00"),
        ("timestamp'2024-01-31 10:00:00' + interval '1 02:03:04' day to second", "2024-02-01 12:03:04"),
        ("timestamp'2024-01-31 10:00:00' - timestamp'2024-01-01 00:00:00'", "INTERVAL '30 10:00:00' DAY TO SECOND"),
        ("make_dt_interval(1, 2)", "INTERVAL '1 02:00:00' DAY TO SECOND"),
        ("interval 1 year 3 months", "INTERVAL '1-3' YEAR TO MONTH"),
        ("extract(week from date'2021-01-03')", "53"),
        ("date_part('doy', date'2024-02-29')", "60"),
        ("date_part('seconds', timestamp'2021-01-03 06:05:04.25')", "4.250000"),
        ("year('2024-01-01 00:00:00')", "2024"),
        ("year('junk')", "DateTimeException CAST_INVALID_INPUT"),
        ("months_between('2024-03-10', '2024-01-25')", "1.51612903"),
        ("trunc('2024-05-17', 'quarter')", "2024-04-01"),
        ("date_trunc('week', '2024-05-17 13:47:59')", "2024-05-13 00:00:00"),
        ("next_day(date'2024-01-01', 'Noday')", "IllegalArgumentException ILLEGAL_DAY_OF_WEEK"),
        ("date_format('2024-03-07 15:04:05.678', 'EEE dd MMM yyyy hh:mm a')", "Thu 07 Mar 2024 03:04 PM"),
        ("from_unixtime(0)", "1970-01-01 00:00:00"),
        ("unix_timestamp('2024-01-15 10:30:00')", "1705314600"),
        ("sequence(1, 10, 3)", "[1, 4, 7, 10]"),
        (
            "sequence(date'2024-01-31', date'2024-04-30', interval 1 month)",
            "[2024-01-31, 2024-02-29, 2024-03-31, 2024-04-30]",
        ),
        ("timestamp'2024-01-01 00:00:00 Europe/Paris'", "2023-12-31 23:00:00"),
        ("from_utc_timestamp(timestamp'2024-01-01', 'Mars/Base')", "DateTimeException INVALID_TIMEZONE"),
        ("d'2024-99-99'", "ParseException PARSE_SYNTAX_ERROR"),
        ("make_timestamp(2024, 2, 29, 8, 5, 30.25)", "2024-02-29 08:05:30.25"),
        ("timestampdiff(MONTH, timestamp'2024-01-15', timestamp'2024-03-15')", "2"),
        ("datediff('2024-03-10', '2024-03-01')", "9"),
        ("window(timestamp'2024-01-01 10:07:00', '10 minutes')", "{2024-01-01 10:00:00, 2024-01-01 10:10:00}"),
    ]);
}

#[test]
fn nested_values() {
    check(&[
        ("sort_array(array(3, null, 1))", "[NULL, 1, 3]"),
        ("array_sort(array(3, null, 1))", "[1, 3, NULL]"),
        ("transform(array(1, 2), x -> x * 2)", "[2, 4]"),
        ("transform(array(1, 2), (x, i) -> x + i)", "[1, 3]"),
        ("filter(array(1, null, 3), x -> x > 1)", "[3]"),
        ("exists(array(1, 2), x -> x = 2)", "true"),
        ("forall(array(1, null), x -> x > 0)", "NULL"),
        ("reduce(array(1, 2, 3), 10, (t, x) -> t + x)", "16"),
        ("aggregate(array(1, 2), 0.0D, (t, x) -> t + x, t -> t / 2)", "1.5"),
        ("zip_with(array(1, 2), array('a'), (x, y) -> concat_ws(':', x, y))", "[1:a, 2]"),
        ("array_sort(array('x', 'yyy', 'zz'), (a, b) -> length(b) - length(a))", "[yyy, zz, x]"),
        ("transform(array(array(1, 2), array(3)), a -> transform(a, x -> x + size(a)))", "[[3, 4], [4]]"),
        ("map_filter(map('a', 1, 'b', 2), (k, v) -> v > 1)", "{b -> 2}"),
        ("transform_values(map('a', 1), (k, v) -> v * 10)", "{a -> 10}"),
        ("map_zip_with(map('a', 1), map('a', 2, 'b', 3), (k, x, y) -> coalesce(x, 0) + y)", "{a -> 3, b -> 3}"),
        ("array(1, 2)[5]", "ArrayIndexOutOfBoundsException INVALID_ARRAY_INDEX"),
        ("element_at(array(1), 3)", "ArrayIndexOutOfBoundsException INVALID_ARRAY_INDEX_IN_ELEMENT_AT"),
        ("element_at(array(1), 0)", "SparkRuntimeException INVALID_INDEX_OF_ZERO"),
        ("map('a', 1)['zz']", "NULL"),
        ("map('a', 1, 'a', 2)", "SparkRuntimeException DUPLICATED_MAP_KEY"),
        ("named_struct('a', 1, 'b', 'x').b", "x"),
        ("array_contains(array(1, null), 2)", "NULL"),
        ("arrays_zip(array(1, 2), array('a'))", "[{1, a}, {2, NULL}]"),
        ("flatten(array(array(1), array(2, 3)))", "[1, 2, 3]"),
        ("slice(array(1, 2, 3, 4), -2, 2)", "[3, 4]"),
        ("array_union(array(3, 1, 3), array(3, 4))", "[3, 1, 4]"),
        ("array_insert(array(3, 4), 1, 7)", "[7, 3, 4]"),
        ("str_to_map('a:1,b:2')", "{a -> 1, b -> 2}"),
        ("map_concat(map('a', 1), map('z', 9))", "{a -> 1, z -> 9}"),
        ("map_from_entries(array(struct('k', 5)))", "{k -> 5}"),
        ("size(array())", "0"),
        ("array_repeat('x', 2)", "[x, x]"),
        ("sequence(1, 5, -1)", "IllegalArgumentException the step of a sequence must lead from its start to its end"),
        ("get_json_object('{\"a\": {\"b\": [1, 2]}}', '$.a.b[1]')", "2"),
        ("from_json('{\"a\": 1}', 'a int, b string')", "{1, NULL}"),
        ("from_json('{\"a\": null, \"b\": [1]}', 'map<string,string>')", "{a -> NULL, b -> [1]}"),
        ("to_json(named_struct('a', 1.5D, 'b', null))", "{\"a\":1.5}"),
        ("schema_of_json('{\"q\": [1.5], \"r\": {\"s\": true}}')", "STRUCT<q: ARRAY<DOUBLE>, r: STRUCT<s: BOOLEAN>>"),
        ("array(1, 2.5)", "[1.0, 2.5]"),
        ("concat(array(1), array(2))", "[1, 2]"),
    ]);
}

#[test]
fn nulls_and_laziness() {
    check(&[
        ("coalesce(null, 1, 1 / 0)", "1.0"),
        ("case when true then 1 else 1 / 0 end", "1.0"),
        ("if(false, cast('x' as int), 7)", "7"),
        ("false and (1 / 0 > 1)", "false"),
        ("true or (1 / 0 > 1)", "true"),
        ("nullif(1, 1)", "NULL"),
        ("nvl2(null, 'has', 'none')", "none"),
        ("nanvl(double('NaN'), 7.5)", "7.5"),
        ("double('NaN') = double('NaN')", "true"),
        ("double('NaN') > 1e300", "true"),
        ("-0.0D = 0.0D", "true"),
        ("null <=> null", "true"),
        ("1 in (2, null)", "NULL"),
        ("2 in (1, 2)", "true"),
        ("typeof(1 + 1.5)", "decimal(3,1)"),
        ("isnull(null)", "true"),
    ]);
}

#[test]
fn without_ansi_errors_become_nulls_and_wraps() {
    let mut conf = Conf::new();
    conf.set("spark.sql.ansi.enabled", "false");
    for (text, expected) in [
        ("cast(300 as tinyint)", "44"),
        ("cast(3000000000 as int)", "-1294967296"),
        ("cast('x' as date)", "NULL"),
        ("1 / 0", "NULL"),
        ("5 % 0", "NULL"),
        ("cast(1e20 as bigint)", "9223372036854775807"),
        ("2147483647 + 1", "-2147483648"),
        ("element_at(array(1), 3)", "NULL"),
        ("array(1)[5]", "NULL"),
        ("cast('1.9' as int)", "1"),
        ("to_date('bad')", "NULL"),
    ] {
        assert_eq!(answer_with(text, &conf).unwrap(), expected, "{text}");
    }
}
