//! A data directory of before there was a second form of leaves, with nine entries in its ledger.

#![allow(dead_code, reason = "each engine uses a part")]

use std::fs;
use std::path::Path;

/// Entries in it.
pub const SIZE: u64 = 9;
/// Who it is about: with entries 4 and 8 and, of the import, 0.
pub const ANN: &str = "ann@example.com";
/// The receipt of entry 4 that was handed out then.
pub const RECEIPT: &str = include_str!("../data/first_leaves/receipt.tlog-proof");

const DATABASE: &str = include_str!("../data/first_leaves/database.sql");
const KEY: &str = include_str!("../data/first_leaves/master.key.hex");
/// Its ledger's files.
pub const FILES: [(&str, &[u8]); 3] = [
    ("checkpoint", include_bytes!("../data/first_leaves/ledger/checkpoint")),
    ("tile/0/000.p/9", include_bytes!("../data/first_leaves/ledger/tile/0/000.p/9")),
    ("tile/entries/000.p/9", include_bytes!("../data/first_leaves/ledger/tile/entries/000.p/9")),
];

/// Puts it into a folder that isn't there yet.
pub fn put(dir: &Path) {
    put_database(dir);
    for (name, bytes) in FILES {
        let file = dir.join("ledger").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
}

/// The same without the ledger's files.
pub fn put_database(dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    let key: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&KEY[2 * at..2 * at + 2], 16).unwrap()).collect();
    fs::write(dir.join("master.key"), key).unwrap();
    let conn = rusqlite::Connection::open(dir.join("consentry.sqlite3")).unwrap();
    conn.execute_batch(DATABASE).unwrap();
}
