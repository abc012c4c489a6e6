//! `sc.addFile`, `sc.addPyFile` and `SparkFiles`.
//!
//! **Simplified:** files are not copied: `SparkFiles.get` gives the place where the file lies, and a module that was added is looked for
//! in its own folder. Functions that run on rows do not open files.

use super::support::text_argument;
use crate::common::{ErrorClass, SparkError};
use crate::pyspark::lang::class::Class;
use crate::pyspark::lang::{Args, Interpreter, Module, PyResult, Raised, Value};
use std::collections::BTreeMap;

/// Where the files lie that were added, by name.
#[derive(Default)]
struct Added(BTreeMap<String, String>);

/// `addFile(path)`, `addPyFile(path)`.
pub(super) fn add(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    let [path, _recursive] = args.bind(name, ["path", "recursive"], 1)?;
    let path = text_argument(interp, "path", &path.unwrap_or(Value::None))?;
    let place = path.trim_start_matches("file://").to_owned();
    let os = Value::Module(interp.import("os.path")?);
    let full = interp.call_method(&os, "abspath", Args::of(vec![Value::str(&place)]))?;
    let exists = interp.call_method(&os, "exists", Args::of(vec![full.clone()]))?;
    let full = interp.str(&full)?;
    if exists.as_bool() != Some(true) {
        let text = format!("java.io.FileNotFoundException: File file:{full} does not exist");
        return Err(SparkError::new(ErrorClass::Py4JJavaError, text).into());
    }
    let (folder, file) = full.rsplit_once('/').unwrap_or(("", &full));
    if name == "addPyFile" {
        if std::path::Path::new(file).extension().is_none_or(|ending| ending != "py") {
            return Err(Raised::unsupported(
                "addPyFile of an archive",
                "unpack it beside the script: modules and packages there are found",
            ));
        }
        let path = interp.import("sys")?.get("path").unwrap_or(Value::None);
        interp.call_method(&path, "append", Args::of(vec![Value::str(folder)]))?;
    }
    interp.extension::<Added>().0.insert(file.to_owned(), full.clone());
    Ok(Value::None)
}

/// The module `pyspark.files`.
pub(super) fn module(interp: &mut Interpreter) -> Module {
    let get = |interp: &mut Interpreter, args: Args| {
        let name = args.only("get", "filename")?;
        let name = text_argument(interp, "filename", &name)?;
        match interp.extension::<Added>().0.get(&name).cloned() {
            Some(place) => Ok(Value::from(place)),
            // Of a file that was not added only the place is told.
            None => Ok(Value::from(format!("{}/{name}", root(interp)?))),
        }
    };
    let class = Class::native("SparkFiles", "pyspark.files", None)
        .with("get", Value::builtin("get", get))
        .with("getRootDirectory", Value::builtin("getRootDirectory", |interp, _| root(interp).map(Value::from)));
    let class = interp.register_class(class);
    Module::new("pyspark.files").with("SparkFiles", Value::Class(class))
}

/// The folder of the file that was added first, else the working folder.
fn root(interp: &mut Interpreter) -> PyResult<String> {
    let first = interp.extension::<Added>().0.values().next().cloned();
    match first.as_deref().and_then(|path| path.rsplit_once('/')) {
        Some((folder, _)) => Ok(folder.to_owned()),
        None => {
            let os = Value::Module(interp.import("os")?);
            let here = interp.call_method(&os, "getcwd", Args::none())?;
            interp.str(&here)
        }
    }
}
