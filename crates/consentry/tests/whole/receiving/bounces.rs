//! Real servers bounce what they can't deliver, and the addresses are suppressed as they should be.

use serde_json::Value;
use xtask::servers::{Exim, Postfix, PostfixOptions};

use super::Inn;

const GONE: &str = "gone@example.com";
const FULL: &str = "full@example.com";
/// Bytes that the mailbox of [`FULL`] may hold, and nearly holds.
const MAILBOX_SIZE: usize = 100_000;
/// Whom Postfix delivers as.
const NOBODY: u32 = 65534;
const AWAY: &str = "someone@no-such-host.invalid";

/// Reason, kind and source of the one thing that came back.
fn told(value: &Value) -> [&str; 3] {
    let feedback = value["feedback"].as_array().unwrap();
    assert_eq!(feedback.len(), 1, "one bounce counts once: {value}");
    ["reason", "kind", "source"].map(|key| feedback[0][key].as_str().unwrap_or_default())
}

/// What must hold after the three bounces, whichever server wrote them.
fn check_bounces(inn: &Inn, log: impl Fn() -> String) {
    let (permitted, gone) = inn.came_back(GONE, &log);
    assert_eq!(told(&gone), ["userunknown", "hard_bounce", "dsn"], "{gone}\n{}", log());
    assert!(!permitted, "{gone}");
    assert_eq!(
        (gone["reason"].as_str(), gone["suppression"][0]["category"].as_str()),
        (Some("AddressSuppressed"), Some("hard"))
    );
    assert!(gone["feedback"][0]["run"].is_string(), "{gone}");

    let (permitted, away) = inn.came_back(AWAY, &log);
    assert_eq!(told(&away), ["hostunknown", "hard_bounce", "dsn"], "{away}\n{}", log());
    assert!(!permitted, "{away}");

    let (permitted, full) = inn.came_back(FULL, &log);
    assert_eq!(told(&full), ["mailboxfull", "soft_bounce", "dsn"], "{full}\n{}", log());
    assert!(permitted, "a mailbox that is full once isn't gone: {full}");
    assert_eq!(full["suppression"].as_array().unwrap().len(), 0, "{full}");
}

pub fn postfix(inn: &Inn) -> Option<Postfix> {
    let options = PostfixOptions {
        bounce: vec![GONE.to_owned()],
        offline: true,
        main_cf: vec![
            "mynetworks = 127.0.0.0/8".to_owned(),
            "smtpd_relay_restrictions = permit_mynetworks, reject".to_owned(),
            "default_transport = smtp".to_owned(),
            // Postfix would keep trying for days.
            "maximal_queue_lifetime = 0".to_owned(),
            format!(
                "transport_maps = inline:{{ {{ back.example = smtp:[127.0.0.1]:{} }}, {{ {FULL} = full: }} }}",
                inn.smtp
            ),
        ],
        master_cf: vec![
            "smtp unix - - n - - smtp".to_owned(),
            format!(
                "full unix - n n - - virtual -o virtual_mailbox_maps=static:full -o virtual_mailbox_limit={MAILBOX_SIZE} \
                 -o message_size_limit={MAILBOX_SIZE}"
            ),
        ],
        ..PostfixOptions::default()
    };
    let postfix = Postfix::start(&options).unwrap()?;
    let mailbox = postfix.folder().join("mail/full");
    std::fs::write(&mailbox, "x".repeat(MAILBOX_SIZE - 100) + "\n").unwrap();
    std::os::unix::fs::chown(&mailbox, Some(NOBODY), Some(NOBODY)).unwrap();
    Some(postfix)
}

#[test]
fn bounces_of_postfix() {
    let inn = Inn::open(&["ann@example.com", GONE, FULL, AWAY], "");
    let Some(postfix) = postfix(&inn) else { return };
    let ran = inn.send(postfix.port());
    assert_eq!(ran["sent"], 4, "{ran}");
    check_bounces(&inn, || postfix.log());
    postfix.wait_for(1, super::PATIENCE).unwrap();
    assert!(inn.check("ann@example.com").0);
    // Mail that was delivered tells nothing.
    assert_eq!(inn.check("ann@example.com").1["feedback"].as_array().unwrap().len(), 0);
    inn.desk.run(&["ledger", "verify"]).exits(0);
}

#[test]
fn bounces_of_exim() {
    let inn = Inn::open(&[GONE, FULL, AWAY], "");
    let Some(exim) = Exim::start("back.example", inn.smtp).unwrap() else { return };
    let ran = inn.send(exim.port());
    assert_eq!(ran["sent"], 3, "{ran}");
    check_bounces(&inn, || exim.log());
}
