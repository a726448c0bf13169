//! The GPUs of this machine, as nvidia-smi tells them, which comes with every driver.  Where it does not, Ray looks
//! for those that it knows.

use std::{env, fmt, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

/// The variable by which CUDA is told which GPUs it may use.
pub(super) const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";
/// A broken driver can hang for good.
const PATIENCE: Duration = Duration::from_secs(10);

/// GPUs that a Ray of ours hands out; none: those that Ray finds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gpus {
    /// By which CUDA knows them.
    ids: Vec<String>,
    /// Of the first.
    model: String,
}

impl Gpus {
    /// Those that programs which we start may use.
    pub async fn seen() -> Self {
        let mut smi = Command::new("nvidia-smi");
        smi.args(["--query-gpu=index,name", "--format=csv,noheader"]);
        smi.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let told = timeout(PATIENCE, smi.output()).await.ok().and_then(Result::ok);
        let told = told.filter(|output| output.status.success());
        let told = told.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        Self::told(&told.unwrap_or_default(), env::var(VISIBLE).ok().as_deref())
    }

    /// Those that CUDA knows by these ids.
    pub fn of(ids: Vec<String>) -> Self {
        Self { ids, model: String::new() }
    }

    /// By lines such as `0, NVIDIA A10G`; `visible` names those that may be used, up to the first that is none.
    fn told(lines: &str, visible: Option<&str>) -> Self {
        let lines: Vec<(&str, &str)> =
            lines.lines().filter_map(|line| line.split_once(", ")).collect();
        let Some((_, model)) = lines.first() else { return Self::default() };
        let ids: Vec<&str> = match visible {
            Some(visible) => {
                let named = visible.split(',').map(str::trim);
                named.take_while(|id| !id.is_empty() && !id.starts_with('-')).collect()
            }
            None => lines.iter().map(|(id, _)| *id).collect(),
        };
        Self { ids: ids.into_iter().map(str::to_owned).collect(), model: (*model).to_owned() }
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.ids.len()
    }

    /// What [`VISIBLE`] says of them.
    pub(super) fn ids(&self) -> String {
        self.ids.join(",")
    }

    /// Those of two Rays at a time, of which neither knows what the other hands out.  Where one of them could not
    /// place a training with `each` GPUs then, both have all of them, because only one training has room anyway.
    #[must_use]
    pub fn shares(&self, each: u32) -> [Self; 2] {
        let half = self.count() / 2;
        if each == 0 || half < usize::try_from(each).unwrap_or(usize::MAX) {
            return [self.clone(), self.clone()];
        }
        let (first, second) = self.ids.split_at(half);
        [first, second].map(|ids| Self { ids: ids.to_vec(), ..self.clone() })
    }
}

impl fmt::Display for Gpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.count(), self.model.as_str()) {
            (0, _) => f.write_str("none by nvidia-smi"),
            (count, "") => write!(f, "{count}"),
            (count, model) => write!(f, "{count} ({model})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: &str = "0, NVIDIA A10G\n1, NVIDIA A10G\n2, NVIDIA A10G\n";

    #[test]
    fn gpus_are_those_that_may_be_used() {
        let ids = |visible| Gpus::told(THREE, visible).ids();
        assert_eq!(ids(None), "0,1,2");
        assert_eq!(ids(Some("2, 0")), "2,0");
        assert_eq!(ids(Some("GPU-8f1c,-1,0")), "GPU-8f1c");
        assert_eq!(ids(Some("")), "");
        assert_eq!(Gpus::told("", Some("0")), Gpus::default());
        assert_eq!(Gpus::told(THREE, None).to_string(), "3 (NVIDIA A10G)");
        assert_eq!(Gpus::told(THREE, Some("-1")).to_string(), "none by nvidia-smi");
    }

    #[test]
    fn two_rays_never_hand_out_the_same_gpu_to_two_trainings() {
        let shares = |visible, each| {
            let shares: [Gpus; 2] = Gpus::told(THREE, visible).shares(each);
            shares.map(|share| share.ids())
        };
        assert_eq!(shares(None, 1), ["0", "1,2"]);
        // Room for one, whichever hands it out.
        assert_eq!(shares(None, 2), ["0,1,2", "0,1,2"]);
        assert_eq!(shares(Some("1"), 1), ["1", "1"]);
        assert_eq!(shares(None, 0), ["0,1,2", "0,1,2"]);
    }
}
