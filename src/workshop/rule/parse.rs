//! Reads rules and checks their types.

use super::{Arithmetic, Comparison, Function, Kind, Rule, Value};
use crate::common::text::nearest;
use crate::workshop::metrics::METRICS;

/// Parentheses deeper than this are not meant by anybody.
const DEPTH_MAX: usize = 40;

/// Why a rule is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: {message}", .position + 1)]
pub struct RuleError {
    /// Characters before the place.
    pub position: usize,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Word(String),
    Sign(&'static str),
}

/// Longer signs first.
const SIGNS: [&str; 15] = ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "(", ")", ",", "=", "!"];

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    end: usize,
    depth: usize,
}

/// Reads a rule.
///
/// # Errors
/// What is wrong with it and where.
pub fn parse(text: &str) -> Result<Rule, RuleError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens, at: 0, end: text.chars().count(), depth: 0 };
    let rule = parser.any()?;
    match parser.tokens.get(parser.at) {
        None => Ok(rule),
        Some((position, _)) => Err(wrong(*position, "the rule has ended here, but more follows")),
    }
}

fn wrong(position: usize, message: impl Into<String>) -> RuleError {
    RuleError { position, message: message.into() }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, RuleError> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        let c = chars[at];
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        let run =
            |from: usize, accepts: fn(char) -> bool| chars[from..].iter().take_while(|c| accepts(**c)).count() + from;
        let token = if c.is_ascii_digit() {
            at = run(at, |c| c.is_ascii_digit() || c == '.' || c == '_');
            let digits: String = chars[start..at].iter().filter(|c| **c != '_').collect();
            Token::Number(digits.parse().map_err(|_| wrong(start, format!("`{digits}` is not a number")))?)
        } else if c.is_alphabetic() || c == '_' {
            at = run(at, |c| c.is_alphanumeric() || c == '_');
            Token::Word(chars[start..at].iter().collect())
        } else if c == '"' || c == '\'' {
            let (text, end) = quoted(&chars, start).ok_or_else(|| wrong(start, "this text has no closing quote"))?;
            at = end;
            Token::Text(text)
        } else {
            let rest: String = chars[at..chars.len().min(at + 2)].iter().collect();
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.ok_or_else(|| wrong(start, format!("`{c}` means nothing in a rule")))?;
            at += sign.len();
            Token::Sign(sign)
        };
        found.push((start, token));
    }
    Ok(found)
}

/// The text of the quotes that open at `start`, and the place after them; `\\` takes the next character as it is.
fn quoted(chars: &[char], start: usize) -> Option<(String, usize)> {
    let (mut text, mut at) = (String::new(), start + 1);
    loop {
        match *chars.get(at)? {
            '\\' => {
                text.push(*chars.get(at + 1)?);
                at += 2;
            }
            c if c == chars[start] => return Some((text, at + 1)),
            c => {
                text.push(c);
                at += 1;
            }
        }
    }
}

impl Parser {
    fn position(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(position, _)| *position)
    }

    fn takes_sign(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some((_, Token::Sign(sign))) if *sign == wanted);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some((_, Token::Word(word))) if word == wanted);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Rule, RuleError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(wrong(self.position(), "the rule is nested too deeply"));
        }
        let mut left = self.both()?;
        loop {
            let position = self.position();
            if !self.takes_word("or") {
                break;
            }
            let right = self.both()?;
            expect(&left, Kind::Bool, position)?;
            expect(&right, Kind::Bool, position)?;
            left = Rule::Or(Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Result<Rule, RuleError> {
        let mut left = self.not()?;
        loop {
            let position = self.position();
            if !self.takes_word("and") {
                return Ok(left);
            }
            let right = self.not()?;
            expect(&left, Kind::Bool, position)?;
            expect(&right, Kind::Bool, position)?;
            left = Rule::And(Box::new(left), Box::new(right));
        }
    }

    fn not(&mut self) -> Result<Rule, RuleError> {
        let position = self.position();
        if !self.takes_word("not") {
            return self.compare();
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(wrong(position, "the rule is nested too deeply"));
        }
        let inner = self.not()?;
        self.depth -= 1;
        expect(&inner, Kind::Bool, position)?;
        Ok(Rule::Not(Box::new(inner)))
    }

    fn compare(&mut self) -> Result<Rule, RuleError> {
        let left = self.sum()?;
        let position = self.position();
        let Some(comparison) = self.comparison()? else { return Ok(left) };
        let right = self.sum()?;
        match comparison {
            Comparison::Contains => {
                if !matches!(left.kind(), Kind::List | Kind::Text) {
                    return Err(wrong(
                        position,
                        format!("`contains` needs a list or text before it, not {}", left.kind().name()),
                    ));
                }
                expect(&right, Kind::Text, position)?;
            }
            Comparison::Equal | Comparison::NotEqual => {
                if left.kind() != right.kind() {
                    let (left, right) = (left.kind().name(), right.kind().name());
                    return Err(wrong(position, format!("{left} is never equal to {right}")));
                }
            }
            _ => {
                expect(&left, Kind::Number, position)?;
                expect(&right, Kind::Number, position)?;
            }
        }
        Ok(Rule::Compare(comparison, Box::new(left), Box::new(right)))
    }

    fn comparison(&mut self) -> Result<Option<Comparison>, RuleError> {
        let table = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        for (sign, comparison) in table {
            if self.takes_sign(sign) {
                return Ok(Some(comparison));
            }
        }
        let position = self.position();
        if self.takes_sign("=") {
            return Err(wrong(position, "write `==` to compare"));
        }
        Ok(self.takes_word("contains").then_some(Comparison::Contains))
    }

    fn sum(&mut self) -> Result<Rule, RuleError> {
        let mut left = self.product()?;
        loop {
            let position = self.position();
            let operator = if self.takes_sign("+") {
                Arithmetic::Add
            } else if self.takes_sign("-") {
                Arithmetic::Subtract
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            left = arithmetic(operator, left, right, position)?;
        }
    }

    fn product(&mut self) -> Result<Rule, RuleError> {
        let mut left = self.unary()?;
        loop {
            let position = self.position();
            let operator = if self.takes_sign("*") {
                Arithmetic::Multiply
            } else if self.takes_sign("/") {
                Arithmetic::Divide
            } else {
                return Ok(left);
            };
            let right = self.unary()?;
            left = arithmetic(operator, left, right, position)?;
        }
    }

    fn unary(&mut self) -> Result<Rule, RuleError> {
        let position = self.position();
        if !self.takes_sign("-") {
            return self.atom();
        }
        let inner = self.atom()?;
        expect(&inner, Kind::Number, position)?;
        Ok(Rule::Negative(Box::new(inner)))
    }

    fn atom(&mut self) -> Result<Rule, RuleError> {
        let position = self.position();
        let Some((_, token)) = self.tokens.get(self.at).cloned() else {
            return Err(wrong(position, "the rule ends where a value should stand"));
        };
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Rule::Literal(Value::Number(number))),
            Token::Text(text) => Ok(Rule::Literal(Value::Text(text))),
            Token::Word(word) if word == "true" || word == "false" => Ok(Rule::Literal(Value::Bool(word == "true"))),
            Token::Word(word) => {
                let arguments = self.arguments()?;
                named(&word, arguments, position)
            }
            Token::Sign("(") => {
                let inner = self.any()?;
                if !self.takes_sign(")") {
                    return Err(wrong(self.position(), "a `)` is missing"));
                }
                Ok(inner)
            }
            Token::Sign(sign) => Err(wrong(position, format!("a value should stand here, not `{sign}`"))),
        }
    }

    fn arguments(&mut self) -> Result<Vec<Rule>, RuleError> {
        let mut arguments = Vec::new();
        if !self.takes_sign("(") || self.takes_sign(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.any()?);
            if self.takes_sign(")") {
                return Ok(arguments);
            }
            if !self.takes_sign(",") {
                return Err(wrong(self.position(), "a `,` or `)` should stand here"));
            }
        }
    }
}

fn expect(rule: &Rule, kind: Kind, position: usize) -> Result<(), RuleError> {
    if rule.kind() == kind {
        return Ok(());
    }
    Err(wrong(position, format!("{} is needed here, not {}", kind.name(), rule.kind().name())))
}

fn arithmetic(operator: Arithmetic, left: Rule, right: Rule, position: usize) -> Result<Rule, RuleError> {
    expect(&left, Kind::Number, position)?;
    expect(&right, Kind::Number, position)?;
    Ok(Rule::Arithmetic(operator, Box::new(left), Box::new(right)))
}

fn named(name: &str, arguments: Vec<Rule>, position: usize) -> Result<Rule, RuleError> {
    if let Some(function) = function(name) {
        return call(function, name, arguments, position);
    }
    let Some(metric) = METRICS.iter().find(|metric| metric.name == name) else {
        let near = nearest(name, METRICS.iter().map(|metric| metric.name), 1);
        let hint = near.first().map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        return Err(wrong(position, format!("there is no metric `{name}`{hint}")));
    };
    if metric.parameters.len() != arguments.len() {
        let wanted = metric.parameters.len();
        return Err(wrong(position, format!("`{name}` takes {wanted} arguments, not {}", arguments.len())));
    }
    for (argument, (_, kind)) in arguments.iter().zip(metric.parameters) {
        expect(argument, *kind, position)?;
    }
    Ok(Rule::Metric { name: name.to_owned(), arguments, kind: metric.kind })
}

fn function(name: &str) -> Option<Function> {
    Some(match name {
        "min" => Function::Min,
        "max" => Function::Max,
        "len" => Function::Len,
        "if" => Function::If,
        _ => return None,
    })
}

fn call(function: Function, name: &str, arguments: Vec<Rule>, position: usize) -> Result<Rule, RuleError> {
    let count = |wanted: usize| {
        if arguments.len() == wanted {
            return Ok(());
        }
        Err(wrong(position, format!("`{name}` takes {wanted} arguments, not {}", arguments.len())))
    };
    let kind = match function {
        Function::Min | Function::Max => {
            count(2)?;
            expect(&arguments[0], Kind::Number, position)?;
            expect(&arguments[1], Kind::Number, position)?;
            Kind::Number
        }
        Function::Len => {
            count(1)?;
            expect(&arguments[0], Kind::List, position)?;
            Kind::Number
        }
        Function::If => {
            count(3)?;
            expect(&arguments[0], Kind::Bool, position)?;
            expect(&arguments[2], arguments[1].kind(), position)?;
            arguments[1].kind()
        }
    };
    Ok(Rule::Function { function, arguments, kind })
}
