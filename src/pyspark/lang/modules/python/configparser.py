# Python's configparser, in the parts that scripts use to read their settings.
import re

DEFAULTSECT = "DEFAULT"
_TRUE = ("1", "yes", "true", "on")
_FALSE = ("0", "no", "false", "off")
_MISSING = object()
_REFERENCE = re.compile(r"%\(([^)]+)\)s")


class Error(Exception):
    def __init__(self, message=""):
        self.message = message
        Exception.__init__(self, message)


class NoSectionError(Error):
    def __init__(self, section):
        Error.__init__(self, "No section: %r" % (section,))
        self.section = section


class DuplicateSectionError(Error):
    def __init__(self, section):
        Error.__init__(self, "Section %r already exists" % (section,))
        self.section = section


class NoOptionError(Error):
    def __init__(self, option, section):
        Error.__init__(self, "No option %r in section: %r" % (option, section))
        self.option = option
        self.section = section


class InterpolationError(Error):
    pass


class ParsingError(Error):
    pass


class MissingSectionHeaderError(ParsingError):
    def __init__(self, filename, lineno, line):
        Error.__init__(
            self,
            "File contains no section headers.\nfile: %r, line: %d\n%r" % (filename, lineno, line),
        )


class SectionProxy:
    def __init__(self, parser, name):
        self._parser = parser
        self._name = name

    @property
    def name(self):
        return self._name

    @property
    def parser(self):
        return self._parser

    def __repr__(self):
        return "<Section: %s>" % self._name

    def __getitem__(self, key):
        if not self._parser.has_option(self._name, key):
            raise KeyError(key)
        return self._parser.get(self._name, key)

    def __setitem__(self, key, value):
        self._parser.set(self._name, key, value)

    def __delitem__(self, key):
        if not self._parser.remove_option(self._name, key):
            raise KeyError(key)

    def __contains__(self, key):
        return self._parser.has_option(self._name, key)

    def __iter__(self):
        return iter(self.keys())

    def __len__(self):
        return len(self.keys())

    def keys(self):
        if self._name == DEFAULTSECT:
            return list(self._parser.defaults())
        return self._parser.options(self._name)

    def values(self):
        return [self[key] for key in self.keys()]

    def items(self):
        return [(key, self[key]) for key in self.keys()]

    def get(self, option, fallback=None, *, raw=False):
        return self._parser.get(self._name, option, raw=raw, fallback=fallback)

    def getint(self, option, fallback=None):
        return self._parser.getint(self._name, option, fallback=fallback)

    def getfloat(self, option, fallback=None):
        return self._parser.getfloat(self._name, option, fallback=fallback)

    def getboolean(self, option, fallback=None):
        return self._parser.getboolean(self._name, option, fallback=fallback)


class RawConfigParser:
    _interpolates = False

    def __init__(self, defaults=None, *, allow_no_value=False, interpolation=_MISSING, strict=True):
        self._defaults = {}
        self._sections = {}
        self._allow_no_value = allow_no_value
        self._strict = strict
        if interpolation is None:
            self._interpolates = False
        for key, value in (defaults or {}).items():
            self._defaults[self.optionxform(key)] = str(value)

    def optionxform(self, option):
        return option.lower()

    def defaults(self):
        return self._defaults

    def sections(self):
        return list(self._sections)

    def add_section(self, section):
        if section == DEFAULTSECT:
            raise ValueError("Invalid section name: %r" % section)
        if section in self._sections:
            raise DuplicateSectionError(section)
        self._sections[section] = {}

    def has_section(self, section):
        return section in self._sections

    def remove_section(self, section):
        return self._sections.pop(section, None) is not None

    def _own(self, section):
        if section == DEFAULTSECT:
            return self._defaults
        if section not in self._sections:
            raise NoSectionError(section)
        return self._sections[section]

    def _all(self, section):
        found = dict(self._defaults)
        found.update(self._own(section))
        return found

    def options(self, section):
        own = list(self._own(section))
        return own + [key for key in self._defaults if key not in own]

    def has_option(self, section, option):
        if not section:
            section = DEFAULTSECT
        if section != DEFAULTSECT and section not in self._sections:
            return False
        return self.optionxform(option) in self._all(section)

    def remove_option(self, section, option):
        return self._own(section).pop(self.optionxform(option), _MISSING) is not _MISSING

    def set(self, section, option, value=None):
        if value is not None and not isinstance(value, str):
            raise TypeError("option values must be strings")
        self._own(section)[self.optionxform(option)] = value

    def _filled(self, section, option, value, values, depth=10):
        if not self._interpolates or value is None or "%" not in value:
            return value
        if depth == 0:
            raise InterpolationError("Recursion limit exceeded in value substitution: option %r in section %r" % (option, section))

        def name(match):
            key = self.optionxform(match.group(1))
            if key not in values:
                raise InterpolationError(
                    "Bad value substitution: option %r in section %r contains an interpolation key %r which is not a valid option name. Raw value: %r"
                    % (option, section, match.group(1), value)
                )
            return self._filled(section, option, values[key], values, depth - 1)

        parts = value.split("%%")
        return "%".join(_REFERENCE.sub(name, part) for part in parts)

    def get(self, section, option, *, raw=False, vars=None, fallback=_MISSING):
        if section != DEFAULTSECT and section not in self._sections:
            if fallback is _MISSING:
                raise NoSectionError(section)
            return fallback
        values = self._all(section)
        for key, value in (vars or {}).items():
            values[self.optionxform(key)] = str(value)
        key = self.optionxform(option)
        if key not in values:
            if fallback is _MISSING:
                raise NoOptionError(option, section)
            return fallback
        return values[key] if raw else self._filled(section, option, values[key], values)

    def _converted(self, convert, section, option, fallback):
        try:
            value = self.get(section, option)
        except (NoSectionError, NoOptionError):
            if fallback is _MISSING:
                raise
            return fallback
        return convert(value)

    def getint(self, section, option, *, fallback=_MISSING):
        return self._converted(int, section, option, fallback)

    def getfloat(self, section, option, *, fallback=_MISSING):
        return self._converted(float, section, option, fallback)

    def getboolean(self, section, option, *, fallback=_MISSING):
        return self._converted(self._truth, section, option, fallback)

    def _truth(self, value):
        if value.lower() in _TRUE:
            return True
        if value.lower() in _FALSE:
            return False
        raise ValueError("Not a boolean: %s" % value)

    def items(self, section=None, raw=False, vars=None):
        if section is None:
            return [(name, SectionProxy(self, name)) for name in self]
        values = self._all(section)
        return [(key, self.get(section, key, raw=raw, vars=vars)) for key in values]

    def read(self, filenames, encoding=None):
        names = [filenames] if isinstance(filenames, str) or hasattr(filenames, "__fspath__") else list(filenames)
        done = []
        for name in names:
            try:
                with open(name) as file:
                    self._read(file.read().split("\n"), str(name))
            except OSError:
                continue
            done.append(name)
        return done

    def read_file(self, f, source="<???>"):
        self._read([line.rstrip("\n") for line in f], source)

    def read_string(self, string, source="<string>"):
        self._read(string.split("\n"), source)

    def read_dict(self, dictionary, source="<dict>"):
        for section, values in dictionary.items():
            if section != DEFAULTSECT and section not in self._sections:
                self._sections[section] = {}
            for key, value in values.items():
                self._own(section)[self.optionxform(str(key))] = None if value is None else str(value)

    def _read(self, lines, source):
        section, option, seen = None, None, set()
        for number, line in enumerate(lines, start=1):
            text = line.strip()
            if not text or text[0] in "#;":
                continue
            if line[0] in " \t" and option is not None:
                held = self._own(section)
                held[option] = (held[option] or "") + "\n" + text
                continue
            if text.startswith("[") and "]" in text:
                section, option = text[1 : text.rindex("]")], None
                if section in seen and self._strict and section != DEFAULTSECT:
                    raise DuplicateSectionError(section)
                seen.add(section)
                if section != DEFAULTSECT and section not in self._sections:
                    self._sections[section] = {}
                continue
            if section is None:
                raise MissingSectionHeaderError(source, number, line + "\n")
            marks = [text.index(mark) for mark in "=:" if mark in text]
            if not marks:
                if not self._allow_no_value:
                    raise ParsingError("Source contains parsing errors: %r\n\t[line %2d]: %r" % (source, number, line + "\n"))
                option = self.optionxform(text)
                self._own(section)[option] = None
                continue
            option = self.optionxform(text[: min(marks)].strip())
            self._own(section)[option] = text[min(marks) + 1 :].strip()

    def write(self, fp, space_around_delimiters=True):
        mark = " = " if space_around_delimiters else "="
        sections = ([DEFAULTSECT] if self._defaults else []) + self.sections()
        for section in sections:
            fp.write("[%s]\n" % section)
            for key, value in self._own(section).items():
                fp.write(key + "\n" if value is None else key + mark + str(value).replace("\n", "\n\t") + "\n")
            fp.write("\n")

    def __getitem__(self, key):
        if key != DEFAULTSECT and key not in self._sections:
            raise KeyError(key)
        return SectionProxy(self, key)

    def __setitem__(self, key, value):
        if key == DEFAULTSECT:
            self._defaults.clear()
        else:
            self._sections[key] = {}
        self.read_dict({key: value})

    def __delitem__(self, key):
        if not self.remove_section(key):
            raise KeyError(key)

    def __contains__(self, key):
        return key == DEFAULTSECT or key in self._sections

    def __iter__(self):
        return iter([DEFAULTSECT] + self.sections())

    def __len__(self):
        return len(self._sections) + 1


class ConfigParser(RawConfigParser):
    _interpolates = True


class SafeConfigParser(ConfigParser):
    pass
