//! Checkpoints: rows that are kept, and a plan that starts from them.
//!
//! | | where the rows are | when an executor dies |
//! |---|---|---|
//! | `checkpoint` | files in `spark.checkpoint.dir`, reliable storage | nothing is lost |
//! | `localCheckpoint` | memory and disk of the executors that computed them | the job that reads them fails, as in Spark: the lineage is cut |
//!
//! **Simplified:** `eager=False` is done at once as well, and the storage level of a local checkpoint is always memory and disk.

use super::Session;
use crate::cluster::JobWork;
use crate::common::conf::Options;
use crate::common::ids::{CacheId, QueryId};
use crate::common::{Result, SparkError};
use crate::logical::expr::Expr;
use crate::logical::plan::{FileFormat, FileNames, LogicalPlan, SaveMode, WriteTarget};
use crate::logical::types::{StructField, StructType};
use crate::physical::adaptive::Replanning;
use crate::physical::plan::{LOCAL_CHECKPOINT, RanPlan};
use crate::physical::planner::RootUse;
use crate::physical::{PhysicalPlan, explain};
use crate::pyspark::host::Host;
use std::sync::Arc;

impl Session {
    /// Keeps the rows and gives a plan that starts from there.
    pub(super) fn run_checkpoint(
        &mut self,
        plan: &Arc<LogicalPlan>,
        reliable: bool,
        _eager: bool,
    ) -> Result<Arc<LogicalPlan>> {
        if reliable { self.reliable_checkpoint(plan) } else { self.local_checkpoint(plan) }
    }

    /// The rows stay on the executors that compute them, and nothing remembers how they came to be.
    fn local_checkpoint(&mut self, plan: &Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        self.ensure_cluster()?;
        let cache = self.cluster()?.new_cache(LOCAL_CHECKPOINT);
        let planned = self.plan_query(plan, RootUse::Partitioned, true)?;
        let told = (explain::simple(&planned.physical, self.plan_state()), self.steps.computed_by(plan));
        let fill = |session: &mut Session, query| {
            session.tell_planning(query, &planned);
            session.fill_checkpoint(query, cache, planned.physical.clone())
        };
        let lineage = self.as_query("localCheckpoint", told, fill, |_| 0)?;
        self.caches.add_checkpoint(cache, RanPlan { initial: lineage.clone(), finished: lineage });
        let output = planned.analyzed.output();
        let nothing = LogicalPlan::Range { start: 0, end: 0, step: 1, partitions: Some(1), output: output.clone() };
        Ok(Arc::new(LogicalPlan::Cached { id: cache, level: LOCAL_CHECKPOINT.into(), plan: Arc::new(nothing), output }))
    }

    /// Computes all partitions, cuts their lineage and gives what stands in its place: as many partitions of nothing.
    fn fill_checkpoint(&mut self, query: QueryId, id: CacheId, plan: Arc<PhysicalPlan>) -> Result<Arc<PhysicalPlan>> {
        let action = "localCheckpoint";
        let plan = self.run_exchanges(query, plan, action, Replanning::of_query(&self.conf))?;
        let (output, partitions) = (plan.output(), plan.partitions());
        let (level, stored) = (LOCAL_CHECKPOINT.into(), output.clone());
        let scan = PhysicalPlan::InMemoryTableScan { id, level, output: output.clone(), stored, plan, planned: None };
        let scan = Arc::new(scan);
        // What was lost meanwhile is made once more, as Spark does before it forgets how.
        for _ in 0..2 {
            let job = self.submit(query, scan.clone(), JobWork::CollectFirst(0), None, action)?;
            self.cluster()?.run_until_done(&[job])?;
            if self.cluster()?.cache_stats(id).is_filled() {
                break;
            }
        }
        let nothing = Arc::new(PhysicalPlan::Range { start: 0, end: 0, step: 1, partitions, output });
        self.cluster()?.cut_lineage(id, nothing.clone());
        Ok(nothing)
    }

    /// Writes the rows to reliable storage.
    fn reliable_checkpoint(&mut self, plan: &Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let folder = match self.conf.get("spark.checkpoint.dir") {
            Some(folder) => folder.to_owned(),
            None => {
                return Err(SparkError::new(
                    crate::common::ErrorClass::SparkException,
                    "Checkpoint directory has not been set in the SparkContext",
                )
                .with_help("call spark.sparkContext.setCheckpointDir(\"out/checkpoints\") first"));
            }
        };
        self.writes += 1;
        let path = format!("{folder}/rdd-{}", self.writes);
        let schema = plan.schema();
        // Columns are stored by position: a frame may hold two columns of one name.
        let numbered = StructType::new(
            schema
                .fields
                .iter()
                .enumerate()
                .map(|(i, field)| StructField { name: format!("c{i}"), ..field.clone() })
                .collect(),
        );
        let stored =
            plan.output().into_iter().enumerate().map(|(i, column)| Expr::Attribute(column).alias(format!("c{i}")));
        let renamed = self.analyze(Arc::new(LogicalPlan::Project { exprs: stored.collect(), input: plan.clone() }))?;
        let target = WriteTarget {
            replaced: None,
            format: FileFormat::Parquet,
            path: path.clone(),
            mode: SaveMode::Overwrite,
            partition_by: Vec::new(),
            options: Options::default(),
            names: FileNames::Frames,
        };
        self.write_files(&renamed, &target)?;
        let mut options = Options::default();
        options.set(crate::physical::TASK_PER_FILE, "true");
        let request = crate::pyspark::host::ReadRequest {
            format: FileFormat::Parquet,
            paths: vec![path.clone()],
            schema: Some(numbered),
            options,
            texts: None,
        };
        let scan = self.read_files(request)?;
        let back = scan
            .output()
            .into_iter()
            .zip(&schema.fields)
            .map(|(column, field)| Expr::Attribute(column).alias(field.name.clone()))
            .collect();
        self.analyze(Arc::new(LogicalPlan::Project { exprs: back, input: scan }))
    }
}
