# Threads, pools and queues, and small modules that scripts import.
import concurrent.futures as cf
import html
import importlib
import numbers
import platform
import queue
import secrets
import threading
import types
from decimal import Decimal
print(html.escape("<a href='x'>&\"</a>"), html.unescape("&lt;b&gt; &amp; &#65;&#x42; &nope; & x"))
print([isinstance(v, numbers.Number) for v in (1, 2.5, True, "x", None, Decimal(1))], [isinstance(v, numbers.Integral) for v in (1, 2.5, True)])
got = []
def work(n, k=0): got.append((n, k, threading.current_thread().name))
ts = [threading.Thread(target=work, args=(i,), kwargs={"k": i*i}, name="t%d"%i) for i in range(3)]
for t in ts: t.start()
for t in ts: t.join()
print(sorted(got), threading.current_thread().name, threading.active_count(), ts[0].is_alive())
lock = threading.Lock()
with lock: print(lock.locked())
print(lock.locked(), lock.acquire(False), lock.acquire(False)); lock.release()
e = threading.Event(); print(e.wait(0.01)); e.set(); print(e.is_set(), e.wait())
class My(threading.Thread):
    def __init__(self, x): super().__init__(); self.x = x
    def run(self): self.out = self.x * 2
m = My(4); m.start(); m.join(); print(m.out)
try: m.start()
except RuntimeError as x: print(x)
q = queue.Queue()
for i in range(3): q.put(i)
print(q.get(), q.qsize(), q.empty(), q.get_nowait(), q.get()); 
try: q.get_nowait()
except queue.Empty: print("empty")
pq = queue.PriorityQueue(); pq.put((2,"b")); pq.put((1,"a")); print(pq.get())
with cf.ThreadPoolExecutor(max_workers=2) as ex:
    fs = {ex.submit(pow, i, 2): i for i in range(4)}
    print(sorted((fs[f], f.result()) for f in cf.as_completed(fs)), list(ex.map(lambda x: x + 1, [1,2,3])))
    f = ex.submit(lambda: 1/0)
    try: f.result()
    except ZeroDivisionError as z: print(z, type(f.exception()).__name__, f.done())
    done, rest = cf.wait([f]); print(len(done), len(rest))
n = types.SimpleNamespace(a=1, b="x"); n.c = 3; print(n, n.a, n == types.SimpleNamespace(a=1,b="x",c=3))
def fn(): pass
print(isinstance(fn, types.FunctionType), isinstance(3, types.FunctionType), isinstance((i for i in []), types.GeneratorType))
print(len(secrets.token_hex(8)), platform.system())
print(importlib.import_module("json").dumps([1]))
try:
    importlib.import_module("no_such_module")
except ModuleNotFoundError as error:
    print(error)

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()


def count_of(limit):
    return spark.range(limit).filter("id % 2 = 0").count()


with cf.ThreadPoolExecutor(max_workers=3) as pool:
    print(list(pool.map(count_of, [10, 21, 30])))
counts = {}
threads = [threading.Thread(target=lambda n=n: counts.update({n: count_of(n)})) for n in (4, 8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(counts.items()))
spark.stop()
