//! What a Dockerfile of the repository's own takes from the commit.

use regression_action::python::requirements::{Document, EnvironmentBase, read};

use super::trees::{Tree, recipe};

/// A path that nothing takes is `other.txt`.
const FILES: [(&str, &str); 9] = [
    ("requirements.txt", "numpy==1\n-r deps/more.txt\n"),
    ("deps/more.txt", "six==1\n"),
    ("scripts/install.sh", "pip install apex==0.1"),
    ("scripts/deep/x.sh", "x"),
    ("constraints.txt", "numpy==1.26.4"),
    ("a b.txt", "blank"),
    (".dockerignore", "*.md"),
    ("link", "-> scripts/install.sh"),
    ("other.txt", "other"),
];

fn of(dockerfile: &str, change: Option<(&str, &str)>) -> Document {
    let mut tree = Tree::of(FILES);
    tree.0.insert("Dockerfile".into(), dockerfile.as_bytes().to_vec());
    if let Some((path, text)) = change {
        assert!(tree.0.insert(path.into(), text.as_bytes().to_vec()).is_some());
    }
    let mut recipe = recipe(&["requirements.txt"]);
    recipe.base =
        EnvironmentBase::Image { base_image: "x".into(), dockerfile: Some("Dockerfile".into()) };
    read(&recipe, &tree).unwrap()
}

fn counts(dockerfile: &str, path: &str) -> bool {
    of(dockerfile, None).tag() != of(dockerfile, Some((path, "another text"))).tag()
}

#[test]
fn every_source_of_copy_add_and_mounts_counts() {
    for (dockerfile, path) in [
        ("COPY scripts/install.sh constraints.txt /tmp/", "scripts/install.sh"),
        ("COPY scripts/install.sh constraints.txt /tmp/", "constraints.txt"),
        ("copy --chown=1:1 --link ./scripts/ /tmp/", "scripts/deep/x.sh"),
        ("COPY [\"a b.txt\", \"/tmp/\"]", "a b.txt"),
        ("COPY 'a b.txt' /tmp/", "a b.txt"),
        ("ADD /scripts /tmp/", "scripts/install.sh"),
        ("COPY scr*/inst?ll.sh /tmp/", "scripts/install.sh"),
        ("COPY c[a-p]nstraints.txt /tmp/", "constraints.txt"),
        ("COPY scripts \\\n  # why\n  constraints.txt /tmp/", "constraints.txt"),
        ("# escape=`\nCOPY scripts `\n  constraints.txt /tmp/", "constraints.txt"),
        ("ARG D=scripts\nCOPY $D/install.sh /tmp/", "scripts/install.sh"),
        ("COPY scripts/${F} /tmp/", "scripts/deep/x.sh"),
        ("COPY . /app", "other.txt"),
        ("COPY link /tmp/", "scripts/install.sh"),
        ("RUN --mount=type=bind,source=constraints.txt,target=/c x", "constraints.txt"),
        ("RUN --mount=src=scripts,target=/s --network=none x", "scripts/deep/x.sh"),
        ("RUN --mount=type=bind,target=/src x", "other.txt"),
        ("RUN cat <<EOF\nx \\\nEOF\nCOPY scripts /", "scripts/install.sh"),
        ("COPY scripts /x \\", "scripts/install.sh"),
        // A line of a text is taken for an instruction.
        ("COPY <<EOF /tmp/x\nADD constraints.txt /\nEOF", "constraints.txt"),
        ("RUN echo 1<<b\nCOPY scripts /", "scripts/install.sh"),
        ("COPY requirements.txt /tmp/", ".dockerignore"),
        ("COPY requirements.txt /tmp/", "deps/more.txt"),
    ] {
        assert!(counts(dockerfile, path), "{dockerfile}: {path}");
    }
}

#[test]
fn what_it_does_not_take_does_not_count() {
    for dockerfile in [
        "COPY scripts /tmp/",
        "COPY --from=build . /tmp/",
        "RUN --mount=type=cache,target=/c --mount=type=bind,from=build,target=/b x",
        "# COPY . /",
        "COPY s*/*.sh /tmp/",
    ] {
        assert!(!counts(dockerfile, "other.txt"), "{dockerfile}");
    }
    let told =
        of("COPY gone /x\nADD https://u:p@h/x /y\nCOPY . /z\nFROM python:3\nFROM build", None);
    let told = told.warnings.join("\n");
    for part in [
        "Dockerfile copies gone, which is not in the commit",
        "Dockerfile adds https://h/x, which can change",
        "Dockerfile copies the whole repository (.)",
        "base image python:3 is not pinned",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_requirement_file_counts_by_its_lines_where_it_is_only_installed() {
    let comment = Some(("requirements.txt", "# why\nnumpy == 1\n-r deps/more.txt\n"));
    for (dockerfile, same) in [
        ("COPY requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt ray", true),
        ("COPY requirements.txt /tmp/\nRUN uv pip install --requirement=requirements.txt", true),
        ("COPY . /app\nRUN pip install -r requirements.txt", true),
        (
            "COPY requirements.txt /tmp/\nRUN grep -v cuda /tmp/requirements.txt | pip install",
            false,
        ),
    ] {
        let (one, other) = (of(dockerfile, None), of(dockerfile, comment));
        assert_eq!(one.tag() == other.tag(), same, "{dockerfile}");
    }
}

#[test]
fn what_changed_is_named() {
    let dockerfile = "COPY scripts constraints.txt /tmp/";
    let changes = |path: &str| {
        let changes = of(dockerfile, Some((path, "x"))).changes_since(&of(dockerfile, None));
        changes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(changes("scripts/install.sh"), ["scripts/install.sh changed"]);
    assert_eq!(changes("constraints.txt"), ["constraints.txt changed"]);
}
