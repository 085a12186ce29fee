//! What is copied: each table of PostgreSQL, and where its rows are in SQLite.

/// A table of PostgreSQL and the query for its rows in SQLite.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, separated by commas.
    pub columns: &'static str,
    /// The same columns as expressions in SQLite.
    pub select: &'static str,
    /// The table in SQLite.
    pub from: &'static str,
    /// Which of its rows.
    pub filter: &'static str,
    /// Columns of SQLite's that order the rows, none of them null; an index has them in this order.
    pub key: &'static str,
}

/// A table that both have.
const fn same(name: &'static str, key: &'static str, columns: &'static str) -> Table {
    Table { name, columns, select: columns, from: name, filter: "TRUE", key }
}

/// A table that SQLite has within another.
const fn part_of(
    from: &'static str,
    name: &'static str,
    columns: &'static str,
    select: &'static str,
) -> Table {
    Table { name, columns, select, from, filter: "TRUE", key: "id" }
}

/// All tables that hold state, in the order in which they are copied.
pub(super) const TABLES: &[Table] = &[
    same("workspace", "id", "id, name"),
    same("namespace", "workspace, code", "workspace, code, name"),
    same("link_key", "id", "id, seed, created_at"),
    same("settings", "workspace", "workspace, body"),
    same(
        "list",
        "workspace, id",
        "workspace, id, name, starts_at, ends_at, created_at, public, double_opt_in, position, texts",
    ),
    same(
        "suppression",
        "place",
        "value, namespace, workspace, category, reason, added_by, added_at, updated_at, expires_at, place",
    ),
    same("suppression_hashed", "workspace, namespace", "namespace, workspace"),
    same(
        "suppression_removed",
        "workspace, namespace, value, category, number",
        "value, namespace, workspace, category, number, reason, added_by, added_at, updated_at, expires_at, \
         of_category, removal_reason, removed_by, removed_at",
    ),
    same(
        "allow_entry",
        "workspace, namespace, value",
        "value, namespace, workspace, added_at, comment, added_by",
    ),
    same("soft_bounce", "workspace, value, namespace", "value, namespace, workspace, since, times"),
    same(
        "feedback",
        "rowid",
        "id, workspace, at, received_at, profile, address, run, kind, reason, namespace, value, raw, source, detail",
    ),
    same(
        "profile",
        "id",
        "id, workspace, word, created_at, country, external_id, locale, time_zone, stamps, remainder, attributes",
    ),
    Table {
        filter: "external_id IS NOT NULL",
        ..part_of(
            "profile",
            "profile_external_id",
            "external_id, workspace, profile",
            "external_id, workspace, id",
        )
    },
    same("unclaimed_profile", "profile", "profile"),
    same("profile_merged", "workspace, from_profile", "from_profile, workspace, into_profile"),
    same("address", "id", "profile, id, workspace, word, epoch, position, namespace, key, raw, stamps"),
    part_of(
        "address",
        "address_key",
        "key, namespace, workspace, address, profile",
        "key, namespace, workspace, id, profile",
    ),
    part_of("address", "address_owner", "address, workspace, profile", "id, workspace, profile"),
    same("subscription", "workspace, profile, list", "profile, workspace, list, at, entry, choice"),
    same(
        "preference",
        "workspace, profile",
        "profile, workspace, pause_until, updated_at, pace, preferred, language",
    ),
    same("paced_send", "workspace, profile, channel", "profile, workspace, run, at, channel"),
    same(
        "opt_in_request",
        "workspace, address, list",
        "address, workspace, list, id, requested_at, expires_at, confirmed_at, entry, asked",
    ),
    same(
        "list_request",
        "who, list, id, workspace",
        "who, workspace, list, id, requested_at, expires_at, confirmed_at, namespace, address, asked",
    ),
    same(
        "notice",
        "rowid",
        "hash, workspace, list, at, due_at, generation, takings, kind, state, counted, times, namespace, address, language, \
         asked",
    ),
    same("tally", "workspace, hash", "hash, workspace, at, times"),
    same("sender_block", "workspace, address, sender", "address, workspace, sender, at"),
    same(
        "text_message",
        "rowid",
        "id, workspace, profile, address, at, received_at, entry, channel, number, sender, body, class, rule, source",
    ),
    same("text_hold", "rowid", "address, workspace, since, decided_at, refused, message, decided_by"),
    same(
        "text_ask",
        "workspace, address, channel",
        "address, workspace, list, at, expires_at, channel, answered",
    ),
    same(
        "text_reply",
        "workspace, address, kind, place",
        "address, workspace, place, received_at, expires_at, kind, state, message, body, detail",
    ),
    same("text_part", "rowid", "message, workspace, received_at, number, total, body"),
    same(
        "ledger_event",
        "id",
        "profile, id, workspace, address, run, occurred_at, received_at, source, sets, commitment",
    ),
    // An entry's id is its place in SQLite's log.
    part_of("ledger_event", "ledger_leaf", "entry, leaf, profile", "id, id, profile"),
    same("evidence", "entry", "entry, workspace, salt, content"),
    same("repeated_refusal", "entry", "entry"),
    same("opt_out_reason", "entry", "entry, workspace, profile, run, at, code, text"),
    same("page_look", "workspace", "workspace, version, updated_at, body"),
    same("page_asset", "workspace, name", "workspace, name, content_type, hash, bytes"),
    same("landing_page", "workspace, id", "workspace, id, latest, published, name"),
    same(
        "landing_page_version",
        "workspace, page, version",
        "workspace, page, version, created_at, published_at, expires_at, body",
    ),
    same("configuration", "workspace, id", "workspace, id, name, version, sha256, created_at, body"),
    same("definition", "workspace, kind, name", "workspace, version, changed_at, kind, state, name"),
    same(
        "definition_version",
        "workspace, kind, name, version",
        "workspace, version, created_at, kind, name, actor, document",
    ),
    same(
        "audience_upload",
        "workspace, sha256, channel, piece",
        "workspace, created_at, piece, sha256, channel, body, bytes",
    ),
    same(
        "run",
        "workspace, id",
        "workspace, id, campaign, configuration, list, state, audience_size, created_at, finished_at, fingerprint, spec",
    ),
    same(
        "run_part",
        "workspace, run, part",
        "run, part, workspace, after_profile, until_profile, cursor, claims, generation",
    ),
    same("run_audience", "workspace, run, piece", "run, piece, workspace, bytes"),
    same("run_claim", "workspace, run, part, number", "run, part, number, workspace, claimed_at, members"),
    same("run_exclusion", "workspace, run, hi, reason", "run, hi, reason, workspace, members"),
    same("run_cause", "workspace, run, hi, cause", "run, hi, cause, workspace, members"),
    same(
        "delivery",
        "workspace, run, profile",
        "profile, run, workspace, address, at, due_at, attempts, code, state, detail, cause",
    ),
    same(
        "send",
        "workspace, number",
        "number, workspace, profile, address, created_at, at, due_at, cause, attempts, code, origin, channel, category, \
         state, intent, detail",
    ),
    same(
        "upload_job",
        "workspace, id",
        "workspace, created_at, ended_at, rows_read, handled, failed, state, allowed, id, added_by, filename, detail, failures",
    ),
    same(
        "import_run",
        "workspace, id",
        "workspace, id, started_at, finished_at, undo_began_at, undone_at, rows_read, created, updated, unchanged, rejected, \
         suppressed, last_profile, last_address, file, sha256, undone",
    ),
    same(
        "import_touch",
        "workspace, import, profile, number",
        "workspace, import, profile, number, flags, state, image",
    ),
    same(
        "job",
        "workspace, id",
        "workspace, id, created_at, due_at, ended_at, generation, done, total, attempts, state, cancel, kind, key, unit, \
         actor, owner, payload, result, error",
    ),
    same("job_worker", "workspace, kind, node", "workspace, until_at, kind, node"),
    same(
        "api_key",
        "workspace, id",
        "workspace, created_at, expires_at, revoked_at, used_at, id, name, digest, scopes, created_by, revoked_by",
    ),
    same("api_request", "workspace, id", "workspace, at, lease, status, id, fingerprint, head, body"),
    same("api_request_part", "workspace, id, part", "workspace, at, part, id, fingerprint, answer"),
    same("rate_limit", "workspace, key", "key, workspace, tat"),
];

impl Table {
    /// How many columns the rows are ordered by.
    pub fn key_width(&self) -> usize {
        self.key.split(',').count()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rusqlite::Connection;

    use super::*;

    fn split(columns: &str) -> BTreeSet<String> {
        columns.split(", ").map(str::to_owned).collect()
    }

    /// What SQLite alone keeps and makes again from the rest: the filter over the suppression list.
    const DERIVED: &str = "suppression_filter";

    /// A column that a migration adds must be copied, too.
    #[test]
    fn every_column_of_sqlite_is_copied_in_the_order_of_its_key() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::sqlite::migrate_for_tests(&mut conn).unwrap();
        let names: Vec<String> = conn
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .filter(|name| name != DERIVED)
            .collect();
        let copied: BTreeSet<&str> = TABLES.iter().map(|table| table.from).collect();
        assert_eq!(copied, names.iter().map(String::as_str).collect());
        for name in &names {
            let columns: BTreeSet<String> = conn
                .prepare(&format!("SELECT name FROM pragma_table_info('{name}')"))
                .unwrap()
                .query_map([], |row| row.get(0))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            let table = TABLES.iter().find(|table| table.name == name).unwrap();
            assert_eq!(split(table.columns), columns, "{name}");
        }
        for table in TABLES {
            assert_eq!(table.columns.split(", ").count(), table.select.split(", ").count(), "{}", table.name);
            let plan: String = conn
                .query_row(
                    &format!("EXPLAIN QUERY PLAN SELECT * FROM {} ORDER BY {}", table.from, table.key),
                    [],
                    |row| row.get(3),
                )
                .unwrap();
            assert!(plan.starts_with("SCAN") && !plan.contains("TEMP"), "{}: {plan}", table.name);
        }
    }
}
