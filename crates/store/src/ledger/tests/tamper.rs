//! Every kind of change is found and named.

use super::*;

/// The file that an error names.
fn named(error: &LedgerError) -> &str {
    match error {
        LedgerError::Damaged { file, .. } | LedgerError::Missing { file } | LedgerError::Io { file, .. } => {
            file
        }
        LedgerError::MalformedCheckpoint | LedgerError::Signature { .. } => "checkpoint",
        _ => "",
    }
}

/// Does `change` to a good ledger's file and gives the error of the check, with and without the key.
fn tampered(dir: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> LedgerError {
    let path = dir.join(name);
    let good = fs::read(&path).unwrap();
    let mut bad = good.clone();
    change(&mut bad);
    assert_ne!(good, bad, "{name}");
    fs::write(&path, bad).unwrap();
    let error = check(dir).expect_err(name);
    if name != "checkpoint" {
        assert!(verify(dir, None, &mut |_, _| {}).is_err(), "{name} without key");
    }
    fs::write(&path, good).unwrap();
    error
}

#[test]
fn any_change_to_any_file_is_found_and_the_file_named() {
    let dir = tempfile::tempdir().unwrap();
    build(dir.path(), &leaves(700));
    for (name, bytes) in snapshot(dir.path()) {
        let length = bytes.len();
        for position in (0..length).step_by(length / 40 + 1).chain([length - 1]) {
            for mask in [1_u8, 0x80] {
                let error = tampered(dir.path(), &name, |bytes| bytes[position] ^= mask);
                assert_eq!(named(&error), name, "byte {position}: {error}");
            }
            let error = tampered(dir.path(), &name, |bytes| bytes.truncate(position));
            assert_eq!(named(&error), name, "cut to {position}: {error}");
            let error = tampered(dir.path(), &name, |bytes| bytes.insert(position, b'0'));
            assert_eq!(named(&error), name, "inserted at {position}: {error}");
            let error = tampered(dir.path(), &name, |bytes| _ = bytes.remove(position));
            assert_eq!(named(&error), name, "removed at {position}: {error}");
        }
        for extra in [&b"\0"[..], b"\0\0", b"\n", &[0; 32]] {
            let error = tampered(dir.path(), &name, |bytes| bytes.extend_from_slice(extra));
            assert_eq!(named(&error), name, "{extra:?} added: {error}");
        }
        fs::remove_file(dir.path().join(&name)).unwrap();
        let error = check(dir.path()).unwrap_err();
        assert!(matches!(&error, LedgerError::Missing { file } if *file == name), "{error}");
        fs::write(dir.path().join(&name), bytes).unwrap();
    }
    check(dir.path()).unwrap();
}

#[test]
fn the_first_entry_that_was_changed_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let all = leaves(700);
    build(dir.path(), &all);
    let encode = |leaves: &[Vec<u8>]| -> Vec<u8> {
        leaves
            .iter()
            .flat_map(|leaf| [&u16::try_from(leaf.len()).unwrap().to_be_bytes()[..], leaf].concat())
            .collect()
    };
    let mut swapped = all.clone();
    swapped.swap(300, 400);
    let error = tampered(dir.path(), "tile/entries/001", |bytes| *bytes = encode(&swapped[256..512]));
    assert_eq!(
        error.to_string(),
        "tile/entries/001 is damaged at entry 300: the entry does not match its hash"
    );
    // Their hashes too: then it shows one level up, whose hashes still lead to the root.
    let hashes =
        |leaves: &[Vec<u8>]| leaves.iter().flat_map(|leaf| sha256(&[&[0], leaf])).collect::<Vec<u8>>();
    fs::write(dir.path().join("tile/entries/001"), encode(&swapped[256..512])).unwrap();
    let error = tampered(dir.path(), "tile/0/001", |bytes| *bytes = hashes(&swapped[256..512]));
    assert!(
        matches!(&error, LedgerError::Damaged { file, index: Some(256), .. } if file == "tile/0/001"),
        "{error}"
    );
    // And that level too: then the root is another.
    fs::write(dir.path().join("tile/0/001"), hashes(&swapped[256..512])).unwrap();
    let upper = [naive_root(&swapped[..256]), naive_root(&swapped[256..512])].concat();
    fs::write(dir.path().join("tile/1/000.p/2"), upper).unwrap();
    let error = check(dir.path()).unwrap_err();
    assert_eq!(error.to_string(), "checkpoint is damaged: the entries lead to another root");
    // And the checkpoint, signed with another key.
    let thief = Signer::from_seed(ORIGIN, &[9; 32]).unwrap();
    let forged = thief.sign(700, Hash(naive_root(&swapped))).unwrap();
    fs::write(dir.path().join("checkpoint"), forged.text()).unwrap();
    assert!(verify(dir.path(), None, &mut |_, _| {}).is_ok_and(|report| !report.signature_checked));
    assert!(matches!(check(dir.path()), Err(LedgerError::Signature { .. })));
    assert!(matches!(LedgerWriter::open(dir.path(), signer()), Err(LedgerError::Signature { .. })));
}

#[test]
fn opening_and_proving_name_the_damaged_file() {
    let dir = tempfile::tempdir().unwrap();
    build(dir.path(), &leaves(700));
    let edge = ["tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/002.p/188", "checkpoint"];
    for name in edge {
        let path = dir.path().join(name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[40] ^= 1;
        for bad in [bad, good[1..].to_vec(), Vec::new()] {
            fs::write(&path, bad).unwrap();
            let error = LedgerWriter::open(dir.path(), signer()).unwrap_err();
            assert_eq!(named(&error), name, "{error}");
        }
        if name != "checkpoint" {
            fs::remove_file(&path).unwrap();
            assert!(
                matches!(LedgerWriter::open(dir.path(), signer()), Err(LedgerError::Missing { file }) if file == name)
            );
        }
        fs::write(&path, good).unwrap();
    }
    let reader = LedgerReader::open(dir.path(), None).unwrap();
    let entries = dir.path().join("tile/entries/000");
    let mut bytes = fs::read(&entries).unwrap();
    bytes[5] ^= 1;
    fs::write(&entries, bytes).unwrap();
    assert!(
        matches!(reader.receipt(0), Err(LedgerError::Damaged { file, index: Some(0), .. }) if file == "tile/entries/000")
    );
    fs::write(dir.path().join("tile/0/001"), [0; 8192]).unwrap();
    assert!(matches!(reader.inclusion_proof(300, 700), Err(LedgerError::Damaged { .. })));
    fs::remove_file(dir.path().join("tile/0/001")).unwrap();
    assert!(
        matches!(reader.inclusion_proof(300, 700), Err(LedgerError::Missing { file }) if file == "tile/0/001")
    );
    // What was lost comes back, byte for byte, by writing it again.
    let other = tempfile::tempdir().unwrap();
    build(other.path(), &leaves(700));
    fs::remove_dir_all(dir.path().join("tile")).unwrap();
    fs::remove_file(dir.path().join("checkpoint")).unwrap();
    build(dir.path(), &leaves(700));
    assert_eq!(snapshot(dir.path()), snapshot(other.path()));
}
