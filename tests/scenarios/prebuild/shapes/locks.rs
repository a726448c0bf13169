//! Locks of each format that uv installs or exports.

use super::Shape;

const PROJECT: (&str, &str) = (
    "pyproject.toml",
    "[project]\nname = \"model\"\nversion = \"1\"\nrequires-python = \">=3.11\"\n\
     dependencies = [\"toolz==0.12.1\"]\n",
);

pub(super) const SHAPES: [Shape; 5] = [
    (
        "requirements with hashes",
        "requirements.txt",
        &[(
            "requirements.txt",
            "toolz==0.12.1 \\\n    \
             --hash=sha256:d22731364c07d72eea0a0ad45bafb2c2937ab6fd38a3507bf55eae8744aa7d85\n",
        )],
    ),
    (
        "uv.lock",
        "uv.lock",
        &[
            PROJECT,
            (
                "uv.lock",
                "version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n\n\
                 [[package]]\nname = \"model\"\nversion = \"1\"\nsource = { virtual = \".\" }\n\
                 dependencies = [{ name = \"toolz\" }]\n\n\
                 [package.metadata]\nrequires-dist = [{ name = \"toolz\", specifier = \"==0.12.1\" }]\n\n\
                 [[package]]\nname = \"toolz\"\nversion = \"0.12.1\"\n\
                 source = { registry = \"https://pypi.org/simple\" }\n\
                 wheels = [{ url = \"https://files.pythonhosted.org/packages/b7/8a/d82202c9f89eab30f9fc05380daae87d617e2ad11571ab23d7c13a29bb54/toolz-0.12.1-py3-none-any.whl\", \
                 hash = \"sha256:d22731364c07d72eea0a0ad45bafb2c2937ab6fd38a3507bf55eae8744aa7d85\", size = 56121 }]\n",
            ),
        ],
    ),
    (
        "pylock.toml",
        "pylock.toml",
        &[(
            "pylock.toml",
            "lock-version = \"1.0\"\ncreated-by = \"uv\"\nrequires-python = \">=3.11\"\n\n\
             [[packages]]\nname = \"toolz\"\nversion = \"0.12.1\"\nindex = \"https://pypi.org/simple\"\n\
             wheels = [{ url = \"https://files.pythonhosted.org/packages/b7/8a/d82202c9f89eab30f9fc05380daae87d617e2ad11571ab23d7c13a29bb54/toolz-0.12.1-py3-none-any.whl\", \
             hashes = { sha256 = \"d22731364c07d72eea0a0ad45bafb2c2937ab6fd38a3507bf55eae8744aa7d85\" } }]\n",
        )],
    ),
    (
        "poetry.lock",
        "poetry.lock",
        &[
            PROJECT,
            (
                "poetry.lock",
                "[[package]]\nname = \"toolz\"\nversion = \"0.12.1\"\ndescription = \"\"\noptional = false\n\
                 python-versions = \">=3.7\"\ngroups = [\"main\"]\nfiles = [\n    \
                 {file = \"toolz-0.12.1-py3-none-any.whl\", hash = \"sha256:d22731364c07d72eea0a0ad45bafb2c2937ab6fd38a3507bf55eae8744aa7d85\"},\n]\n\n\
                 [metadata]\nlock-version = \"2.1\"\npython-versions = \">=3.11\"\n\
                 content-hash = \"c1852a36c8d1d7c4a0213ef483a2e5559642fe1355bf3a0c3742e83a6c7bbaca\"\n",
            ),
        ],
    ),
    (
        "Pipfile.lock",
        "Pipfile.lock",
        &[(
            "Pipfile.lock",
            "{\"_meta\": {\"hash\": {\"sha256\": \"0\"}, \"pipfile-spec\": 6, \"requires\": {}, \
             \"sources\": [{\"name\": \"pypi\", \"url\": \"https://pypi.org/simple\", \"verify_ssl\": true}]}, \
             \"default\": {\"toolz\": {\"hashes\": [\"sha256:d22731364c07d72eea0a0ad45bafb2c2937ab6fd38a3507bf55eae8744aa7d85\"], \
             \"index\": \"pypi\", \"version\": \"==0.12.1\"}}, \"develop\": {}}",
        )],
    ),
];
