//! A database in memory for the tests of runs, claims, lists and the like.

use rusqlite::Connection;

/// An empty one with the tables of delivery.
pub(crate) fn database() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(include_str!("../sqlite/migrations/0002_delivery.sql")).unwrap();
    conn.execute_batch(include_str!("../sqlite/migrations/0004_parts.sql")).unwrap();
    conn.execute_batch(include_str!("../sqlite/migrations/0005_feedback.sql")).unwrap();
    conn.execute_batch(include_str!("../sqlite/migrations/0010_pages.sql")).unwrap();
    conn.execute_batch(include_str!("../sqlite/migrations/0015_causes.sql")).unwrap();
    conn
}
