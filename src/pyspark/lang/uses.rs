//! What a script takes from outside of itself, by name: the modules it imports, what it takes of them, and the attributes it asks for.
//!
//! Nothing runs: this is what can be said of a text.

use super::parse::{SyntaxError, parse_unit, py, span_of, tree_of};
use py::visitor::{self, Visitor};
use std::collections::BTreeMap;

/// Something from outside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// `import M`.
    Module(String),
    /// `from M import a`.
    Taken { module: String, name: String },
    /// `m.a`, where `m` is the module or what was taken of one.
    Member { of: String, name: String },
    /// `x.a` of anything else.
    Attribute(String),
}

/// Where it stands first.
pub type Uses = BTreeMap<Use, u32>;

/// Everything that a script takes from outside, each with its first line.
///
/// # Errors
/// A source that does not parse.
pub fn uses(source: &str, file: &str) -> Result<Uses, SyntaxError> {
    let unit = parse_unit(source, file)?;
    let mut collector = Collector { names: BTreeMap::new(), uses: Uses::new(), line: &|offset| unit.line(offset) };
    // The same text: whatever stops the tree has stopped the unit.
    if let Some(tree) = tree_of(source) {
        visitor::walk_body(&mut collector, &tree.body);
    }
    Ok(collector.uses)
}

struct Collector<'a> {
    /// What names stand for, in dots.
    names: BTreeMap<String, String>,
    uses: Uses,
    line: &'a dyn Fn(u32) -> u32,
}

impl Collector<'_> {
    fn note(&mut self, what: Use, at: u32) {
        let line = (self.line)(at);
        self.uses.entry(what).or_insert(line);
    }
}

impl<'a> Visitor<'a> for Collector<'_> {
    fn visit_stmt(&mut self, stmt: &'a py::Stmt) {
        let (at, _) = span_of(stmt);
        match stmt {
            py::Stmt::Import(import) => {
                for alias in &import.names {
                    let module = alias.name.as_str();
                    if let Some(name) = &alias.asname {
                        self.names.insert(name.to_string(), module.to_owned());
                    } else if !module.contains('.') {
                        self.names.insert(module.to_owned(), module.to_owned());
                    }
                    self.note(Use::Module(module.to_owned()), at);
                }
            }
            py::Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map(ToString::to_string).unwrap_or_default();
                for alias in &import.names {
                    let name = alias.name.to_string();
                    if name == "*" {
                        self.note(Use::Module(module.clone()), at);
                        continue;
                    }
                    let bound = alias.asname.as_ref().map_or_else(|| name.clone(), ToString::to_string);
                    self.names.insert(bound, format!("{module}.{name}"));
                    self.note(Use::Taken { module: module.clone(), name }, at);
                }
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a py::Expr) {
        if let py::Expr::Attribute(attribute) = expr {
            let name = attribute.attr.to_string();
            let of = match attribute.value.as_ref() {
                py::Expr::Name(owner) => self.names.get(owner.id.as_str()).cloned(),
                _ => None,
            };
            let (at, _) = span_of(&attribute.attr);
            self.note(of.map_or(Use::Attribute(name.clone()), |of| Use::Member { of, name }), at);
        }
        visitor::walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_members_and_attributes_are_told_apart() {
        let source = "import numpy as np\nfrom pyspark.sql import functions as F\nx = np.array(\n    F.col('a'))\nx.pipe()\nx.pipe()\n";
        let found = uses(source, "a.py").expect("it parses");
        let text = |text: &str| text.to_owned();
        let expected = [
            (Use::Module(text("numpy")), 1),
            (Use::Taken { module: text("pyspark.sql"), name: text("functions") }, 2),
            (Use::Member { of: text("numpy"), name: text("array") }, 3),
            (Use::Member { of: text("pyspark.sql.functions"), name: text("col") }, 4),
            (Use::Attribute(text("pipe")), 5),
        ];
        assert_eq!(found, Uses::from(expected));
        assert!(uses("x = (", "a.py").is_err());
    }
}
