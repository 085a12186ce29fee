use super::*;

/// The list that all projects of this kind are checked against, and this one's own.
const SHARED: &str = include_str!("tests/shared.tsv");
const OWN: &str = include_str!("tests/own.tsv");

fn phrases(list: &str) -> impl Iterator<Item = (&str, String)> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let (label, text) = line.split_once('\t').unwrap();
        (label, text.replace("\\n", "\n"))
    })
}

fn wrong(list: &str) -> Vec<String> {
    let keywords = Keywords::default();
    let wrong = phrases(list).filter_map(|(label, text)| {
        let verdict = classify(&text, &keywords);
        (verdict.class.as_str() != label).then(|| {
            format!("{label:8} {:8} {:24} {text:?}", verdict.class.as_str(), verdict.rule)
        })
    });
    wrong.collect()
}

#[test]
fn the_shared_list_is_read_as_labelled() {
    let wrong = wrong(SHARED);
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn our_own_list_is_read_as_labelled() {
    let wrong = wrong(OWN);
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}
