//! Where RDDs come from: lists, ranges and text files.

use super::lineage::Making;
use super::task::Input;
use super::{Rdd, codec};
use crate::common::text::plural;
use crate::common::{ErrorClass, SparkError};
use crate::logical::plan::{FileFormat, LEAST_SPLITS, LogicalPlan};
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructField, StructType};
use crate::pyspark::api::convert;
use crate::pyspark::api::support::{analyze, given, text_argument};
use crate::pyspark::host::ReadRequest;
use crate::pyspark::lang::{Args, Interpreter, PyResult, Raised, Value};

/// The one column of an RDD's plan.
pub(super) fn value_schema() -> StructType {
    StructType::new(vec![StructField::new("value", DataType::Binary, false)])
}

/// `sc.parallelize(values, slices)`.
///
/// # Errors
/// `TypeError` for what cannot be iterated.
pub fn parallelize(interp: &mut Interpreter, args: Args) -> PyResult {
    let [values, slices] = args.bind("parallelize", ["c", "numSlices"], 1)?;
    let values = values.unwrap_or(Value::None);
    let items = interp.items(&values)?;
    let count = slice_count(interp, slices)?;
    // Lists travel in batches of equal length; ranges are cut exactly.
    let is_range = matches!(values, Value::Range(_));
    let batch = if is_range { 1 } else { (items.len() / count).clamp(1, 1024) };
    from_chunks(interp, chunks(&items, count, batch), is_range)
}

fn slice_count(interp: &mut Interpreter, slices: Option<Value>) -> PyResult<usize> {
    match given(slices).and_then(|value| value.as_int()) {
        Some(count) => Ok(usize::try_from(count).unwrap_or(1).max(1)),
        None => Ok(interp.host()?.application().default_parallelism.max(1)),
    }
}

fn chunks(items: &[Value], count: usize, batch: usize) -> Vec<Vec<Value>> {
    let batches = items.len().div_ceil(batch);
    (0..count)
        .map(|i| {
            let from = (i * batches / count * batch).min(items.len());
            let to = ((i + 1) * batches / count * batch).min(items.len());
            items[from..to].to_vec()
        })
        .collect()
}

/// `range` says that a function makes the values in each partition.
fn from_chunks(interp: &mut Interpreter, chunks: Vec<Vec<Value>>, range: bool) -> PyResult {
    let origin = ("ParallelCollectionRDD", "readRDDFromFile at PythonRDD.scala:326");
    from_chunks_of(interp, chunks, range, origin)
}

/// `origin` is what it is on the JVM, and where that comes from.
fn from_chunks_of(
    interp: &mut Interpreter,
    chunks: Vec<Vec<Value>>,
    range: bool,
    (kind, at): (&'static str, &str),
) -> PyResult {
    let count = chunks.len();
    let mut rows = Vec::with_capacity(count);
    for chunk in chunks {
        rows.push(vec![Scalar::Binary(codec::encode(interp, &Value::list(chunk))?)]);
    }
    let schema = value_schema();
    let batch = convert::batch_of(&rows, &schema)?;
    let output = LogicalPlan::unassigned(&schema);
    let plan = analyze(interp, LogicalPlan::LocalRelation { output, batch, partitions: Some(count) })?;
    let making = Making { kind, at: at.to_owned(), parents: Vec::new(), partitions: Some(plan.clone()) };
    let rdd = Rdd::over(plan, Input::Chunk).standing_for(making.made(interp));
    rdd.state.borrow_mut().piped = range;
    rdd.tell(interp, "parallelize", &plural(count as u64, "partition"), Vec::new())?;
    Ok(Value::object(rdd))
}

/// `sc.range(start, end, step, slices)`.
///
/// # Errors
/// `TypeError` for what is no whole number.
pub fn range(interp: &mut Interpreter, args: Args) -> PyResult {
    let [start, end, step, slices] = args.bind("range", ["start", "end", "step", "numSlices"], 1)?;
    let whole = |value: Option<Value>| given(value).and_then(|value| value.as_int());
    let first = whole(start).unwrap_or(0);
    let (start, stop) = whole(end).map_or((0, first), |end| (first, end));
    let step = whole(step).filter(|step| *step != 0).unwrap_or(1);
    let range = crate::pyspark::lang::value::Range { start, stop, step };
    let mut args = vec![Value::Range(std::rc::Rc::new(range))];
    args.extend(given(slices));
    parallelize(interp, Args::of(args))
}

/// `sc.emptyRDD()`.
///
/// # Errors
/// Never.
pub fn empty(interp: &mut Interpreter) -> PyResult {
    let origin = ("EmptyRDD", "emptyRDD at NativeMethodAccessorImpl.java:0");
    from_chunks_of(interp, vec![Vec::new()], false, origin)
}

/// What the methods do on real Spark that need classes of Java.
const OF_JAVA: &[(&str, &str)] = &[
    ("binaryFiles", "makes pairs of a file's name and its bytes"),
    ("binaryRecords", "cuts files into records of one length"),
    ("hadoopFile", "reads pairs with an InputFormat of Hadoop's older API"),
    ("hadoopRDD", "reads pairs with the InputFormat that a configuration names"),
    ("newAPIHadoopFile", "reads pairs with an InputFormat of Hadoop's newer API"),
    ("newAPIHadoopRDD", "reads pairs with the InputFormat that a configuration names"),
    ("pickleFile", "reads the values that saveAsPickleFile wrote"),
    ("saveAsHadoopDataset", "writes pairs as a configuration of Hadoop says"),
    ("saveAsHadoopFile", "writes pairs with an OutputFormat of Hadoop's older API"),
    ("saveAsNewAPIHadoopDataset", "writes pairs as a configuration of Hadoop says"),
    ("saveAsNewAPIHadoopFile", "writes pairs with an OutputFormat of Hadoop's newer API"),
    ("saveAsPickleFile", "writes the pickled values into a SequenceFile"),
    ("saveAsSequenceFile", "writes pairs into a SequenceFile of Hadoop"),
    ("sequenceFile", "reads pairs from a SequenceFile of Hadoop"),
];

/// The refusal of a method that needs classes of Java.
pub fn no_such_format(class: &str, method: &str) -> Raised {
    let does = OF_JAVA.iter().find(|(known, _)| *known == method).map_or("needs classes of Java", |(_, does)| *does);
    let instead = match class {
        "RDD" => "use saveAsTextFile, or rdd.toDF().write, which keeps the types",
        _ => "read files with spark.read or sc.textFile",
    };
    Raised::unsupported(format!("{class}.{method}"), format!("on real Spark it {does}; here {instead}"))
}

/// `sc.textFile(path)`.
///
/// # Errors
/// `Py4JJavaError` for a missing file.
pub fn text_file(interp: &mut Interpreter, args: Args) -> PyResult {
    let [name, splits, _unicode] = args.bind("textFile", ["name", "minPartitions", "use_unicode"], 1)?;
    let splits = match given(splits).and_then(|splits| splits.as_int()) {
        Some(splits) => splits,
        None => interp.host()?.application().default_parallelism.min(2) as i64,
    };
    read(interp, "name", name, Some(splits))
}

/// `sc.wholeTextFiles(path)`: pairs of a file's name and its text.
///
/// # Errors
/// `Py4JJavaError` for a missing folder.
pub fn whole_text_files(interp: &mut Interpreter, args: Args) -> PyResult {
    let [path, _partitions, _unicode] = args.bind("wholeTextFiles", ["path", "minPartitions", "use_unicode"], 1)?;
    read(interp, "path", path, None)
}

/// Reads text files: their lines in so many pieces, or each file whole.
fn read(interp: &mut Interpreter, argument: &str, path: Option<Value>, splits: Option<i64>) -> PyResult {
    let path = text_argument(interp, argument, &path.unwrap_or(Value::None))?;
    let paths = path.split(',').map(|path| path.trim().to_owned()).collect();
    let mut options = crate::common::conf::Options::default();
    let whole = splits.is_none();
    match splits {
        Some(splits) => options.set(LEAST_SPLITS, splits.max(1).to_string()),
        None => options.set("wholetext", "true"),
    }
    let request = ReadRequest { format: FileFormat::Text, paths, schema: None, options, texts: None };
    let host = interp.host()?;
    let plan =
        host.read_files(request).and_then(|plan| host.analyze(plan)).map_err(|error| match error.condition() {
            Some("PATH_NOT_FOUND") => SparkError::new(
                ErrorClass::Py4JJavaError,
                format!("org.apache.hadoop.mapred.InvalidInputException: Input path does not exist: {path}"),
            ),
            _ => error,
        })?;
    let step = host.step_made(if whole { "wholeTextFiles" } else { "textFile" }, &path, Vec::new());
    if !whole {
        if let Some(step) = step {
            host.computes(&plan, step);
        }
        return Ok(super::of_text_files(interp, &plan, &path));
    }
    let named = crate::logical::builder::project(
        &plan,
        vec![
            crate::logical::expr::Expr::call("input_file_name", Vec::new()).alias("name"),
            crate::logical::expr::Expr::column("value"),
        ],
    );
    let plan = interp.host()?.analyze(named)?;
    if let Some(step) = step {
        interp.host()?.computes(&plan, step);
    }
    let schema = std::sync::Arc::new(plan.schema());
    let rdd = Rdd::over(plan, Input::Frame(schema));
    Ok(Value::object(rdd.mapped("wholeTextFiles", Vec::new(), |interp, _, row| Ok(Value::tuple(interp.items(&row)?)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(count: i64, slices: usize, batch: usize) -> Vec<usize> {
        let items: Vec<Value> = (0..count).map(Value::Int).collect();
        chunks(&items, slices, batch).iter().map(Vec::len).collect()
    }

    #[test]
    fn lists_are_cut_in_batches_and_ranges_exactly() {
        assert_eq!(sizes(10, 4, 2), [2, 2, 2, 4]);
        assert_eq!(sizes(10, 4, 1), [2, 3, 2, 3]);
        assert_eq!(sizes(2, 3, 1), [0, 1, 1]);
    }
}
