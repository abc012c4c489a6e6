//! The rules of step files: `map_tasks * 4`, `join_strategy == "sort_merge"`.
//!
//! A small, closed, typed language. A rule is read once, its types are checked then, and it is evaluated against a [`World`] that knows the
//! names of [`super::metrics::METRICS`]; there are no variables, no loops and no other names.
//!
//! ```text
//!   rule    := both ("or" both)*          both := not ("and" not)*         not := "not" not | compare
//!   compare := sum (("==" | "!=" | "<" | "<=" | ">" | ">=" | "contains") sum)?
//!   sum     := product (("+" | "-") product)*                  product := unary (("*" | "/") unary)*
//!   unary   := "-" unary | atom
//!   atom    := number | "text" | true | false | name | name "(" rule, … ")" | "(" rule ")"
//! ```
//!
//! Besides the metrics there are the functions `min(a, b)`, `max(a, b)`, `len(list)` and `if(condition, a, b)`.

mod eval;
mod parse;
#[cfg(test)]
mod tests;

pub use eval::{EvalError, World, evaluate};
pub use parse::{RuleError, parse};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Number,
    Bool,
    Text,
    /// A list of texts.
    List,
}

impl Kind {
    /// The word for it in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Number => "a number",
            Kind::Bool => "true or false",
            Kind::Text => "a text",
            Kind::List => "a list of texts",
        }
    }
}

/// A value of the language.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    Bool(bool),
    Text(String),
    List(Vec<String>),
}

impl Value {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Value::Number(_) => Kind::Number,
            Value::Bool(_) => Kind::Bool,
            Value::Text(_) => Kind::Text,
            Value::List(_) => Kind::List,
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Number(number) => f.write_str(&number_text(*number)),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Text(text) => f.write_str(text),
            Value::List(items) if items.is_empty() => f.write_str("none"),
            Value::List(items) => f.write_str(&items.join(", ")),
        }
    }
}

/// A number as people read it: whole ones with separators, others with two decimals, very small ones with all they have.
#[must_use]
pub fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        let digits = crate::common::text::count(number.abs() as u64);
        if number < 0.0 { format!("-{digits}") } else { digits }
    } else if number.abs() < 0.01 {
        number.to_string()
    } else {
        format!("{number:.2}")
    }
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// A list has the text; a text has it as a part.
    Contains,
}

/// Arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// A function of the language itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Min,
    Max,
    Len,
    If,
}

/// A rule as read, with its types checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    Literal(Value),
    Metric { name: String, arguments: Vec<Rule>, kind: Kind },
    Function { function: Function, arguments: Vec<Rule>, kind: Kind },
    Negative(Box<Rule>),
    Arithmetic(Arithmetic, Box<Rule>, Box<Rule>),
    Compare(Comparison, Box<Rule>, Box<Rule>),
    Not(Box<Rule>),
    And(Box<Rule>, Box<Rule>),
    Or(Box<Rule>, Box<Rule>),
}

impl Rule {
    /// Calls `visit` with every rule inside, and with this one.
    pub fn visit(&self, visit: &mut dyn FnMut(&Rule)) {
        visit(self);
        match self {
            Rule::Literal(_) => {}
            Rule::Metric { arguments, .. } | Rule::Function { arguments, .. } => {
                for argument in arguments {
                    argument.visit(visit);
                }
            }
            Rule::Negative(inner) | Rule::Not(inner) => inner.visit(visit),
            Rule::Arithmetic(_, left, right)
            | Rule::Compare(_, left, right)
            | Rule::And(left, right)
            | Rule::Or(left, right) => {
                left.visit(visit);
                right.visit(visit);
            }
        }
    }

    /// Calls `visit` with every top-level name of the script that the rule asks about.
    pub fn visit_names(&self, visit: &mut dyn FnMut(&str)) {
        self.visit(&mut |rule| {
            let Rule::Metric { name, arguments, .. } = rule else { return };
            let metric = super::metrics::METRICS.iter().find(|metric| metric.name == *name);
            let parameters = metric.map_or(&[] as &[_], |metric| metric.parameters);
            if let (Some(("name", _)), Some(Rule::Literal(Value::Text(text)))) = (parameters.first(), arguments.first())
            {
                visit(text);
            }
        });
    }

    /// Calls `visit` with every metric of the rule.
    pub fn visit_metrics(&self, visit: &mut dyn FnMut(&str)) {
        self.visit(&mut |rule| {
            if let Rule::Metric { name, .. } = rule {
                visit(name);
            }
        });
    }

    /// The metrics that it asks for, each once, in the order in which they are written.
    #[must_use]
    pub fn metrics(&self) -> Vec<Rule> {
        let mut found: Vec<Rule> = Vec::new();
        self.visit(&mut |rule| {
            if matches!(rule, Rule::Metric { .. }) && !found.contains(rule) {
                found.push(rule.clone());
            }
        });
        found
    }

    /// Calls `visit` with every value that is written in the rule.
    pub fn visit_literals(&self, visit: &mut dyn FnMut(&Value)) {
        self.visit(&mut |rule| {
            if let Rule::Literal(value) = rule {
                visit(value);
            }
        });
    }

    /// The metric that a rule begins with, its name and its argument as written; nothing when it asks about no run.
    #[must_use]
    pub fn subject(&self) -> Option<(&str, &str)> {
        match self {
            Rule::Literal(_) => None,
            Rule::Metric { name, arguments, .. } => {
                let argument = match arguments.first() {
                    Some(Rule::Literal(Value::Text(text))) => text.as_str(),
                    _ => "",
                };
                Some((name, argument))
            }
            Rule::Function { arguments, .. } => arguments.iter().find_map(Rule::subject),
            Rule::Negative(inner) | Rule::Not(inner) => inner.subject(),
            Rule::Arithmetic(_, left, right)
            | Rule::Compare(_, left, right)
            | Rule::And(left, right)
            | Rule::Or(left, right) => left.subject().or_else(|| right.subject()),
        }
    }

    /// What a rule means that is a metric alone, or the length of one: the metric's meaning and its argument.
    #[must_use]
    pub fn about(&self) -> Option<(&'static str, &str)> {
        if !matches!(self, Rule::Metric { .. } | Rule::Function { function: Function::Len, .. }) {
            return None;
        }
        let (name, argument) = self.subject()?;
        let metric = super::metrics::METRICS.iter().find(|metric| metric.name == name)?;
        Some((metric.about, argument))
    }

    /// What it gives.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Rule::Literal(value) => value.kind(),
            Rule::Metric { kind, .. } | Rule::Function { kind, .. } => *kind,
            Rule::Negative(_) | Rule::Arithmetic(..) => Kind::Number,
            Rule::Compare(..) | Rule::Not(_) | Rule::And(..) | Rule::Or(..) => Kind::Bool,
        }
    }
}
