//! Which mailbox an email address ends up in, as far as that is known. For counting what a stranger makes us send, and for
//! nothing else: consent is matched by [`Address::key`], since two addresses may be two people's.

use super::{Address, Namespace};

/// Providers whose domains share their mailboxes: all of the first names are the mailboxes of the second.
const SAME: &[(&str, &str)] = &[
    ("googlemail.com", "gmail.com"),
    ("me.com", "icloud.com"),
    ("mac.com", "icloud.com"),
    ("protonmail.com", "proton.me"),
    ("protonmail.ch", "proton.me"),
    ("pm.me", "proton.me"),
    ("ya.ru", "yandex.ru"),
    ("yandex.com", "yandex.ru"),
    ("yandex.by", "yandex.ru"),
    ("yandex.kz", "yandex.ru"),
    ("yandex.ua", "yandex.ru"),
    ("fastmail.fm", "fastmail.com"),
];
/// Characters that a provider doesn't look at in the part before the `@`.
const IGNORED: &[(&str, &[char])] =
    &[("gmail.com", &['.']), ("proton.me", &['.', '-', '_']), ("yandex.ru", &['.', '-'])];
/// Where what follows a hyphen is a tag. Elsewhere it is a part of the name.
const HYPHEN_TAGS: &[&str] = &["yahoo", "ymail", "rocketmail", "myyahoo"];
/// Where `anything@ann.fastmail.com` is Ann's.
const SUBDOMAINS: &[&str] = &["fastmail.com", "fastmail.fm", "fastmail.net", "fastmail.org"];
/// Large providers: their addresses are as many people's as there are. Names that stand before the country, or whole.
const PUBLIC: &[&str] = &[
    "126.com",
    "163.com",
    "aim.com",
    "aol",
    "arcor.de",
    "att.net",
    "bellsouth.net",
    "bigpond.com",
    "bluewin.ch",
    "btinternet.com",
    "charter.net",
    "comcast.net",
    "cox.net",
    "daum.net",
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "fastmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx",
    "hanmail.net",
    "hey.com",
    "hotmail",
    "icloud.com",
    "inbox.lv",
    "interia.pl",
    "laposte.net",
    "libero.it",
    "live",
    "mail.com",
    "mail.ru",
    "mailbox.org",
    "msn.com",
    "naver.com",
    "neuf.fr",
    "o2.pl",
    "onet.pl",
    "orange.fr",
    "outlook",
    "posteo.de",
    "proton.me",
    "qq.com",
    "rediffmail.com",
    "rocketmail.com",
    "rogers.com",
    "sapo.pt",
    "sbcglobal.net",
    "seznam.cz",
    "sfr.fr",
    "shaw.ca",
    "sina.com",
    "sky.com",
    "softbank.ne.jp",
    "sympatico.ca",
    "t-online.de",
    "telenet.be",
    "tiscali.it",
    "tuta.com",
    "uol.com.br",
    "verizon.net",
    "virgilio.it",
    "virginmedia.com",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "yahoo",
    "yandex.ru",
    "yeah.net",
    "ymail.com",
    "ziggo.nl",
    "zoho.com",
];
/// Second-level names under which a country registers domains.
const SECOND_LEVEL: &[&str] =
    &["ac", "co", "com", "edu", "gob", "gov", "gv", "ne", "net", "nom", "or", "org"];

impl Address {
    /// Stands for the mailbox or telephone that a message ends up in: tags, dots that a provider ignores, its other
    /// domains and old forms of routing are dropped. For limits only.
    pub fn for_limits(&self) -> String {
        let key = self.key();
        match (&self.namespace, key.rsplit_once('@')) {
            (Namespace::Email, Some((local, domain))) => mailbox(local, domain),
            _ => key.to_owned(),
        }
    }

    /// The domain that somebody registered, in whose every mailbox they may read; `None` for large providers, for
    /// numbers and the like. For limits only.
    pub fn private_domain(&self) -> Option<String> {
        if self.namespace != Namespace::Email {
            return None;
        }
        let registered = registered(self.domain().trim_end_matches('.'));
        let folded = same(registered);
        let name = folded.split('.').next().unwrap_or_default();
        let is_public = PUBLIC.contains(&folded) || PUBLIC.contains(&name);
        (!is_public).then(|| folded.to_owned())
    }
}

fn mailbox(local: &str, domain: &str) -> String {
    let domain = domain.trim_end_matches('.');
    let bare: String = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map_or_else(
        || local.to_owned(),
        |quoted| quoted.chars().filter(|c| *c != '\\').collect::<String>().to_lowercase(),
    );
    // `ann%home.example@relay.example` and `relay!ann` were routes to Ann once, and are to some servers still.
    let unrouted = bare.rsplit('!').next().unwrap_or_default().split('%').next().unwrap_or_default();
    let (mut local, mut domain) = (unrouted.trim(), same(domain));
    let below =
        SUBDOMAINS.iter().find_map(|host| Some((domain.strip_suffix(host)?.strip_suffix('.')?, *host)));
    if let Some((user, host)) = below {
        (local, domain) = (user.rsplit('.').next().unwrap_or(user), same(host));
    }
    local = local.split('+').next().unwrap_or_default();
    if HYPHEN_TAGS.contains(&domain.split('.').next().unwrap_or_default()) {
        local = local.split('-').next().unwrap_or_default();
    }
    let ignored = IGNORED.iter().find(|(host, _)| *host == domain).map_or(&[][..], |(_, ignored)| ignored);
    let local: String = local.chars().filter(|c| !ignored.contains(c)).collect();
    format!("{local}@{domain}")
}

fn same(domain: &str) -> &str {
    SAME.iter().find(|(other, _)| *other == domain).map_or(domain, |(_, main)| main)
}

/// The last two labels, or three where a country registers at the third. A guess, on the side of counting together.
fn registered(domain: &str) -> &str {
    let mut dots = domain.rmatch_indices('.').map(|(at, _)| at);
    let (Some(last), Some(second)) = (dots.next(), dots.next()) else { return domain };
    let is_country = domain.len() - last - 1 == 2;
    let mut third = || dots.next().map_or(domain, |third| &domain[third + 1..]);
    if is_country && SECOND_LEVEL.contains(&&domain[second + 1..last]) {
        third()
    } else {
        &domain[second + 1..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        Address::guess(text).unwrap().for_limits()
    }

    #[test]
    fn ways_to_write_one_mailbox_are_one() {
        for (text, mailbox) in [
            ("Victim+1@Shop.example", "victim@shop.example"),
            ("victim+a+b@shop.example", "victim@shop.example"),
            ("\"victim+1\"@shop.example", "victim@shop.example"),
            ("\"vic\\tim+ 1\"@shop.example", "victim@shop.example"),
            ("victim%other.example@shop.example", "victim@shop.example"),
            ("relay!victim@shop.example", "victim@shop.example"),
            ("v.i.c.t.i.m+x@gmail.com", "victim@gmail.com"),
            ("Vic.Tim@GoogleMail.com", "victim@gmail.com"),
            ("vic.tim@shop.example", "vic.tim@shop.example"),
            ("victim-news@yahoo.co.uk", "victim@yahoo.co.uk"),
            ("vic-tim@shop.example", "vic-tim@shop.example"),
            ("news@victim.fastmail.com", "victim@fastmail.com"),
            ("x@y.victim.fastmail.fm", "victim@fastmail.com"),
            ("victim@me.com", "victim@icloud.com"),
            ("v-i.ctim@pm.me", "victim@proton.me"),
            ("vic.tim+3@ya.ru", "victim@yandex.ru"),
            ("+1@shop.example", "@shop.example"),
            ("+4930123456", "+4930123456"),
            ("vic.tim@bücher.example", "vic.tim@xn--bcher-kva.example"),
        ] {
            assert_eq!(folded(text), mailbox, "{text}");
        }
    }

    #[test]
    fn a_private_domain_is_what_somebody_registered() {
        let domain = |text: &str| Address::guess(text).unwrap().private_domain();
        for (text, private) in [
            ("a@shop.example", Some("shop.example")),
            ("a@a.b.shop.example", Some("shop.example")),
            ("a@x.shop.co.uk", Some("shop.co.uk")),
            ("a@shop.com.br", Some("shop.com.br")),
            ("a@gmail.com", None),
            ("a@googlemail.com", None),
            ("a@yahoo.co.jp", None),
            ("a@hotmail.fr", None),
            ("a@t-online.de", None),
            ("+4930123456", None),
        ] {
            assert_eq!(domain(text).as_deref(), private, "{text}");
        }
    }
}
