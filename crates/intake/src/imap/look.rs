//! A look into a mailbox that leaves no trace: nothing is flagged, moved or marked as read.

use std::collections::BTreeMap;

use super::connect::{login, patiently};
use super::folder::{ask, set};
use super::{ImapConfig, ImapError};
use crate::inbox::MAIL_LENGTH_MAX;

/// The newest mails from a sender, newest first, at most `limit`; those that are larger than [`MAIL_LENGTH_MAX`] left out.
pub async fn newest_from(config: &ImapConfig, sender: &str, limit: usize) -> Result<Vec<Vec<u8>>, ImapError> {
    let mut session = login(config).await?;
    // EXAMINE opens it for reading alone (RFC 9051 section 6.3.3).
    patiently("the folder", session.examine(&config.folder)).await?;
    let quoted: String = sender.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
    let found = patiently("SEARCH", session.uid_search(format!("UNDELETED FROM \"{quoted}\""))).await?;
    let mut uids: Vec<u32> = found.into_iter().collect();
    uids.sort_unstable();
    let uids = uids.split_off(uids.len().saturating_sub(limit));
    let mut mails = BTreeMap::new();
    if !uids.is_empty() {
        let sizes = ask(&mut session, &set(&uids), "(UID RFC822.SIZE)").await?;
        let fits = |size: u32| size as usize <= MAIL_LENGTH_MAX;
        for uid in sizes.iter().filter(|fetch| fetch.size.is_some_and(fits)).filter_map(|fetch| fetch.uid) {
            let fetched = ask(&mut session, &set(&[uid]), "(UID BODY.PEEK[])").await?;
            let mail = fetched.iter().find(|fetch| fetch.uid == Some(uid)).and_then(|fetch| fetch.body());
            mails.extend(mail.map(|mail| (uid, mail.to_vec())));
        }
    }
    // What was asked for is here; a server that closes first has said goodbye too.
    let _ = patiently("LOGOUT", session.logout()).await;
    Ok(mails.into_values().rev().collect())
}
