//! Secrets in a configuration: names, never the secret and never a path.

use serde_json::Value;
use wire::secret::{SecretPlace, Secrets};

use super::{ChannelConfiguration, Medium};
use crate::error::{DeliveryError, InputError};

/// Keys that say where a secret is. Configurations of runs from before definitions have them. Documents don't: a path or a variable
/// means something on one machine only, and who may write a document isn't thereby allowed to have any variable sent away.
const PLACE_KEYS: [&[&str]; 6] = [
    &["transport", "password_env"],
    &["transport", "secret_env"],
    &["dkim", "key_file"],
    &["transport", "password_file"],
    &["transport", "ca_file"],
    &["transport", "secret_file"],
];
/// Longest name of a secret.
const SECRET_NAME_MAX: usize = 128;

/// Fails for a document that says where a secret is.
pub(super) fn refuse_places(document: &Value) -> Result<(), InputError> {
    let Some(pointer) = PLACE_KEYS.iter().find_map(|path| holds(document, path, String::new())) else {
        return Ok(());
    };
    let problem = "says where a secret is, and a definition only names it".to_owned();
    let remedy = "name it by `secret` or `ca`, and say in the server's file where it is";
    Err(InputError { pointer, problem, remedy: Some(remedy.to_owned()) })
}

impl ChannelConfiguration {
    /// Looks up where the secrets are that it calls by name. Until then nothing can be handed over with it.
    pub fn unlock(&mut self, secrets: &dyn Secrets) -> Result<(), DeliveryError> {
        let file = |name: &str| match secrets.place(name) {
            Some(SecretPlace::File(file)) => Ok(file),
            _ => Err(DeliveryError::NoSecret(name.to_owned())),
        };
        match &mut self.medium {
            Medium::Email(email) => {
                for key in &mut email.dkim {
                    key.unlock(secrets).map_err(DeliveryError::NoSecret)?;
                }
                let transport = &mut email.transport;
                transport.ca_file =
                    transport.ca.as_deref().map(file).transpose()?.or(transport.ca_file.take());
                if let Some(name) = &transport.secret {
                    let place = secrets.place(name).ok_or_else(|| DeliveryError::NoSecret(name.clone()))?;
                    match place {
                        SecretPlace::Env(variable) => transport.password_env = Some(variable),
                        SecretPlace::File(file) => transport.password_file = Some(file),
                    }
                }
            }
            Medium::Sms(sms) => {
                let transport = &mut sms.transport;
                transport.ca_file =
                    transport.ca.as_deref().map(file).transpose()?.or(transport.ca_file.take());
                if let Some(name) = &transport.secret_name {
                    let place = secrets.place(name).ok_or_else(|| DeliveryError::NoSecret(name.clone()))?;
                    match place {
                        SecretPlace::Env(variable) => transport.secret_env = Some(variable),
                        SecretPlace::File(file) => transport.secret_file = Some(file),
                    }
                }
            }
        }
        Ok(())
    }
}

/// Where a document has a key, which may stand in one of several tables.
fn holds(document: &Value, path: &[&str], at: String) -> Option<String> {
    match (path, document) {
        ([], _) => Some(at),
        (path, Value::Array(items)) => {
            items.iter().enumerate().find_map(|(n, item)| holds(item, path, format!("{at}/{n}")))
        }
        ([first, rest @ ..], Value::Object(map)) => holds(map.get(*first)?, rest, format!("{at}/{first}")),
        _ => None,
    }
}

/// A secret is named once in its table, by a name that can be written anywhere.
pub(super) fn check_names(body: &Value) -> Result<(), InputError> {
    let named = |name: &str| {
        (1..=SECRET_NAME_MAX).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    };
    let dkim = match &body["dkim"] {
        Value::Array(keys) => keys.iter().collect(),
        key => vec![key],
    };
    let transport = &body["transport"];
    let names = dkim.iter().map(|key| ("dkim.secret", &key["secret"]));
    for (key, name) in
        names.chain([("transport.secret", &transport["secret"]), ("transport.ca", &transport["ca"])])
    {
        if name.as_str().is_some_and(|name| !named(name)) {
            let told = format!(
                "is the name of a secret, not the secret; use 1 to {SECRET_NAME_MAX} of the characters a-z, A-Z, 0-9, \
                 `_`, `-`, `.`"
            );
            return Err(InputError::new(key, told));
        }
    }
    Ok(())
}
