# Python's codecs, in the parts that scripts use: files in an encoding, text to bytes and back.
import builtins

BOM_UTF8 = b"\xef\xbb\xbf"
_open = builtins.open


def open(filename, mode="r", encoding=None, errors="strict", buffering=-1):
    if encoding is None:
        return _open(filename, mode)
    return _open(filename, mode.replace("b", ""), encoding=encoding, errors=errors)


def encode(obj, encoding="utf-8", errors="strict"):
    return obj.encode(encoding, errors)


def decode(obj, encoding="utf-8", errors="strict"):
    return obj.decode(encoding, errors)
