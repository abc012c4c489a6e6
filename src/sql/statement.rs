//! Statements: queries, views, tables, `SHOW`, `DESCRIBE`, `EXPLAIN`, `SET`, ….

use super::lexer::Token;
use super::parser::Parser;
use super::{Change, PartitionSpec, Statement};
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::ddl;
use crate::logical::plan::FileFormat;
use crate::logical::types::StructType;

/// Properties of tables that only Spark sets.
const RESERVED: &[&str] = &["external", "is_managed_location", "location", "owner", "provider"];

impl Parser<'_> {
    /// One statement, without what may follow it.
    pub(super) fn statement(&mut self) -> Result<Statement> {
        let Token::Word(word) = self.peek().clone() else { return Ok(Statement::Query(self.query()?)) };
        match word.to_ascii_lowercase().as_str() {
            "select" | "with" | "values" | "from" => Ok(Statement::Query(self.query()?)),
            "table" => Ok(Statement::Query(self.query()?)),
            "create" | "replace" => self.create(),
            "drop" => self.drop(),
            "truncate" => {
                self.advance();
                self.expect_word("table")?;
                Ok(Statement::TruncateTable { name: self.dotted_name()? })
            }
            "insert" => self.insert(),
            "use" => {
                self.advance();
                if !self.eat_word("database") && !self.eat_word("schema") {
                    self.eat_word("namespace");
                }
                Ok(Statement::Use { name: self.dotted_name()?.join(".") })
            }
            "show" => self.show(),
            "describe" | "desc" => self.describe(),
            "explain" => self.explain(),
            "cache" => self.cache(),
            "uncache" => {
                self.advance();
                self.expect_word("table")?;
                let if_exists = self.eat_words(&["if", "exists"]);
                Ok(Statement::UncacheTable { name: self.dotted_name()?, if_exists })
            }
            "clear" => {
                self.advance();
                self.expect_word("cache")?;
                Ok(Statement::ClearCache)
            }
            "refresh" => {
                self.advance();
                self.eat_word("table");
                Ok(Statement::RefreshTable { name: self.dotted_name()? })
            }
            "msck" => {
                self.advance();
                self.expect_word("repair")?;
                self.expect_word("table")?;
                let name = self.dotted_name()?;
                self.skip_rest();
                Ok(Statement::RecoverPartitions { name })
            }
            "analyze" => {
                self.advance();
                self.expect_word("table")?;
                let name = self.dotted_name()?;
                self.skip_rest();
                Ok(Statement::AnalyzeTable { name })
            }
            "set" => self.set(),
            "reset" => {
                self.advance();
                let key = self.rest();
                Ok(Statement::Reset { key: (!key.is_empty()).then_some(key) })
            }
            "update" | "delete" | "merge" => self.row_change(),
            "alter" => self.alter(),
            _ => Err(self.error()),
        }
    }

    fn alter(&mut self) -> Result<Statement> {
        self.advance();
        let view = self.eat_word("view");
        if !view {
            self.expect_word("table")?;
        }
        let name = self.dotted_name()?;
        if !view && self.eat_words(&["recover", "partitions"]) {
            return Ok(Statement::RecoverPartitions { name });
        }
        let change = if self.eat_words(&["rename", "to"]) {
            Change::RenameTo(self.dotted_name()?)
        } else if self.eat_words(&["set", "tblproperties"]) {
            let pairs = self.properties()?;
            if let Some((key, _)) = pairs.iter().find(|(key, _)| RESERVED.contains(&key.as_str())) {
                return Err(SparkError::new(
                    ErrorClass::ParseException,
                    format!("`{key}` is a property of Spark's own"),
                )
                .with_condition("UNSUPPORTED_FEATURE.SET_TABLE_PROPERTY")
                .with_help("choose another key"));
            }
            Change::SetProperties(pairs)
        } else if self.eat_words(&["unset", "tblproperties"]) {
            self.eat_words(&["if", "exists"]);
            self.expect_symbol("(")?;
            let keys = self.separated(|parser| match parser.peek().clone() {
                Token::Text(key) => {
                    parser.advance();
                    Ok(key)
                }
                _ => Ok(parser.dotted_name()?.join(".")),
            })?;
            self.expect_symbol(")")?;
            Change::UnsetProperties(keys)
        } else if view && self.eat_word("as") {
            Change::Query(self.query()?)
        } else if self.eat_words(&["add", "columns"]) || self.eat_words(&["add", "column"]) {
            let listed = self.is_symbol("(");
            let start = self.position() + usize::from(listed);
            let (columns, length) = ddl::parse_columns_prefix(&self.text[start..])?;
            self.skip_to(start + length);
            if listed {
                self.expect_symbol(")")?;
            }
            Change::AddColumns(columns)
        } else if !view && self.is_word("drop") && (self.is_word_at(1, "partition") || self.is_word_at(1, "if")) {
            self.advance();
            let if_exists = self.eat_words(&["if", "exists"]);
            Change::DropPartition { partition: self.partition_spec()?, if_exists }
        } else if self.eat_words(&["rename", "column"]) {
            self.skip_rest();
            Change::Refused("RENAME COLUMN")
        } else if self.eat_words(&["drop", "column"]) || self.eat_words(&["drop", "columns"]) {
            self.skip_rest();
            Change::Refused("DROP COLUMN")
        } else {
            return Err(SparkError::unsupported(
                "this form of ALTER",
                "ALTER TABLE … ADD COLUMNS, DROP PARTITION, RENAME TO, SET and UNSET TBLPROPERTIES are there",
            ));
        };
        Ok(Statement::Alter { name, view, change })
    }

    fn skip_rest(&mut self) {
        self.skip_to(self.text.len());
    }

    /// The text up to the end of the statement, trimmed.
    fn rest(&mut self) -> String {
        let start = self.position();
        let text = self.text[start..].trim().trim_end_matches(';').trim().to_owned();
        self.skip_rest();
        text
    }

    fn create(&mut self) -> Result<Statement> {
        let mut replace = self.eat_word("replace");
        if !replace {
            self.expect_word("create")?;
            replace = self.eat_words(&["or", "replace"]);
        }
        let global = self.eat_word("global");
        let temporary = self.eat_word("temp") || self.eat_word("temporary");
        if self.eat_word("view") {
            return self.create_view(replace, global, temporary);
        }
        if !global && self.is_word("function") {
            return self.create_function(replace, temporary);
        }
        if temporary || global {
            return Err(self.error());
        }
        if self.eat_word("external") || self.is_word("table") {
            self.expect_word("table")?;
            return self.create_table(replace);
        }
        if self.eat_word("database") || self.eat_word("schema") || self.eat_word("namespace") {
            let if_not_exists = self.eat_words(&["if", "not", "exists"]);
            let name = self.dotted_name()?.join(".");
            self.skip_rest();
            return Ok(Statement::CreateDatabase { name, if_not_exists });
        }
        Err(self.error())
    }

    fn create_view(&mut self, replace: bool, global: bool, temporary: bool) -> Result<Statement> {
        let if_not_exists = self.eat_words(&["if", "not", "exists"]);
        let name = self.dotted_name()?;
        let (start, mut columns) = (self.position() + 1, Vec::new());
        if let Ok((schema, length)) = ddl::parse_columns_prefix(self.text.get(start..).unwrap_or(""))
            && self.is_symbol("(")
        {
            self.skip_to(start + length);
            self.expect_symbol(")")?;
            return self.file_view(name, Some(schema), replace, global);
        }
        if self.eat_symbol("(") {
            columns = self.separated(|parser| {
                let name = parser.name()?;
                if parser.eat_word("comment") {
                    parser.string()?;
                }
                Ok(name)
            })?;
            self.expect_symbol(")")?;
        }
        if self.is_word("using") && columns.is_empty() {
            return self.file_view(name, None, replace, global);
        }
        self.expect_word("as")?;
        let plan = self.query()?;
        Ok(Statement::CreateView { name, columns, plan, replace, global, temporary, if_not_exists })
    }

    /// `USING format OPTIONS (…)`, after the name and the columns.
    fn file_view(
        &mut self,
        name: Vec<String>,
        schema: Option<StructType>,
        replace: bool,
        global: bool,
    ) -> Result<Statement> {
        self.expect_word("using")?;
        let format = self.file_format()?;
        let options = if self.eat_word("options") { self.properties()? } else { Vec::new() };
        Ok(Statement::CreateFileView { name, schema, format, options, replace, global })
    }

    fn create_table(&mut self, replace: bool) -> Result<Statement> {
        let if_not_exists = self.eat_words(&["if", "not", "exists"]);
        let name = self.dotted_name()?;
        let mut schema = None;
        if self.is_symbol("(") && !self.starts_query() {
            let start = self.position() + 1;
            let (columns, length) = ddl::parse_columns_prefix(&self.text[start..])?;
            self.skip_to(start + length);
            self.expect_symbol(")")?;
            schema = Some(columns);
        }
        let (mut format, mut partition_by, mut options, mut location) = (None, Vec::new(), Vec::new(), None);
        let mut properties = Vec::new();
        loop {
            if self.eat_word("using") || self.eat_words(&["stored", "as"]) {
                format = Some(self.file_format()?);
            } else if self.eat_words(&["partitioned", "by"]) {
                partition_by = self.name_list()?;
            } else if self.eat_word("options") {
                options = self.properties()?;
            } else if self.eat_word("tblproperties") {
                properties = self.properties()?;
            } else if self.eat_word("location") {
                location = Some(self.string()?);
            } else if self.eat_word("comment") {
                self.string()?;
            } else {
                break;
            }
        }
        let query = if self.eat_word("as") || self.starts_query() { Some(self.query()?) } else { None };
        Ok(Statement::CreateTable {
            name,
            schema,
            format,
            partition_by,
            options,
            properties,
            location,
            query,
            if_not_exists,
            replace,
        })
    }

    fn file_format(&mut self) -> Result<FileFormat> {
        let name = self.dotted_name()?.join(".");
        FileFormat::named(&name).ok_or_else(|| match name.to_ascii_lowercase().as_str() {
            "orc" | "avro" | "delta" | "iceberg" | "jdbc" | "hive" => {
                SparkError::unsupported(format!("the table format {name}"), "use parquet, csv, json or text")
            }
            _ => SparkError::analysis("DATA_SOURCE_NOT_FOUND", format!("there is no data source `{name}`"))
                .with_subject(name),
        })
    }

    fn properties(&mut self) -> Result<Vec<(String, String)>> {
        self.expect_symbol("(")?;
        let found = self.separated(|parser| {
            let key = match parser.peek().clone() {
                Token::Text(key) => {
                    parser.advance();
                    key
                }
                _ => parser.dotted_name()?.join("."),
            };
            parser.eat_symbol("=");
            let (Token::Text(value) | Token::Number(value) | Token::Word(value)) = parser.advance() else {
                return Err(parser.error());
            };
            Ok((key, value))
        })?;
        self.expect_symbol(")")?;
        Ok(found)
    }

    fn drop(&mut self) -> Result<Statement> {
        self.expect_word("drop")?;
        let temporary = self.eat_word("temporary") || self.eat_word("temp");
        let kind = self.name()?.to_ascii_lowercase();
        let if_exists = self.eat_words(&["if", "exists"]);
        match kind.as_str() {
            "function" => Ok(Statement::DropFunction { name: self.dotted_name()?, temporary, if_exists }),
            "view" => Ok(Statement::DropView { name: self.dotted_name()?, if_exists }),
            "table" => {
                let name = self.dotted_name()?;
                self.eat_word("purge");
                Ok(Statement::DropTable { name, if_exists })
            }
            "database" | "schema" | "namespace" => {
                let name = self.dotted_name()?.join(".");
                let cascade = self.eat_word("cascade");
                self.eat_word("restrict");
                Ok(Statement::DropDatabase { name, if_exists, cascade })
            }
            _ => Err(self.error()),
        }
    }

    fn insert(&mut self) -> Result<Statement> {
        self.expect_word("insert")?;
        let overwrite = self.eat_word("overwrite");
        if !overwrite {
            self.expect_word("into")?;
        }
        if self.is_word("directory") || (self.is_word("local") && self.is_word_at(1, "directory")) {
            return Err(SparkError::unsupported("INSERT OVERWRITE DIRECTORY", "use df.write"));
        }
        self.eat_word("table");
        let name = self.dotted_name()?;
        let partition = if self.is_word("partition") { self.partition_spec()? } else { Vec::new() };
        self.eat_words(&["by", "name"]);
        let columns = if self.is_symbol("(") && !self.starts_query() { self.name_list()? } else { Vec::new() };
        Ok(Statement::InsertInto { name, partition, columns, query: self.query()?, overwrite })
    }

    /// `PARTITION (p = value, q)`.
    fn partition_spec(&mut self) -> Result<PartitionSpec> {
        self.expect_word("partition")?;
        self.expect_symbol("(")?;
        let parts = self.separated(|parser| {
            let column = parser.name()?;
            let value = if parser.eat_symbol("=") { Some(parser.expression()?) } else { None };
            Ok((column, value))
        })?;
        self.expect_symbol(")")?;
        Ok(parts)
    }

    fn like(&mut self) -> Result<Option<String>> {
        if self.eat_word("like") || matches!(self.peek(), Token::Text(_)) {
            return Ok(Some(self.string()?));
        }
        Ok(None)
    }

    /// `[FROM database] [LIKE pattern]`: those that statements and scripts made, and Spark's own.
    fn show_functions(&mut self, (made, own): (bool, bool)) -> Result<Statement> {
        let named = self.eat_word("from") || self.eat_word("in");
        let database = if named { Some(self.dotted_name()?.join(".")) } else { None };
        Ok(Statement::ShowFunctions { database, like: self.like()?, made, own })
    }

    fn show(&mut self) -> Result<Statement> {
        self.expect_word("show")?;
        let kind = self.name()?.to_ascii_lowercase();
        Ok(match kind.as_str() {
            "tables" => {
                let database = if self.eat_word("from") || self.eat_word("in") {
                    Some(self.dotted_name()?.join("."))
                } else {
                    None
                };
                Statement::ShowTables { database, like: self.like()? }
            }
            "views" => {
                if self.eat_word("from") || self.eat_word("in") {
                    self.dotted_name()?;
                }
                Statement::ShowViews { like: self.like()? }
            }
            "databases" | "schemas" | "namespaces" => Statement::ShowDatabases { like: self.like()? },
            "columns" => {
                if !self.eat_word("from") {
                    self.expect_word("in")?;
                }
                Statement::ShowColumns { table: self.dotted_name()? }
            }
            "functions" => self.show_functions((true, true))?,
            "user" | "system" | "all" => {
                self.expect_word("functions")?;
                self.show_functions((kind != "system", kind != "user"))?
            }
            "partitions" => Statement::ShowPartitions { table: self.dotted_name()? },
            "tblproperties" => Statement::ShowProperties { table: self.dotted_name()? },
            "create" => {
                self.expect_word("table")?;
                Statement::ShowCreateTable { table: self.dotted_name()? }
            }
            _ => return Err(self.error()),
        })
    }

    fn describe(&mut self) -> Result<Statement> {
        self.advance();
        if self.eat_word("function") {
            let extended = self.eat_word("extended");
            return Ok(Statement::DescribeFunction { name: self.dotted_name()?.join("."), extended });
        }
        if self.eat_word("query") || self.starts_query() {
            return Ok(Statement::DescribeQuery { plan: self.query()? });
        }
        self.eat_word("table");
        let extended = self.eat_word("extended") || self.eat_word("formatted");
        let table = self.dotted_name()?;
        Ok(Statement::Describe { table, extended })
    }

    fn explain(&mut self) -> Result<Statement> {
        self.expect_word("explain")?;
        let mode = ["extended", "formatted", "cost", "codegen"].into_iter().find(|mode| self.eat_word(mode));
        let statement = Box::new(self.statement()?);
        Ok(Statement::Explain { mode: mode.unwrap_or("simple").to_owned(), statement })
    }

    fn cache(&mut self) -> Result<Statement> {
        self.expect_word("cache")?;
        let lazy = self.eat_word("lazy");
        self.expect_word("table")?;
        let name = self.dotted_name()?;
        if self.eat_word("options") {
            self.properties()?;
        }
        let query = if self.eat_word("as") || self.starts_query() { Some(self.query()?) } else { None };
        Ok(Statement::CacheTable { name, lazy, query })
    }

    fn set(&mut self) -> Result<Statement> {
        self.expect_word("set")?;
        if self.eat_words(&["time", "zone"]) {
            let (Token::Text(value) | Token::Word(value)) = self.advance() else { return Err(self.error()) };
            return Ok(Statement::Set { key: Some("spark.sql.session.timeZone".into()), value: Some(value) });
        }
        let text = self.rest();
        if text.is_empty() || text == "-v" {
            return Ok(Statement::Set { key: None, value: None });
        }
        Ok(match text.split_once('=') {
            Some((key, value)) => Statement::Set {
                key: Some(key.trim().trim_matches('`').to_owned()),
                value: Some(value.trim().to_owned()),
            },
            None => Statement::Set { key: Some(text.trim_matches('`').to_owned()), value: None },
        })
    }

    fn row_change(&mut self) -> Result<Statement> {
        let word = self.name()?.to_ascii_lowercase();
        let operation = match word.as_str() {
            "update" => "UPDATE TABLE",
            "delete" => {
                self.expect_word("from")?;
                "DELETE"
            }
            _ => {
                self.expect_word("into")?;
                "MERGE INTO TABLE"
            }
        };
        let table = self.dotted_name()?;
        self.skip_rest();
        Ok(Statement::RowChange { operation: operation.to_owned(), table })
    }
}
