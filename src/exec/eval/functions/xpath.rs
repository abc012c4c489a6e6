//! `xpath` and its kin.
//!
//! **Simplified:** paths of names, `*`, `//`, `.`, `text()` and `@name`; conditions in brackets that are a position, `last()`, a path, or a
//! comparison with a constant; `sum`, `count`, `string`, `number`, `boolean` and `not` around them. Other forms are refused by name.

use super::super::call::{Call, Kernel};
use super::super::errors;
use super::xml_tree::{Child, Element, parse};
use crate::common::{Result, SparkError};
use crate::logical::scalar::Scalar;
use arrow::datatypes::{Float32Type, Float64Type, Int16Type, Int32Type, Int64Type};

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "xpath" => |call| {
            call.to_scalars(|row| {
                Ok(match answer(call, row)? {
                    Some(Answer::Nodes(nodes)) => Scalar::Array(nodes.iter().map(Node::own_value).collect()),
                    Some(_) => Scalar::Array(Vec::new()),
                    None => Scalar::Null,
                })
            })
        },
        "xpath_boolean" => |call| call.to_flags(|row| Ok(answer(call, row)?.map(|found| found.truth()))),
        "xpath_string" => |call| call.to_texts(|row| Ok(answer(call, row)?.map(|found| found.text()))),
        "xpath_double" => |call| call.to_numbers::<Float64Type>(|row| number(call, row)),
        "xpath_float" => |call| call.to_numbers::<Float32Type>(|row| Ok(number(call, row)?.map(|found| found as f32))),
        "xpath_int" => |call| call.to_numbers::<Int32Type>(|row| Ok(number(call, row)?.map(|found| found as i32))),
        "xpath_long" => |call| call.to_numbers::<Int64Type>(|row| Ok(number(call, row)?.map(|found| found as i64))),
        "xpath_short" => {
            |call| call.to_numbers::<Int16Type>(|row| Ok(number(call, row)?.map(|found| found as i32 as i16)))
        }
        _ => return None,
    })
}

/// A place in a document.
#[derive(Debug, Clone)]
enum Node {
    /// The document around its only element.
    Document(Element),
    Element(Element),
    Text(String),
}

impl Node {
    fn text(&self) -> String {
        match self {
            Node::Document(element) | Node::Element(element) => element.text(),
            Node::Text(text) => text.clone(),
        }
    }

    /// The node's own value, which elements have not.
    fn own_value(&self) -> Scalar {
        match self {
            Node::Text(text) => Scalar::String(text.clone()),
            Node::Document(_) | Node::Element(_) => Scalar::Null,
        }
    }

    fn children(&self) -> Vec<Node> {
        match self {
            Node::Document(element) => vec![Node::Element(element.clone())],
            Node::Element(element) => element
                .children
                .iter()
                .map(|child| match child {
                    Child::Element(element) => Node::Element(element.clone()),
                    Child::Text(text) => Node::Text(text.clone()),
                })
                .collect(),
            Node::Text(_) => Vec::new(),
        }
    }

    fn with_descendants(&self, found: &mut Vec<Node>) {
        found.push(self.clone());
        for child in self.children() {
            child.with_descendants(found);
        }
    }
}

/// What an expression gives.
#[derive(Debug, Clone)]
enum Answer {
    Nodes(Vec<Node>),
    Number(f64),
    Text(String),
    Truth(bool),
}

impl Answer {
    fn text(&self) -> String {
        match self {
            Answer::Nodes(nodes) => nodes.first().map(Node::text).unwrap_or_default(),
            Answer::Number(number) if number.fract() == 0.0 => format!("{number:.0}"),
            Answer::Number(number) => number.to_string(),
            Answer::Text(text) => text.clone(),
            Answer::Truth(truth) => truth.to_string(),
        }
    }

    fn number(&self) -> f64 {
        match self {
            Answer::Number(number) => *number,
            Answer::Truth(truth) => f64::from(u8::from(*truth)),
            other => other.text().trim().parse().unwrap_or(f64::NAN),
        }
    }

    fn truth(&self) -> bool {
        match self {
            Answer::Nodes(nodes) => !nodes.is_empty(),
            Answer::Number(number) => *number != 0.0 && !number.is_nan(),
            Answer::Text(text) => !text.is_empty(),
            Answer::Truth(truth) => *truth,
        }
    }
}

fn answer(call: &Call<'_>, row: usize) -> Result<Option<Answer>> {
    let (Some(text), Some(path)) = (call.texts(0)?.get(row), call.texts(1)?.get(row)) else { return Ok(None) };
    if text.is_empty() || path.is_empty() {
        return Ok(None);
    }
    let root = parse(text).ok_or_else(|| {
        errors::runtime("INVALID_XML", format!("the text '{text}' is no XML document"))
            .with_help("correct the document")
    })?;
    evaluate(path, &Node::Document(root.clone()), &Node::Document(root)).map(Some)
}

fn number(call: &Call<'_>, row: usize) -> Result<Option<f64>> {
    Ok(answer(call, row)?.map(|found| found.number()))
}

fn refused(path: &str) -> SparkError {
    SparkError::unsupported(format!("the XPath expression `{path}`"), "use a path of names, and conditions in brackets")
}

/// Where an operator stands outside brackets, parentheses and quotes.
fn split_at_operator<'a>(path: &'a str, operator: &str) -> Option<(&'a str, &'a str)> {
    let (mut depth, mut quote) = (0_i32, None);
    for (at, c) in path.char_indices() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(c),
            ('(' | '[', None) => depth += 1,
            (')' | ']', None) => depth -= 1,
            _ if depth == 0 && at > 0 && path[at..].starts_with(operator) => {
                return Some((&path[..at], &path[at + operator.len()..]));
            }
            _ => {}
        }
    }
    None
}

fn evaluate(path: &str, from: &Node, document: &Node) -> Result<Answer> {
    let path = path.trim();
    for (operator, all) in [(" or ", false), (" and ", true)] {
        if let Some((left, right)) = split_at_operator(path, operator) {
            let (left, right) = (evaluate(left, from, document)?.truth(), evaluate(right, from, document)?.truth());
            return Ok(Answer::Truth(if all { left && right } else { left || right }));
        }
    }
    for operator in ["!=", "<=", ">=", "=", "<", ">"] {
        if let Some((left, right)) = split_at_operator(path, operator) {
            let (left, right) = (evaluate(left, from, document)?, evaluate(right, from, document)?);
            return Ok(Answer::Truth(compare(operator, &left, &right)));
        }
    }
    let quoted = |quote: char| path.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    if let Some(text) = quoted('\'').or_else(|| quoted('"')) {
        return Ok(Answer::Text(text.to_owned()));
    }
    if let Ok(number) = path.parse() {
        return Ok(Answer::Number(number));
    }
    if let Some((name, inner)) = path.strip_suffix(')').and_then(|rest| rest.split_once('('))
        && !name.contains(['/', '['])
        && name != "text"
    {
        return function(name, inner, from, document).unwrap_or_else(|| Err(refused(path)));
    }
    walk(path, from, document).map(Answer::Nodes)
}

fn function(name: &str, inner: &str, from: &Node, document: &Node) -> Option<Result<Answer>> {
    let own = |f: fn(Answer) -> Answer| Some(evaluate(inner, from, document).map(f));
    match name {
        "sum" => own(|found| match found {
            Answer::Nodes(nodes) => Answer::Number(nodes.iter().map(|node| Answer::Text(node.text()).number()).sum()),
            other => Answer::Number(other.number()),
        }),
        "count" => own(|found| match found {
            Answer::Nodes(nodes) => Answer::Number(nodes.len() as f64),
            other => Answer::Number(other.number()),
        }),
        "string" => own(|found| Answer::Text(found.text())),
        "number" => own(|found| Answer::Number(found.number())),
        "boolean" => own(|found| Answer::Truth(found.truth())),
        "not" => own(|found| Answer::Truth(!found.truth())),
        "true" => Some(Ok(Answer::Truth(true))),
        "false" => Some(Ok(Answer::Truth(false))),
        _ => None,
    }
}

fn compare(operator: &str, left: &Answer, right: &Answer) -> bool {
    if let Answer::Nodes(nodes) = left {
        return nodes.iter().any(|node| compare(operator, &Answer::Text(node.text()), right));
    }
    if let Answer::Nodes(nodes) = right {
        return nodes.iter().any(|node| compare(operator, left, &Answer::Text(node.text())));
    }
    let texts = matches!((left, right), (Answer::Text(_), Answer::Text(_)));
    match operator {
        "=" if texts => left.text() == right.text(),
        "!=" if texts => left.text() != right.text(),
        "=" => left.number() == right.number(),
        "!=" => left.number() != right.number(),
        "<" => left.number() < right.number(),
        "<=" => left.number() <= right.number(),
        ">" => left.number() > right.number(),
        _ => left.number() >= right.number(),
    }
}

fn walk(path: &str, from: &Node, document: &Node) -> Result<Vec<Node>> {
    let (mut rest, mut nodes) = match path.strip_prefix('/') {
        Some(after) => (after, vec![document.clone()]),
        None => (path, vec![from.clone()]),
    };
    loop {
        if let Some(after) = rest.strip_prefix('/') {
            let mut all = Vec::new();
            for node in &nodes {
                node.with_descendants(&mut all);
            }
            (rest, nodes) = (after, all);
        }
        let (step, after) = split_at_operator(rest, "/").unwrap_or((rest, ""));
        let mut found = Vec::new();
        for node in &nodes {
            found.extend(one_step(step, path, node, document)?);
        }
        nodes = found;
        if after.is_empty() {
            return Ok(nodes);
        }
        rest = after;
    }
}

/// One step from one node: the test, then the conditions.
fn one_step(step: &str, path: &str, node: &Node, document: &Node) -> Result<Vec<Node>> {
    let (test, mut conditions) = step.split_at(step.find('[').unwrap_or(step.len()));
    let mut found: Vec<Node> = match (test, test.strip_prefix('@')) {
        (".", _) => vec![node.clone()],
        ("text()", _) => node.children().into_iter().filter(|child| matches!(child, Node::Text(_))).collect(),
        (_, Some(name)) => match node {
            Node::Element(element) => element
                .attributes
                .iter()
                .filter(|(own, _)| name == "*" || own == name)
                .map(|(_, value)| Node::Text(value.clone()))
                .collect(),
            Node::Document(_) | Node::Text(_) => Vec::new(),
        },
        (name, None) if name.is_empty() || name.contains(['(', ':']) || name == ".." => return Err(refused(path)),
        (name, None) => node
            .children()
            .into_iter()
            .filter(|child| matches!(child, Node::Element(element) if name == "*" || element.name == name))
            .collect(),
    };
    while let Some(after) = conditions.strip_prefix('[') {
        let end = after.find(']').ok_or_else(|| refused(path))?;
        let condition = after[..end].trim();
        conditions = &after[end + 1..];
        let count = found.len();
        let mut kept = Vec::new();
        for (i, node) in found.into_iter().enumerate() {
            let holds = match condition.parse::<usize>() {
                Ok(position) => position == i + 1,
                Err(_) if condition == "last()" => i + 1 == count,
                Err(_) => evaluate(condition, &node, document)?.truth(),
            };
            if holds {
                kept.push(node);
            }
        }
        found = kept;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_their_nodes() {
        let root = parse("<a><b id='1'>x</b><b id='2'>y</b><c><b>z</b></c><n>3</n></a>").unwrap();
        let document = Node::Document(root);
        let text = |path: &str| evaluate(path, &document, &document).unwrap().text();
        assert_eq!(text("a/b[2]"), "y");
        assert_eq!(text("/a/b[@id='2']/text()"), "y");
        assert_eq!(text("count(//b)"), "3");
        assert_eq!(text("a/n + 1").as_str(), "");
        assert_eq!(text("a/n > 2"), "true");
        assert_eq!(text("a/b[last()]/@id"), "2");
        assert!(evaluate("a/ancestor::b", &document, &document).is_err());
    }
}
