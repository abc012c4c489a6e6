# Python's html, in the parts that scripts use.
_NAMED = {
    "amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": "\xa0", "copy": "\xa9", "reg": "\xae", "euro": "\u20ac",
    "pound": "\xa3", "yen": "\xa5", "cent": "\xa2", "deg": "\xb0", "hellip": "\u2026", "mdash": "\u2014", "ndash": "\u2013",
    "lsquo": "\u2018", "rsquo": "\u2019", "ldquo": "\u201c", "rdquo": "\u201d", "bull": "\u2022", "trade": "\u2122", "times": "\xd7",
}


def escape(s, quote=True):
    s = s.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return s.replace('"', "&quot;").replace("'", "&#x27;") if quote else s


def unescape(s):
    out, at = [], 0
    while at < len(s):
        end = s.find(";", at) if s[at] == "&" else -1
        name = s[at + 1 : end] if end > at else ""
        if name in _NAMED:
            out.append(_NAMED[name])
        elif name[:2] in ("#x", "#X") and name[2:] and all(c in "0123456789abcdefABCDEF" for c in name[2:]):
            out.append(chr(int(name[2:], 16)))
        elif name[:1] == "#" and name[1:].isdigit():
            out.append(chr(int(name[1:])))
        else:
            out.append(s[at])
            at += 1
            continue
        at = end + 1
    return "".join(out)
