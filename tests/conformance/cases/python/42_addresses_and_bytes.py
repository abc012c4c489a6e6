# Addresses and bytes as text, as scripts over web logs use them.
import base64
import urllib.parse as p

for u in ["http://User:pw@Example.com:8080/a/b;x=1?q=1&r=a%20b#frag","s3a://bucket/key/part","/a/b?x","file:///tmp/x","mailto:a@b.c","//host/p","http://[::1]:80/x","a:b","","HTTP://x.y","http://h/p?q=a#","hdfs://nn:9000/data/in.csv","http://a/b;c/d;e"]:
    r=p.urlparse(u); print(r, r.hostname, r.username, r.password, r.port, r.geturl()); s=p.urlsplit(u); print(s, s.geturl())
for b,u in [("http://a/b/c/d;p?q",x) for x in ["g","./g","g/","/g","//g","?y","g?y","#s","g#s",";x","","..","../","../g","../..","../../g","../../../g","http:g","/./g","./"]]:
    print(repr(p.urljoin(b,u)))
print(p.quote("a b/ü&=~"), p.quote("a/b",safe=""), p.quote_plus("a b+c"), p.unquote("a%20b%C3%BC%zz"), p.unquote_plus("a+b%2B"))
print(p.parse_qs("a=1&b=2&a=3&c=&d"), p.parse_qs("a=1&c=",keep_blank_values=True), p.parse_qsl("x=%20y&z=+"))
print(p.urlencode({"a":1,"b":"x y","c":"ü"}), p.urlencode([("a",[1,2])],doseq=True), p.urlencode({"a":[1,2]}))
print(p.urldefrag("http://x/y#z"))
for x in [b"",b"a",b"ab",b"abc",b"Spark \xff\x00!",bytes(range(256))]:
    e=base64.b64encode(x); print(e, base64.b64decode(e)==x, base64.urlsafe_b64encode(x), base64.urlsafe_b64decode(base64.urlsafe_b64encode(x))==x, base64.b16encode(x)[:20])
print(base64.b64decode("U3Bhcms="), base64.b64decode("U3 Bh\ncms="), base64.b64encode(b"a?>", b"-_"))
for f in [lambda: base64.b64decode("abc"), lambda: base64.b64decode("a"), lambda: base64.b64decode("abcde"), lambda: base64.b64encode("x"), lambda: base64.b64decode("ü"), lambda: base64.b64decode("ab!c=", validate=True), lambda: base64.b16decode("abc"), lambda: base64.b16decode("AB")]:
    try: print(f())
    except Exception as e: print(isinstance(e, ValueError), e)
