//! How types, values, expressions and plans are written: Spark's spelling.
