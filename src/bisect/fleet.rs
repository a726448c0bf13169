//! Readings by trainings on clusters, one for each environment that a commit needs.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Result, anyhow};

use super::{
    BisectRequest, OnRay, SearchInput,
    answer::{ReadingOutcome, ReadingRequest, TakenReading, Unreadable},
    homes::{self, Home, Homes},
    known::{self, EarlierReadings},
    packed::Packed,
    standing::{ClusterOrders, Ready},
    state::SearchState,
    tracked,
};
use crate::{
    bisect::policy::{KnownNoise, SkipReason},
    cluster::{Cancelled, queue::Queue},
    config::TrainingNeeds,
    experiment::{
        Asking, BackendChoice, EnvironmentFacts, Tools, job,
        measure::{
            Budget, Company, Plan, Role, Side, Tags, Tracked, Training, UsedUp, gathering, gpus,
            ids, train,
        },
    },
    git::{Commit, CommitSha, Line},
};

/// Trains commits.
#[derive(Debug)]
pub(super) struct Fleet<'a> {
    question: &'a BisectRequest,
    on: &'a OnRay,
    tools: &'a Tools<'a>,
    state: &'a SearchState,
    run: &'a str,
    tracked: Option<&'a Tracked<'a>>,
    budget: Budget,
    queue: &'a Queue,
    standing: ClusterOrders,
    packed: Packed,
    homes: Mutex<Homes>,
    /// Held by a training whose GPUs another Ray of this machine hands out too.
    alone: tokio::sync::Mutex<()>,
}

impl<'a> Fleet<'a> {
    pub(super) fn new(
        (question, on): (&'a BisectRequest, &'a OnRay),
        tools: &'a Tools<'a>,
        SearchInput { state, tracked, limits }: &'a SearchInput<'a>,
        standing: ClusterOrders,
    ) -> Result<Self> {
        let (run, state, tracked) = (&*question.run, *state, *tracked);
        let (budget, queue) = (Budget::new(on.config.limits.gpu_hours), &limits.queue);
        let packed = Packed::new(tools.cache)?;
        let (homes, alone) = Default::default();
        Ok(Self {
            question,
            on,
            tools,
            state,
            run,
            tracked,
            budget,
            queue,
            standing,
            packed,
            homes,
            alone,
        })
    }

    /// What its trainings may use up.
    pub(super) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Finds the homes of a line's commits; yields those that have none.
    pub(super) async fn prepare(&self, line: &Line) -> Result<Vec<(usize, Unreadable)>> {
        let repository = &self.question.repository;
        let found = homes::look(self.on, repository, line, self.tools.progress).await?;
        let lost = line.commits.iter().enumerate().filter_map(|(place, step)| {
            let unreadable = found.get(&step.commit.sha)?.as_ref().err()?;
            Some((place, unreadable.clone()))
        });
        let lost = lost.collect();
        locked(&self.homes).extend(found);
        Ok(lost)
    }

    /// Readings of earlier runs of a prepared line's commits.
    pub(super) fn known(&self, line: &Line) -> Result<EarlierReadings> {
        let records = &self.state.past;
        let (mut readings, mut keys) = (BTreeMap::new(), Vec::new());
        let mut environments = BTreeSet::new();
        for (place, step) in line.commits.iter().enumerate().filter(|_| !records.is_empty()) {
            let Some((key, facts)) = self.key(&step.commit, &step.commit.sha)? else { continue };
            let earlier = known::earlier(self.on, records, &key, &self.question.metric);
            // Of commits that train the same, the readings count once.
            if !earlier.is_empty() && !keys.contains(&key) {
                readings.insert(place, earlier);
                keys.push(key);
                environments.extend(facts.told());
            }
        }
        let told = known::told(&readings, records, (&keys, &environments));
        if let Some(told) = &told {
            self.tools.progress.say(told);
        }
        Ok(EarlierReadings { readings, told })
    }

    /// Evidence key of a commit in the home of another, and what that is; none if it was not prepared.
    pub(super) fn key(
        &self,
        commit: &Commit,
        home: &CommitSha,
    ) -> Result<Option<(String, EnvironmentFacts)>> {
        let home = locked(&self.homes).get(home).cloned();
        let Some(Ok(home)) = home else { return Ok(None) };
        let (repository, template_of) = (&self.question.repository, &self.question.judge);
        let OnRay { config, backend, .. } = self.on;
        let facts = known::facts(&home);
        let key = Asking { repository, config, backend, template_of }
            .key(&self.question.code(commit), &facts)?;
        Ok(Some((key, facts)))
    }

    /// The noise that the past shows.
    pub(super) fn noise(&self) -> Option<KnownNoise> {
        known::noise(&self.state.past, &self.question.metric)
    }

    pub(super) async fn read(&self, asked: &ReadingRequest) -> Result<ReadingOutcome> {
        let ready = match self.cluster(asked).await? {
            Ok(ready) => ready,
            Err(unreadable) => return Ok(ReadingOutcome::Unreadable(unreadable)),
        };
        let _working = self.queue.work();
        let (repository, code) = (&self.question.repository, self.question.code(&asked.commit));
        let side = match self.packed.side(repository, &code, &ready, self.tools.progress).await? {
            Ok(side) => Side { tags: self.tags(asked)?, ..side },
            Err(unreadable) => return Ok(ReadingOutcome::Unreadable(unreadable)),
        };
        let _turn = ready.turn(&side).await?;
        let _alone = self.alone(&ready.needs).await;
        let plan = Plan {
            config: &self.on.config,
            run: self.run,
            logs: &self.state.logs,
            budget: &self.budget,
            doubts: &self.state.doubts,
            // Comparisons take no notice of what a search reads.
            company: &Company::default(),
            progress: self.tools.progress,
            tracked: self.tracked,
            // The search has a journal of its own.
            unfinished: None,
        };
        let training = Training { side: &side, seed: asked.seed };
        let observation = match train(&plan, training).await {
            Err(error) if error.is::<UsedUp>() => return Ok(ReadingOutcome::Dropped),
            outcome => outcome?,
        };
        let observation = match observation {
            Ok(observation) => observation,
            Err(failed) => {
                return Ok(ReadingOutcome::unreadable(SkipReason::Run, failed.to_string()));
            }
        };
        let metric = &self.question.metric;
        Ok(match observation.readings.get(metric) {
            Some(value) => {
                let gpus = gpus(&side, &observation.machine);
                let (seconds, log) = (observation.seconds, observation.log);
                ReadingOutcome::Read(TakenReading { value: *value, seconds, gpus, log })
            }
            None => ReadingOutcome::unreadable(
                SkipReason::Run,
                format!("it reports no metric `{metric}`"),
            ),
        })
    }

    /// Waits until no other training runs, where each environment has a Ray of its own on this machine: none of
    /// them knows which GPUs the others handed out.
    async fn alone(&self, needs: &TrainingNeeds) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let several = {
            let homes = locked(&self.homes);
            let keys = homes.values().flatten().map(Home::key);
            keys.collect::<BTreeSet<_>>().len() > 1
        };
        let takes_gpus = needs.gpu.is_some_and(|gpus| gpus > 0);
        if matches!(self.on.backend, BackendChoice::Local) && takes_gpus && several {
            return Some(self.alone.lock().await);
        }
        None
    }

    /// What its run in the tracker is found by.
    fn tags(&self, asked: &ReadingRequest) -> Result<Tags> {
        let home = asked.home.as_ref().unwrap_or(&asked.commit.sha);
        let key = self.tracked.map_or(Ok(None), |_| self.key(&asked.commit, home))?;
        Ok(key.map(|key| tracked::tags_of(self.run, asked, &key)).unwrap_or_default())
    }

    /// Stops the jobs of a reading that nobody waits for; *best effort, warned*: they end with the
    /// cluster.
    pub(super) async fn give_up(&self, asked: &ReadingRequest) {
        let Ok(Ok(home)) = self.home(asked) else { return };
        let Some(ready) = self.standing.ready(&home) else { return };
        for id in ids(self.run, (Role::Bisect, &asked.commit, asked.seed)) {
            if let Err(error) = self.stop_with_gang(&ready, &id).await {
                self.tools.progress.say(format!("warning: job {id} may still run: {error:#}"));
            }
        }
    }

    /// Stops a training, and whichever job asks for the places of its workers.
    async fn stop_with_gang(&self, ready: &Ready, id: &str) -> Result<()> {
        let mut asked = 1;
        while self.stop(ready, &gathering(id, asked)).await? {
            asked += 1;
        }
        self.stop(ready, id).await.map(drop)
    }

    /// Stops a job if it runs, whose time was used up all the same.  Yields whether Ray knows it.
    async fn stop(&self, Ready { cluster, ray, needs, .. }: &Ready, id: &str) -> Result<bool> {
        let Some(info) = ray.job(id).await? else { return Ok(false) };
        if info.status.is_terminal() {
            return Ok(true);
        }
        job::stop(ray, id).await?;
        let ended = ray.job(id).await?;
        if let Some((start, end)) = ended.and_then(|info| info.start_time.zip(info.end_time)) {
            let time = Duration::from_millis(end.saturating_sub(start));
            let gpus = needs.gpus().map(f64::from).or(cluster.gpus);
            self.budget.book(time.as_secs_f64(), gpus.unwrap_or(0.0));
        }
        Ok(true)
    }

    /// The cluster of a commit, which is started when it is first asked for.
    async fn cluster(&self, asked: &ReadingRequest) -> Result<Result<Arc<Ready>, Unreadable>> {
        let home = match self.home(asked)? {
            Ok(home) => home,
            Err(unreadable) => return Ok(Err(unreadable)),
        };
        let mut told = self.standing.order(home);
        let start = told.wait_for(Option::is_some).await.map_err(|_closed| Cancelled)?.clone();
        start.ok_or_else(|| Cancelled.into())
    }

    /// Lets clusters go that serve none of these commits.
    pub(super) fn release<'c>(&self, needed: impl Iterator<Item = &'c CommitSha>) {
        let homes = locked(&self.homes);
        let key = |commit| Some(homes.get(commit)?.as_ref().ok()?.key());
        let needed: HashSet<String> = needed.filter_map(key).collect();
        self.standing.release(&needed);
    }

    fn home(&self, asked: &ReadingRequest) -> Result<Result<Home, Unreadable>> {
        let commit = asked.home.as_ref().unwrap_or(&asked.commit.sha);
        let home = locked(&self.homes).get(commit).cloned();
        home.ok_or_else(|| anyhow!("commit {} was not prepared", commit.short()))
    }

    /// Whether two commits run in different environments, and both can be had.
    pub(super) fn apart(&self, a: &CommitSha, b: &CommitSha) -> bool {
        let homes = locked(&self.homes);
        let key = |commit| homes.get(commit).and_then(|home| Some(home.as_ref().ok()?.key()));
        key(a).zip(key(b)).is_some_and(|(a, b)| a != b)
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
