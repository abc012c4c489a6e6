//! The data of one variant: the generator's rows, with an edge case put in where the variant says so.
//!
//! Oracles read the same [`Source`] rows that are written as files, so an edit can never separate the two.

use super::edit::{self, Edit};
use crate::common::{ErrorClass, Result, SparkError};
use crate::datagen;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

/// A table's rows as text; an empty cell is a missing value.
#[derive(Debug, Clone, Default)]
pub struct Source {
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<Option<String>>>,
    pub files: u64,
}

/// The tables of one variant, made when they are first asked for.
#[derive(Debug)]
pub struct Dataset {
    pub seed: u64,
    /// Rows of the sales tables; the others follow from it.
    pub rows: u64,
    pub vary: bool,
    pub edit: Edit,
    /// Spark's settings that the run is given.
    pub conf: Vec<(String, String)>,
    /// Tables of the step; the first is the one that an edit means.
    pub tables: Vec<String>,
    made: RefCell<BTreeMap<String, Rc<Source>>>,
}

impl Dataset {
    /// Nothing is made yet.
    #[must_use]
    pub fn new(seed: u64, rows: u64, vary: bool, edit: Edit, tables: &[String]) -> Dataset {
        Dataset { seed, rows, vary, edit, conf: Vec::new(), tables: tables.to_vec(), made: RefCell::default() }
    }

    /// With these settings of Spark.
    #[must_use]
    pub fn with_conf(self, conf: &[(String, String)]) -> Dataset {
        Dataset { conf: conf.to_vec(), ..self }
    }

    /// What a setting of Spark is, where the run is given one.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.conf.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The rows of a table; an unknown one is empty. `people.parquet` has the rows of `people`.
    #[must_use]
    pub fn table(&self, name: &str) -> Rc<Source> {
        let name = name.trim_end_matches(".parquet");
        if let Some(made) = self.made.borrow().get(name) {
            return Rc::clone(made);
        }
        let mut source = Source::default();
        if let Some(table) = datagen::Table::new(name, self.seed, self.rows, self.vary) {
            source.columns = table.columns().iter().map(|(name, _)| *name).collect();
            source.files = table.parts();
            source.rows = (0..table.rows()).map(|at| table.row(at).iter().map(datagen::Cell::text).collect()).collect();
            let first = self.tables.first().is_some_and(|first| first.trim_end_matches(".parquet") == name);
            edit::apply(self.edit, name, first, &mut source);
        }
        let source = Rc::new(source);
        self.made.borrow_mut().insert(name.to_owned(), Rc::clone(&source));
        source
    }

    /// Writes the step's tables below `root/datasets`.
    ///
    /// # Errors
    /// A folder that cannot be written, or a table that does not exist.
    pub fn write(&self, root: &Path) -> Result<()> {
        for name in &self.tables {
            let folder = root.join("datasets").join(name);
            if name.ends_with(".parquet") {
                let request = datagen::MakeRequest {
                    root: root.to_owned(),
                    seed: self.seed,
                    rows: self.rows,
                    vary: self.vary,
                    format: datagen::TableFormat::Csv,
                    tables: vec![name.clone()],
                    threads: 1,
                };
                datagen::make(&request, &|_| {})?;
                continue;
            }
            let source = self.table(name);
            if source.columns.is_empty() {
                return Err(datagen::unknown_table(name));
            }
            write_csv(&source, &folder).map_err(|error| failed(&folder, &error.to_string()))?;
        }
        Ok(())
    }
}

fn failed(path: &Path, why: &str) -> SparkError {
    SparkError::new(ErrorClass::SparkException, format!("the data in {} could not be made: {why}", path.display()))
        .with_help("check that the temporary folder may be written and that the disk is not full")
}

fn write_csv(source: &Source, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let (rows, files) = (source.rows.len() as u64, source.files.max(1));
    for file in 0..files {
        let mut text = source.columns.join(",") + "\n";
        for row in &source.rows[(file * rows / files) as usize..((file + 1) * rows / files) as usize] {
            for (i, cell) in row.iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                text.push_str(cell.as_deref().unwrap_or_default());
            }
            text.push('\n');
        }
        std::fs::write(folder.join(format!("part-{file:05}.csv")), text)?;
    }
    Ok(())
}
