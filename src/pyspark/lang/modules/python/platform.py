# Python's platform: the machine that a script here believes to run on.
def python_version():
    return "3.11.0"


def python_version_tuple():
    return ("3", "11", "0")


def python_implementation():
    return "CPython"


def system():
    return "Linux"


def node():
    return "driver"


def machine():
    return "x86_64"


def processor():
    return ""


def release():
    return ""


def version():
    return ""


def platform(aliased=False, terse=False):
    return "Linux-x86_64"
