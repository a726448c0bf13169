//! URLs as pip reads them: without credentials, what they name, whether they move.

use super::pep508::canonical_name;

/// The text without `user:password@` in any URL.  A user name stays for SSH, where it is no secret
/// and part of the address.
pub(in crate::requirements) fn without_credentials(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after
            .find(|c: char| matches!(c, '/' | '?' | '#' | '"' | '\'') || c.is_whitespace())
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        clean.push_str(before);
        clean.push_str("://");
        clean.push_str(&host(authority, before.ends_with("ssh")));
        rest = tail;
    }
    clean + rest
}

fn host(authority: &str, keep_user: bool) -> String {
    match authority.rsplit_once('@') {
        None => authority.to_owned(),
        Some((user, host)) if keep_user => {
            format!("{}@{host}", user.split_once(':').map_or(user, |(name, _)| name))
        }
        Some((_, host)) => host.to_owned(),
    }
}

/// The scheme in front of the first colon, in lower case.
pub(super) fn scheme(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once(':')?;
    let mut chars = scheme.chars();
    let starts = chars.next()?.is_ascii_alphabetic();
    let rest = chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (starts && rest).then(|| scheme.to_ascii_lowercase())
}

/// Whether pip takes the text for a URL that it can install from.
pub(super) fn is_url(text: &str) -> bool {
    let plain = |scheme: &str| matches!(scheme, "http" | "https" | "file" | "ftp");
    scheme(text).is_some_and(|scheme| plain(&scheme) || is_vcs_scheme(&scheme))
}

/// Whether the URL names a file of the machine.
pub(super) fn is_file(text: &str) -> bool {
    scheme(text).is_some_and(|scheme| scheme == "file")
}

/// Whether the URL is one of version control.
pub(super) fn is_vcs(url: &str) -> bool {
    scheme(url).is_some_and(|scheme| is_vcs_scheme(&scheme))
}

fn is_vcs_scheme(scheme: &str) -> bool {
    let Some((system, transport)) = scheme.split_once('+') else { return false };
    let transports: &[&str] = match system {
        "git" => &["http", "https", "ssh", "git", "file"],
        "hg" => &["http", "https", "ssh", "static-http", "file"],
        "svn" => &["http", "https", "ssh", "svn", "file"],
        "bzr" => &["http", "https", "ssh", "sftp", "ftp", "lp", "file"],
        _ => &[],
    };
    transports.contains(&transport)
}

/// Whether a URL of version control can give other code tomorrow: its revision is no whole commit
/// (Subversion: no number).
pub(super) fn is_moving(url: &str) -> bool {
    let address = url.split_once("://").map_or(url, |(_, address)| address);
    let path = address.split(['#', '?']).next().unwrap_or(address);
    let path = path.split_once('/').map_or("", |(_, path)| path);
    let revision = path.rsplit_once('@').map_or("", |(_, revision)| revision);
    let commit = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_digit());
    is_vcs(url) && !commit && !(number && url.starts_with("svn"))
}

/// The package's name that a URL carries: as a wheel's file name, or in `#egg=`.  The error says
/// what pip does not accept.
pub(super) fn package_name(url: &str) -> Result<Option<String>, &'static str> {
    let address = url.split(['#', '?']).next().unwrap_or(url);
    let file = address.rsplit('/').next().unwrap_or(address);
    if let Some(wheel) = file.strip_suffix(".whl") {
        let mut parts = wheel.split('-');
        let name = parts.next().and_then(canonical_name).filter(|_| matches!(parts.count(), 4 | 5));
        return name.map(Some).ok_or("its file is not named as a wheel is");
    }
    let Some((_, egg)) = url.split_once("#egg=").or_else(|| url.split_once("&egg=")) else {
        return Ok(None);
    };
    let egg = egg.split('&').next().unwrap_or(egg);
    canonical_name(egg).map(Some).ok_or("#egg= takes a name alone")
}

/// Whether a file's name is one that pip installs from.
pub(super) fn is_archive(path: &str) -> bool {
    const ENDINGS: [&str; 12] = [
        ".zip",
        ".whl",
        ".tar.bz2",
        ".tbz",
        ".tar.gz",
        ".tgz",
        ".tar",
        ".tar.xz",
        ".txz",
        ".tlz",
        ".tar.lz",
        ".tar.lzma",
    ];
    let path = path.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_never_stay() {
        let cases = [
            ("https://user:pass@h/simple", "https://h/simple"),
            ("https://${TOKEN}@h/simple", "https://h/simple"),
            ("https://a:b@c:d@h", "https://h"),
            (
                "x @ git+https://t@h/r.git@main and http://u:p@i",
                "x @ git+https://h/r.git@main and http://i",
            ),
            ("git+ssh://git@h/r", "git+ssh://git@h/r"),
            ("git+ssh://git:p@h/r", "git+ssh://git@h/r"),
            ("https://h/a@b", "https://h/a@b"),
            ("a@b", "a@b"),
        ];
        for (text, clean) in cases {
            assert_eq!(without_credentials(text), clean);
        }
    }

    #[test]
    fn only_a_whole_commit_stands_still() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert!(!is_moving(&format!("git+https://h/r.git@{commit}#egg=x")));
        assert!(!is_moving("svn+https://h/r@17") && !is_moving("https://h/x.whl"));
        for url in
            ["git+https://h/r", "git+https://h/r@v1#egg=a@b", "git+ssh://git@h/r.git@0123456"]
        {
            assert!(is_moving(url), "{url}");
        }
    }

    #[test]
    fn a_url_may_carry_a_name() {
        let name = |url| package_name(url).unwrap();
        assert_eq!(name("git+https://h/r@a/b#subdirectory=x&egg=A_b").unwrap(), "a-b");
        assert_eq!(name("https://h/My_Pkg-1.0-py3-none-any.whl#sha256=0").unwrap(), "my-pkg");
        assert_eq!(name("https://h/x.tar.gz"), None);
        assert!(package_name("git+https://h/r#egg=a[b]").is_err());
        assert!(package_name("https://h/x-1.whl").is_err());
    }
}
