//! AUTH PLAIN and AUTH LOGIN (RFC 4954, RFC 4616).

use data_encoding::BASE64;

use super::super::config::Timeouts;
use super::super::error::TransportError;
use super::Connection;
use crate::secret::Secret;

/// Authenticates `connection`. The caller has checked that the connection may carry a password.
pub(super) async fn authenticate(
    connection: &mut Connection,
    (username, password): &(String, Secret),
    timeouts: &Timeouts,
) -> Result<(), TransportError> {
    let features = connection.features();
    let password = password.expose();
    let lines = if features.auth_plain {
        vec![format!("AUTH PLAIN {}", BASE64.encode(format!("\0{username}\0{password}").as_bytes()))]
    } else if features.auth_login {
        let word = |text: &str| BASE64.encode(text.as_bytes());
        vec!["AUTH LOGIN".to_owned(), word(username), word(password)]
    } else {
        return Err(TransportError::AuthMissing);
    };
    let last = lines.len() - 1;
    for (index, line) in lines.iter().enumerate() {
        let reply = connection.command(line, "auth", timeouts.command).await?;
        let expected = if index == last { 235 } else { 334 };
        if reply.code() != expected {
            return Err(TransportError::Refused { stage: "auth", reply });
        }
    }
    Ok(())
}
