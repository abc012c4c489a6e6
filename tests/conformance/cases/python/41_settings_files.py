# Settings from a file, as many repositories read them.
import configparser
import io
import os

c = configparser.ConfigParser()
c.read_string("""
[DEFAULT]
Home = /data
; a comment
[paths]
input = %(home)s/in
Output: %(home)s/out
multi = a
  b
[opts]
n = 3
ratio=0.5
flag = yes
""")
print(c.sections(), c["paths"]["input"], c.get("paths", "OUTPUT"), c["paths"].get("nope"), c["paths"].get("nope", "x"))
print(c.getint("opts", "n"), c.getfloat("opts", "ratio"), c.getboolean("opts", "flag"), c.getint("opts", "q", fallback=9))
print(c.items("opts"), dict(c["opts"]), list(c), "paths" in c, "x" in c["paths"], c.has_option("opts", "n"), c.options("opts"))
print(repr(c["paths"]["multi"]), c["opts"], dict(c.defaults()))
for bad in [
    lambda: c.get("no", "x"),
    lambda: c.get("opts", "x"),
    lambda: c["zz"],
    lambda: c["opts"]["zz"],
    lambda: c.getint("paths", "input"),
    lambda: c.getboolean("opts", "n"),
    lambda: c.add_section("opts"),
    lambda: c.set("opts", "n", 3),
]:
    try:
        print(bad())
    except Exception as e:
        print(type(e).__name__, e)
c.add_section("new")
c.set("new", "k", "v")
c["made"] = {"a": "1", "B": "2"}
out = io.StringIO()
c.write(out)
print(out.getvalue())
with open("cfg_tmp.ini", "w") as f:
    c.write(f)
d = configparser.ConfigParser()
print(d.read(["cfg_tmp.ini", "missing.ini"]), d.getint("made", "b"))
d.read_dict({"z": {"y": 1}})
print(d["z"]["y"], len(d), d.remove_section("z"), d.sections())
os.remove("cfg_tmp.ini")
try:
    configparser.ConfigParser().read_string("a = 1")
except configparser.MissingSectionHeaderError as e:
    print(type(e).__name__)
r = configparser.RawConfigParser()
r.read_string("[a]\nx = 100%%\ny = a # b\n# whole\nz = http://h:80/p")
print(r.get("a", "x"), r.items("a"))
for s in c:
    print(s, [k for k in c[s]])
for k, v in c["opts"].items():
    print(k, v)
