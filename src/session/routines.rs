//! `CREATE FUNCTION` and what goes with it: functions written in SQL, beside those that the script registers.

use super::Session;
use super::catalog::{Own, SessionCatalog, no_database};
use crate::analyzer::{Analyzer, AnalyzerContext, cyclic, no_class};
use crate::common::{Result, SparkError};
use crate::logical::expr::Expr;
use crate::logical::functions;
use crate::logical::plan::LogicalPlan;
use crate::logical::routine::{Routine, RoutineBody};
use crate::pyspark::host::FunctionEntry;
use std::sync::Arc;

/// A name's parts in lower case, without the only catalog in front.
fn parts_of(name: &str) -> Vec<String> {
    let parts = name.split('.').map(|part| part.trim_matches('`').to_lowercase());
    let parts: Vec<String> = parts.collect();
    match parts.split_first() {
        Some((catalog, rest)) if catalog == "spark_catalog" && !rest.is_empty() => rest.to_vec(),
        _ => parts,
    }
}

/// The own name of a function of the session: `f`, `session.f`, `system.session.f`.
pub(super) fn own_name(name: &str) -> Option<String> {
    match parts_of(name).as_slice() {
        [own] => Some(own.clone()),
        [session, own] if session == "session" => Some(own.clone()),
        [system, session, own] if system == "system" && session == "session" => Some(own.clone()),
        _ => None,
    }
}

fn is_sparks(name: &str) -> bool {
    functions::lookup(&name.to_ascii_lowercase()).is_some()
}

impl Own {
    fn has_function(&self, name: &str) -> bool {
        self.routines.contains_key(name) || self.functions.contains_key(name) || self.table_functions.contains_key(name)
    }

    fn drop_function(&mut self, name: &str) -> bool {
        let routine = self.routines.remove(name).is_some();
        let function = self.functions.remove(name).is_some();
        self.table_functions.remove(name).is_some() || function || routine
    }
}

impl SessionCatalog {
    /// The full name in lower case of a function that stays.
    fn kept_function(&self, name: &str) -> String {
        match parts_of(name).as_slice() {
            [own] => format!("{}.{own}", self.current_name()),
            parts => parts.join("."),
        }
    }

    pub(super) fn routine_named(&self, name: &str) -> Option<Arc<Routine>> {
        let own = own_name(name).and_then(|own| self.own.routines.get(&own));
        own.or_else(|| self.routines.get(&self.kept_function(name))).cloned()
    }

    /// What is known of a function; those of the session come first.
    pub(super) fn function_entry(&self, name: &str) -> Option<FunctionEntry> {
        let parts = parts_of(name);
        let own = own_name(name);
        if let [own] = parts.as_slice()
            && is_sparks(own)
            && !self.routines.contains_key(&self.kept_function(own))
        {
            return Some(FunctionEntry::own(own));
        }
        if let Some(own) = own.filter(|own| self.own.has_function(own)) {
            return Some(self.own_entry(&own));
        }
        let full = self.kept_function(name);
        self.routines.get(&full).map(|routine| kept_entry(&full, routine))
    }

    fn own_entry(&self, name: &str) -> FunctionEntry {
        let routine = self.own.routines.get(name);
        FunctionEntry {
            description: routine.and_then(|routine| routine.comment.clone()),
            class_name: routine.map(|_| WRITTEN.to_owned()),
            ..FunctionEntry::own(name)
        }
    }

    /// In name order: Spark's own, those of the session, and those of a database.
    pub(super) fn function_entries(&self, database: Option<&str>) -> Result<Vec<FunctionEntry>> {
        let database = database.map_or_else(|| self.current_name(), |name| parts_of(name).join("."));
        if !self.database_exists(&database) {
            return Err(no_database(&database));
        }
        let own = &self.own;
        let names = own.routines.keys().chain(own.functions.keys()).chain(own.table_functions.keys());
        let mut entries: Vec<FunctionEntry> = names.map(|name| self.own_entry(name)).collect();
        entries.extend(functions::names().into_iter().map(FunctionEntry::own));
        let prefix = format!("{database}.");
        let kept = self.routines.iter().filter(|(full, _)| full.starts_with(&prefix));
        entries.extend(kept.map(|(full, routine)| kept_entry(full, routine)));
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn create_function(
        &mut self,
        name: &[String],
        routine: Routine,
        (replace, temporary, if_not_exists): (bool, bool, bool),
    ) -> Result<()> {
        let own = name.last().map(|own| own.to_lowercase()).unwrap_or_default();
        let full = self.kept_function(&name.join("."));
        let known = if temporary { self.own.has_function(&own) } else { self.routines.contains_key(&full) };
        if known && if_not_exists {
            return Ok(());
        }
        if known && !replace {
            let shown = if temporary { format!("`{own}`") } else { format!("`{}`", full.replace('.', "`.`")) };
            return Err(SparkError::analysis("ROUTINE_ALREADY_EXISTS", format!("there is a function {shown} already"))
                .with_parameters([
                    ("routineName", shown),
                    ("newRoutineType", "routine".to_owned()),
                    ("existingRoutineType", "routine".to_owned()),
                ])
                .with_subject(own)
                .with_help("CREATE OR REPLACE FUNCTION replaces it, DROP FUNCTION takes it away"));
        }
        if temporary {
            if known && !self.own.routines.contains_key(&own) {
                return Err(SparkError::analysis(
                    "USER_DEFINED_FUNCTIONS.CANNOT_REPLACE_NON_SQL_UDF_WITH_SQL_UDF",
                    format!("{own} is a function of the script and no function in SQL"),
                )
                .with_parameters([("name", own)])
                .with_help("DROP TEMPORARY FUNCTION takes it away"));
            }
            self.own.routines.insert(own, Arc::new(routine));
        } else {
            self.routines.insert(full, Arc::new(routine));
        }
        Ok(())
    }

    pub(super) fn drop_function(&mut self, name: &[String], temporary: bool, if_exists: bool) -> Result<()> {
        let own = name.last().map(|own| own.to_lowercase()).unwrap_or_default();
        if name.len() == 1 && is_sparks(&own) {
            return Err(SparkError::analysis("FORBIDDEN_OPERATION", format!("`{own}` is Spark's own and stays"))
                .with_parameters([
                    ("statement", "DROP".to_owned()),
                    ("objectType", "FUNCTION".to_owned()),
                    ("objectName", format!("`{own}`")),
                ])
                .with_subject(own));
        }
        if temporary {
            let dropped = self.own.drop_function(&own);
            return if dropped || if_exists { Ok(()) } else { Err(no_routine(&own)) };
        }
        if name.len() == 1 && self.own.has_function(&own) {
            return Err(SparkError::analysis(
                "EXPECT_PERSISTENT_FUNCTION_NOT_TEMP",
                format!("`{own}` is a temporary function"),
            )
            .with_parameters([
                ("functionName", format!("`{own}`")),
                ("operation", "DROP FUNCTION".to_owned()),
                ("alternative", " Please use DROP TEMPORARY FUNCTION to drop a temporary function.".to_owned()),
            ])
            .with_subject(own)
            .with_help("DROP TEMPORARY FUNCTION takes it away"));
        }
        let full = self.kept_function(&name.join("."));
        if self.routines.remove(&full).is_some() || if_exists {
            return Ok(());
        }
        self.known_database(&full)?;
        Err(no_routine(&full))
    }

    /// The database that a full name says must be there.
    fn known_database(&self, full: &str) -> Result<()> {
        match full.rsplit_once('.') {
            Some((database, _)) if !self.database_exists(database) => Err(no_database(database)),
            _ => Ok(()),
        }
    }
}

/// The class that Spark names for functions written in SQL.
const WRITTEN: &str = "sqlFunction.";

fn kept_entry(full: &str, routine: &Routine) -> FunctionEntry {
    let (database, name) = full.rsplit_once('.').unwrap_or(("default", full));
    let class_name = match &routine.body {
        RoutineBody::Class(class) => class.clone(),
        RoutineBody::Value(_) | RoutineBody::Table(_) => WRITTEN.to_owned(),
    };
    FunctionEntry {
        name: name.to_owned(),
        database: Some(database.to_owned()),
        description: Some(routine.comment.clone().unwrap_or_else(|| "N/A.".to_owned())),
        class_name: Some(class_name),
        temporary: false,
    }
}

fn no_routine(name: &str) -> SparkError {
    SparkError::analysis("ROUTINE_NOT_FOUND", format!("there is no function {name}"))
        .with_parameters([("routineName", format!("`{}`", name.replace('.', "`.`")))])
        .with_subject(name.to_owned())
        .with_help("SHOW USER FUNCTIONS lists those that are there")
}

/// The name that Spark shows for a function that is listed.
pub(super) fn shown(entry: &FunctionEntry) -> String {
    match &entry.database {
        Some(database) => format!("spark_catalog.{database}.{}", entry.name),
        None => entry.name.clone(),
    }
}

impl Session {
    pub(super) fn run_create_function(
        &mut self,
        name: &[String],
        mut routine: Routine,
        how @ (_, temporary, _): (bool, bool, bool),
    ) -> Result<()> {
        let full = self.catalog.kept_function(&name.join("."));
        let own = name.last().map(|own| own.to_lowercase()).unwrap_or_default();
        if !temporary {
            self.catalog.known_database(&full)?;
        }
        routine.name = if temporary { own.clone() } else { format!("spark_catalog.{full}") };
        match &routine.body {
            RoutineBody::Class(class) if temporary => return Err(no_class(&format!("`{own}`"), class)),
            RoutineBody::Class(_) => {}
            RoutineBody::Value(body) if !temporary => {
                let plan = LogicalPlan::Project { exprs: vec![body.clone()], input: Arc::new(LogicalPlan::OneRow) };
                self.refuse_temporary(&plan, &full, &[])?;
            }
            RoutineBody::Table(plan) if !temporary => self.refuse_temporary(plan, &full, &[])?,
            RoutineBody::Value(_) | RoutineBody::Table(_) => {}
        }
        let known =
            if temporary { self.catalog.own.has_function(&own) } else { self.catalog.routines.contains_key(&full) };
        if known && calls(&routine.body, &own) {
            return Err(cyclic(&routine.name));
        }
        let context =
            AnalyzerContext { conf: &self.conf, ids: &self.ids, catalog: &self.catalog, analyzed: &self.analyzed };
        let routine = Analyzer::new(context).define(routine)?;
        self.catalog.create_function(name, routine, how)
    }
}

/// Whether a body calls a function.
fn calls(body: &RoutineBody, own: &str) -> bool {
    let is_call =
        |part: &Expr| matches!(part, Expr::Call(call) if call.name.eq_ignore_ascii_case(own) && !is_sparks(own));
    matches!(body, RoutineBody::Value(body) if body.any(is_call))
}
