use super::*;
use crate::workshop::rule::{EvalError, World};

struct Fixed;

impl World for Fixed {
    fn metric(&self, name: &str, arguments: &[Value]) -> Result<Value, EvalError> {
        Ok(match (name, arguments) {
            ("map_tasks", []) => Value::Number(12.0),
            ("shuffle_records", []) => Value::Number(48.0),
            ("join_strategy", []) => Value::Text("sort_merge".to_owned()),
            ("pushed_filters", [Value::Text(table)]) if table == "people.parquet" => {
                Value::List(vec!["GreaterThan(age,30)".to_owned()])
            }
            _ => return Err(EvalError(format!("no {name}"))),
        })
    }
}

#[track_caller]
fn check(text: &str, wanted: Value) {
    let rule = parse(text).expect(text);
    assert_eq!(rule.kind(), wanted.kind(), "{text}");
    assert_eq!(evaluate(&rule, &Fixed), Ok(wanted), "{text}");
}

#[track_caller]
fn refused(text: &str, position: usize, part: &str) {
    let error = parse(text).expect_err(text);
    assert_eq!(error.position, position, "{text}: {error}");
    assert!(error.message.contains(part), "{text}: {error}");
}

#[test]
fn rules_compute_and_compare() {
    check("map_tasks * 4", Value::Number(48.0));
    check("1 + 2 * 3 - 4 / 2", Value::Number(5.0));
    check("-(1 + 2)", Value::Number(-3.0));
    check("shuffle_records <= map_tasks * 4", Value::Bool(true));
    check("join_strategy == \"sort_merge\" and not shuffle_records > 48", Value::Bool(true));
    check("join_strategy contains 'merge' or false", Value::Bool(true));
    check("pushed_filters(\"people.parquet\") contains \"GreaterThan(age,30)\"", Value::Bool(true));
    check("len(pushed_filters('people.parquet'))", Value::Number(1.0));
    check("min(3, max(1, 2))", Value::Number(2.0));
    check(r#"'it\'s' == "it's""#, Value::Bool(true));
    check("if(map_tasks > 4, 'many', 'few')", Value::Text("many".to_owned()));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    refused("shufle_records == 1", 0, "did you mean `shuffle_records`?");
    refused("map_tasks = 4", 10, "==");
    refused("map_tasks == \"4\"", 10, "never equal");
    refused("map_tasks and true", 10, "true or false is needed");
    refused("join_strategy < 3", 14, "a number is needed");
    refused("(map_tasks", 10, "`)` is missing");
    refused("map_tasks * ", 12, "ends where a value");
    refused("\"open", 0, "closing quote");
    refused("map_tasks $ 2", 10, "means nothing");
    refused("pushed_filters contains 'x'", 0, "takes 1 arguments");
    refused("1 2", 2, "more follows");
    refused(&"(".repeat(200), 40, "too deeply");
    refused(&format!("{} true", "not ".repeat(200)), 156, "too deeply");
}

#[test]
fn a_metric_that_the_run_does_not_tell_is_an_error() {
    let rule = parse("stages + 1").expect("a rule");
    assert_eq!(evaluate(&rule, &Fixed), Err(EvalError("no stages".to_owned())));
    let rule = parse("1 / (map_tasks - 12)").expect("a rule");
    assert!(evaluate(&rule, &Fixed).is_err());
}
