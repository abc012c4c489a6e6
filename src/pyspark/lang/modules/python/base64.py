# Python's base64, in the parts that scripts use.
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class Error(ValueError):
    """`binascii.Error`."""


def _bytes_of(s, text_is_allowed=False):
    if isinstance(s, str):
        if not text_is_allowed:
            raise TypeError("a bytes-like object is required, not 'str'")
        try:
            return s.encode("ascii")
        except UnicodeEncodeError:
            raise ValueError("string argument should contain only ASCII characters")
    if not isinstance(s, (bytes, bytearray)):
        raise TypeError("a bytes-like object is required, not '%s'" % type(s).__name__)
    return bytes(s)


def _encoded(data, alphabet):
    out = []
    for at in range(0, len(data), 3):
        part = data[at : at + 3]
        number = 0
        for byte in part:
            number = number * 256 + byte
        number *= 256 ** (3 - len(part))
        digits = [alphabet[(number >> shift) % 64] for shift in (18, 12, 6, 0)]
        out.extend(digits[: len(part) + 1])
        out.append("=" * (3 - len(part)))
    return "".join(out).encode("ascii")


def _decoded(data, alphabet, validate):
    values = {ord(digit): value for value, digit in enumerate(alphabet)}
    out, digits, padding = [], [], 0
    for byte in data:
        if byte == 61:
            padding += 1
            if len(digits) >= 2 and len(digits) + padding >= 4:
                break
        elif byte in values:
            if padding and validate:
                raise Error("Discontinuous padding not allowed")
            padding = 0
            digits.append(values[byte])
            if len(digits) == 4:
                number = ((digits[0] * 64 + digits[1]) * 64 + digits[2]) * 64 + digits[3]
                out.extend([number >> 16, (number >> 8) % 256, number % 256])
                digits = []
        elif validate:
            raise Error("Only base64 data is allowed")
    if not digits:
        return bytes(out)
    if len(digits) == 1:
        count = len(out) // 3 * 4 + 1
        raise Error("Invalid base64-encoded string: number of data characters (%d) cannot be 1 more than a multiple of 4" % count)
    if len(digits) + padding < 4:
        raise Error("Incorrect padding")
    number = 0
    for digit in digits:
        number = number * 64 + digit
    if len(digits) == 2:
        out.append(number >> 4)
    else:
        out.extend([number >> 10, (number >> 2) % 256])
    return bytes(out)


def b64encode(s, altchars=None):
    alphabet = _ALPHABET if altchars is None else _ALPHABET[:62] + altchars.decode("ascii")
    return _encoded(_bytes_of(s), alphabet)


def b64decode(s, altchars=None, validate=False):
    alphabet = _ALPHABET if altchars is None else _ALPHABET[:62] + _bytes_of(altchars, True).decode("ascii")
    return _decoded(_bytes_of(s, True), alphabet, validate)


def standard_b64encode(s):
    return b64encode(s)


def standard_b64decode(s):
    return b64decode(s)


def urlsafe_b64encode(s):
    return _encoded(_bytes_of(s), _SAFE)


def urlsafe_b64decode(s):
    return _decoded(_bytes_of(s, True), _SAFE, False)


def b16encode(s):
    return _bytes_of(s).hex().upper().encode("ascii")


def b16decode(s, casefold=False):
    text = _bytes_of(s, True).decode("ascii")
    if (text.upper() != text and not casefold) or any(digit not in "0123456789abcdefABCDEF" for digit in text):
        raise Error("Non-base16 digit found")
    if len(text) % 2:
        raise Error("Odd-length string")
    return bytes.fromhex(text)
