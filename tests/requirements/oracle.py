"""What pip's own parser makes of requirements files, beside what we make of them.

Reads from standard input a JSON object: directory -> what we gathered from its requirements.txt.
Prints a JSON object: directory -> {"pip": ..., "ours": ...}, both in the same form, in which markers
and versions are spelled by `packaging` itself.
"""

import json
import os
import re
import sys
from optparse import Values

from pip._internal.cli import cmdoptions
from pip._internal.exceptions import InstallationError, PipError
from pip._internal.index.collector import LinkCollector
from pip._internal.index.package_finder import PackageFinder
from pip._internal.models.format_control import FormatControl
from pip._internal.models.release_control import ReleaseControl
from pip._internal.models.search_scope import SearchScope
from pip._internal.models.selection_prefs import SelectionPreferences
from pip._internal.network.session import PipSession
from pip._internal.req import req_file
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.utils import canonicalize_name

UNREAD = "a line with an option that pip does not know"
INDEX = re.compile(r"--((?:extra-)?index-url) (.*?)(?= --(?:extra-)?index-url|$)")
CREDENTIALS = re.compile(r"(?<=://)[^/?#\s\"']*@")


def clean(text):
    """Without credentials; the user of SSH stays."""

    def user(match):
        before = match.string[: match.start()]
        if before.endswith("ssh://"):
            return match[0].split(":")[0].rstrip("@") + "@"
        return ""

    return CREDENTIALS.sub(user, text)


def one_space(text):
    return " ".join(text.split())


def parts(requirement, extras, marker, url, editable, constraint, hashes, settings):
    """The form in which both sides are compared."""
    local = url is not None and url.startswith("local:")
    named = requirement is not None and not local
    specifiers = requirement.specifier if named else []
    if url is not None:
        specifiers = []  # pip takes a version from a wheel's name; the URL says it already
    text = lambda specifier: re.sub(r"^(?!===)([~=!<>]+)[vV]", r"\1", str(specifier))
    return {
        "name": canonicalize_name(requirement.name) if named else None,
        "extras": sorted({canonicalize_name(extra) for extra in extras}),
        "specifiers": sorted({text(specifier) for specifier in specifiers}),
        "marker": str(marker) if marker else None,
        "url": url,
        "editable": editable,
        "constraint": constraint,
        "hashes": sorted(set(hashes)),
        "settings": settings,
    }


def from_pip(parsed, line):
    if parsed.requirement == UNREAD:
        return {"kept": one_space(clean(line))}
    try:
        found = install_req_from_parsed_requirement(parsed, isolated=True)
    except (PipError, ValueError, AssertionError):
        return {"kept": one_space(clean(line))}
    url = clean(found.link.url) if found.link else None
    if url and url.startswith("file:"):
        url = "local:" + os.path.relpath(found.link.file_path)
    extras = set(found.extras) | (set(found.req.extras) if found.req else set())
    hashes = [f"{a}:{h}".lower() for a, hs in found.hash_options.items() for h in hs]
    settings = []
    for key, value in sorted(parsed.options.get("config_settings", {}).items()):
        settings += [f"{key}={v}" for v in (value if isinstance(value, list) else [value])]
    return parts(
        found.req, extras, found.markers, url, found.editable, found.constraint, hashes, settings
    )


def from_ours(entry):
    kind, name, value = entry
    if value == "not understood":
        return {"kept": one_space(name)}
    value, *settings = f" {value}".split(" --config-settings=")
    value, *hashes = value.split(" --hash=")
    value = value.strip()
    editable = value == "-e" or value.startswith("-e ")
    value = value[2:].lstrip() if editable else value
    end = (editable, kind == "Constraint", hashes, settings)
    try:
        read = Requirement(f"placeholder{value}")
    except InvalidRequirement as error:
        return {"unreadable": f"{entry}: {error}"}
    if re.fullmatch("[a-z0-9-]+", name):
        read.name = name
        return parts(read, read.extras, read.marker, read.url, *end)
    url = name if "://" in name else "local:" + os.path.normpath(name)
    return parts(None, read.extras, read.marker, url, *end)


def pip_options(finder, options, hosts):
    once = list(dict.fromkeys(clean(url) for url in finder.index_urls))
    place = lambda link: clean(link) if "://" in link else os.path.relpath(link)
    return {
        "indexes": once,
        "no-index": finder.search_scope.no_index,
        "find-links": sorted({place(link) for link in finder.find_links}),
        "no-binary": sorted(finder.format_control.no_binary),
        "only-binary": sorted(finder.format_control.only_binary),
        "all-releases": sorted(finder.release_control.all_releases),
        "only-final": sorted(finder.release_control.only_final),
        "prefer-binary": finder.prefer_binary,
        "require-hashes": bool(options.require_hashes),
        "no-require-hashes": bool(options.no_require_hashes),
        "use-feature": sorted(options.features_enabled),
        "trusted-host": sorted(set(hosts)),
    }


def our_options(entries):
    said = {}
    for kind, name, value in entries:
        if kind == "Option":
            said.setdefault(name, []).append(value)
    indexes = ["default"]
    for option, url in INDEX.findall(said.get("indexes", [""])[0]):
        # pip starts anew at each --index-url
        indexes = [url] if option == "index-url" else indexes + [url]
    names = lambda option: sorted(said.get(option, [""])[0].split(",")) if option in said else []
    return {
        "indexes": [] if "no-index" in said else list(dict.fromkeys(indexes)),
        "no-index": "no-index" in said,
        "find-links": sorted({v if "://" in v else os.path.normpath(v) for v in said.get("find-links", [])}),
        "no-binary": names("no-binary"),
        "only-binary": names("only-binary"),
        "all-releases": names("all-releases"),
        "only-final": names("only-final"),
        "prefer-binary": "prefer-binary" in said,
        "require-hashes": "require-hashes" in said,
        "no-require-hashes": "no-require-hashes" in said,
        "use-feature": sorted(said.get("use-feature", [])),
        "trusted-host": sorted(said.get("trusted-host", [])),
    }


def ask_pip():
    hosts = []
    cmdoptions.use_new_feature.keywords["default"].clear()  # pip appends to one list for ever
    session = PipSession()
    session.add_trusted_host = lambda host, **_: hosts.append(host)
    finder = PackageFinder.create(
        LinkCollector(session, SearchScope([], ["default"], False)),
        SelectionPreferences(
            allow_yanked=True, format_control=FormatControl(), release_control=ReleaseControl()
        ),
    )
    options = Values(
        {"require_hashes": False, "no_require_hashes": False, "features_enabled": []}
    )
    options.ensure_value("isolated_mode", True)
    strict = req_file.get_line_parser(finder)

    latest = None

    def read(line):
        nonlocal latest
        latest = line
        # pip stops at an option that it does not know; the lines after it are compared too.
        try:
            return strict(line)
        except req_file.OptionParsingError:
            _, nothing = strict("placeholder")
            return UNREAD, nothing

    requirements = []
    for line in req_file.RequirementsFileParser(session, read).parse("requirements.txt", False):
        parsed = req_file.handle_line(line, options=options, finder=finder, session=session)
        if parsed is not None:
            requirements.append(from_pip(parsed, latest))
    return {
        "requirements": unique(requirements),
        "options": pip_options(finder, options, hosts),
    }


def unique(requirements):
    return sorted({json.dumps(requirement, sort_keys=True) for requirement in requirements})


def main():
    answers = {}
    for directory, ours in json.load(sys.stdin).items():
        os.chdir(directory)
        try:
            pip = ask_pip()
        except (InstallationError, UnicodeDecodeError, ValueError) as error:
            pip = {"error": str(error)}
        if "error" not in ours:
            entries = ours["entries"]
            packages = [entry for entry in entries if entry[0] != "Option"]
            ours = {
                "requirements": unique(map(from_ours, packages)),
                "options": our_options(entries),
            }
        answers[directory] = {"pip": pip, "ours": ours}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
