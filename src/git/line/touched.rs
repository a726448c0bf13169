//! Changed paths -> how likely such a change makes a model worse, before anything is measured.

use schemars::JsonSchema;
use serde::Serialize;

/// Kinds of files that a commit changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Touched {
    /// Something that a training may run or take its settings from.
    pub code: bool,
    /// Something that decides the image.
    pub requirements: bool,
    /// Nothing but documentation, tests and settings of CI and editors; nothing at all too.
    pub docs_only: bool,
    /// How many files.
    pub paths: usize,
}

/// Programs, notebooks, and settings (where hyperparameters are).
const CODE: [&str; 27] = [
    "py", "pyx", "pxd", "pyi", "ipynb", "c", "cc", "cpp", "cu", "cuh", "h", "hpp", "rs", "jl", "r",
    "go", "sh", "bash", "sql", "yaml", "yml", "json", "jsonnet", "toml", "ini", "cfg", "gin",
];
/// Endings of what only people read.
const PROSE: [&str; 5] = ["md", "mdx", "rst", "adoc", "tex"];
/// Directories, at any depth, of what no training reads.
const ASIDE: [&str; 10] = [
    "doc",
    "docs",
    "test",
    "tests",
    ".github",
    ".gitlab",
    ".circleci",
    ".buildkite",
    ".vscode",
    ".idea",
];
/// Texts of that kind, by name without ending.
const PAPERS: [&str; 9] = [
    "readme",
    "license",
    "licence",
    "changelog",
    "changes",
    "contributing",
    "codeowners",
    "authors",
    "notice",
];
/// Settings of tools around the code, by whole name.
const TOOLS: [&str; 16] = [
    ".gitignore",
    ".gitattributes",
    ".mailmap",
    ".editorconfig",
    ".gitlab-ci.yml",
    ".travis.yml",
    "azure-pipelines.yml",
    ".pre-commit-config.yaml",
    ".readthedocs.yaml",
    "mkdocs.yml",
    "tox.ini",
    "noxfile.py",
    "pytest.ini",
    "mypy.ini",
    "ruff.toml",
    "conftest.py",
];

/// What a file is to a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TouchedKind {
    Requirements,
    Code,
    Aside,
    Other,
}

impl Touched {
    /// Judges `paths`, as git has them; `requirements` are files or directories.
    pub(super) fn of(paths: &[&[u8]], requirements: &[String]) -> Self {
        let mut touched = Self { docs_only: true, paths: paths.len(), ..Self::default() };
        for path in paths {
            let kind = kind(&String::from_utf8_lossy(path), requirements);
            touched.requirements |= kind == TouchedKind::Requirements;
            touched.code |= kind == TouchedKind::Code;
            touched.docs_only &= kind == TouchedKind::Aside;
        }
        touched
    }

    /// The prior weight of the commit against others: likelier with code or requirements, unlikely
    /// but never impossible without any (facts/stats.md, section 3).
    pub fn weight(&self) -> f64 {
        match self {
            Self { requirements: true, .. } | Self { code: true, .. } => 3.0,
            Self { docs_only: true, .. } => 0.2,
            _ => 1.0,
        }
    }
}

/// Whether a file is documentation, a test, or settings of CI and editors, which no training reads.
pub(crate) fn is_aside(path: &str) -> bool {
    kind(path, &[]) == TouchedKind::Aside
}

fn kind(path: &str, requirements: &[String]) -> TouchedKind {
    if requirements.iter().any(|requirement| is_within(path, requirement)) {
        return TouchedKind::Requirements;
    }
    let path = path.to_ascii_lowercase();
    let (directories, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let aside = directories.split('/').any(|directory| ASIDE.contains(&directory));
    let prose = PROSE.contains(&ending) || (PAPERS.contains(&stem) && matches!(ending, "" | "txt"));
    if aside || prose || TOOLS.contains(&name) || is_test(stem, ending) {
        TouchedKind::Aside
    } else if CODE.contains(&ending) || matches!(name, "makefile" | "dockerfile") {
        TouchedKind::Code
    } else {
        TouchedKind::Other
    }
}

/// As pytest finds them.  A script `test.py` measures a model in many repositories: not meant.
fn is_test(stem: &str, ending: &str) -> bool {
    ending == "py" && (stem.starts_with("test_") || stem.ends_with("_test"))
}

fn is_within(path: &str, place: &str) -> bool {
    let place = place.trim_start_matches("./").trim_end_matches('/');
    let rest = path.strip_prefix(place).filter(|_| !place.is_empty());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{Touched, TouchedKind, kind};

    fn requirements() -> Vec<String> {
        ["requirements.txt", "./docker/Dockerfile", "locks/"].map(str::to_owned).into()
    }

    #[test]
    fn paths_are_told_apart() {
        let rows = [
            (TouchedKind::Requirements, "requirements.txt docker/Dockerfile locks/a/b.lock"),
            (
                TouchedKind::Code,
                "train.py src/model.PY a/kernel.cu explore.ipynb run.sh config/lr.yaml",
            ),
            (
                TouchedKind::Code,
                "test.py pyproject.toml latest.py changes.py testing/data.py src/documents.py",
            ),
            (
                TouchedKind::Code,
                "sub/requirements.txt.py docker/Dockerfile.py contest/a.py Makefile",
            ),
            (
                TouchedKind::Aside,
                "README.md LICENSE docs/conf.py doc/a.png CHANGELOG.txt license.txt",
            ),
            (
                TouchedKind::Aside,
                "tests/train.py a/test/b.json test_model.py a/model_test.py conftest.py",
            ),
            (TouchedKind::Aside, ".github/workflows/ci.yml .gitlab-ci.yml .gitignore tox.ini"),
            (TouchedKind::Other, "data/train.csv vocab.txt weights.bin sub/requirements.txt data"),
            (TouchedKind::Other, "a\u{fffd} noextension .hidden test_data.csv tests"),
        ];
        for (expected, paths) in rows {
            for path in paths.split(' ') {
                assert_eq!(kind(path, &requirements()), expected, "{path}");
            }
        }
        assert_eq!(kind("locks", &requirements()), TouchedKind::Requirements);
        assert_eq!(kind("a.csv", &[String::new(), "./".into()]), TouchedKind::Other);
    }

    #[test]
    fn one_file_that_matters_is_enough_and_no_weight_is_zero() {
        let rows: [(&[&[u8]], f64); 7] = [
            (&[b"README.md", b"train.py"], 3.0),
            (&[b"README.md", b"requirements.txt"], 3.0),
            (&[b"README.md", b"tests/a.py"], 0.2),
            (&[b"README.md", b"data.csv"], 1.0),
            (&[b"data.csv", b"train.py"], 3.0),
            (&[b"\xff\xfe.csv"], 1.0),
            (&[], 0.2),
        ];
        for (paths, expected) in rows {
            let touched = Touched::of(paths, &requirements());
            assert!((touched.weight() - expected).abs() < 1e-12, "{paths:?}: {touched:?}");
            assert_eq!(touched.paths, paths.len());
        }
    }
}
