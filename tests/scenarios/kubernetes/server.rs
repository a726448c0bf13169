//! The API server, asked as an administrator without a process for each question: kubectl takes a tenth of a second of
//! a core, and what is waited for is asked after all the time.

use std::{path::Path, thread, time::Duration};

use k8s_openapi::api::{
    authentication::v1::TokenRequest,
    authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec},
    core::v1::{Namespace, ServiceAccount},
    rbac::v1::{Role, RoleBinding},
};
use kube::{
    Api, Client, Config,
    api::{ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// The account that a namespace has for us, and the name of its Role.
const ACCOUNT: &str = "regression-action";
/// Longer than any scenario.
const TOKEN_SECONDS: u32 = 8 * 3600;
const POLL: Duration = Duration::from_millis(50);

/// Group, version and kind of everything of a run, and what kubectl calls it.
const KINDS: [(&str, &str, &str, &str); 6] = [
    ("ray.io", "v1", "RayJob", "rayjob.ray.io"),
    ("ray.io", "v1", "RayCluster", "raycluster.ray.io"),
    ("", "v1", "Pod", "pod"),
    ("", "v1", "Service", "service"),
    ("", "v1", "Secret", "secret"),
    ("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicy.networking.k8s.io"),
];

/// A way to it.
pub struct Server {
    runtime: Runtime,
    client: Client,
}

impl Server {
    /// That of a kubeconfig's current context.
    pub fn of(kubeconfig: &Path) -> Self {
        // An error means that there is one already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
            let options = KubeConfigOptions::default();
            let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
            Client::try_from(config).unwrap()
        });
        Self { runtime, client }
    }

    /// `kind/name` of everything of ours in a namespace.
    pub fn objects(&self, namespace: &str) -> Vec<String> {
        let of_kind = |(group, version, kind, word): (&str, &str, &str, &'static str)| {
            let api = self.api(namespace, &GroupVersionKind::gvk(group, version, kind));
            let listed = self.ask(async || api.list_metadata(&ListParams::default()).await);
            let names = listed.items.into_iter().filter_map(|object| object.metadata.name);
            names.map(move |name| format!("{word}/{name}"))
        };
        KINDS.into_iter().flat_map(of_kind).collect()
    }

    /// Its `RayJobs`.
    pub fn ray_jobs(&self, namespace: &str) -> Vec<DynamicObject> {
        let api = self.api(namespace, &GroupVersionKind::gvk("ray.io", "v1", "RayJob"));
        self.ask(async || api.list(&ListParams::default()).await).items
    }

    fn api(&self, namespace: &str, kind: &GroupVersionKind) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), namespace, &ApiResource::from_gvk(kind))
    }

    /// Whether there is such a namespace.
    pub fn has_namespace(&self, name: &str) -> bool {
        let all: Api<Namespace> = Api::all(self.client.clone());
        self.ask(async || all.get_opt(name).await).is_some()
    }

    /// Deletes a namespace, without waiting for its end.
    pub fn delete_namespace(&self, name: &str) -> kube::Result<()> {
        let all: Api<Namespace> = Api::all(self.client.clone());
        self.runtime.block_on(all.delete(name, &DeleteParams::default())).map(drop)
    }

    /// Makes a namespace with an account that may do there what `manifests/role.yml` says; yields its token.
    pub fn make_namespace(&self, name: &str) -> String {
        let named = json!({"metadata": {"name": name}});
        let account = json!({"metadata": {"name": ACCOUNT}});
        let binding = json!({
            "metadata": {"name": ACCOUNT},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ACCOUNT},
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": name}],
        });
        let role = serde_yaml::from_str(include_str!("../../../manifests/role.yml")).unwrap();
        let (params, client) = (PostParams::default(), &self.client);
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), name);
        let token = self.runtime.block_on(async {
            let namespaces: Api<Namespace> = Api::all(client.clone());
            namespaces.create(&params, &read(named)).await?;
            accounts.create(&params, &read(account)).await?;
            let roles: Api<Role> = Api::namespaced(client.clone(), name);
            roles.create(&params, &role).await?;
            let bindings: Api<RoleBinding> = Api::namespaced(client.clone(), name);
            bindings.create(&params, &read(binding)).await?;
            let wanted: TokenRequest =
                read(json!({"spec": {"audiences": [], "expirationSeconds": TOKEN_SECONDS}}));
            accounts.create_token_request(ACCOUNT, &params, &wanted).await
        });
        let token = token.unwrap_or_else(|error| panic!("namespace {name}: {error}"));
        self.await_rights(name);
        token.status.unwrap().token
    }

    /// What was granted takes a moment to be known.
    fn await_rights(&self, namespace: &str) {
        let that = ResourceAttributes {
            group: Some("ray.io".to_owned()),
            resource: Some("rayjobs".to_owned()),
            verb: Some("create".to_owned()),
            namespace: Some(namespace.to_owned()),
            ..ResourceAttributes::default()
        };
        let review = SubjectAccessReview {
            spec: SubjectAccessReviewSpec {
                user: Some(format!("system:serviceaccount:{namespace}:{ACCOUNT}")),
                resource_attributes: Some(that),
                ..SubjectAccessReviewSpec::default()
            },
            ..SubjectAccessReview::default()
        };
        let reviews: Api<SubjectAccessReview> = Api::all(self.client.clone());
        let params = PostParams::default();
        while !self
            .ask(async || reviews.create(&params, &review).await)
            .status
            .is_some_and(|status| status.allowed)
        {
            thread::sleep(POLL);
        }
    }

    /// Waits until a namespace is not there; it is deleted if it is.
    pub fn await_absence(&self, name: &str) {
        while self.has_namespace(name) {
            // It may be on its way already.
            drop(self.delete_namespace(name));
            thread::sleep(POLL);
        }
    }

    /// Asks; once more where the connection was that of a server that has been started again.
    fn ask<T>(&self, question: impl AsyncFn() -> kube::Result<T>) -> T {
        self.runtime.block_on(async {
            match question().await {
                Err(error) if !matches!(error, kube::Error::Api(_)) => question().await,
                answer => answer,
            }
            .unwrap_or_else(|error| panic!("the API server: {error}"))
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}
