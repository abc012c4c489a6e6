# Text to bytes and back, with what cannot be written left out or replaced.
import time
word = "na\u00efve caf\u00e9 \u2713"
for errors in ("ignore", "replace", "xmlcharrefreplace", "backslashreplace"):
    print(errors, word.encode("ascii", errors), word.encode("latin-1", errors))
print(word.encode("ascii", "ignore").decode(), word.encode("utf-8", "strict").decode("utf-8"))
for codec in ("ascii", "latin-1"):
    try:
        word.encode(codec)
    except UnicodeEncodeError as e:
        print(e)
print(b"caf\xc3\xa9 \xff".decode("utf-8", "ignore"), ascii(b"caf\xc3\xa9 \xff".decode("ascii", "replace")), b"\xe9".decode("latin-1"))
try:
    b"ab\xff".decode("utf-8")
except UnicodeDecodeError as e:
    print(e)
try:
    b"ab\xff".decode("ascii")
except UnicodeDecodeError as e:
    print(e)
then = time.gmtime(86400 * 365.25 * 50)
print(then.tm_year, then.tm_mon, then.tm_mday, then.tm_hour, then.tm_min, then.tm_sec, then.tm_wday, then.tm_yday, then.tm_isdst)
print(time.strftime("%Y-%m-%d %H:%M:%S", then), time.strftime("%d.%m.%y", time.localtime(0)))
print(tuple(time.gmtime(0)), time.asctime(time.gmtime(0)))
print(time.mktime(time.strptime("2024-02-29 12:30:00", "%Y-%m-%d %H:%M:%S")), time.strptime("2024-02-29", "%Y-%m-%d").tm_yday)
