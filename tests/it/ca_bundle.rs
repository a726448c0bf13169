//! A server behind a company's own authority: trusted with `ca-bundle`, refused without.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    thread,
    time::Duration,
};

use regression_action::{
    clients::github::{Error, GitHub, Patience},
    http::{self, CaBundle},
};
use reqwest::Url;
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 26\r\nconnection: close\r\n\r\n\
                      {\"default_branch\":\"trunk\"}";

/// Answers every request alike, by TLS with a certificate of its own; yields it in PEM.
fn serve() -> (Url, String) {
    // Installs the cryptography that the server needs as well.
    http::client().unwrap();
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(pair.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![pair.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for socket in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, socket.unwrap());
            // A client that does not trust us hangs up.
            if stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {
                drop(stream.write_all(ANSWER.as_bytes()));
                stream.conn.send_close_notify();
                drop(stream.flush());
            }
        }
    });
    (url.parse().unwrap(), pair.cert.pem())
}

fn github(api: &Url, trust: Option<&CaBundle>) -> GitHub {
    let github = GitHub::new(api, &"ghs_x".into(), "acme/train".parse().unwrap(), trust).unwrap();
    github.with_patience(Patience { total: Duration::ZERO, ..Patience::default() })
}

#[tokio::test]
async fn a_bundle_makes_the_server_trusted() {
    let (api, pem) = serve();
    let bundle = CaBundle::from_input(&pem).unwrap();
    assert_eq!(github(&api, Some(&bundle)).default_branch().await.unwrap(), "trunk");
}

#[tokio::test]
async fn without_it_the_error_says_certificate() {
    let (api, _) = serve();
    let error = github(&api, None).default_branch().await.unwrap_err();
    let Error::Unreachable { cause, .. } = &error else { panic!("{error}") };
    assert!(cause.contains("certificate"), "{cause}");
}
