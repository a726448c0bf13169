//! The clusters that a search has asked for, by what runs in them.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tokio::sync::{Semaphore, SemaphorePermit, mpsc::UnboundedSender, watch};
use tokio_util::sync::CancellationToken;

use super::{answer::Unreadable, homes::Home};
use crate::{
    cancel::Cancelled,
    cluster::{Cluster, ray::Ray},
    config::TrainingNeeds,
    experiment::measure::Side,
};

/// A cluster that runs.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) cluster: Cluster,
    pub(super) ray: Ray,
    /// What each training takes there.
    pub(super) needs: TrainingNeeds,
    turns: OnceLock<Semaphore>,
}

impl Ready {
    pub(super) fn new(cluster: Cluster, ray: Ray, needs: TrainingNeeds) -> Self {
        Self { cluster, ray, needs, turns: OnceLock::new() }
    }

    /// Waits until a training of a side has room, as long as it takes: a Ray that runs already gives up a job that
    /// waits for a quarter of an hour, and Ray knows nothing of the workers that trainings will start.  Those that
    /// take nothing always have room.
    pub(super) async fn turn(
        &self,
        side: &Side<'_>,
    ) -> Result<Option<SemaphorePermit<'_>>, Cancelled> {
        if side.resources.is_empty() && self.needs.gang() == 1 {
            return Ok(None);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 1 up; saturates"
        )]
        let places = (side.places as usize).min(Semaphore::MAX_PERMITS);
        let turns = self.turns.get_or_init(|| Semaphore::new(places));
        turns.acquire().await.map(Some).map_err(|_closed| Cancelled)
    }
}

/// What became of an order: nothing yet, a cluster, or why there is none.
pub(super) type Start = Option<Result<Arc<Ready>, Unreadable>>;

/// A cluster that is asked for.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) home: Home,
    pub(super) told: watch::Sender<Start>,
    /// Nobody needs it any more.
    pub(super) over: CancellationToken,
}

/// All that were asked for and are still needed.
#[derive(Debug)]
pub(super) struct ClusterOrders {
    orders: UnboundedSender<Order>,
    /// The search needs none any more.
    over: CancellationToken,
    clusters: Mutex<HashMap<String, OrderedCluster>>,
}

#[derive(Debug)]
struct OrderedCluster {
    told: watch::Receiver<Start>,
    over: CancellationToken,
}

impl ClusterOrders {
    /// None yet; who takes orders has the channel's other end.
    pub(super) fn new(orders: UnboundedSender<Order>, over: CancellationToken) -> Self {
        Self { orders, over, clusters: Mutex::default() }
    }

    /// The cluster of a home, which is asked for if it is not there.
    pub(super) fn order(&self, home: Home) -> watch::Receiver<Start> {
        let mut clusters = self.clusters();
        let asked = clusters.entry(home.key()).or_insert_with(|| {
            let (told, receiver) = watch::channel(None);
            let over = self.over.child_token();
            // Nobody takes it any more if the search is over; then the channel is closed.
            drop(self.orders.send(Order { home, told, over: over.clone() }));
            OrderedCluster { told: receiver, over }
        });
        asked.told.clone()
    }

    /// The cluster of a home if it runs.
    pub(super) fn ready(&self, home: &Home) -> Option<Arc<Ready>> {
        let told = self.clusters().get(&home.key()).map(|asked| asked.told.clone())?;
        let start = told.borrow().clone();
        start?.ok()
    }

    /// Lets all go but those of these homes.  One that is asked for again is started anew.
    pub(super) fn release(&self, needed: &HashSet<String>) {
        self.clusters().retain(|key, OrderedCluster { told, over }| {
            // That there is none, and why, is remembered.
            let kept = needed.contains(key) || matches!(*told.borrow(), Some(Err(_)));
            if !kept {
                over.cancel();
            }
            kept
        });
    }

    fn clusters(&self) -> MutexGuard<'_, HashMap<String, OrderedCluster>> {
        self.clusters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::bisect::policy::SkipReason;

    fn image(name: &str) -> Home {
        Home::Image { name: name.to_owned(), requirements: None }
    }

    #[test]
    fn what_is_needed_again_is_asked_for_again() {
        let (orders, mut taken) = unbounded_channel();
        let search = CancellationToken::new();
        let standing = ClusterOrders::new(orders, search.clone());
        let mut order = |name: &str| {
            drop(standing.order(image(name)));
            taken.try_recv().ok()
        };
        let (a, b) = (order("a").unwrap(), order("b").unwrap());
        assert!(order("a").is_none(), "it is asked for once");
        standing.release(&["b".to_owned()].into());
        assert!(a.over.is_cancelled() && !b.over.is_cancelled());
        let again = order("a").unwrap();
        assert!(!again.over.is_cancelled());
        // One that cannot be had is not tried again.
        let why = Unreadable { reason: SkipReason::Build, why: "no".to_owned() };
        b.told.send_replace(Some(Err(why)));
        standing.release(&HashSet::new());
        assert!(order("b").is_none() && again.over.is_cancelled() && !b.over.is_cancelled());
        assert!(standing.ready(&image("b")).is_none());
        search.cancel();
        assert!(b.over.is_cancelled());
    }
}
