//! The keys that sign links, made from the master key and a seed each; the newest signs, all verify.

mod operations;

use std::sync::{Arc, PoisonError, RwLock};

use consent::{Entropy, KeyRing, Timestamp};

use crate::error::{Result, StoreError};
use crate::secrets::{KEY_LENGTH, Secrets};
use crate::sql::{Db, params};

/// The keys as everybody in the process sees them.
pub(crate) type SharedKeyRing = Arc<RwLock<Arc<KeyRing>>>;

/// The keys of now.
pub(crate) fn current(shared: &SharedKeyRing) -> Arc<KeyRing> {
    Arc::clone(&shared.read().unwrap_or_else(PoisonError::into_inner))
}

/// Makes the first link key if there is none.
pub(crate) fn ensure(db: &impl Db, entropy: &dyn Entropy, now: Timestamp) -> Result<()> {
    let any = db.one("SELECT EXISTS (SELECT 1 FROM link_key)", params![], |row| row.get::<bool>(0))?;
    if any { Ok(()) } else { add(db, entropy, now).map(drop) }
}

/// Adds a link key with the next id.
pub(crate) fn add(db: &impl Db, entropy: &dyn Entropy, at: Timestamp) -> Result<u8> {
    const LAST: &str = "SELECT coalesce(max(id), 0) FROM link_key";
    const INSERT: &str = "INSERT INTO link_key (id, seed, created_at) VALUES (?1, ?2, ?3)";
    let last: i64 = db.one(LAST, params![], |row| row.get(0))?;
    let id =
        u8::try_from(last + 1).map_err(|_| StoreError::Invalid("no link key ids are left".to_owned()))?;
    let mut seed = [0; KEY_LENGTH];
    entropy.fill(&mut seed);
    db.execute(INSERT, params![id, &seed, at.0])?;
    Ok(id)
}

/// Reads the keys.
pub(crate) fn read(db: &impl Db, secrets: &Secrets) -> Result<KeyRing> {
    let keys = db.all("SELECT id, seed FROM link_key ORDER BY id", params![], |row| {
        let id: u8 = row.get(0)?;
        Ok((id, secrets.link_key(id, row.get(1)?)))
    })?;
    Ok(KeyRing::new(keys))
}

/// Reads the keys again, which another process may have added to.
pub(crate) fn refresh(db: &impl Db, secrets: &Secrets, shared: &SharedKeyRing) -> Result<()> {
    let key_ring = Arc::new(read(db, secrets)?);
    *shared.write().unwrap_or_else(PoisonError::into_inner) = key_ring;
    Ok(())
}
