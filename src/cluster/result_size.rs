//! What the driver takes: the results of a job together, at most `spark.driver.maxResultSize` (1 GB; 0 takes everything).
//!
//! **Simplified:** Spark counts compressed rows and stops the job when the limit is passed; we count the columns' bytes when the job has
//! ended, times `--scale` where more data would give more rows.

use crate::common::text::bytes;
use crate::common::{Conf, ErrorClass, Result, SparkError};
use crate::exec::task::TaskOutput;
use arrow::array::{Array, RecordBatch};

const KEY: &str = "spark.driver.maxResultSize";
const DEFAULT: i64 = 1 << 30;

/// Refuses results that are too large for the driver.
///
/// # Errors
/// Spark's: the job is aborted.
pub fn check(outputs: &[TaskOutput], conf: &Conf, scale: u64) -> Result<()> {
    let limit = u64::try_from(conf.bytes(KEY, DEFAULT)).unwrap_or(0);
    let columns = outputs.iter().flat_map(|output| &output.batches).flat_map(RecordBatch::columns);
    let sizes = columns.map(|column| column.to_data().get_slice_memory_size().unwrap_or(0) as u64);
    let size = sizes.sum::<u64>().saturating_mul(scale);
    if limit == 0 || size <= limit {
        return Ok(());
    }
    let message = format!(
        "Job aborted due to stage failure: Total size of serialized results of {} tasks ({}) is bigger than {KEY} ({})",
        outputs.len(),
        bytes(size),
        bytes(limit)
    );
    Err(SparkError::new(ErrorClass::SparkException, message)
        .with_help("leave the rows on the cluster: aggregate, take(n), show() or write; collect() brings all of them to one process"))
}
