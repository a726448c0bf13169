//! A server behind a company's own authority: trusted with `ca-bundle`; without it refused at once, by
//! the same sentence whoever asks.  The fifth who asks, for tokens of GitHub, is in `cluster/kubeconfig/tests`.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use regression_action::{
    clients::{
        github::GitHub,
        registry::{self, ImageReference, Outcome, Registry, Wanted},
    },
    cluster::{Backend, ClusterTerms, ray::Ray, with_cluster},
    config::Platform,
    experiment::tracking::{self, Tracker},
    http::{self, CaBundle},
    progress::Progress,
};
use reqwest::Url;
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};
use tokio_util::sync::CancellationToken;

/// What GitHub, MLflow and Ray would answer, in one; to a registry it is none.
const ANSWER: &str = r#"{"default_branch": "trunk", "ray_version": "2.60.0", "experiment":
    {"experiment_id": "4", "name": "x", "lifecycle_stage": "active"}}"#;
const REFUSAL: &str = "invalid peer certificate: UnknownIssuer; behind a company's own authority, give its \
                       certificate as ca-bundle (in a shell, by SSL_CERT_FILE)";
/// Who begins to wait between tries has waited for seconds.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A server that proves itself by a certificate of its own, and who came.
struct Company {
    port: u16,
    pem: String,
    visits: Arc<AtomicUsize>,
}

impl Company {
    /// Gives everybody the same answer.
    fn start() -> Self {
        // Installs the cryptography that the server needs as well.
        http::client().unwrap();
        let names = ["localhost".to_owned(), "0.0.0.0".to_owned()];
        let pair = rcgen::generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::try_from(pair.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![pair.cert.der().clone()], key).unwrap();
        let (config, visits) = (Arc::new(config), Arc::new(AtomicUsize::new(0)));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, seen) = (listener.local_addr().unwrap().port(), Arc::clone(&visits));
        thread::spawn(move || {
            for socket in listener.incoming() {
                seen.fetch_add(1, Ordering::SeqCst);
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, socket.unwrap());
                // A client that does not trust us hangs up.
                if stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {
                    let (head, length) = ("HTTP/1.1 200 OK\r\nconnection: close", ANSWER.len());
                    drop(write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{ANSWER}"));
                    stream.conn.send_close_notify();
                    drop(stream.flush());
                }
            }
        });
        Self { port, pem: pair.cert.pem(), visits }
    }

    fn url(&self) -> Url {
        format!("https://localhost:{}", self.port).parse().unwrap()
    }

    /// What asking it as the named service comes to.
    async fn ask(&self, service: &str, trust: Option<&CaBundle>) -> Result<()> {
        match service {
            "GitHub" => {
                let repository = "acme/train".parse().unwrap();
                let github = GitHub::new(&self.url(), &"ghs_x".into(), repository, trust)?;
                assert_eq!(github.default_branch().await?, "trunk");
            }
            "MLflow" => {
                let nobody = tracking::TrackerCredentials::None;
                let tracker = Tracker::new(self.url().as_str(), nobody, trust)?;
                assert_eq!(tracker.experiment("x").await?.id, "4");
            }
            "a registry" => self.look(trust).await?,
            "a Ray" => {
                let (progress, cancel) = (Progress::stderr(), CancellationToken::new());
                let terms = ClusterTerms::new(Duration::from_mins(1), &progress, &cancel);
                let (dashboard, trust) = (self.url(), trust.cloned());
                let backend = Backend::Existing { dashboard, token: None, trust };
                with_cluster(backend, &terms, async |_| Ok(())).await?;
            }
            "a Ray's jobs" => {
                let ray = Ray::new(&self.url(), None, trust)?;
                let read = ray.known_as("the Ray", Duration::from_hours(1)).jobs().await;
                // It answers, though not by a list.
                let told = format!("{:#}", read.unwrap_err());
                if !told.contains("answer cannot be read") {
                    bail!("{told}");
                }
            }
            other => panic!("{other}"),
        }
        Ok(())
    }

    /// A registry on this machine is asked without TLS, so by an address that does not say so.
    async fn look(&self, trust: Option<&CaBundle>) -> Result<()> {
        let reference = ImageReference::parse(&format!("0.0.0.0:{}/org/train:x", self.port))?;
        let platform = Platform::parse("linux/amd64").unwrap();
        let wanted = Wanted { reference: &reference, platform: &platform, hash: None };
        let registry = Registry::new(registry::Credentials::anonymous(), trust)?;
        let outcome = registry.look(&wanted).await;
        // What it answers is no manifest, but it answers.
        let not_an_image = "neither one of an image";
        let answers =
            matches!(&outcome, Outcome::Protocol { cause, .. } if cause.contains(not_an_image));
        ensure!(answers, "{}", outcome.message(&wanted));
        Ok(())
    }
}

#[tokio::test]
async fn a_bundle_makes_the_server_trusted_and_without_it_each_refuses_at_once_in_the_same_words() {
    let company = Company::start();
    let bundle = CaBundle::from_input(&company.pem).unwrap();
    for service in ["GitHub", "MLflow", "a registry", "a Ray", "a Ray's jobs"] {
        let asked = company.ask(service, Some(&bundle)).await;
        asked.unwrap_or_else(|error| panic!("{service}: {error:#}"));
        let (begun, before) = (Instant::now(), company.visits.load(Ordering::SeqCst));
        let refused = format!("{:#}", company.ask(service, None).await.unwrap_err());
        assert!(refused.ends_with(REFUSAL), "{service}: {refused}");
        assert!(begun.elapsed() < AT_ONCE, "{service} was tried for {:?}", begun.elapsed());
        let visits = company.visits.load(Ordering::SeqCst) - before;
        assert_eq!(visits, 1, "{service} was asked again");
    }
}
