# Python's time.struct_time and what is made of it. The script's own zone is UTC.
import calendar
import collections
import datetime
import time

_FIELDS = ["tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst"]


class struct_time(collections.namedtuple("struct_time", _FIELDS)):
    def __repr__(self):
        return "time.struct_time(%s)" % ", ".join("%s=%r" % pair for pair in zip(_FIELDS, self))


def _parts(moment, isdst):
    return struct_time(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.weekday(),
        moment.toordinal() - datetime.date(moment.year, 1, 1).toordinal() + 1,
        isdst,
    )


def gmtime(secs=None):
    seconds = int((time.time() if secs is None else secs) // 1)
    return _parts(datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds), 0)


localtime = gmtime


def _moment(t):
    return datetime.datetime(*tuple(t)[:6])


def strftime(format, t):
    return _moment(t).strftime(format)


def strptime(string, format="%a %b %d %H:%M:%S %Y"):
    return _parts(datetime.datetime.strptime(string, format), -1)


def mktime(t):
    moment = _moment(t)
    return float(calendar.timegm((moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)))


def asctime(t=None):
    moment = _moment(gmtime() if t is None else t)
    return "%s %2d %s" % (moment.strftime("%a %b"), moment.day, moment.strftime("%H:%M:%S %Y"))
