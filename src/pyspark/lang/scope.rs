//! Which scope owns each name: the first pass over a parsed file.
//!
//! A function, a class body and the module have frames of their own; a comprehension has names of its own that live in the frame around
//! it. A name that is used in another frame than its owner's is *captured* and lives in a cell.

use super::parse::{py, span_of};
use py::visitor::{self, Visitor};
use std::collections::HashMap;

/// Index of a scope.
pub type ScopeId = usize;

/// What opened a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    Module,
    Function,
    Class,
    Comprehension,
}

/// One scope.
#[derive(Debug)]
pub struct Scope {
    pub kind: ScopeKind,
    pub parent: Option<ScopeId>,
    pub bound: Vec<String>,
    pub globals: Vec<String>,
    pub nonlocals: Vec<String>,
    used: Vec<String>,
    pub yields: bool,
    /// Own variables that live in cells: of this scope's frame, in order.
    pub cells: Vec<(ScopeId, String)>,
    /// Variables of outer frames that this frame captures, in order.
    pub free: Vec<(ScopeId, String)>,
}

/// All scopes of a file, found by the range of the node that opens them.
#[derive(Debug)]
pub struct Scopes {
    pub list: Vec<Scope>,
    by_span: HashMap<(u32, u32), ScopeId>,
}

impl Scopes {
    /// The scope that the node with this span opens.
    pub fn at(&self, span: (u32, u32)) -> ScopeId {
        self.by_span.get(&span).copied().unwrap_or(0)
    }

    /// The scope whose frame holds this scope's variables.
    pub fn host(&self, mut scope: ScopeId) -> ScopeId {
        while self.list[scope].kind == ScopeKind::Comprehension {
            scope = self.list[scope].parent.unwrap_or(0);
        }
        scope
    }

    /// The scope that owns `name` as seen from `scope`; `None` for globals.
    pub fn owner(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        let mut current = Some(scope);
        let mut first = true;
        let mut outward = false;
        while let Some(id) = current {
            let it = &self.list[id];
            let visible = match it.kind {
                ScopeKind::Module => return None,
                ScopeKind::Class => first,
                ScopeKind::Function | ScopeKind::Comprehension => true,
            };
            if visible && !outward && it.globals.iter().any(|known| known == name) {
                return None;
            }
            if visible && it.bound.iter().any(|known| known == name) && !it.nonlocals.iter().any(|known| known == name)
            {
                return Some(id);
            }
            if it.kind != ScopeKind::Comprehension {
                first = false;
            }
            if it.kind == ScopeKind::Function && it.nonlocals.iter().any(|known| known == name) {
                outward = true;
            }
            current = it.parent;
        }
        None
    }

    fn capture_all(&mut self) {
        for scope in 0..self.list.len() {
            let used = std::mem::take(&mut self.list[scope].used);
            for name in &used {
                self.capture(scope, name);
                if self.list[scope].kind == ScopeKind::Class {
                    // A class body that does not (yet) have the name looks further out.
                    if let Some(parent) = self.list[scope].parent
                        && self.owner(scope, name) == Some(scope)
                    {
                        self.capture_from(scope, parent, name);
                    }
                }
            }
            for name in self.list[scope].nonlocals.clone() {
                self.capture(scope, &name);
            }
        }
    }

    fn capture(&mut self, scope: ScopeId, name: &str) {
        self.capture_from(scope, scope, name);
    }

    fn capture_from(&mut self, scope: ScopeId, seen_from: ScopeId, name: &str) {
        let Some(owner) = self.owner(seen_from, name) else { return };
        if self.list[owner].kind == ScopeKind::Class {
            return;
        }
        let owner_host = self.host(owner);
        let mut frame = self.host(scope);
        if frame == owner_host {
            return;
        }
        let key = (owner, name.to_owned());
        if !self.list[owner_host].cells.contains(&key) {
            self.list[owner_host].cells.push(key.clone());
        }
        while frame != owner_host {
            if !self.list[frame].free.contains(&key) {
                self.list[frame].free.push(key.clone());
            }
            match self.list[frame].parent {
                Some(parent) => frame = self.host(parent),
                None => return,
            }
        }
    }
}

/// Finds every scope of a file and who captures what.
pub fn analyze(body: &[py::Stmt]) -> Scopes {
    let mut collector = Collector { scopes: Scopes { list: Vec::new(), by_span: HashMap::new() }, stack: Vec::new() };
    collector.open(ScopeKind::Module, (u32::MAX, u32::MAX));
    visitor::walk_body(&mut collector, body);
    let mut scopes = collector.scopes;
    scopes.capture_all();
    scopes
}

struct Collector {
    scopes: Scopes,
    stack: Vec<ScopeId>,
}

fn remember(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

impl Collector {
    fn open(&mut self, kind: ScopeKind, span: (u32, u32)) {
        let id = self.scopes.list.len();
        self.scopes.list.push(Scope {
            kind,
            parent: self.stack.last().copied(),
            bound: Vec::new(),
            globals: Vec::new(),
            nonlocals: Vec::new(),
            used: Vec::new(),
            yields: false,
            cells: Vec::new(),
            free: Vec::new(),
        });
        self.scopes.by_span.insert(span, id);
        self.stack.push(id);
    }

    fn close(&mut self) {
        self.stack.pop();
    }

    fn current(&mut self) -> &mut Scope {
        let id = self.stack.last().copied().unwrap_or(0);
        &mut self.scopes.list[id]
    }

    fn bind(&mut self, name: &str) {
        let scope = self.current();
        if !scope.globals.iter().any(|known| known == name) {
            remember(&mut scope.bound, name);
        }
        remember(&mut scope.used, name);
    }

    /// A walrus binds in the nearest scope that is not a comprehension.
    fn bind_outside(&mut self, name: &str) {
        let id = self.stack.iter().rev().copied().find(|id| self.scopes.list[*id].kind != ScopeKind::Comprehension);
        let scope = &mut self.scopes.list[id.unwrap_or(0)];
        if !scope.globals.iter().any(|known| known == name) {
            remember(&mut scope.bound, name);
        }
        remember(&mut self.current().used, name);
    }

    fn function(&mut self, span: (u32, u32), parameters: Option<&py::Parameters>) {
        self.open(ScopeKind::Function, span);
        if let Some(parameters) = parameters {
            for parameter in parameters.iter_source_order() {
                self.bind(parameter.name().as_str());
            }
        }
    }

    fn defaults(&mut self, parameters: Option<&py::Parameters>) {
        for parameter in parameters.into_iter().flat_map(py::Parameters::iter_non_variadic_params) {
            if let Some(default) = parameter.default() {
                self.visit_expr(default);
            }
        }
    }

    fn comprehension<'a>(
        &mut self,
        kind: ScopeKind,
        span: (u32, u32),
        generators: &'a [py::Comprehension],
        elements: &[&'a py::Expr],
    ) {
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        self.open(kind, span);
        if kind == ScopeKind::Function {
            self.bind(".0");
            self.current().yields = true;
        }
        for generator in generators {
            self.visit_expr(&generator.target);
        }
        for (place, generator) in generators.iter().enumerate() {
            if place > 0 {
                self.visit_expr(&generator.iter);
            }
            for condition in &generator.ifs {
                self.visit_expr(condition);
            }
        }
        for element in elements {
            self.visit_expr(element);
        }
        self.close();
    }
}

impl<'a> Visitor<'a> for Collector {
    fn visit_stmt(&mut self, stmt: &'a py::Stmt) {
        match stmt {
            py::Stmt::FunctionDef(def) => {
                for decorator in &def.decorator_list {
                    self.visit_expr(&decorator.expression);
                }
                self.defaults(Some(&def.parameters));
                self.bind(def.name.as_str());
                self.function(span_of(def), Some(&def.parameters));
                visitor::walk_body(self, &def.body);
                self.close();
            }
            py::Stmt::ClassDef(def) => {
                for decorator in &def.decorator_list {
                    self.visit_expr(&decorator.expression);
                }
                if let Some(arguments) = &def.arguments {
                    visitor::walk_arguments(self, arguments);
                }
                self.bind(def.name.as_str());
                self.open(ScopeKind::Class, span_of(def));
                visitor::walk_body(self, &def.body);
                self.close();
            }
            py::Stmt::Global(names) => {
                for name in &names.names {
                    remember(&mut self.current().globals, name.as_str());
                }
            }
            py::Stmt::Nonlocal(names) => {
                for name in &names.names {
                    remember(&mut self.current().nonlocals, name.as_str());
                }
            }
            py::Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.name.as_str();
                    let bound =
                        alias.asname.as_ref().map_or(name.split('.').next().unwrap_or(name), |name| name.as_str());
                    self.bind(bound);
                }
            }
            py::Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    if alias.name.as_str() != "*" {
                        self.bind(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                    }
                }
            }
            py::Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.visit_expr(value);
                }
                self.visit_expr(&assign.target);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_annotation(&mut self, _expr: &'a py::Expr) {}

    fn visit_except_handler(&mut self, handler: &'a py::ExceptHandler) {
        let py::ExceptHandler::ExceptHandler(handler_node) = handler;
        if let Some(name) = &handler_node.name {
            self.bind(name.as_str());
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a py::Pattern) {
        let name = match pattern {
            py::Pattern::MatchStar(star) => star.name.as_ref(),
            py::Pattern::MatchAs(capture) => capture.name.as_ref(),
            py::Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bind(name.as_str());
        }
        visitor::walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expr: &'a py::Expr) {
        match expr {
            py::Expr::Name(name) => match name.ctx {
                py::ExprContext::Load => remember(&mut self.current().used, name.id.as_str()),
                _ => self.bind(name.id.as_str()),
            },
            py::Expr::Named(walrus) => {
                self.visit_expr(&walrus.value);
                if let py::Expr::Name(name) = walrus.target.as_ref() {
                    self.bind_outside(name.id.as_str());
                }
            }
            py::Expr::Lambda(lambda) => {
                self.defaults(lambda.parameters.as_deref());
                self.function(span_of(lambda), lambda.parameters.as_deref());
                self.visit_expr(&lambda.body);
                self.close();
            }
            py::Expr::ListComp(comp) => {
                self.comprehension(ScopeKind::Comprehension, span_of(comp), &comp.generators, &[&comp.elt]);
            }
            py::Expr::SetComp(comp) => {
                self.comprehension(ScopeKind::Comprehension, span_of(comp), &comp.generators, &[&comp.elt]);
            }
            py::Expr::DictComp(comp) => {
                let mut parts: Vec<&'a py::Expr> = comp.key.as_deref().into_iter().collect();
                parts.push(&comp.value);
                self.comprehension(ScopeKind::Comprehension, span_of(comp), &comp.generators, &parts);
            }
            py::Expr::Generator(comp) => {
                self.comprehension(ScopeKind::Function, span_of(comp), &comp.generators, &[&comp.elt]);
            }
            py::Expr::Yield(_) | py::Expr::YieldFrom(_) => {
                self.current().yields = true;
                visitor::walk_expr(self, expr);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }
}
