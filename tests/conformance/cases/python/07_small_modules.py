"""Python's smaller modules that scripts import beside PySpark."""

import bisect
import calendar
import getpass
import heapq
import re
from pprint import pformat, pp, pprint

heap = []
for number in [5, 1, 8, 3, 9, 2]:
    heapq.heappush(heap, number)
print(heap, heapq.heappop(heap), heap)
print(heapq.heappushpop(heap, 4), heapq.heapreplace(heap, 7), heap)
words = ["pear", "fig", "banana", "kiwi", "apple"]
heapq.heapify(words)
print(words, heapq.nlargest(2, words, key=len), heapq.nsmallest(2, [3, 1, 2]))
print(list(heapq.merge([1, 4, 7], [2, 5], [3])))
print(heapq.nlargest(2, [("a", 3), ("b", 9), ("c", 5)], key=lambda pair: pair[1]))
try:
    heapq.heappop([])
except IndexError as error:
    print("IndexError", error)

scores = [33, 50, 60, 60, 77]
print(bisect.bisect(scores, 60), bisect.bisect_left(scores, 60), bisect.bisect_right(scores, 0))
bisect.insort(scores, 55)
print(scores, "FDCBA"[bisect.bisect([60, 70, 80, 90], 85)])
print(bisect.bisect_left([(1, "a"), (3, "b")], 3, key=lambda pair: pair[0]))

print(calendar.month_name[2], list(calendar.day_abbr), calendar.monthrange(2024, 2), calendar.isleap(1900))
print(calendar.weekday(2024, 2, 29), calendar.leapdays(2000, 2025), calendar.FRIDAY)
print(calendar.monthcalendar(2024, 9)[0])
print(calendar.month(2024, 2))
print(calendar.timegm((2024, 1, 1, 0, 0, 1)))

pprint({"b": 1, "a": [1, 2]})
pprint({"name": "a long enough name to break the line", "values": list(range(30)), "nested": {"k": {"deep": ("x",) * 12}}})
pprint([{"id": i, "text": "word " * (i * 4)} for i in range(4)], width=60)
pp({"z": 1, "a": 2})
pprint("a text that is much longer than the line may be, so that it is cut behind its blanks into several")
pprint(("one element that is long enough for a line of its own, and then some more words behind",))
print(pformat({"k": list("abcdefghijklmnopqrstuvwxyz")}, indent=4, width=40))
pprint({3, 1, 2}, width=4)

print(re.compile("a+"), re.compile(r"\d\.", re.I | re.M))
print(isinstance(getpass.getuser(), str))
