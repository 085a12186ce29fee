//! How the tables are to lie on Citus, on which the program doesn't run yet (docs/scaling.md): which column spreads each over
//! the workers, and why.
//!
//! Rules of Citus that the schema and the statements keep (Citus documentation: "SQL Support and Workarounds", "Create and
//! Modify Distributed Objects"); `tests/citus.rs` checks them:
//!
//! - every primary and unique key of a distributed table contains its distribution column;
//! - a distribution column is never updated;
//! - UPDATE, DELETE and INSERT ... SELECT call no volatile function: times and ids are passed in;
//! - `FOR UPDATE` names one value of the distribution column;
//! - distributed tables are joined on their distribution columns only, and only within one colocation group. The ledger's
//!   files break this: `ledger_leaf` lies by the entry and `ledger_event` by the profile.

use std::fmt::Write as _;

/// A table's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The column that spreads it and the table that it lies with (itself for the first of a group); `None`: a
    /// reference table, whole on every worker.
    pub distribution: Option<(&'static str, &'static str)>,
    /// Why so, in a sentence.
    pub why: &'static str,
}

const fn by(name: &'static str, column: &'static str, with: &'static str, why: &'static str) -> Table {
    Table { name, distribution: Some((column, with)), why }
}

const fn reference(name: &'static str, why: &'static str) -> Table {
    Table { name, distribution: None, why }
}

/// Every table of the PostgreSQL schema. The first of each colocation group stands before those that lie with it.
pub const TABLES: &[Table] = &[
    reference("workspace", "A handful of rows that change when a workspace is made."),
    reference("namespace", "A handful of rows, read with every address of the brand's own kind."),
    reference("list", "Few rows, joined with subscriptions when a profile is shown."),
    reference("allow_entry", "Short by its nature: a test system's addresses."),
    reference("suppression_hashed", "A row per namespace at most, read with every decision."),
    reference("settings", "One row per workspace, read with every decision."),
    reference("configuration", "A row per version of a channel configuration."),
    reference("definition", "A row per document of the operators'."),
    reference("definition_version", "A row per version of a document, read when a run starts."),
    reference("audience_upload", "A few pieces per address file, read when a run starts."),
    reference("link_key", "A row per rotation, read at start."),
    reference("run", "A row per run, joined with its progress."),
    reference("master_key", "One row, read when a node starts."),
    reference("ledger_head", "One row, which only the sequencer writes."),
    reference("page_look", "A row per workspace, read by every page."),
    reference("page_asset", "A few small files, read by pages."),
    reference("landing_page", "A row per page of the brand's own."),
    reference("landing_page_version", "Few versions of each are kept, read by pages."),
    reference("import_run", "A row per import."),
    reference("upload_job", "A row per uploaded file, few are kept."),
    reference("api_key", "A row per key, few are kept; nodes read them all."),
    reference("rate_limit", "A row per relay whose speed is limited."),
    reference("copy_progress", "A row per table while another store is copied."),
    by(
        "profile",
        "id",
        "profile",
        "A decision is about one person: all that it reads of them is in one shard.",
    ),
    by(
        "address",
        "profile",
        "profile",
        "Read with its profile; an address that moves is deleted and inserted.",
    ),
    by("subscription", "profile", "profile", "Read with its profile."),
    by(
        "ledger_event",
        "profile",
        "profile",
        "Written in the transaction that changes its profile, in the same shard.",
    ),
    by(
        "delivery",
        "profile",
        "profile",
        "A run's messages spread over all workers; one person's are with the profile.",
    ),
    by(
        "send",
        "number",
        "send",
        "Found by its own id; one person's are few, and asked for by operators only.",
    ),
    by("unclaimed_profile", "profile", "profile", "Read and removed with its profile by imports."),
    by(
        "profile_merged",
        "from_profile",
        "profile",
        "Looked up by the profile that an older link or entry names.",
    ),
    by(
        "import_touch",
        "profile",
        "profile",
        "Written in the transaction that changes its profile, in the same shard.",
    ),
    by("preference", "profile", "profile", "Read with its profile by every decision about it."),
    by("paced_send", "profile", "profile", "Read with its profile by every decision about it."),
    by("evidence", "entry", "evidence", "Found by its entry, and erased apart from the ledger."),
    by("repeated_refusal", "entry", "evidence", "Found by its entry when somebody takes a refusal back."),
    by("opt_out_reason", "entry", "evidence", "Found by its entry, and erased as evidence is."),
    by("ledger_pending", "entry", "evidence", "Marks an entry that has no place in the log yet."),
    by(
        "ledger_leaf",
        "entry",
        "evidence",
        "Gives an entry its place in the log; the sequencer takes them in the order of leaves, on no hot path.",
    ),
    by("suppression", "value", "suppression", "Looked up by the address or domain itself."),
    by(
        "suppression_removed",
        "value",
        "suppression",
        "Written in the transaction that removes the entry, in the same shard.",
    ),
    by("soft_bounce", "value", "suppression", "Counted in the transaction that suppresses the address."),
    by("feedback", "id", "feedback", "Kept once by its id, whichever node takes it."),
    by(
        "address_key",
        "key",
        "address_key",
        "Finds an address by its text, and keeps it unique: one shard knows all that have this key.",
    ),
    by("address_owner", "address", "address_owner", "Finds the profile of the address that a link names."),
    by("sender_block", "address", "address_owner", "Read for the addresses that are about to be written to."),
    by("opt_in_request", "address", "address_owner", "Found by the address that the link in the mail names."),
    by("text_hold", "address", "address_owner", "Read for the addresses that are about to be written to."),
    by("text_ask", "address", "address_owner", "Read when the number answers."),
    by("text_reply", "address", "address_owner", "Those to a number are counted where another one is made."),
    by(
        "job",
        "workspace",
        "job",
        "Nodes that take jobs lock their rows, which one shard has to hold; there are few.",
    ),
    by("job_worker", "workspace", "job", "Read beside the jobs, a row per node and kind."),
    by("api_request", "id", "api_request", "Found by its own id, kept for a day."),
    by("api_request_part", "id", "api_request", "In one shard with its request."),
    by("list_request", "who", "list_request", "All requests of one typed address are in one shard."),
    by("notice", "hash", "notice", "What one address waits for is in one shard."),
    by("tally", "hash", "notice", "What is counted is read and written by its key alone."),
    by("text_message", "id", "feedback", "Kept once by its id, whichever node takes it."),
    by("text_part", "message", "feedback", "The parts of a message come together in one shard."),
    by(
        "profile_external_id",
        "external_id",
        "profile_external_id",
        "Finds a profile by the brand's id, and keeps it unique.",
    ),
    by(
        "run_part",
        "run",
        "run_part",
        "Nodes take parts of one run: the rows that they contend for are in one shard.",
    ),
    by("run_audience", "run", "run_part", "Read as a whole when a run starts or goes on."),
    by("run_claim", "run", "run_part", "Claimed in the transaction that moves its part's cursor."),
    by("run_exclusion", "run", "run_part", "Written in the transaction of the claim."),
    by("run_cause", "run", "run_part", "Written in the transaction of the claim."),
];

/// Settings of the sessions, with the reason for each.
const SETTINGS: &[(&str, &str)] = &[
    (
        "citus.multi_shard_modify_mode = 'sequential'",
        "A transaction that writes to many shards of a worker uses one connection to it: it sees its own writes, and \
         doesn't wait for itself.",
    ),
    (
        "citus.max_adaptive_executor_pool_size = 1",
        "One connection to each worker, so one snapshot of each in a REPEATABLE READ transaction; with more, Citus has one \
         per shard group. There is none across workers: what must agree lies in one group.",
    ),
];

/// The statements that spread an empty, migrated schema over the workers, with the reason for each key.
pub fn plan() -> String {
    let mut out = String::from(
        "-- A plan, not to be used yet: the program doesn't run on Citus. Its sessions plan statements without their values\n\
         -- (plan_cache_mode = force_generic_plan), and the ledger's files are made by a join that would move rows between\n\
         -- workers. docs/scaling.md says more.\n\
         --\n\
         -- Run on the coordinator, as the owner of the tables, after `consentry db migrate` and before any data is in.\n\
         CREATE EXTENSION IF NOT EXISTS citus;\n\n-- Reference tables are whole on every worker.\n",
    );
    // Writing to a string can't fail.
    for table in TABLES.iter().filter(|table| table.distribution.is_none()) {
        let _ = writeln!(out, "-- {}\nSELECT create_reference_table('{}');", table.why, table.name);
    }
    out.push_str("\n-- Distributed tables: rows with the same key are on the same worker, throughout a colocation group.\n");
    for table in TABLES {
        let Some((column, with)) = table.distribution else { continue };
        // Citus would put tables of the same key type together by itself.
        let with = if with == table.name { "none" } else { with };
        let name = table.name;
        let _ = writeln!(out, "-- {}", table.why);
        let _ = writeln!(
            out,
            "SELECT create_distributed_table('{name}', '{column}', colocate_with => '{with}');"
        );
    }
    out.push_str("\n-- Settings, for the role that Consentry connects as.\n");
    for (setting, why) in SETTINGS {
        let _ = writeln!(out, "-- {why}\nALTER ROLE CURRENT_USER SET {setting};");
    }
    out
}
