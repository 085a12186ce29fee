mod crash;
mod proofs;
mod tamper;
mod tree;

use super::{
    Hash, LedgerError, LedgerReader, LedgerWriter, Signer, VerifierKey, VerifyReport, read_file, verify,
    verify_consistency, verify_inclusion,
};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, fs, path::Path};

const ORIGIN: &str = "consent.example/ledger/1";

fn signer() -> Signer {
    Signer::from_seed(ORIGIN, &[7; 32]).unwrap()
}

fn key() -> VerifierKey {
    signer().verifier()
}

fn open(dir: &Path) -> LedgerWriter {
    LedgerWriter::open(dir, signer()).unwrap()
}

fn check(dir: &Path) -> Result<VerifyReport, LedgerError> {
    verify(dir, Some(&key()), &mut |_, _| {})
}

/// Leaves of various lengths, none like another.
fn leaves(count: u64) -> Vec<Vec<u8>> {
    (0..count)
        .map(|i| {
            let mut leaf = i.to_be_bytes().to_vec();
            leaf.resize(8 + usize::try_from(i * 31 % 300).unwrap(), b'.');
            leaf
        })
        .collect()
}

fn build(dir: &Path, leaves: &[Vec<u8>]) {
    open(dir).append(leaves).unwrap();
}

/// All files below `dir` by their names.
fn snapshot(dir: &Path) -> BTreeMap<String, Vec<u8>> {
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
    let mut files = BTreeMap::new();
    walk(dir, dir, &mut files);
    files
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// RFC 6962 section 2.1, word for word.
fn naive_root(leaves: &[Vec<u8>]) -> [u8; 32] {
    match leaves {
        [] => sha256(&[]),
        [leaf] => sha256(&[&[0], leaf]),
        _ => {
            let (left, right) = leaves.split_at(split_point(leaves.len()));
            sha256(&[&[1], &naive_root(left), &naive_root(right)])
        }
    }
}

/// The largest power of two below `n`.
fn split_point(n: usize) -> usize {
    n.next_power_of_two() / 2
}

/// RFC 6962 section 2.1.1, word for word.
fn naive_path(index: usize, leaves: &[Vec<u8>]) -> Vec<[u8; 32]> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split_point(leaves.len()));
    let (mut path, sibling) = if index < left.len() {
        (naive_path(index, left), right)
    } else {
        (naive_path(index - left.len(), right), left)
    };
    path.push(naive_root(sibling));
    path
}

/// RFC 6962 section 2.1.2, word for word.
fn naive_consistency(old: usize, leaves: &[Vec<u8>], known: bool) -> Vec<[u8; 32]> {
    if old == leaves.len() {
        return if known { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let (left, right) = leaves.split_at(split_point(leaves.len()));
    let (mut path, sibling) = if old <= left.len() {
        (naive_consistency(old, left, known), right)
    } else {
        (naive_consistency(old - left.len(), right, false), left)
    };
    path.push(naive_root(sibling));
    path
}

fn bytes_of(hashes: &[Hash]) -> Vec<[u8; 32]> {
    hashes.iter().map(|hash| hash.0).collect()
}
