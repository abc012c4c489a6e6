# Python's urllib.parse, in the parts that scripts use: addresses taken apart, put together, quoted.
from collections import namedtuple

_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"
_SCHEME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."
# Schemes with a path that others are relative to, and those whose last part can have parameters.
_RELATIVE = ["", "ftp", "http", "gopher", "nntp", "imap", "wais", "file", "https", "shttp", "mms", "rtsp", "sftp", "svn", "ws", "wss"]
_PARAMETERS = ["", "ftp", "hdl", "prospero", "http", "imap", "https", "shttp", "rtsp", "sip", "sips", "mms", "sftp", "tel"]


class _Place:
    """What a network location says."""

    def _parts(self):
        user, at, host = self.netloc.rpartition("@")
        name, colon, password = user.partition(":")
        if host.startswith("["):
            inside, _, rest = host[1:].partition("]")
            port = rest.partition(":")[2]
        else:
            inside, _, port = host.partition(":")
        return (name if at else None, password if at and colon else None, inside, port)

    @property
    def username(self):
        return self._parts()[0]

    @property
    def password(self):
        return self._parts()[1]

    @property
    def hostname(self):
        return self._parts()[2].lower() or None

    @property
    def port(self):
        port = self._parts()[3]
        if not port:
            return None
        if not port.isdigit():
            raise ValueError("Port could not be cast to integer value as %r" % port)
        if int(port) > 65535:
            raise ValueError("Port out of range 0-65535")
        return int(port)

    def geturl(self):
        return urlunsplit(self) if len(self) == 5 else urlunparse(self)


class SplitResult(namedtuple("SplitResult", "scheme netloc path query fragment"), _Place):
    pass


class ParseResult(namedtuple("ParseResult", "scheme netloc path params query fragment"), _Place):
    pass


def urlsplit(url, scheme="", allow_fragments=True):
    url = "".join(c for c in url.lstrip() if c not in "\t\r\n")
    netloc = query = fragment = ""
    before, colon, after = url.partition(":")
    if colon and before and before[0].isalpha() and all(c in _SCHEME for c in before):
        scheme, url = before.lower(), after
    if url.startswith("//"):
        ends = [at for at in (url.find(c, 2) for c in "/?#") if at >= 0]
        end = min(ends) if ends else len(url)
        netloc, url = url[2:end], url[end:]
        if ("[" in netloc) != ("]" in netloc):
            raise ValueError("Invalid IPv6 URL")
    if allow_fragments and "#" in url:
        url, _, fragment = url.partition("#")
    if "?" in url:
        url, _, query = url.partition("?")
    return SplitResult(scheme, netloc, url, query, fragment)


def urlparse(url, scheme="", allow_fragments=True):
    scheme, netloc, path, query, fragment = urlsplit(url, scheme, allow_fragments)
    params = ""
    if scheme in _PARAMETERS and ";" in path:
        at = path.find(";", max(path.rfind("/"), 0))
        if at >= 0:
            path, params = path[:at], path[at + 1 :]
    return ParseResult(scheme, netloc, path, params, query, fragment)


def urlunsplit(parts):
    scheme, netloc, url, query, fragment = parts
    if netloc or (scheme == "file" and not url.startswith("//")):
        url = "//" + netloc + ("/" if url and not url.startswith("/") else "") + url
    if scheme:
        url = scheme + ":" + url
    if query:
        url += "?" + query
    if fragment:
        url += "#" + fragment
    return url


def urlunparse(parts):
    scheme, netloc, url, params, query, fragment = parts
    return urlunsplit((scheme, netloc, url + ";" + params if params else url, query, fragment))


def urljoin(base, url, allow_fragments=True):
    if not base or not url:
        return url or base
    first = urlparse(base, "", allow_fragments)
    scheme, netloc, path, params, query, fragment = urlparse(url, first.scheme, allow_fragments)
    if scheme != first.scheme or scheme not in _RELATIVE:
        return url
    if netloc:
        return urlunparse((scheme, netloc, path, params, query, fragment))
    if not path and not params:
        return urlunparse((scheme, first.netloc, first.path, first.params, query or first.query, fragment))
    steps = path.split("/")
    if not path.startswith("/"):
        steps = first.path.split("/")[:-1] + steps
    kept = []
    for at, step in enumerate(steps):
        if step == "..":
            if len(kept) > 1 or (kept and kept[0]):
                kept.pop()
        elif step != ".":
            kept.append(step)
        if step in (".", "..") and at == len(steps) - 1:
            kept.append("")
    joined = "/".join(kept)
    if first.netloc and not joined.startswith("/"):
        joined = "/" + joined
    return urlunparse((scheme, first.netloc, joined, params, query, fragment))


def urldefrag(url):
    scheme, netloc, path, params, query, fragment = urlparse(url)
    return namedtuple("DefragResult", "url fragment")(urlunparse((scheme, netloc, path, params, query, "")), fragment)


def quote(string, safe="/", encoding="utf-8", errors="strict"):
    data = string.encode(encoding, errors) if isinstance(string, str) else string
    kept = _UNRESERVED + (safe if isinstance(safe, str) else safe.decode("ascii"))
    return "".join(chr(byte) if byte < 128 and chr(byte) in kept else "%%%02X" % byte for byte in data)


def quote_plus(string, safe="", encoding="utf-8", errors="strict"):
    return quote(string, safe + " ", encoding, errors).replace(" ", "+")


def unquote_to_bytes(string):
    data = string.encode("utf-8") if isinstance(string, str) else string
    out, at = [], 0
    while at < len(data):
        digits = data[at + 1 : at + 3].decode("latin-1")
        if data[at] == 37 and len(digits) == 2 and all(c in "0123456789abcdefABCDEF" for c in digits):
            out.append(int(digits, 16))
            at += 3
        else:
            out.append(data[at])
            at += 1
    return bytes(out)


def unquote(string, encoding="utf-8", errors="replace"):
    if isinstance(string, str) and "%" not in string:
        return string
    return unquote_to_bytes(string).decode(encoding, errors)


def unquote_plus(string, encoding="utf-8", errors="replace"):
    return unquote(string.replace("+", " "), encoding, errors)


def parse_qsl(qs, keep_blank_values=False, strict_parsing=False, encoding="utf-8", errors="replace", max_num_fields=None, separator="&"):
    found = []
    for field in qs.split(separator):
        name, equals, value = field.partition("=")
        if not equals and strict_parsing:
            raise ValueError("bad query field: %r" % field)
        if not field or (not value and not keep_blank_values):
            continue
        found.append((unquote_plus(name, encoding, errors), unquote_plus(value, encoding, errors)))
    return found


def parse_qs(qs, keep_blank_values=False, strict_parsing=False, encoding="utf-8", errors="replace", max_num_fields=None, separator="&"):
    found = {}
    for name, value in parse_qsl(qs, keep_blank_values, strict_parsing, encoding, errors, max_num_fields, separator):
        found.setdefault(name, []).append(value)
    return found


def urlencode(query, doseq=False, safe="", encoding="utf-8", errors="strict", quote_via=quote_plus):
    pairs = list(query.items()) if hasattr(query, "items") else list(query)
    out = []
    for name, value in pairs:
        many = doseq and isinstance(value, (list, tuple))
        for one in value if many else [value]:
            texts = [part if isinstance(part, (str, bytes)) else str(part) for part in (name, one)]
            out.append("=".join(quote_via(text, safe) for text in texts))
    return "&".join(out)
