//! The Python interpreter (design D1): the Python that data scripts use, in safe Rust.
//!
//! ```text
//!   source ──parse──► Ruff's tree ──lower──► ast::Unit (names are slots, shareable) ──► Interpreter ──► Host
//! ```
//!
//! Native code meets it in three words: [`Value`], [`Object`] (what PySpark's frames and columns implement) and [`Interpreter`].

pub mod advice;
pub mod args;
pub mod ast;
pub mod attr;
pub mod builtins;
pub mod call;
pub mod class;
pub mod classes;
pub mod complete;
pub mod descriptors;
pub mod dict;
pub mod entry;
pub mod eval;
pub mod exec;
pub mod flow;
pub mod format;
pub mod frame;
pub mod freeze;
pub mod function;
pub mod generator;
mod habits;
pub mod hash;
mod imports;
pub mod interpreter;
pub mod item;
pub mod iterate;
pub mod iterator;
pub mod lower;
pub mod methods;
pub mod modules;
pub mod numbers;
pub mod object;
pub mod ops;
pub mod parse;
pub mod pattern;
pub mod percent;
pub mod raised;
pub mod repr;
pub mod scope;
pub mod script;
pub mod set;
pub mod slips;
pub mod uses;
pub mod value;

pub use args::Args;
pub use class::{Class, Instance, Module};
pub use dict::Dict;
pub use interpreter::{Interpreter, ModuleLoader};
pub use object::{BinaryOp, CompareOp, Object, UnaryOp};
pub use raised::{PyResult, Raised, attribute_error, index_error, key_error, type_error, value_error};
pub use script::Script;
pub use set::Set;
pub use value::Value;
