//! Stopping after any number of file operations does no harm.

use super::*;
use crate::ledger::{
    files::fault,
    tiles::{Kind, TileId, hashes_at, level_count},
};

/// The files that the checkpoint covers, and it.
fn covered(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = snapshot(dir);
    let size = LedgerReader::open(dir, Some(&key())).unwrap().size();
    let kinds = std::iter::once(Kind::Entries).chain((0..level_count(size)).map(Kind::Hashes));
    let names: Vec<_> = kinds
        .flat_map(|kind| {
            (0..=hashes_at(0, size) / 256).filter_map(move |index| TileId::in_tree(kind, index, size))
        })
        .map(TileId::name)
        .chain(["checkpoint".to_owned()])
        .collect();
    files.retain(|name, _| names.contains(name));
    assert_eq!(files.len(), names.len());
    files
}

/// A ledger of `all`, built in one go.
fn reference(all: &[Vec<u8>]) -> BTreeMap<String, Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    build(dir.path(), all);
    let files = snapshot(dir.path());
    assert_eq!(files, covered(dir.path()), "nothing else lies about");
    files
}

/// Lets appending `after` to `before` fail at each file operation in turn, then does `go_on` and compares the result.
fn at_each_step(before: u64, after: u64, go_on: impl Fn(LedgerWriter, &Path, &[Vec<u8>])) {
    let all = leaves(after);
    let expected = reference(&all);
    for steps in 0.. {
        let dir = tempfile::tempdir().unwrap();
        build(dir.path(), &all[..usize::try_from(before).unwrap()]);
        let mut writer = open(dir.path());
        fault::allow(Some(steps));
        let result = writer.append(&all[usize::try_from(before).unwrap()..]).map(|_| ());
        let is_reached = fault::is_reached();
        fault::allow(None);
        if let Err(error) = result {
            assert!(error.is_storage_full(), "{error}");
            assert_eq!(writer.size(), before);
            let size = check(dir.path()).unwrap().size;
            assert!(size == before || size == after, "{size}");
        }
        go_on(writer, dir.path(), &all);
        check(dir.path()).unwrap();
        assert_eq!(covered(dir.path()), expected, "stopped after {steps} operations");
        if !is_reached {
            assert!(steps > 10);
            break;
        }
    }
}

const CASES: [(u64, u64); 6] = [(0, 3), (3, 40), (200, 256), (250, 300), (256, 520), (100, 800)];

#[test]
fn the_same_writer_can_try_again() {
    for (before, after) in CASES {
        at_each_step(before, after, |mut writer, _, all| {
            let done = usize::try_from(writer.size()).unwrap();
            writer.append(&all[done..]).unwrap();
        });
    }
}

#[test]
fn a_new_writer_goes_on_where_the_checkpoint_ends() {
    for (before, after) in CASES {
        at_each_step(before, after, |writer, dir, all| {
            drop(writer);
            let mut writer = open(dir);
            // In smaller steps than before the crash.
            while writer.size() < after {
                let done = usize::try_from(writer.size()).unwrap();
                writer.append(all[done..].iter().take(137)).unwrap();
                check(dir).unwrap();
            }
        });
    }
}

/// After power loss, whatever the checkpoint does not cover may be empty or cut, wherever it is.
#[test]
fn what_lies_past_the_checkpoint_may_be_anything() {
    for (before, after) in CASES {
        at_each_step(before, after, |writer, dir, all| {
            drop(writer);
            let safe = covered(dir);
            for (i, name) in snapshot(dir).keys().filter(|name| !safe.contains_key(*name)).enumerate() {
                let bytes = fs::read(dir.join(name)).unwrap();
                fs::write(dir.join(name), &bytes[..[0, bytes.len() / 2][i % 2]]).unwrap();
            }
            check(dir).unwrap();
            let mut writer = open(dir);
            let done = usize::try_from(writer.size()).unwrap();
            writer.append(&all[done..]).unwrap();
        });
    }
}

#[test]
fn beginning_a_ledger_can_fail_and_be_repeated() {
    for steps in 0..8 {
        let dir = tempfile::tempdir().unwrap();
        fault::allow(Some(steps));
        let result = LedgerWriter::open(dir.path().join("ledger"), signer()).map(|_| ());
        fault::allow(None);
        assert!(result.is_ok() || result.is_err_and(|error| error.is_storage_full()));
        build(&dir.path().join("ledger"), &leaves(2));
        assert_eq!(check(&dir.path().join("ledger")).unwrap().size, 2);
    }
}
