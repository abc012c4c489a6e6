# Table functions of the script: what they make of rows and of tables, from Python and from SQL, and what is refused.
import contextlib
import io
import re
from dataclasses import dataclass

from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.functions import col, lit, udtf
from pyspark.sql.types import IntegerType, LongType, StringType, StructType
from pyspark.sql.udtf import (
    AnalyzeArgument,
    AnalyzeResult,
    OrderingColumn,
    PartitioningColumn,
    SelectedColumn,
    SkipRestOfInputTableException,
)

spark = SparkSession.builder.getOrCreate()


def tell(what, action):
    try:
        result = action()
        print(what, "->", result if result is not None else "fine")
    except Exception as error:
        condition = error.getCondition() if hasattr(error, "getCondition") else None
        print(what, "->", type(error).__name__, condition)


def plan(df):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        df.explain()
    for line in text.getvalue().splitlines():
        print(re.sub(r"plan_id=\d+", "plan_id=", re.sub(r"#\d+L?", "#", line)))


@udtf(returnType="number: int, next: int")
class PlusOne:
    def eval(self, x: int):
        yield x, x + 1


@udtf(returnType="k: bigint, n: int, total: bigint")
class Sums:
    def __init__(self):
        self.n = 0
        self.total = 0

    def eval(self, row: Row):
        self.k = row["k"]
        self.n += 1
        self.total += row["v"]

    def terminate(self):
        yield self.k, self.n, self.total


df = spark.createDataFrame([(1, 10), (2, 20), (1, 30), (2, 5), (3, 7)], ["k", "v"])
df.createOrReplaceTempView("t")
spark.udtf.register("plus_one", PlusOne)
spark.udtf.register("sums", Sums)

print(type(PlusOne).__name__, PlusOne.evalType, PlusOne.deterministic, PlusOne.returnType)
print(PlusOne.asDeterministic().deterministic, udtf(PlusOne.func, returnType="a: int, b: int", useArrow=False).evalType)
PlusOne(lit(1)).show()
PlusOne(lit(1)).printSchema()
plan(PlusOne(lit(1)).where("number = 1").select("next"))
plan(udtf(PlusOne.func, returnType="a: int, b: int", useArrow=False)(lit(1)))
ids = spark.range(4)
ids.lateralJoin(PlusOne(col("id").cast("int").outer())).orderBy("id").show()
ids.lateralJoin(PlusOne(col("id").cast("int").outer()), col("number") > 1, "left").orderBy("id").show()
plan(ids.lateralJoin(PlusOne(col("id").cast("int").outer())))

Sums(df.asTable().partitionBy("k")).orderBy("k").show()
Sums(df.asTable().withSinglePartition().orderBy("k", "v")).show()
plan(Sums(df.asTable().partitionBy("k").orderBy(F.desc("v"))))
plan(Sums(df.asTable().withSinglePartition().orderBy("k")))

spark.sql("SELECT * FROM sums(TABLE(t) PARTITION BY k ORDER BY v DESC) ORDER BY k").show()
spark.sql("SELECT * FROM sums(TABLE(SELECT * FROM t WHERE k < 3) WITH SINGLE PARTITION ORDER BY k)").show()
spark.sql("SELECT * FROM sums(TABLE(t) DISTRIBUTE BY (k, v)) ORDER BY k, total").show()
spark.sql("SELECT * FROM sums(row => TABLE(t) PARTITION BY k) ORDER BY k").show()
spark.sql("SELECT t.k, p.* FROM t, LATERAL plus_one(CAST(v AS INT)) p WHERE p.next > 10 AND k < 3 ORDER BY number").show()
spark.sql("SELECT k, number FROM t LEFT JOIN LATERAL plus_one(CAST(v AS INT)) p ON p.number > 10 ORDER BY k, number").show()
spark.sql("SELECT * FROM plus_one(x => 4) AS q(a, b)").show()
spark.sql("SELECT i, count(*) AS n FROM VALUES (1), (2) AS v(i), LATERAL plus_one(i) GROUP BY i ORDER BY i").show()
plan(spark.sql("SELECT t.k, p.* FROM t, LATERAL plus_one(CAST(v AS INT)) p WHERE p.next > 10 AND k < 3"))


class Told:
    @staticmethod
    def analyze(a: AnalyzeArgument, b: AnalyzeArgument, **more: AnalyzeArgument) -> AnalyzeResult:
        schema = StructType()
        for argument in [a, b, *more.values()]:
            name = f"{argument.dataType.simpleString()} {argument.value} {argument.isTable} {argument.isConstantExpression}"
            schema = schema.add(name, StringType())
        return AnalyzeResult(schema)

    def eval(self, a, b, **more):
        yield tuple(str(part) for part in [a, b, *more.values()])


told = udtf(Told)
print(told.returnType)
told(lit(5), F.upper(lit("a"))).show()
told(df.limit(1).asTable(), lit(2) + lit(3), c=lit(None)).show(truncate=False)
print(ids.lateralJoin(told(col("id").outer(), b=lit("x"))).columns)


@udtf
class First:
    @staticmethod
    def analyze(table: AnalyzeArgument) -> AnalyzeResult:
        return AnalyzeResult(
            StructType().add("k", LongType()).add("first", LongType()),
            partitionBy=[PartitioningColumn("k")],
            orderBy=[OrderingColumn("v", ascending=False)],
        )

    def __init__(self):
        self.first = None

    def eval(self, row):
        if self.first is None:
            self.first = row["v"]
        self.k = row["k"]

    def terminate(self):
        yield self.k, self.first


First(df.asTable()).orderBy("k").show()


@dataclass
class Prepared(AnalyzeResult):
    greeting: str = ""


@udtf
class Greets:
    @staticmethod
    def analyze(table: AnalyzeArgument) -> AnalyzeResult:
        return Prepared(
            StructType().add("said", StringType()),
            withSinglePartition=True,
            select=[SelectedColumn("v + 1", alias="w")],
            greeting="hello",
        )

    def __init__(self, prepared):
        self.prepared = prepared
        self.n = 0

    def eval(self, row):
        self.n += 1
        yield f"{self.prepared.greeting} {row['w']}",
        if self.n == 2:
            raise SkipRestOfInputTableException("enough")

    def terminate(self):
        yield f"{self.n} rows",


Greets(df.where("k = 1").asTable()).orderBy("said").show()


@udtf(returnType="kind: string, text: string")
class Kinds:
    def eval(self, value):
        yield type(value).__name__, str(value)


Kinds(F.array(lit(1), lit(2))).union(Kinds(F.struct(lit(1).alias("a")))).show()
Kinds(df.limit(1).asTable().partitionBy("k")).show()


@udtf(returnType="a: bigint")
class Counted:
    def eval(self, x):
        yield x

    def terminate(self):
        yield -1


spark.range(0, 6, 1, 2).lateralJoin(Counted(col("id").outer())).show()
Sums(df.where("k > 100").asTable().withSinglePartition()).show()


def gives(value, schema="a: int"):
    class Gives:
        def eval(self, x):
            return value

    return udtf(Gives, returnType=schema)


for value in [None, [(1,), (2,)], [1], [(None,)], [Row(a=1)]]:
    print(value, gives(value)(lit(0)).collect())
print(gives([(1, [2], {3: "q"}, (4, "w"))], "a: int, b: array<int>, c: map<int,string>, d: struct<p:int,q:string>")(lit(0)).collect())
for value in [1, [(1, 2)], [("a",)], [[7]]]:
    tell(value, lambda value=value: gives(value)(lit(0)).collect())
tell("not null", lambda: gives([(None,)], "a: int not null")(lit(0)).collect())
tell("too many", lambda: PlusOne(lit(1), lit(2)).collect())
tell("too few", lambda: PlusOne().collect())
tell("raises", lambda: PlusOne(lit("x")).collect())


class NoEval:
    pass


class Plain:
    def eval(self, x):
        yield x,


class Both(Plain):
    @staticmethod
    def analyze(x):
        return AnalyzeResult(StructType().add("a", IntegerType()))


class NotStatic(Plain):
    def analyze(self, x):
        return AnalyzeResult(StructType().add("a", IntegerType()))


class Fails(Plain):
    @staticmethod
    def analyze(x):
        raise ValueError("no")


class Wrong(Plain):
    @staticmethod
    def analyze(x):
        return 5


class Confused(Plain):
    @staticmethod
    def analyze(x):
        return AnalyzeResult(
            StructType().add("a", IntegerType()), withSinglePartition=True, partitionBy=[PartitioningColumn("k")]
        )


class OnlyOrder(Plain):
    @staticmethod
    def analyze(x):
        return AnalyzeResult(StructType().add("a", IntegerType()), orderBy=[OrderingColumn("k")])


tell("no eval", lambda: udtf(NoEval, returnType="a: int"))
tell("no class", lambda: udtf(1, returnType="a: int"))
tell("no type", lambda: udtf(Plain))
tell("two types", lambda: udtf(Both, returnType="a: int"))
tell("not static", lambda: udtf(NotStatic))
tell("no struct", lambda: udtf(Plain, returnType="int")(lit(1)))
tell("analyze fails", lambda: udtf(Fails)(lit(1)))
tell("analyze gives 5", lambda: udtf(Wrong)(lit(1)))
tell("analyze of too many", lambda: udtf(Both)(lit(1), lit(2)))
tell("confused", lambda: udtf(Confused)(df.asTable()))
tell("only an order", lambda: udtf(OnlyOrder)(df.asTable()))
tell("grouped twice", lambda: First(df.asTable().partitionBy("v")))
tell("no table", lambda: udtf(Confused)(lit(1)))
tell("a number", lambda: PlusOne(1))
tell("a column", lambda: PlusOne("x"))
tell("two tables", lambda: told(df.asTable(), df.asTable()))
tell("order first", lambda: df.asTable().orderBy("k"))
tell("partition twice", lambda: df.asTable().partitionBy("k").withSinglePartition())
tell("unknown key", lambda: Sums(df.asTable().partitionBy("nope")))
tell("register a class", lambda: spark.udtf.register("plain", Plain))
for text in [
    "SELECT plus_one(4)",
    "SELECT * FROM upper('a')",
    "SELECT * FROM nothing(1)",
    "SELECT * FROM plus_one(4) AS t(a)",
    "SELECT * FROM sums(t)",
    "SELECT * FROM sums(TABLE t)",
    "SELECT * FROM sums(TABLE(t) PARTITION BY k WITH SINGLE PARTITION)",
    "SELECT * FROM sums(TABLE(t) ORDER BY k)",
    "SELECT * FROM sums(TABLE(nope))",
    "SELECT * FROM plus_one(x => 1, 2)",
    "SELECT * FROM plus_one(x => 1, x => 2)",
]:
    tell(text, lambda text=text: spark.sql(text).collect())
print(spark.catalog.functionExists("plus_one"))
