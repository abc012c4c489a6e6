//! The parameters of PySpark's methods and functions, and what Python says of arguments that do not fit.
//!
//! A call is bound here, once for the whole API, before the method sees it: names that no parameter has, arguments without a place and missing
//! ones raise Python's `TypeError`; arguments given by name move to the places of their parameters as far as no place before them stays empty.
//! What has no line in `signatures.txt` (classes, names of earlier versions) binds its own arguments.

use crate::common::text;
use crate::pyspark::lang::args::{missing_arguments, too_many};
use crate::pyspark::lang::{Args, PyResult, Raised, type_error};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static TABLE: LazyLock<BTreeMap<(&str, &str), Signature>> =
    LazyLock::new(|| lines().map(|line| ((line.class, line.method), Signature::of(&line))).collect());

/// The arguments of `class.method(…)`, at their places; those of a method that is not in the table as they are.
///
/// # Errors
/// Python's `TypeError` for arguments that do not fit.
pub fn bound(class: &str, method: &str, args: Args) -> PyResult<Args> {
    // An RDD with steps has the methods of RDDs.
    let class = if class == "PipelinedRDD" { "RDD" } else { class };
    match TABLE.get(&(class, method)) {
        Some(signature) => signature.bind(args),
        None => Ok(args),
    }
}

/// How the calls of this name are written, case aside: `DataFrame.withColumn(colName, col)`, `F.initcap(col)`.
#[must_use]
pub fn written(name: &str) -> Vec<String> {
    let call = |line: Line| {
        let class = if line.class == "functions" { "F" } else { line.class };
        let given = line.parameters().filter(|word| !matches!(*word, "self" | "cls"));
        let given: Vec<String> = given
            .map(|word| word.strip_suffix('=').map_or_else(|| word.to_owned(), |bare| format!("{bare}=…")))
            .collect();
        format!("{class}.{}({})", line.method, given.join(", "))
    };
    lines().filter(|line| line.method.eq_ignore_ascii_case(name)).map(call).collect()
}

fn lines() -> impl Iterator<Item = Line> {
    include_str!("signatures.txt").lines().filter_map(Line::cut)
}

/// A line of the table, cut: `class.method(parameters) as name`.
struct Line {
    class: &'static str,
    method: &'static str,
    inside: &'static str,
    /// The name that errors use.
    name: &'static str,
}

impl Line {
    /// Nothing for comments.
    fn cut(line: &'static str) -> Option<Self> {
        let (head, after) = line.split_once('(').filter(|_| !line.starts_with('#'))?;
        let (class, method) = head.split_once('.')?;
        let (inside, after) = after.split_once(')')?;
        let own_name = if class == "functions" { method } else { head };
        Some(Line { class, method, inside, name: after.trim_start().strip_prefix("as ").unwrap_or(own_name) })
    }

    fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.inside.split(", ").filter(|word| !word.is_empty())
    }
}

/// `DataFrame.fillna(self, value, subset=)`.
struct Signature {
    class: &'static str,
    /// The name that errors use.
    name: &'static str,
    /// Whether there is a receiver, which Python counts.
    receiver: bool,
    /// Parameters with a place, and whether they have a default.
    places: Vec<(&'static str, bool)>,
    /// Parameters that are given by name only.
    named: Vec<&'static str>,
    /// `*cols`.
    rest: Option<&'static str>,
    /// `**options`.
    options: bool,
}

impl Signature {
    fn of(line: &Line) -> Self {
        let mut signature = Signature {
            class: line.class,
            name: line.name,
            receiver: false,
            places: Vec::new(),
            named: Vec::new(),
            rest: None,
            options: false,
        };
        let mut by_name_only = false;
        for word in line.parameters() {
            let (bare, optional) = word.strip_suffix('=').map_or((word, false), |bare| (bare, true));
            match bare {
                "self" | "cls" => signature.receiver = true,
                "*" => by_name_only = true,
                _ if bare.starts_with("**") => signature.options = true,
                _ if bare.starts_with('*') => {
                    signature.rest = bare.strip_prefix('*');
                    by_name_only = true;
                }
                _ if by_name_only => signature.named.push(bare),
                _ => signature.places.push((bare, optional)),
            }
        }
        signature
    }

    fn bind(&self, args: Args) -> PyResult<Args> {
        let Args { mut positional, mut keyword } = args;
        for (name, _) in &keyword {
            match self.places.iter().position(|(known, _)| **known == **name) {
                Some(at) if at < positional.len() => {
                    return Err(type_error(format!("{}() got multiple values for argument '{name}'", self.name))
                        .with_help(format!("`{name}` is the parameter of the value at place {}", at + 1)));
                }
                Some(_) => {}
                None if self.options || self.named.contains(&&**name) => {}
                None => return Err(self.unknown(name)),
            }
        }
        if self.rest.is_none() && positional.len() > self.places.len() {
            let receiver = usize::from(self.receiver);
            let required = self.places.iter().filter(|(_, optional)| !optional).count();
            return Err(too_many(
                self.name,
                required + receiver,
                self.places.len() + receiver,
                positional.len() + receiver,
            ));
        }
        let is_given = |at: usize, name: &str| at < positional.len() || keyword.iter().any(|(own, _)| **own == *name);
        let missing: Vec<&str> = (self.places.iter().enumerate())
            .filter(|(at, (name, optional))| !optional && !is_given(*at, name))
            .map(|(_, (name, _))| *name)
            .collect();
        if !missing.is_empty() {
            return Err(missing_arguments(self.name, "positional", &missing));
        }
        while let Some((next, _)) = self.places.get(positional.len()) {
            let Some(at) = keyword.iter().position(|(name, _)| &**name == *next) else { break };
            positional.push(keyword.remove(at).1);
        }
        Ok(Args { positional, keyword })
    }

    /// A name that no parameter has.
    fn unknown(&self, name: &str) -> Raised {
        let raised = type_error(format!("{}() got an unexpected keyword argument '{name}'", self.name));
        raised.with_subject(name).with_help(self.instead(name))
    }

    /// What to write in place of an argument with a strange name.
    fn instead(&self, name: &str) -> String {
        let method = self.name.rsplit('.').next().unwrap_or(self.name);
        let known: Vec<&str> = self.places.iter().map(|(name, _)| *name).chain(self.named.iter().copied()).collect();
        if matches!(self.class, "DataFrameReader" | "DataFrameWriter") {
            return match name {
                "overwrite" | "append" => format!("say .mode(\"{name}\") before the path"),
                _ if method == "option" => format!("an option is a name and a value: .option(\"{name}\", …)"),
                _ => format!("other options are set with .option(\"{name}\", …)"),
            };
        }
        if let [near, ..] = text::nearest(name, known.iter().copied(), 1).as_slice() {
            return format!("did you mean `{near}`?");
        }
        let of_columns = matches!(self.rest, Some("cols" | "exprs" | "expr" | "alias" | "fields"));
        match (self.rest, known.as_slice()) {
            _ if method == "filter" || method == "where" => {
                format!("compare the column: F.col(\"{name}\") == …")
            }
            _ if of_columns && self.class != "functions" => {
                format!("a column gets its name from .alias(\"{name}\")")
            }
            (None, []) => "it takes no arguments".to_owned(),
            (Some(rest), []) => format!("it takes {rest} one after another, without names"),
            (_, known) => format!("its parameters are {}", known.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pyspark::lang::Value;
    use std::rc::Rc;

    fn check(class: &str, method: &str, places: usize, names: &[&str], expected: &str) {
        let keyword = names.iter().map(|name| (Rc::from(*name), Value::None)).collect();
        let said = match bound(class, method, Args { positional: vec![Value::None; places], keyword }) {
            Ok(args) => format!("{} placed, {} named", args.positional.len(), args.keyword.len()),
            Err(raised) => {
                let help = raised.help();
                let message = match raised.cause() {
                    crate::pyspark::lang::raised::Cause::Named(class, message) => format!("{class}: {message}"),
                    _ => "another error".to_owned(),
                };
                help.iter().fold(message, |said, help| format!("{said} | {help}"))
            }
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn names_that_no_parameter_has_are_refused() {
        check(
            "DataFrame",
            "select",
            1,
            &["people"],
            "TypeError: DataFrame.select() got an unexpected keyword argument 'people' | a column gets its name from .alias(\"people\")",
        );
        check(
            "DataFrameWriter",
            "parquet",
            1,
            &["overwrite"],
            "TypeError: DataFrameWriter.parquet() got an unexpected keyword argument 'overwrite' | say .mode(\"overwrite\") before the path",
        );
        check(
            "DataFrame",
            "show",
            0,
            &["truncat"],
            "TypeError: DataFrame.show() got an unexpected keyword argument 'truncat' | did you mean `truncate`?",
        );
    }

    #[test]
    fn receivers_are_counted_as_python_counts_them() {
        let words = "TypeError: DataFrame.limit() takes 2 positional arguments but 3 were given";
        check("DataFrame", "limit", 2, &[], words);
        check("functions", "upper", 2, &[], "TypeError: upper() takes 1 positional argument but 2 were given");
        check(
            "DataFrame",
            "limit",
            0,
            &[],
            "TypeError: DataFrame.limit() missing 1 required positional argument: 'num'",
        );
    }

    #[test]
    fn arguments_with_names_find_their_places() {
        check("DataFrame", "withColumn", 0, &["col", "colName"], "2 placed, 0 named");
        check("DataFrame", "show", 0, &["truncate"], "0 placed, 1 named");
        check("DataFrameReader", "load", 1, &["header"], "1 placed, 1 named");
        let twice = "TypeError: DataFrame.limit() got multiple values for argument 'num' | `num` is the parameter of the value at place 1";
        check("DataFrame", "limit", 1, &["num"], twice);
    }

    #[test]
    fn calls_are_written_as_one_types_them() {
        assert_eq!(written("initcap"), ["F.initcap(col)"]);
        assert!(written("withcolumn").contains(&"DataFrame.withColumn(colName, col)".to_owned()));
        assert!(written("appName").contains(&"Builder.appName(name)".to_owned()));
        assert!(written("nothing_of_this_name").is_empty());
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = include_str!("signatures.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(TABLE.len(), lines);
    }
}
