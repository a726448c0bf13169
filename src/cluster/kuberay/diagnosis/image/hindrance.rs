//! What hinders a pull, by the words of container runtimes and registries.

/// What hinders a pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hindrance {
    Platform,
    RateLimit,
    Denied,
    Untrusted,
    Unreachable,
    Missing,
    Unknown,
}

/// Words, in lower case, that tell a hindrance.  In order: a refusal may also say that nothing was
/// found, and so may a name that does not resolve.
const SIGNS: [(Hindrance, &[&str]); 6] = [
    (
        Hindrance::Platform,
        &["no match for platform", "no matching manifest for", "no image found in manifest list"],
    ),
    (Hindrance::RateLimit, &["toomanyrequests", "too many requests", "rate limit"]),
    (
        Hindrance::Denied,
        &[
            "access denied",
            "authorization failed",
            "failed to authorize",
            "unauthorized",
            "forbidden",
            "no basic auth credentials",
            "requested access to the resource is denied",
            "authentication required",
            "invalid username/password",
        ],
    ),
    (
        Hindrance::Untrusted,
        &["x509:", "server gave http response to https client", "signature validation failed"],
    ),
    (
        Hindrance::Unreachable,
        &[
            "dial tcp",
            "no such host",
            "connection refused",
            "connection reset",
            "timeout",
            "timed out",
            "deadline exceeded",
            "unexpected eof",
            "server misbehaving",
            "no route to host",
            "registry is unavailable",
            "bad gateway",
            "service unavailable",
            "internal server error",
        ],
    ),
    (Hindrance::Missing, &["not found", "manifest unknown", "name unknown", "does not exist"]),
];

impl Hindrance {
    /// What the runtime's message on a pull of `image` tells.
    pub(super) fn told_by(message: &str, image: &str) -> Self {
        // A name or tag may contain any of the words.
        let message = message.replace(image, "").to_lowercase();
        let said = |signs: &[&str]| signs.iter().any(|sign| message.contains(sign));
        SIGNS.iter().find(|(_, signs)| said(signs)).map_or(Self::Unknown, |(it, _)| *it)
    }
}
