# Python's threading. Simplified: a thread runs when it is started, from its first line to its last; what it would wait for is an error.
import sys
import traceback

_told = []


def _tell():
    if not _told:
        _told.append(True)
        sys.stderr.write("note: threads run one after the other here, each when it is started; so do their jobs\n")


class Thread:
    _count = 0

    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, daemon=None):
        if name is None:
            Thread._count += 1
            name = "Thread-%d" % Thread._count + (" (%s)" % target.__name__ if target is not None and hasattr(target, "__name__") else "")
        self.name = name
        self.daemon = bool(daemon)
        self.ident = None
        self._target, self._args, self._kwargs = target, args, kwargs or {}

    def run(self):
        if self._target is not None:
            self._target(*self._args, **self._kwargs)

    def start(self):
        if self.ident is not None:
            raise RuntimeError("threads can only be started once")
        _tell()
        self.ident = Thread._count + 1
        _running.append(self)
        try:
            self.run()
        except SystemExit:
            pass
        except BaseException:
            sys.stderr.write("Exception in thread %s:\n" % self.name)
            sys.stderr.write(traceback.format_exc())
        finally:
            _running.pop()

    def join(self, timeout=None):
        if self.ident is None:
            raise RuntimeError("cannot join thread before it is started")

    def is_alive(self):
        return self in _running

    def getName(self):
        return self.name

    def setName(self, name):
        self.name = name

    def setDaemon(self, daemonic):
        self.daemon = daemonic


class Timer(Thread):
    def __init__(self, interval, function, args=None, kwargs=None):
        super().__init__(target=function, args=args or (), kwargs=kwargs)
        self._is_cancelled = False

    def cancel(self):
        self._is_cancelled = True

    def run(self):
        if not self._is_cancelled:
            super().run()


_main = Thread(name="MainThread")
_main.ident = 0
_running = [_main]


def current_thread():
    return _running[-1]


currentThread = current_thread


def main_thread():
    return _main


def get_ident():
    return _running[-1].ident


def active_count():
    return len(_running)


def enumerate():
    return list(_running)


class _Waits:
    """What another thread would have to let go of."""

    def _stuck(self):
        raise RuntimeError("this would wait forever: threads run one after the other here, so nobody else can end the wait")


class RLock(_Waits):
    def __init__(self):
        self._held = 0

    def acquire(self, blocking=True, timeout=-1):
        self._held += 1
        return True

    def release(self):
        if not self._held:
            raise RuntimeError("cannot release un-acquired lock")
        self._held -= 1

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *raised):
        self.release()


class Lock(RLock):
    def acquire(self, blocking=True, timeout=-1):
        if self._held:
            if blocking and timeout < 0:
                self._stuck()
            return False
        return super().acquire()

    def release(self):
        if not self._held:
            raise RuntimeError("release unlocked lock")
        self._held = 0

    def locked(self):
        return self._held > 0


class Semaphore(_Waits):
    def __init__(self, value=1):
        self._free = value

    def acquire(self, blocking=True, timeout=None):
        if not self._free:
            if blocking and timeout is None:
                self._stuck()
            return False
        self._free -= 1
        return True

    def release(self, n=1):
        self._free += n

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *raised):
        self.release()


BoundedSemaphore = Semaphore


class Event(_Waits):
    def __init__(self):
        self._is_set = False

    def is_set(self):
        return self._is_set

    def set(self):
        self._is_set = True

    def clear(self):
        self._is_set = False

    def wait(self, timeout=None):
        if not self._is_set and timeout is None:
            self._stuck()
        return self._is_set


class local:
    pass
