//! DKIM signatures (RFC 6376, RFC 8463): relaxed/relaxed, one or two keys, the body hashed once.

use std::fmt;
use std::path::PathBuf;

use consent::Timestamp;
use mail_auth::common::crypto::{
    Algorithm, DkimKey, Ed25519Key, HashContext, HashImpl, RsaKey, Sha256, SigningKey,
};
use mail_auth::common::headers::{Writable, Writer};
use mail_auth::dkim::canonicalize::BodyHasher;
use mail_auth::dkim::{Canonicalization, Signature};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use schemars::JsonSchema;
use serde::Deserialize;
use wire::secret::{SecretPlace, Secrets};

/// The header fields that a signature covers, whether they are there or not: one that is missing can't be added
/// afterwards. RFC 8058 asks for both List fields.
pub const SIGNED_HEADERS: [&str; 12] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "MIME-Version",
    "Content-Type",
];

/// Largest key file in bytes.
const KEY_FILE_BYTES_MAX: u64 = 64 << 10;

/// One DKIM key, as a configuration names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DkimConfig {
    /// The signing domain, `d=`.
    pub domain: String,
    /// The selector, `s=`: the key's public half is at `SELECTOR._domainkey.DOMAIN`.
    pub selector: String,
    /// Name of the secret that is the private key in PEM form: RSA of 2048 bits or more (PKCS#8 or PKCS#1), or Ed25519
    /// (PKCS#8).
    #[serde(default)]
    pub secret: Option<String>,
    /// Environment variable that holds the key.
    #[serde(skip)]
    pub key_env: Option<String>,
    /// PEM file with the key.
    #[serde(default)]
    #[schemars(skip)]
    pub key_file: Option<PathBuf>,
}

impl DkimConfig {
    /// Where the key is, for people.
    pub fn key_place(&self) -> String {
        match (&self.key_file, &self.key_env, &self.secret) {
            (Some(file), ..) => file.display().to_string(),
            (_, Some(variable), _) => format!("the environment variable {variable}"),
            (.., Some(name)) => format!("the secret {name}"),
            _ => "no key".to_owned(),
        }
    }

    /// Looks up where the secret is that it names; the name, if nobody knows.
    pub(crate) fn unlock(&mut self, secrets: &dyn Secrets) -> Result<(), String> {
        let Some(name) = &self.secret else { return Ok(()) };
        match secrets.place(name) {
            Some(SecretPlace::File(file)) => self.key_file = Some(file),
            Some(SecretPlace::Env(variable)) => self.key_env = Some(variable),
            None => return Err(name.clone()),
        }
        Ok(())
    }
}

struct Key {
    key: DkimKey,
    template: Signature,
}

/// Signs messages with every configured key.
pub struct Signer(Vec<Key>);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.template.s)).finish()
    }
}

impl Signer {
    /// Signs nothing.
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads the key files.
    pub fn load(configs: &[DkimConfig]) -> Result<Self, String> {
        configs
            .iter()
            .map(|config| load(config).map_err(|error| format!("{}: {error}", config.key_place())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether there is anything to sign with.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes a `DKIM-Signature` field per key. `header` is the message's header without the empty line after it,
    /// `body` what follows that line, both with CRLF line ends.
    pub(crate) fn sign(
        &self,
        header: &[u8],
        body: &[u8],
        at: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        if self.is_empty() {
            return Ok(());
        }
        let mut hasher = BodyHasher::new(Sha256::hasher(), Canonicalization::Relaxed, 0);
        hasher.write(body);
        let hash = hasher.finish().0.complete();
        let fields = covered(header);
        let seconds = u64::try_from(at.0.div_euclid(1_000_000)).unwrap_or(0);
        for Key { key, template } in &self.0 {
            let mut signature = template.clone();
            signature.bh = hash.as_ref().to_vec();
            signature.t = seconds;
            let signed = key.sign(Signed { fields: &fields, signature: &signature });
            signature.b = signed.map_err(|error| error.to_string())?;
            signature.write(out, true);
        }
        Ok(())
    }
}

/// What the signature is over: the canonical header fields, then the signature's own field without its value.
struct Signed<'a> {
    fields: &'a [(&'a [u8], &'a [u8])],
    signature: &'a Signature,
}

impl Writable for Signed<'_> {
    fn write(self, writer: &mut impl Writer) {
        Canonicalization::Relaxed.canonicalize_headers(self.fields.iter().copied(), writer);
        self.signature.write(writer, false);
    }
}

/// The covered fields that are there, in the order of [`SIGNED_HEADERS`]; each of ours occurs once.
fn covered(header: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut found: Vec<(usize, &[u8], &[u8])> = Vec::with_capacity(SIGNED_HEADERS.len());
    let mut rest = header;
    while !rest.is_empty() {
        let mut end = 0;
        // A line that begins with white space belongs to the field before it.
        loop {
            end += memchr::memchr(b'\n', &rest[end..]).map_or(rest.len() - end, |at| at + 1);
            if !matches!(rest.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        let (field, tail) = rest.split_at(end);
        rest = tail;
        let Some(colon) = memchr::memchr(b':', field) else { continue };
        let (name, value) = (&field[..colon], &field[colon + 1..]);
        let place = SIGNED_HEADERS.iter().position(|signed| signed.as_bytes().eq_ignore_ascii_case(name));
        if let Some(place) = place {
            found.push((place, name, value));
        }
    }
    found.sort_by_key(|(place, ..)| *place);
    found.into_iter().map(|(_, name, value)| (name, value)).collect()
}

fn load(config: &DkimConfig) -> Result<Key, String> {
    let domain = |name: &str| {
        !name.is_empty()
            && name.len() <= 253
            && name.split('.').all(|label| {
                !label.is_empty()
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            })
    };
    if !domain(&config.domain) || !domain(&config.selector) {
        return Err("domain and selector must be domain names (A-labels)".to_owned());
    }
    let key = read_key(config)?;
    let template = Signature {
        v: 1,
        a: key.algorithm(),
        d: config.domain.to_ascii_lowercase(),
        s: config.selector.clone(),
        h: SIGNED_HEADERS.iter().map(|name| (*name).to_owned()).collect(),
        ..Signature::default()
    };
    Ok(Key { key, template })
}

fn read_pem(config: &DkimConfig) -> Result<Vec<u8>, String> {
    let kind = |error: std::io::Error| format!("can't be read: {}", error.kind());
    match (&config.key_file, &config.key_env) {
        (Some(path), _) => {
            if std::fs::metadata(path).map_err(kind)?.len() > KEY_FILE_BYTES_MAX {
                return Err("is too large for a key".to_owned());
            }
            std::fs::read(path).map_err(kind)
        }
        (None, Some(variable)) => {
            std::env::var(variable).map(String::into_bytes).map_err(|_| "isn't set".to_owned())
        }
        (None, None) => Err("isn't known here".to_owned()),
    }
}

fn read_key(config: &DkimConfig) -> Result<DkimKey, String> {
    let pem = read_pem(config)?;
    let der = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        "holds no private key in pem form (`BEGIN PRIVATE KEY` or `BEGIN RSA PRIVATE KEY`)".to_owned()
    })?;
    if let PrivateKeyDer::Pkcs8(pkcs8) = &der
        && let Ok(key) = Ed25519Key::from_pkcs8_maybe_unchecked_der(pkcs8.secret_pkcs8_der())
    {
        return Ok(DkimKey::Ed25519(key));
    }
    // The cryptography library refuses RSA keys below 2048 bits.
    let key = RsaKey::<Sha256>::from_key_der(der);
    key.map(DkimKey::Rsa).map_err(|_| "must be an rsa key of 2048 to 4096 bits or an ed25519 key".to_owned())
}

/// The DNS record that belongs to a key, made from its private half.
pub(crate) fn public_record(config: &DkimConfig) -> Result<String, String> {
    let (kind, public) = match read_key(config)? {
        DkimKey::Ed25519(key) => ("ed25519", key.public_key()),
        DkimKey::Rsa(key) => ("rsa", key.public_key()),
        #[allow(unreachable_patterns, reason = "the library has more kinds with other features")]
        _ => return Err("is of a kind without a record".to_owned()),
    };
    Ok(format!("v=DKIM1; k={kind}; p={}", data_encoding::BASE64.encode(&public)))
}

impl Signer {
    /// Which algorithms sign, e.g. `rsa-sha256`.
    pub fn algorithms(&self) -> Vec<&'static str> {
        let name = |key: &Key| match key.template.a {
            Algorithm::Ed25519Sha256 => "ed25519-sha256",
            Algorithm::RsaSha256 => "rsa-sha256",
            Algorithm::RsaSha1 => "rsa-sha1",
        };
        self.0.iter().map(name).collect()
    }
}
