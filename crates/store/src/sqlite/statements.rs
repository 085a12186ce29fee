//! The statements that recording consent uses, prepared at most once per operation.

use rusqlite::{CachedStatement, Connection};

use crate::error::Result;

/// Ids that went with an import that was taken back aren't given out again: the ledger and links still name them.
pub(super) const NEXT_PROFILE: &str = "SELECT max(coalesce((SELECT max(id) FROM profile), 0),
    coalesce((SELECT max(last_profile) FROM import_run), 0)) + 1";
pub(super) const NEXT_ADDRESS: &str = "SELECT max(coalesce((SELECT max(id) FROM address), 0),
    coalesce((SELECT max(last_address) FROM import_run), 0)) + 1";

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        /// Each is taken from the connection's cache when the operation first needs it: most need few.
        pub(super) struct Statements<'c> {
            conn: &'c Connection,
            $($name: Option<CachedStatement<'c>>,)*
        }

        impl<'c> Statements<'c> {
            pub fn new(conn: &'c Connection) -> Self {
                Self { conn, $($name: None,)* }
            }

            $($(#[$doc])*
            pub fn $name(&mut self) -> Result<&mut CachedStatement<'c>> {
                match &mut self.$name {
                    Some(statement) => Ok(statement),
                    none => Ok(none.insert(self.conn.prepare_cached($sql)?)),
                }
            })*
        }
    };
}

statements! {
    /// One profile's consent: `id, workspace` to `word, stamps`.
    load_profile = "SELECT word, stamps FROM profile WHERE id = ?1 AND workspace = ?2";
    /// `id, workspace, word, stamps`.
    save_profile = "UPDATE profile SET word = ?3, stamps = ?4 WHERE id = ?1 AND workspace = ?2";
    /// A new profile.
    insert_profile = "INSERT INTO profile
        (id, workspace, word, country, external_id, locale, time_zone, created_at, stamps, remainder, attributes)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    /// `workspace, namespace, key` to an address's consent.
    find_address = "SELECT id, profile, word, epoch, stamps FROM address
        WHERE workspace = ?1 AND namespace = ?2 AND key = ?3";
    /// `id, workspace` to an address's consent.
    load_address = "SELECT id, profile, word, epoch, stamps FROM address WHERE id = ?1 AND workspace = ?2";
    /// `id, workspace, word, epoch, stamps`.
    save_address = "UPDATE address SET word = ?3, epoch = ?4, stamps = ?5 WHERE id = ?1 AND workspace = ?2";
    /// A new address; nothing happens if its key is taken.
    insert_address = "INSERT INTO address
        (id, workspace, profile, namespace, position, word, epoch, key, raw, stamps)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT (workspace, namespace, key) DO NOTHING";
    /// A new address of which nothing is recorded yet, as imports have them: few values to bind.
    insert_fresh_address = "INSERT INTO address
        (id, workspace, profile, namespace, position, word, epoch, key)
        VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6)
        ON CONFLICT (workspace, namespace, key) DO NOTHING";
    /// A profile's addresses lose their links: `profile, workspace`.
    raise_epochs = "UPDATE address SET epoch = epoch + 1 WHERE profile = ?1 AND workspace = ?2";
    /// `workspace, list`.
    list_exists = "SELECT EXISTS (SELECT 1 FROM list WHERE workspace = ?1 AND id = ?2)";
    /// `workspace, profile, list`.
    load_subscription = "SELECT choice, at, entry FROM subscription
        WHERE workspace = ?1 AND profile = ?2 AND list = ?3";
    /// `workspace, profile, list, choice, at, entry`.
    save_subscription = "INSERT INTO subscription (workspace, profile, list, choice, at, entry)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (workspace, profile, list)
        DO UPDATE SET choice = excluded.choice, at = excluded.at, entry = excluded.entry";
    /// A ledger entry.
    insert_event = "INSERT INTO ledger_event
        (id, workspace, profile, address, run, occurred_at, received_at, source, sets, commitment)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    /// What proves an entry.
    insert_evidence = "INSERT INTO evidence (entry, workspace, salt, content) VALUES (?1, ?2, ?3, ?4)";
    /// `workspace, external_id`.
    find_by_external_id = "SELECT id FROM profile WHERE workspace = ?1 AND external_id = ?2";
    /// A profile's consent and what it has beside it: `id, workspace`.
    load_details = "SELECT word, stamps, external_id, locale, time_zone, country, remainder, attributes
        FROM profile WHERE id = ?1 AND workspace = ?2";
    /// `id, workspace`, then what a profile has beside its consent.
    save_details = "UPDATE profile SET external_id = ?3, locale = ?4, time_zone = ?5, country = ?6,
        remainder = ?7, attributes = ?8 WHERE id = ?1 AND workspace = ?2";
    /// A profile's addresses: `profile, workspace`.
    load_addresses = "SELECT id, profile, word, epoch, stamps, namespace, position, key, raw FROM address
        WHERE profile = ?1 AND workspace = ?2 ORDER BY namespace, position, id";
    /// `id, workspace, position, raw`.
    place_address = "UPDATE address SET position = ?3, raw = ?4 WHERE id = ?1 AND workspace = ?2";
    /// `id, workspace`.
    remove_address = "DELETE FROM address WHERE id = ?1 AND workspace = ?2";
}
