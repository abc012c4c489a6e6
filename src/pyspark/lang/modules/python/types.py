# Python's types, in the parts that scripts use.
class SimpleNamespace:
    def __init__(self, **names):
        for name, value in names.items():
            setattr(self, name, value)

    def __repr__(self):
        return "namespace(%s)" % ", ".join("%s=%r" % item for item in self.__dict__.items())

    def __eq__(self, other):
        return isinstance(other, SimpleNamespace) and self.__dict__ == other.__dict__


def _function():
    pass


def _generator():
    yield


FunctionType = LambdaType = type(_function)
GeneratorType = type(_generator())
NoneType = type(None)
BuiltinFunctionType = type(len)
MappingProxyType = dict
