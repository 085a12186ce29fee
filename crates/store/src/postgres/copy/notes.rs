//! What a database says of a copy into it: rows of `copy_progress`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::row::Sum;
use super::tables::TABLES;
use crate::error::{Result, StoreError};
use crate::postgres::session::Session;
use crate::secrets::Secrets;
use crate::sql::{Db as _, Value, params};

/// The row about the copy as a whole; the others have the names of tables.
const COPY: &str = "copy";

/// The copy as a whole.
#[derive(Serialize, Deserialize)]
struct Copy {
    /// Fingerprint of the source's master key, hexadecimal.
    source: String,
    /// Whether it is done and verified.
    complete: bool,
}

/// How far a table has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Done {
    /// Rows copied.
    rows: u64,
    /// Sum of their hashes, hexadecimal.
    hashes: String,
    /// Key of the last one.
    pub after: Vec<KeyPart>,
    /// Whether there were no more.
    pub complete: bool,
}

/// A column of a row's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum KeyPart {
    /// An integer.
    Int(i64),
    /// Text.
    Text(String),
}

impl KeyPart {
    /// As a parameter.
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Int(value) => Value::Int(*value),
            Self::Text(text) => Value::Text(text),
        }
    }
}

impl Done {
    /// Notes rows up to the key `after`.
    pub fn new(sum: Sum, after: Vec<KeyPart>, complete: bool) -> Self {
        Self { rows: sum.rows, hashes: format!("{:032x}", sum.hashes), after, complete }
    }

    /// The rows copied.
    pub fn sum(&self) -> Result<Sum> {
        if self.rows == 0 {
            return Ok(Sum::default());
        }
        let hashes = u128::from_str_radix(&self.hashes, 16).map_err(|_| unreadable())?;
        Ok(Sum { rows: self.rows, hashes })
    }

    /// Reads what is noted of a table; nothing is where nothing is noted.
    pub fn of(session: &Session, table: &str) -> Result<Self> {
        Ok(read(session, table)?.unwrap_or_default())
    }

    /// Notes it.
    pub fn note(&self, session: &Session, table: &str) -> Result<()> {
        write(session, table, self)
    }
}

fn unreadable() -> StoreError {
    StoreError::Damaged("copy_progress can't be read".to_owned())
}

fn read<T: DeserializeOwned>(session: &Session, what: &str) -> Result<Option<T>> {
    const SELECT: &str = "SELECT done FROM copy_progress WHERE what = ?1";
    let found: Option<String> = session.first(SELECT, params![what], |row| row.get(0))?;
    found.map(|text| serde_json::from_str(&text).map_err(|_| unreadable())).transpose()
}

fn write<T: Serialize>(session: &Session, what: &str, done: &T) -> Result<()> {
    const UPSERT: &str = "INSERT INTO copy_progress (what, done) VALUES (?1, ?2)
        ON CONFLICT (what) DO UPDATE SET done = excluded.done";
    let text = serde_json::to_string(done).map_err(|_| unreadable())?;
    session.execute(UPSERT, params![what, &text]).map(drop)
}

fn source(secrets: &Secrets) -> String {
    data_encoding::HEXLOWER.encode(&secrets.fingerprint())
}

/// Makes the database ready for a copy of the source with this key, or refuses. Answers whether one goes on that was
/// begun before. Call within a transaction.
pub(super) fn begin(session: &Session, secrets: &Secrets) -> Result<bool> {
    const KEY: &str = "SELECT fingerprint FROM master_key WHERE id = 1";
    const NOTE_KEY: &str =
        "INSERT INTO master_key (id, fingerprint) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING";
    match read::<Copy>(session, COPY)? {
        Some(copy) if copy.complete => {
            return Err(StoreError::Exists("a complete copy, in use since or not,".to_owned()));
        }
        Some(copy) if copy.source != source(secrets) => {
            return Err(StoreError::Invalid(
                "a copy of another data directory into this database was begun; finish that one, or begin anew \
                 (--restart)"
                    .to_owned(),
            ));
        }
        Some(_) => return Ok(true),
        None => {}
    }
    let key: Option<Vec<u8>> = session.first(KEY, params![], |row| row.get(0))?;
    if key.is_some_and(|key| key != secrets.fingerprint()) {
        return Err(StoreError::Invalid("the database was set up with another master.key".to_owned()));
    }
    refuse_state(session)?;
    session.execute(NOTE_KEY, params![&secrets.fingerprint()])?;
    session.batch("DELETE FROM workspace")?;
    write(session, COPY, &Copy { source: source(secrets), complete: false })?;
    Ok(false)
}

/// Fails unless the database is as its migrations leave it.
fn refuse_state(session: &Session) -> Result<()> {
    const FRESH: &str = "SELECT id = 1 AND name = 'main' FROM workspace";
    const SIZE: &str = "SELECT size FROM ledger_head";
    let mut is_fresh = session.all(FRESH, params![], |row| row.get::<bool>(0))? == [true]
        && session.all(SIZE, params![], |row| row.get::<i64>(0))? == [0];
    for name in
        TABLES.iter().map(|table| table.name).filter(|name| *name != "workspace").chain(["ledger_pending"])
    {
        let row = session.wait(session.client().query_opt(&format!("SELECT 1 FROM {name} LIMIT 1"), &[]))?;
        is_fresh &= row.is_none();
    }
    if is_fresh {
        return Ok(());
    }
    Err(StoreError::Invalid(
        "the database holds something already; copy into a new one, which no node has opened yet".to_owned(),
    ))
}

/// Empties the database of a copy that isn't complete, if there is one. Call within a transaction.
pub(super) fn forget(session: &Session) -> Result<()> {
    match read::<Copy>(session, COPY)? {
        Some(copy) if !copy.complete => {}
        // What else is there isn't ours to remove: `begin` refuses it.
        _ => return Ok(()),
    }
    let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    session.batch(&format!(
        "TRUNCATE {}, copy_progress, master_key;
         INSERT INTO workspace (id, name) VALUES (1, 'main');
         UPDATE ledger_head SET size = 0",
        names.join(", ")
    ))
}

/// Notes that the copy is done and verified: nodes may open the database from now on. With it
/// all that was written before is durable, on the standby too.
pub(super) fn finish(session: &Session, secrets: &Secrets) -> Result<()> {
    session.batch("BEGIN")?;
    write(session, COPY, &Copy { source: source(secrets), complete: true })?;
    session.commit()
}

/// Keeps nodes from opening a database that holds but a part of what it is to hold: opt-outs may be missing.
pub(crate) fn refuse_unfinished(session: &Session) -> Result<()> {
    match read::<Copy>(session, COPY)? {
        Some(copy) if !copy.complete => Err(StoreError::Invalid(
            "a copy into this database isn't complete; run `consentry db copy` again to finish it".to_owned(),
        )),
        _ => Ok(()),
    }
}
