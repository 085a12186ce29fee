//! A look into a mailbox that leaves no trace: nothing is flagged, moved or marked as read.

use std::collections::BTreeMap;

use super::config::{ImapConfig, ImapError};
use super::connect::{login, patiently};
use super::exchange::{self, set};

/// The newest mails from a sender, newest first, at most `limit`; those that are longer than the configuration
/// takes left out.
pub async fn newest_from(config: &ImapConfig, sender: &str, limit: usize) -> Result<Vec<Vec<u8>>, ImapError> {
    let mut session = login(config).await?;
    // EXAMINE opens it for reading alone (RFC 9051 section 6.3.3).
    patiently("the folder", session.examine(&config.folder)).await?;
    let quoted: String = sender.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
    let query = format!("UID SEARCH UNDELETED FROM \"{quoted}\"");
    let mut uids = exchange::run(&mut session, "SEARCH", &query).await?.found;
    uids.sort_unstable();
    let uids = uids.split_off(uids.len().saturating_sub(limit));
    let mut mails = BTreeMap::new();
    if !uids.is_empty() {
        let command = format!("UID FETCH {} (UID RFC822.SIZE)", set(&uids));
        let sizes = exchange::run(&mut session, "FETCH", &command).await?.mails;
        let fits = |size: u32| size as usize <= config.mail_bytes_max;
        for uid in sizes.iter().filter(|told| told.size.is_some_and(fits)).map(|told| told.uid) {
            let command = format!("UID FETCH {uid} (UID BODY.PEEK[])");
            let fetched = exchange::run(&mut session, "FETCH", &command).await?.mails;
            let mail = fetched.into_iter().filter(|told| told.uid == uid).find_map(|told| told.body);
            mails.extend(mail.map(|mail| (uid, mail)));
        }
    }
    // What was asked for is here; a server that closes first has said goodbye too.
    let _ = patiently("LOGOUT", session.logout()).await;
    Ok(mails.into_values().rev().collect())
}
