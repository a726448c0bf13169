//! `WWW-Authenticate` -> the ways in which a server lets itself be asked.  Pure; any text is read
//! as well as can be, and none panics.
//!
//! RFC 9110, section 11.6.1; registries: <https://distribution.github.io/distribution/spec/auth/token/>.

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// One way, such as `Bearer realm="https://ghcr.io/token",service="ghcr.io"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    pub(super) scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    pub(super) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The value of the first parameter of that name.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        parameters.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// All challenges of an answer, in its order.
pub(super) fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let lines = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(parse).collect()
}

fn parse(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches(|c: char| !is_token(c));
        let (word, after) = token(rest);
        if word.is_empty() {
            return challenges;
        }
        let spaced = after.trim_start();
        match (spaced.strip_prefix('='), challenges.last_mut()) {
            (Some(after), Some(challenge)) => {
                let (value, after) = value(after.trim_start());
                challenge.parameters.push((word.to_owned(), value));
                rest = after;
            }
            // A scheme; and a parameter of none is passed over.
            (equals, _) => {
                if equals.is_none() {
                    challenges.push(Challenge { scheme: word.to_owned(), parameters: Vec::new() });
                }
                rest = after;
            }
        }
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

fn token(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c| !is_token(c)).unwrap_or(text.len()))
}

/// A token, or a quoted string without its quotes and escapes; one without end goes to the end.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = token(text);
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    (value, chars.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What each registry asks for, by its documentation; scheme, realm, service and scope.
    #[test]
    fn the_challenges_of_well_known_registries_are_read() {
        const PULL: &str = "repository:acme/train:pull";
        let bearer = |realm: &str, service: &str| {
            format!(r#"Bearer realm="{realm}",service="{service}",scope="{PULL}""#)
        };
        let cases = [
            ("GHCR", "https://ghcr.io/token", "ghcr.io"),
            ("Hub", "https://auth.docker.io/token", "registry.docker.io"),
            ("GAR", "https://europe-docker.pkg.dev/v2/token", "europe-docker.pkg.dev"),
            ("ACR", "https://acme.azurecr.io/oauth2/token", "acme.azurecr.io"),
            ("Harbor", "https://harbor.acme.dev/service/token", "harbor-registry"),
            ("Quay", "https://quay.io/v2/auth", "quay.io"),
            ("GitLab", "https://gitlab.com/jwt/auth", "container_registry"),
        ];
        for (name, realm, service) in cases {
            let read = parse(&bearer(realm, service));
            let [challenge] = read.as_slice() else { panic!("{name}: {read:?}") };
            assert!(challenge.is("bearer"), "{name}");
            assert_eq!(challenge.parameter("realm"), Some(realm));
            assert_eq!(challenge.parameter("service"), Some(service));
            assert_eq!(challenge.parameter("scope"), Some(PULL));
        }
        let ecr = r#"Basic realm="https://1234.dkr.ecr.eu-west-1.amazonaws.com/",service="ecr.amazonaws.com""#;
        assert!(matches!(parse(ecr).as_slice(), [basic] if basic.is("Basic")));
    }

    #[test]
    fn several_challenges_commas_and_escapes_are_told_apart() {
        let read = parse(
            r#"Negotiate, Bearer realm = "a\"b" , scope="repository:x:pull,push",error=insufficient_scope, Basic realm="c""#,
        );
        let schemes: Vec<_> = read.iter().map(|challenge| challenge.scheme.as_str()).collect();
        assert_eq!(schemes, ["Negotiate", "Bearer", "Basic"]);
        assert_eq!(read[1].parameter("REALM"), Some(r#"a"b"#));
        assert_eq!(read[1].parameter("scope"), Some("repository:x:pull,push"));
        assert_eq!(read[1].parameter("error"), Some("insufficient_scope"));
        assert_eq!(read[2].parameter("realm"), Some("c"));
        assert_eq!(read[2].parameter("scope"), None);
    }

    #[test]
    fn what_is_cut_off_is_read_to_the_end() {
        assert_eq!(parse(r#"Bearer realm="https://a"#)[0].parameter("realm"), Some("https://a"));
        assert_eq!(parse(r#"Bearer realm="a\"#)[0].parameter("realm"), Some("a"));
        assert!(parse("").is_empty() && parse("=,= \"").is_empty());
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in "(\\PC|[=,\"\\\\ a]){0,80}") {
            parse(&header);
        }

        #[test]
        fn a_quoted_value_comes_back(value in "[ -~]{0,40}") {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            let read = parse(&format!("Bearer realm=\"{escaped}\", Basic"));
            prop_assert_eq!(read[0].parameter("realm"), Some(value.as_str()));
            prop_assert!(read[1].is("basic"));
        }
    }
}
