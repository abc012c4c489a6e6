//! Files named in SQL text: ``SELECT * FROM parquet.`folder` ``.
//!
//! **Simplified:** only in the query itself, not inside its subqueries and `WITH` definitions; the options are the format's defaults.

use super::Session;
use crate::analyzer::Catalog;
use crate::common::Result;
use crate::common::conf::Options;
use crate::logical::LogicalPlan;
use crate::logical::plan::FileFormat;
use crate::pyspark::host::ReadRequest;
use std::sync::Arc;

impl Session {
    /// The plan with files read where a name is a format and a path, unless there is such a table.
    pub(super) fn with_direct_files(&mut self, plan: &Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let mut failure = None;
        let read = plan.transform_up(&mut |node| {
            let LogicalPlan::UnresolvedRelation { name } = &**node else { return None };
            let [format, path] = name.as_slice() else { return None };
            let format = FileFormat::named(format)?;
            if failure.is_some() || self.catalog.relation(name).is_some() {
                return None;
            }
            let request = ReadRequest {
                format,
                paths: vec![path.clone()],
                schema: None,
                options: Options::default(),
                texts: None,
            };
            match self.read(request) {
                Ok(plan) => Some((*plan).clone()),
                Err(error) => {
                    failure = Some(error);
                    None
                }
            }
        });
        match failure {
            Some(error) => Err(error),
            None => Ok(read),
        }
    }
}
