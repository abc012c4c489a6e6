import csv
import json
import os
import shutil
from pathlib import Path

from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[2]").appName("files").getOrCreate()
base = Path("made_here")
base.mkdir(exist_ok=True)
people = base / "people.csv"
rows = [[1, "Ann", 3.5], [2, 'say "hi", Bob', None], [3, "two\nlines", 0.1]]
with open(people, "w", newline="", encoding="utf-8") as handle:
    writer = csv.writer(handle)
    writer.writerow(["id", "name", "score"])
    writer.writerows(rows)
    print(handle.closed, handle.name)
with open(people, newline="") as handle:
    for row in csv.reader(handle):
        print(row)
with open(people, newline="") as handle:
    reader = csv.DictReader(handle)
    print(reader.fieldnames, [dict(row) for row in reader])
spark.read.csv(str(people), header=True, multiLine=True, escape='"').orderBy("id").show()

with open("made_here/log.txt", "w") as log:
    log.write("first\n")
    print("second", 2, sep="-", file=log)
    log.writelines(["third\n", "fourth\n"])
with open("made_here/log.txt", "a") as log:
    print(log.write("fifth\n"))
print(open("made_here/log.txt").read().splitlines())
spark.read.text("made_here/log.txt").filter("value like 'f%'").show()

with open("made_here/docs.json", "w") as out:
    for doc in [{"k": "a", "n": [1, 2]}, {"k": "b", "n": []}]:
        out.write(json.dumps(doc) + "\n")
spark.read.json("made_here/docs.json").show()
with open("made_here/one.json", "w") as out:
    json.dump({"k": {"x": 1}}, out, indent=2)
print(json.load(open("made_here/one.json")))

with open("made_here/dicts.csv", "w", newline="") as handle:
    writer = csv.DictWriter(handle, fieldnames=["a", "b"], delimiter=";")
    writer.writeheader()
    writer.writerow({"a": 1, "b": "x;y"})
    writer.writerow({"a": 2})
    try:
        writer.writerow({"zz": 2})
    except ValueError as error:
        print("ValueError:", error)
print(repr(Path("made_here/dicts.csv").read_text()))

print(Path("made_here/note.txt").write_text("hello"), os.path.getsize("made_here/note.txt"))
shutil.copy("made_here/note.txt", "made_here/copy.txt")
os.remove("made_here/note.txt")
print(sorted(os.listdir("made_here")))
for attempt in (
    lambda: open("made_here/copy.txt", "x"),
    lambda: open("made_here/none.txt"),
    lambda: os.makedirs("made_here"),
    lambda: os.listdir("nowhere"),
    lambda: shutil.rmtree("nowhere"),
    lambda: open("made_here/copy.txt", "w").write(5),
):
    try:
        attempt()
    except (OSError, TypeError) as error:
        print(type(error).__name__, error)
shutil.rmtree("nowhere", ignore_errors=True)
shutil.rmtree("made_here")
print(os.path.exists("made_here"))
