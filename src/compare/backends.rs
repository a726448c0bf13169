//! Where both commits are trained: on Kubernetes in a cluster for each, so that head's code is out of base's
//! reach and the other way round; elsewhere in one if their environments agree.

use anyhow::{Context, Result};

use super::{Question, known::is_whole, kubernetes};
use crate::{
    cluster::{Backend, ClusterRequest, Gpus, Room},
    config::{ClusterSize, Config, TrainingNeeds},
    experiment::{
        BackendChoice, EnvironmentFacts, Tools,
        measure::{Observation, Sharing},
        on_this_machine,
    },
    git::Commit,
    python::environment::{self, Environment, EnvironmentSpec, Python},
    report::Environments,
};

/// The backends of base and head; no second one if they share the first.
#[derive(Debug)]
pub(super) struct Backends {
    pub(super) base: Backend,
    pub(super) head: Option<Backend>,
    /// What each training takes of them.
    pub(super) training: TrainingNeeds,
    /// What they bring.
    pub(super) environments: Environments,
}

impl Backends {
    /// Makes or finds the environments that the commits need; one commit alone has one cluster.
    pub(super) async fn prepare(question: &Question, tools: &Tools<'_>, run: &str) -> Result<Self> {
        let all = Self::of_both(question, tools, run).await?;
        Ok(if question.sides.is_one() { Self { head: None, ..all } } else { all })
    }

    async fn of_both(question: &Question, tools: &Tools<'_>, run: &str) -> Result<Self> {
        let training = question.config.training.clone();
        match &question.backend {
            BackendChoice::Existing { .. } => {
                let base = question.backend.existing().context("no Ray was chosen")?;
                let environments = Environments::default();
                Ok(Self { base, head: None, training, environments })
            }
            BackendChoice::Kubernetes(choice) => {
                let (base, head) = kubernetes::backends(choice, question, tools, run).await?;
                let environments = question.images.environments();
                Ok(Self { base, head, training, environments })
            }
            BackendChoice::Local => Self::local(question, tools).await,
        }
    }

    /// Without a cluster of the base's own if no training of the base is needed: `known` are its.  Else two
    /// share the workers that were declared.
    pub(super) fn needed(self, config: &Config, known: &[Observation]) -> Self {
        match self.head {
            Some(head) if is_whole(config, known) => Self { base: head, head: None, ..self },
            Some(head) => {
                let [of_base, of_head] = config.cluster.shares(workers_each(config));
                let (base, head) = (sized(self.base, of_base), sized(head, of_head));
                Self { base, head: Some(head), ..self }
            }
            None => self,
        }
    }

    /// What head's trainings share with base's.
    pub(super) fn sharing(&self, config: &Config) -> Sharing {
        match (&self.base, &self.head) {
            (Backend::Kubernetes { .. }, Some(_))
                if config.cluster.has_one_place(workers_each(config)) =>
            {
                Sharing::Worker
            }
            (Backend::Kubernetes { .. }, Some(_)) => Sharing::Nothing,
            // Two local ones are of one user, on one machine.
            _ => Sharing::Ray,
        }
    }

    async fn local(question: &Question, tools: &Tools<'_>) -> Result<Self> {
        Room::here(&question.config.training)?;
        let finding = environment::find_python(question.config.python.as_deref());
        let python = tools.progress.waiting("looking for a Python", finding).await?;
        let of_base = spec(question, &question.sides.base, &python)?;
        let of_head = spec(question, question.sides.trained(), &python)?;
        let changes = of_head.document.changes_since(&of_base.document);
        let shared = of_base.document.hash() == of_head.document.hash();
        let base = make(&of_base, tools).await?;
        let head = if shared { None } else { Some(make(&of_head, tools).await?) };
        let environments = Environments {
            base: facts(&base),
            head: facts(head.as_ref().unwrap_or(&base)),
            changes: changes.iter().map(ToString::to_string).collect(),
        };
        let gpus = Gpus::seen().await;
        let of_head = head.as_ref().and_then(|head| head.library_for_gpus(&of_head));
        let library = base.library_for_gpus(&of_base).or(of_head);
        let training = on_this_machine(&question.config.training, &gpus, library, tools.progress);
        let local = |(environment, gpus)| Backend::Local { environment, gpus };
        Ok(match head {
            None => Self { base: local((base, gpus)), head: None, training, environments },
            Some(head) => {
                let [first, second] = gpus.shares(training.gpus().unwrap_or(0));
                let (base, head) = (local((base, first)), Some(local((head, second))));
                Self { base, head, training, environments }
            }
        })
    }
}

/// Workers of the cluster that one training needs.
fn workers_each(config: &Config) -> u32 {
    Room::workers_each(&config.training, &config.cluster)
}

/// The same cluster in another size; a Ray on this machine, or of somebody else, has its own.
fn sized(backend: Backend, size: ClusterSize) -> Backend {
    match backend {
        Backend::Kubernetes { access, request } => {
            Backend::Kubernetes { access, request: Box::new(ClusterRequest { size, ..*request }) }
        }
        Backend::Local { .. } | Backend::Existing { .. } => backend,
    }
}

fn facts(environment: &Environment) -> EnvironmentFacts {
    EnvironmentFacts { requirements: Some(environment.hash.clone()), image: None }
}

/// The environment that a commit asks for.
fn spec(question: &Question, commit: &Commit, python: &Python) -> Result<EnvironmentSpec> {
    let files = question.repository.files(commit);
    EnvironmentSpec::read(&question.config, python.clone(), &files)
        .with_context(|| format!("cannot read the requirements of {}", commit.sha.short()))
}

async fn make(spec: &EnvironmentSpec, tools: &Tools<'_>) -> Result<Environment> {
    environment::prepare(spec, tools.cache, tools.progress, tools.cancel).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::experiment::measure::Role;

    fn at(address: &str) -> Backend {
        Backend::Existing { dashboard: address.parse().unwrap(), token: None, trust: None }
    }

    fn known(seed: u64) -> Observation {
        let invented = Observation::invented(Role::Base, seed, [("a".to_owned(), 1.0)].into());
        Observation { reused: Some("a run".to_owned()), ..invented }
    }

    #[test]
    fn a_base_that_is_wholly_known_has_no_cluster() {
        let text = "entrypoint: x\nmetrics: {a: {direction: higher, absolute: 1}}\nseeds: {values: [4, 5, 6]}";
        let config = Config::parse(text, "x").unwrap();
        let clusters = |known: &[Observation]| {
            let (base, head) = (at("http://base"), Some(at("http://head")));
            let (training, environments) = Default::default();
            let backends = Backends { base, head, training, environments };
            let Backends { base, head, .. } = backends.needed(&config, known);
            let all = [Some(base), head].into_iter().flatten();
            let host = |backend| match backend {
                Backend::Existing { dashboard, .. } => dashboard.host_str().unwrap().to_owned(),
                Backend::Local { .. } | Backend::Kubernetes { .. } => unreachable!(),
            };
            all.map(host).collect::<Vec<_>>()
        };
        assert_eq!(clusters(&[4, 5, 6].map(known)), ["head"]);
        // A further look may need it.
        assert_eq!(clusters(&[4, 5].map(known)), ["base", "head"]);
        assert_eq!(clusters(&[]), ["base", "head"]);
        let data = BTreeMap::from([("train".to_owned(), "v1".to_owned())]);
        let told = |seed| Observation { data: data.clone(), ..known(seed) };
        assert_eq!(clusters(&[4, 5, 6].map(told)), ["base", "head"]);
    }
}
