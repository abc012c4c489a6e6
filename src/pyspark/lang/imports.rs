//! How modules are found: those of the workshop by their name, those of the script's own project in the folders of `sys.path`.
//!
//! ```text
//!   import a.b.c   ─►  a  in the folders of sys.path (first the script's own)   a/__init__.py · a.py · a/
//!                  ─►  a.b, a.b.c  in the folder of the package above
//!   from ..x import y   ─►  x beside the package above the module's own
//! ```
//!
//! **Simplified:** a name of the standard library or of PySpark is never taken from a file.

use super::frame::{Frame, Globals};
use super::modules::path_of;
use super::raised::{PyResult, Raised};
use super::{Interpreter, Module, Value};
use crate::pyspark::host::{PathReply, PathRequest};
use std::rc::Rc;

/// Where a module of the project lies.
enum Found {
    File(String),
    Package(String),
    /// A folder without `__init__.py`.
    Folder(String),
}

impl Interpreter {
    /// A module that is already imported.
    pub(super) fn imported(&self, name: &str) -> Option<Rc<Module>> {
        self.modules.get(name).cloned()
    }

    /// Imports a module, as `import name` does.
    ///
    /// # Errors
    /// `ModuleNotFoundError`; a module of the real world that is not supported here says so when nobody catches it.
    pub fn import(&mut self, name: &str) -> PyResult<Rc<Module>> {
        if let Some(module) = self.modules.get(name) {
            return Ok(Rc::clone(module));
        }
        let mut found = super::modules::load(self, name)?;
        if let (None, Some(source)) = (&found, super::modules::source(name)) {
            found = Some(self.import_source(name, source, &format!("<{name}>"), &[])?);
        }
        for loader in self.loaders().to_vec() {
            if found.is_none() {
                found = loader(self, name)?;
            }
        }
        if found.is_none() {
            found = self.import_file(name)?;
        }
        let Some(module) = found else { return Err(super::modules::not_found(name)) };
        self.modules.insert(Rc::from(name), Rc::clone(&module));
        Ok(module)
    }

    /// A module of the script's own project.
    fn import_file(&mut self, name: &str) -> PyResult<Option<Rc<Module>>> {
        if !self.has_host() {
            return Ok(None);
        }
        Ok(match self.locate_module(name)? {
            None => None,
            Some(Found::File(path)) => self.import_path(name, &path, None)?,
            Some(Found::Package(folder)) => {
                self.import_path(name, &format!("{folder}/__init__.py"), Some(folder.clone()))?
            }
            Some(Found::Folder(folder)) => {
                Some(self.import_source(name, "", &folder, &package_names(name, folder.clone()))?)
            }
        })
    }

    fn import_path(&mut self, name: &str, path: &str, folder: Option<String>) -> PyResult<Option<Rc<Module>>> {
        let shown = self.shown_path(path)?;
        let source = self.host()?.read_text(&shown)?;
        let mut names = match folder {
            Some(folder) => package_names(name, folder),
            None => vec![("__package__", Value::str(name.rsplit_once('.').map_or("", |(above, _)| above)))],
        };
        names.push(("__file__", Value::str(path)));
        self.import_source(name, &source, &shown, &names).map(Some)
    }

    /// Where `import name` would find a file; the packages above it are imported for that.
    fn locate_module(&mut self, name: &str) -> PyResult<Option<Found>> {
        let (folders, leaf) = match name.rsplit_once('.') {
            None => (self.search_path()?, name),
            Some((above, leaf)) => {
                let package = self.import(above)?;
                let Some(folders) = package.get("__path__") else { return Ok(None) };
                (self.folder_names(&folders)?, leaf)
            }
        };
        let mut bare = None;
        for folder in folders {
            let place = if folder.is_empty() { leaf.to_owned() } else { format!("{folder}/{leaf}") };
            if self.is_file(&format!("{place}/__init__.py")) {
                return Ok(Some(Found::Package(place)));
            }
            let file = format!("{place}.py");
            if self.is_file(&file) {
                return Ok(Some(Found::File(file)));
            }
            if bare.is_none() && self.is_true(PathRequest::IsDir(place.clone())) {
                bare = Some(Found::Folder(place));
            }
        }
        Ok(bare)
    }

    /// The folders of `sys.path`.
    fn search_path(&mut self) -> PyResult<Vec<String>> {
        let path = self.import("sys")?.get("path").unwrap_or(Value::None);
        self.folder_names(&path)
    }

    fn folder_names(&mut self, folders: &Value) -> PyResult<Vec<String>> {
        let folders = self.items(folders)?;
        folders.iter().map(|folder| path_of(self, folder)).collect()
    }

    /// What lies outside of the working folder is not there.
    fn is_true(&mut self, request: PathRequest) -> bool {
        let answer = self.host().map(|host| host.path(request));
        matches!(answer, Ok(Ok(PathReply::Yes(true))))
    }

    fn is_file(&mut self, path: &str) -> bool {
        self.is_true(PathRequest::IsFile(path.to_owned()))
    }

    /// The folder in which a script looks for its own modules first.
    pub(super) fn script_folder(&mut self) -> String {
        let folder = self.script_name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        if !self.has_host() {
            return ".".to_owned();
        }
        super::modules::absolute_path(self, &folder).unwrap_or(folder)
    }

    /// A path as messages show it: from the working folder, where it lies in there.
    fn shown_path(&mut self, path: &str) -> PyResult<String> {
        let here = super::modules::absolute_path(self, "")?;
        let full = super::modules::absolute_path(self, path)?;
        Ok(match full.strip_prefix(&here).and_then(|rest| rest.strip_prefix('/')) {
            Some(inside) => inside.to_owned(),
            None => full,
        })
    }

    /// A module written in Python; `names` are set before it runs.
    fn import_source(&mut self, name: &str, source: &str, path: &str, names: &[(&str, Value)]) -> PyResult<Rc<Module>> {
        let module = prepared(name, source, path)?;
        for (name, value) in names {
            module.set(name, value.clone());
        }
        self.modules.insert(Rc::from(name), Rc::clone(&module));
        let ran = self.run_module(&module);
        if ran.is_err() {
            self.modules.remove(name);
        }
        ran.map(|()| module)
    }

    /// Runs the statements of a module.
    pub(super) fn run_module(&mut self, module: &Module) -> PyResult<()> {
        let Some(globals) = &module.globals else { return Ok(()) };
        let unit = std::sync::Arc::clone(&globals.unit);
        let mut frame = Frame::new(globals, unit.slots, unit.cells, &[]);
        self.exec_block(&unit.body, &mut frame).map(|_| ())
    }

    /// The module of a file, before its statements run (`importlib.util.module_from_spec`).
    pub(super) fn module_at(&mut self, name: &str, path: &str) -> PyResult<Rc<Module>> {
        if !self.is_file(path) {
            return Err(super::modules::io::file_error("FileNotFoundError", 2, "No such file or directory", path));
        }
        let shown = self.shown_path(path)?;
        let source = self.host()?.read_text(&shown)?;
        let module = prepared(name, &source, &shown)?;
        module.set("__file__", Value::str(path));
        Ok(module)
    }

    /// The file of a module, nothing for one that has none; absent where there is no such module.
    pub(super) fn module_origin(&mut self, name: &str) -> PyResult<Option<String>> {
        let is_ours = self.modules.contains_key(name)
            || super::modules::source(name).is_some()
            || super::modules::load(self, name)?.is_some();
        if is_ours {
            return Ok(Some(String::new()));
        }
        for loader in self.loaders().to_vec() {
            if loader(self, name)?.is_some() {
                return Ok(Some(String::new()));
            }
        }
        Ok(self.locate_module(name)?.map(|found| match found {
            Found::File(path) => path,
            Found::Package(folder) => format!("{folder}/__init__.py"),
            Found::Folder(_) => String::new(),
        }))
    }

    /// The full name of the module that `from ..name import` means in a module of `globals`.
    pub(super) fn absolute_name(&mut self, module: &str, globals: &Globals) -> PyResult<String> {
        let name = module.trim_start_matches('.');
        let level = module.len() - name.len();
        if level == 0 {
            return Ok(module.to_owned());
        }
        let refused = |text: &str| Raised::named("ImportError", text.to_owned());
        let package = globals.get("__package__").and_then(|package| package.as_str().map(str::to_owned));
        let mut base = match package.as_deref() {
            None | Some("") => return Err(refused("attempted relative import with no known parent package")),
            Some(package) => package,
        };
        for _ in 1..level {
            let Some((above, _)) = base.rsplit_once('.') else {
                return Err(refused("attempted relative import beyond top-level package"));
            };
            base = above;
        }
        Ok(if name.is_empty() { base.to_owned() } else { format!("{base}.{name}") })
    }

    /// `from module import name`.
    pub(super) fn import_name(&mut self, module: &Rc<Module>, name: &str) -> PyResult {
        if let Some(value) = module.get(name) {
            return Ok(value);
        }
        let full = format!("{}.{name}", module.name);
        match self.import(&full) {
            Ok(inner) => return Ok(Value::Module(inner)),
            Err(raised)
                if self.is_raised(&raised, "ModuleNotFoundError")
                    && raised.subject().is_none_or(|subject| subject == full) => {}
            Err(raised) => return Err(raised),
        }
        let names = module.names();
        let near = crate::common::text::nearest(name, names.iter().map(|name| &**name), 1);
        let message = format!("cannot import name '{name}' from '{}'", module.name);
        let mut raised = Raised::named("ImportError", message).with_subject(name);
        if let Some(near) = near.first() {
            raised = raised.with_help(format!("did you mean `{near}`?"));
        }
        Err(raised)
    }
}

fn package_names(name: &str, folder: String) -> Vec<(&'static str, Value)> {
    vec![("__package__", Value::str(name)), ("__path__", Value::strings([folder]))]
}

fn prepared(name: &str, source: &str, path: &str) -> PyResult<Rc<Module>> {
    let unit = super::parse::parse_unit(source, path).map_err(|error| super::script::syntax_error(&error, path))?;
    let globals = Rc::new(Globals::new(&unit));
    globals.set("__name__", Value::str(name));
    Ok(Rc::new(Module { name: Rc::from(name), attrs: std::cell::RefCell::default(), globals: Some(globals) }))
}
