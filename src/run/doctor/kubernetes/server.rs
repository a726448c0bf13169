//! Does the API server answer, and does it know us?

use std::time::{Duration, Instant};

use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::{Api, api::PostParams};
use tokio::time::timeout;

use super::{
    super::{Check, Examination, State},
    explain,
};
use crate::{cluster::kubeconfig::Access, output, progress::seconds};

pub(super) const ANSWER: &str = "API server";
pub(super) const CREDENTIALS: &str = "credentials";
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// Who we are to the server, if it told (before 1.28 it cannot); `None` if it does not know us.
pub(super) async fn knows_us(access: &Access, seen: &mut Examination) -> Option<Option<String>> {
    let asked = Instant::now();
    let Ok(version) = timeout(ANSWER_LIMIT, access.client.apiserver_version()).await else {
        let found = format!("no answer after {}", seconds(ANSWER_LIMIT));
        seen.push(Check::new(ANSWER, State::Problem, found).remedy(
            "check the server's address in the kubeconfig, and what stands between it and here",
        ));
        return None;
    };
    let took = seconds(asked.elapsed());
    let found = match version {
        Ok(version) => {
            format!("Kubernetes {}, in {took}", output::excerpt(&version.git_version, 40))
        }
        // It refuses, so it answers; whether it is us whom it refuses is the next question.
        Err(kube::Error::Api(status)) => format!("answers ({}), in {took}", status.code),
        Err(error) => {
            seen.push(Check::problem(ANSWER, &explain(error, "get", "its version", access)));
            return None;
        }
    };
    seen.push(Check::ok(ANSWER, found));
    let (check, user) = credentials(access).await;
    seen.push(check);
    user
}

async fn credentials(access: &Access) -> (Check, Option<Option<String>>) {
    let reviews = Api::<SelfSubjectReview>::all(access.client.clone());
    match reviews.create(&PostParams::default(), &SelfSubjectReview::default()).await {
        Ok(review) => {
            let user = review.status.and_then(|status| status.user_info?.username);
            let shown = user.as_deref().unwrap_or("nobody with a name");
            (Check::ok(CREDENTIALS, output::excerpt(shown, 200)), Some(user))
        }
        Err(kube::Error::Api(status)) if matches!(status.code, 403 | 404) => {
            (Check::ok(CREDENTIALS, "accepted"), Some(None))
        }
        Err(error) => {
            let resource = "selfsubjectreviews.authentication.k8s.io";
            (Check::problem(CREDENTIALS, &explain(error, "create", resource, access)), None)
        }
    }
}
