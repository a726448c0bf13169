//! Certificates: the server's is checked as the kubeconfig says, ours is shown.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};

use super::{ask, sample::*, server::Server};
use crate::{
    cluster::kubeconfig::{connect_from, environment::KubeVariables},
    http,
};

type Certified = CertifiedKey<KeyPair>;

fn certified(name: &str) -> Certified {
    generate_simple_self_signed([name.to_owned()]).unwrap()
}

/// A server that proves itself by one certificate, and may demand that the client does by another.
fn serve(own: &Certified, client: Option<&Certified>) -> Server {
    http::install_provider();
    let builder = match client {
        Some(client) => {
            let mut roots = RootCertStore::empty();
            roots.add(client.cert.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
            ServerConfig::builder().with_client_cert_verifier(verifier)
        }
        None => ServerConfig::builder().with_no_client_auth(),
    };
    let key = PrivateKeyDer::from_pem_slice(own.signing_key.serialize_pem().as_bytes()).unwrap();
    let config = builder.with_single_cert(vec![own.cert.der().clone()], key).unwrap();
    Server::start(Some(config), |_| (200, "{}".into()))
}

async fn works(text: &str) -> bool {
    let access = connect_from(&options(text), &KubeVariables::default()).await.unwrap();
    ask(&access).await.is_ok()
}

#[tokio::test]
async fn the_server_is_checked_as_the_kubeconfig_says() {
    let (own, other) = (certified("kubernetes.test"), certified("kubernetes.test"));
    let server = serve(&own, None);
    let at = format!("server: 'https://127.0.0.1:{}'", server.port);
    let [ours, others] = [&own, &other].map(|c| STANDARD.encode(c.cert.pem()));
    for (cluster, wanted) in [
        (format!("{at}, certificate-authority-data: {ours}"), false),
        (
            format!("{at}, certificate-authority-data: {ours}, tls-server-name: kubernetes.test"),
            true,
        ),
        (format!("{at}, certificate-authority-data: {ours}, tls-server-name: other.test"), false),
        (
            format!("{at}, certificate-authority-data: {others}, tls-server-name: kubernetes.test"),
            false,
        ),
        (format!("{at}, tls-server-name: kubernetes.test"), false),
        (format!("{at}, insecure-skip-tls-verify: true"), true),
    ] {
        assert_eq!(works(&yaml(&cluster, TOKEN_USER)).await, wanted, "{cluster}");
    }
}

#[tokio::test]
async fn the_client_certificate_is_shown_from_data_and_from_files_beside_the_kubeconfig() {
    let (own, client) = (certified("127.0.0.1"), certified("ci"));
    let server = serve(&own, Some(&client));
    let (chain, key) = (client.cert.pem(), client.signing_key.serialize_pem());
    let at = format!(
        "server: 'https://127.0.0.1:{}', certificate-authority-data: {}",
        server.port,
        STANDARD.encode(own.cert.pem())
    );
    let [chain64, key64] = [&chain, &key].map(|pem| STANDARD.encode(pem));
    let user = format!("client-certificate-data: {chain64}, client-key-data: {key64}");
    assert!(works(&yaml(&at, &user)).await);
    assert!(!works(&yaml(&at, TOKEN_USER)).await, "the server asks for no certificate");

    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("ca.crt"), own.cert.pem()).unwrap();
    std::fs::write(path("ci.crt"), chain).unwrap();
    std::fs::write(path("ci.key"), key).unwrap();
    let at = format!("server: 'https://127.0.0.1:{}', certificate-authority: ca.crt", server.port);
    let user = "client-certificate: ci.crt, client-key: ci.key";
    std::fs::write(path("config"), yaml(&at, user)).unwrap();
    assert!(works(&path("config").display().to_string()).await);
}

/// Signed by a kind of key that we cannot check.
#[tokio::test]
async fn a_server_whose_authority_we_cannot_check_is_told_in_words() {
    http::install_provider();
    let chain = CertificateDer::from_pem_slice(include_bytes!("pem/by-p521.crt")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("pem/p256.key")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![chain], key).unwrap();
    let server = Server::start(Some(config), |_| (200, "{}".into()));
    let authority = STANDARD.encode(include_str!("pem/p521.crt"));
    let at = format!("server: 'https://127.0.0.1:{}'", server.port);
    let text = yaml(&format!("{at}, certificate-authority-data: {authority}"), TOKEN_USER);
    let access = connect_from(&options(&text), &KubeVariables::default()).await.unwrap();
    let error = crate::cluster::rehearsal::explain(
        ask(&access).await.unwrap_err(),
        "get",
        "version",
        &access,
    );
    let error = format!("{error:#}");
    assert!(error.contains("signed by a key that the TLS of this action cannot check"), "{error}");
    assert!(!error.contains("AlgorithmContext") && !error.contains('['), "{error}");
}
