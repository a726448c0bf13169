//! The input `ca-bundle` -> certificates that are trusted besides the system's, for servers behind a
//! company's own authority.  Takes PEM or the path of a file with PEM.

use std::{fs, io, path::Path};

use anyhow::{Context, Result, anyhow, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Certificate;
use rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::output::excerpt;

const BEGIN: &str = "-----BEGIN";
/// Bytes of the largest bundle; a system's whole one has 300 KiB.
const LARGEST: u64 = 4 << 20;

/// Certificates to trust besides the system's.  Nothing else that the input held is kept.
#[derive(Debug, Clone)]
pub struct CaBundle {
    certificates: Vec<CertificateDer<'static>>,
}

impl CaBundle {
    /// Reads the input: PEM as it is, or a file, relative to the working directory.
    pub fn from_input(input: &str) -> Result<Self> {
        let input = input.trim();
        if input.contains(BEGIN) {
            return Self::parse(input).context("ca-bundle");
        }
        ensure!(!input.contains('\n'), "ca-bundle is neither PEM nor the path of a file");
        let shown = excerpt(input, 200);
        let pem = load(Path::new(input)).with_context(|| format!("ca-bundle `{shown}`"))?;
        Self::parse(&pem).with_context(|| format!("ca-bundle `{shown}`"))
    }

    fn parse(pem: &str) -> Result<Self> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        // The cause could quote what was read, which may be the wrong thing: a key.
        let certificates = read.ok().context("holds PEM that is damaged; was it copied whole?")?;
        ensure!(
            !certificates.is_empty(),
            "holds no certificate in PEM, which begins with `{BEGIN} CERTIFICATE-----`"
        );
        Ok(Self { certificates })
    }

    /// The certificates in PEM.
    pub(crate) fn pem(&self) -> String {
        let block = |der: &CertificateDer<'_>| {
            let text = STANDARD.encode(der);
            let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
            format!("{BEGIN} CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
        };
        self.certificates.iter().map(block).collect()
    }

    /// The certificates as the HTTP client takes them.
    pub(super) fn certificates(&self) -> Result<Vec<Certificate>> {
        let read = self.certificates.iter().map(|der| Certificate::from_der(der));
        read.collect::<reqwest::Result<_>>().context("ca-bundle holds a damaged certificate")
    }
}

fn load(path: &Path) -> Result<String> {
    let size = fs::metadata(path).map_err(explain)?.len();
    ensure!(size <= LARGEST, "is not a bundle of certificates: it has {size} bytes");
    fs::read_to_string(path).map_err(explain)
}

fn explain(error: io::Error) -> anyhow::Error {
    let kind = error.kind();
    if kind == io::ErrorKind::NotFound {
        anyhow!(
            "there is no such file; a container action sees only files under the workspace and the \
             runner's temporary directory, so put it there, or give the PEM itself"
        )
    } else if kind == io::ErrorKind::InvalidData {
        anyhow!("is not text; convert it to PEM")
    } else {
        anyhow::Error::new(error).context("cannot be read")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::CaBundle;

    fn certificate() -> String {
        rcgen::generate_simple_self_signed(["acme.dev".to_owned()]).unwrap().cert.pem()
    }

    fn refusal(input: &str) -> String {
        format!("{:#}", CaBundle::from_input(input).unwrap_err())
    }

    #[test]
    fn pem_and_a_file_of_it_are_the_same() {
        let pem = certificate() + &certificate();
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &pem).unwrap();
        let path = file.path().to_str().unwrap();
        let (text, read) =
            (CaBundle::from_input(&pem).unwrap(), CaBundle::from_input(path).unwrap());
        assert_eq!(text.pem(), read.pem());
        assert_eq!(text.pem(), pem.replace("\r\n", "\n"));
        assert_eq!(text.certificates().unwrap().len(), 2);
    }

    #[test]
    fn a_key_beside_the_certificate_is_not_kept() {
        let pair = rcgen::generate_simple_self_signed(["acme.dev".to_owned()]).unwrap();
        let both = pair.signing_key.serialize_pem() + &pair.cert.pem();
        let bundle = CaBundle::from_input(&both).unwrap();
        assert!(!bundle.pem().contains("PRIVATE"), "{}", bundle.pem());
    }

    #[test]
    fn what_is_no_bundle_is_told_why() {
        let absent = refusal("certs/none.pem");
        assert!(absent.contains("certs/none.pem") && absent.contains("workspace"), "{absent}");
        let whole = certificate();
        let damaged = refusal(&whole[..whole.len() / 2]);
        assert!(damaged.contains("copied whole"), "{damaged}");
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let secret = key.lines().nth(1).unwrap();
        let refused = refusal(&key);
        assert!(refused.contains("no certificate") && !refused.contains(secret), "{refused}");
        assert!(refusal("two\nlines").contains("neither PEM nor"));
    }
}
