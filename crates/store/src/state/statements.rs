//! The statements that recording consent uses, prepared once per operation or batch.

use rusqlite::{CachedStatement, Connection};

use crate::api::Result;

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        /// See each field.
        pub(crate) struct Statements<'c> {
            $($(#[$doc])* pub $name: CachedStatement<'c>,)*
        }

        impl<'c> Statements<'c> {
            /// Takes them from the connection's cache, or prepares them.
            pub fn prepare(conn: &'c Connection) -> Result<Self> {
                Ok(Self { $($name: conn.prepare_cached($sql)?,)* })
            }
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
    find_address = "SELECT id, profile, word, epoch, stamps, raw, position FROM address
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
}
