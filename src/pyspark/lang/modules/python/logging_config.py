# Python's logging.config: loggers, handlers and formatters from a dictionary or from a file.
import configparser
import logging
import logging.handlers
import os
import sys

_HANDLERS = {
    "StreamHandler": logging.StreamHandler,
    "FileHandler": logging.FileHandler,
    "NullHandler": logging.NullHandler,
    "RotatingFileHandler": logging.handlers.RotatingFileHandler,
    "TimedRotatingFileHandler": logging.handlers.TimedRotatingFileHandler,
}
_STREAMS = {"ext://sys.stdout": "stdout", "ext://sys.stderr": "stderr", "sys.stdout": "stdout", "sys.stderr": "stderr"}
_OWN_KEYS = ("class", "level", "formatter", "filters", "()")


def _stream(value):
    if isinstance(value, str) and value in _STREAMS:
        return getattr(sys, _STREAMS[value])
    return value


def _class(name):
    if not isinstance(name, str):
        return name
    known = _HANDLERS.get(name.rpartition(".")[2])
    if known is None:
        raise ValueError("Cannot resolve %r" % (name,))
    return known


def _disable_others(before, named):
    for name in before:
        if name not in named and not any(name.startswith(one + ".") for one in named):
            logging.getLogger(name).disabled = True


def _formatter(config):
    make = config.get("()") or config.get("class")
    if make is not None and not isinstance(make, str):
        return make(**{key: value for key, value in config.items() if key not in ("()", "class")})
    return logging.Formatter(config.get("format"), config.get("datefmt"), config.get("style", "%"))


def _handler(config, formatters):
    make = _class(config.get("()") or config["class"])
    handler = make(**{key: _stream(value) for key, value in config.items() if key not in _OWN_KEYS})
    if config.get("level") is not None:
        handler.setLevel(config["level"])
    if config.get("formatter") is not None:
        handler.setFormatter(formatters[config["formatter"]])
    return handler


def _configure(logger, config, handlers):
    if config.get("level") is not None:
        logger.setLevel(config["level"])
    logger.handlers = []
    for name in config.get("handlers", ()):
        logger.addHandler(handlers[name])


def dictConfig(config):
    if config.get("version") != 1:
        if "version" not in config:
            raise ValueError("dictionary doesn't specify a version")
        raise ValueError("Unsupported version: %s" % (config["version"],))
    before = logging._known()
    formatters = {name: _formatter(one) for name, one in config.get("formatters", {}).items()}
    handlers = {}
    for name, one in config.get("handlers", {}).items():
        try:
            handlers[name] = _handler(one, formatters)
        except Exception as e:
            raise ValueError("Unable to configure handler %r" % (name,)) from e
    loggers = config.get("loggers", {})
    for name, one in loggers.items():
        logger = logging.getLogger(name)
        _configure(logger, one, handlers)
        logger.propagate = one.get("propagate", True)
        logger.disabled = False
    if "root" in config:
        _configure(logging.getLogger(), config["root"], handlers)
    if config.get("disable_existing_loggers", True):
        _disable_others(before, set(loggers))


def _names(text):
    return [name.strip() for name in text.split(",") if name.strip()]


def _argument(text):
    if text in _STREAMS:
        return getattr(sys, _STREAMS[text])
    if text[:1] in ("'", '"'):
        return text[1:-1]
    if text in ("None", "True", "False"):
        return {"None": None, "True": True, "False": False}[text]
    return int(text)


def _arguments(text):
    # The arguments of a handler are written as a tuple: ('run.log', 'a') or (sys.stdout,).
    inside = text.strip()
    if inside[:1] == "(" and inside[-1:] == ")":
        inside = inside[1:-1]
    return [_argument(part) for part in _names(inside)]


def fileConfig(fname, defaults=None, disable_existing_loggers=True, encoding=None):
    parser = fname
    if not isinstance(fname, configparser.RawConfigParser):
        parser = configparser.ConfigParser(defaults)
        if hasattr(fname, "readline"):
            parser.read_file(fname)
        else:
            if not os.path.exists(fname):
                raise FileNotFoundError("%s doesn't exist" % (fname,))
            parser.read(fname)
    before = logging._known()
    formatters = {}
    for name in _names(parser.get("formatters", "keys", fallback="")):
        section = "formatter_" + name
        formatters[name] = logging.Formatter(
            parser.get(section, "format", raw=True, fallback=None),
            parser.get(section, "datefmt", raw=True, fallback=None),
            parser.get(section, "style", raw=True, fallback="%"),
        )
    handlers = {}
    for name in _names(parser.get("handlers", "keys", fallback="")):
        section = "handler_" + name
        handler = _class(parser.get(section, "class"))(*_arguments(parser.get(section, "args", fallback="()")))
        if parser.has_option(section, "level"):
            handler.setLevel(parser.get(section, "level"))
        if parser.get(section, "formatter", fallback=""):
            handler.setFormatter(formatters[parser.get(section, "formatter")])
        handlers[name] = handler
    named = set()
    for name in _names(parser.get("loggers", "keys")):
        section = "logger_" + name
        qualname = "" if name == "root" else parser.get(section, "qualname", fallback=name)
        logger = logging.getLogger(qualname)
        level = parser.get(section, "level", fallback=None)
        _configure(logger, {"level": level, "handlers": _names(parser.get(section, "handlers", fallback=""))}, handlers)
        if qualname:
            logger.propagate = parser.getint(section, "propagate", fallback=1) != 0
            logger.disabled = False
            named.add(qualname)
    if disable_existing_loggers:
        _disable_others(before, named)
