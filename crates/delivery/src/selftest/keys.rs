//! Where the public halves of DKIM keys are found: in files that somebody names, in DNS, or beside our own private keys.

use std::fmt;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use mail_auth::{DnsError, Error, MessageAuthenticator};

use crate::dkim::{DkimConfig, public_record};

/// Largest file with a key, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Where a key was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// In a file that was named for it.
    File(PathBuf),
    /// In DNS, where receivers look.
    Dns,
    /// It is the public half of the configuration's own key.
    Own(PathBuf),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the key in {}", path.display()),
            Self::Dns => f.write_str("the key in DNS"),
            Self::Own(path) => write!(f, "the public half of {}", path.display()),
        }
    }
}

/// What DNS says about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InDns {
    /// It wasn't asked.
    NotAsked,
    /// It has a record.
    There,
    /// It has none: no receiver can verify the signature.
    Missing,
    /// No answer: nothing is known.
    Silent,
}

/// A key that was looked for.
pub(super) struct FoundKey {
    pub record: Option<(String, KeySource)>,
    pub in_dns: InDns,
}

/// Finds keys by name, `SELECTOR._domainkey.DOMAIN`.
pub struct DkimKeys {
    named: Vec<(String, String, PathBuf)>,
    own: Vec<(String, String, PathBuf)>,
    dns: Option<MessageAuthenticator>,
}

impl DkimKeys {
    /// Looks in DNS, if `dns`, by the system's settings.
    pub fn new(dns: bool) -> Self {
        let dns = if dns { MessageAuthenticator::new_system_conf().ok() } else { None };
        Self { named: Vec::new(), own: Vec::new(), dns }
    }

    /// Takes the key of this name from a file: a TXT record, as it stands in DNS or in a zone file, or a public key in PEM.
    pub fn name(&mut self, name: &str, file: &Path) -> Result<(), String> {
        let place = |problem: String| format!("{}: {problem}", file.display());
        let length = std::fs::metadata(file).map_err(|error| place(error.to_string()))?.len();
        if length > FILE_BYTES_MAX {
            return Err(place("is too large for a key".to_owned()));
        }
        let text = std::fs::read_to_string(file).map_err(|error| place(error.to_string()))?;
        let record = record(&text).ok_or_else(|| {
            place("holds neither a record such as `v=DKIM1; k=rsa; p=...` nor a public key in PEM".to_owned())
        })?;
        self.named.push((spelled(name), record, file.to_owned()));
        Ok(())
    }

    /// Falls back on the public halves of these keys. One that can't be read is none.
    pub fn own(&mut self, keys: &[DkimConfig]) {
        for key in keys {
            let name = format!("{}._domainkey.{}", key.selector, key.domain);
            if let Ok(record) = public_record(key) {
                self.own.push((spelled(&name), record, key.key_file.clone()));
            }
        }
    }

    pub(super) async fn find(&self, name: &str) -> FoundKey {
        let name = spelled(name);
        let of = |keys: &[(String, String, PathBuf)]| {
            let found = keys.iter().find(|(known, ..)| *known == name);
            found.map(|(_, record, file)| (record.clone(), file.clone()))
        };
        if let Some((record, file)) = of(&self.named) {
            return FoundKey { record: Some((record, KeySource::File(file))), in_dns: InDns::NotAsked };
        }
        let in_dns = match &self.dns {
            None => InDns::NotAsked,
            Some(dns) => match dns.txt_raw_lookup(format!("{name}.")).await {
                Ok(record) if !record.is_empty() => {
                    let record = String::from_utf8_lossy(&record).into_owned();
                    return FoundKey { record: Some((record, KeySource::Dns)), in_dns: InDns::There };
                }
                Ok(_) | Err(Error::Dns(DnsError::RecordNotFound(_))) => InDns::Missing,
                Err(_) => InDns::Silent,
            },
        };
        let record = of(&self.own).map(|(record, file)| (record, KeySource::Own(file)));
        FoundKey { record, in_dns }
    }
}

impl fmt::Debug for DkimKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DkimKeys").field("dns", &self.dns.is_some()).finish_non_exhaustive()
    }
}

fn spelled(name: &str) -> String {
    name.trim().trim_end_matches('.').to_ascii_lowercase()
}

/// The record that a file holds.
fn record(text: &str) -> Option<String> {
    if let Some((_, rest)) = text.split_once("-----BEGIN PUBLIC KEY-----") {
        let (inside, _) = rest.split_once("-----END PUBLIC KEY-----")?;
        let inside: String = inside.split_whitespace().collect();
        let der = BASE64.decode(inside.as_bytes()).ok()?;
        // The structure around an Ed25519 key (RFC 8410) has 12 bytes; a record holds the bare key (RFC 8463).
        return Some(match der.as_slice() {
            [head @ .., _] if head.len() == 43 => format!("v=DKIM1; k=ed25519; p={}", BASE64.encode(&der[12..])),
            _ => format!("v=DKIM1; k=rsa; p={}", BASE64.encode(&der)),
        });
    }
    // A zone file has the record in pieces of at most 255 characters, each in double quotes.
    let quoted: String = text.split('"').skip(1).step_by(2).collect();
    let record = if quoted.is_empty() { text.trim().to_owned() } else { quoted };
    record.contains("p=").then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_keys_as_people_have_them() {
        let bare = "v=DKIM1; k=rsa; p=MIIB";
        assert_eq!(record(&format!("{bare}\n")).as_deref(), Some(bare));
        let zone = "s1._domainkey\tIN\tTXT\t( \"v=DKIM1; k=rsa; \"\n\t  \"p=MI\" \"IB\" )  ; ----- DKIM key s1 for b.example";
        assert_eq!(record(zone).as_deref(), Some(bare));
        let der: Vec<u8> = (0..44).collect();
        let pem = |der: &[u8]| {
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64.encode(der))
        };
        let ed25519 = format!("v=DKIM1; k=ed25519; p={}", BASE64.encode(&der[12..]));
        assert_eq!(record(&pem(&der)), Some(ed25519));
        assert_eq!(record(&pem(b"long")).unwrap(), format!("v=DKIM1; k=rsa; p={}", BASE64.encode(b"long")));
        for nothing in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n", "-----BEGIN PUBLIC KEY-----\n"] {
            assert_eq!(record(nothing), None, "{nothing}");
        }
    }
}
