//! What the permission to pull is called at the registries that many use.  Pure.

/// The permission to pull from the registry at `host`, and where it is given.
pub(super) fn permission(host: &str) -> &'static str {
    let within = |domain: &str| host == domain || host.ends_with(&format!(".{domain}"));
    if within("ghcr.io") {
        "at ghcr.io: the job needs `permissions: packages: read`, and the package's settings must \
         name this repository under \"Manage Actions access\""
    } else if within("amazonaws.com") {
        "at ECR: ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer; a \
         login lasts 12 hours"
    } else if within("azurecr.io") {
        "at ACR: the role AcrPull; a login lasts 3 hours"
    } else if within("pkg.dev") || within("gcr.io") {
        "at Google: the role roles/artifactregistry.reader; an access token lasts an hour"
    } else if within("docker.io") {
        "at Docker Hub: a token that reads the repository; a private repository and one that does \
         not exist are refused alike"
    } else if within("quay.io") {
        "at Quay: a robot account that may read the repository"
    } else if within("gitlab.com") {
        "at GitLab: a token with the scope read_registry"
    } else {
        "a user, or a robot account, that may pull from the repository"
    }
}

#[cfg(test)]
mod tests {
    use super::permission;

    #[test]
    fn each_registry_has_its_own_name_for_it() {
        for (host, word) in [
            ("ghcr.io", "Manage Actions access"),
            ("1234.dkr.ecr.eu-west-1.amazonaws.com", "ecr:BatchGetImage"),
            ("acme.azurecr.io", "AcrPull"),
            ("europe-docker.pkg.dev", "artifactregistry.reader"),
            ("registry-1.docker.io", "not exist are refused alike"),
            ("quay.io", "robot"),
            ("registry.gitlab.com", "read_registry"),
            ("ghcr.io.acme.dev", "a user, or a robot"),
            ("localhost:5000", "a user, or a robot"),
        ] {
            assert!(permission(host).contains(word), "{host}: {}", permission(host));
        }
    }
}
