# Python's concurrent.futures. Simplified: a task runs when it is handed in, from its first line to its last.
import threading

FIRST_COMPLETED = "FIRST_COMPLETED"
FIRST_EXCEPTION = "FIRST_EXCEPTION"
ALL_COMPLETED = "ALL_COMPLETED"


class CancelledError(Exception):
    pass


class InvalidStateError(Exception):
    pass


TimeoutError = TimeoutError


class Future:
    def __init__(self):
        self._is_done, self._result, self._raised, self._callbacks = False, None, None, []

    def set_result(self, result):
        self._is_done, self._result = True, result
        for fn in self._callbacks:
            fn(self)

    def set_exception(self, exception):
        self._raised = exception
        self.set_result(None)

    def done(self):
        return self._is_done

    def running(self):
        return False

    def cancel(self):
        return False

    def cancelled(self):
        return False

    def exception(self, timeout=None):
        self._ended()
        return self._raised

    def result(self, timeout=None):
        self._ended()
        if self._raised is not None:
            raise self._raised
        return self._result

    def add_done_callback(self, fn):
        if self._is_done:
            fn(self)
        else:
            self._callbacks.append(fn)

    def _ended(self):
        if not self._is_done:
            raise RuntimeError("this would wait forever: threads run one after the other here")


class Executor:
    def __init__(self, max_workers=None, thread_name_prefix="", initializer=None, initargs=()):
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        self._is_shut = False
        if initializer is not None:
            initializer(*initargs)

    def submit(self, fn, /, *args, **kwargs):
        if self._is_shut:
            raise RuntimeError("cannot schedule new futures after shutdown")
        threading._tell()
        future = Future()
        try:
            result = fn(*args, **kwargs)
        except Exception as error:
            future.set_exception(error)
        else:
            future.set_result(result)
        return future

    def map(self, fn, *iterables, timeout=None, chunksize=1):
        futures = [self.submit(fn, *args) for args in zip(*iterables)]
        return (future.result() for future in futures)

    def shutdown(self, wait=True, cancel_futures=False):
        self._is_shut = True

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.shutdown()
        return False


class ThreadPoolExecutor(Executor):
    pass


class ProcessPoolExecutor(Executor):
    pass


def as_completed(fs, timeout=None):
    return iter(list(fs))


def wait(fs, timeout=None, return_when=ALL_COMPLETED):
    from collections import namedtuple

    return namedtuple("DoneAndNotDoneFutures", "done not_done")(set(fs), set())
