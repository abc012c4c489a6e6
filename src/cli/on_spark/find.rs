//! Which Spark this machine has. Nothing is ever installed.

use crate::common::{ErrorClass, Result, SparkError};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SUBMIT: &str = if cfg!(windows) { "spark-submit.cmd" } else { "spark-submit" };

/// A Spark to start scripts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spark {
    pub(super) submit: PathBuf,
    /// The Python that it belongs to, when it is a package of one.
    pub(super) python: Option<PathBuf>,
}

/// Where a Spark may be.
struct Places {
    home: Option<PathBuf>,
    path: Vec<PathBuf>,
    /// Pythons that may have the package.
    pythons: Vec<PathBuf>,
}

/// The Spark of `SPARK_HOME`, else of the path, else of a Python that has the package.
pub(super) fn find() -> Result<Spark> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = ["PYSPARK_DRIVER_PYTHON", "PYSPARK_PYTHON"].into_iter().filter_map(set);
    Places {
        home: set("SPARK_HOME"),
        path: std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect(),
        pythons: named.chain(["python3".into(), "python".into()]).collect(),
    }
    .find(package_of)
}

impl Places {
    fn find(&self, package_of: impl Fn(&Path) -> Option<PathBuf>) -> Result<Spark> {
        if let Some(home) = &self.home {
            let submit = home.join("bin").join(SUBMIT);
            if submit.is_file() {
                return Ok(Spark { submit, python: None });
            }
            return Err(refused(format!("SPARK_HOME is {}, and there is no bin/{SUBMIT} in it", home.display()))
                .with_help("set SPARK_HOME to the folder of a Spark, or unset it"));
        }
        if let Some(submit) = self.path.iter().map(|folder| folder.join(SUBMIT)).find(|file| file.is_file()) {
            return Ok(Spark { submit, python: None });
        }
        for python in &self.pythons {
            let submit = package_of(python).map(|package| package.join("bin").join(SUBMIT));
            if let Some(submit) = submit.filter(|file| file.is_file()) {
                return Ok(Spark { submit, python: Some(python.clone()) });
            }
        }
        Err(refused(format!(
            "there is no Spark here: SPARK_HOME is not set, no {SUBMIT} is on the path, and no Python on it has pyspark"
        ))
        .with_help("install Spark or `pip install pyspark` (and Java) yourself, or name its Python in PYSPARK_PYTHON; without --on spark the script runs on the simulated cluster"))
    }
}

/// The folder of the pyspark package of a Python; nothing when it has none or does not start.
fn package_of(python: &Path) -> Option<PathBuf> {
    let program = "import os, pyspark; print(os.path.dirname(os.path.abspath(pyspark.__file__)))";
    let asked = Command::new(python)
        .args(["-c", program])
        // The working folder may hold a file that is called pyspark.
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let folder = String::from_utf8(asked.stdout).ok()?;
    Some(PathBuf::from(OsString::from(folder.trim())))
}

fn refused(message: String) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a `spark-submit` in it.
    fn install(folder: &Path) -> PathBuf {
        std::fs::create_dir_all(folder).expect("a folder");
        std::fs::write(folder.join(SUBMIT), "").expect("a file");
        folder.join(SUBMIT)
    }

    #[test]
    fn the_home_comes_before_the_path_and_the_path_before_a_python() {
        let root = tempfile::tempdir().expect("a folder");
        let at = |name: &str| root.path().join(name);
        let (home, path, package) = (install(&at("home/bin")), install(&at("path")), install(&at("site/pyspark/bin")));
        let package_of = |python: &Path| (python == Path::new("python3")).then(|| at("site/pyspark"));
        let mut places = Places {
            home: Some(at("home")),
            path: vec![at("empty"), at("path")],
            pythons: vec!["other".into(), "python3".into()],
        };
        let found = |places: &Places| places.find(package_of);
        assert_eq!(found(&places).expect("home"), Spark { submit: home, python: None });
        places.home = None;
        assert_eq!(found(&places).expect("path"), Spark { submit: path, python: None });
        places.path.pop();
        assert_eq!(found(&places).expect("package"), Spark { submit: package, python: Some("python3".into()) });
        places.pythons.pop();
        let error = found(&places).expect_err("nowhere");
        assert!(error.message().starts_with("there is no Spark here"), "{}", error.message());
        places.home = Some(at("empty"));
        assert!(found(&places).expect_err("a wrong home").message().contains("SPARK_HOME is"));
    }
}
