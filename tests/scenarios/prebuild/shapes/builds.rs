//! Projects whose dependencies a build backend tells, and what it reads for it.

use super::Shape;

const EDITABLE: (&str, &str) = ("requirements.txt", "-e .\n");
const NEEDED: (&str, &str) = ("needed.txt", "toolz==0.12.1\n");
pub(super) const SETUP: &str = "from setuptools import setup\nsetup()\n";
const SETUP_CFG: &str = "[metadata]\nname = model\nversion = 1\n[options]\npy_modules = model\n\
    install_requires =\n    toolz==0.12.1\n";
const SETUPTOOLS: &str =
    "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n";

pub(super) const SHAPES: [Shape; 9] = [
    (
        "setup.cfg beside setup.py, by -e .",
        "requirements.txt",
        &[EDITABLE, ("setup.cfg", SETUP_CFG), ("setup.py", SETUP)],
    ),
    (
        "setup.cfg beside pyproject.toml, by -e .",
        "requirements.txt",
        &[EDITABLE, ("setup.cfg", SETUP_CFG), ("pyproject.toml", SETUPTOOLS)],
    ),
    (
        "setup.cfg that names files, by -e .",
        "requirements.txt",
        &[
            EDITABLE,
            NEEDED,
            ("VERSION", "1\n"),
            (
                "setup.cfg",
                "[metadata]\nname = model\nversion = file: VERSION\n[options]\npy_modules = model\n\
                 install_requires = file: needed.txt\n",
            ),
            ("pyproject.toml", SETUPTOOLS),
        ],
    ),
    (
        "setup.py that opens a file, by -e .",
        "requirements.txt",
        &[
            EDITABLE,
            NEEDED,
            (
                "setup.py",
                "from setuptools import setup\nsetup(name='model', version='1', py_modules=['model'], \
                 install_requires=open('needed.txt').read().split())\n",
            ),
        ],
    ),
    (
        "a version out of the code, by -e .",
        "requirements.txt",
        &[
            EDITABLE,
            (
                "pyproject.toml",
                "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n\
                 [project]\nname = \"model\"\ndynamic = [\"version\"]\ndependencies = [\"toolz==0.12.1\"]\n\
                 [tool.setuptools]\npy-modules = [\"model\"]\n\
                 [tool.setuptools.dynamic]\nversion = {attr = \"model.__version__\"}\n",
            ),
        ],
    ),
    (
        "dependencies out of a file, by pyproject.toml",
        "pyproject.toml",
        &[
            NEEDED,
            (
                "pyproject.toml",
                "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n\
                 [project]\nname = \"model\"\nversion = \"1\"\ndynamic = [\"dependencies\"]\n\
                 [tool.setuptools]\npy-modules = [\"model\"]\n\
                 [tool.setuptools.dynamic]\ndependencies = {file = [\"needed.txt\"]}\n",
            ),
        ],
    ),
    (
        "dependencies by a plugin of hatch, by pyproject.toml",
        "pyproject.toml",
        &[
            NEEDED,
            (
                "pyproject.toml",
                "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n\
                 [project]\nname = \"model\"\nversion = \"1\"\ndynamic = [\"dependencies\"]\n\
                 [tool.hatch.build.targets.wheel]\nonly-include = [\"model.py\"]\n\
                 [tool.hatch.metadata.hooks.custom]\n",
            ),
            (
                "hatch_build.py",
                "from hatchling.metadata.plugin.interface import MetadataHookInterface\n\
                 class Needed(MetadataHookInterface):\n    def update(self, metadata):\n        \
                 metadata['dependencies'] = open('needed.txt').read().split()\n",
            ),
        ],
    ),
    (
        "Poetry without [project], by -e .",
        "requirements.txt",
        &[
            EDITABLE,
            (
                "pyproject.toml",
                "[build-system]\nrequires = [\"poetry-core\"]\nbuild-backend = \"poetry.core.masonry.api\"\n\
                 [tool.poetry]\nname = \"model\"\nversion = \"1\"\ndescription = \"\"\nauthors = []\n\
                 [tool.poetry.dependencies]\npython = \">=3.8\"\ntoolz = \"0.12.1\"\n",
            ),
        ],
    ),
    (
        "a package of the repository, by its path",
        "requirements.txt",
        &[
            ("requirements.txt", "./libs/core\n"),
            (
                "libs/core/pyproject.toml",
                "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n\
                 [project]\nname = \"core\"\nversion = \"1\"\ndependencies = [\"toolz==0.12.1\"]\n\
                 [tool.setuptools]\npy-modules = [\"core\"]\n",
            ),
            ("libs/core/core.py", ""),
        ],
    ),
];
