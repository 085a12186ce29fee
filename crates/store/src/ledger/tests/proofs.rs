//! Proofs and receipts.

use super::*;
use crate::ledger::{Checkpoint, Receipt, check_consistency};

#[test]
fn proofs_are_those_of_the_naive_tree() {
    let dir = tempfile::tempdir().unwrap();
    let all = leaves(600);
    build(dir.path(), &all);
    let reader = LedgerReader::open(dir.path(), Some(&key())).unwrap();
    for size in (1..20).chain([255, 256, 257, 511, 512, 513, 599, 600]) {
        let tree = &all[..size];
        let checkpoint = signer().sign(size as u64, Hash(naive_root(tree))).unwrap();
        for index in (0..size).step_by(size.div_ceil(12)).chain([size - 1]) {
            let proof = reader.inclusion_proof(index as u64, size as u64).unwrap();
            assert_eq!(bytes_of(&proof), naive_path(index, tree), "{index} of {size}");
            verify_inclusion(&all[index], index as u64, &proof, &checkpoint).unwrap();
            let other = all.get(index + 1).unwrap_or(&all[0]);
            assert!(verify_inclusion(other, index as u64, &proof, &checkpoint).is_err());
            assert!(
                size == 1 || verify_inclusion(&all[index], index as u64 ^ 1, &proof, &checkpoint).is_err()
            );
            assert!(verify_inclusion(&all[index], u64::MAX, &proof, &checkpoint).is_err());
            for cut in 0..proof.len() {
                assert!(verify_inclusion(&all[index], index as u64, &proof[..cut], &checkpoint).is_err());
            }
        }
        for old in (1..=size).step_by(size.div_ceil(12)).chain([size]) {
            let proof = reader.consistency_proof(old as u64, size as u64).unwrap();
            assert_eq!(bytes_of(&proof), naive_consistency(old, tree, true), "{old} to {size}");
            let earlier = signer().sign(old as u64, Hash(naive_root(&tree[..old]))).unwrap();
            check_consistency(&earlier, &checkpoint, &proof).unwrap();
            let forged = signer().sign(old as u64, Hash(naive_root(&all[1..=old.min(599)]))).unwrap();
            assert!(check_consistency(&forged, &checkpoint, &proof).is_err());
        }
    }
}

#[test]
fn a_receipt_stands_alone_and_no_byte_of_it_can_change() {
    let dir = tempfile::tempdir().unwrap();
    let all = leaves(300);
    build(dir.path(), &all);
    let text = LedgerReader::open(dir.path(), None).unwrap().receipt(7).unwrap().to_string();
    drop(dir);
    let receipt = Receipt::parse(&text).unwrap();
    assert_eq!((receipt.leaf(), receipt.index()), (&all[7][..], 7));
    assert_eq!(receipt.verify(&key()).unwrap().size(), 300);
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra ") && text.contains("\nindex 7\n"));
    let fails = |text: &str| Receipt::parse(text).and_then(|receipt| receipt.verify(&key())).is_err();
    for position in 0..text.len() {
        for mask in [1, 0x20] {
            let mut changed = text.clone().into_bytes();
            changed[position] ^= mask;
            assert!(
                String::from_utf8(changed).is_ok_and(|text| fails(&text))
                    || !text.is_char_boundary(position + 1)
                    || !text.is_char_boundary(position),
                "byte {position}"
            );
        }
        if text.is_char_boundary(position) {
            assert!(fails(&text[..position]), "cut at {position}");
            assert!(
                fails(&format!("{}\n{}", &text[..position], &text[position..])),
                "line break at {position}"
            );
        }
    }
    for spelling in [
        format!("{text}\n"),
        format!("{text} "),
        text.replace('\n', "\r\n"),
        text.replace("index 7", "index 07"),
        "x".repeat(1 << 20),
    ] {
        assert!(fails(&spelling));
    }
    let other = Signer::from_seed(ORIGIN, &[8; 32]).unwrap().verifier();
    assert!(matches!(receipt.verify(&other), Err(LedgerError::Signature { .. })));
}

#[test]
fn an_auditor_with_an_old_checkpoint_sees_what_was_rewritten() {
    let all = leaves(700);
    let (dir, rewritten, empty) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut writer = open(dir.path());
    let mut kept = vec![writer.checkpoint().text().to_owned()];
    for chunk in all.chunks(100) {
        kept.push(writer.append(chunk).unwrap().text().to_owned());
    }
    for (i, old) in kept.iter().enumerate() {
        let (old, new) = verify_consistency(dir.path(), old, &key()).unwrap();
        assert_eq!((old.size(), new.size()), (i as u64 * 100, 700));
    }
    // The operator signs a history in which entry 150 is another one.
    let mut other = all.clone();
    other[150] = b"never said no".to_vec();
    build(rewritten.path(), &other);
    check(rewritten.path()).unwrap();
    for (i, old) in kept.iter().enumerate() {
        let result = verify_consistency(rewritten.path(), old, &key());
        assert_eq!(result.is_ok(), i < 2, "{i}: {result:?}");
        assert!(i < 2 || matches!(result, Err(LedgerError::Inconsistent { new: 700, .. })));
    }
    // A history that was cut.
    build(empty.path(), &all[..250]);
    assert!(matches!(
        verify_consistency(empty.path(), &kept[3], &key()),
        Err(LedgerError::Inconsistent { old: 300, new: 250 })
    ));
    let forged = kept[3].replace("300", "200");
    assert!(matches!(verify_consistency(dir.path(), &forged, &key()), Err(LedgerError::Signature { .. })));
    assert!(matches!(verify_consistency(dir.path(), "hello", &key()), Err(LedgerError::MalformedCheckpoint)));
}

#[test]
fn checkpoints_have_one_spelling_and_an_owner() {
    let text = signer().sign(12, Hash([3; 32])).unwrap().text().to_owned();
    assert_eq!(Checkpoint::verify(&text, &key()).unwrap().size(), 12);
    for changed in [
        text.replace("12\n", "012\n"),
        text.replace("12\n", "+12\n"),
        format!("{text}\n"),
        text[1..].to_owned(),
        text.trim_end().to_owned(),
        text.replace("\n\n", "\n"),
        format!("\u{feff}{text}"),
        "x".repeat(20_000),
    ] {
        assert!(Checkpoint::verify(&changed, &key()).is_err(), "{changed}");
    }
    // A good signature under another log's name does not make it this log's.
    let theirs = Signer::from_seed("other.example/log", &[7; 32]).unwrap();
    let theirs = theirs.sign(12, Hash([3; 32])).unwrap();
    assert!(matches!(Checkpoint::verify(theirs.text(), &key()), Err(LedgerError::Signature { .. })));
    // Nor does our own signature under a head that names another log.
    let head = tlog_tiles::Checkpoint::new("other.example/log", 12, Hash([3; 32]), "").unwrap();
    let mut note = signed_note::Note::new(&head.to_bytes(), &[]).unwrap();
    note.add_sigs(&[&signer()]).unwrap();
    let foreign = String::from_utf8(note.to_bytes()).unwrap();
    assert!(matches!(Checkpoint::verify(&foreign, &key()), Err(LedgerError::Signature { .. })));
    assert!(signer().sign(1 << 60, Hash([3; 32])).is_ok_and(|huge| Checkpoint::parse(huge.text()).is_err()));
    for vkey in ["", "a", "a+b+c", &signer().verifier_key()[1..]] {
        assert!(matches!(VerifierKey::parse(vkey), Err(LedgerError::VerifierKey)));
    }
}
