//! A ledger that was begun with leaves of the first form goes on with those of the second.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use store::Store;

use consent::{Choice, EntryId, Evidence, Source, Timestamp};
use store::ledger::{LedgerReader, Receipt, VerifierKey, verify, verify_consistency};

use crate::conformance::first_leaves::{ANN, FILES, RECEIPT, SIZE, put, put_database};
use crate::conformance::support::{MAIN, address, change, email, named};
use crate::{START, open};

/// New entries: enough for the bundle that the old ones are in to be filled.
const NEW: u64 = 300;

async fn go_on(store: &Store) {
    for number in 0..NEW {
        let who = if number == 0 { ANN.to_owned() } else { format!("p{number}@example.com") };
        let refusal = change(named(&who), email(), Choice::No, Source::ONE_CLICK, Timestamp(START * 2));
        store.record(MAIN, vec![refusal]).await.unwrap();
    }
    assert_eq!(store.seal_ledger().await.unwrap(), SIZE + NEW);
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, dir: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(dir, dir, &mut found);
    found.remove(".writing");
    found
}

#[tokio::test]
async fn old_leaves_stay_byte_for_byte_and_new_ones_follow() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("data");
    put(&dir);
    let store = open(&dir).unwrap();
    let key = VerifierKey::parse(&store.ledger_verifier_key().unwrap()).unwrap();
    assert_eq!(store.seal_ledger().await.unwrap(), SIZE);
    for (name, bytes) in FILES {
        assert_eq!(fs::read(dir.join("ledger").join(name)).unwrap(), bytes, "{name}");
    }
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    go_on(&store).await;
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let ledger = dir.join("ledger");
    assert_eq!(verify(&ledger, Some(&key), &mut |_, _| ()).unwrap().size, SIZE + NEW);
    // Who kept a checkpoint of then sees it continued.
    let checkpoint = std::str::from_utf8(FILES[0].1).unwrap();
    verify_consistency(&ledger, checkpoint, &key).unwrap();
    let reader = LedgerReader::open(&ledger, Some(&key)).unwrap();
    let leaves: Vec<_> = reader.entries(0..SIZE + 2).unwrap().map(Result::unwrap).collect();
    let mut old: &[u8] = FILES[2].1;
    for leaf in &leaves[..9] {
        assert_eq!(old[2..2 + leaf.len()], leaf[..]);
        assert!(leaf.starts_with(br#"{"v":1,"#));
        old = &old[2 + leaf.len()..];
    }
    assert!(leaves[9].starts_with(br#"{"v":2,"#) && leaves[10].starts_with(br#"{"v":2,"#));
}

#[tokio::test]
async fn both_forms_have_receipts_which_show_one_pseudonym() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("data");
    put(&dir);
    let store = open(&dir).unwrap();
    go_on(&store).await;
    let key = VerifierKey::parse(&store.ledger_verifier_key().unwrap()).unwrap();
    // One that was handed out then is as good as ever.
    Receipt::parse(RECEIPT).unwrap().verify(&key).unwrap();
    let receipt = async |entry: u64| {
        let text = store.receipt(MAIN, EntryId(entry.cast_signed())).await.unwrap();
        let receipt = Receipt::parse(&text).unwrap();
        receipt.verify(&key).unwrap();
        receipt
    };
    let (old, new) = (receipt(4).await, receipt(SIZE).await);
    assert!(old.opening().is_none());
    let leaf: serde_json::Value = serde_json::from_slice(old.leaf()).unwrap();
    assert_eq!(leaf["subject"], new.opening().unwrap().subject_text());
    assert_eq!(leaf["address"], new.opening().unwrap().address_text().unwrap());
    // An opening doesn't make a leaf of the second form out of one of the first.
    assert!(old.opened(new.opening().cloned()).verify(&key).is_err());
    // Decisions and undoing read entries of both forms.
    let owner = store.resolve(MAIN, vec![address(ANN)]).await.unwrap().remove(0).unwrap();
    let history = store.history(MAIN, owner.profile, None, 100).await.unwrap();
    assert_eq!(history.entries.len(), 5);
    store.undo(MAIN, history.entries[0].id, Timestamp(START * 3), Evidence::default()).await.unwrap();
}

#[tokio::test]
async fn the_files_can_be_made_again_from_the_database() {
    let parent = tempfile::tempdir().unwrap();
    let (kept, made) = (parent.path().join("kept"), parent.path().join("made"));
    put(&kept);
    put_database(&made);
    for dir in [&kept, &made] {
        go_on(&open(dir).unwrap()).await;
    }
    assert_eq!(files(&kept.join("ledger")), files(&made.join("ledger")));
    fs::remove_dir_all(made.join("ledger")).unwrap();
    let store = open(&made).unwrap();
    assert_eq!(store.seal_ledger().await.unwrap(), SIZE + NEW);
    assert_eq!(files(&kept.join("ledger")), files(&made.join("ledger")));
}

#[tokio::test]
async fn what_is_changed_in_either_form_is_found() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("data");
    put(&dir);
    let store = open(&dir).unwrap();
    go_on(&store).await;
    let key = VerifierKey::parse(&store.ledger_verifier_key().unwrap()).unwrap();
    let (ledger, check) = (dir.join("ledger"), |dir: &Path| verify(dir, Some(&key), &mut |_, _| ()));
    // The files: the subject, the time and the choice of an entry of each form.
    let bundle = ledger.join("tile/entries/000");
    let good = fs::read(&bundle).unwrap();
    let find = |from: usize, what: &str| {
        from + good[from..].windows(what.len()).position(|bytes| bytes == what.as_bytes()).unwrap()
    };
    for from in [find(0, r#"{"v":1"#), find(0, r#"{"v":2"#)] {
        for what in [r#""subject":""#, r#""received_at":""#, r#""sets":[[""#, r#""source":""#, r#"{"v":"#] {
            let at = find(from, what) + what.len();
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&bundle, bad).unwrap();
            let error = check(&ledger).unwrap_err().to_string();
            assert!(error.starts_with("tile/entries/000 is damaged"), "{error}");
            assert!(store.check().await.unwrap().iter().any(|finding| finding.starts_with("ledger")));
        }
    }
    fs::write(&bundle, &good).unwrap();
    check(&ledger).unwrap();
    // The database: an entry of the second form as one of the first, another's entry, another time or choice.
    let conn = rusqlite::Connection::open(dir.join("consentry.sqlite3")).unwrap();
    for sql in [
        "UPDATE ledger_event SET sets = substr(sets, 2) WHERE id = 20",
        "UPDATE ledger_event SET sets = CAST(x'f2' || sets AS BLOB) WHERE id = 4",
        "UPDATE ledger_event SET profile = 1 WHERE id = 21",
        "UPDATE ledger_event SET address = 1 WHERE id = 22",
        "UPDATE ledger_event SET received_at = received_at + 60000000 WHERE id = 23",
        "UPDATE ledger_event SET source = 'api' WHERE id = 24",
    ] {
        assert_eq!(conn.execute(sql, []).unwrap(), 1);
        let id = sql.rsplit(' ').next().unwrap();
        let findings = store.check().await.unwrap();
        assert!(
            findings.iter().any(|found| found.contains(&format!("ent_{id} isn't what"))),
            "{sql}: {findings:?}"
        );
    }
}
