"""nearestByJoin and the as-of join: the rows of another frame that are nearest."""
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()
users = spark.createDataFrame([(1, 10), (2, 25), (3, None)], ["uid", "score"])
products = spark.createDataFrame([("a", 11), ("b", 22), ("c", 30), ("d", 8)], ["name", "points"])


def show(act, *order):
    try:
        act().orderBy(*order).show()
    except Exception as error:
        condition = getattr(error, "getCondition", lambda: None)()
        parameters = (getattr(error, "getMessageParameters", lambda: None)() or {}) if condition else {}
        print(type(error).__name__, condition, sorted(parameters.items()))


distance = F.abs(users.score - products.points)
for options in [
    {"numResults": 1, "mode": "approx", "direction": "distance"},
    {"numResults": 2, "mode": "exact", "direction": "distance"},
    {"numResults": 2, "mode": "exact", "direction": "similarity"},
    {"numResults": 1, "mode": "exact", "direction": "distance", "joinType": "leftouter"},
    {"numResults": 0, "mode": "exact", "direction": "distance"},
    {"numResults": 100001, "mode": "exact", "direction": "distance"},
    {"numResults": 1, "mode": "bad", "direction": "distance"},
    {"numResults": 1, "mode": "exact", "direction": "bad"},
    {"numResults": 1, "mode": "exact", "direction": "distance", "joinType": "right"},
]:
    show(lambda: users.nearestByJoin(products, distance, **options), "uid", "name")
near = users.nearestByJoin(products, distance, numResults=1, mode="exact", direction="distance")
near.printSchema()
print(near.columns, near.select(users.uid, products.name).orderBy("uid").collect())

left = spark.createDataFrame([(1, "a"), (5, "b"), (10, "c")], ["a", "left_val"])
right = spark.createDataFrame([(1, 1), (2, 2), (3, 3), (6, 6), (7, 7)], ["a", "right_val"])
for options in [
    {},
    {"tolerance": F.lit(1)},
    {"how": "left", "tolerance": F.lit(1)},
    {"allowExactMatches": False},
    {"direction": "forward"},
    {"direction": "forward", "tolerance": F.lit(1), "how": "left"},
    {"direction": "nearest"},
    {"direction": "nearest", "allowExactMatches": False, "tolerance": F.lit(2)},
    {"direction": "sideways"},
    {"how": "right"},
]:
    show(
        lambda: left._joinAsOf(right, leftAsOfColumn="a", rightAsOfColumn="a", **options).select(
            left.a, "left_val", "right_val"
        ),
        "left_val",
    )
quotes = spark.createDataFrame([("x", 1, 100), ("x", 4, 110), ("y", 2, 50)], ["sym", "t", "bid"])
trades = spark.createDataFrame([("x", 3, 7), ("x", 5, 8), ("y", 1, 9)], ["sym", "t", "size"])
show(
    lambda: trades._joinAsOf(quotes, trades.t, quotes.t, on="sym", how="left").select(trades.sym, "size", "bid"),
    "sym",
    "size",
)
spark.stop()
