//! Spark's SQL text into unresolved plans and expressions.
//!
//! A hand-written lexer and recursive-descent parser: Spark's grammar (`div`, `<=>`, `rlike`, `x -> x + 1`, `LATERAL VIEW`, typed
//! literals, `named.struct.paths`, hints in comments, backtick names, ANSI intervals) is far enough from what the general SQL crates
//! accept, and their trees far enough from [`LogicalPlan`], that bending one would cost more than this.
//!
//! Two shapes are encoded with what [`Expr`] has: `t(a, b)` is a project of one `MultiAlias` over a star, and a `PIVOT` or `UNPIVOT`
//! clause, which groups by every column that it does not mention, has a lone star for its grouping columns.
//!
//! **Simplified:** the rarer forms of `ALTER` are named as unsupported.

mod expr;
mod function;
mod lexer;
mod literal;
mod parser;
mod pipe;
mod query;
mod relation;
mod routine;
mod statement;
mod table_call;

#[cfg(test)]
mod tests;

use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::expr::Expr;
use crate::logical::functions::calendar::Zone;
use crate::logical::plan::{FileFormat, LogicalPlan};
use crate::logical::routine::Routine;
use crate::logical::types::StructType;
use std::sync::Arc;

/// One SQL statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// A query: unresolved plan.
    Query(Arc<LogicalPlan>),
    /// `CREATE [OR REPLACE] [GLOBAL] TEMP VIEW [IF NOT EXISTS] name AS query`. `temporary` is false for a plain `CREATE VIEW`.
    CreateView {
        name: Vec<String>,
        /// New names for the columns; empty: the query's own.
        columns: Vec<String>,
        plan: Arc<LogicalPlan>,
        replace: bool,
        global: bool,
        temporary: bool,
        if_not_exists: bool,
    },
    /// `CREATE [OR REPLACE] TEMP VIEW name [(columns)] USING format OPTIONS (path …)`.
    CreateFileView {
        name: Vec<String>,
        schema: Option<StructType>,
        format: FileFormat,
        options: Vec<(String, String)>,
        replace: bool,
        global: bool,
    },
    DropView {
        name: Vec<String>,
        if_exists: bool,
    },
    /// `CREATE TABLE name (columns) USING format [PARTITIONED BY …] [LOCATION …] [AS query]`.
    CreateTable {
        name: Vec<String>,
        /// Absent for `AS query`.
        schema: Option<StructType>,
        /// Absent: the default source (parquet).
        format: Option<FileFormat>,
        partition_by: Vec<String>,
        options: Vec<(String, String)>,
        /** `TBLPROPERTIES`. */
        properties: Vec<(String, String)>,
        location: Option<String>,
        query: Option<Arc<LogicalPlan>>,
        if_not_exists: bool,
        replace: bool,
    },
    DropTable {
        name: Vec<String>,
        if_exists: bool,
    },
    TruncateTable {
        name: Vec<String>,
    },
    /// `ALTER TABLE|VIEW name …`.
    Alter {
        name: Vec<String>,
        view: bool,
        change: Change,
    },
    /// `SHOW TBLPROPERTIES name`.
    ShowProperties {
        table: Vec<String>,
    },
    /// `INSERT INTO|OVERWRITE [TABLE] name [PARTITION (…)] [(columns)] query`.
    InsertInto {
        name: Vec<String>,
        partition: PartitionSpec,
        /// Empty: by position.
        columns: Vec<String>,
        query: Arc<LogicalPlan>,
        overwrite: bool,
    },
    CreateDatabase {
        name: String,
        if_not_exists: bool,
    },
    DropDatabase {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    Use {
        name: String,
    },
    ShowTables {
        database: Option<String>,
        like: Option<String>,
    },
    ShowViews {
        like: Option<String>,
    },
    ShowDatabases {
        like: Option<String>,
    },
    ShowColumns {
        table: Vec<String>,
    },
    ShowFunctions {
        database: Option<String>,
        like: Option<String>,
        /// Whether those that statements and scripts made are shown.
        made: bool,
        /// Whether Spark's own are shown.
        own: bool,
    },
    ShowPartitions {
        table: Vec<String>,
    },
    ShowCreateTable {
        table: Vec<String>,
    },
    /// `DESCRIBE [TABLE] [EXTENDED] name`.
    Describe {
        table: Vec<String>,
        extended: bool,
    },
    /// `DESCRIBE QUERY query`.
    DescribeQuery {
        plan: Arc<LogicalPlan>,
    },
    DescribeFunction {
        name: String,
        extended: bool,
    },
    /// `CREATE [OR REPLACE] [TEMPORARY] FUNCTION [IF NOT EXISTS] name …`.
    CreateFunction {
        name: Vec<String>,
        routine: Routine,
        replace: bool,
        temporary: bool,
        if_not_exists: bool,
    },
    DropFunction {
        name: Vec<String>,
        temporary: bool,
        if_exists: bool,
    },
    /// `EXPLAIN [EXTENDED|FORMATTED|COST|CODEGEN] query`; `mode` is `simple`, `extended`, `formatted`, `cost` or `codegen`.
    Explain {
        mode: String,
        statement: Box<Statement>,
    },
    CacheTable {
        name: Vec<String>,
        lazy: bool,
        query: Option<Arc<LogicalPlan>>,
    },
    UncacheTable {
        name: Vec<String>,
        if_exists: bool,
    },
    ClearCache,
    RefreshTable {
        name: Vec<String>,
    },
    /// `MSCK REPAIR TABLE name`, `ALTER TABLE name RECOVER PARTITIONS`.
    RecoverPartitions {
        name: Vec<String>,
    },
    AnalyzeTable {
        name: Vec<String>,
    },
    /// `SET key = value`, `SET key`, `SET`.
    Set {
        key: Option<String>,
        value: Option<String>,
    },
    Reset {
        key: Option<String>,
    },
    /// `UPDATE`, `DELETE`, `MERGE`: Spark refuses them on plain tables (`UNSUPPORTED_FEATURE.TABLE_OPERATION`).
    RowChange {
        /// `UPDATE TABLE`, `DELETE`, `MERGE INTO TABLE`.
        operation: String,
        table: Vec<String>,
    },
}

/// What `ALTER` changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// `DROP [IF EXISTS] PARTITION (p = value, …)`.
    DropPartition {
        partition: PartitionSpec,
        if_exists: bool,
    },
    AddColumns(StructType),
    RenameTo(Vec<String>),
    SetProperties(Vec<(String, String)>),
    UnsetProperties(Vec<String>),
    /// `ALTER VIEW v AS query`.
    Query(Arc<LogicalPlan>),
    /// What Spark refuses for tables of plain files: `RENAME COLUMN`, `DROP COLUMN`, ….
    Refused(&'static str),
}

/// `PARTITION (p = value, q)`: columns of folders, with a value or without.
pub type PartitionSpec = Vec<(String, Option<Expr>)>;

/// Parses one statement; timestamps without a zone are in `zone`.
///
/// # Errors
/// `ParseException` with Spark's condition.
pub fn parse_query(text: &str, zone: Zone) -> Result<Statement> {
    let mut parser = parser::Parser::new(text, zone)?;
    if matches!(parser.peek(), lexer::Token::End) {
        return Err(SparkError::new(ErrorClass::ParseException, "the SQL text is empty")
            .with_condition("PARSE_EMPTY_STATEMENT")
            .with_help("write a statement, such as SELECT * FROM some_view"));
    }
    let statement = parser.statement()?;
    parser.expect_end()?;
    Ok(statement)
}

/// Parses an expression, such as `filter("…")`'s; `expr AS name` gives an alias. Timestamps without a zone are in `zone`.
///
/// # Errors
/// `ParseException` with Spark's condition.
pub fn parse_expr(text: &str, zone: Zone) -> Result<Expr> {
    let mut parser = parser::Parser::new(text, zone)?;
    let expr = parser.named_expression()?;
    // Nothing can follow, so that a word such as `desc` is a name here and no part of a clause.
    let expr = if expr::is_last_word(&parser) { expr.alias(parser.name()?) } else { expr };
    match parser.peek() {
        lexer::Token::End => Ok(expr),
        _ => Err(parser.error()),
    }
}
