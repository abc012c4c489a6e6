//! What a script needs that is not supported, found without running it; for `batchlab api --missing`.
//!
//! Imports and the members of modules are tried in an interpreter of their own, so that they say what they would say in a run. Of other
//! objects only the name of an attribute is known: one that real Spark has and no class here is reported.
//!
//! **Simplified:** arguments, options and SQL text are not looked at; a run names them.

use super::{surface, worker_interpreter};
use crate::pyspark::ScriptEnd;
use crate::pyspark::lang::parse::SyntaxError;
use crate::pyspark::lang::uses::{Use, uses};
use crate::pyspark::lang::{Interpreter, Script};
use std::collections::BTreeSet;

/// Something that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// 1-based.
    pub line: u32,
    pub name: String,
    /// What a run would say.
    pub message: String,
    pub help: Vec<String>,
}

/// What a script needs and does not find, by line; `is_beside` says which modules are files beside it.
///
/// # Errors
/// A source that does not parse.
pub fn missing(source: &str, file: &str, is_beside: &dyn Fn(&str) -> bool) -> Result<Vec<Missing>, SyntaxError> {
    let mut interp = worker_interpreter();
    let mut found: Vec<Missing> = Vec::new();
    for (what, line) in uses(source, file)? {
        let gone = match &what {
            Use::Module(module) | Use::Taken { module, .. } | Use::Member { of: module, .. } if is_beside(module) => {
                None
            }
            Use::Module(module) => tried(&mut interp, &format!("import {module}\n"), module),
            Use::Taken { module, name } => {
                tried(&mut interp, &format!("from {module} import {name}\n"), &format!("{module}.{name}"))
            }
            // What is no module was taken of one, and has been tried as such.
            Use::Member { of, name } if tried(&mut interp, &format!("import {of}\n"), of).is_none() => {
                tried(&mut interp, &format!("import {of} as it\nit.{name}\n"), &format!("{of}.{name}"))
            }
            Use::Member { name, .. } | Use::Attribute(name) => refused(name),
        };
        found.extend(gone.map(|missing| Missing { line, ..missing }));
    }
    found.sort_by(|a, b| (a.line, &a.name).cmp(&(b.line, &b.name)));
    // What is taken of a module that is not there is said once.
    let mut said = BTreeSet::new();
    found.retain(|missing| said.insert(missing.message.clone()));
    Ok(found)
}

/// What importing says.
fn tried(interp: &mut Interpreter, snippet: &str, name: &str) -> Option<Missing> {
    match interp.run_piece(&mut Script::new("missing"), snippet) {
        ScriptEnd::Raised(raised) => {
            Some(Missing { line: 0, name: name.to_owned(), message: raised.message, help: raised.help })
        }
        ScriptEnd::Finished | ScriptEnd::Exit(_) | ScriptEnd::AtLine => None,
    }
}

/// A name of real Spark's classes that no class here has.
fn refused(name: &str) -> Option<Missing> {
    let is_here = surface::surface().iter().any(|(_, names)| names.iter().any(|known| known == name));
    let class = surface::REFUSED.iter().find(|(_, names)| names.contains(&name)).filter(|_| !is_here)?.0;
    Some(Missing {
        line: 0,
        name: format!("{class}.{name}"),
        message: format!("{class}.{name} is not supported here (it is valid on real Spark)"),
        help: vec!["a run says at this line what to write instead".to_owned()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str) -> Vec<(u32, String)> {
        let found = missing(source, "a.py", &|module| module == "helpers").expect("it parses");
        found.into_iter().map(|missing| (missing.line, missing.name)).collect()
    }

    #[test]
    fn what_is_not_there_is_named_once_with_its_line() {
        let source = "import numpy as np\nimport helpers, math\nfrom pyspark.sql import functions as F\n\
                      x = np.array([math.pi]) + np.zeros(3)\ndf.select(F.col('a'), F.no_such('b'))\ndf.toPandas()\n";
        let found = names(source);
        assert_eq!(found[0], (1, "numpy".to_owned()));
        assert_eq!(found[1..], [(5, "pyspark.sql.functions.no_such".to_owned()), (6, "DataFrame.toPandas".to_owned())]);
    }

    #[test]
    fn formats_of_hadoop_and_pictures_are_named() {
        let found = names("rdd.saveAsSequenceFile('a')\ndf.plot\nsc.hadoopFile('b')\n");
        let wanted = ["RDD.saveAsSequenceFile", "DataFrame.plot", "SparkContext.hadoopFile"];
        assert_eq!(found.into_iter().map(|(_, name)| name).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn what_is_supported_is_not_named() {
        let source = "import datetime as dt\nfrom pyspark.sql import SparkSession, Window\nfrom pyspark.sql.functions import col\n\
                      w = Window.partitionBy('a')\nd = dt.date.today().isoformat()\nrow.pipeline, df.my_column\n";
        assert_eq!(names(source), []);
    }
}
