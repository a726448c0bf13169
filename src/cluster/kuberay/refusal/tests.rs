use kube::core::Status;

use super::*;
use crate::cluster::kuberay::fake::FakeNamespace;

fn explained(code: u16, message: &str) -> Error {
    let kube = Kube::new(&FakeNamespace::default().access());
    let status = Status::failure(message, "").with_code(code).boxed();
    explain(kube::Error::Api(status), "create", "rayjobs.ray.io", &kube)
}

/// The messages of Kubernetes 1.34, and of Kueue 0.17 in them.
#[tokio::test]
async fn whoever_refuses_is_named_with_their_words() {
    let kueue = "admission webhook \"vrayjob.kb.io\" denied the request: \
        spec.rayClusterSpec.enableInTreeAutoscaling: Invalid value: true: a kueue managed job should only use \
        autoscaling when workload slicing is enabled";
    let messages = [
        (403, kueue),
        (422, "admission webhook \"teams.acme.dev\" denied the request: label team is missing"),
        (400, "admission webhook \"teams.acme.dev\" denied the request without explanation"),
        (
            422,
            "rayjobs.ray.io \"x\" is forbidden: ValidatingAdmissionPolicy 'teams' with binding 'all' denied \
             request: exceeded quota of names",
        ),
        (
            500,
            "Internal error occurred: failed calling webhook \"mrayjob.kb.io\": failed to call webhook: Post \
             \"https://kueue-webhook-service.kueue-system.svc:443/mutate\": connection refused",
        ),
        (403, "admission webhook \"a\u{1b}[31m\" denied the request: ##[error]no\n::error::no"),
        (
            403,
            "rayjobs.ray.io \"x\" is forbidden: User \"ci\" cannot patch resource \"rayjobs\" in API group \
             \"ray.io\" in the namespace \"ml\"",
        ),
        (
            403,
            "rayjobs.ray.io \"x\" is forbidden: exceeded quota: jobs, requested: 1, used: 1, limited: 1",
        ),
    ];
    let told = messages.map(|(code, message)| explained(code, message));
    assert!(told.iter().all(Error::is::<Refused>), "nothing has happened: {told:?}");
    insta::assert_snapshot!(told.map(|error| error.to_string()).join("\n"));
}
