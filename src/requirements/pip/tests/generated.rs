//! Requirements files by a seeded generator: each seed gives the same files everywhere.

use super::tree::Tree;

/// How many are compared with pip.
pub(super) const COUNT: u64 = 600;

/// `SplitMix64` (Steele, Lea and Flood, 2014).
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

const NAMES: [&str; 12] = [
    "torch",
    "Flask",
    "zope.interface",
    "ruamel_yaml",
    "a--b",
    "x",
    "NumPy",
    "A.-_b",
    "py4j",
    "foo_",
    "é",
    "-x",
];
const EXTRAS: [&str; 8] = ["", "", "", "[a]", "[B_b, a]", "[ ]", "[a b]", "[a"];
const VERSIONS: [&str; 28] = [
    "",
    "",
    "==1.0",
    "== 1.0",
    "==v1.0",
    ">=1,<2",
    " >= 1.0 , < 2.0 ",
    "(>=1,<2)",
    " (==1.*)",
    "~=1.4.2",
    "~=1",
    "===weird+V",
    "!=1.5.*",
    ">1.0.dev1",
    "<=2.0rc1",
    "==1.0.post1",
    "==2.0+cu121",
    ">=2.0+cu121",
    "=1.0",
    ">=1 <2",
    "==1.0,",
    "==1!2.0a-1",
    "==",
    "==${V}",
    ">=1.*",
    "==1.0.0-1",
    "<2,<2",
    "== V1.0RC1",
];
const MARKERS: [&str; 14] = [
    "",
    "",
    "",
    "",
    "; python_version < '3.9'",
    ";sys_platform=='linux'",
    " ; extra == \"A_b\"",
    "; (os_name == 'nt' or os_name=='posix')and python_version >= \"3.8\"",
    "; 'linux' in sys_platform",
    "; platform_machine not  in 'arm64 aarch64'",
    "; nonsense",
    ";",
    "; os.name == 'nt'",
    "; python_full_version<'3.9.1'and implementation_name==\"cpython\"",
];
const TAILS: [&str; 12] = [
    "",
    "",
    "",
    "",
    "",
    " # why",
    " #why",
    "#not",
    " --hash=sha256:AB --hash=sha512:0f",
    " -C a=b --config-settings x=y",
    " --index-url https://u:p@i.example/simple",
    " --no-deps",
];
const URLS: [&str; 12] = [
    "git+https://git.example/o/r.git@main#egg=r",
    "git+https://t@git.example/o/r",
    "pkg @ git+ssh://git@git.example/o/r@v1",
    "pkg[x]@https://h.example/pkg-1.0-py3-none-any.whl#sha256=00",
    "https://h.example/pkg-1.0-py3-none-any.whl",
    "https://h.example/sub%20dir/pkg-1.0.tar.gz#egg=pkg&subdirectory=x",
    "pkg @ https://h.example/a ; os_name=='nt'",
    "pkg @ https://h.example/a;os_name=='nt'",
    "https://h.example/a.zip ; os_name == 'nt'",
    "hg+http://h.example/r@1#egg=q.r",
    "https://u:p@h.example/x.zip",
    "ftp://h.example/x.tar.bz2",
];
const LOCALS: [&str; 10] = [
    "./lib",
    "lib/",
    "./lib[x,Y]",
    ".",
    "./wheels/own-1.0-py3-none-any.whl",
    "wheels/gone-1.0-py3-none-any.whl",
    "./lib ; os_name == 'nt'",
    "lib",
    "file:./lib",
    "gone.zip",
];
const OPTIONS: [&str; 34] = [
    "-i https://u:p@i.example/simple",
    "--index-url=https://j.example",
    "--extra-index-url https://e.example/cu121",
    "--extra-index-url=https://f.example --extra-index-url https://g.example",
    "--pypi-url https://k.example",
    "-f https://h.example/links.html",
    "--find-links ./wheels",
    "-f wheels -f other",
    "-f nowhere",
    "--no-index",
    "--no-binary :all:",
    "--no-binary=Foo_b,bar",
    "--only-binary :all:",
    "--only-binary bar --no-binary bar",
    "--only-binary :none:",
    "--no-binary :all:,:none:,q",
    "--prefer-binary",
    "--require-hashes",
    "--no-require-hashes",
    "--pre",
    "--all-releases a,b",
    "--only-final a",
    "--trusted-host h.example:80",
    "--use-feature fast-deps",
    "--hash=sha256:00",
    "--unknown",
    "-q",
    "--extra https://abbreviated.example",
    "--no",
    "-i 'https://q.example/a b'",
    "--index-url",
    "-i \"unclosed",
    "stray -- --pre",
    "--pre stray",
];
const EDITABLES: [&str; 12] = [
    "-e .",
    "-e ./lib[dev]",
    "-e lib",
    "--editable=lib",
    "-e git+https://u:p@git.example/o/r@main#egg=R_r",
    "-e git+https://git.example/o/r",
    "-e \"pkg[a] @ git+https://git.example/o/r ; os_name == 'nt'\"",
    "-e lib -C a=b",
    "-e lib --hash=sha256:00",
    "-e nowhere",
    "-e lib extra words",
    "x -e lib",
];
const NESTED: [&str; 14] = [
    "-r more/base.txt",
    "-rmore/base.txt",
    "--requirement=more/base.txt",
    "-r 'more/base.txt' # why",
    "-r more/base.txt -r gone.txt",
    "-c more/pins.txt",
    "-c more/pins.txt -r more/base.txt",
    "-r ./more/../more/base.txt",
    "--constraint more/pins.txt --pre",
    "-r gone.txt",
    "-r more/cycle.txt",
    "-r more/base.txt stray",
    "-r more/base.txt",
    "-c more/pins.txt",
];

/// The files of one seed.
pub(super) fn tree(seed: u64) -> Tree {
    let mut random = Random(seed);
    let mut tree = Tree::of(&[
        ("lib/pyproject.toml", ""),
        ("pyproject.toml", ""),
        ("wheels/own-1.0-py3-none-any.whl", ""),
        ("more/cycle.txt", "x\n-r ../requirements.txt"),
    ]);
    for (path, most) in
        [("more/deep.txt", 3), ("more/base.txt", 5), ("more/pins.txt", 5), ("requirements.txt", 14)]
    {
        let mut lines: Vec<String> =
            (0..=random.below(most)).map(|_| line(&mut random, path)).collect();
        if path.ends_with("base.txt") || path.ends_with("pins.txt") {
            lines.push(random.pick(&["-r deep.txt", "-c deep.txt", "", ""]).to_owned());
        }
        tree.0.insert(path.to_owned(), encoded(&mut random, &lines));
    }
    tree
}

fn line(random: &mut Random, path: &str) -> String {
    let kind = random.below(20);
    match kind {
        0 => random.pick(&URLS).to_owned() + random.pick(&TAILS),
        1 => random.pick(&LOCALS).to_owned(),
        2..=4 => random.pick(&OPTIONS).to_owned(),
        5 if path != "more/pins.txt" => random.pick(&EDITABLES).to_owned(),
        6 | 7 if path == "requirements.txt" => random.pick(&NESTED).to_owned(),
        8 => random.pick(&["", "# note \\", "   # x", "\t", "\\"]).to_owned(),
        _ => {
            let parts =
                [&NAMES[..], &EXTRAS, &VERSIONS, &MARKERS, &TAILS].map(|part| random.pick(part));
            continued(random, &parts)
        }
    }
}

/// A line that may be continued between its parts.
fn continued(random: &mut Random, parts: &[&str]) -> String {
    let mut line = String::new();
    for part in parts {
        line += part;
        if random.one_in(12) {
            line += random.pick(&["\\\n", " \\\n  ", "\\\n # c"]);
        }
    }
    line
}

fn encoded(random: &mut Random, lines: &[String]) -> Vec<u8> {
    let end = random.pick(&["\n", "\n", "\r\n", "\r", "\x0c", "\u{2028}"]);
    let text = lines.join("\n").replace('\n', end);
    match random.below(6) {
        0 => format!("\u{feff}{text}").into_bytes(),
        1 => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect(),
        2 => format!("# coding: utf-8{end}{text}").into_bytes(),
        _ => text.into_bytes(),
    }
}
