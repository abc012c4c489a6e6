# Python's importlib.util: modules from files at a place of their own.
import importlib


class _Loader:
    def __init__(self, name, path):
        self.name = name
        self.path = path

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        importlib._run(module)


class ModuleSpec:
    def __init__(self, name, loader, origin=None):
        self.name = name
        self.loader = loader
        self.origin = origin
        self.submodule_search_locations = None

    @property
    def parent(self):
        return self.name.rpartition(".")[0]

    def __repr__(self):
        return "ModuleSpec(name=%r, loader=%r, origin=%r)" % (self.name, self.loader, self.origin)


def spec_from_file_location(name, location=None, *, loader=None, submodule_search_locations=None):
    path = str(location)
    if not path.endswith(".py"):
        return None
    return ModuleSpec(name, loader or _Loader(name, path), path)


def module_from_spec(spec):
    module = importlib._prepared(spec.name, spec.origin)
    module.__spec__ = spec
    return module


def find_spec(name, package=None):
    origin = importlib._origin(name)
    if origin is None:
        return None
    return ModuleSpec(name, _Loader(name, origin), origin or "built-in")
