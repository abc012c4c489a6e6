//! Expressions, by precedence.
//!
//! ```text
//! OR · AND · NOT · IS, IN, LIKE, BETWEEN · comparisons · | · ^ · & · shifts · + - || · * / % DIV · unary · a[i] a.b a::t · primary
//! ```

use super::lexer::Token;
use super::literal;
use super::parser::Parser;
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::ddl;
use crate::logical::expr::{BinaryOp, Call, CallOrigin, CastMode, Expr, STAR_EXCEPT, SortOrder, UnaryOp};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::logical::variant::{Step, parse_path};

/// Words that end an expression, so that they are never taken for its alias.
const NOT_AN_ALIAS: &[&str] = &[
    "from",
    "where",
    "group",
    "having",
    "order",
    "sort",
    "cluster",
    "distribute",
    "limit",
    "offset",
    "union",
    "intersect",
    "except",
    "minus",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "semi",
    "anti",
    "on",
    "using",
    "lateral",
    "window",
    "pivot",
    "unpivot",
    "tablesample",
    "as",
    "and",
    "or",
    "not",
    "in",
    "like",
    "ilike",
    "rlike",
    "between",
    "is",
    "then",
    "when",
    "else",
    "end",
    "qualify",
    "for",
    "div",
    "over",
    "select",
];

/// A function's name: of Spark's own only the last part counts.
pub(super) fn function_of(parts: &[String]) -> String {
    let before: Vec<String> = parts[..parts.len() - 1].iter().map(|part| part.to_ascii_lowercase()).collect();
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    match (parts.last(), before.as_slice()) {
        (Some(own), ["builtin"] | ["system", "builtin"]) => own.clone(),
        _ => parts.join("."),
    }
}

/// Whether a word can be an alias without `AS`.
pub(super) fn can_be_alias(token: &Token) -> bool {
    match token {
        Token::Quoted(_) => true,
        Token::Word(word) => !NOT_AN_ALIAS.iter().any(|reserved| reserved.eq_ignore_ascii_case(word)),
        _ => false,
    }
}

/// Whether nothing but one word that can name a column is left; words that only joins and set operations use cannot.
pub(super) fn is_last_word(parser: &Parser<'_>) -> bool {
    const STRICT: &[&str] = &[
        "anti",
        "cross",
        "except",
        "full",
        "inner",
        "intersect",
        "join",
        "lateral",
        "left",
        "minus",
        "natural",
        "on",
        "right",
        "semi",
        "union",
        "using",
    ];
    match parser.peek() {
        Token::Word(word) => {
            matches!(parser.peek_at(1), Token::End) && !STRICT.iter().any(|strict| strict.eq_ignore_ascii_case(word))
        }
        _ => false,
    }
}

/// A call from SQL text.
pub(super) fn call(name: impl Into<String>, args: Vec<Expr>) -> Expr {
    Expr::Call(Call {
        name: name.into(),
        args,
        distinct: false,
        filter: None,
        ignore_nulls: false,
        origin: CallOrigin::Sql,
    })
}

pub(super) fn text(value: impl Into<String>) -> Expr {
    Expr::literal(Scalar::String(value.into()))
}

impl Parser<'_> {
    /// `expr [AS] name`, `expr AS (a, b)`.
    pub(super) fn named_expression(&mut self) -> Result<Expr> {
        let expr = self.expression()?;
        if self.eat_word("as") {
            if self.is_symbol("(") {
                let names = self.name_list()?;
                return Ok(Expr::MultiAlias { child: Box::new(expr), names });
            }
            return Ok(expr.alias(self.name()?));
        }
        if can_be_alias(self.peek()) {
            return Ok(expr.alias(self.name()?));
        }
        Ok(match last_field(&expr) {
            Some(name) => expr.alias(name),
            None => expr,
        })
    }

    pub(super) fn expression(&mut self) -> Result<Expr> {
        self.deeper(Self::or)
    }

    fn or(&mut self) -> Result<Expr> {
        let mut left = self.and()?;
        while self.eat_word("or") {
            left = Expr::binary(BinaryOp::Or, left, self.and()?);
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr> {
        let mut left = self.not()?;
        while self.eat_word("and") {
            left = Expr::binary(BinaryOp::And, left, self.not()?);
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expr> {
        if self.is_word("not") || (self.is_symbol("!") && !self.is_symbol_at(1, "=")) {
            self.advance();
            return self.deeper(|parser| Ok(Expr::unary(UnaryOp::Not, parser.not()?)));
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Result<Expr> {
        let mut left = self.comparison()?;
        loop {
            let mark = self.mark();
            let negated = self.eat_word("not");
            let made = if self.eat_word("between") {
                let low = self.comparison()?;
                self.expect_word("and")?;
                let high = self.comparison()?;
                call("between", vec![left, low, high])
            } else if self.eat_word("in") {
                self.in_predicate(left)?
            } else if self.is_any(&["like", "ilike", "rlike", "regexp"]) {
                self.pattern(left)?
            } else if !negated && self.eat_word("is") {
                left = self.is_predicate(left)?;
                continue;
            } else {
                self.reset(mark);
                return Ok(left);
            };
            left = if negated { Expr::unary(UnaryOp::Not, made) } else { made };
        }
    }

    fn in_predicate(&mut self, left: Expr) -> Result<Expr> {
        self.expect_symbol("(")?;
        if self.starts_query() {
            let plan = self.query()?;
            self.expect_symbol(")")?;
            let values = match left {
                Expr::Call(Call { name, args, .. }) if name == "struct" => args,
                other => vec![other],
            };
            return Ok(Expr::InSubquery { values, plan });
        }
        let list = self.separated(Self::expression)?;
        self.expect_symbol(")")?;
        Ok(Expr::In { value: Box::new(left), list })
    }

    fn pattern(&mut self, left: Expr) -> Result<Expr> {
        let name = self.name()?.to_ascii_lowercase();
        let name = if name == "regexp" { "rlike".to_owned() } else { name };
        if self.is_any(&["any", "some", "all"]) && self.is_symbol_at(1, "(") {
            let all = self.name()?.eq_ignore_ascii_case("all");
            self.expect_symbol("(")?;
            let patterns = self.separated(Self::expression)?;
            self.expect_symbol(")")?;
            let op = if all { BinaryOp::And } else { BinaryOp::Or };
            let mut tests = patterns.into_iter().map(|pattern| call(name.clone(), vec![left.clone(), pattern]));
            let first = tests.next().ok_or_else(|| self.error())?;
            return Ok(tests.fold(first, |before, test| Expr::binary(op, before, test)));
        }
        let mut args = vec![left, self.comparison()?];
        if self.eat_word("escape") {
            args.push(text(self.string()?));
        }
        Ok(call(name, args))
    }

    fn is_predicate(&mut self, left: Expr) -> Result<Expr> {
        let negated = self.eat_word("not");
        if self.eat_word("null") {
            return Ok(Expr::unary(if negated { UnaryOp::IsNotNull } else { UnaryOp::IsNull }, left));
        }
        let made = if self.eat_word("true") {
            Expr::binary(BinaryOp::NullSafeEq, left, Expr::literal(Scalar::Boolean(true)))
        } else if self.eat_word("false") {
            Expr::binary(BinaryOp::NullSafeEq, left, Expr::literal(Scalar::Boolean(false)))
        } else if self.eat_word("unknown") {
            Expr::unary(UnaryOp::IsNull, left)
        } else if self.eat_words(&["distinct", "from"]) {
            let other = self.comparison()?;
            Expr::unary(UnaryOp::Not, Expr::binary(BinaryOp::NullSafeEq, left, other))
        } else {
            return Err(self.error());
        };
        Ok(if negated { Expr::unary(UnaryOp::Not, made) } else { made })
    }

    fn comparison(&mut self) -> Result<Expr> {
        let mut left = self.bit_or()?;
        loop {
            let op = match self.peek() {
                Token::Symbol("=" | "==") => BinaryOp::Eq,
                Token::Symbol("<>" | "!=") => BinaryOp::NotEq,
                Token::Symbol("<=>") => BinaryOp::NullSafeEq,
                Token::Symbol("<=") => BinaryOp::LtEq,
                Token::Symbol(">=") => BinaryOp::GtEq,
                Token::Symbol("<") => BinaryOp::Lt,
                Token::Symbol(">") => BinaryOp::Gt,
                _ => return Ok(left),
            };
            self.advance();
            left = Expr::binary(op, left, self.bit_or()?);
        }
    }

    fn bit_or(&mut self) -> Result<Expr> {
        let mut left = self.bit_xor()?;
        while self.eat_symbol("|") {
            left = Expr::binary(BinaryOp::BitOr, left, self.bit_xor()?);
        }
        Ok(left)
    }

    fn bit_xor(&mut self) -> Result<Expr> {
        let mut left = self.bit_and()?;
        while self.eat_symbol("^") {
            left = Expr::binary(BinaryOp::BitXor, left, self.bit_and()?);
        }
        Ok(left)
    }

    fn bit_and(&mut self) -> Result<Expr> {
        let mut left = self.shift()?;
        while self.eat_symbol("&") {
            left = Expr::binary(BinaryOp::BitAnd, left, self.shift()?);
        }
        Ok(left)
    }

    fn shift(&mut self) -> Result<Expr> {
        let mut left = self.sum()?;
        loop {
            let name = if self.eat_symbol("<<") {
                "<<"
            } else if self.is_symbol(">") && self.touches() && self.is_symbol_at(1, ">") {
                self.advance();
                let triple = self.touches() && self.is_symbol_at(1, ">");
                self.advance();
                if triple {
                    self.advance();
                    ">>>"
                } else {
                    ">>"
                }
            } else {
                return Ok(left);
            };
            left = call(name, vec![left, self.sum()?]);
        }
    }

    fn sum(&mut self) -> Result<Expr> {
        let mut left = self.product()?;
        loop {
            left = if self.eat_symbol("+") {
                Expr::binary(BinaryOp::Add, left, self.product()?)
            } else if self.eat_symbol("-") {
                Expr::binary(BinaryOp::Subtract, left, self.product()?)
            } else if self.eat_symbol("||") {
                call("concat", vec![left, self.product()?])
            } else {
                return Ok(left);
            };
        }
    }

    fn product(&mut self) -> Result<Expr> {
        let mut left = self.sign()?;
        loop {
            let op = if self.eat_symbol("*") {
                BinaryOp::Multiply
            } else if self.eat_symbol("/") {
                BinaryOp::Divide
            } else if self.eat_symbol("%") {
                BinaryOp::Remainder
            } else if self.eat_word("div") {
                BinaryOp::IntegralDivide
            } else {
                return Ok(left);
            };
            left = Expr::binary(op, left, self.sign()?);
        }
    }

    fn sign(&mut self) -> Result<Expr> {
        if self.is_symbol("-") {
            if let Token::Number(number) = self.peek_at(1).clone() {
                self.advance();
                self.advance();
                let literal = literal::number(&number, true).ok_or_else(|| bad_number(&number))?;
                return self.suffixed(literal);
            }
            self.advance();
            return self.deeper(|parser| Ok(call("-", vec![parser.sign()?])));
        }
        if self.eat_symbol("+") {
            return self.deeper(|parser| Ok(call("+", vec![parser.sign()?])));
        }
        if self.eat_symbol("~") {
            return self.deeper(|parser| Ok(Expr::unary(UnaryOp::BitNot, parser.sign()?)));
        }
        let primary = self.primary()?;
        self.suffixed(primary)
    }

    /// `a[i]`, `a.b`, `a::type`.
    fn suffixed(&mut self, mut expr: Expr) -> Result<Expr> {
        loop {
            if self.eat_symbol("[") {
                let key = self.expression()?;
                self.expect_symbol("]")?;
                expr = Expr::Extract { child: Box::new(expr), key: Box::new(key) };
            } else if self.is_symbol(".") && matches!(self.peek_at(1), Token::Word(_) | Token::Quoted(_)) {
                self.advance();
                let field = self.name()?;
                expr = Expr::Extract { child: Box::new(expr), key: Box::new(text(field)) };
            } else if self.is_symbol(":")
                && (matches!(self.peek_at(1), Token::Word(_) | Token::Quoted(_)) || self.is_symbol_at(1, "["))
            {
                expr = self.variant_path(expr)?;
            } else if self.eat_symbol("::") {
                let to = self.data_type()?;
                expr = Expr::Cast { child: Box::new(expr), to, mode: CastMode::Ansi, implicit: false };
            } else {
                return Ok(expr);
            }
        }
    }

    /// `v:a.b[0]`: what a path finds in a variant, named after the last field.
    fn variant_path(&mut self, value: Expr) -> Result<Expr> {
        self.advance();
        let mut path = "$".to_owned();
        if !self.is_symbol("[") {
            path.push_str(&step(&self.name()?));
        }
        loop {
            if self.eat_symbol(".") {
                path.push_str(&step(&self.name()?));
            } else if self.eat_symbol("[") {
                match self.advance() {
                    Token::Number(index) => path.push_str(&format!("[{index}]")),
                    Token::Text(key) => path.push_str(&step(&key)),
                    _ => return Err(self.error()),
                }
                self.expect_symbol("]")?;
            } else {
                break;
            }
        }
        let mut found = call("variant_get", vec![value, text(path)]);
        if let Expr::Call(call) = &mut found {
            call.origin = CallOrigin::Path;
        }
        Ok(found)
    }

    /// A type, read by the schema parser from the text itself.
    pub(super) fn data_type(&mut self) -> Result<DataType> {
        let start = self.position();
        let (data_type, length) = ddl::parse_type_prefix(&self.text[start..])?;
        self.skip_to(start + length);
        Ok(data_type)
    }

    /// Whether a query stands here.
    pub(super) fn starts_query(&self) -> bool {
        let mut ahead = 0;
        while self.is_symbol_at(ahead, "(") {
            ahead += 1;
        }
        self.is_word_at(ahead, "select")
            || self.is_word_at(ahead, "from")
            || self.is_word_at(ahead, "with")
            || (self.is_word_at(ahead, "values")
                && !self.is_symbol_at(ahead + 1, ",")
                && !self.is_symbol_at(ahead + 1, ")"))
            || (self.is_word_at(ahead, "table") && matches!(self.peek_at(ahead + 1), Token::Word(_) | Token::Quoted(_)))
    }

    pub(super) fn primary(&mut self) -> Result<Expr> {
        match self.peek().clone() {
            Token::Number(number) => {
                self.advance();
                literal::number(&number, false).ok_or_else(|| bad_number(&number))
            }
            Token::Text(mut value) => {
                self.advance();
                while let Token::Text(more) = self.peek().clone() {
                    value.push_str(&more);
                    self.advance();
                }
                Ok(text(value))
            }
            Token::Parameter(name) => {
                Err(SparkError::analysis("UNBOUND_SQL_PARAMETER", format!("the parameter `{name}` has no value"))
                    .with_subject(name.clone())
                    .with_help("pass it with spark.sql(text, args={\"name\": value})"))
            }
            Token::Symbol("*") => {
                self.advance();
                self.star(None)
            }
            Token::Symbol("(") => self.parenthesis(),
            Token::Quoted(_) => self.column(),
            Token::Word(word) => self.word(&word),
            Token::Symbol(_) | Token::End => Err(self.error()),
        }
    }

    fn parenthesis(&mut self) -> Result<Expr> {
        if let Some(lambda) = self.lambda()? {
            return Ok(lambda);
        }
        self.expect_symbol("(")?;
        if self.starts_query() {
            let plan = self.query()?;
            self.expect_symbol(")")?;
            return Ok(Expr::ScalarSubquery(plan));
        }
        let mut items = self.separated(Self::named_expression)?;
        self.expect_symbol(")")?;
        if items.len() > 1 {
            return Ok(call("struct", items));
        }
        items.pop().ok_or_else(|| self.error())
    }

    /// `x -> body`, `(x, y) -> body`.
    fn lambda(&mut self) -> Result<Option<Expr>> {
        let mark = self.mark();
        let names = if self.is_symbol("(") { self.name_list().ok() } else { self.name().ok().map(|name| vec![name]) };
        match names {
            Some(names) if self.eat_symbol("->") => {
                let body = Box::new(self.expression()?);
                let params = names
                    .into_iter()
                    .map(|name| {
                        crate::logical::expr::Attribute::new(
                            name,
                            crate::common::ids::ExprId::UNASSIGNED,
                            DataType::Null,
                            true,
                        )
                    })
                    .collect();
                Ok(Some(Expr::Lambda { params, body }))
            }
            _ => {
                self.reset(mark);
                Ok(None)
            }
        }
    }

    fn word(&mut self, word: &str) -> Result<Expr> {
        let lower = word.to_ascii_lowercase();
        if self.is_symbol_at(1, "->")
            && let Some(lambda) = self.lambda()?
        {
            return Ok(lambda);
        }
        match lower.as_str() {
            "null" => return Ok(self.constant(Expr::Literal(Scalar::Null, DataType::Null))),
            "true" => return Ok(self.constant(Expr::literal(Scalar::Boolean(true)))),
            "false" => return Ok(self.constant(Expr::literal(Scalar::Boolean(false)))),
            "case" => return self.case(),
            "interval" => {
                self.advance();
                if let Some(interval) = self.interval()? {
                    return Ok(interval);
                }
                return Ok(Expr::UnresolvedAttribute(vec![word.to_owned()]));
            }
            "date" | "time" | "timestamp" | "timestamp_ltz" | "timestamp_ntz" | "x" => {
                if let Token::Text(value) = self.peek_at(1).clone() {
                    self.advance();
                    self.advance();
                    if let Some(literal) = literal::typed(&lower, &value, self.zone)? {
                        return Ok(literal);
                    }
                }
            }
            "select" | "from" | "where" | "group" | "having" | "order" | "union" | "on" | "then" | "when" | "else"
            | "as" | "join"
                if !self.is_symbol_at(1, "(") =>
            {
                return Err(self.error());
            }
            _ => {}
        }
        if self.is_symbol_at(1, "(") { self.function(&lower) } else { self.column() }
    }

    fn constant(&mut self, literal: Expr) -> Expr {
        self.advance();
        literal
    }

    /// What follows `*`: nothing, or `EXCEPT (a, b)`.
    fn star(&mut self, qualifier: Option<Vec<String>>) -> Result<Expr> {
        let star = Expr::Star(qualifier);
        if !self.is_word("except") || !self.is_symbol_at(1, "(") {
            return Ok(star);
        }
        self.advance();
        self.expect_symbol("(")?;
        let mut args = vec![star];
        args.extend(self.separated(Self::dotted_name)?.into_iter().map(Expr::UnresolvedAttribute));
        self.expect_symbol(")")?;
        Ok(call(STAR_EXCEPT, args))
    }

    /// `a`, `t.a`, `t.*`, or a qualified function call.
    fn column(&mut self) -> Result<Expr> {
        let parts = self.dotted_name()?;
        if self.is_symbol(".") && self.is_symbol_at(1, "*") {
            self.advance();
            self.advance();
            return self.star(Some(parts));
        }
        if self.is_symbol("(") && parts.len() > 1 {
            return self.call_arguments(&function_of(&parts));
        }
        Ok(Expr::UnresolvedAttribute(parts))
    }

    fn case(&mut self) -> Result<Expr> {
        self.expect_word("case")?;
        let subject = if self.is_word("when") { None } else { Some(self.expression()?) };
        let mut branches = Vec::new();
        while self.eat_word("when") {
            let when = self.expression()?;
            self.expect_word("then")?;
            let then = self.expression()?;
            let when = match &subject {
                Some(subject) => Expr::binary(BinaryOp::Eq, subject.clone(), when),
                None => when,
            };
            branches.push((when, then));
        }
        let otherwise = if self.eat_word("else") { Some(Box::new(self.expression()?)) } else { None };
        self.expect_word("end")?;
        if branches.is_empty() {
            return Err(self.error());
        }
        Ok(Expr::Case { branches, otherwise })
    }

    /// `ORDER BY` items.
    pub(super) fn sort_item(&mut self) -> Result<SortOrder> {
        let child = self.expression()?;
        let ascending = if self.eat_word("desc") {
            false
        } else {
            self.eat_word("asc");
            true
        };
        let nulls_first = if self.eat_words(&["nulls", "first"]) {
            true
        } else if self.eat_words(&["nulls", "last"]) {
            false
        } else {
            ascending
        };
        Ok(SortOrder { child, ascending, nulls_first })
    }
}

fn bad_number(number: &str) -> SparkError {
    SparkError::new(ErrorClass::ParseException, format!("the number {number} does not fit its type"))
        .with_condition("INVALID_NUMERIC_LITERAL_RANGE")
        .with_subject(number.to_owned())
}

/// A field in a path into a variant.
fn step(name: &str) -> String {
    if name.contains(['.', '[', '\'']) { format!("[\"{name}\"]") } else { format!(".{name}") }
}

/// The field that a path `v:a.b` ends with, which names its column.
fn last_field(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Cast { child, .. } => last_field(child),
        Expr::Call(Call { args, origin: CallOrigin::Path, .. }) => match args.as_slice() {
            [_, Expr::Literal(Scalar::String(path), _)] => match parse_path(path)?.pop()? {
                Step::Key(name) => Some(name),
                Step::Index(_) => None,
            },
            _ => None,
        },
        _ => None,
    }
}
