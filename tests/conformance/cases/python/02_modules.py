import argparse
import hashlib
import logging
import sys
import time
from datetime import datetime
from functools import wraps

from pyspark.sql import SparkSession
from pyspark.sql.functions import udf
from pyspark.sql.types import StringType

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)-8s %(name)s | %(message)s")
log = logging.getLogger("etl.load")
log.info("start %s with %d rows", "job", 3)
log.debug("never")
logging.getLogger("etl").setLevel(logging.ERROR)
log.warning("quiet now")
log.error("loud")
logging.getLogger("py4j").setLevel(logging.ERROR)
own = logging.getLogger("own")
own.propagate = False
handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(logging.Formatter("[{levelname}] {message}", style="{"))
own.addHandler(handler)
own.info("through its own handler")
print(log.isEnabledFor(logging.INFO), logging.getLevelName(30), len(own.handlers), own.level, own.getEffectiveLevel())


class Upper(logging.Formatter):
    def format(self, record):
        return f"{record.levelname}:{record.getMessage().upper()}"


class Keep(logging.Handler):
    def __init__(self):
        super().__init__()
        self.kept = []

    def emit(self, record):
        self.kept.append(self.format(record))


keep = Keep()
keep.setFormatter(Upper())
own.addHandler(keep)
own.warning("kept %s", "too")
print(keep.kept)


def parse(*words):
    parser = argparse.ArgumentParser(description="a job")
    parser.add_argument("input")
    parser.add_argument("-n", "--limit", type=int, default=10, help="how many")
    parser.add_argument("--mode", choices=["fast", "safe"], default="safe")
    parser.add_argument("--tags", nargs="*", default=[])
    parser.add_argument("--level", nargs="?", const="high")
    parser.add_argument("-v", action="count", default=0)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--set", action="append")
    return parser.parse_args(list(words))


print(parse("in.csv"))
args = parse("x", "-n", "3", "--mode=fast", "--tags", "a", "b", "--level", "-vv", "--dry-run", "--set", "k=1", "--set", "j=2")
print(args, vars(args)["limit"] + 1, args.dry_run)
try:
    parse("x", "--mode", "slow")
except SystemExit as stop:
    print("exit", stop.code)

print(hashlib.md5(b"spark").hexdigest(), hashlib.sha256("é".encode("utf-8")).hexdigest()[:16], hashlib.sha1().hexdigest())
digest = hashlib.new("sha512")
digest.update(b"a")
print(digest.name, digest.digest_size, len(digest.digest()), digest.hexdigest()[:8])


def timed(function):
    @wraps(function)
    def inner(*given):
        started = time.time()
        answer = function(*given)
        assert time.time() >= started and datetime.now().year > 2000
        log.info("on an executor")
        return answer

    return inner


spark = SparkSession.builder.master("local[2]").getOrCreate()
frame = spark.createDataFrame([("a",), ("b",)], ["s"])
mask = udf(timed(lambda text: hashlib.sha256(text.encode()).hexdigest()[:6]), StringType())
frame.select("s", mask("s").alias("masked")).show()
