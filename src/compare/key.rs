//! What a comparison follows from, as names.

use anyhow::Result;

use super::{Question, differences::environment_of};
use crate::{
    experiment::{
        Asking,
        key::{inputs, template},
    },
    git::Code,
    report::Environments,
};

/// The names of both commits' trainings.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) base: String,
    pub(super) head: String,
}

impl Keys {
    pub(super) fn of(question: &Question, environments: &Environments) -> Result<Self> {
        let Question { repository, config, backend, judge, .. } = question;
        let asking = Asking { repository, config, backend, template_of: judge };
        let (of_base, of_head) = question.codes();
        Ok(Self {
            base: asking.key(&of_base, &environments.base)?,
            head: asking.key(&of_head, &environments.head)?,
        })
    }
}

/// What a comparison follows from, of all that commits hold: what base and head run in, what is read of them,
/// and the judge's config and template; and head's own files that measure, where they are shown.
pub(crate) fn names(question: &Question) -> Result<Vec<String>> {
    let Question { repository, config, judge, backend, .. } = question;
    let (of_base, of_head) = question.codes();
    let environment = |code: &Code| environment_of(repository, config, backend, &code.commit);
    let mut names = vec![
        environment(&of_base)?,
        environment(&of_head)?,
        inputs(repository, config, &of_base)?,
        inputs(repository, config, &of_head)?,
        format!("{config:?}"),
        template(repository, config, judge)?,
    ];
    if question.has_shadow() {
        names.push(inputs(repository, config, &Code::whole(question.sides.trained()))?);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        compare::{Differences, Images, Memory, Parting, Sides},
        config::Config,
        experiment::BackendChoice,
        git::{Commit, Repository, program},
    };

    const CONFIG: &str = "entrypoint: x\nmetrics: {a: {direction: higher, absolute: 1}}\nruler: [ruler.py]\n\
         inputs: [first, ours, theirs]";

    fn commit(root: &Path, file: &str) {
        std::fs::write(root.join(file), file).unwrap();
        git(root, &["add", "--all"]);
        git(root, &["commit", "--quiet", "--message", file]);
    }

    /// With requirements in its first commit.
    fn begin(root: &Path) {
        git(root, &["init", "--quiet", "--initial-branch=main"]);
        std::fs::write(root.join("requirements.txt"), "numpy==2.0.0").unwrap();
        commit(root, "first");
    }

    fn git(root: &Path, arguments: &[&str]) {
        let mut command = program::command(root);
        command.args(["-c", "user.name=a", "-c", "user.email=a@acme.dev"]).args(arguments);
        program::stdout(&mut command).unwrap();
    }

    fn question(repository: &Repository, sides: Sides) -> Question {
        Question {
            repository: repository.clone(),
            config: Config::parse(CONFIG, "x").unwrap(),
            judge: sides.base.clone(),
            sides,
            backend: BackendChoice::Local,
            differences: Differences::default(),
            images: Images::default(),
            memory: Memory::default(),
            config_told: String::new(),
            reproduce: String::new(),
            resume: None,
        }
    }

    /// Readings by one ruler say nothing of those by another, though no training reads it.
    #[test]
    fn a_ruler_counts_where_it_is_no_input() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        git(root, &["init", "--quiet", "--initial-branch=main"]);
        commit(root, "first");
        let repository = Repository::discover(root).unwrap();
        let config = Config::parse(CONFIG, "x").unwrap();
        let name = || {
            let code = Code::whole(&repository.resolve("main").unwrap());
            inputs(&repository, &config, &code).unwrap()
        };
        let before = name();
        commit(root, "aside");
        assert_eq!(before, name());
        commit(root, "ruler.py");
        assert_ne!(before, name());
    }

    /// So the evidence of the pull request answers for the merge queue.
    #[test]
    fn a_merge_and_the_group_of_the_queue_have_the_same_names() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        begin(root);
        git(root, &["checkout", "--quiet", "-b", "change"]);
        commit(root, "theirs");
        git(root, &["checkout", "--quiet", "main"]);
        commit(root, "ours");
        git(root, &["checkout", "--quiet", "-b", "group"]);
        git(root, &["merge", "--quiet", "--no-edit", "change"]);
        let repository = Repository::discover(root).unwrap();
        let resolve = |name: &str| repository.resolve(name).unwrap();
        let (base, head, group) = (resolve("main"), resolve("change"), resolve("group"));
        let at = repository.merge_bases(&base, &head).unwrap().remove(0);
        let parting = Parting::of(at, "main", &base, 1);
        let merged = Sides::merging(&repository, &base, &head, &parting).unwrap().unwrap();
        assert_ne!(merged.trained().sha, group.sha);
        let of = |sides: Sides| names(&question(&repository, sides)).unwrap();
        let merged = of(merged);
        assert_eq!(merged, of(Sides::plain(base.clone(), group)));
        assert_ne!(merged, of(Sides::plain(base.clone(), head)));
        // Where head's own ruler is shown, it tells comparisons apart that are judged alike.
        let shown = |commit: Commit| {
            let config = Config::parse(&format!("{CONFIG}\nruler-shadow: true"), "x").unwrap();
            let differences =
                Differences { ruler: vec!["ruler.py".to_owned()], ..Differences::default() };
            let question = question(&repository, Sides::plain(base.clone(), commit));
            names(&Question { config, differences, ..question }).unwrap()
        };
        let before = resolve("group");
        std::fs::write(root.join("ruler.py"), "2").unwrap();
        commit(root, "another");
        let after = resolve("group");
        assert_eq!(merged, of(Sides::plain(base.clone(), after.clone())));
        assert_ne!(shown(before), shown(after));
        // Requirements count even where they are no input.
        std::fs::write(root.join("requirements.txt"), "numpy==2.1.0").unwrap();
        commit(root, "more");
        assert_ne!(merged, of(Sides::plain(base, resolve("group"))));
    }

    /// Neither side chooses the cluster that judges it.
    #[test]
    fn the_template_is_the_judges() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        begin(root);
        commit(root, "ray.yml");
        git(root, &["checkout", "--quiet", "-b", "change"]);
        std::fs::write(root.join("ray.yml"), "headGroupSpec: {}").unwrap();
        commit(root, "aside");
        let repository = Repository::discover(root).unwrap();
        let resolve = |name: &str| repository.resolve(name).unwrap();
        let template =
            "cluster: {workers: {cpu: 1, memory: 1Gi, min: 0, max: 2}, template: ray.yml}";
        let config = Config::parse(&format!("{CONFIG}\n{template}"), "x").unwrap();
        let judged_by = |judge: &str, head: &str| {
            let question = question(&repository, Sides::plain(resolve("main"), resolve(head)));
            names(&Question { config: config.clone(), judge: resolve(judge), ..question }).unwrap()
        };
        assert_eq!(judged_by("main", "main"), judged_by("main", "change"));
        assert_ne!(judged_by("main", "change"), judged_by("change", "change"));
    }
}
