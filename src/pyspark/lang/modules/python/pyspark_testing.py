# pyspark.testing: comparing frames and schemas in tests.
from decimal import Decimal
from pyspark.errors import PySparkAssertionError
from pyspark.sql import DataFrame, Row
from pyspark.sql.functions import col, when
from pyspark.sql.types import ArrayType, DecimalType, MapType, StructField, StructType

__all__ = ["assertDataFrameEqual", "assertSchemaEqual"]


def _same_type(a, b):
    if a.typeName() != b.typeName():
        return False
    if isinstance(a, ArrayType):
        return _same_type(a.elementType, b.elementType)
    if isinstance(a, MapType):
        return _same_type(a.keyType, b.keyType) and _same_type(a.valueType, b.valueType)
    if isinstance(a, DecimalType):
        return a.precision == b.precision and a.scale == b.scale
    if isinstance(a, StructType):
        return _same_fields(a, b)
    return True


def _same_fields(a, b):
    if len(a.fields) != len(b.fields):
        return False
    return all([x.name == y.name and _same_type(x.dataType, y.dataType) for x, y in zip(a.fields, b.fields)])


def _numbered(schema):
    return StructType([StructField(str(i), f.dataType, f.nullable) for i, f in enumerate(schema.fields)])


def _by_name(schema):
    return StructType(sorted(schema.fields, key=lambda field: field.name))


def _refuse(condition, text):
    raise PySparkAssertionError("[%s] %s" % (condition, text))


def assertSchemaEqual(actual, expected, ignoreNullable=True, ignoreColumnOrder=False, ignoreColumnName=False):
    for name, value in (("actual", actual), ("expected", expected)):
        if not isinstance(value, StructType):
            _refuse("UNSUPPORTED_DATA_TYPE", "%s must be a StructType, not %s." % (name, type(value)))
    if ignoreColumnOrder:
        actual, expected = _by_name(actual), _by_name(expected)
    if ignoreColumnName:
        actual, expected = _numbered(actual), _numbered(expected)
    same = _same_fields(actual, expected) if ignoreNullable else actual == expected
    if not same:
        _refuse("DIFFERENT_SCHEMA", "Schemas do not match.\n--- actual\n+++ expected\n- %s\n+ %s" % (actual, expected))


def assertDataFrameEqual(
    actual,
    expected,
    checkRowOrder=False,
    rtol=1e-5,
    atol=1e-8,
    ignoreNullable=True,
    ignoreColumnOrder=False,
    ignoreColumnName=False,
    ignoreColumnType=False,
    maxErrors=None,
    showOnlyDiff=False,
    includeDiffRows=False,
):
    if actual is None and expected is None:
        return True
    for name, value in (("actual", actual), ("expected", expected)):
        if not isinstance(value, (DataFrame, list)):
            kind = None if value is None else type(value)
            wanted = "Expected type Union[DataFrame, ps.DataFrame, List[Row]] for `%s` but got type %s." % (name, kind)
            _refuse("INVALID_TYPE_DF_EQUALITY_ARG", wanted)
    if ignoreColumnOrder:
        actual, expected = actual.select(*sorted(actual.columns)), expected.select(*sorted(expected.columns))
    if ignoreColumnName:
        actual = actual.toDF(*[str(i) for i in range(len(actual.columns))])
        expected = expected.toDF(*[str(i) for i in range(len(expected.columns))])
    if ignoreColumnType:
        actual, expected = _as_text(actual), _as_text(expected)
    if isinstance(actual, DataFrame) and isinstance(expected, DataFrame):
        assertSchemaEqual(actual.schema, expected.schema, ignoreNullable)
    left = actual if isinstance(actual, list) else actual.collect()
    right = expected if isinstance(expected, list) else expected.collect()
    if not checkRowOrder:
        left, right = sorted(left, key=str), sorted(right, key=str)
    pairs = _pairs(left, right, checkRowOrder, rtol, atol)
    different = [(a, b) for a, b, same in pairs if not same]
    if not different:
        return None
    if maxErrors is not None:
        different = different[:maxErrors]
    total = max(len(left), len(right))
    lines = ["Results do not match: ( %.5f %% )" % (len(different) * 100 / total), "*** actual ***"]
    shown = different if showOnlyDiff else [(a, b) for a, b, same in pairs]
    lines.extend([("  " if (a, b) not in different else "! ") + str(a) for a, b in shown if a is not None])
    lines.append("*** expected ***")
    lines.extend([("  " if (a, b) not in different else "! ") + str(b) for a, b in shown if b is not None])
    _refuse("DIFFERENT_ROWS", "\n".join(lines))


def _pairs(left, right, in_order, rtol, atol):
    # Rows side by side: one that is on one side only stands beside None.
    pairs = []
    i = j = 0
    walk = not in_order and len(left) != len(right)
    while i < len(left) or j < len(right):
        a = left[i] if i < len(left) else None
        b = right[j] if j < len(right) else None
        same = a is not None and b is not None and _same(a, b, rtol, atol)
        if walk and not same and a is not None and b is not None:
            if str(a) < str(b):
                b = None
            elif str(a) > str(b):
                a = None
        pairs.append((a, b, same))
        i += 0 if a is None else 1
        j += 0 if b is None else 1
    return pairs


def _same(a, b, rtol, atol):
    if isinstance(a, Row) and isinstance(b, Row) or isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all([_same(x, y, rtol, atol) for x, y in zip(a, b)])
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all([_same(a[k], b[k], rtol, atol) for k in a])
    if isinstance(a, float) and isinstance(b, float):
        return a == b or abs(a - b) <= atol + rtol * abs(b)
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        return abs(a - b) <= Decimal(str(atol)) + Decimal(str(rtol)) * abs(b)
    return a == b


def _as_text(frame):
    for name in frame.columns:
        value = col(name)
        whole = value.cast("float").isNotNull() & (value.cast("float") == value.cast("int"))
        frame = frame.withColumn(name, when(whole, value.cast("int").cast("string")).otherwise(value.cast("string")))
    return frame
