use super::*;

#[test]
fn the_file_is_read() {
    assert!(Rules::parse(TEXT).is_ok());
}
