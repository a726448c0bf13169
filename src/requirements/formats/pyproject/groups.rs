//! The dependencies of a project, of the chosen extras and of the chosen groups -> lines.

use anyhow::{Result, bail};
use serde_json::Value;

use super::{Project, Reading, canonical};
use crate::requirements::pip;

/// Groups that include one another, one within the other.
const DEEPEST: usize = 64;
/// Groups that are expanded in all, each as often as it is included.
const MOST_GROUPS: usize = 10_000;

/// The lines that the recipe asks for.
pub(super) fn lines(reading: &Reading<'_>, project: &Project<'_>) -> Result<Vec<String>> {
    let mut lines = project.texts("/project/dependencies");
    let mut extras: Vec<String> = Vec::new();
    let mut wanted: Vec<String> = reading.recipe.extras.clone();
    let mut budget = MOST_GROUPS;
    for group in &reading.recipe.groups {
        lines.extend(self::group(project, &canonical::name(group), &mut Vec::new(), &mut budget)?);
    }
    wanted.extend(own_extras(project, &lines));
    while let Some(extra) = wanted.pop() {
        let extra = canonical::name(&extra);
        if extras.contains(&extra) {
            continue;
        }
        let more = self::extra(project, &extra)?;
        wanted.extend(own_extras(project, &more));
        lines.extend(more);
        extras.push(extra);
    }
    Ok(lines)
}

fn extra(project: &Project<'_>, extra: &str) -> Result<Vec<String>> {
    let table = "/project/optional-dependencies";
    if let Some(lines) = project.spelled(table, extra) {
        return Ok(texts(lines));
    }
    // These two say it elsewhere.
    let poetry = project.table.pointer("/tool/poetry/extras").is_some();
    let dynamic =
        project.texts("/project/dynamic").iter().any(|key| key == "optional-dependencies");
    if poetry || dynamic {
        return Ok(Vec::new());
    }
    bail!("{} has no extra {extra}; check `build.extras` in the config", project.path)
}

/// The extras of the project that it names itself, as in `all = ["project[cpu,gpu]"]`.
fn own_extras(project: &Project<'_>, lines: &[String]) -> Vec<String> {
    let name = project.table.pointer("/project/name").and_then(Value::as_str).map(canonical::name);
    let extras = |line: &String| {
        let (package, value) = pip::requirement(line).ok()?;
        let (extras, _) = value.strip_prefix('[')?.split_once(']')?;
        let own = Some(package) == name;
        own.then(|| extras.split(',').map(str::to_owned).collect::<Vec<_>>())
    };
    lines.iter().filter_map(extras).flatten().collect()
}

/// The lines of a group (PEP 735) and of those it includes; `within` are the groups on the way.
fn group(
    project: &Project<'_>,
    group: &str,
    within: &mut Vec<String>,
    budget: &mut usize,
) -> Result<Vec<String>> {
    let path = project.path;
    if within.iter().any(|outer| outer == group) {
        bail!("the dependency group {group} of {path} includes itself");
    }
    let Some(items) = project.spelled("/dependency-groups", group) else {
        let poetry = project.table.pointer("/tool/poetry/group").is_some();
        if poetry && within.is_empty() {
            return Ok(Vec::new());
        }
        bail!("{path} has no dependency group {group}; check `build.groups` in the config");
    };
    // Each may be included many times: what is expanded is bounded, or a short file takes for ever.
    if within.len() >= DEEPEST || *budget == 0 {
        bail!("the dependency groups of {path} include one another too often");
    }
    *budget -= 1;
    within.push(group.to_owned());
    let mut lines = texts(items);
    for item in items.as_array().into_iter().flatten() {
        if let Some(inner) = item.get("include-group").and_then(Value::as_str) {
            lines.extend(self::group(project, &canonical::name(inner), within, budget)?);
        }
    }
    within.pop();
    Ok(lines)
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
