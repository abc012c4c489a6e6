# pytest, as far as a file of tests needs it to be read and its functions to be called; the tests are run by pytest itself.
import re


def _named(function):
    return function


def fixture(function=None, **options):
    return _named if function is None else function


class _Mark:
    def __init__(self, name):
        self.name = name

    def __call__(self, *args, **options):
        if len(args) == 1 and callable(args[0]) and not options:
            return args[0]
        return _named


class _Marks:
    def __getattr__(self, name):
        return _Mark(name)


mark = _Marks()


class _Failed(AssertionError):
    pass


class _Raised:
    def __init__(self, expected, match):
        self.expected, self.match_text = expected, match
        self.value = self.type = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if value is None:
            raise _Failed("DID NOT RAISE %s" % (self.expected,))
        if not isinstance(value, self.expected):
            return False
        self.value, self.type = value, type(value)
        if self.match_text is not None:
            self.match(self.match_text)
        return True

    def match(self, pattern):
        if not re.search(pattern, str(self.value)):
            raise AssertionError("Regex pattern did not match.\n Regex: %r\n Input: %r" % (pattern, str(self.value)))
        return True


def raises(expected_exception, *args, match=None, **kwargs):
    raised = _Raised(expected_exception, match)
    if not args:
        return raised
    with raised:
        args[0](*args[1:], **kwargs)
    return raised


class approx:
    def __init__(self, expected, rel=None, abs=None, nan_ok=False):
        self.expected, self.rel, self.abs, self.nan_ok = expected, rel, abs, nan_ok

    def _is_near(self, actual, expected):
        if actual == expected:
            return True
        if expected != expected:
            return self.nan_ok and actual != actual
        least = 1e-12 if self.abs is None else self.abs
        relative = (1e-6 if self.rel is None else self.rel) * (expected if expected >= 0 else -expected)
        if self.rel is None and self.abs is not None:
            relative = 0
        apart = actual - expected
        return (apart if apart >= 0 else -apart) <= max(least, relative)

    def __eq__(self, actual):
        if isinstance(self.expected, dict):
            return actual.keys() == self.expected.keys() and all(self._is_near(actual[k], v) for k, v in self.expected.items())
        if isinstance(self.expected, (list, tuple)):
            return len(actual) == len(self.expected) and all(self._is_near(a, e) for a, e in zip(actual, self.expected))
        return self._is_near(actual, self.expected)

    def __ne__(self, actual):
        return not self == actual

    def __repr__(self):
        return "approx(%r)" % (self.expected,)


def param(*values, id=None, marks=()):
    return values


def fail(reason="", pytrace=True):
    raise _Failed(reason)


class _Skipped(Exception):
    pass


def skip(reason="", allow_module_level=False):
    raise _Skipped(reason)


def main(args=None, plugins=None):
    raise NotImplementedError("pytest.main is not supported here: call the test functions, or let unittest.main() run test cases")
