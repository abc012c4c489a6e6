# Python's queue. Simplified: as threads run one after the other, whoever would wait for another thread is told so.
import heapq
from collections import deque


class Empty(Exception):
    pass


class Full(Exception):
    pass


class Queue:
    def __init__(self, maxsize=0):
        self.maxsize = maxsize
        self.unfinished_tasks = 0
        self.queue = self._made()

    def _made(self):
        return deque()

    def _add(self, item):
        self.queue.append(item)

    def _take(self):
        return self.queue.popleft()

    def qsize(self):
        return len(self.queue)

    def empty(self):
        return not self.queue

    def full(self):
        return 0 < self.maxsize <= len(self.queue)

    def put(self, item, block=True, timeout=None):
        if self.full():
            if block and timeout is None:
                raise RuntimeError("this would wait forever: the queue is full, and threads run one after the other here")
            raise Full()
        self._add(item)
        self.unfinished_tasks += 1

    def get(self, block=True, timeout=None):
        if not self.queue:
            if block and timeout is None:
                raise RuntimeError("this would wait forever: the queue is empty, and threads run one after the other here; start the producer first")
            raise Empty()
        return self._take()

    def put_nowait(self, item):
        self.put(item, block=False)

    def get_nowait(self):
        return self.get(block=False)

    def task_done(self):
        if not self.unfinished_tasks:
            raise ValueError("task_done() called too many times")
        self.unfinished_tasks -= 1

    def join(self):
        if self.unfinished_tasks:
            raise RuntimeError("this would wait forever: %d items are not done, and threads run one after the other here" % self.unfinished_tasks)


class LifoQueue(Queue):
    def _made(self):
        return []

    def _take(self):
        return self.queue.pop()


class PriorityQueue(Queue):
    def _made(self):
        return []

    def _add(self, item):
        heapq.heappush(self.queue, item)

    def _take(self):
        return heapq.heappop(self.queue)


class SimpleQueue(Queue):
    pass
