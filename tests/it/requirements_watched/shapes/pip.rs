//! Files of pip's format, which both pip and uv install.

use super::*;

pub(super) fn of_pip() -> Vec<Shape> {
    vec![
        lines("pins", &[("requirements.txt", "numpy==1.26.4 # why\nSix\n")]),
        lines("a mark and CRLF", &[("requirements.txt", "\u{feff}numpy==1.26.4\r\nsix\r\n")]),
        lines(
            "files within files",
            &[
                ("requirements.txt", "-r deps/all.txt\n--constraint=deps/pins.txt\n"),
                ("deps/all.txt", "-r ../more/six.txt\nnumpy\n"),
                ("deps/pins.txt", "numpy<2\n"),
                ("more/six.txt", "six\n"),
            ],
        ),
        lines(
            "names with blanks",
            &[("requirements.txt", "-r \"a b.txt\"\n"), ("a b.txt", "six\n")],
        ),
        lines(
            "a link to the file",
            &[
                ("requirements.txt", "-r six.txt\n"),
                ("six.txt", "-> more/six.txt"),
                ("more/six.txt", "six\n"),
            ],
        ),
        lines(
            "a wheel",
            &[
                ("requirements.txt", "./vendor/six-1.17.0-py3-none-any.whl\n"),
                ("vendor/six-1.17.0-py3-none-any.whl", "wheel:six-1.17.0-py3-none-any.whl"),
            ],
        ),
        lines(
            "a directory of wheels",
            &[
                ("requirements.txt", "--find-links vendor\nsix\n"),
                ("vendor/six-1.17.0-py3-none-any.whl", "wheel:six-1.17.0-py3-none-any.whl"),
            ],
        ),
        lines(
            "setup.py",
            &[
                ("requirements.txt", "./libs/core\n"),
                ("libs/core/setup.py", SETUP),
                ("libs/core/core.py", ""),
            ],
        ),
        lines(
            "setup.cfg",
            &[
                ("requirements.txt", "./libs/core\n"),
                ("libs/core/pyproject.toml", SETUPTOOLS),
                (
                    "libs/core/setup.cfg",
                    "[metadata]\nname = core\nversion = file: VERSION\n[options]\npy_modules = core\ninstall_requires = file: needs.txt\n",
                ),
                ("libs/core/VERSION", "1"),
                ("libs/core/needs.txt", "six\n"),
                ("libs/core/core.py", ""),
            ],
        ),
        lines(
            "a manifest",
            &[
                ("requirements.txt", "./libs/core\n"),
                ("libs/core/pyproject.toml", CORE),
                ("libs/core/MANIFEST.in", "include data/*.json\n"),
                ("libs/core/data/a.json", "{}"),
                ("libs/core/core.py", ""),
            ],
        ),
        lines(
            "hatchling",
            &[
                ("requirements.txt", "./libs/core\n"),
                ("libs/core/pyproject.toml", HATCH),
                ("libs/core/README.md", "x"),
                ("libs/core/LICENSE", "x"),
                ("libs/core/core/__init__.py", "__version__ = '1'\n"),
            ],
        ),
        lines(
            "flit",
            &[
                ("requirements.txt", "./libs/core\n"),
                ("libs/core/pyproject.toml", FLIT),
                ("libs/core/core.py", "'''Core.'''\n__version__ = '1'\n"),
            ],
        ),
        lines(
            "poetry",
            &[
                ("requirements.txt", "./libs/core\n"),
                ("libs/core/pyproject.toml", POETRY),
                ("libs/core/README.md", "x"),
                ("libs/core/core/__init__.py", ""),
            ],
        ),
        lines(
            "by name and file",
            &[
                ("requirements.txt", "core @ file:libs/core ; python_version > '3'\n"),
                ("libs/core/pyproject.toml", CORE),
                ("libs/core/core.py", ""),
            ],
        ),
        lines(
            "a link in a package",
            &[
                ("requirements.txt", "./libs/core\n"),
                ("libs/core/pyproject.toml", CORE),
                ("libs/core/core.py", "-> ../shared.py"),
                ("libs/shared.py", ""),
            ],
        ),
        Shape {
            extra_files: &["VERSION"],
            ..lines(
                "a file above the package",
                &[
                    ("requirements.txt", "./libs/core\n"),
                    (
                        "libs/core/setup.py",
                        "from pathlib import Path\nfrom setuptools import setup\nversion = Path(__file__).parents[2] / 'VERSION'\nsetup(name='core', version=version.read_text(), py_modules=['core'])\n",
                    ),
                    ("libs/core/core.py", ""),
                    ("VERSION", "1"),
                ],
            )
        },
    ]
}
