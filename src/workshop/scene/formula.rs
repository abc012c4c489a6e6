//! A small closed language for figures: numbers, texts, comparisons.
//!
//! ```text
//!   kill.outputs_again            a figure of the run named `kill`
//!   outputs_again                 the same, of the first run
//!   kill.max_rows(2) / kill.median_rows(2) >= 4 and kill.printed == plain.printed
//! ```
//!
//! Operators, from loose to tight: `or`, `and`, `not`, `== != < <= > >=`, `+ -`, `* / %`, unary `-`. Functions: `min max round ceil
//! floor text`, `pick(flag, a, b)`, `largest("a", 1, "b", 2)`, `smallest(…)`; `+` also joins texts.
//! Everything that does not fit is an error that names the place; there is no conversion between kinds.

use super::figures;
use super::studio::{Scenes, refused};
use crate::common::Result;

/// What a formula gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    Text(String),
    Flag(bool),
}

impl Value {
    /// As a text shows it: whole numbers and large ones with separators, others with two digits.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Value::Number(number) => shown(*number),
            Value::Text(text) => text.clone(),
            Value::Flag(true) => "yes".to_owned(),
            Value::Flag(false) => "no".to_owned(),
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        if let Value::Number(number) = self { Some(*number) } else { None }
    }
}

fn shown(number: f64) -> String {
    let sign = if number < 0.0 { "-" } else { "" };
    let size = number.abs();
    if (size - size.round()).abs() < 1e-9 || size >= 1000.0 {
        format!("{sign}{}", crate::common::text::count(size.round() as u64))
    } else if size < 0.1 {
        format!("{sign}{size:.3}")
    } else {
        format!("{sign}{size:.2}")
    }
}

/// A parsed formula.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    text: String,
    root: Node,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Literal(Value),
    /// Run, figure, arguments.
    Figure(Option<String>, String, Vec<Node>),
    Not(Box<Node>),
    Negative(Box<Node>),
    Binary(&'static str, Box<Node>, Box<Node>),
}

const LEVELS: [&[&str]; 5] = [&["or"], &["and"], &["==", "!=", "<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];
const SYMBOLS: [&str; 16] = ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ",", ".", "="];

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Word(String),
    Symbol(&'static str),
}

impl Formula {
    /// Parses a formula.
    ///
    /// # Errors
    /// When the text is none.
    pub fn parse(text: &str) -> Result<Formula> {
        let wrong = |what: &str| refused(format!("the formula `{text}` {what}"));
        let tokens = tokens(text).ok_or_else(|| wrong("has a character that does not belong in one"))?;
        let mut parser = Parser { tokens, at: 0 };
        let root = parser.level(0).ok_or_else(|| wrong("breaks off or has a word in the wrong place"))?;
        if parser.at < parser.tokens.len() {
            return Err(wrong("goes on where it should end"));
        }
        Ok(Formula { text: text.to_owned(), root })
    }

    /// Its value for these runs.
    ///
    /// # Errors
    /// For an unknown run or figure, or kinds that do not fit.
    pub fn eval(&self, scenes: &Scenes) -> Result<Value> {
        eval(&self.root, scenes)
            .map_err(|error| refused(format!("the formula `{}` cannot be computed: {}", self.text, error.message())))
    }
}

/// Parses and computes in one go.
///
/// # Errors
/// As [`Formula::parse`] and [`Formula::eval`].
pub fn compute(text: &str, scenes: &Scenes) -> Result<Value> {
    Formula::parse(text)?.eval(scenes)
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(rest.len());
            tokens.push(Token::Number(rest[..end].replace('_', "").parse().ok()?));
            end
        } else if first.is_alphabetic() {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            end
        } else if first == '"' {
            let end = rest[1..].find('"')?;
            tokens.push(Token::Text(rest[1..=end].to_owned()));
            end + 2
        } else {
            let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol))?;
            tokens.push(Token::Symbol(symbol));
            symbol.len()
        };
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let found = match self.tokens.get(self.at) {
            Some(Token::Symbol(here)) => *here == symbol,
            Some(Token::Word(word)) => word == symbol,
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn level(&mut self, level: usize) -> Option<Node> {
        let Some(operators) = LEVELS.get(level) else { return self.factor() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.takes(operator)) {
            let right = self.level(level + 1)?;
            left = Node::Binary(operator, Box::new(left), Box::new(right));
        }
        Some(left)
    }

    fn factor(&mut self) -> Option<Node> {
        match self.next()? {
            Token::Number(number) => Some(Node::Literal(Value::Number(number))),
            Token::Text(text) => Some(Node::Literal(Value::Text(text))),
            Token::Symbol("-") => Some(Node::Negative(Box::new(self.factor()?))),
            Token::Symbol("(") => {
                let inner = self.level(0)?;
                self.takes(")").then_some(inner)
            }
            Token::Symbol(_) => None,
            Token::Word(word) => match word.as_str() {
                "not" => Some(Node::Not(Box::new(self.level(2)?))),
                "true" | "false" => Some(Node::Literal(Value::Flag(word == "true"))),
                _ => self.figure(word),
            },
        }
    }

    fn figure(&mut self, first: String) -> Option<Node> {
        let (run, name) = if self.takes(".") {
            let Token::Word(name) = self.next()? else { return None };
            (Some(first), name)
        } else {
            (None, first)
        };
        let mut arguments = Vec::new();
        if self.takes("(") && !self.takes(")") {
            loop {
                arguments.push(self.level(0)?);
                if self.takes(")") {
                    break;
                }
                if !self.takes(",") {
                    return None;
                }
            }
        }
        Some(Node::Figure(run, name, arguments))
    }
}

fn eval(node: &Node, scenes: &Scenes) -> Result<Value> {
    match node {
        Node::Literal(value) => Ok(value.clone()),
        Node::Not(inner) => match eval(inner, scenes)? {
            Value::Flag(flag) => Ok(Value::Flag(!flag)),
            other => Err(refused(format!("`not` of {}", other.shown()))),
        },
        Node::Negative(inner) => number(&eval(inner, scenes)?).map(|number| Value::Number(-number)),
        Node::Binary(operator, left, right) => binary(operator, left, right, scenes),
        Node::Figure(run, name, arguments) => {
            let values = arguments.iter().map(|argument| eval(argument, scenes)).collect::<Result<Vec<_>>>()?;
            match (run, function(name, &values)) {
                (None, Some(value)) => value,
                _ => figures::figure(scenes.named(run.as_deref())?, name, &values),
            }
        }
    }
}

fn function(name: &str, values: &[Value]) -> Option<Result<Value>> {
    let numbers = || values.iter().map(number).collect::<Result<Vec<f64>>>();
    let of_two = |combine: fn(f64, f64) -> f64| {
        numbers().map(|all| Value::Number(all.into_iter().reduce(combine).unwrap_or_default()))
    };
    match (name, values) {
        ("min", [_, ..]) => Some(of_two(f64::min)),
        ("max", [_, ..]) => Some(of_two(f64::max)),
        ("round", [value]) => Some(number(value).map(|number| Value::Number(number.round()))),
        ("ceil", [value]) => Some(number(value).map(|number| Value::Number(number.ceil()))),
        ("floor", [value]) => Some(number(value).map(|number| Value::Number(number.floor()))),
        ("text", [value]) => Some(Ok(Value::Text(value.shown()))),
        ("pick", [Value::Flag(flag), yes, no]) => Some(Ok(if *flag { yes.clone() } else { no.clone() })),
        ("largest", [_, _, ..]) => Some(extreme(values, |a, b| a > b)),
        ("smallest", [_, _, ..]) => Some(extreme(values, |a, b| a < b)),
        _ => None,
    }
}

/// The name before the largest (or smallest) number: `largest("a", 1, "b", 2)` is `b`.
fn extreme(values: &[Value], before: fn(f64, f64) -> bool) -> Result<Value> {
    let mut best: Option<(&Value, f64)> = None;
    for pair in values.chunks(2) {
        let [name, value] = pair else { return Err(refused("a name stands without its number".to_owned())) };
        let value = number(value)?;
        if best.is_none_or(|(_, known)| before(value, known)) {
            best = Some((name, value));
        }
    }
    best.map_or_else(|| Err(refused("nothing to compare".to_owned())), |(name, _)| Ok(name.clone()))
}

fn number(value: &Value) -> Result<f64> {
    value.number().ok_or_else(|| refused(format!("`{}` is not a number", value.shown())))
}

fn binary(operator: &str, left: &Node, right: &Node, scenes: &Scenes) -> Result<Value> {
    let left = eval(left, scenes)?;
    if let (Value::Flag(flag), "and" | "or") = (&left, operator) {
        if *flag == (operator == "or") {
            return Ok(left);
        }
        return eval(right, scenes);
    }
    let right = eval(right, scenes)?;
    match operator {
        "==" => Ok(Value::Flag(left == right)),
        "!=" => Ok(Value::Flag(left != right)),
        "+" if matches!((&left, &right), (Value::Text(_), Value::Text(_))) => {
            Ok(Value::Text(left.shown() + &right.shown()))
        }
        _ => {
            let (a, b) = (number(&left)?, number(&right)?);
            match operator {
                "<" => Ok(Value::Flag(a < b)),
                "<=" => Ok(Value::Flag(a <= b)),
                ">" => Ok(Value::Flag(a > b)),
                ">=" => Ok(Value::Flag(a >= b)),
                "+" => Ok(Value::Number(a + b)),
                "-" => Ok(Value::Number(a - b)),
                "*" => Ok(Value::Number(a * b)),
                "/" if b == 0.0 => Err(refused("a division by zero".to_owned())),
                "/" => Ok(Value::Number(a / b)),
                "%" if b == 0.0 => Err(refused("a remainder of a division by zero".to_owned())),
                "%" => Ok(Value::Number(a % b)),
                _ => Err(refused(format!("`{operator}` of {} and {}", left.shown(), right.shown()))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let got = compute(text, &Scenes::default()).map_or_else(|error| error.message().to_owned(), |v| v.shown());
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn arithmetic_binds_as_people_expect() {
        check("1 + 2 * 3", "7");
        check("(1 + 2) * 3 - -1", "10");
        check("7 / 2", "3.50");
        check("max(1, 12_000, 3) % 7 == 2 and not 1 > 2", "yes");
        check("ceil(7 / 2) == 4 or missing", "yes");
        check("\"a\" == \"a\"", "yes");
        check("pick(1 < 2, \"a\", \"b\") + text(3)", "a3");
        check("largest(\"a\", 1, \"b\", 2, \"c\", 0)", "b");
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for text in ["1 +", "1 2", "(1", "1 # 2", "\"open", "1 + \"a\"", "not 3", "1 / 0", "nothing", "a.b(1"] {
            assert!(compute(text, &Scenes::default()).is_err(), "{text}");
        }
    }
}
