# Python's socket, as far as a machine without a network has it: its own name.
import platform


class error(OSError):
    pass


class gaierror(OSError):
    pass


def gethostname():
    return platform.node()


def getfqdn(name=""):
    return name or platform.node()


def gethostbyname(hostname):
    if hostname in ("localhost", platform.node()):
        return "127.0.0.1"
    raise gaierror(-2, "Name or service not known")
