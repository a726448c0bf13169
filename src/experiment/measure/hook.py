# Which of the watched files are read: found by Python as `sitecustomize` when it starts, in drivers and in
# Ray's workers.  Whatever goes wrong here, the training goes on as it would without it.


def _trace():
    import os
    import sys
    from _thread import get_ident

    watched = os.environ.get("REGRESSION_WATCHED", "").split("\n")
    file = os.environ.get("REGRESSION_TRACE_FILE", "")
    # Whether every file of the tree that is read is told.
    lists = os.environ.get("REGRESSION_TRACE_ALL", "") == "1"
    if not file or not (watched[0] or lists):
        return
    worker = any("default_worker.py" in part for part in sys.orig_argv)
    tree = os.getcwd() if worker else os.environ.setdefault("REGRESSION_TREE", os.getcwd())
    tree = os.path.realpath(tree)
    # By name, as most files that are opened have another.
    names = {}
    for path in watched:
        names.setdefault(os.path.basename(path), []).append(path)
    told = set()
    busy = set()
    looked = set()

    def tell(what, path):
        if (what, path) in told:
            return
        told.add((what, path))
        line = f"REGRESSION_TRACE {what} {path}\n".encode("utf-8", "replace")
        try:
            out = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                os.write(out, line)
            finally:
                os.close(out)
        finally:
            # The file may be on another node than the driver's; Ray passes this on.
            if worker:
                os.write(1, line)

    def same(one, other):
        with open(one, "rb") as a, open(other, "rb") as b:
            return a.read() == b.read()

    def listed(path, written):
        if written or path in looked or len(looked) == 10000:
            return
        looked.add(path)
        path = os.path.realpath(path)
        if path.startswith(tree + os.sep) and os.path.isfile(path):
            tell("file", os.path.relpath(path, tree))

    def see(path, written=False):
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, str) or not path:
            return
        directory, name = os.path.split(path)
        if name.endswith(".pyc") and os.path.basename(directory) == "__pycache__":
            directory, name = os.path.dirname(directory), name.split(".", 1)[0] + ".py"
        if lists:
            listed(os.path.join(directory, name), written)
        if name not in names:
            return
        path = os.path.realpath(os.path.join(directory, name))
        for of_tree in names[name]:
            own = os.path.join(tree, of_tree)
            if path == own:
                tell("read", of_tree)
            elif not path.startswith(tree + os.sep) and is_namesake(path, of_tree):
                # A copy that was installed from this very tree is as good.
                tell(*(("read", of_tree) if same(path, own) else ("instead", f"{of_tree}\t{path}")))

    def is_namesake(path, of_tree):
        # `src/package/model.py` is imported as `package/model.py`.
        parts = of_tree.split("/")
        if len(parts) == 1:
            return os.path.dirname(path) in map(os.path.realpath, sys.path)
        return path.split(os.sep)[-2:] == parts[-2:]

    def hook(event, arguments):
        if event not in ("open", "exec", "cpython.run_file"):
            return
        # What is opened in here is none of the training's.
        thread = get_ident()
        if thread in busy:
            return
        busy.add(thread)
        try:
            written = event == "open" and bool((arguments[2] or 0) & os.O_WRONLY)
            see(getattr(arguments[0], "co_filename", arguments[0]), written)
        except Exception:
            pass
        finally:
            busy.discard(thread)

    sys.addaudithook(hook)
    if not worker:
        tell("on", "driver")


def _own():
    # The user's own, which this one hides.
    import importlib.machinery
    import importlib.util
    import os
    import sys

    here = os.path.dirname(os.path.abspath(__file__))
    path = [place for place in sys.path if os.path.abspath(place) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


try:
    _trace()
except Exception:
    pass
_own()
