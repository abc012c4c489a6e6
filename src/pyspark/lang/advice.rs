//! Advice: the next step for errors that Python and Spark word for programmers.
//!
//! Read from what the error says and from the text of the expression that raised it, when the script has ended. An error that knows its own
//! help keeps it; advice that comes out of the text stands before it, as it is nearer to the slip.

use super::habits::habit;
use super::interpreter::Interpreter;
use crate::pyspark::Uncaught;

/// What the error came from, as written.
#[derive(Default)]
pub(super) struct Failing<'a> {
    pub expression: &'a str,
    pub statement: &'a str,
    /// Where the name lives that the script does not know.
    pub home: Option<Home>,
}

/// A module that knows a name, or is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    Spark(&'static str),
    Standard,
}

const FUNCTIONS: &str = "pyspark.sql.functions";

/// The modules that scripts take names from, the plainest first.
const HOMES: [&str; 4] = ["pyspark.sql", "pyspark.sql.types", FUNCTIONS, "pyspark"];

/// Asks the modules themselves where a name lives.
pub(super) fn home_of(interp: &mut Interpreter, name: &str) -> Option<Home> {
    let mut knows = |module: &str| interp.import(module).is_ok_and(|module| module.get(name).is_some());
    if let Some(module) = HOMES.into_iter().find(|module| knows(module)) {
        return Some(Home::Spark(module));
    }
    let is_known = super::modules::source(name).is_some() || matches!(super::modules::load(interp, name), Ok(Some(_)));
    is_known.then_some(Home::Standard)
}

/// What to do, where this is known better than the error says itself.
pub(super) fn advice(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    let near = [
        joined_texts,
        missing_comma,
        bool_of_column,
        quoted_column,
        repeated_text,
        array_for_a_value,
        loose_or,
        bare_date,
        habit,
    ];
    near.iter().find_map(|rule| rule(end, failing)).or_else(|| {
        if end.help.is_empty() {
            let rest = [
                unknown_name,
                shadowed,
                nothing_given,
                python_function,
                method_of_a_number,
                no_brackets,
                wrong_argument,
                by_words,
            ];
            rest.iter().find_map(|rule| rule(end, failing))
        } else {
            None
        }
    })
}

/// `"a" "b"` is one text in Python.
fn joined_texts(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    let subject = end.subject.as_deref()?;
    let texts = literals(failing.statement);
    let pair = texts.windows(2).find(|pair| {
        let gap = failing.statement.get(pair[0].to..pair[1].from).unwrap_or(",");
        gap.chars().all(char::is_whitespace) && format!("{}{}", pair[0].text, pair[1].text) == subject
    })?;
    let (left, right) = (pair[0].text, pair[1].text);
    Some(format!("Python reads two texts side by side as one: put a `,` between \"{left}\" and \"{right}\""))
}

/// `(1, "a") (2, "b")` calls the first with the second.
fn missing_comma(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    let said = ["object is not callable", "indices must be integers", "object is not subscriptable"];
    if end.class != "TypeError" || !said.iter().any(|words| end.message.contains(words)) {
        return None;
    }
    let (last, bracket) = bracket_after_a_gap(failing.expression)?;
    let read_as = if bracket == '(' { "a call of the first" } else { "an index into the first" };
    Some(format!("put a `,` between `{last}` and `{bracket}`: without it Python reads two values as {read_as}"))
}

fn bool_of_column(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    if end.condition.as_deref() != Some("CANNOT_CONVERT_COLUMN_INTO_BOOL") {
        return None;
    }
    let code = without_texts(failing.statement);
    let has = |word: &str| code.contains(&format!(" {word} "));
    let advice = if has("not in") {
        "`in` asks Python once. Each row is asked with F.col(\"name\").isin(…), and `~` before it means none of these: ~F.col(\"name\").isin(\"a\", \"b\")"
    } else if has("for") && has("if") {
        "the `if` of a list asks Python once, for all rows together: rows of a frame are chosen with df.filter(condition), and F.when(condition, value) answers in each row"
    } else if has("in") && !has("for") {
        "`in` asks Python once. Each row is asked with F.col(\"name\").isin(\"a\", \"b\")"
    } else if is_chained(&without_texts(failing.expression)) {
        "Python reads `a < b < c` as two questions with `and` between: write (a < b) & (b < c), or F.col(\"name\").between(low, high), which takes both ends in"
    } else if has("and") || has("or") || code.contains("not ") {
        "write `&`, `|` and `~` in place of `and`, `or` and `not`, and brackets around each condition: (a > 1) & (b < 2)"
    } else if code.contains('&') || code.contains('|') {
        "`&` and `|` bind closer than `>` and `==`: put brackets around each condition, (a > 1) & (b < 2)"
    } else {
        "Python asks once, on the driver, and wants one answer; for every row ask with F.when(condition, value).otherwise(value)"
    };
    Some(advice.to_owned())
}

/// `30 < age < 35`.
fn is_chained(code: &str) -> bool {
    let is_joined = ["&", "|", " and ", " or ", "("].iter().any(|word| code.contains(word));
    !is_joined && code.matches(['<', '>']).count() > 1
}

/// `"age" * 2` is the text `ageage`.
fn repeated_text(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    let texts = literals(failing.statement);
    let is_repeated = |literal: &&Literal<'_>| {
        let behind = failing.statement.get(literal.to..).unwrap_or_default().trim_start();
        is_name(literal.text) && behind.starts_with('*') && !behind.starts_with("**")
    };
    let text = texts.iter().find(is_repeated)?.text;
    let is_no_column = end.condition.as_deref() == Some("NOT_EXPECTED_TYPE") && end.message.ends_with("got str.");
    let twice = text.repeat(2);
    (is_no_column || end.message.contains(&twice)).then(|| {
        format!("\"{text}\" in quotes is a plain text, and Python makes \"{twice}\" of it; a column to count with is F.col(\"{text}\")")
    })
}

/// `a.isNull() | b <= 0` is read as `(a.isNull() | b) <= 0`.
fn loose_or(end: &Uncaught, _: &Failing<'_>) -> Option<String> {
    let is_binary = end.condition.as_deref()?.starts_with("DATATYPE_MISMATCH.BINARY");
    let joins = end.message.contains(" OR ") || end.message.contains(" AND ");
    (is_binary && joins && end.message.contains("BOOLEAN")).then(|| {
        "`&` and `|` bind closer than `<=` and `==`: put brackets around each condition, (a > 1) & (b < 2)".to_owned()
    })
}

/// `"day >= 2024-01-01"`: without quotes of its own a date is a subtraction.
fn bare_date(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    let is_binary = end.condition.as_deref()?.starts_with("DATATYPE_MISMATCH.BINARY");
    if is_binary && let Some(span) = literals(failing.statement).into_iter().find(|literal| is_span(literal.text)) {
        let span = span.text;
        return Some(format!("\"{span}\" is a plain text here; a length of time is F.expr(\"INTERVAL {span}\")"));
    }
    let date = literals(failing.statement).into_iter().filter(|_| is_binary).find_map(|literal| {
        let is_date = |part: &&str| {
            let numbers: Vec<usize> =
                part.split('-').map(|n| if n.chars().all(|c| c.is_ascii_digit()) { n.len() } else { 0 }).collect();
            numbers == [4, 2, 2]
        };
        literal.text.split([' ', '(', ')', '=', '<', '>', ',']).find(is_date)
    })?;
    Some(format!("{date} without quotes is a subtraction: write '{date}', in quotes of its own inside the text"))
}

/// `2 minutes`.
fn is_span(text: &str) -> bool {
    let units = ["second", "minute", "hour", "day", "week", "month", "year"];
    let Some((count, unit)) = text.split_once(' ') else { return false };
    count.parse::<u32>().is_ok() && units.contains(&unit.to_lowercase().trim_end_matches('s'))
}

/// A list compared or joined with one value.
fn array_for_a_value(end: &Uncaught, _: &Failing<'_>) -> Option<String> {
    let condition = end.condition.as_deref()?;
    let is_array = condition.starts_with("DATATYPE_MISMATCH.BINARY") && end.message.contains("ARRAY<");
    let kinds = end.message.rsplit("are ").next()?;
    let is_one_side = kinds.matches("ARRAY<").count() == 1;
    (is_array && is_one_side).then(|| {
        "one side is an array, the other a single value: F.explode(…) makes a row of each value in the array".to_owned()
    })
}

/// `"age" > 3` compares a text.
fn quoted_column(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    let of_text =
        end.message.contains("'str'") || end.message.contains("not \"str\"") || end.message.contains("(not \"int\")");
    if end.class != "TypeError" || !of_text || !is_about_operands(&end.message) {
        return None;
    }
    if failing.expression.starts_with("sum(") {
        return Some("this is Python's own `sum`, which adds the items of a list; Spark's is F.sum".to_owned());
    }
    if end.message.contains("concatenate") || failing.statement.trim_start().starts_with("print") {
        return Some(
            "make the value a text with str(…), or give it to print as a second value: print(\"n\", value)".to_owned(),
        );
    }
    // Only a text that is itself an operand: `row["age"] + "1"` has another one.
    let texts = literals(failing.expression.trim_start());
    let first = texts.first().filter(|literal| literal.from == 0)?;
    let name = Some(first.text).filter(|text| is_name(text) && !text.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(format!("\"{name}\" in quotes is a plain text here; a column to count or compare with is F.col(\"{name}\")"))
}

fn is_about_operands(message: &str) -> bool {
    ["not supported between", "unsupported operand", "can only concatenate"].iter().any(|words| message.contains(words))
}

/// A name that nothing in the script has made.
fn unknown_name(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    let name = end.subject.as_deref().filter(|_| end.class == "NameError")?;
    let is_followed_by = |c: char| failing.statement.contains(&format!("{name}{c}"));
    let import = match (name, failing.home) {
        // What every book calls them.
        ("F", _) => Some("from pyspark.sql import functions as F".to_owned()),
        ("T", _) => Some("from pyspark.sql import types as T".to_owned()),
        (_, Some(Home::Spark(FUNCTIONS))) if is_followed_by('(') => {
            return Some(format!("Spark's function is F.{name}, after `from pyspark.sql import functions as F`"));
        }
        (_, Some(Home::Spark(FUNCTIONS)) | None) => None,
        (_, Some(Home::Spark(module))) => Some(format!("from {module} import {name}")),
        (_, Some(Home::Standard)) if is_followed_by('(') => Some(format!("from {name} import {name}")),
        (_, Some(Home::Standard)) => is_followed_by('.').then(|| format!("import {name}")),
    };
    if let Some(import) = import {
        return Some(format!("write `{import}` at the top of the script"));
    }
    if name == "display" && is_followed_by('(') {
        return Some("`display` belongs to notebooks: a frame shows itself with `show()`".to_owned());
    }
    let is_argument = failing.statement.contains('(') && !failing.statement.starts_with("print");
    is_argument
        .then(|| format!("Python looks for a variable `{name}`, and there is none. If you mean the column, write \"{name}\" or F.col(\"{name}\")"))
}

/// `sum = 3`, then `sum(…)`.
fn shadowed(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    let class = end.message.strip_suffix("' object is not callable")?.strip_prefix('\'')?;
    let (callee, _) = failing.expression.split_once('(')?;
    if !is_name(callee) {
        return Some(format!("a value of type {class} is not a function: look at what stands before the `(`"));
    }
    Some(format!("`{callee}` holds a value of type {class} by now: give that value another name, further up"))
}

/// What `show()` gives back.
fn nothing_given(end: &Uncaught, _: &Failing<'_>) -> Option<String> {
    let method = end.message.strip_prefix("'NoneType' object has no attribute '")?.strip_suffix('\'')?;
    Some(format!(
        "what stands before `.{method}` is None: a TODO that is still open, or the end of a line with `show()`, `printSchema()` or `write`, which \
         give nothing back. Name the frame first, and call these on a line of their own"
    ))
}

/// `max("a")` is a letter: Python's own function took a text.
fn python_function(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    let about = ["'str' object has no attribute", "object is not iterable", "__round__", "bad operand type for abs()"];
    if !about.iter().any(|words| end.message.contains(words)) {
        return None;
    }
    let calls = |name: &str| {
        failing
            .expression
            .match_indices(&format!("{name}("))
            .any(|(at, _)| !failing.expression[..at].ends_with(|c: char| c == '.' || c == '_' || c.is_alphanumeric()))
    };
    let name = ["sum", "max", "min", "round", "abs"].into_iter().find(|name| calls(name))?;
    Some(format!("this is Python's own `{name}`, which knows nothing of columns; Spark's is F.{name}"))
}

/// `id % 8.0.cast("int")`, or `n % SALTS.cast("int")`: the method is asked of the last operand alone.
fn method_of_a_number(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    let classes = ["int", "float", "str", "bool"];
    let class =
        classes.iter().find(|class| end.message.starts_with(&format!("'{class}' object has no attribute '")))?;
    let method = end.message.rsplit('\'').nth(1).filter(|method| COLUMN_METHODS.contains(method))?;
    let called = format!(".{method}");
    let mut places = failing.statement.match_indices(&called).map(|(at, _)| &failing.statement[..at]);
    let (before, asked) = places.find_map(operand_at_end)?;
    let operator = ["//", "**", "<=", ">=", "==", "!=", "%", "*", "/", "+", "-", "<", ">", "&", "|"]
        .into_iter()
        .find(|operator| before.trim_end().ends_with(operator));
    Some(match operator {
        Some(operator) => format!(
            "`.{method}` binds closer than `{operator}`, so it is asked of `{asked}` alone: put brackets around the whole, (… {operator} {asked}).{method}(…)"
        ),
        None if *class == "str" => {
            format!("a text is no column: F.col({asked}).{method}(…), or F.lit for a fixed text")
        }
        None => format!("a plain {class} of Python is no column: F.lit({asked}).{method}(…) makes one of it"),
    })
}

/// The plain name, number or text that some code ends with, and the code before it.
fn operand_at_end(code: &str) -> Option<(&str, &str)> {
    let start = match code.chars().last()? {
        quote @ ('"' | '\'') => code[..code.len() - 1].rfind(quote)?,
        _ => code.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1),
    };
    let (before, operand) = code.split_at_checked(start)?;
    (!operand.is_empty() && !before.ends_with('.')).then_some((before, operand))
}

/// Methods of a column that no number and no text has.
const COLUMN_METHODS: [&str; 12] =
    ["alias", "asc", "between", "cast", "desc", "isNotNull", "isNull", "isin", "otherwise", "over", "try_cast", "when"];

/// A method that is named and not called.
fn no_brackets(end: &Uncaught, failing: &Failing<'_>) -> Option<String> {
    let methods = ["'builtin_function_or_method' object has no", "'method' object has no", "'function' object has no"];
    if !methods.iter().any(|words| end.message.starts_with(words)) {
        return None;
    }
    let attribute = end.message.rsplit('\'').nth(1)?;
    let before = failing.statement.split(&format!(".{attribute}")).next()?;
    let method = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().filter(|word| !word.is_empty())?;
    Some(format!("a method runs only with its brackets: write `{method}()`"))
}

/// `Argument … should be …, got …`.
fn wrong_argument(end: &Uncaught, _: &Failing<'_>) -> Option<String> {
    if end.condition.as_deref() != Some("NOT_EXPECTED_TYPE") {
        return None;
    }
    let argument = end.message.split('`').nth(1)?;
    let got = end.message.rsplit("got ").next()?.trim_end_matches('.');
    let advice = match (argument, got) {
        ("schema", _) => {
            "a schema is a StructType of fields with names and types, or a text such as \"id INT, name STRING\""
        }
        ("dataType", "type") => "give a type with its brackets, `IntegerType()`, or as a text, \"int\"",
        ("on", "bool") => {
            "Python has compared two texts and answered itself: give the name of the key, \"id\", or compare columns, left.id == right.id"
        }
        ("window", "str") => "a window is made with Window.partitionBy(\"…\").orderBy(\"…\")",
        ("condition" | "cols" | "col", "bool") => {
            "Python has answered this itself, once for all rows: compare columns, F.col(\"name\"), not texts, and ask for NULL with .isNull() or .isNotNull()"
        }
        ("condition", "str") => {
            "a condition in quotes is only a text here: write it with columns, F.col(\"name\") < 3, or make it one with F.expr(\"name < 3\")"
        }
        ("condition" | "cols" | "col", "function") => {
            "a function of Python is not asked row by row: write what it does with columns, such as F.col(\"name\") > 3"
        }
        ("cols" | "col", "Column") => "give the name of the column as a text here, or use .agg(F.sum(…))",
        ("cols" | "col", "int" | "float") => {
            "a number is no column: wrap it with F.lit(…), or look at the order of the arguments"
        }
        _ => return None,
    };
    Some(advice.to_owned())
}

/// Where the words of the error are enough.
fn by_words(end: &Uncaught, _: &Failing<'_>) -> Option<String> {
    let message = end.message.as_str();
    let advice = if message.starts_with("'GroupedData' object has no attribute") {
        "a groupBy waits for what it shall compute: .count(), .sum(\"…\") or .agg(…); after that it is a DataFrame again"
    } else if message == "exceptions must derive from BaseException" {
        "`raise` wants an error and not a text: raise ValueError(\"…\")"
    } else if message == "all exprs should be Column" {
        "agg takes columns such as F.sum(\"age\").alias(\"total\"), or a dict {\"age\": \"sum\"}"
    } else if message.starts_with("'list' object has no attribute") {
        "`collect()` and `take()` bring rows to the driver, as a list of Python: call this on the DataFrame, before them"
    } else if let Some(function) = too_many_for(message).filter(|function| RANKS.contains(function)) {
        return Some(format!(
            "the window stands behind the function, which takes nothing itself: F.{function}().over(w)"
        ));
    } else if message.contains("WindowSpec") && end.condition.as_deref() == Some("UNSUPPORTED_FEATURE.LITERAL_TYPE") {
        "the window stands behind the function: F.lag(\"name\").over(w)"
    } else if too_many_for(message) == Some("StructType.__init__") {
        "the fields stand in one list: StructType([StructField(…), StructField(…)])"
    } else if message == "type object 'Window' has no attribute 'groupBy'" {
        "the groups of a window are Window.partitionBy(\"name\")"
    } else if message == "a frame's bounds are whole numbers" {
        "from the first row on is Window.unboundedPreceding, to the row itself Window.currentRow"
    } else if end.condition.as_deref() == Some("INVALID_SAVE_MODE") {
        "\"overwrite\" replaces what is there, \"append\" adds to it, \"ignore\" leaves it alone, \"error\" stops"
    } else if end.condition.as_deref() == Some("UNSUPPORTED_JOIN_TYPE") {
        "rows of the left table without a partner are \"left_anti\", those with one \"left_semi\"; \"left\" keeps all of them"
    } else if message.starts_with("unsupported operand type(s) for") && message.ends_with("'str' and 'str'") {
        "conditions in quotes are texts: write all of it in one text, \"a > 3 AND b < 5\", or with columns, (F.col(\"a\") > 3) & (F.col(\"b\") < 5)"
    } else if message.contains("positional argument") && message.contains("given") {
        "there is a value too many in the call: a bracket may close too late, as in F.round(F.avg(\"a\", 2))"
    } else if message.contains("missing") && message.contains("required positional argument") {
        "add the value that is named here to the call"
    } else if message.contains("got an unexpected keyword argument") {
        let name = message.split('(').next().unwrap_or_default();
        return Some(format!("look at how the argument is spelled, and whether `{name}` has it"));
    } else if end.class == "PySparkValueError" && is_name(message) && end.condition.is_none() {
        return Some(format!("the row has no field `{message}`; print(row) shows the names it has"));
    } else if end.condition.as_deref().is_some_and(|condition| condition.starts_with("FIELD_STRUCT_LENGTH_MISMATCH")) {
        "the schema needs one field for each value of a row, in the same order"
    } else if end.condition.as_deref().is_some_and(|condition| condition.starts_with("FIELD_NOT_NULLABLE")) {
        "give the row a value, or let the field be empty: StructField(…, True)"
    } else if end.condition.as_deref().is_some_and(|condition| condition.starts_with("FIELD_DATA_TYPE_UNACCEPTABLE"))
        && message.contains("`DataFrame[")
    {
        "a DataFrame is no value: .count() gives its number of rows, .first()[0] the value of one cell"
    } else if end.condition.as_deref().is_some_and(|condition| condition.starts_with("FIELD_DATA_TYPE_UNACCEPTABLE")) {
        "the schema and the row disagree: change the value (1 is a number, \"1\" is a text), or the type of that field"
    } else if message.ends_with("is not iterable") && message.contains("Column") {
        "Python's own max, min and sum want a list; Spark's are F.max, F.min and F.sum"
    } else {
        return None;
    };
    Some(advice.to_owned())
}

/// Functions over a window that take no argument.
const RANKS: [&str; 5] = ["row_number", "rank", "dense_rank", "percent_rank", "cume_dist"];

/// The function that was given more than it takes.
fn too_many_for(message: &str) -> Option<&str> {
    let (function, rest) = message.split_once("() takes ")?;
    (rest.contains("positional argument") && rest.ends_with("given")).then_some(function)
}

/// A text in quotes: what is inside, and from where to where it goes with its quotes.
struct Literal<'a> {
    text: &'a str,
    from: usize,
    to: usize,
}

fn literals(code: &str) -> Vec<Literal<'_>> {
    let mut found = Vec::new();
    let mut rest = code.char_indices();
    while let Some((from, quote)) = rest.next() {
        if quote != '"' && quote != '\'' {
            continue;
        }
        let Some((end, _)) = rest.by_ref().find(|(_, c)| *c == quote) else { break };
        found.push(Literal { text: &code[from + 1..end], from, to: end + 1 });
    }
    found
}

/// The code with nothing inside its quotes.
fn without_texts(code: &str) -> String {
    let mut bare = String::new();
    let mut at = 0;
    for literal in literals(code) {
        bare.push_str(&code[at..literal.from]);
        bare.push_str("\"\"");
        at = literal.to;
    }
    bare.push_str(&code[at..]);
    bare
}

/// The word and the opening bracket between which there is only space, at the outermost level.
fn bracket_after_a_gap(expression: &str) -> Option<(&str, char)> {
    let mut depth = 0;
    let texts = literals(expression);
    let inside = |at: usize| texts.iter().any(|literal| literal.from <= at && at < literal.to);
    for (at, c) in expression.char_indices().filter(|(at, _)| !inside(*at)) {
        match c {
            '(' | '[' => {
                let before = &expression[..at];
                let value = before.trim_end();
                if depth == 0 && value.len() < before.len() && value.ends_with([')', ']', '"', '\'']) {
                    return Some((value.lines().last().unwrap_or(value).trim_start(), c));
                }
                depth += 1;
            }
            ')' | ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(class: &str, condition: &str, message: &str, expression: &str, help: &str) {
        let condition = (!condition.is_empty()).then(|| condition.to_owned());
        let subject = message.split('`').nth(1).or_else(|| message.split('\'').nth(1)).map(str::to_owned);
        let end = Uncaught {
            class: class.to_owned(),
            condition,
            message: message.to_owned(),
            subject,
            ..Uncaught::default()
        };
        let home =
            end.subject.as_deref().and_then(|name| home_of(&mut crate::pyspark::api::worker_interpreter(), name));
        let said = advice(&end, &Failing { expression, statement: expression, home }).unwrap_or_default();
        assert!(said.contains(help), "{expression}: {said}");
    }

    #[test]
    fn a_comma_is_missed() {
        let call = "'tuple' object is not callable";
        check("TypeError", "", call, "(1, \"a\")\n        (2, \"b\")", "put a `,` between `(1, \"a\")` and `(`");
        let index = "list indices must be integers or slices, not tuple";
        check("TypeError", "", index, "[(1, \"a\")] [\"id\", \"name\"]", "between `[(1, \"a\")]` and `[`");
        check(
            "TypeError",
            "",
            "'Column' object is not callable",
            "F.col(\"a\") (b + 1)",
            "between `F.col(\"a\")` and `(`",
        );
        let column = "there is no column with the name `agedep`";
        check(
            "AnalysisException",
            "UNRESOLVED_COLUMN",
            column,
            "df.select(\"age\" \"dep\")",
            "between \"age\" and \"dep\"",
        );
    }

    #[test]
    fn no_comma_is_missed_where_there_is_none_to_miss() {
        let end = Uncaught {
            class: "TypeError".to_owned(),
            message: "'int' object is not callable".to_owned(),
            ..Uncaught::default()
        };
        let said = advice(&end, &Failing { expression: "total(3)", statement: "total(3)", home: None });
        assert_eq!(
            said.as_deref(),
            Some("`total` holds a value of type int by now: give that value another name, further up")
        );
    }

    #[test]
    fn python_s_words_get_a_next_step() {
        let name = |name: &str| format!("name '{name}' is not defined");
        check("NameError", "", &name("Window"), "Window.partitionBy(\"a\")", "from pyspark.sql import Window");
        check("NameError", "", &name("age"), "df.filter(age > 3)", "write \"age\" or F.col(\"age\")");
        let functions = "Spark's function is F.count_if";
        check("NameError", "", &name("count_if"), "df.agg(count_if(c))", functions);
        check("NameError", "", &name("year"), "df.filter(year > 2023)", "F.col(\"year\")");
        let timestamp = "from pyspark.sql.types import TimestampType";
        check("NameError", "", &name("TimestampType"), "x.cast(TimestampType())", timestamp);
        check(
            "NameError",
            "",
            &name("StorageLevel"),
            "df.persist(StorageLevel.DISK_ONLY)",
            "from pyspark import StorageLevel",
        );
        check("NameError", "", &name("datetime"), "datetime(2024, 1, 1)", "from datetime import datetime");
        check("NameError", "", &name("math"), "math.sqrt(2)", "`import math`");
        check("TypeError", "", "type Column doesn't define __round__ method", "round(F.avg(\"a\"), 2)", "F.round");
        check("TypeError", "", "exceptions must derive from BaseException", "raise \"bad\"", "raise ValueError(");
        check("NameError", "", &name("desc"), "df.orderBy(desc(\"a\"))", "F.desc");
        check("AttributeError", "", "'NoneType' object has no attribute 'select'", "a.select(1)", "give nothing back");
        check(
            "AttributeError",
            "",
            "'builtin_function_or_method' object has no attribute 'count'",
            "df.cache.count()",
            "`cache()`",
        );
        check(
            "AttributeError",
            "",
            "'GroupedData' object has no attribute 'show'",
            "df.groupBy(\"a\").show()",
            ".agg(…)",
        );
        check(
            "TypeError",
            "",
            "'>' not supported between instances of 'str' and 'int'",
            "\"age\" > 3",
            "F.col(\"age\")",
        );
        check("TypeError", "", "unsupported operand type(s) for /: 'str' and 'int'", "\"age\" / 2", "F.col(\"age\")");
        check("TypeError", "", "unsupported operand type(s) for +: 'int' and 'str'", "sum(\"age\")", "F.sum");
        check("TypeError", "", "can only concatenate str (not \"int\") to str", "\"n \" + df.count()", "str(…)");
        let types = "Argument `dataType` should be a DataType or str, got type.";
        check("PySparkTypeError", "NOT_EXPECTED_TYPE", types, "x.cast(int)", "IntegerType()");
        let bool_of = "Cannot convert column into bool";
        check(
            "PySparkValueError",
            "CANNOT_CONVERT_COLUMN_INTO_BOOL",
            bool_of,
            "f(a > 1 and b < 2)",
            "in place of `and`",
        );
        check("PySparkValueError", "CANNOT_CONVERT_COLUMN_INTO_BOOL", bool_of, "f(a > 1 & b < 2)", "bind closer");
        let bool_of_columns = [
            ("c not in [\"a\", \"b\"]", "~F.col(\"name\").isin"),
            ("30 < c < 35", "`a < b < c` as two questions"),
            ("[n for n, c in rules if c]", "the `if` of a list"),
            ("[p for p in people if p.age > 30]", "df.filter(condition)"),
        ];
        for (expression, help) in bool_of_columns {
            check("PySparkValueError", "CANNOT_CONVERT_COLUMN_INTO_BOOL", bool_of, expression, help);
        }
        let sides = "\"(day >= ((2024 - 1) - 1))\" cannot be computed: the two sides are DATE and INT";
        check(
            "AnalysisException",
            "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
            sides,
            "df.filter(\"day >= 2024-01-01\")",
            "write '2024-01-01'",
        );
        let sides = "\"(event_time + 2 minutes)\" cannot be computed: the two sides are TIMESTAMP and STRING";
        check(
            "AnalysisException",
            "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
            sides,
            "ev.event_time + \"2 minutes\"",
            "INTERVAL 2 minutes",
        );
        let column = "Argument `col` should be a Column, got str.";
        check("PySparkTypeError", "NOT_EXPECTED_TYPE", column, "df.withColumn(\"x\", \"age\" * 2)", "\"ageage\"");
        let sides = "\"(salt = salt)\" cannot be computed: the two sides are INT and ARRAY<INT>";
        check("AnalysisException", "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES", sides, "a.join(b, \"salt\")", "F.explode");
        let sides = "\"((n IS NULL) OR n)\" cannot be computed: the two sides are BOOLEAN and INT";
        check("AnalysisException", "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES", sides, "df.agg(c)", "bind closer");
        let many = "row_number() takes 0 positional arguments but 1 was given";
        check("TypeError", "", many, "F.row_number(w)", "F.row_number().over(w)");
        let many = "StructType.__init__() takes from 0 to 1 positional arguments but 2 were given";
        check("TypeError", "", many, "StructType(a, b)", "in one list");
        let max = "'str' object has no attribute 'alias'";
        check("AttributeError", "", max, "F.min(\"b\"), max(\"a\").alias(\"m\")", "F.max");
        let cast = "'int' object has no attribute 'cast'";
        check("AttributeError", "", cast, "F.xxhash64(\"id\") % SALTS.cast(\"int\")", "(… % SALTS).cast(…)");
        check("AttributeError", "", cast, "SALTS.cast(\"int\")", "F.lit(SALTS).cast(…)");
        check(
            "AttributeError",
            "",
            "'str' object has no attribute 'isNull'",
            "\"a\".isNull()",
            "F.col(\"a\").isNull(…)",
        );
        check("AttributeError", "", "'list' object has no attribute 'groupBy'", "rows.groupBy(\"a\")", "before them");
        let many = "avg() takes 1 positional argument but 2 were given";
        check("TypeError", "", many, "F.round(F.avg(\"a\", 2))", "may close too late");
        check("PySparkValueError", "", "agee", "row[\"agee\"]", "no field `agee`");
    }
}
