"""Writes wheels without code to a directory: wheels.py DIRECTORY NAME==VERSION..."""

import sys
import zipfile
from pathlib import Path

for pin in sys.argv[2:]:
    name, version = pin.split("==")
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"__version__ = '{version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    path = Path(sys.argv[1]) / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inner, text in {**files, f"{info}/RECORD": record}.items():
            # A date of its own would give each run other bytes.
            wheel.writestr(zipfile.ZipInfo(inner, (2025, 1, 1, 0, 0, 0)), text)
