//! README and `docs/`: tables come from the code, links lead somewhere, blocks hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Component, Path, PathBuf},
};

use regex::Regex;

use super::read;

mod blocks;
mod command_line;
mod configuration;
mod messages;
mod reference;
mod rooms;
mod worked;

/// The front page, which is to be read in a minute.
const README: &str = "README.md";
const README_BYTES: usize = 8_000;

/// Where all else is told, one thought to a page.
const DOCS: &str = "docs";
/// The order in which to read, for people and for mdBook.
const SUMMARY: &str = "docs/SUMMARY.md";

/// A file of Markdown.
struct Page {
    /// From the root of the repository.
    path: String,
    text: String,
}

/// A fenced block.
struct Block {
    language: String,
    text: String,
    /// `page:line` where it begins.
    place: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Names of the files of Markdown in a folder, sorted.
fn names(folder: &str) -> BTreeSet<String> {
    let files = fs::read_dir(root().join(folder)).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| Path::new(name).extension().is_some_and(|end| end == "md")).collect()
}

/// README, the pages of `docs/` and those of `.github/`.
fn pages() -> Vec<Page> {
    let in_folder = |folder| names(folder).into_iter().map(move |name| format!("{folder}/{name}"));
    let paths = [README.to_owned()].into_iter().chain(in_folder(DOCS)).chain(in_folder(".github"));
    paths.map(|path| Page { text: read(&path), path }).collect()
}

impl Page {
    /// Its text without fenced blocks, and these.
    fn parts(&self) -> (String, Vec<Block>) {
        let (mut prose, mut blocks, mut open) = (String::new(), Vec::<Block>::new(), None);
        for (number, line) in self.text.lines().enumerate() {
            let fence = line.trim_start().strip_prefix("```");
            match (&open, fence) {
                (None, Some(language)) => {
                    let place = format!("{}:{}", self.path, number + 1);
                    blocks.push(Block { language: language.into(), text: String::new(), place });
                    open = Some(line.len() - line.trim_start().len());
                }
                (None, None) => prose.extend([line, "\n"]),
                (Some(_), Some(_)) => open = None,
                (Some(indent), None) => {
                    let block = blocks.last_mut().unwrap();
                    block.text.extend([line.get(*indent..).unwrap_or(line.trim_start()), "\n"]);
                }
            }
        }
        assert!(open.is_none(), "{}: a block has no end", self.path);
        (prose, blocks)
    }

    /// Anchors of its headings, as GitHub and mdBook make them.
    fn anchors(&self) -> BTreeSet<String> {
        let (prose, _) = self.parts();
        let headings = prose.lines().filter(|line| line.starts_with('#'));
        let mut anchors = BTreeSet::new();
        for heading in headings {
            let anchor = anchor(heading.trim_start_matches('#'));
            assert!(anchors.insert(anchor), "{}: two headings alike: {heading}", self.path);
        }
        anchors
    }

    /// What it links to.
    fn links(&self) -> Vec<String> {
        let code = Regex::new("`[^`]*`").unwrap();
        let (prose, _) = self.parts();
        let prose = code.replace_all(&prose, "");
        let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
        link.captures_iter(&prose).map(|found| found[1].to_owned()).collect()
    }
}

fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

/// A relative path without `.` and `..`; none above the root.
fn resolved(folder: &Path, link: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in folder.join(link).components() {
        match part {
            Component::ParentDir => path.pop().then_some(())?,
            Component::Normal(name) => path.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    Some(path)
}

/// Why a link of the page leads nowhere.
fn dead(page: &Page, link: &str, anchors: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    if link.starts_with("https://") {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, at)| (path, Some(at)));
    let here = Path::new(&page.path);
    let target = if path.is_empty() { Some(here.into()) } else { resolved(here.parent()?, path) };
    let Some(target) = target.filter(|target| root().join(target).exists()) else {
        return Some(format!("{}: no file: {link}", page.path));
    };
    let anchors = anchors.get(target.to_str().unwrap());
    let known = anchor.is_none_or(|at| anchors.is_some_and(|anchors| anchors.contains(at)));
    (!known).then(|| format!("{}: no heading: {link}", page.path))
}

#[test]
fn links_lead_to_files_and_headings() {
    let pages = pages();
    let anchors = pages.iter().map(|page| (page.path.clone(), page.anchors())).collect();
    let links =
        pages.iter().flat_map(|page| page.links().into_iter().map(move |link| (page, link)));
    let links: Vec<_> = links.collect();
    assert!(links.len() > 100, "{}", links.len());
    let dead: Vec<_> = links.iter().filter_map(|(page, link)| dead(page, link, &anchors)).collect();
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn a_link_to_nowhere_is_noticed() {
    let page = Page { path: "docs/action.md".into(), text: "# A `b`, c\n".into() };
    let anchors = BTreeMap::from([(page.path.clone(), page.anchors())]);
    let told = |link| dead(&page, link, &anchors);
    for link in ["../docs/nowhere.md", "../../README.md", "#b", "SUMMARY.md#b"] {
        assert!(told(link).is_some(), "{link}");
    }
    for link in ["#a-b-c", "../README.md", "../examples/", "https://kueue.sigs.k8s.io"] {
        assert_eq!(told(link), None, "{link}");
    }
}

#[test]
fn the_readme_is_short_and_names_the_first_commands() {
    let readme = read(README);
    assert!(readme.len() <= README_BYTES, "{} bytes, of {README_BYTES}", readme.len());
    for command in ["uvx regression-action demo", "cargo run -- demo", "tests/run"] {
        assert!(readme.contains(command), "{command}");
    }
}

#[test]
fn the_summary_lists_every_page_once() {
    let summary = Page { path: SUMMARY.into(), text: read(SUMMARY) };
    let mut listed = summary.links();
    listed.sort();
    let mut there = names(DOCS);
    there.remove("SUMMARY.md");
    assert_eq!(listed, there.into_iter().collect::<Vec<_>>());
}

/// A page begins with its title, and one that nobody links to is not found from the others.
#[test]
fn every_page_has_a_title_and_the_readme_leads_to_the_book() {
    for page in pages() {
        assert!(page.text.starts_with("# "), "{}", page.path);
    }
    let readme = Page { path: README.into(), text: read(README) };
    assert!(readme.links().iter().any(|link| link == SUMMARY));
}
