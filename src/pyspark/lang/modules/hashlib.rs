//! `hashlib`: MD5, SHA-1 and SHA-2.

use super::super::args::Args;
use super::super::class::Module;
use super::super::object::Object;
use super::super::raised::{PyResult, type_error, value_error};
use super::super::{Interpreter, Value};
use crate::common::digest;
use std::cell::RefCell;
use std::rc::Rc;

const NAMES: [&str; 6] = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

/// `hashlib.md5(…)`: what was given so far.
struct Hash {
    name: &'static str,
    message: RefCell<Vec<u8>>,
}

/// The module.
pub fn module() -> Module {
    let mut module = Module::new("hashlib");
    for name in NAMES {
        module = module.function(name, move |interp, args| {
            let [message, _] = args.bind(name, ["string", "*usedforsecurity"], 0)?;
            make(interp, name, message)
        });
    }
    module.function("new", |interp, args| {
        let [name, message, _] = args.bind("new", ["name", "data", "*usedforsecurity"], 1)?;
        let name = name.as_ref().and_then(Value::as_str).unwrap_or("").to_lowercase().replace('-', "");
        match NAMES.into_iter().find(|known| *known == name) {
            Some(known) => make(interp, known, message),
            None => Err(value_error(format!("unsupported hash type {name}"))),
        }
    })
}

fn make(interp: &Interpreter, name: &'static str, message: Option<Value>) -> PyResult {
    let message = match message {
        Some(message) => bytes(interp, &message)?,
        None => Vec::new(),
    };
    Ok(Value::object(Hash { name, message: RefCell::new(message) }))
}

fn bytes(interp: &Interpreter, value: &Value) -> PyResult<Vec<u8>> {
    match value {
        Value::Bytes(bytes) => Ok(bytes.to_vec()),
        _ if value.as_str().is_some() => Err(type_error("Strings must be encoded before hashing")),
        _ => Err(type_error(format!("object supporting the buffer API required, not {}", interp.type_name(value)))),
    }
}

impl Hash {
    fn digest(&self) -> Vec<u8> {
        let message = self.message.borrow();
        match self.name {
            "md5" => digest::md5(&message),
            "sha1" => digest::sha1(&message),
            name => digest::sha2(&message, name[3..].parse().unwrap_or(256)).unwrap_or_default(),
        }
    }
}

impl Object for Hash {
    fn type_name(&self) -> &'static str {
        "HASH"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["update", "digest", "hexdigest", "copy"]
    }

    fn get_attr(&self, _: &mut Interpreter, _: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "name" => Some(Value::str(self.name)),
            "digest_size" => Some(Value::Int(self.digest().len() as i64)),
            _ => None,
        })
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        Some(match name {
            "update" => args.one(name).and_then(|more| bytes(interp, &more)).map(|more| {
                self.message.borrow_mut().extend(more);
                Value::None
            }),
            "digest" => Ok(Value::Bytes(Rc::from(self.digest()))),
            "hexdigest" => Ok(Value::from(digest::hex_text(&self.digest()))),
            "copy" => Ok(Value::object(Hash { name: self.name, message: self.message.clone() })),
            _ => return None,
        })
    }
}
