//! Files of rows: whatever a file holds, reading it ends, without a panic, and every line of it is accounted for.

#![no_main]

use intake::suppression::{Target, count_rows};
use libfuzzer_sys::fuzz_target;
use rows::{Table, decoded};

fuzz_target!(|file: &[u8]| {
    for target in [Target::Suppression, Target::Allow] {
        let _ = count_rows(file, target, None);
    }
    // Most inputs fail at the header row: these have one.
    let with_header = [b"TYPE,VALUE,COMMENT,CATEGORY,EXPIRES\n".as_slice(), file].concat();
    let _ = count_rows(&*with_header, Target::Suppression, None);
    every_line_is_accounted_for(file);
});

fn every_line_is_accounted_for(file: &[u8]) {
    let (Ok(mut lines), Ok(again)) = (decoded(file, None), decoded(file, None)) else { return };
    let mut all = vec![true];
    while let Some(line) = lines.next_line().expect("memory can be read") {
        all.push(line.bytes.is_empty());
    }
    let Some(mut table) = Table::open(again).expect("memory can be read") else { return };
    let mut next = 1;
    let mut first = true;
    while let Some(row) = table
        .next_row(&mut |fields| fields.iter().any(|field| field.contains('@')))
        .expect("memory can be read")
    {
        let line = row.line as usize;
        // A line `sep=;` may come before the first row.
        assert!(first || (next..line).all(|line| all[line]), "a line is gone before {line}");
        first = false;
        let inner =
            if row.broken.is_some() { 0 } else { row.raw.iter().filter(|byte| **byte == b'\n').count() };
        next = line + 1 + inner;
    }
    assert!((next..all.len()).all(|line| all[line]), "the end is gone");
}
