//! The header `Link` of an answer that comes in pages -> the address of the next one.
//!
//! <https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api>

use reqwest::Url;

/// More pages than this are a server that goes round in circles: 50,000 items.
pub(super) const MOST_PAGES: usize = 500;

/// The address with `rel="next"`.
pub(super) fn next(link: &str) -> Option<&str> {
    link.split('<').skip(1).find_map(|part| {
        let (address, parameters) = part.split_once('>')?;
        let next = |parameter: &str| matches!(parameter.trim(), "rel=\"next\"" | "rel=next");
        parameters.split([';', ',']).any(next).then_some(address)
    })
}

/// Whether both are on one server, so that the token may go there too.
pub(super) fn same_server(a: &Url, b: &Url) -> bool {
    a.origin() == b.origin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_the_others() {
        let link = "<https://x.io/a?page=1>; rel=\"prev\", <https://x.io/a?page=3,4>; rel=\"next\", \
                    <https://x.io/a?page=9>; rel=\"last\"";
        assert_eq!(next(link), Some("https://x.io/a?page=3,4"));
    }

    #[test]
    fn the_last_page_has_no_next() {
        assert_eq!(next("<https://x.io/a?page=1>; rel=\"first\""), None);
        assert_eq!(next(""), None);
        assert_eq!(next("<https://x.io/a?rel=\"next\""), None);
    }

    #[test]
    fn another_port_scheme_or_host_is_another_server() {
        let url = |text: &str| Url::parse(text).unwrap();
        let api = url("https://api.github.com/repos");
        assert!(same_server(&api, &url("https://api.github.com:443/x")));
        for other in ["http://api.github.com", "https://api.github.com:444", "https://evil.io"] {
            assert!(!same_server(&api, &url(other)), "{other}");
        }
    }
}
