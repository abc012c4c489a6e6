//! The top-level statements of a script: where each stands, what it names, and what it does with its value.
//!
//! Nothing runs: this is what can be said of a text. Names inside functions and lambdas count as read by the statement that holds them.

use super::parse::{line_starts, py, span_of, tree_of};
use py::visitor::{self, Visitor};
use std::collections::BTreeSet;

/// A statement that is inside no other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopLevel {
    /// First and last line, from 1.
    pub lines: (u32, u32),
    /// Names that it gives a value.
    pub binds: BTreeSet<String>,
    /// Names that it asks for.
    pub reads: BTreeSet<String>,
    /// Texts in it.
    pub texts: BTreeSet<String>,
    /// The method or function whose value is the value of the statement: `show` in `x = df.select("a").show()`.
    pub ends_with: Option<String>,
    /// The attribute that its value is, not called: `show` in `x = df.select("a").show`.
    pub names: Option<String>,
    /// Whether nothing is done with its value.
    pub is_expression: bool,
    pub is_import: bool,
    /// Whether it is a function: what it reads is read when it is called.
    pub is_function: bool,
}

/// The top-level statements of a script; none when it does not parse.
#[must_use]
pub fn top_level(source: &str) -> Vec<TopLevel> {
    let Some(tree) = tree_of(source) else { return Vec::new() };
    let starts = line_starts(source);
    let line = |at: u32| starts.partition_point(|start| *start <= at) as u32;
    let told = |stmt: &py::Stmt| {
        let mut teller = Teller::default();
        teller.visit_stmt(stmt);
        let (from, to) = span_of(stmt);
        let value = match stmt {
            py::Stmt::Expr(expression) => Some(&expression.value),
            py::Stmt::Assign(assign) => Some(&assign.value),
            _ => None,
        };
        TopLevel {
            lines: (line(from), line(to)),
            ends_with: value.and_then(|value| called(value)),
            names: value.and_then(|value| value.as_attribute_expr()).map(|attribute| attribute.attr.to_string()),
            is_expression: matches!(stmt, py::Stmt::Expr(_)),
            is_import: matches!(stmt, py::Stmt::Import(_) | py::Stmt::ImportFrom(_)),
            is_function: matches!(stmt, py::Stmt::FunctionDef(_)),
            ..teller.end()
        }
    };
    tree.body.iter().map(told).collect()
}

/// The name of what an expression calls last.
fn called(expr: &py::Expr) -> Option<String> {
    let py::Expr::Call(call) = expr else { return None };
    match call.func.as_ref() {
        py::Expr::Attribute(attribute) => Some(attribute.attr.to_string()),
        py::Expr::Name(name) => Some(name.id.to_string()),
        _ => None,
    }
}

#[derive(Default)]
struct Teller {
    told: TopLevel,
    /// Names that live only inside of it: of comprehensions and lambdas.
    inner: BTreeSet<String>,
}

impl Teller {
    fn end(mut self) -> TopLevel {
        self.told.binds.retain(|name| !self.inner.contains(name));
        self.told.reads.retain(|name| !self.inner.contains(name));
        self.told
    }

    fn bind(&mut self, name: &str) {
        self.told.binds.insert(name.to_owned());
    }

    /// What a function reads that is not its own.
    fn function(&mut self, function: &py::StmtFunctionDef) {
        let mut body = Teller::default();
        visitor::walk_body(&mut body, &function.body);
        let own: BTreeSet<&str> = function.parameters.iter().map(|parameter| parameter.name().as_str()).collect();
        let told = body.end();
        let reads = told.reads.into_iter().filter(|name| !told.binds.contains(name) && !own.contains(name.as_str()));
        self.told.reads.extend(reads);
        self.told.texts.extend(told.texts);
        self.bind(function.name.as_str());
    }
}

impl<'a> Visitor<'a> for Teller {
    fn visit_stmt(&mut self, stmt: &'a py::Stmt) {
        match stmt {
            py::Stmt::FunctionDef(function) => return self.function(function),
            py::Stmt::ClassDef(class) => self.bind(class.name.as_str()),
            py::Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    self.bind(name.split('.').next().unwrap_or(name));
                }
            }
            py::Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.bind(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_comprehension(&mut self, comprehension: &'a py::Comprehension) {
        let mut target = Teller::default();
        target.visit_expr(&comprehension.target);
        self.inner.extend(target.told.binds);
        visitor::walk_comprehension(self, comprehension);
    }

    fn visit_expr(&mut self, expr: &'a py::Expr) {
        match expr {
            py::Expr::Name(name) if name.ctx == py::ExprContext::Store => self.bind(name.id.as_str()),
            py::Expr::Name(name) => {
                self.told.reads.insert(name.id.to_string());
            }
            py::Expr::StringLiteral(text) => {
                self.told.texts.insert(text.value.to_str().to_owned());
            }
            py::Expr::Lambda(lambda) => {
                let own = lambda.parameters.iter().flat_map(|all| all.iter().map(|one| one.name().to_string()));
                self.inner.extend(own);
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_tells_what_it_names() {
        let source = "from a import b as c\nx = c.read(\n    \"out/x\").show()\ndef f(y):\n    return x, y\nx.sort([z for z in f(1)])\n";
        let found = top_level(source);
        let names = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(" ");
        let lines: Vec<_> = found.iter().map(|one| (one.lines, names(&one.binds), names(&one.reads))).collect();
        let of = |lines, binds: &str, reads: &str| (lines, binds.to_owned(), reads.to_owned());
        let expected = [of((1, 1), "c", ""), of((2, 3), "x", "c"), of((4, 5), "f", "x"), of((6, 6), "", "f x")];
        assert_eq!(lines, expected);
        assert_eq!(found[1].ends_with.as_deref(), Some("show"));
        assert!(found[1].texts.contains("out/x"));
        assert!(found[3].is_expression && found[0].is_import && found[2].is_function);
        assert!(top_level("x = (").is_empty());
    }
}
