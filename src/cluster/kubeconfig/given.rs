//! Tells the forms of the input `kubeconfig` apart by content: YAML, base64 of YAML, or a path.
//! Pure but for one question, whether a file exists; shows the input only if it reads as a path.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Reads both alphabets (after [`decode`] made them one), with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// What is longer, or has several lines, was meant as base64, not as a path.
const LONG: usize = 100;
const FLATTEN: &str = "`kubectl config view --raw --flatten --minify | base64`";

/// The form of the input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum KubeconfigInput {
    Yaml(String),
    /// YAML that came as base64.
    Encoded(String),
    Path(PathBuf),
}

/// Reads the input `kubeconfig`.
pub(super) fn read(input: &str) -> Result<KubeconfigInput> {
    let input = input.trim_start_matches('\u{feff}');
    let text = input.trim();
    if text.is_empty() {
        bail!(
            "the value is empty; if it is a secret: it may have another name or belong to another \
             environment, and workflows of pull requests from forks get no secrets"
        );
    }
    // The indentation of the first line counts in YAML, so it is not trimmed.
    if is_yaml(text) {
        return Ok(KubeconfigInput::Yaml(input.to_owned()));
    }
    let decoded = decode(text);
    if let Some(yaml) = decoded.as_deref().and_then(as_yaml) {
        return Ok(KubeconfigInput::Encoded(yaml.to_owned()));
    }
    if !text.contains('\n') && Path::new(text).exists() {
        return Ok(KubeconfigInput::Path(text.into()));
    }
    Err(problem(text, decoded.is_some()))
}

fn is_yaml(text: &str) -> bool {
    text.starts_with('{')
        || text.contains("apiVersion")
        || text.contains("clusters:")
        || (text.contains('\n') && !is_base64(text))
}

fn is_base64(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c) || c.is_whitespace();
    text.chars().all(allowed)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let one_alphabet = |c: char| match c {
        '+' => '-',
        '/' => '_',
        other => other,
    };
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).map(one_alphabet).collect();
    BASE64.decode(packed).ok()
}

fn as_yaml(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{feff}');
    is_yaml(text.trim()).then_some(text)
}

/// Why the input is none of the three forms.
fn problem(text: &str, decodes: bool) -> anyhow::Error {
    if is_token(text) {
        return anyhow!(
            "the value is a token, not a kubeconfig; put it into one, as users[].user.token, so \
             that it is known which server it is for"
        );
    }
    if reads_as_path(text) {
        let tilde = if text.starts_with('~') { " (`~` is not expanded here)" } else { "" };
        return anyhow!(
            "there is no file `{text}`{tilde}; a container action sees only files under the \
             workspace; else give the YAML itself, or base64 of it: {FLATTEN}"
        );
    }
    if is_base64(text) && (text.len() > LONG || text.contains('\n')) {
        let cause = if decodes {
            "base64, but not of a kubeconfig"
        } else {
            "broken base64; was it copied whole?"
        };
        return anyhow!("the value is {cause}; make it by {FLATTEN}");
    }
    anyhow!(
        "the value (not shown, it may be secret) is neither YAML nor base64 of YAML, and no \
         file has that name; make it by {FLATTEN}"
    )
}

/// A JSON web token: three parts, of which the first begins as `{"` does in base64.
fn is_token(text: &str) -> bool {
    text.starts_with("eyJ") && text.matches('.').count() == 2
}

/// Whether the value may be shown, because nobody would call a secret so.
fn reads_as_path(text: &str) -> bool {
    let rooted = ["/", "./", "../", "~/", "C:\\"].iter().any(|start| text.starts_with(start));
    let extension = Path::new(text).extension().and_then(|extension| extension.to_str());
    let named = extension.is_some_and(|e| ["yaml", "yml", "conf", "config", "json"].contains(&e));
    text.len() <= LONG && !text.contains('\n') && (rooted || named || text.contains("kube"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "apiVersion: v1\nclusters: []\nusers: [{name: >>>???}]\n";

    /// `YAML` as the usual tools encode it; it has `+` and `/` in it, which url-safe base64 lacks.
    fn encoded() -> String {
        base64::engine::general_purpose::STANDARD.encode(YAML)
    }

    fn in_lines(text: &str) -> String {
        let lines: Vec<&str> =
            text.as_bytes().chunks(20).map(|line| std::str::from_utf8(line).unwrap()).collect();
        lines.join("\n") + "\n"
    }

    #[test]
    fn yaml_is_taken_as_it_is() {
        for text in [YAML, "{\"clusters\": []}", "  clusters:\n  - name: a\n", "a: 1\nb: 2"] {
            assert_eq!(read(text).unwrap(), KubeconfigInput::Yaml(text.into()), "{text}");
        }
        assert_eq!(read(&format!("\u{feff}{YAML}")).unwrap(), KubeconfigInput::Yaml(YAML.into()));
    }

    #[test]
    fn base64_is_decoded_in_every_dress() {
        let standard = encoded();
        assert!(standard.contains('/'), "the sample does not tell the alphabets apart: {standard}");
        let url_safe = standard.replace('+', "-").replace('/', "_");
        for text in [
            standard.clone(),
            format!("{standard}\n"),
            in_lines(&standard),
            in_lines(&standard).replace('\n', "\r\n"),
            url_safe.clone(),
            url_safe.trim_end_matches('=').to_owned(),
        ] {
            assert_eq!(read(&text).unwrap(), KubeconfigInput::Encoded(YAML.into()), "{text}");
        }
    }

    #[test]
    fn a_file_that_exists_is_a_path() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config");
        std::fs::write(&file, YAML).unwrap();
        let text = format!(" {}\n", file.display());
        assert_eq!(read(&text).unwrap(), KubeconfigInput::Path(file));
    }

    #[test]
    fn what_is_none_of_them_is_refused_with_the_remedy() {
        let other = base64::engine::general_purpose::STANDARD.encode([7; 120]);
        for (text, wanted) in [
            ("", "forks get no secrets"),
            (" \n", "the value is empty"),
            ("eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "is a token"),
            ("/no/such/file", "no file `/no/such/file`"),
            ("~/.kube/config", "`~` is not expanded"),
            ("ci/kubeconfig", "no file `ci/kubeconfig`"),
            (&other, "not of a kubeconfig"),
            (&in_lines(&other), "not of a kubeconfig"),
            (&format!("{}A", &other[..140]), "broken base64"),
            ("s3cr3t", "not shown"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }

    #[test]
    fn what_may_be_secret_is_not_shown() {
        for text in ["s3cr3t", "eyJs3cr3t.s3cr3t.s3cr3t", &"s3cr3t".repeat(40), "a/s3cr3t+x"] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(!error.contains("s3cr3t"), "{error}");
        }
    }
}
