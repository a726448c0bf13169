//! Trainings of a comparison that has not ended, one JSON line each, written at once: whatever ends us, the next
//! comparison of the same goes on from them.
//!
//! A file holds the trainings of one evidence key, so that comparisons with one base share what was read of it.
//! One lock beside them all is held by everybody who may write or go on from them.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Exposure, Observation, Role, Training};
use crate::{
    cache,
    clock::now,
    experiment::{data::DataVersions, machine::Machine, trace::Seen},
};

/// The name of the lock.
const LOCK: &str = "runs.lock";

/// What an interrupted comparison left, and where this one writes.
#[derive(Debug)]
pub struct UnfinishedTrainings {
    base: PathBuf,
    head: PathBuf,
    /// Name of what is looked out for in trainings.
    watch: String,
    known: Mutex<Vec<Observation>>,
    _held: File,
}

/// Not held yet; the system frees it when its holder dies.
fn lock(directory: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(directory.join(LOCK))
}

/// Held beside others, but not while somebody removes trainings, which takes no time.
fn hold(directory: &Path) -> io::Result<File> {
    let lock = lock(directory)?;
    lock.lock_shared()?;
    Ok(lock)
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
struct NotedTraining {
    /// When it ended, in milliseconds since 1970.
    at: u64,
    role: Role,
    seed: u64,
    /// Null stands for a value that is not finite.
    readings: BTreeMap<String, Option<f64>>,
    data: DataVersions,
    watch: String,
    seen: Seen,
    seconds: f64,
    log: PathBuf,
    machine: Machine,
    retried: Option<String>,
    exposure: Exposure,
}

impl UnfinishedTrainings {
    /// Older trainings do not count: what no key holds, such as a driver, may have changed since.
    pub(crate) const LASTS: Duration = Duration::from_hours(24);

    /// Removes a file of trainings, unless a run may write or go on from any beside it: then `false`.
    pub(crate) fn remove(file: &Path) -> io::Result<bool> {
        match lock(file.parent().unwrap_or(file))?.try_lock() {
            Ok(()) => fs::remove_file(file).map(|()| true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Reads what is there of both keys.  What was seen of a training counts where the same was looked out for.
    /// A line that is torn, broken or a day old is left out.
    pub fn open(directory: &Path, (base, head): (&str, &str), watch: String) -> Result<Self> {
        let lock = hold(directory).map_err(|error| cache::explain(error, directory))?;
        let file = |key| directory.join(format!("{key}.jsonl"));
        let (base, head) = (file(base), file(head));
        let mut known = Vec::new();
        for (role, path) in [(Role::Base, &base), (Role::Head, &head)] {
            let text = match fs::read(path) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(cache::explain(error, path)),
            };
            let noted =
                text.lines().filter_map(|line| serde_json::from_str::<NotedTraining>(line).ok());
            let counts = |noted: &NotedTraining| {
                let age = now().saturating_sub(noted.at);
                noted.role == role && Duration::from_millis(age) <= Self::LASTS
            };
            known.extend(noted.filter(counts).map(|noted| noted.observation(&watch)));
        }
        Ok(Self { base, head, watch, known: Mutex::new(known), _held: lock })
    }

    /// How many trainings it knows.
    pub fn len(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether it knows no training.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is known of trainings, and is known no more then, and the trainings that are to be made.
    pub(super) fn answer<'a>(
        &self,
        mut chains: Vec<Vec<Training<'a>>>,
    ) -> (Vec<Observation>, Vec<Vec<Training<'a>>>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answered = Vec::new();
        for chain in &mut chains {
            chain.retain(|Training { side, seed }| {
                let place = known.iter().position(|one| (one.role, one.seed) == (side.role, *seed));
                answered.extend(place.map(|place| known.swap_remove(place)));
                place.is_none()
            });
        }
        chains.retain(|chain| !chain.is_empty());
        (answered, chains)
    }

    /// Writes down what a training of base or head came to; a crash is not, because its cause may be mended.
    pub(super) fn add(&self, one: &Observation) -> Result<()> {
        let Some(path) = self.file(one.role).filter(|_| one.crashed.is_none()) else {
            return Ok(());
        };
        let noted = NotedTraining::of(one, self.watch.clone());
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let written = opened.and_then(|mut file| cache::append_line(&mut file, &noted));
        written.map_err(|error| cache::explain(error, path))
    }

    /// Forgets the trainings of a side: the comparison has ended.
    pub fn forget(&self, role: Role) -> Result<()> {
        let Some(path) = self.file(role) else { return Ok(()) };
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(cache::explain(error, path)),
            _ => Ok(()),
        }
    }

    fn file(&self, role: Role) -> Option<&Path> {
        match role {
            Role::Base => Some(&self.base),
            Role::Head => Some(&self.head),
            Role::Bisect | Role::Shadow => None,
        }
    }
}

impl NotedTraining {
    fn of(one: &Observation, watch: String) -> Self {
        let readings = one.readings.iter();
        let finite = |value: &f64| value.is_finite().then_some(*value);
        Self {
            at: now(),
            role: one.role,
            seed: one.seed,
            readings: readings.map(|(name, value)| (name.clone(), finite(value))).collect(),
            data: one.data.clone(),
            watch,
            seen: one.seen.clone(),
            seconds: one.seconds,
            log: one.log.clone(),
            machine: one.machine.clone(),
            retried: one.retried.clone(),
            exposure: one.exposure,
        }
    }

    fn observation(self, watch: &str) -> Observation {
        let readings = self.readings.into_iter();
        Observation {
            role: self.role,
            seed: self.seed,
            readings: readings.map(|(name, value)| (name, value.unwrap_or(f64::NAN))).collect(),
            data: self.data,
            seen: if self.watch == watch { self.seen } else { Seen::default() },
            // Of a time that was no part of this comparison.
            span: (0, 0),
            seconds: self.seconds,
            log: self.log,
            machine: self.machine,
            retried: self.retried,
            reused: None,
            crashed: None,
            spare: false,
            exposure: self.exposure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(role: Role, seed: u64, value: f64) -> Observation {
        Observation::invented(role, seed, [("a".to_owned(), value)].into())
    }

    /// What a journal knows: role, seed and value of each.
    fn told(journal: &UnfinishedTrainings) -> Vec<(Role, u64, String)> {
        let known = journal.known.lock().unwrap();
        known.iter().map(|one| (one.role, one.seed, one.readings["a"].to_string())).collect()
    }

    #[test]
    fn what_was_written_is_known_to_the_next_of_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let open =
            |keys| UnfinishedTrainings::open(directory.path(), keys, "x".to_owned()).unwrap();
        let first = open(("base", "head"));
        assert!(first.is_empty());
        first.add(&observed(Role::Base, 1, 0.5)).unwrap();
        first.add(&observed(Role::Head, 1, f64::NAN)).unwrap();
        first.add(&observed(Role::Shadow, 1, 0.5)).unwrap();
        let crashed = Some("exit code 1".to_owned());
        first.add(&Observation { crashed, ..observed(Role::Base, 2, 0.5) }).unwrap();
        let base = (Role::Base, 1, "0.5".to_owned());
        assert_eq!(
            told(&open(("base", "head"))),
            [base.clone(), (Role::Head, 1, "NaN".to_owned())]
        );
        assert_eq!(told(&open(("base", "other"))), std::slice::from_ref(&base));
        assert_eq!(told(&open(("other", "base"))), [], "of another side");
        open(("base", "head")).forget(Role::Head).unwrap();
        open(("base", "head")).forget(Role::Head).unwrap();
        assert_eq!(told(&open(("base", "head"))), [base]);
    }

    #[test]
    fn what_a_run_may_need_is_not_removed() {
        let directory = tempfile::tempdir().unwrap();
        let open =
            || UnfinishedTrainings::open(directory.path(), ("b", "h"), String::new()).unwrap();
        let (one, other) = (open(), open());
        one.add(&observed(Role::Base, 1, 0.5)).unwrap();
        let path = directory.path().join("b.jsonl");
        drop(one);
        assert!(!UnfinishedTrainings::remove(&path).unwrap());
        drop(other);
        assert!(UnfinishedTrainings::remove(&path).unwrap());
        assert!(open().is_empty());
    }

    #[test]
    fn what_is_torn_broken_or_old_is_left_out() {
        let directory = tempfile::tempdir().unwrap();
        let open =
            || UnfinishedTrainings::open(directory.path(), ("b", "h"), "x".to_owned()).unwrap();
        for seed in [1, 2, 3] {
            open().add(&observed(Role::Base, seed, 0.5)).unwrap();
        }
        let path = directory.path().join("b.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let old = lines[1].replacen("\"at\":1", "\"at\":", 1);
        assert_ne!(old, lines[1]);
        let torn = &lines[2][..20];
        let deep = "[".repeat(100_000);
        fs::write(&path, format!("{}\n{old}\n\u{0}{{}}\n{deep}\n{torn}", lines[0])).unwrap();
        assert_eq!(told(&open()), [(Role::Base, 1, "0.5".to_owned())]);
    }
}
