//! Habits of other libraries: what a name of pandas, or Python's own way, is called in Spark.
//!
//! A part of [`super::advice`]: it is asked when a script has ended with an error, and speaks only where the slip is one of these.

use super::advice::Failing;
use crate::pyspark::Uncaught;

/// What a frame of pandas has, and the way to go in Spark.
const FRAME: &[(&[&str], &str)] = &[
    (
        &["apply", "applymap", "map", "transform_rows"],
        "a frame has no loop over its rows: make a new column from others, withColumn(\"name\", …), with functions of F",
    ),
    (&["assign", "insert"], "withColumn(\"name\", column) gives a new frame with one column more"),
    (
        &["query", "loc"],
        "rows are chosen with filter(\"age > 30\") or filter(F.col(\"age\") > 30), columns with select(\"name\", …)",
    ),
    (
        &["iloc", "at", "iat", "index", "reset_index", "set_index", "reindex"],
        "rows of Spark have no number and no index: they lie in many places, in no order. Leave this out",
    ),
    (&["to_csv"], "a frame is written with write.csv(\"folder\", header=True)"),
    (
        &["to_parquet", "to_json", "to_excel", "to_sql"],
        "a frame is written with write.parquet(\"folder\"), write.json(…), write.csv(…)",
    ),
    (&["merge"], "tables are joined with join(other, \"key\", \"inner\")"),
    (&["concat", "append"], "rows of two frames are put together with unionByName(other)"),
    (
        &["sort_values", "sort_index", "nlargest", "nsmallest"],
        "rows are ordered with orderBy(\"column\"), or orderBy(F.desc(\"column\")) for the largest first",
    ),
    (
        &["iterrows", "itertuples", "items"],
        "rows stay on the cluster, nobody goes through them one by one: say what becomes of a column, withColumn(\"name\", …)",
    ),
    (&["shape", "size"], "count() counts the rows, len(df.columns) the columns"),
    (&["rename"], "withColumnRenamed(\"old\", \"new\") gives a column another name"),
    (&["value_counts"], "groupBy(\"column\").count() counts each value"),
    (
        &["nunique", "unique"],
        "select(\"column\").distinct() gives the values, F.count_distinct(\"column\") in agg counts them",
    ),
    (
        &["isnull", "isna", "notnull", "notna"],
        "a column is asked for missing values: F.col(\"name\").isNull() or .isNotNull()",
    ),
    (
        &["resample", "rolling", "asfreq"],
        "windows of time are a key to group by: groupBy(F.window(\"time\", \"5 minutes\")); windows of rows are Window.orderBy(…).rowsBetween(-6, 0)",
    ),
    (&["info"], "printSchema() shows the columns and their types"),
    (&["astype"], "one column at a time: withColumn(\"age\", F.col(\"age\").cast(\"int\"))"),
    (&["pivot_table", "melt"], "groupBy(\"key\").pivot(\"column\").agg(…) makes columns of values"),
    (
        &["mean", "sum", "max", "min", "std", "median"],
        "numbers over a column come from agg(F.sum(\"column\")), one row",
    ),
    (
        &["partitionBy"],
        "rows of a frame are placed with repartition(n, \"column\") or repartitionByRange(n, \"column\"); partitionBy belongs to write, to windows and to RDDs",
    ),
    (
        &["duplicated"],
        "what is there more than once: groupBy(\"id\").count() and filter(\"count > 1\"); dropDuplicates() leaves one of each",
    ),
    (&["getNumPartitions"], "partitions are asked of the RDD below the frame: df.rdd.getNumPartitions()"),
    (&["broadcast"], "a small frame is marked where it is joined: big.join(F.broadcast(small), \"key\")"),
    (
        &["plot", "hist"],
        "bring a few rows to the driver first, limit(1000).toPandas(), and draw them where you have a library for it",
    ),
];

/// What libraries of Python call a function that Spark has by another name.
const FUNCTION: &[(&[&str], &str)] = &[
    (&["capitalize", "title"], "F.initcap(column) makes the first letter of each word large and the others small"),
    (
        &["try_cast", "to_numeric", "cast"],
        "a column is turned with its own method: F.col(\"age\").try_cast(\"int\") gives NULL where it is no number",
    ),
    (
        &["quantile", "quartile", "percentiles"],
        "F.percentile_approx(\"column\", [0.25, 0.75], 10000) gives quartiles, inside agg(…)",
    ),
    (&["strip"], "F.trim(column) takes the spaces away"),
    (&["len"], "F.length(column) counts the letters of a text, F.size(column) the values of an array"),
    (
        &["cumsum", "cumulative_sum", "running_sum"],
        "a running sum is F.sum(column) over a window: F.sum(\"revenue\").over(Window.partitionBy(…).orderBy(…))",
    ),
    (&["shift", "diff"], "the row before is F.lag(\"column\").over(Window.orderBy(…))"),
    (&["nunique", "unique"], "F.count_distinct(\"column\") counts the different values"),
    (&["int", "str", "float", "astype"], "a column is turned into another type with .cast(\"int\"), .cast(\"string\")"),
    (&["isin"], "F.col(\"name\").isin(\"a\", \"b\") asks whether a value is one of these"),
    (&["if_", "iff", "where", "case"], "every row is asked with F.when(condition, value).otherwise(value)"),
];

/// What a column of pandas has.
const COLUMN: &[(&[&str], &str)] = &[
    (&["isna", "isnull"], "a missing value is found with .isNull()"),
    (&["notna", "notnull"], "values that are there are found with .isNotNull()"),
    (&["fillna"], "F.coalesce(column, F.lit(0)) puts a value where none is"),
    (
        &["map", "apply", "replace", "where", "mask"],
        "every row is asked with F.when(condition, value).otherwise(value); a table of values is a small frame to join",
    ),
    (&["else_", "else", "elif_", "default"], "the last branch is .otherwise(value)"),
    (
        &["sum", "mean", "min", "max", "std", "median", "nunique", "unique", "count", "value_counts"],
        "a number over all rows is F.sum(\"column\") and its like, inside agg(…)",
    ),
    (&["shift", "diff"], "the row before is F.lag(\"column\").over(Window.orderBy(…))"),
    (&["cumsum", "rank"], "numbers over neighbours need a window: F.sum(\"column\").over(Window.orderBy(…))"),
    (&["capitalize", "title"], "F.initcap(column) makes the first letter of each word large and the others small"),
    (
        &["match", "fullmatch", "search"],
        "a text is held against a pattern with .rlike(\"^…$\"); without ^ and $ it may stand anywhere in it",
    ),
    (&["strip"], "F.trim(column) takes the spaces away"),
    (&["len"], "F.length(column) counts the letters"),
    (&["tolist", "to_list", "values"], "values come to the driver with collect(), and only few should"),
];

fn of(table: &[(&[&str], &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(names, _)| names.contains(&name)).map(|(_, way)| *way)
}

/// Parts of a date that Python has behind a point.
const DATE_PARTS: [&str; 7] = ["year", "quarter", "month", "week", "day", "hour", "date"];

/// The name in back ticks.
fn ticked(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}

/// The way to go in Spark, where the slip is a habit from elsewhere.
pub(super) fn habit(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    unknown_method(end).map(str::to_owned).or_else(|| of_python(end, failing)).or_else(|| of_names(end, failing))
}

/// Names of columns, written in a way that Python understands and Spark does not.
fn of_names(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    let condition = end.condition.as_deref().unwrap_or_default();
    if condition.starts_with("UNRESOLVED_COLUMN") {
        let name = end.subject.as_deref()?;
        if name == "_corrupt_record" {
            return Some(
                "with a schema of your own, the column for unreadable lines stands in it: add `_corrupt_record STRING`"
                    .to_owned(),
            );
        }
        if DATE_PARTS.contains(&name) && failing.statement.contains("roupBy(") {
            return Some(format!(
                "no column is called `{name}` yet: F.{name}(\"transaction_date\").alias(\"{name}\") makes it of a date"
            ));
        }
        if is_a_value(name, failing) {
            return Some(format!("F.col(\"{name}\") asks for a column; the text itself is F.lit(\"{name}\")"));
        }
        if is_text_in_sql(name, failing.statement) {
            return Some(format!("inside of a condition in quotes a text has quotes of its own: '{name}'"));
        }
        let names: Vec<&str> = name.split(',').map(str::trim).collect();
        let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if names.len() > 1 && names.iter().all(is_name) {
            return Some(format!("each name is a text of its own: \"{}\"", names.join("\", \"")));
        }
    }
    if condition == "ATTRIBUTE_NOT_SUPPORTED" {
        let name = ticked(&end.message)?;
        let is_variable = failing.statement.contains(&format!("for {name} in "));
        return is_variable.then(|| {
            format!("a point asks for a column that is called `{name}`; a name that stands in a variable is asked with F.col({name})")
        });
    }
    if condition == "NOT_EXPECTED_TYPE" && end.message.ends_with("got list.") {
        return match ticked(&end.message)? {
            "numPartitions" => {
                Some("the number comes first, then the columns one by one: repartition(8, \"customer_id\")".to_owned())
            }
            "col" => Some("a list of columns becomes one column with F.array(*columns)".to_owned()),
            _ => None,
        };
    }
    let has_list = || failing.expression.contains("agg([") || failing.expression.contains(", [");
    let is_list = end.message == "all exprs should be Column" && has_list();
    is_list
        .then(|| "put a star before the list: agg(*[…]), or agg(first, *[…]), gives its columns one by one".to_owned())
}

/// Whether a bare word stands right of a comparison in a text of SQL: `"event_type = stop"`.
fn is_text_in_sql(name: &str, statement: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    statement.match_indices(name).any(|(at, _)| {
        let before = statement[..at].trim_end();
        let alone = !statement[at + name.len()..].starts_with(is_part);
        // In quotes with what it is compared with: a quote right before would make it a column's name.
        alone && before.ends_with(['=', '>']) && before.trim_end_matches(['=', '<', '>', '!', ' ']).ends_with(is_part)
    })
}

/// Whether a column is asked for where `when` and `otherwise` want a value.
fn is_a_value(name: &str, failing: &Failing<'_>) -> bool {
    let code: String = failing.statement.chars().filter(|c| !c.is_whitespace()).collect();
    let code = code.replace('\'', "\"");
    let asked = format!("F.col(\"{name}\"))");
    code.contains("when(") && (code.contains(&format!(",{asked}")) || code.contains(&format!("otherwise({asked}")))
}

fn unknown_method(end: &Uncaught) -> Option<&'static str> {
    if end.condition.as_deref() == Some("ATTRIBUTE_NOT_SUPPORTED") {
        return of(FRAME, ticked(&end.message)?);
    }
    if let Some(rest) = end.message.strip_prefix("module 'pyspark.sql.functions' has no attribute '") {
        return of(FUNCTION, rest.strip_suffix('\'')?);
    }
    if end.message.contains("'Column' object is not callable") {
        return of(COLUMN, ticked(end.help.first()?)?);
    }
    if end.condition.as_deref() == Some("INVALID_EXTRACT_BASE_FIELD_TYPE") {
        return match end.message.split('"').nth(1)? {
            "dt" => Some("Spark has no .dt: the parts of a date are functions, F.year(column), F.month(column)"),
            "str" => Some(
                "Spark has no .str: what is done with texts are functions, F.upper(column), F.split(column, \"@\")",
            ),
            field if DATE_PARTS.contains(&field) => Some(
                "a column has no parts behind a point: the parts of a date are functions, F.year(column), F.month(column)",
            ),
            _ => None,
        };
    }
    match end.message.strip_prefix("'SparkSession' object has no attribute '")?.strip_suffix('\'')? {
        "DataFrame" => Some("a frame is made with spark.createDataFrame(rows, schema)"),
        "read_csv" | "read_parquet" | "read_json" => {
            Some("tables are read with spark.read.csv(\"folder\", …), spark.read.parquet(…)")
        }
        _ => None,
    }
}

/// Python's own functions and signs, asked of a frame or a column.
fn of_python(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    const WAYS: [(&str, &str); 36] = [
        (
            "'DataFrame' object does not support item assignment",
            "a frame is never changed. Make a new one: df = df.withColumn(\"name\", column)",
        ),
        ("object of type 'DataFrame' has no len()", "count() counts the rows of a frame, len(df.columns) its columns"),
        (
            "int() argument must be a string",
            "Python's int() takes one value; a column is turned with .cast(\"int\"), or .try_cast(\"int\") where some are no numbers",
        ),
        (
            "float() argument must be a string",
            "Python's float() takes one value; a column is turned with .cast(\"double\"), or .try_cast(\"double\")",
        ),
        (
            "expected string or bytes-like object, got 'Column'",
            "Python's re reads one text; a column is asked with .rlike(\"…\"), and F.regexp_extract takes a part out",
        ),
        (
            "strptime() argument 1 must be str",
            "Python's datetime reads one text; a column is turned with F.to_date(column, \"yyyy-MM-dd\")",
        ),
        (
            "when() can only be applied on a Column previously generated",
            "one branch follows the other directly: F.when(a, x).when(b, y).otherwise(z)",
        ),
        (
            "exprs should not be empty",
            "agg takes columns, each with its name behind it: agg(F.sum(\"salary\").alias(\"total\"))",
        ),
        (
            "unexpected keyword argument 'descending'",
            "the largest first: orderBy(F.desc(\"column\")), or ascending=False",
        ),
        (
            "'Broadcast' object has no attribute '_jdf'",
            "spark.sparkContext.broadcast is for Python functions; a frame that is joined is marked with F.broadcast(frame)",
        ),
        (
            "calling persist: it does not take",
            "a level has its own name: persist(StorageLevel.MEMORY_ONLY), after `from pyspark import StorageLevel`",
        ),
        (
            "Partition column `",
            "the folders are made of a column of the frame: add it first, withColumn(\"year\", F.year(\"transaction_date\"))",
        ),
        (
            "'GroupedData' object is not subscriptable",
            "a groupBy waits for what it shall compute of which column: groupBy(\"department\").agg(F.avg(\"age\").alias(\"avg_age\"))",
        ),
        (
            "unsupported operand type(s) for //: 'Column'",
            "columns are divided with `/`, which keeps the decimals; F.floor(a / b) takes them away",
        ),
        (
            "'GroupedData' object has no attribute 'quantile'",
            "quartiles come from agg: F.percentile_approx(\"column\", [0.25, 0.75], 10000)",
        ),
        (
            "'GroupedData' object has no attribute 'rank'",
            "a rank inside groups needs a window: F.rank().over(Window.partitionBy(…).orderBy(…))",
        ),
        (
            "Argument `windowDuration` should be a str",
            "a length of time is a text: F.window(\"event_time\", \"5 minutes\")",
        ),
        (
            "can not accept object DataFrame[",
            "a DataFrame is no value: .count() gives its number of rows, .first()[0] the value of one cell",
        ),
        (
            "'Builder' object has no attribute 'appName'",
            "the name of the application is a call, not a value that is set: builder.appName(\"…\")",
        ),
        (
            "'Builder' object has no attribute 'createDataFrame'",
            "this is still the builder: `.getOrCreate()` at the end of its line makes the session",
        ),
        (
            "'Builder' object has no attribute 'read'",
            "this is still the builder: `.getOrCreate()` at the end of its line makes the session",
        ),
        (
            "got builtin_function_or_method.",
            "a method was named and not called: its brackets are missing, F.col(\"age\").isNull()",
        ),
        (
            "got slice.",
            "rows of a frame have no numbers: show(5) prints five, limit(5) keeps five, take(5) brings them to the driver",
        ),
        (
            "object of type 'Column' has no len()",
            "F.size(column) counts the values of an array, F.length(column) the letters of a text",
        ),
        (
            "unsupported operand type(s) for +: 'DataFrame'",
            "rows of two frames are put together with a.unionByName(b), their columns with a.join(b, \"key\")",
        ),
        (
            "'GroupedData' object has no attribute 'head'",
            "the first of each group need a window: F.row_number().over(Window.partitionBy(…).orderBy(…)), then a filter on that number",
        ),
        (
            "'DataFrameWriter' object has no attribute 'overwrite'",
            "what is there is replaced with .mode(\"overwrite\")",
        ),
        (
            "where a condition (BOOLEAN) is needed",
            "a condition compares: F.col(\"age\") > 30, and in a join emp.dept_id == dept.dept_id; where both sides have the column, its name is enough: join(dept, \"dept_id\")",
        ),
        ("'Builder' object has no attribute 'name'", "the name of the application is .appName(\"…\")"),
        (
            "'WindowSpec' object has no attribute 'desc'",
            "the order stands inside of the window: orderBy(F.desc(\"column\"))",
        ),
        (
            "'StructType' object is not callable",
            "a frame's `.schema` is what it has; one that you give stands before the files are named: spark.read.schema(schema).csv(\"folder\")",
        ),
        (
            "bad operand type for unary -: 'str'",
            "a name in quotes is a text: the largest first is F.desc(\"column\"), a number with its sign turned is -F.col(\"column\")",
        ),
        (
            "count() missing 1 required positional argument",
            "F.count(\"*\") counts rows, F.count(\"column\") the values that are there",
        ),
        (
            "should be a Column or str, got range.",
            "Python's range is no column: F.sequence(F.lit(0), F.lit(7)) lists the numbers in one",
        ),
        ("Argument `subset` should be a list", "give the names as a list: dropDuplicates([\"id\"])"),
        (
            "'dict' object is not callable",
            "a dict is asked with [ ]; where a function is wanted, write one: lambda key: d[key]",
        ),
    ];
    if let Some(method) = end.message.strip_prefix("'DataFrameWriter' object has no attribute '")
        && let Some(method) = method.strip_suffix('\'')
        && ["coalesce", "repartition", "orderBy", "sort", "select", "filter", "where", "limit"].contains(&method)
    {
        return Some(format!(
            "what stands behind `.write` only says how to write: `.{method}(…)` belongs to the frame, before `.write`"
        ));
    }
    if let Some((_, way)) = WAYS.iter().find(|(said, _)| end.message.contains(said)) {
        return Some((*way).to_owned());
    }
    if end.class == "KeyError" && end.message.starts_with("Column<") {
        return Some(
            "a dict of Python does not know the values of a column: make a small frame of it and join that, or use F.when".to_owned(),
        );
    }
    if end.class == "KeyError" && end.message.starts_with('\'') {
        return Some(format!("the dict has no entry {}: print it, and see which it has", end.message));
    }
    if end.message == "Column is not iterable." && failing.expression.contains("sum(") {
        return Some("this is Python's own `sum`, which wants a list; Spark's is F.sum, and conditions are counted with F.count_if".to_owned());
    }
    let key = end.message.strip_prefix("'dict' object has no attribute '")?.strip_suffix('\'')?;
    Some(format!("a dict is asked with brackets: [\"{key}\"]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(end: Uncaught, wanted: &str) {
        let said = habit(&end, &Failing::default()).unwrap_or_default();
        assert!(said.contains(wanted), "{said:?} lacks {wanted:?}");
    }

    fn end(class: &str, condition: &str, message: &str) -> Uncaught {
        let condition = (!condition.is_empty()).then(|| condition.to_owned());
        Uncaught { class: class.to_owned(), condition, message: message.to_owned(), ..Uncaught::default() }
    }

    #[test]
    fn names_of_pandas_lead_to_spark_s() {
        let frame = |name: &str| {
            end("PySparkAttributeError", "ATTRIBUTE_NOT_SUPPORTED", &format!("Attribute `{name}` is not supported."))
        };
        check(frame("merge"), "join(other, \"key\"");
        check(frame("sort_values"), "orderBy");
        check(frame("iterrows"), "rows stay on the cluster");
        assert!(habit(&frame("colour"), &Failing::default()).is_none());
        let column = Uncaught {
            help: vec!["a Column has no method `isna`; did you mean `isNaN`?".to_owned()],
            ..end("TypeError", "", "'Column' object is not callable")
        };
        check(column, ".isNull()");
    }

    #[test]
    fn python_s_own_functions_are_not_for_columns() {
        check(end("TypeError", "", "'DataFrame' object does not support item assignment"), "withColumn");
        check(
            end("TypeError", "", "int() argument must be a string, a bytes-like object or a real number, not 'Column'"),
            ".cast(",
        );
        check(end("KeyError", "", "Column<'product'>"), "join");
        check(end("AttributeError", "", "'dict' object has no attribute 'validity'"), "[\"validity\"]");
        let names = Uncaught {
            subject: Some("name, age".to_owned()),
            ..end("AnalysisException", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "")
        };
        check(names, "\"name\", \"age\"");
        check(end("PySparkTypeError", "NOT_EXPECTED_TYPE", "Argument `col` should be a Column, got list."), "F.array(");
        check(end("TypeError", "", "'GroupedData' object is not subscriptable"), ".agg(");
        check(end("AttributeError", "", "module 'pyspark.sql.functions' has no attribute 'capitalize'"), "F.initcap");
        check(end("TypeError", "", "bad operand type for unary -: 'str'"), "F.desc");
        let part = Uncaught {
            subject: Some("year".to_owned()),
            ..end("AnalysisException", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "")
        };
        let grouped = Failing { statement: "df.groupBy(\"year\")", ..Failing::default() };
        assert!(habit(&part, &grouped).unwrap_or_default().contains("F.year("));
        let text = Uncaught { subject: Some("stop".to_owned()), ..part.clone() };
        let sql = Failing { statement: "ev.filter(\"event_type = stop\")", ..Failing::default() };
        assert!(habit(&text, &sql).unwrap_or_default().contains("'stop'"));
        let compared = Failing { statement: "ev.filter(F.col(\"a\") == F.col(\"stop\"))", ..Failing::default() };
        assert!(habit(&text, &compared).is_none());
        check(end("AttributeError", "", "'DataFrameWriter' object has no attribute 'coalesce'"), "before `.write`");
        let value = Uncaught { subject: Some("early".to_owned()), ..part };
        let when = Failing { statement: "F.when(c, F.col('early'))", ..Failing::default() };
        assert!(habit(&value, &when).unwrap_or_default().contains("F.lit(\"early\")"));
        let dict = "TypeError: 'dict' object is not callable";
        check(end("PythonException", "PYTHON_EXCEPTION", dict), "lambda key: d[key]");
    }
}
