//! Floor 2: the learner's language. Parses Python, runs it, and builds plans from PySpark calls.
//!
//! - `lang/`: the interpreter (values, statements, builtins, standard modules);
//! - `api/`: PySpark's objects (`SparkSession`, `DataFrame`, `Column`, `functions`, `types`, RDDs);
//! - [`host`]: the one narrow door to the rest of the program.

pub mod host;
pub mod lang;
