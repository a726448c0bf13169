//! A branch or a tag -> its commit, by its whole name.  Where a commit is asked for by a name, GitHub looks among
//! several, and whoever may push can call a branch `heads/main`: that must never be taken for `main`.
//!
//! <https://docs.github.com/en/rest/git/refs#get-a-reference>

use http::StatusCode;
use serde::Deserialize;

use super::{CommitFacts, Error, GitHub, Scope, request::ApiCall};
use crate::{git::CommitSha, output::excerpt};

/// Tags of tags that are followed.
const NESTED: usize = 5;

#[derive(Deserialize)]
struct GitReference {
    #[serde(rename = "ref")]
    name: String,
    object: Object,
}

#[derive(Deserialize)]
struct Tag {
    object: Object,
}

/// What a reference, or a tag with a message of its own, stands for.
#[derive(Deserialize)]
struct Object {
    #[serde(rename = "type")]
    kind: String,
    sha: CommitSha,
}

impl GitHub {
    /// The commit that a branch is at; its name has no `refs/heads/`.
    pub async fn branch(&self, name: &str) -> Result<CommitFacts, Error> {
        self.reference(&format!("heads/{name}"), &format!("branch `{}`", excerpt(name, 80))).await
    }

    /// The commit of a tag; its name has no `refs/tags/`.
    pub async fn tag(&self, name: &str) -> Result<CommitFacts, Error> {
        self.reference(&format!("tags/{name}"), &format!("tag `{}`", excerpt(name, 80))).await
    }

    async fn reference(&self, name: &str, shown: &str) -> Result<CommitFacts, Error> {
        let what = format!("read the {shown}");
        let call = ApiCall::get(self.url(&["git", "ref", name]), Scope::CONTENTS, what);
        let GitReference { name: found, object } = self.ask(&call).await?;
        if found != format!("refs/{name}") {
            return Err(call.unexpected(StatusCode::OK, "its answer is about another name"));
        }
        self.commit(&self.peeled(&call, object).await?).await
    }

    async fn peeled(&self, of: &ApiCall, mut object: Object) -> Result<CommitSha, Error> {
        for _ in 0..NESTED {
            if object.kind != "tag" {
                break;
            }
            let url = self.url(&["git", "tags", object.sha.as_str()]);
            let tag: Tag = self.ask(&ApiCall::get(url, Scope::CONTENTS, of.what.clone())).await?;
            object = tag.object;
        }
        if object.kind != "commit" {
            return Err(of.unexpected(StatusCode::OK, "it does not point to a commit"));
        }
        Ok(object.sha)
    }
}
