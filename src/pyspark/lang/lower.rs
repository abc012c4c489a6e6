//! From the parser's tree to our own: names become slots, literals a pool. The second pass over a parsed file.

use super::ast::{
    Body, Call, Case, ClassBody, ClassDef, Clause, Comparison, Comprehension, ComprehensionKind, Constant, Expr,
    ExprKind, FStringPart, FunctionCode, FunctionExpr, Handler, ImportAs, Name, Pattern, Place, Stmt, StmtKind, Target,
    Try, Unit,
};
use super::object::{BinaryOp, CompareOp, UnaryOp};
use super::parse::{Piece, py, span_of};
use super::scope::{ScopeId, ScopeKind, Scopes};
use num_bigint::BigInt;
use std::collections::HashMap;
use std::sync::Arc;

type Failure = (String, (u32, u32));
type Lowered<T> = Result<T, Failure>;

/// Lowers a file, or the new part of a script.
pub fn lower(body: &[py::Stmt], scopes: Scopes, piece: &Piece, line_starts: Vec<u32>) -> Lowered<Unit> {
    let known = piece.known.iter().enumerate().map(|(slot, name)| (name.to_string(), slot as u32));
    let mut lowering = Lowering {
        source: piece.source,
        echoes: piece.echoes,
        scopes,
        scope: 0,
        frames: vec![FrameSlots::default()],
        globals: piece.known.to_vec(),
        global_index: known.collect(),
        constants: Vec::new(),
        string_index: HashMap::new(),
        line_starts: &line_starts,
        qualname: Vec::new(),
        yields: false,
        in_function: false,
        names: HashMap::new(),
        uses_super: false,
        used_globals: Vec::new(),
    };
    let body = lowering.block(body)?;
    let slots = lowering.frames[0].slots.len();
    let cells = lowering.scopes.list[0].cells.len();
    let Lowering { globals, constants, .. } = lowering;
    let (file, source) = (Arc::from(piece.file), Arc::from(piece.source));
    Ok(Unit { file, source, line_starts, globals, constants, body, slots, cells })
}

#[derive(Default)]
struct FrameSlots {
    slots: HashMap<(ScopeId, String), u32>,
}

struct Lowering<'a> {
    source: &'a str,
    /// Whether expressions of the module show their values.
    echoes: bool,
    scopes: Scopes,
    scope: ScopeId,
    frames: Vec<FrameSlots>,
    globals: Vec<Name>,
    global_index: HashMap<String, u32>,
    constants: Vec<Constant>,
    string_index: HashMap<String, u32>,
    line_starts: &'a [u32],
    qualname: Vec<String>,
    yields: bool,
    in_function: bool,
    names: HashMap<String, Name>,
    uses_super: bool,
    /// For every open function, the globals it names.
    used_globals: Vec<Vec<u32>>,
}

impl Lowering<'_> {
    fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return Arc::clone(name);
        }
        let name: Name = Arc::from(text);
        self.names.insert(text.to_owned(), Arc::clone(&name));
        name
    }

    fn constant(&mut self, constant: Constant) -> ExprKind {
        if let Constant::Str(text) = &constant {
            if let Some(index) = self.string_index.get(&**text) {
                return ExprKind::Constant(*index);
            }
            self.string_index.insert(text.to_string(), self.constants.len() as u32);
        }
        self.constants.push(constant);
        ExprKind::Constant(self.constants.len() as u32 - 1)
    }

    fn global(&mut self, name: &str) -> u32 {
        let index = self.global_slot(name);
        for used in &mut self.used_globals {
            if !used.contains(&index) {
                used.push(index);
            }
        }
        index
    }

    fn global_slot(&mut self, name: &str) -> u32 {
        if let Some(index) = self.global_index.get(name) {
            return *index;
        }
        let index = self.globals.len() as u32;
        let shared = self.name(name);
        self.globals.push(shared);
        self.global_index.insert(name.to_owned(), index);
        index
    }

    fn place(&mut self, name: &str) -> Place {
        self.place_from(self.scope, name)
    }

    fn place_from(&mut self, scope: ScopeId, name: &str) -> Place {
        let Some(owner) = self.scopes.owner(scope, name) else { return Place::Global(self.global(name)) };
        let host = self.scopes.host(self.scope);
        if self.scopes.list[owner].kind == ScopeKind::Class {
            let outer = self.scopes.list[owner].parent.map(|parent| {
                let saved = std::mem::replace(&mut self.scope, host);
                let place = self.place_from(parent, name);
                self.scope = saved;
                Box::new(place)
            });
            return Place::Class(self.name(name), outer);
        }
        let key = (owner, name.to_owned());
        let frame = &self.scopes.list[host];
        if self.scopes.host(owner) == host {
            if let Some(cell) = frame.cells.iter().position(|known| *known == key) {
                return Place::Cell(cell as u32);
            }
            return Place::Local(self.slot(key));
        }
        match frame.free.iter().position(|known| *known == key) {
            Some(place) => Place::Cell((frame.cells.len() + place) as u32),
            // The collector saw every use; a name it did not see is a global.
            None => Place::Global(self.global(name)),
        }
    }

    fn slot(&mut self, key: (ScopeId, String)) -> u32 {
        let Some(frame) = self.frames.last_mut() else { return 0 };
        let next = frame.slots.len() as u32;
        *frame.slots.entry(key).or_insert(next)
    }

    fn place_expr(&mut self, place: Place, name: &str) -> ExprKind {
        let shared = self.name(name);
        match place {
            Place::Local(slot) => ExprKind::Local(slot, shared),
            Place::Cell(cell) => ExprKind::Cell(cell, shared),
            Place::Global(slot) => ExprKind::Global(slot, shared),
            Place::Class(class_name, outer) => {
                let outer = outer.map(|place| Box::new(Expr { kind: self.place_expr(*place, name), span: (0, 0) }));
                ExprKind::ClassName(class_name, outer)
            }
        }
    }

    fn block(&mut self, body: &[py::Stmt]) -> Lowered<Vec<Stmt>> {
        let mut stmts = Vec::with_capacity(body.len());
        for stmt in body {
            if matches!(stmt, py::Stmt::Global(_) | py::Stmt::Nonlocal(_) | py::Stmt::TypeAlias(_)) {
                continue;
            }
            let span = span_of(stmt);
            let outer = std::mem::replace(&mut self.yields, false);
            let kind = self.stmt(stmt)?;
            let yields = std::mem::replace(&mut self.yields, outer);
            self.yields |= yields;
            let line = self.line_starts.partition_point(|start| *start <= span.0) as u32;
            stmts.push(Stmt { kind, span, line, yields });
        }
        Ok(stmts)
    }

    fn stmt(&mut self, stmt: &py::Stmt) -> Lowered<StmtKind> {
        let span = span_of(stmt);
        Ok(match stmt {
            py::Stmt::Expr(node) if self.echoes && self.scope == 0 => StmtKind::Echo(self.expr(&node.value)?),
            py::Stmt::Expr(node) => StmtKind::Expr(self.expr(&node.value)?),
            py::Stmt::Assign(node) => {
                let value = self.expr(&node.value)?;
                StmtKind::Assign { targets: self.targets(&node.targets)?, value }
            }
            py::Stmt::AugAssign(node) => StmtKind::AugAssign {
                target: self.target(&node.target)?,
                op: binary_op(node.op),
                value: self.expr(&node.value)?,
            },
            py::Stmt::AnnAssign(node) => {
                let annotation = span_of(node.annotation.as_ref());
                let text = self.source.get(annotation.0 as usize..annotation.1 as usize).unwrap_or("").to_owned();
                let name = match node.target.as_ref() {
                    py::Expr::Name(name) => Some(self.name(name.id.as_str())),
                    _ => None,
                };
                StmtKind::Annotated {
                    name,
                    annotation: self.name(&text),
                    target: self.target(&node.target)?,
                    value: self.maybe(node.value.as_deref())?,
                }
            }
            py::Stmt::Return(node) => {
                if !self.in_function {
                    return Err(("'return' outside function".to_owned(), span));
                }
                StmtKind::Return(self.maybe(node.value.as_deref())?)
            }
            py::Stmt::If(node) => {
                let test = self.expr(&node.test)?;
                let body = self.block(&node.body)?;
                StmtKind::If { test, body, orelse: self.elifs(&node.elif_else_clauses)? }
            }
            py::Stmt::While(node) => StmtKind::While {
                test: self.expr(&node.test)?,
                body: self.block(&node.body)?,
                orelse: self.block(&node.orelse)?,
            },
            py::Stmt::For(node) => {
                if node.is_async {
                    return Err(("asynchronous code is not supported here".to_owned(), span));
                }
                let iter = self.expr(&node.iter)?;
                let target = self.target(&node.target)?;
                StmtKind::For { target, iter, body: self.block(&node.body)?, orelse: self.block(&node.orelse)? }
            }
            py::Stmt::Try(node) => self.try_stmt(node)?,
            py::Stmt::With(node) => {
                let mut items = Vec::new();
                for item in &node.items {
                    let context = self.expr(&item.context_expr)?;
                    let target = item.optional_vars.as_deref().map(|target| self.target(target)).transpose()?;
                    items.push((context, target));
                }
                StmtKind::With { items, body: self.block(&node.body)? }
            }
            py::Stmt::Raise(node) => StmtKind::Raise {
                exception: self.maybe(node.exc.as_deref())?,
                cause: self.maybe(node.cause.as_deref())?,
            },
            py::Stmt::Assert(node) => {
                StmtKind::Assert { test: self.expr(&node.test)?, message: self.maybe(node.msg.as_deref())? }
            }
            py::Stmt::Delete(node) => StmtKind::Delete(self.targets(&node.targets)?),
            py::Stmt::Break(_) => StmtKind::Break,
            py::Stmt::Continue(_) => StmtKind::Continue,
            py::Stmt::Import(node) => self.import(node),
            py::Stmt::ImportFrom(node) => self.import_from(node),
            py::Stmt::FunctionDef(node) => self.function_def(node)?,
            py::Stmt::ClassDef(node) => self.class_def(node)?,
            py::Stmt::Match(node) => {
                let subject = self.expr(&node.subject)?;
                let mut cases = Vec::new();
                for case in &node.cases {
                    let pattern = self.pattern(&case.pattern)?;
                    let guard = self.maybe(case.guard.as_deref())?;
                    cases.push(Case { pattern, guard, body: self.block(&case.body)? });
                }
                StmtKind::Match { subject, cases }
            }
            py::Stmt::Pass(_)
            | py::Stmt::Global(_)
            | py::Stmt::Nonlocal(_)
            | py::Stmt::TypeAlias(_)
            | py::Stmt::IpyEscapeCommand(_) => StmtKind::Pass,
        })
    }

    fn elifs(&mut self, clauses: &[py::ElifElseClause]) -> Lowered<Vec<Stmt>> {
        let Some((first, rest)) = clauses.split_first() else { return Ok(Vec::new()) };
        let Some(test) = &first.test else { return self.block(&first.body) };
        let span = span_of(first);
        let test = self.expr(test)?;
        let body = self.block(&first.body)?;
        let orelse = self.elifs(rest)?;
        let yields = body.iter().chain(&orelse).any(|stmt| stmt.yields);
        let line = self.line_starts.partition_point(|start| *start <= span.0) as u32;
        Ok(vec![Stmt { kind: StmtKind::If { test, body, orelse }, span, line, yields }])
    }

    fn try_stmt(&mut self, node: &py::StmtTry) -> Lowered<StmtKind> {
        if node.is_star {
            return Err(("except* is not supported here".to_owned(), span_of(node)));
        }
        let body = self.block(&node.body)?;
        let mut handlers = Vec::new();
        for handler in &node.handlers {
            let py::ExceptHandler::ExceptHandler(handler) = handler;
            let class = self.maybe(handler.type_.as_deref())?;
            let name = handler.name.as_ref().map(|name| self.name_target(name.as_str()));
            handlers.push(Handler { class, name, body: self.block(&handler.body)? });
        }
        let orelse = self.block(&node.orelse)?;
        let finally = self.block(&node.finalbody)?;
        Ok(StmtKind::Try(Box::new(Try { body, handlers, orelse, finally })))
    }

    fn import(&mut self, node: &py::StmtImport) -> StmtKind {
        let mut imports = Vec::new();
        for alias in &node.names {
            let module = alias.name.as_str();
            let whole = alias.asname.is_some();
            let bound = alias.asname.as_ref().map_or(module.split('.').next().unwrap_or(module), |name| name.as_str());
            let target = self.name_target(bound);
            imports.push(ImportAs { module: self.name(module), whole, target });
        }
        StmtKind::Import(imports)
    }

    fn import_from(&mut self, node: &py::StmtImportFrom) -> StmtKind {
        let name = node.module.as_ref().map_or("", |name| name.as_str());
        let module = self.name(&format!("{}{name}", ".".repeat(node.level as usize)));
        let mut names = Vec::new();
        let mut star = false;
        for alias in &node.names {
            if alias.name.as_str() == "*" {
                star = true;
                continue;
            }
            let target = self.name_target(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
            names.push((self.name(alias.name.as_str()), target));
        }
        StmtKind::ImportFrom { module, names, star }
    }

    fn decorators(&mut self, decorators: &[py::Decorator]) -> Lowered<Vec<Expr>> {
        decorators.iter().map(|decorator| self.expr(&decorator.expression)).collect()
    }

    fn function_def(&mut self, node: &py::StmtFunctionDef) -> Lowered<StmtKind> {
        if node.is_async {
            return Err(("asynchronous code is not supported here".to_owned(), span_of(node)));
        }
        let decorators = self.decorators(&node.decorator_list)?;
        let function = self.function(
            node.name.as_str(),
            span_of(node),
            Some(&node.parameters),
            node.returns.as_deref(),
            |lowering| Ok(Body::Block(lowering.block(&node.body)?)),
            docstring(&node.body),
        )?;
        let target = self.name_target(node.name.as_str());
        Ok(StmtKind::Function { function: Box::new(function), decorators, target })
    }

    fn class_def(&mut self, node: &py::StmtClassDef) -> Lowered<StmtKind> {
        let decorators = self.decorators(&node.decorator_list)?;
        let mut bases = Vec::new();
        let mut keywords = Vec::new();
        if let Some(arguments) = &node.arguments {
            for base in &arguments.args {
                bases.push(self.expr(base)?);
            }
            for keyword in &arguments.keywords {
                let name = self.name(keyword.arg.as_ref().map_or("", |name| name.as_str()));
                keywords.push((name, self.expr(&keyword.value)?));
            }
        }
        let outer = self.scope;
        let scope = self.scopes.at(span_of(node));
        let captures = self.captures(scope);
        let was_function = std::mem::replace(&mut self.in_function, false);
        self.scope = scope;
        self.frames.push(FrameSlots::default());
        self.qualname.push(node.name.to_string());
        let body = self.block(&node.body)?;
        self.qualname.pop();
        let slots = self.frames.pop().map_or(0, |frame| frame.slots.len());
        self.scope = outer;
        self.in_function = was_function;
        let doc = docstring(&node.body).map(|doc| self.name(&doc));
        let cells = self.scopes.list[scope].cells.len();
        let name = self.name(node.name.as_str());
        let target = self.name_target(node.name.as_str());
        let body = Arc::new(ClassBody { body, slots, cells, doc });
        Ok(StmtKind::Class(Box::new(ClassDef { name, bases, keywords, decorators, body, captures, target })))
    }

    /// Where the captured variables of an inner frame are found in the running one.
    fn captures(&mut self, inner: ScopeId) -> Vec<Place> {
        let host = self.scopes.host(self.scope);
        let free = self.scopes.list[inner].free.clone();
        free.into_iter()
            .map(|key| {
                let frame = &self.scopes.list[host];
                if self.scopes.host(key.0) == host {
                    let cell = frame.cells.iter().position(|known| *known == key).unwrap_or(0);
                    Place::Cell(cell as u32)
                } else {
                    let free = frame.free.iter().position(|known| *known == key).unwrap_or(0);
                    Place::Cell((frame.cells.len() + free) as u32)
                }
            })
            .collect()
    }

    fn function(
        &mut self,
        name: &str,
        span: (u32, u32),
        parameters: Option<&py::Parameters>,
        returns: Option<&py::Expr>,
        body: impl FnOnce(&mut Self) -> Lowered<Body>,
        doc: Option<String>,
    ) -> Lowered<FunctionExpr> {
        let (defaults, keyword_defaults) = self.defaults(parameters)?;
        let outer = self.scope;
        let scope = self.scopes.at(span);
        let captures = self.captures(scope);
        self.scope = scope;
        self.frames.push(FrameSlots::default());
        let signature = self.signature(scope, parameters, returns);
        let qualname = self.qualname.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".");
        self.qualname.push(format!("{name}.<locals>"));
        let outer_yields = std::mem::replace(&mut self.yields, false);
        let was_function = std::mem::replace(&mut self.in_function, true);
        let outer_super = std::mem::replace(&mut self.uses_super, false);
        self.used_globals.push(Vec::new());
        let body = body(self)?;
        let globals = self.used_globals.pop().unwrap_or_default();
        self.in_function = was_function;
        self.yields = outer_yields;
        let has_super = self.uses_super;
        self.uses_super |= outer_super;
        self.qualname.pop();
        let slots = self.frames.pop().map_or(0, |frame| frame.slots.len());
        self.scope = outer;
        let frame = &self.scopes.list[scope];
        let (cells, generator) = (frame.cells.len(), frame.yields);
        let free: Vec<String> = frame.free.iter().map(|(_, name)| name.clone()).collect();
        let free = free.iter().map(|name| self.name(name)).collect();
        let line = self.line_starts.partition_point(|start| *start <= span.0) as u32;
        let code = FunctionCode {
            name: self.name(name),
            qualname: self.name(&qualname),
            doc: doc.map(|doc| self.name(&doc)),
            params: signature.params,
            annotations: signature.annotations,
            positional_only: signature.positional_only,
            positional: signature.positional,
            star: signature.star,
            double_star: signature.double_star,
            body,
            slots,
            cells,
            cell_params: signature.cell_params,
            free,
            generator,
            line,
            span,
            has_super,
            globals,
        };
        Ok(FunctionExpr { code: Arc::new(code), defaults, keyword_defaults, captures })
    }

    fn defaults(&mut self, parameters: Option<&py::Parameters>) -> Lowered<(Vec<Expr>, Vec<Option<Expr>>)> {
        let mut defaults = Vec::new();
        let mut keyword_defaults = Vec::new();
        if let Some(parameters) = parameters {
            for parameter in parameters.posonlyargs.iter().chain(&parameters.args) {
                if let Some(default) = &parameter.default {
                    defaults.push(self.expr(default)?);
                }
            }
            for parameter in &parameters.kwonlyargs {
                keyword_defaults.push(self.maybe(parameter.default.as_deref())?);
            }
        }
        Ok((defaults, keyword_defaults))
    }

    fn signature(
        &mut self,
        scope: ScopeId,
        parameters: Option<&py::Parameters>,
        returns: Option<&py::Expr>,
    ) -> Signature {
        let mut signature = Signature::default();
        let Some(parameters) = parameters else { return signature };
        let ordered: Vec<&py::Parameter> = parameters
            .posonlyargs
            .iter()
            .chain(&parameters.args)
            .chain(&parameters.kwonlyargs)
            .map(|parameter| &parameter.parameter)
            .collect();
        signature.positional_only = parameters.posonlyargs.len();
        signature.positional = parameters.posonlyargs.len() + parameters.args.len();
        for parameter in &ordered {
            self.parameter(scope, parameter, &mut signature);
            let name = self.name(parameter.name.as_str());
            signature.params.push(name);
        }
        if let Some(star) = parameters.vararg.as_deref() {
            signature.star = Some(self.parameter(scope, star, &mut signature));
        }
        if let Some(star) = parameters.kwarg.as_deref() {
            signature.double_star = Some(self.parameter(scope, star, &mut signature));
        }
        if let Some(returns) = returns {
            let text = self.text(returns);
            signature.annotations.push((self.name("return"), self.name(&text)));
        }
        signature
    }

    fn parameter(&mut self, scope: ScopeId, parameter: &py::Parameter, signature: &mut Signature) -> u32 {
        let name = parameter.name.as_str();
        let key = (scope, name.to_owned());
        let slot = self.slot(key.clone());
        if let Some(cell) = self.scopes.list[scope].cells.iter().position(|known| *known == key) {
            signature.cell_params.push((slot, cell as u32));
        }
        if let Some(annotation) = &parameter.annotation {
            let text = self.text(annotation);
            signature.annotations.push((self.name(name), self.name(&text)));
        }
        slot
    }

    fn text(&self, expr: &py::Expr) -> String {
        let span = span_of(expr);
        self.source.get(span.0 as usize..span.1 as usize).unwrap_or("").to_owned()
    }

    fn name_target(&mut self, name: &str) -> Target {
        let place = self.place(name);
        Target::Name(place, self.name(name))
    }

    fn targets(&mut self, targets: &[py::Expr]) -> Lowered<Vec<Target>> {
        targets.iter().map(|target| self.target(target)).collect()
    }

    fn target(&mut self, target: &py::Expr) -> Lowered<Target> {
        let span = span_of(target);
        Ok(match target {
            py::Expr::Name(name) => self.name_target(name.id.as_str()),
            py::Expr::Attribute(node) => {
                Target::Attribute { object: self.expr(&node.value)?, name: self.name(node.attr.as_str()), span }
            }
            py::Expr::Subscript(node) => {
                Target::Item { object: self.expr(&node.value)?, index: self.expr(&node.slice)?, span }
            }
            py::Expr::Tuple(node) => Target::Tuple(self.targets(&node.elts)?),
            py::Expr::List(node) => Target::Tuple(self.targets(&node.elts)?),
            py::Expr::Starred(node) => Target::Starred(Box::new(self.target(&node.value)?)),
            _ => return Err(("cannot assign to this expression".to_owned(), span)),
        })
    }

    fn maybe(&mut self, expr: Option<&py::Expr>) -> Lowered<Option<Expr>> {
        expr.map(|expr| self.expr(expr)).transpose()
    }

    fn boxed(&mut self, expr: &py::Expr) -> Lowered<Box<Expr>> {
        Ok(Box::new(self.expr(expr)?))
    }

    fn maybe_boxed(&mut self, expr: Option<&py::Expr>) -> Lowered<Option<Box<Expr>>> {
        expr.map(|expr| self.boxed(expr)).transpose()
    }

    fn exprs(&mut self, exprs: &[py::Expr]) -> Lowered<Vec<Expr>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn expr(&mut self, expr: &py::Expr) -> Lowered<Expr> {
        Ok(Expr { kind: self.expr_kind(expr)?, span: span_of(expr) })
    }

    fn expr_kind(&mut self, expr: &py::Expr) -> Lowered<ExprKind> {
        let span = span_of(expr);
        Ok(match expr {
            py::Expr::Name(node) => {
                let name = node.id.as_str();
                if name == "super" {
                    self.uses_super = true;
                }
                let place = self.place(name);
                self.place_expr(place, name)
            }
            py::Expr::NumberLiteral(node) => self.number(&node.value, span)?,
            py::Expr::StringLiteral(node) => {
                let text = self.name(node.value.to_str());
                self.constant(Constant::Str(text))
            }
            py::Expr::BytesLiteral(node) => {
                let bytes = node.value.iter().flat_map(|part| part.value.iter().copied()).collect();
                self.constant(Constant::Bytes(bytes))
            }
            py::Expr::BooleanLiteral(node) => self.constant(Constant::Bool(node.value)),
            py::Expr::NoneLiteral(_) => self.constant(Constant::None),
            py::Expr::EllipsisLiteral(_) => self.constant(Constant::Ellipsis),
            py::Expr::Attribute(node) => ExprKind::Attribute(self.boxed(&node.value)?, self.name(node.attr.as_str())),
            py::Expr::Subscript(node) => ExprKind::Item(self.boxed(&node.value)?, self.boxed(&node.slice)?),
            py::Expr::Slice(node) => ExprKind::Slice(
                self.maybe_boxed(node.lower.as_deref())?,
                self.maybe_boxed(node.upper.as_deref())?,
                self.maybe_boxed(node.step.as_deref())?,
            ),
            py::Expr::Call(node) => self.call(node)?,
            py::Expr::BinOp(node) => {
                ExprKind::Binary(binary_op(node.op), self.boxed(&node.left)?, self.boxed(&node.right)?)
            }
            py::Expr::UnaryOp(node) => self.unary(node)?,
            py::Expr::BoolOp(node) => {
                let values = self.exprs(&node.values)?;
                if node.op == py::BoolOp::And { ExprKind::And(values) } else { ExprKind::Or(values) }
            }
            py::Expr::Compare(node) => {
                let left = self.boxed(&node.left)?;
                let mut rest = Vec::new();
                for (op, right) in node.ops.iter().zip(&node.comparators) {
                    rest.push((comparison(*op), self.expr(right)?));
                }
                ExprKind::Compare(left, rest)
            }
            py::Expr::If(node) => {
                ExprKind::IfElse(self.boxed(&node.test)?, self.boxed(&node.body)?, self.boxed(&node.orelse)?)
            }
            py::Expr::List(node) => ExprKind::List(self.exprs(&node.elts)?),
            py::Expr::Set(node) => ExprKind::Set(self.exprs(&node.elts)?),
            py::Expr::Tuple(node) => self.tuple(node)?,
            py::Expr::Dict(node) => {
                let mut entries = Vec::new();
                for item in &node.items {
                    entries.push((self.maybe(item.key.as_ref())?, self.expr(&item.value)?));
                }
                ExprKind::Dict(entries)
            }
            py::Expr::Starred(node) => ExprKind::Starred(self.boxed(&node.value)?),
            py::Expr::FString(node) => self.fstring(node)?,
            py::Expr::Lambda(node) => {
                let function = self.function(
                    "<lambda>",
                    span,
                    node.parameters.as_deref(),
                    None,
                    |lowering| Ok(Body::Expr(lowering.expr(&node.body)?)),
                    None,
                )?;
                ExprKind::Function(Box::new(function))
            }
            py::Expr::ListComp(node) => self.comprehension(span, &node.generators, |lowering| {
                Ok(ComprehensionKind::List(lowering.expr(&node.elt)?))
            })?,
            py::Expr::SetComp(node) => self.comprehension(span, &node.generators, |lowering| {
                Ok(ComprehensionKind::Set(lowering.expr(&node.elt)?))
            })?,
            py::Expr::DictComp(node) => self.comprehension(span, &node.generators, |lowering| {
                let key = node.key.as_deref().ok_or_else(|| ("invalid syntax".to_owned(), span))?;
                Ok(ComprehensionKind::Dict(lowering.expr(key)?, lowering.expr(&node.value)?))
            })?,
            py::Expr::Generator(node) => self.generator(node)?,
            py::Expr::Named(node) => {
                let value = self.boxed(&node.value)?;
                ExprKind::Walrus(Box::new(self.target(&node.target)?), value)
            }
            py::Expr::Yield(node) => {
                let value = self.maybe_boxed(node.value.as_deref())?;
                self.yields = true;
                ExprKind::Yield(value)
            }
            py::Expr::YieldFrom(node) => {
                let value = self.boxed(&node.value)?;
                self.yields = true;
                ExprKind::YieldFrom(value)
            }
            py::Expr::Await(_) => return Err(("asynchronous code is not supported here".to_owned(), span)),
            py::Expr::TString(_) | py::Expr::IpyEscapeCommand(_) => {
                return Err(("this kind of string is not supported here".to_owned(), span));
            }
        })
    }

    fn number(&mut self, number: &py::Number, span: (u32, u32)) -> Lowered<ExprKind> {
        let constant = match number {
            py::Number::Float(number) => Constant::Float(*number),
            py::Number::Int(number) => match number.as_i64() {
                Some(small) => Constant::Int(small),
                None => {
                    let text = number.to_string().replace('_', "").to_lowercase();
                    let (digits, radix) = match text.get(..2) {
                        Some("0x") => (&text[2..], 16),
                        Some("0o") => (&text[2..], 8),
                        Some("0b") => (&text[2..], 2),
                        _ => (text.as_str(), 10),
                    };
                    let big = BigInt::parse_bytes(digits.as_bytes(), radix);
                    Constant::BigInt(big.ok_or_else(|| ("invalid number".to_owned(), span))?)
                }
            },
            py::Number::Complex { .. } => return Err(("complex numbers are not supported here".to_owned(), span)),
        };
        Ok(self.constant(constant))
    }

    fn unary(&mut self, node: &py::ExprUnaryOp) -> Lowered<ExprKind> {
        let op = match node.op {
            py::UnaryOp::Not => UnaryOp::Not,
            py::UnaryOp::USub => UnaryOp::Minus,
            py::UnaryOp::UAdd => UnaryOp::Plus,
            py::UnaryOp::Invert => UnaryOp::Invert,
        };
        let operand = self.expr(&node.operand)?;
        if op == UnaryOp::Minus
            && let ExprKind::Constant(index) = operand.kind
        {
            let folded = match &self.constants[index as usize] {
                Constant::Int(number) => number.checked_neg().map(Constant::Int),
                Constant::Float(number) => Some(Constant::Float(-number)),
                _ => None,
            };
            if let Some(folded) = folded {
                return Ok(self.constant(folded));
            }
        }
        Ok(ExprKind::Unary(op, Box::new(operand)))
    }

    fn tuple(&mut self, node: &py::ExprTuple) -> Lowered<ExprKind> {
        let items = self.exprs(&node.elts)?;
        let constants: Option<Vec<Constant>> = items
            .iter()
            .map(|item| match item.kind {
                ExprKind::Constant(index) => Some(self.constants[index as usize].clone()),
                _ => None,
            })
            .collect();
        Ok(match constants {
            Some(constants) => self.constant(Constant::Tuple(constants)),
            None => ExprKind::Tuple(items),
        })
    }

    fn call(&mut self, node: &py::ExprCall) -> Lowered<ExprKind> {
        if matches!(node.func.as_ref(), py::Expr::Name(name) if name.id.as_str() == "super")
            && node.arguments.args.is_empty()
        {
            self.uses_super = true;
            return Ok(ExprKind::Super);
        }
        let callee = self.expr(&node.func)?;
        let positional = self.exprs(&node.arguments.args)?;
        let mut keyword = Vec::new();
        for argument in &node.arguments.keywords {
            let name = argument.arg.as_ref().map(|name| self.name(name.as_str()));
            keyword.push((name, self.expr(&argument.value)?));
        }
        let plain = positional.iter().all(|argument| !matches!(argument.kind, ExprKind::Starred(_)))
            && keyword.iter().all(|(name, _)| name.is_some());
        Ok(ExprKind::Call(Box::new(Call { callee, positional, keyword, plain })))
    }

    fn fstring(&mut self, node: &py::ExprFString) -> Lowered<ExprKind> {
        let mut parts = Vec::new();
        for part in node.value.as_slice() {
            match part {
                py::FStringPart::Literal(literal) => parts.push(FStringPart::Text(self.name(&literal.value))),
                py::FStringPart::FString(fstring) => self.fstring_elements(&fstring.elements, &mut parts)?,
            }
        }
        Ok(ExprKind::FString(parts))
    }

    fn fstring_elements(
        &mut self,
        elements: &py::InterpolatedStringElements,
        parts: &mut Vec<FStringPart>,
    ) -> Lowered<()> {
        for element in elements {
            match element {
                py::InterpolatedStringElement::Literal(literal) => {
                    parts.push(FStringPart::Text(self.name(&literal.value)));
                }
                py::InterpolatedStringElement::Interpolation(value) => {
                    let mut conversion = match value.conversion {
                        py::ConversionFlag::None => None,
                        py::ConversionFlag::Str => Some('s'),
                        py::ConversionFlag::Ascii => Some('a'),
                        py::ConversionFlag::Repr => Some('r'),
                    };
                    if let Some(debug) = &value.debug_text {
                        parts.push(FStringPart::Text(self.name(debug.as_str())));
                        if conversion.is_none() && value.format_spec.is_none() {
                            conversion = Some('r');
                        }
                    }
                    let expr = self.expr(&value.expression)?;
                    let spec = match &value.format_spec {
                        Some(spec) => {
                            let mut spec_parts = Vec::new();
                            self.fstring_elements(&spec.elements, &mut spec_parts)?;
                            Some(spec_parts)
                        }
                        None => None,
                    };
                    parts.push(FStringPart::Value { expr, conversion, spec });
                }
            }
        }
        Ok(())
    }

    fn comprehension(
        &mut self,
        span: (u32, u32),
        generators: &[py::Comprehension],
        element: impl FnOnce(&mut Self) -> Lowered<ComprehensionKind>,
    ) -> Lowered<ExprKind> {
        let scope = self.scopes.at(span);
        let first = generators.first().map(|generator| self.expr(&generator.iter)).transpose()?;
        let outer = std::mem::replace(&mut self.scope, scope);
        let clauses = self.clauses(generators, first)?;
        let kind = element(self)?;
        self.scope = outer;
        let host = self.scopes.host(scope);
        let fresh_cells = self.scopes.list[host]
            .cells
            .iter()
            .enumerate()
            .filter(|(_, (owner, _))| *owner == scope)
            .map(|(cell, _)| cell as u32)
            .collect();
        Ok(ExprKind::Comprehension(Box::new(Comprehension { kind, clauses, fresh_cells })))
    }

    fn clauses(&mut self, generators: &[py::Comprehension], first: Option<Expr>) -> Lowered<Vec<Clause>> {
        let mut first = first;
        let mut clauses = Vec::new();
        for generator in generators {
            if generator.is_async {
                return Err(("asynchronous code is not supported here".to_owned(), span_of(generator)));
            }
            let iter = match first.take() {
                Some(iter) => iter,
                None => self.expr(&generator.iter)?,
            };
            let target = self.target(&generator.target)?;
            clauses.push(Clause { target, iter, conditions: self.exprs(&generator.ifs)? });
        }
        Ok(clauses)
    }

    /// A generator expression is a function of its first iterable, with nested loops around a `yield`.
    fn generator(&mut self, node: &py::ExprGenerator) -> Lowered<ExprKind> {
        let span = span_of(node);
        let first = node.generators.first().map(|generator| self.boxed(&generator.iter)).transpose()?;
        let first = first.ok_or_else(|| ("invalid syntax".to_owned(), span))?;
        let mut function = self.function(
            "<genexpr>",
            span,
            None,
            None,
            |lowering| {
                let scope = lowering.scope;
                let slot = lowering.slot((scope, ".0".to_owned()));
                let source = Expr { kind: ExprKind::Local(slot, lowering.name(".0")), span };
                let clauses = lowering.clauses(&node.generators, Some(source))?;
                let element = lowering.boxed(&node.elt)?;
                let line = lowering.line_starts.partition_point(|start| *start <= span.0) as u32;
                let inner = Expr { kind: ExprKind::Yield(Some(element)), span: span_of(node.elt.as_ref()) };
                let mut body = Stmt { kind: StmtKind::Expr(inner), span, line, yields: true };
                for clause in clauses.into_iter().rev() {
                    for test in clause.conditions.into_iter().rev() {
                        let kind = StmtKind::If { test, body: vec![body], orelse: Vec::new() };
                        body = Stmt { kind, span, line, yields: true };
                    }
                    let (target, iter) = (clause.target, clause.iter);
                    let kind = StmtKind::For { target, iter, body: vec![body], orelse: Vec::new() };
                    body = Stmt { kind, span, line, yields: true };
                }
                Ok(Body::Block(vec![body]))
            },
            None,
        )?;
        if let Some(code) = Arc::get_mut(&mut function.code) {
            code.params = vec![Arc::from(".0")];
            code.positional = 1;
            code.positional_only = 1;
        }
        Ok(ExprKind::Generator(Box::new(function), first))
    }

    fn pattern(&mut self, pattern: &py::Pattern) -> Lowered<Pattern> {
        Ok(match pattern {
            py::Pattern::MatchValue(node) => Pattern::Value(self.expr(&node.value)?),
            py::Pattern::MatchSingleton(node) => Pattern::Singleton(match node.value {
                py::Singleton::None => Constant::None,
                py::Singleton::True => Constant::Bool(true),
                py::Singleton::False => Constant::Bool(false),
            }),
            py::Pattern::MatchSequence(node) => Pattern::Sequence(self.patterns(&node.patterns)?),
            py::Pattern::MatchStar(node) => {
                Pattern::Star(node.name.as_ref().map(|name| self.name_target(name.as_str())))
            }
            py::Pattern::MatchMapping(node) => Pattern::Mapping {
                keys: self.exprs(&node.keys)?,
                patterns: self.patterns(&node.patterns)?,
                rest: node.rest.as_ref().map(|name| self.name_target(name.as_str())),
            },
            py::Pattern::MatchClass(node) => {
                let class = self.expr(&node.cls)?;
                let positional = self.patterns(&node.arguments.patterns)?;
                let mut keyword = Vec::new();
                for argument in &node.arguments.keywords {
                    keyword.push((self.name(argument.attr.as_str()), self.pattern(&argument.pattern)?));
                }
                Pattern::Class { class, positional, keyword }
            }
            py::Pattern::MatchAs(node) => Pattern::As {
                pattern: node.pattern.as_deref().map(|inner| self.pattern(inner)).transpose()?.map(Box::new),
                name: node.name.as_ref().map(|name| self.name_target(name.as_str())),
            },
            py::Pattern::MatchOr(node) => Pattern::Or(self.patterns(&node.patterns)?),
        })
    }

    fn patterns(&mut self, patterns: &[py::Pattern]) -> Lowered<Vec<Pattern>> {
        patterns.iter().map(|pattern| self.pattern(pattern)).collect()
    }
}

#[derive(Default)]
struct Signature {
    params: Vec<Name>,
    annotations: Vec<(Name, Name)>,
    positional_only: usize,
    positional: usize,
    star: Option<u32>,
    double_star: Option<u32>,
    cell_params: Vec<(u32, u32)>,
}

fn docstring(body: &[py::Stmt]) -> Option<String> {
    match body.first() {
        Some(py::Stmt::Expr(node)) => match node.value.as_ref() {
            py::Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
            _ => None,
        },
        _ => None,
    }
}

fn binary_op(op: py::Operator) -> BinaryOp {
    match op {
        py::Operator::Add => BinaryOp::Add,
        py::Operator::Sub => BinaryOp::Sub,
        py::Operator::Mult => BinaryOp::Mul,
        py::Operator::MatMult => BinaryOp::MatMul,
        py::Operator::Div => BinaryOp::Div,
        py::Operator::Mod => BinaryOp::Mod,
        py::Operator::Pow => BinaryOp::Pow,
        py::Operator::LShift => BinaryOp::LeftShift,
        py::Operator::RShift => BinaryOp::RightShift,
        py::Operator::BitOr => BinaryOp::Or,
        py::Operator::BitXor => BinaryOp::Xor,
        py::Operator::BitAnd => BinaryOp::And,
        py::Operator::FloorDiv => BinaryOp::FloorDiv,
    }
}

fn comparison(op: py::CmpOp) -> Comparison {
    match op {
        py::CmpOp::Eq => Comparison::Op(CompareOp::Eq),
        py::CmpOp::NotEq => Comparison::Op(CompareOp::NotEq),
        py::CmpOp::Lt => Comparison::Op(CompareOp::Less),
        py::CmpOp::LtE => Comparison::Op(CompareOp::LessEq),
        py::CmpOp::Gt => Comparison::Op(CompareOp::Greater),
        py::CmpOp::GtE => Comparison::Op(CompareOp::GreaterEq),
        py::CmpOp::Is => Comparison::Is,
        py::CmpOp::IsNot => Comparison::IsNot,
        py::CmpOp::In => Comparison::In,
        py::CmpOp::NotIn => Comparison::NotIn,
    }
}
