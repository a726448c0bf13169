//! Certificates and keys of a kubeconfig: base64 in it or files beside it, yielded as checked PEM.
//! No message holds what was read.

use std::{fs, path::Path};

use anyhow::{Context, Result, anyhow, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use kube::config::{AuthInfo, Cluster};
use rustls::{
    InconsistentKeys,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use secrecy::{ExposeSecret, SecretSlice};

use super::{Place, credentials::NEW_TOKEN, given};

const FLATTEN: &str = "make the kubeconfig by `kubectl config view --raw --flatten --minify`, \
                       which puts the files' contents into it";

/// One certificate or key: `KEY-data` in the kubeconfig, else the file that `KEY` names.
struct PemEntry<'a> {
    key: &'static str,
    /// Such as "user `ci`".
    owner: String,
    data: Option<&'a str>,
    file: Option<&'a str>,
    place: Place,
}

/// The certificates that the API server's must descend from, in DER.
pub(super) fn authorities(
    cluster: &Cluster,
    name: &str,
    place: Place,
) -> Result<Option<Vec<Vec<u8>>>> {
    let entry = authority(cluster, name, place);
    let Some(pem) = entry.read()? else { return Ok(None) };
    let certificates = entry.certificates(pem.expose_secret())?;
    Ok(Some(certificates.iter().map(|certificate| certificate.to_vec()).collect()))
}

/// The same, as a kubeconfig holds them: base64 of PEM.
pub(super) fn authority_data(
    cluster: &Cluster,
    name: &str,
    place: Place,
) -> Result<Option<String>> {
    let pem = authority(cluster, name, place).read()?;
    Ok(pem.map(|pem| STANDARD.encode(pem.expose_secret())))
}

fn authority<'a>(cluster: &'a Cluster, name: &str, place: Place) -> PemEntry<'a> {
    PemEntry {
        key: "certificate-authority",
        owner: format!("cluster `{name}`"),
        data: cluster.certificate_authority_data.as_deref(),
        file: cluster.certificate_authority.as_deref(),
        place,
    }
}

/// The client certificate and its key, both in PEM.
pub(super) fn identity(
    user: &AuthInfo,
    name: &str,
    place: Place,
) -> Result<Option<(SecretSlice<u8>, SecretSlice<u8>)>> {
    let owner = format!("user `{name}`");
    let certificate = PemEntry {
        key: "client-certificate",
        owner: owner.clone(),
        data: user.client_certificate_data.as_deref(),
        file: user.client_certificate.as_deref(),
        place,
    };
    let key = PemEntry {
        key: "client-key",
        owner,
        data: user.client_key_data.as_ref().map(ExposeSecret::expose_secret),
        file: user.client_key.as_deref(),
        place,
    };
    match (certificate.read()?, key.read()?) {
        (None, None) => Ok(None),
        (Some(_), None) => bail!("{} has a client-certificate, but no client-key", key.owner),
        (None, Some(_)) => bail!("{} has a client-key, but no client-certificate", key.owner),
        (Some(chain), Some(secret)) => {
            let certificates = certificate.certificates(chain.expose_secret())?;
            check_pair(certificates, &key.key(secret.expose_secret())?, &key.owner)?;
            Ok(Some((chain, secret)))
        }
    }
}

/// Whether TLS can use both together; its own words for what it cannot use say little.
fn check_pair(
    chain: Vec<CertificateDer<'static>>,
    key: &PrivateKeyDer<'static>,
    owner: &str,
) -> Result<()> {
    let Ok(key) = rustls::crypto::ring::sign::any_supported_type(key) else {
        bail!(
            "the client-key of {owner} is a key that the TLS of this action cannot use, such as P-521; it can \
             use RSA from 2048 bits, P-256, P-384 and Ed25519: make another key and certificate, or {NEW_TOKEN}"
        );
    };
    match CertifiedKey::new(chain, key).keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(()),
        Err(rustls::Error::InconsistentKeys(_)) => {
            bail!("the client-certificate and the client-key of {owner} do not belong together")
        }
        Err(_) => bail!(
            "the client-certificate of {owner} is one that the TLS of this action cannot use, usually because \
             it is X.509 version 1: have it made as version 3 (openssl x509 -req with -extfile), or {NEW_TOKEN}"
        ),
    }
}

impl PemEntry<'_> {
    fn read(&self) -> Result<Option<SecretSlice<u8>>> {
        let Self { key, owner, .. } = self;
        let pem = match (given(self.data), given(self.file)) {
            (Some(data), _) => decode(data).with_context(|| format!("{key}-data of {owner}"))?,
            (None, Some(path)) => {
                load(path, self.place).with_context(|| format!("{key} of {owner}"))?
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(pem.into()))
    }

    fn certificates(&self, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
        let Self { key, owner, .. } = self;
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        // The cause could quote what was read, which may be the wrong thing: a key.
        read.ok()
            .filter(|certificates| !certificates.is_empty())
            .ok_or_else(|| anyhow!("the {key} of {owner} is not a certificate in PEM"))
    }

    fn key(&self, pem: &[u8]) -> Result<PrivateKeyDer<'static>> {
        let Self { key, owner, .. } = self;
        // As above.
        let read = PrivateKeyDer::from_pem_slice(pem).ok();
        read.with_context(|| format!("the {key} of {owner} is not a private key in PEM"))
    }
}

fn decode(data: &str) -> Result<Vec<u8>> {
    if is_redacted(data) {
        bail!("kubectl left the data out: {FLATTEN}");
    }
    if data.starts_with("-----BEGIN") {
        bail!("this is PEM itself; base64 of PEM belongs here");
    }
    let packed: String = data.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(packed).ok().context("not base64; was it copied whole?")
}

fn load(path: &str, place: Place) -> Result<Vec<u8>> {
    if !place.reaches(path) {
        bail!(
            "`{path}` is relative to a file, but the kubeconfig came as a text, so that it leads \
             nowhere; {FLATTEN}"
        );
    }
    fs::read(Path::new(path)).with_context(|| format!("cannot read `{path}`; {FLATTEN}"))
}

/// What `kubectl config view` prints for secrets unless told `--raw`.
pub(super) fn is_redacted(value: &str) -> bool {
    matches!(value, "DATA+OMITTED" | "DATA OMITTED" | "REDACTED")
}
