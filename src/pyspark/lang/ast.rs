//! The interpreter's own syntax tree: names resolved to slots, constants in a pool, shareable between threads.

use super::object::{BinaryOp, CompareOp, UnaryOp};
use super::value::Value;
use num_bigint::BigInt;
use std::rc::Rc;
use std::sync::Arc;

/// Names are shared with the source's tree.
pub type Name = Arc<str>;

/// One parsed file.
#[derive(Debug)]
pub struct Unit {
    /// The name in tracebacks.
    pub file: Arc<str>,
    pub source: Arc<str>,
    /// Byte offset of each line's start.
    pub line_starts: Vec<u32>,
    /// Every global name, by slot.
    pub globals: Vec<Name>,
    pub constants: Vec<Constant>,
    pub body: Vec<Stmt>,
    /// Local slots that comprehensions of the module level use.
    pub slots: usize,
    pub cells: usize,
}

impl Unit {
    /// The 1-based line of a byte offset.
    pub fn line(&self, offset: u32) -> u32 {
        self.line_starts.partition_point(|start| *start <= offset) as u32
    }

    /// The first line of the source between two offsets.
    pub fn head(&self, span: (u32, u32)) -> &str {
        let text = self.source.get(span.0 as usize..span.1 as usize).unwrap_or("");
        text.lines().next().unwrap_or("")
    }
}

/// A literal.
#[derive(Debug, Clone)]
pub enum Constant {
    None,
    Bool(bool),
    Int(i64),
    BigInt(BigInt),
    Float(f64),
    Str(Name),
    Bytes(Vec<u8>),
    Ellipsis,
    Tuple(Vec<Constant>),
}

impl Constant {
    /// The literal as a value.
    pub fn to_value(&self) -> Value {
        match self {
            Self::None => Value::None,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Int(number) => Value::Int(*number),
            Self::BigInt(number) => Value::big(number.clone()),
            Self::Float(number) => Value::Float(*number),
            Self::Str(text) => Value::Str(Rc::from(&**text)),
            Self::Bytes(bytes) => Value::Bytes(Rc::from(bytes.as_slice())),
            Self::Ellipsis => Value::Ellipsis,
            Self::Tuple(items) => Value::tuple(items.iter().map(Constant::to_value).collect()),
        }
    }
}

/// A statement with its place.
#[derive(Debug)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: (u32, u32),
    pub line: u32,
    /// Whether a `yield` of the running function is inside.
    pub yields: bool,
}

/// What a statement does.
#[derive(Debug)]
pub enum StmtKind {
    Expr(Expr),
    /// An expression at a prompt: its value is shown.
    Echo(Expr),
    Assign {
        targets: Vec<Target>,
        value: Expr,
    },
    AugAssign {
        target: Target,
        op: BinaryOp,
        value: Expr,
    },
    /// A bare annotation, `x: int`, or one with a value; only class bodies remember it.
    Annotated {
        name: Option<Name>,
        annotation: Name,
        target: Target,
        value: Option<Expr>,
    },
    Return(Option<Expr>),
    If {
        test: Expr,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
    },
    While {
        test: Expr,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
    },
    For {
        target: Target,
        iter: Expr,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
    },
    Try(Box<Try>),
    With {
        items: Vec<(Expr, Option<Target>)>,
        body: Vec<Stmt>,
    },
    Raise {
        exception: Option<Expr>,
        cause: Option<Expr>,
    },
    Assert {
        test: Expr,
        message: Option<Expr>,
    },
    Delete(Vec<Target>),
    Pass,
    Break,
    Continue,
    Import(Vec<ImportAs>),
    ImportFrom {
        module: Name,
        names: Vec<(Name, Target)>,
        star: bool,
    },
    Function {
        function: Box<FunctionExpr>,
        decorators: Vec<Expr>,
        target: Target,
    },
    Class(Box<ClassDef>),
    Match {
        subject: Expr,
        cases: Vec<Case>,
    },
}

/// `import module as target`.
#[derive(Debug)]
pub struct ImportAs {
    pub module: Name,
    /// With `as`, the module itself is bound; without, its first part.
    pub whole: bool,
    pub target: Target,
}

/// `try` and its clauses.
#[derive(Debug)]
pub struct Try {
    pub body: Vec<Stmt>,
    pub handlers: Vec<Handler>,
    pub orelse: Vec<Stmt>,
    pub finally: Vec<Stmt>,
}

/// `except type as name:`.
#[derive(Debug)]
pub struct Handler {
    pub class: Option<Expr>,
    pub name: Option<Target>,
    pub body: Vec<Stmt>,
}

/// `class name(bases):`.
#[derive(Debug)]
pub struct ClassDef {
    pub name: Name,
    pub bases: Vec<Expr>,
    pub keywords: Vec<(Name, Expr)>,
    pub decorators: Vec<Expr>,
    pub body: Arc<ClassBody>,
    /// Where the body's free variables come from in the scope around it.
    pub captures: Vec<Place>,
    pub target: Target,
}

/// The body of a class: its names live in the class.
#[derive(Debug)]
pub struct ClassBody {
    pub body: Vec<Stmt>,
    pub slots: usize,
    /// Cells of its own; captured ones follow.
    pub cells: usize,
    pub doc: Option<Name>,
}

/// `case pattern if guard:`.
#[derive(Debug)]
pub struct Case {
    pub pattern: Pattern,
    pub guard: Option<Expr>,
    pub body: Vec<Stmt>,
}

/// A pattern of `match`.
#[derive(Debug)]
pub enum Pattern {
    Value(Expr),
    Singleton(Constant),
    Sequence(Vec<Pattern>),
    Star(Option<Target>),
    Mapping {
        keys: Vec<Expr>,
        patterns: Vec<Pattern>,
        rest: Option<Target>,
    },
    Class {
        class: Expr,
        positional: Vec<Pattern>,
        keyword: Vec<(Name, Pattern)>,
    },
    /// A capture, a wildcard, or `pattern as name`.
    As {
        pattern: Option<Box<Pattern>>,
        name: Option<Target>,
    },
    Or(Vec<Pattern>),
}

/// A resolved name.
#[derive(Debug, Clone)]
pub enum Place {
    Local(u32),
    Cell(u32),
    Global(u32),
    /// A name of a class body, with where to look when the class does not have it.
    Class(Name, Option<Box<Place>>),
}

/// Something that can be assigned to.
#[derive(Debug)]
pub enum Target {
    Name(Place, Name),
    Attribute {
        object: Expr,
        name: Name,
        span: (u32, u32),
    },
    Item {
        object: Expr,
        index: Expr,
        span: (u32, u32),
    },
    Tuple(Vec<Target>),
    /// Only inside a tuple.
    Starred(Box<Target>),
}

/// An expression with its place.
#[derive(Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: (u32, u32),
}

/// What an expression computes.
#[derive(Debug)]
pub enum ExprKind {
    Constant(u32),
    Local(u32, Name),
    Cell(u32, Name),
    Global(u32, Name),
    /// A name of a class body.
    ClassName(Name, Option<Box<Expr>>),
    Attribute(Box<Expr>, Name),
    Item(Box<Expr>, Box<Expr>),
    Slice(Option<Box<Expr>>, Option<Box<Expr>>, Option<Box<Expr>>),
    Call(Box<Call>),
    /// `super()` without arguments.
    Super,
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    Unary(UnaryOp, Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    IfElse(Box<Expr>, Box<Expr>, Box<Expr>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Set(Vec<Expr>),
    /// Entries; a missing key is `**mapping`.
    Dict(Vec<(Option<Expr>, Expr)>),
    /// Only inside displays and calls.
    Starred(Box<Expr>),
    FString(Vec<FStringPart>),
    Function(Box<FunctionExpr>),
    Comprehension(Box<Comprehension>),
    /// A generator's function and the first iterable, which is evaluated at once.
    Generator(Box<FunctionExpr>, Box<Expr>),
    Walrus(Box<Target>, Box<Expr>),
    Yield(Option<Box<Expr>>),
    YieldFrom(Box<Expr>),
}

/// A comparison, with membership and identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Op(CompareOp),
    In,
    NotIn,
    Is,
    IsNot,
}

/// `callee(positional, keyword)`.
#[derive(Debug)]
pub struct Call {
    pub callee: Expr,
    pub positional: Vec<Expr>,
    /// A missing name is `**mapping`.
    pub keyword: Vec<(Option<Name>, Expr)>,
    /// No `*` and no `**`.
    pub plain: bool,
}

/// A piece of an f-string.
#[derive(Debug)]
pub enum FStringPart {
    Text(Name),
    Value { expr: Expr, conversion: Option<char>, spec: Option<Vec<FStringPart>> },
}

/// `[element for …]`, `{…}`, `{key: value for …}`.
#[derive(Debug)]
pub struct Comprehension {
    pub kind: ComprehensionKind,
    pub clauses: Vec<Clause>,
    /// Cells that every evaluation makes anew.
    pub fresh_cells: Vec<u32>,
}

/// What a comprehension collects.
#[derive(Debug)]
pub enum ComprehensionKind {
    List(Expr),
    Set(Expr),
    Dict(Expr, Expr),
}

/// `for target in iter if conditions`.
#[derive(Debug)]
pub struct Clause {
    pub target: Target,
    pub iter: Expr,
    pub conditions: Vec<Expr>,
}

/// A function where it is written: its code, and what is evaluated when the definition runs.
#[derive(Debug)]
pub struct FunctionExpr {
    pub code: Arc<FunctionCode>,
    pub defaults: Vec<Expr>,
    pub keyword_defaults: Vec<Option<Expr>>,
    /// Where the captured variables come from in the scope around it.
    pub captures: Vec<Place>,
}

/// A function's code.
#[derive(Debug)]
pub struct FunctionCode {
    pub name: Name,
    pub qualname: Name,
    pub doc: Option<Name>,
    /// Positional parameters, then keyword-only ones; each is a local slot of the same number.
    pub params: Vec<Name>,
    /// The annotations as written.
    pub annotations: Vec<(Name, Name)>,
    pub positional_only: usize,
    pub positional: usize,
    /// The slot of `*args`.
    pub star: Option<u32>,
    /// The slot of `**kwargs`.
    pub double_star: Option<u32>,
    pub body: Body,
    pub slots: usize,
    /// Cells of its own; captured ones follow.
    pub cells: usize,
    /// Parameters that inner functions capture: from slot to cell.
    pub cell_params: Vec<(u32, u32)>,
    /// Names of captured variables.
    pub free: Vec<Name>,
    pub generator: bool,
    pub line: u32,
    pub span: (u32, u32),
    /// Whether `super()` is used inside.
    pub has_super: bool,
    /// Slots of the globals that it and the functions inside it name.
    pub globals: Vec<u32>,
}

/// What a function runs.
#[derive(Debug)]
pub enum Body {
    Block(Vec<Stmt>),
    /// A lambda.
    Expr(Expr),
}
