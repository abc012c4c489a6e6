# Python's unittest, in the parts that scripts use: cases with their assertions, suites, the loader, the runner that writes
# text, and main.
import re
import sys
import time
import traceback


class SkipTest(Exception):
    pass


def skip(reason):
    def decorate(item):
        item.__unittest_skip__ = True
        item.__unittest_skip_why__ = reason
        return item

    return decorate


def skipIf(condition, reason):
    return skip(reason) if condition else (lambda item: item)


def skipUnless(condition, reason):
    return (lambda item: item) if condition else skip(reason)


def expectedFailure(item):
    item.__unittest_expecting_failure__ = True
    return item


class _Raises:
    def __init__(self, case, expected, pattern=None):
        self.case = case
        self.expected = expected
        self.pattern = pattern
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            names = self.expected if isinstance(self.expected, tuple) else (self.expected,)
            raise self.case.failureException("%s not raised" % ", ".join([n.__name__ for n in names]))
        if not isinstance(value, self.expected):
            return False
        self.exception = value
        if self.pattern is not None and not re.search(self.pattern, str(value)):
            raise self.case.failureException('"%s" does not match "%s"' % (self.pattern, str(value)))
        return True


class _SubTest:
    def __init__(self, case, message, params):
        self.case = case
        parts = []
        if message is not None:
            parts.append("[%s]" % message)
        if params:
            parts.append("(%s)" % ", ".join(["%s=%r" % (k, v) for k, v in params.items()]))
        self.name = " ".join(parts) or "(<subtest>)"

    def __enter__(self):
        return None

    def __exit__(self, kind, value, trace):
        result = self.case._result
        if kind is None or result is None or isinstance(value, SkipTest):
            return False
        case = _Part(self.case, self.name)
        if isinstance(value, self.case.failureException):
            result.failures.append((case, _told(value)))
        else:
            result.errors.append((case, _told(value)))
        self.case._parts_failed = True
        result._say("F", "\n  %s ... FAIL" % case)
        return True


def _told(error):
    text = traceback.format_exc()
    if not text or text.startswith("NoneType"):
        text = "Traceback (most recent call last):\n%s: %s\n" % (type(error).__name__, error)
    return text


class TestCase:
    failureException = AssertionError
    longMessage = True
    maxDiff = 640

    def __init__(self, methodName="runTest"):
        self._testMethodName = methodName
        self._cleanups = []
        self._result = None
        self._parts_failed = False

    def setUp(self):
        pass

    def tearDown(self):
        pass

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def id(self):
        return "%s.%s.%s" % (type(self).__module__, type(self).__name__, self._testMethodName)

    def shortDescription(self):
        text = getattr(type(self), self._testMethodName).__doc__
        return text.strip().split("\n")[0].strip() if text else None

    def __str__(self):
        return "%s (%s)" % (self._testMethodName, self.id())

    def countTestCases(self):
        return 1

    def addCleanup(self, function, *args, **kwargs):
        self._cleanups.append((function, args, kwargs))

    def skipTest(self, reason):
        raise SkipTest(reason)

    def fail(self, msg=None):
        raise self.failureException(msg)

    def subTest(self, msg=None, **params):
        return _SubTest(self, msg, params)

    def run(self, result=None):
        if result is None:
            result = TestResult()
        self._result = result
        method = getattr(self, self._testMethodName)
        result.startTest(self)
        function = getattr(type(self), self._testMethodName)
        for item in (type(self), function):
            if getattr(item, "__unittest_skip__", False):
                result.addSkip(self, item.__unittest_skip_why__)
                return result
        expected = getattr(function, "__unittest_expecting_failure__", False)
        self._parts_failed = False
        passed = False
        try:
            self.setUp()
            try:
                method()
                passed = True
            finally:
                self.tearDown()
        except SkipTest as error:
            result.addSkip(self, str(error))
            passed = None
        except self.failureException as error:
            passed = False
            if expected:
                result.addExpectedFailure(self, _told(error))
            else:
                result.addFailure(self, _told(error))
        except Exception as error:
            passed = False
            if expected:
                result.addExpectedFailure(self, _told(error))
            else:
                result.addError(self, _told(error))
        while self._cleanups:
            function, args, kwargs = self._cleanups.pop()
            function(*args, **kwargs)
        if passed and not self._parts_failed:
            if expected:
                result.addUnexpectedSuccess(self)
            else:
                result.addSuccess(self)
        return result

    def __call__(self, result=None):
        return self.run(result)

    def debug(self):
        self.setUp()
        getattr(self, self._testMethodName)()
        self.tearDown()

    def _fail(self, msg, standard):
        raise self.failureException(standard if msg is None else "%s : %s" % (standard, msg))

    def assertTrue(self, expr, msg=None):
        if not expr:
            self._fail(msg, "%r is not true" % (expr,))

    def assertFalse(self, expr, msg=None):
        if expr:
            self._fail(msg, "%r is not false" % (expr,))

    def assertEqual(self, first, second, msg=None):
        if not first == second:
            if isinstance(first, list) and isinstance(second, list):
                self._lists(first, second, msg, "Lists")
            if isinstance(first, tuple) and isinstance(second, tuple):
                self._lists(first, second, msg, "Tuples")
            self._fail(msg, "%r != %r" % (first, second))

    def _lists(self, first, second, msg, kind):
        text = "%s differ: %r != %r" % (kind, first, second)
        for i in range(min(len(first), len(second))):
            if first[i] != second[i]:
                self._fail(msg, "%s\n\nFirst differing element %d:\n%r\n%r" % (text, i, first[i], second[i]))
        which, more = ("First", first) if len(first) > len(second) else ("Second", second)
        at = min(len(first), len(second))
        count = abs(len(first) - len(second))
        kind = kind[:-1].lower()
        text += "\n\n%s %s contains %d additional elements.\nFirst extra element %d:\n%r" % (which, kind, count, at, more[at])
        self._fail(msg, text)

    def assertNotEqual(self, first, second, msg=None):
        if not first != second:
            self._fail(msg, "%r == %r" % (first, second))

    def assertAlmostEqual(self, first, second, places=None, msg=None, delta=None):
        if first == second:
            return
        diff = abs(first - second)
        if delta is not None:
            if diff > delta:
                self._fail(msg, "%r != %r within %r delta (%r difference)" % (first, second, delta, diff))
            return
        places = 7 if places is None else places
        if round(diff, places) != 0:
            self._fail(msg, "%r != %r within %r places (%r difference)" % (first, second, places, diff))

    def assertNotAlmostEqual(self, first, second, places=None, msg=None, delta=None):
        diff = abs(first - second)
        close = diff <= delta if delta is not None else round(diff, 7 if places is None else places) == 0
        if first == second or close:
            self._fail(msg, "%r == %r within %r places" % (first, second, 7 if places is None else places))

    def assertListEqual(self, list1, list2, msg=None):
        self._same_kind(list1, list2, list, "list")
        self.assertEqual(list1, list2, msg)

    def assertTupleEqual(self, tuple1, tuple2, msg=None):
        self._same_kind(tuple1, tuple2, tuple, "tuple")
        self.assertEqual(tuple1, tuple2, msg)

    def assertDictEqual(self, d1, d2, msg=None):
        self._same_kind(d1, d2, dict, "dict")
        self.assertEqual(d1, d2, msg)

    def assertSetEqual(self, set1, set2, msg=None):
        if set1 != set2:
            lines = []
            for title, items in (("first", set1 - set2), ("second", set2 - set1)):
                if items:
                    lines.append("Items in the %s set but not the %s:" % (title, "second" if title == "first" else "first"))
                    lines.extend([repr(item) for item in items])
            self._fail(msg, "\n".join(lines))

    def assertSequenceEqual(self, seq1, seq2, msg=None, seq_type=None):
        self.assertEqual(list(seq1), list(seq2), msg)

    def assertMultiLineEqual(self, first, second, msg=None):
        self.assertEqual(first, second, msg)

    def _same_kind(self, first, second, kind, name):
        for which, value in (("First", first), ("Second", second)):
            if not isinstance(value, kind):
                raise self.failureException("%s argument is not a %s: %r" % (which, name, value))

    def assertCountEqual(self, first, second, msg=None):
        first, second = list(first), list(second)
        rest = list(second)
        missing = []
        for item in first:
            if item in rest:
                rest.remove(item)
            else:
                missing.append(item)
        if missing or rest:
            lines = ["Element counts were not equal:"]
            for item in missing + rest:
                line = "First has %d, Second has %d:  %r" % (first.count(item), second.count(item), item)
                if line not in lines:
                    lines.append(line)
            self._fail(msg, "\n".join(lines))

    def assertIn(self, member, container, msg=None):
        if member not in container:
            self._fail(msg, "%r not found in %r" % (member, container))

    def assertNotIn(self, member, container, msg=None):
        if member in container:
            self._fail(msg, "%r unexpectedly found in %r" % (member, container))

    def assertIs(self, expr1, expr2, msg=None):
        if expr1 is not expr2:
            self._fail(msg, "%r is not %r" % (expr1, expr2))

    def assertIsNot(self, expr1, expr2, msg=None):
        if expr1 is expr2:
            self._fail(msg, "unexpectedly identical: %r" % (expr1,))

    def assertIsNone(self, obj, msg=None):
        if obj is not None:
            self._fail(msg, "%r is not None" % (obj,))

    def assertIsNotNone(self, obj, msg=None):
        if obj is None:
            self._fail(msg, "unexpectedly None")

    def assertIsInstance(self, obj, cls, msg=None):
        if not isinstance(obj, cls):
            self._fail(msg, "%r is not an instance of %r" % (obj, cls))

    def assertNotIsInstance(self, obj, cls, msg=None):
        if isinstance(obj, cls):
            self._fail(msg, "%r is an instance of %r" % (obj, cls))

    def assertGreater(self, a, b, msg=None):
        if not a > b:
            self._fail(msg, "%r not greater than %r" % (a, b))

    def assertGreaterEqual(self, a, b, msg=None):
        if not a >= b:
            self._fail(msg, "%r not greater than or equal to %r" % (a, b))

    def assertLess(self, a, b, msg=None):
        if not a < b:
            self._fail(msg, "%r not less than %r" % (a, b))

    def assertLessEqual(self, a, b, msg=None):
        if not a <= b:
            self._fail(msg, "%r not less than or equal to %r" % (a, b))

    def assertRegex(self, text, expected_regex, msg=None):
        if not re.search(expected_regex, text):
            self._fail(msg, "Regex didn't match: %r not found in %r" % (expected_regex, text))

    def assertNotRegex(self, text, unexpected_regex, msg=None):
        found = re.search(unexpected_regex, text)
        if found:
            self._fail(msg, "Regex matched: %r matches %r in %r" % (found.group(0), unexpected_regex, text))

    def assertRaises(self, expected_exception, *args, **kwargs):
        return self._raises(_Raises(self, expected_exception), args, kwargs)

    def assertRaisesRegex(self, expected_exception, expected_regex, *args, **kwargs):
        return self._raises(_Raises(self, expected_exception, expected_regex), args, kwargs)

    def _raises(self, context, args, kwargs):
        if not args:
            return context
        with context:
            args[0](*args[1:], **kwargs)
        return None


class _Part:
    # One part of a case, as subTest names it.
    def __init__(self, case, name):
        self.case = case
        self.name = name

    def id(self):
        return "%s %s" % (self.case.id(), self.name)

    def shortDescription(self):
        return self.case.shortDescription()

    def __str__(self):
        return "%s %s" % (self.case, self.name)


class TestSuite:
    def __init__(self, tests=()):
        self._tests = list(tests)

    def addTest(self, test):
        self._tests.append(test)

    def addTests(self, tests):
        for test in tests:
            self.addTest(test)

    def __iter__(self):
        return iter(self._tests)

    def countTestCases(self):
        return sum([test.countTestCases() for test in self._tests])

    def _cases(self):
        cases = []
        for test in self._tests:
            if isinstance(test, TestSuite):
                cases.extend(test._cases())
            else:
                cases.append(test)
        return cases

    def run(self, result):
        current = None
        ready = True
        for case in self._cases():
            kind = type(case)
            if kind is not current:
                if current is not None and ready:
                    current.tearDownClass()
                current = kind
                ready = True
                if not getattr(kind, "__unittest_skip__", False):
                    try:
                        kind.setUpClass()
                    except SkipTest as error:
                        ready = False
                        result.addSkip(case, str(error))
                    except Exception as error:
                        ready = False
                        result.addError(_Holder("setUpClass (%s.%s)" % (kind.__module__, kind.__name__)), _told(error))
            if ready:
                case.run(result)
            if result.shouldStop:
                break
        if current is not None and ready and not getattr(current, "__unittest_skip__", False):
            current.tearDownClass()
        return result

    def __call__(self, result):
        return self.run(result)


class _Holder:
    def __init__(self, name):
        self.name = name

    def id(self):
        return self.name

    def shortDescription(self):
        return None

    def __str__(self):
        return self.name


class TestResult:
    def __init__(self, stream=None, descriptions=True, verbosity=1, failfast=False):
        self.stream = stream
        self.verbosity = verbosity
        self.failfast = failfast
        self.shouldStop = False
        self.testsRun = 0
        self.failures = []
        self.errors = []
        self.skipped = []
        self.expectedFailures = []
        self.unexpectedSuccesses = []

    def _say(self, short, long):
        if self.stream is None:
            return
        if self.verbosity > 1:
            self.stream.write(long + "\n")
        elif self.verbosity == 1:
            self.stream.write(short)

    def startTest(self, test):
        self.testsRun += 1
        if self.stream is not None and self.verbosity > 1:
            self.stream.write("%s ... " % test)

    def addSuccess(self, test):
        self._say(".", "ok")

    def addFailure(self, test, err):
        self.failures.append((test, err))
        self._say("F", "FAIL")
        self.shouldStop = self.shouldStop or self.failfast

    def addError(self, test, err):
        self.errors.append((test, err))
        self._say("E", "ERROR")
        self.shouldStop = self.shouldStop or self.failfast

    def addSkip(self, test, reason):
        self.skipped.append((test, reason))
        self._say("s", "skipped %r" % reason)

    def addExpectedFailure(self, test, err):
        self.expectedFailures.append((test, err))
        self._say("x", "expected failure")

    def addUnexpectedSuccess(self, test):
        self.unexpectedSuccesses.append(test)
        self._say("u", "unexpected success")

    def wasSuccessful(self):
        return not self.failures and not self.errors and not self.unexpectedSuccesses

    def stop(self):
        self.shouldStop = True


TextTestResult = TestResult


class TestLoader:
    testMethodPrefix = "test"

    def getTestCaseNames(self, testCaseClass):
        return sorted([name for name in dir(testCaseClass) if name.startswith(self.testMethodPrefix)])

    def loadTestsFromTestCase(self, testCaseClass):
        return TestSuite([testCaseClass(name) for name in self.getTestCaseNames(testCaseClass)])

    def loadTestsFromName(self, name, module=None):
        return _named(__import__("__main__") if module is None else module, name)

    def loadTestsFromNames(self, names, module=None):
        return TestSuite([self.loadTestsFromName(name, module) for name in names])

    def loadTestsFromModule(self, module):
        return _suite_of([getattr(module, name) for name in dir(module)])


defaultTestLoader = TestLoader()


def _suite_of(values):
    suites = []
    for value in values:
        if isinstance(value, type) and issubclass(value, TestCase) and value is not TestCase:
            suites.append(defaultTestLoader.loadTestsFromTestCase(value))
    return TestSuite(suites)


def makeSuite(testCaseClass, prefix="test"):
    return defaultTestLoader.loadTestsFromTestCase(testCaseClass)


class TextTestRunner:
    def __init__(self, stream=None, descriptions=True, verbosity=1, failfast=False, buffer=False, **other):
        self.stream = sys.stderr if stream is None else stream
        self.verbosity = verbosity
        self.failfast = failfast

    def run(self, test):
        result = TestResult(self.stream, True, self.verbosity, self.failfast)
        start = time.time()
        test(result)
        taken = time.time() - start
        write = self.stream.write
        write("\n")
        for title, found in (("ERROR", result.errors), ("FAIL", result.failures)):
            for case, text in found:
                write("=" * 70 + "\n%s: %s\n" % (title, case) + "-" * 70 + "\n%s\n" % text)
        write("-" * 70 + "\n")
        write("Ran %d test%s in %.3fs\n\n" % (result.testsRun, "" if result.testsRun == 1 else "s", taken))
        notes = []
        if not result.wasSuccessful():
            if result.failures:
                notes.append("failures=%d" % len(result.failures))
            if result.errors:
                notes.append("errors=%d" % len(result.errors))
        if result.skipped:
            notes.append("skipped=%d" % len(result.skipped))
        if result.expectedFailures:
            notes.append("expected failures=%d" % len(result.expectedFailures))
        if result.unexpectedSuccesses:
            notes.append("unexpected successes=%d" % len(result.unexpectedSuccesses))
        write("OK" if result.wasSuccessful() else "FAILED")
        write(" (%s)\n" % ", ".join(notes) if notes else "\n")
        return result


def main(module="__main__", defaultTest=None, argv=None, testRunner=None, testLoader=None, exit=True, verbosity=1, failfast=None, **other):
    space = __import__(module) if isinstance(module, str) else module
    argv = sys.argv if argv is None else argv
    words = [word for word in argv[1:] if not word.startswith("-")]
    if "-v" in argv[1:] or "--verbose" in argv[1:]:
        verbosity = 2
    if defaultTest is not None and not words:
        words = [defaultTest] if isinstance(defaultTest, str) else list(defaultTest)
    if words:
        suite = TestSuite([_named(space, word) for word in words])
    else:
        suite = defaultTestLoader.loadTestsFromModule(space)
    runner = TextTestRunner(verbosity=verbosity) if testRunner is None else testRunner
    if isinstance(runner, type):
        runner = runner(verbosity=verbosity)
    result = runner.run(suite)
    if exit:
        sys.exit(0 if result.wasSuccessful() else 1)
    program = TestProgram()
    program.result = result
    return program


class TestProgram:
    result = None


def _named(space, name):
    kind, _, method = name.partition(".")
    case = getattr(space, kind)
    return case(method) if method else defaultTestLoader.loadTestsFromTestCase(case)
