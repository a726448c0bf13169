//! Where both commits are trained: on Kubernetes in a cluster for each, so that head's code is out of base's
//! reach and the other way round; elsewhere in one if their environments agree.

use anyhow::{Context, Result};
use reqwest::Url;
use secrecy::SecretString;

use super::{KubernetesChoice, Question, Tools, known::is_whole, kubernetes};
use crate::{
    cluster::{Backend, ClusterRequest},
    config::{ClusterSize, Config},
    experiment::measure::{Observation, Sharing},
    git::Commit,
    http::CaBundle,
    python::environment::{self, Environment, EnvironmentSpec, Python},
    report::{EnvironmentFacts, Environments},
};

/// The backend, as asked for.
#[derive(Debug, Clone)]
pub enum BackendChoice {
    /// A Ray of our own on this machine, in the commits' own environments.
    Local,
    /// A Ray of our own on Kubernetes, in the commits' images.
    Kubernetes(KubernetesChoice),
    /// A Ray that runs already, with whatever environment it has.
    Existing {
        /// Its dashboard.
        dashboard: Url,
        /// Token of its token authentication.
        token: Option<SecretString>,
        /// Certificates to trust besides the system's.
        trust: Option<CaBundle>,
    },
}

/// The backends of base and head; no second one if they share the first.
#[derive(Debug)]
pub(super) struct Backends {
    pub(super) base: Backend,
    pub(super) head: Option<Backend>,
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
        match &question.backend {
            BackendChoice::Existing { dashboard, token, trust } => Ok(Self {
                base: Backend::Existing {
                    dashboard: dashboard.clone(),
                    token: token.clone(),
                    trust: trust.clone(),
                },
                head: None,
                environments: Environments::default(),
            }),
            BackendChoice::Kubernetes(choice) => {
                let (base, head) = kubernetes::backends(choice, question, tools, run).await?;
                Ok(Self { base, head, environments: question.images.environments() })
            }
            BackendChoice::Local => Self::local(question, tools).await,
        }
    }

    /// Without a cluster of the base's own if no training of the base is needed: `known` are its.  Else two
    /// share the workers that were declared.
    pub(super) fn needed(self, config: &Config, known: &[Observation]) -> Self {
        match self.head {
            Some(head) if is_whole(config, known) => {
                Self { base: head, head: None, environments: self.environments }
            }
            Some(head) => {
                let [of_base, of_head] = config.cluster.shares();
                let (base, head) = (sized(self.base, of_base), sized(head, of_head));
                Self { base, head: Some(head), ..self }
            }
            None => self,
        }
    }

    /// What head's trainings share with base's.
    pub(super) fn sharing(&self, config: &Config) -> Sharing {
        match (&self.base, &self.head) {
            (Backend::Kubernetes { .. }, Some(_)) if config.cluster.has_one_worker() => {
                Sharing::Worker
            }
            (Backend::Kubernetes { .. }, Some(_)) => Sharing::Nothing,
            // Two local ones are of one user, on one machine.
            _ => Sharing::Ray,
        }
    }

    async fn local(question: &Question, tools: &Tools<'_>) -> Result<Self> {
        let finding = environment::find_python(question.config.python.as_deref());
        let python = tools.progress.waiting("looking for a Python", finding).await?;
        let base = needs(question, &question.sides.base, &python)?;
        let head = needs(question, question.sides.trained(), &python)?;
        let changes = head.document.changes_since(&base.document);
        let shared = base.document.hash() == head.document.hash();
        let base = make(&base, tools).await?;
        let head = if shared { None } else { Some(make(&head, tools).await?) };
        let environments = Environments {
            base: facts(&base),
            head: facts(head.as_ref().unwrap_or(&base)),
            changes: changes.iter().map(ToString::to_string).collect(),
        };
        let local = |environment| Backend::Local { environment };
        Ok(Self { base: local(base), head: head.map(local), environments })
    }
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
fn needs(question: &Question, commit: &Commit, python: &Python) -> Result<EnvironmentSpec> {
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
            let backends = Backends { base, head, environments: Environments::default() };
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
