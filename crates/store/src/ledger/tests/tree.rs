//! The files and the root: known vectors, the naive tree, other implementations, limits.

use super::*;
use ed25519_dalek::Verifier as _;
use proptest::prelude::*;
use signed_note::{Note, StandardVerifier, VerifierList};

/// The test vectors of the Certificate Transparency implementations.
#[test]
fn roots_of_the_eight_standard_leaves() {
    let leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let dir = tempfile::tempdir().unwrap();
    let mut writer = open(dir.path());
    let hex = &data_encoding::HEXLOWER;
    assert_eq!(hex.encode(&writer.checkpoint().root().0), roots[0]);
    assert_eq!(check(dir.path()).unwrap().size, 0);
    for (leaf, root) in leaves.iter().zip(&roots[1..]) {
        writer.append([hex.decode(leaf.as_bytes()).unwrap()]).unwrap();
        assert_eq!(hex.encode(&writer.checkpoint().root().0), *root);
        check(dir.path()).unwrap();
    }
}

/// The example of the tlog-tiles specification.
#[test]
fn a_tree_of_70000_has_the_tiles_that_the_specification_names() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).append((0..70_000_u32).map(u32::to_be_bytes)).unwrap();
    let files = snapshot(dir.path());
    let mut expected: Vec<_> = (0..273)
        .flat_map(|i| [format!("tile/0/{i:03}"), format!("tile/entries/{i:03}")])
        .chain(
            ["tile/0/273.p/112", "tile/entries/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
                .map(str::to_owned),
        )
        .chain(["checkpoint".to_owned()])
        .collect();
    expected.sort();
    assert_eq!(files.keys().cloned().collect::<Vec<_>>(), expected);
    assert!(files["tile/2/000.p/1"].len() == 32 && files["tile/0/000"].len() == 8192);
    let mut calls = Vec::new();
    let report = verify(dir.path(), Some(&key()), &mut |done, total| calls.push((done, total))).unwrap();
    assert_eq!((report.size, report.files, report.leaf_bytes), (70_000, expected.len() as u64, 280_000));
    assert!(calls.is_sorted() && calls.last() == Some(&(70_000, 70_000)) && calls.len() > 3);
    let reader = LedgerReader::open(dir.path(), None).unwrap();
    assert_eq!(reader.entry(69_999).unwrap(), 69_999_u32.to_be_bytes());
    reader.receipt(65_535).unwrap().verify(&key()).unwrap();
}

#[test]
fn more_than_a_thousand_tiles_nest_their_folders() {
    use crate::ledger::tiles::{Kind, TileId};
    let id = TileId { kind: Kind::Hashes(0), index: 1_234_067, width: 8 };
    assert_eq!(id.name(), "tile/0/x001/x234/067.p/8");
    assert_eq!(TileId::parse(&id.name()), Some(id));
    let largest = TileId::full(Kind::Entries, u64::MAX);
    assert_eq!(TileId::parse(&largest.name()), Some(largest));
    for name in [
        "",
        "tile/0/1",
        "tile/00/000",
        "tile/0/x000/001",
        "tile/0/001.p/256",
        "tile/0/001.p/0",
        "tile/0/001.p/07",
        "tile/+1/000",
        "tile/0/../../checkpoint",
        "tile/entries/x18/446",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
    ] {
        assert_eq!(TileId::parse(name), None, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn files_do_not_depend_on_how_appends_are_split(
        splits in prop::collection::vec(0_usize..400, 1..7), reopen in any::<bool>()
    ) {
        let all = leaves(splits.iter().sum::<usize>() as u64);
        let (one, many) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        build(one.path(), &all);
        let mut writer = open(many.path());
        let mut rest = &all[..];
        for split in splits {
            let (now, later) = rest.split_at(split);
            writer.append(now).unwrap();
            rest = later;
            if reopen {
                drop(writer);
                writer = open(many.path());
            }
        }
        prop_assert_eq!(writer.size(), all.len() as u64);
        prop_assert_eq!(writer.checkpoint().root().0, naive_root(&all));
        prop_assert_eq!(snapshot(one.path()), snapshot(many.path()));
        check(many.path()).unwrap();
        let reader = LedgerReader::open(many.path(), Some(&key())).unwrap();
        let read: Vec<_> = reader.entries(0..reader.size()).unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(read, all);
    }
}

#[test]
fn other_implementations_accept_the_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    build(dir.path(), &leaves(5));
    let text = fs::read_to_string(dir.path().join("checkpoint")).unwrap();
    let note = Note::from_bytes(text.as_bytes()).unwrap();
    let vkey = signer().verifier_key();
    let known = VerifierList::new(vec![Box::new(StandardVerifier::new(&vkey).unwrap())]);
    let (verified, unknown) = note.verify(&known).unwrap();
    assert_eq!((verified.len(), unknown.len(), verified[0].name()), (1, 0, ORIGIN));
    let head = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!((head.origin(), head.size(), head.hash().0), (ORIGIN, 5, naive_root(&leaves(5))));
    // By hand: the note is its text, an empty line and a signature line; the key is in the last part of the vkey.
    let (body, signature) = text.split_once("\n\n").unwrap();
    let base64 = &data_encoding::BASE64;
    let signature = base64.decode(signature.trim_end().rsplit_once(' ').unwrap().1.as_bytes()).unwrap();
    let public = base64.decode(vkey.splitn(3, '+').nth(2).unwrap().as_bytes()).unwrap();
    assert_eq!(public[0], 1);
    let public = ed25519_dalek::VerifyingKey::from_bytes(public[1..].try_into().unwrap()).unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&signature[4..]).unwrap();
    public.verify(format!("{body}\n").as_bytes(), &signature).unwrap();
}

#[test]
fn limits_are_kept_and_leave_the_ledger_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = open(dir.path());
    writer.append([vec![1; 65_535], Vec::new()]).unwrap();
    let error = writer.append([vec![2; 3], vec![3; 65_536]]).unwrap_err();
    assert!(matches!(error, LedgerError::LeafTooLong { index: 3, length: 65_536 }));
    assert_eq!((writer.size(), check(dir.path()).unwrap().size), (2, 2));
    assert!(matches!(LedgerWriter::open(dir.path(), signer()), Err(LedgerError::Locked)));
    drop(writer);
    let reader = LedgerReader::open(dir.path(), None).unwrap();
    assert_eq!(reader.entry(0).unwrap(), vec![1; 65_535]);
    assert_eq!(reader.entry(1).unwrap(), b"");
    let receipt = reader.receipt(0).unwrap().to_string();
    crate::ledger::Receipt::parse(&receipt).unwrap().verify(&key()).unwrap();
    for index in [2, u64::MAX] {
        assert!(matches!(reader.entry(index), Err(LedgerError::OutOfRange { .. })));
        assert!(matches!(reader.inclusion_proof(index, 2), Err(LedgerError::OutOfRange { .. })));
        assert!(matches!(reader.consistency_proof(1, index.max(3)), Err(LedgerError::OutOfRange { .. })));
    }
    for origin in ["", "two words", "a+b", "line\nbreak", "bell\u{7}", &"x".repeat(256)] {
        assert!(matches!(Signer::from_seed(origin, &[0; 32]), Err(LedgerError::Origin)), "{origin:?}");
    }
    assert!(!format!("{:?}", signer()).contains("key"));
}

#[test]
fn published_names_are_served_also_when_a_wider_file_has_replaced_them() {
    let (dir, old) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let all = leaves(600);
    build(old.path(), &all[..300]);
    let mut writer = open(dir.path());
    for range in [0..300, 300..310, 310..600] {
        writer.append(&all[range]).unwrap();
        for (name, bytes) in snapshot(old.path()) {
            if name != "checkpoint" {
                assert_eq!(read_file(dir.path(), &name).unwrap().as_ref(), Some(&bytes), "{name}");
            }
        }
    }
    let checkpoint = read_file(dir.path(), "checkpoint").unwrap().unwrap();
    assert_eq!(checkpoint, writer.checkpoint().text().as_bytes());
    for name in [
        "tile/0/002.p/89",
        "tile/0/003",
        "tile/entries/002",
        "tile/7/000",
        ".writing",
        "../checkpoint",
        "tile/0/000.p/0",
    ] {
        assert_eq!(read_file(dir.path(), name).unwrap(), None, "{name}");
    }
}

#[test]
fn readers_are_not_disturbed_by_a_writer() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = open(dir.path());
    writer.append(leaves(3)).unwrap();
    let all = leaves(1500);
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut size = 0;
            while size < 1500 {
                size = check(dir.path()).unwrap().size;
                let reader = LedgerReader::open(dir.path(), None).unwrap();
                reader.receipt(size - 1).unwrap().verify(&key()).unwrap();
            }
        });
        for chunk in all[3..].chunks(7) {
            writer.append(chunk).unwrap();
        }
        reading.join().unwrap();
    });
}
