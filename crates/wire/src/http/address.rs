//! Which addresses are asked: `https://`, or this machine.

use std::net::IpAddr;

/// An address of pages: `https://`, or `http://` on a loopback address; no query, no trailing slash in the answer.
pub fn check_public_url(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let plain =
        text.is_ascii() && !text.bytes().any(|b| b.is_ascii_control() || b" \"&'<>\\^`{|}?#".contains(&b));
    let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Err("must begin with https://".to_owned()),
    };
    let authority = rest.split('/').next().unwrap_or_default();
    if !plain || authority.is_empty() || authority.contains('@') || text.len() > 200 {
        return Err("must be a plain https:// address without user, query or fragment".to_owned());
    }
    if !secure && !is_loopback(authority) {
        return Err("must be https://; http:// is for loopback addresses only".to_owned());
    }
    Ok(text.to_owned())
}

/// Whether a host, with or without a port, is this machine.
pub(super) fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _)) => v6,
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_urls_are_https_but_on_loopback() {
        for good in [
            "https://a.example",
            "https://a.example/mail/",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(check_public_url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example",
            "ftp://a",
            "https://",
            "https://u@a.example",
            "https://a.example/?x",
            "https://a b",
        ] {
            assert!(check_public_url(bad).is_err(), "{bad}");
        }
    }
}
