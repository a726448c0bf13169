//! Locks, and Dockerfiles of their own.

use super::*;

pub(super) fn of_locks_and_dockerfiles() -> Vec<Shape> {
    const EXPORT: &str = "uv export --quiet --frozen --no-default-groups --no-emit-project --python $PYTHON --output-file exported.txt";
    vec![
        Shape {
            requirements: "uv.lock",
            installs: &[EXPORT],
            ..project(
                "uv.lock",
                &[
                    (
                        "pyproject.toml",
                        "[project]\nname = 'six-user'\nversion = '1'\nrequires-python = '>=3.8'\n",
                    ),
                    ("uv.lock", UV_LOCK),
                ],
            )
        },
        Shape {
            requirements: "pylock.toml",
            installs: &[
                "uv pip install --preview --no-build-isolation --quiet --python $PYTHON --target $OUT -r pylock.toml",
            ],
            ..project(
                "pylock.toml",
                &[
                    (
                        "pylock.toml",
                        "lock-version = '1.0'\ncreated-by = 'x'\n[[packages]]\nname = 'core'\ndirectory = {path = 'libs/core'}\n",
                    ),
                    ("libs/core/pyproject.toml", CORE),
                    ("libs/core/core.py", ""),
                ],
            )
        },
        own(
            "their own script",
            &[
                ("requirements.txt", "numpy\n"),
                ("constraints.txt", "numpy==1.26.4\n"),
                (
                    "scripts/install.sh",
                    "pip install --quiet --target $OUT six -c constraints.txt\n",
                ),
            ],
            &["scripts", "requirements.txt", "constraints.txt"],
            &[
                "sh scripts/install.sh; pip install --quiet --target $OUT -r requirements.txt -c constraints.txt",
            ],
        ),
        own(
            "the project itself",
            &[
                ("requirements.txt", "six\n"),
                ("pyproject.toml", HATCH),
                ("core/__init__.py", "__version__ = '1'\n"),
            ],
            &["pyproject.toml", "core", "README.md", "LICENSE"],
            &["pip install --no-build-isolation --quiet --target $OUT ."],
        ),
        own(
            "all of it, editable",
            &[("requirements.txt", "-e .\n"), ("setup.py", SETUP), ("core.py", "")],
            &["."],
            &["pip install --no-build-isolation --quiet --prefix $OUT -r requirements.txt"],
        ),
        own(
            "by patterns",
            &[
                ("requirements.txt", "-r more.txt\n"),
                ("more.txt", "six\n"),
                ("pins-1.txt", "six<2\n"),
            ],
            &["requirements.txt", "more.txt", "pins-?.txt"],
            &["pip install --quiet --target $OUT -r requirements.txt"],
        ),
    ]
}
