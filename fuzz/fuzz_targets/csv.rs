//! Files of the suppression list and the allow list: whatever a file holds, reading it ends, and without a panic.

#![no_main]

use intake::suppression::{Target, count_rows};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    for target in [Target::Suppression, Target::Allow] {
        let _ = count_rows(file, target, None);
    }
    // Most inputs fail at the header row: these have one.
    let with_header = [b"TYPE,VALUE,COMMENT,CATEGORY,EXPIRES\n".as_slice(), file].concat();
    let _ = count_rows(&*with_header, Target::Suppression, None);
});
