//! The proof that a status is ours: a tag over all that it says and where, by a key that no workflow of a branch
//! has.  Pure but for the kubeconfig, which may be a file.
//!
//! Words and links can be written by whoever may push: every workflow of the repository writes as one account, also
//! one that a branch brings along.  The key is made of what proves to the cluster who we are, which such a workflow
//! does not see as long as the environment that holds it is the default branch's alone: the token or the private
//! key of the kubeconfig's user in the chosen context, or the token of a Ray that runs already (which its trainings
//! may see).  The rest of a kubeconfig is no secret, and may be written in many ways.
//!
//! When the credential is renewed, what was told before does not count, and is measured once more.  A credential
//! that is new in every run proves nothing to the next one; one that is not in the kubeconfig, such as GitHub's
//! OIDC token, makes no key.

use anyhow::Result;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    action::inputs::Inputs,
    cli::{BackendName, Place, setup::kube_options},
    clients::github::{RepositoryName, StatusState},
    cluster::kubeconfig,
    git::CommitSha,
};

/// What the key is for: no other key that is made of the same secret is equal to it.
const KIND: &[u8] = b"regression-action evidence 1";
/// Bytes of the shortest secret: what is shorter could be found by trying, since everybody sees the tags.
const LEAST: usize = 32;
/// Bytes of a tag that are kept: nobody guesses 128 bits.
const BYTES: usize = 16;
/// The same in characters: letters, digits, `-` and `_`.
pub(super) const TAG: usize = 22;

/// Makes tags, and knows its own.
#[derive(Debug, Clone)]
pub(super) struct Seal(hmac::Key);

/// What a status says, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct StatusText<'a> {
    pub(super) repository: &'a RepositoryName,
    pub(super) sha: &'a CommitSha,
    pub(super) context: &'a str,
    pub(super) state: StatusState,
    /// The description up to the tag, with the evidence key.
    pub(super) text: &'a str,
    /// Link to the run that measured.
    pub(super) run: &'a str,
}

impl Seal {
    /// By what the trainings of these inputs are started with; none: that is no secret, or too short.
    pub(super) fn of_inputs(inputs: &Inputs) -> Result<Option<Self>> {
        let place = Place::from(inputs);
        let secret = match place.backend {
            BackendName::Kubernetes => {
                kubeconfig::credential(&kube_options(&place.kubernetes, None))?
            }
            BackendName::Ray => place.ray_token,
            BackendName::Local => None,
        };
        Ok(secret.as_ref().and_then(Self::of))
    }

    fn of(secret: &SecretString) -> Option<Self> {
        let secret = secret.expose_secret().trim().as_bytes();
        if secret.len() < LEAST {
            return None;
        }
        let key = |bytes: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        // One way: whoever had this key would not have the secret.
        Some(Self(key(hmac::sign(&key(secret), KIND).as_ref())))
    }

    /// The proof that it is we who tell it: [`TAG`] characters.
    pub(super) fn tag(&self, told: &StatusText<'_>) -> String {
        let (repository, context) = (told.repository.as_str(), told.context);
        // GitHub knows names and contexts without regard to case.
        let (repository, context) = (repository.to_lowercase(), context.to_lowercase());
        let state = format!("{:?}", told.state);
        let (sha, text, run) = (told.sha.as_str(), told.text, told.run);
        let mut signing = hmac::Context::with_key(&self.0);
        for part in [repository.as_str(), sha, &context, &state, text, run] {
            signing.update(&part.len().to_le_bytes());
            signing.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(&signing.sign().as_ref()[..BYTES])
    }

    /// Whether a tag is the one of `told`; it takes as long whatever is wrong with it.
    pub(super) fn knows(&self, tag: &str, told: &StatusText<'_>) -> bool {
        let given = hmac::sign(&self.0, tag.as_bytes());
        hmac::verify(&self.0, self.tag(told).as_bytes(), given.as_ref()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl";

    fn seal(secret: &str) -> Option<Seal> {
        Seal::of(&secret.into())
    }

    fn tag(seal: &Seal, parts: [&str; 5], state: StatusState) -> String {
        let [repository, sha, context, text, run] = parts;
        let sha = CommitSha::parse(&sha.repeat(40)).unwrap();
        let repository = repository.parse().unwrap();
        let told = StatusText { repository: &repository, sha: &sha, context, state, text, run };
        let tag = seal.tag(&told);
        assert!(seal.knows(&tag, &told) && !seal.knows(&tag[1..], &told) && !seal.knows("", &told));
        tag
    }

    #[test]
    fn a_tag_is_of_all_that_is_told_and_of_where() {
        let ours = seal(SECRET).unwrap();
        let parts = ["acme/model", "a", "regression / verdict", "pass: good [key]", "run/1"];
        let (whole, success) = (tag(&ours, parts, StatusState::Success), StatusState::Success);
        assert_eq!(whole.len(), TAG);
        assert_eq!(whole, tag(&seal(&format!("{SECRET}\n")).unwrap(), parts, success));
        let others = ["acme/other", "b", "regression / speed", "pass: good [yek]", "run/2"];
        for (at, other) in others.into_iter().enumerate() {
            let mut changed = parts;
            changed[at] = other;
            assert_ne!(whole, tag(&ours, changed, success), "{other}");
        }
        assert_ne!(whole, tag(&ours, parts, StatusState::Failure));
        assert_ne!(whole, tag(&seal(&SECRET.replace('c', "d")).unwrap(), parts, success));
        let shifted = ["acme/model", "a", "regression / verdict", "pass: good [key]r", "un/1"];
        assert_ne!(whole, tag(&ours, shifted, success));
        let in_capitals = ["Acme/Model", "a", "Regression / Verdict", "pass: good [key]", "run/1"];
        assert_eq!(whole, tag(&ours, in_capitals, success), "one name to GitHub");
    }

    #[test]
    fn what_can_be_guessed_makes_no_key_and_the_key_is_not_shown() {
        for secret in ["", "hunter2", &"x".repeat(31), &format!(" {}\n", "x".repeat(31))] {
            assert!(seal(secret).is_none(), "{secret}");
        }
        assert!(!format!("{:?}", seal(SECRET).unwrap()).contains(SECRET));
    }

    #[test]
    fn each_way_to_train_has_its_secret() {
        let yaml = |token: &str| {
            format!(
                "clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:6443'}}}}]\n\
                 contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
                 current-context: c\n\
                 users: [{{name: other, user: {{token: {SECRET}}}}}, {{name: u, user: {token}}}]\n"
            )
        };
        let parts = ["acme/model", "a", "context", "text", "run"];
        let some_tag = |seal: Seal| tag(&seal, parts, StatusState::Success);
        let of = |backend, kubeconfig: &str, ray_token: &str| {
            let given = |text: &str| (!text.is_empty()).then(|| text.into());
            let (kubeconfig, ray_token) = (given(kubeconfig), given(ray_token));
            let inputs = Inputs { backend, kubeconfig, ray_token, ..Inputs::default() };
            Seal::of_inputs(&inputs).unwrap().map(some_tag)
        };
        let told = |secret: &str| seal(secret).map(some_tag);
        let token = SECRET.replace('c', "d");
        let kubernetes = yaml(&format!("{{token: {token}}}"));
        assert_eq!(of(BackendName::Kubernetes, &kubernetes, SECRET), told(&token));
        assert_eq!(of(BackendName::Ray, &kubernetes, SECRET), told(SECRET));
        assert_eq!(of(BackendName::Ray, &kubernetes, ""), None);
        assert_eq!(of(BackendName::Local, &kubernetes, SECRET), None);
        let oidc = yaml("{auth-provider: {name: github-oidc, config: {audience: gpu}}}");
        assert_eq!(of(BackendName::Kubernetes, &oidc, SECRET), None);
    }
}
