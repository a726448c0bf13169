//! Scenarios beside each other: each says what it needs, and begins once that is free.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::Write,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The machine's two cores, in percent of one.
const CORES: u32 = 200;
/// Scenarios on the Kubernetes cluster at a time: a Ray that starts there computes, and is waited for.
const ON_THE_CLUSTER: usize = 2;

/// What a scenario takes of the machine while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needs {
    /// Processor time, in percent of one core: what it computes, not how long it takes.
    pub cores: u32,
    /// Whether nothing else may run on the Kubernetes cluster: it breaks or fills the cluster.
    pub cluster_alone: bool,
    /// Whether it uses the Kubernetes cluster.
    pub cluster: bool,
}

/// Waits nearly all of its time.
pub const WAITS: Needs = Needs { cores: 0, cluster_alone: false, cluster: false };
/// Trains in one process at a time.
pub const ONE_CORE: Needs = Needs { cores: 100, ..WAITS };
/// Starts a Ray of its own, or holds us to seconds.
pub const ALL_CORES: Needs = Needs { cores: CORES, ..WAITS };

impl Needs {
    /// The same on the Kubernetes cluster, beside others.
    pub const fn on_the_cluster(self) -> Self {
        Self { cluster: true, ..self }
    }

    /// The same with the whole Kubernetes cluster for itself.
    pub const fn with_the_whole_cluster(self) -> Self {
        Self { cluster: true, cluster_alone: true, ..self }
    }
}

/// Who waits, and who runs.
#[derive(Debug, Default)]
pub struct Room {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// In the order in which they may begin.
    waiting: BTreeSet<(usize, Needs)>,
    running: BTreeMap<usize, Running>,
    /// Processor time of the whole machine when it was last shared out.
    computed: Duration,
}

#[derive(Debug)]
struct Running {
    needs: Needs,
    begun: Instant,
    /// Its part of what the machine computed.
    computed: Duration,
}

/// A scenario that is under way: it gives its place back, and tells what it took, however it ends.
struct Place<'a> {
    room: &'a Room,
    order: usize,
    name: &'a str,
}

impl Room {
    /// Runs a scenario once there is room for it, and for none with a lower `order` that waits.
    pub fn run(&self, order: usize, name: &str, needs: Needs, scenario: impl FnOnce()) {
        let mut state = self.lock();
        state.waiting.insert((order, needs));
        let mut state = self
            .changed
            .wait_while(state, |state| !state.is_next(order))
            .unwrap_or_else(PoisonError::into_inner);
        state.begin(order, needs);
        drop(state);
        self.changed.notify_all();
        let _place = Place { room: self, order, name };
        scenario();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_next(&self, order: usize) -> bool {
        let fits = self.waiting.iter().find(|(_, needs)| self.has_room_for(*needs));
        fits.is_some_and(|(first, _)| *first == order)
    }

    fn has_room_for(&self, needs: Needs) -> bool {
        let taken: u32 = self.running.values().map(|running| running.needs.cores).sum();
        let in_the_way = |running: &Running| {
            (needs.cluster_alone && running.needs.cluster)
                || (needs.cluster && running.needs.cluster_alone)
        };
        let on_the_cluster = self.running.values().filter(|running| running.needs.cluster).count();
        taken + needs.cores <= CORES
            && !(needs.cluster && on_the_cluster >= ON_THE_CLUSTER)
            && !self.running.values().any(in_the_way)
    }

    fn begin(&mut self, order: usize, needs: Needs) {
        self.share_out();
        self.waiting.remove(&(order, needs));
        let running = Running { needs, begun: Instant::now(), computed: Duration::ZERO };
        self.running.insert(order, running);
    }

    /// Shares what the machine has computed since the last time among those that ran meanwhile, in
    /// equal parts: who computes is not known of daemons that serve them all.
    fn share_out(&mut self) {
        let now = computed();
        let count = u32::try_from(self.running.len()).unwrap_or(u32::MAX).max(1);
        let part = now.saturating_sub(self.computed) / count;
        self.running.values_mut().for_each(|running| running.computed += part);
        self.computed = now;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.room.lock();
        state.share_out();
        if let Some(running) = state.running.remove(&self.order) {
            tell(self.name, running.begun.elapsed(), running.computed);
        }
        self.room.changed.notify_all();
    }
}

/// To people, and to the file of `REGRESSION_TEST_TIMES`: seconds of the clock, of processors, name.
fn tell(name: &str, took: Duration, computed: Duration) {
    let (took, computed) = (took.as_secs_f64(), computed.as_secs_f64());
    eprintln!("{name} took {took:.1} s, {computed:.1} s of processor time");
    let Some(path) = env::var_os("REGRESSION_TEST_TIMES") else { return };
    let mut file = fs::File::options().create(true).append(true).open(path).unwrap();
    writeln!(file, "{took:.2} {computed:.2} {name}").unwrap();
}

/// Processor time of the whole machine since it started; zero where there is no Linux to ask.
fn computed() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let ticks = line.split_whitespace().skip(1).filter_map(|field| field.parse::<u64>().ok());
    // user, nice, system; idle and iowait; irq, softirq.  A tick is a hundredth of a second.
    let busy = ticks.take(7).enumerate().filter(|(at, _)| !matches!(at, 3 | 4));
    Duration::from_millis(busy.map(|(_, ticks)| ticks * 10).sum())
}
