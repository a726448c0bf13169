//! Projects, which uv installs by their project file.

use super::*;

pub(super) fn of_projects() -> Vec<Shape> {
    vec![
        project(
            "static",
            &[("pyproject.toml", "[project]\nname = 'x'\nversion = '1'\ndependencies = ['six']\n")],
        ),
        Shape {
            extras: &["fast"],
            installs: &[
                "uv pip install --quiet --python $PYTHON --target $OUT -r pyproject.toml --extra fast",
            ],
            ..project(
                "an extra",
                &[(
                    "pyproject.toml",
                    "[project]\nname = 'x'\nversion = '1'\noptional-dependencies = {fast = ['idna']}\n",
                )],
            )
        },
        project(
            "a source of uv",
            &[
                (
                    "pyproject.toml",
                    "[project]\nname = 'whole'\nversion = '1'\ndependencies = ['core']\n[tool.uv.sources]\ncore = {path = 'libs/core'}\n",
                ),
                ("libs/core/pyproject.toml", CORE),
                ("libs/core/core.py", ""),
            ],
        ),
        project(
            "a source of a source",
            &[
                (
                    "pyproject.toml",
                    "[project]\nname = 'whole'\nversion = '1'\ndependencies = ['core']\n[tool.uv.sources]\ncore = {path = 'libs/core'}\n",
                ),
                (
                    "libs/core/pyproject.toml",
                    "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n[project]\nname = 'core'\nversion = '1'\ndependencies = ['deep']\n[tool.setuptools]\npy-modules = []\n[tool.uv.sources]\ndeep = {path = '../deep'}\n",
                ),
                (
                    "libs/deep/setup.py",
                    "from setuptools import setup\nsetup(name='deep', version='1')\n",
                ),
            ],
        ),
    ]
}

/// Projects whose dependencies only a build tells.
pub(super) fn of_builds() -> Vec<Shape> {
    vec![
        project(
            "dynamic by a file",
            &[
                (
                    "pyproject.toml",
                    "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n[project]\nname = 'x'\nversion = '1'\ndynamic = ['dependencies']\n[tool.setuptools]\npy-modules = []\n[tool.setuptools.dynamic]\ndependencies = {file = ['deps/a.txt']}\n",
                ),
                ("deps/a.txt", "six\n"),
            ],
        ),
        project(
            "declared in setup.cfg",
            &[
                ("pyproject.toml", SETUPTOOLS),
                (
                    "setup.cfg",
                    "[metadata]\nname = m\nversion = 1\n[options]\npy_modules = m\ninstall_requires =\n    numpy==1.26.4\n",
                ),
                ("m.py", ""),
            ],
        ),
        project(
            "a setup.py that reads",
            &[
                ("pyproject.toml", SETUPTOOLS),
                (
                    "setup.py",
                    "from setuptools import setup\nsetup(name='x', version='1', py_modules=[], install_requires=open('needs' + '.in').read().split())\n",
                ),
                ("needs.in", "six\n"),
            ],
        ),
        project(
            "a hook of hatchling",
            &[
                (
                    "pyproject.toml",
                    "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n[project]\nname = 'x'\nversion = '1'\ndynamic = ['dependencies']\n[tool.hatch.build.targets.wheel]\npackages = ['x']\n[tool.hatch.metadata.hooks.custom]\n",
                ),
                (
                    "hatch_build.py",
                    "from hatchling.metadata.plugin.interface import MetadataHookInterface\nclass Hook(MetadataHookInterface):\n    def update(self, metadata):\n        metadata['dependencies'] = open('needs.in').read().split()\n",
                ),
                ("needs.in", "six\n"),
                ("x/__init__.py", ""),
            ],
        ),
        project(
            "poetry with a path",
            &[
                (
                    "pyproject.toml",
                    "[build-system]\nrequires = ['poetry-core']\nbuild-backend = 'poetry.core.masonry.api'\n[tool.poetry]\nname = 'm'\nversion = '1'\ndescription = ''\nauthors = []\n[tool.poetry.dependencies]\npython = '>=3.8'\ncore = {path = 'libs/core'}\n",
                ),
                ("m/__init__.py", ""),
                ("libs/core/pyproject.toml", POETRY),
                ("libs/core/README.md", "x"),
                ("libs/core/core/__init__.py", ""),
            ],
        ),
    ]
}
