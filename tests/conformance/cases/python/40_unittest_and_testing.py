# unittest, pyspark.testing and codecs.
import codecs
import unittest
from pyspark.sql import Row, SparkSession
from pyspark.testing import assertDataFrameEqual, assertSchemaEqual


class Frames(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.spark = SparkSession.builder.appName("unittest").getOrCreate()

    def setUp(self):
        self.df = self.spark.createDataFrame([("a", 1), ("b", 2)], ["k", "v"])

    def test_rows(self):
        self.assertEqual(self.df.count(), 2)
        self.assertListEqual(self.df.columns, ["k", "v"])
        self.assertCountEqual([r.k for r in self.df.collect()], ["b", "a"])
        assertDataFrameEqual(self.df, [Row(k="b", v=2), Row(k="a", v=1)])

    def test_frames(self):
        assertSchemaEqual(self.df.schema, self.df.limit(1).schema)
        assertDataFrameEqual(self.df, self.df.orderBy("v", ascending=False))
        with self.assertRaises(AssertionError):
            assertDataFrameEqual(self.df, self.df.limit(1))

    def test_missing(self):
        with self.assertRaisesRegex(Exception, "UNRESOLVED_COLUMN") as context:
            self.df.select("nope")
        print(type(context.exception).__name__)

    def test_wrong(self):
        self.assertEqual(self.df.count(), 3, "rows")

    def test_broken(self):
        raise KeyError("k")

    def test_parts(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertNotEqual(i, 1)

    @unittest.skip("later")
    def test_later(self):
        self.fail("never")


for found in [lambda: Frames("test_rows").id(), lambda: unittest.TestLoader().getTestCaseNames(Frames)]:
    print(found())
with codecs.open("log.txt", "w", encoding="utf-8") as log:
    suite = unittest.TestLoader().loadTestsFromTestCase(Frames)
    result = unittest.TextTestRunner(stream=log).run(suite)
print(result.testsRun, len(result.failures), len(result.errors), len(result.skipped), result.wasSuccessful())
for case, text in result.failures + result.errors:
    print(case.id(), "|", text.strip().split("\n")[-1])
