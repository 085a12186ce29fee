//! Files as people have them.

use proptest::prelude::*;

use super::*;

type Read = (u64, Vec<String>, Option<String>);

fn rows_of(file: impl AsRef<[u8]>, encoding: Option<&str>) -> Vec<Read> {
    let lines = decoded(file.as_ref(), encoding).unwrap();
    let mut rows = Vec::new();
    let Some(mut table) = Table::open(lines).unwrap() else { return rows };
    let at_sign = |fields: &[&str]| fields.iter().any(|field| field.contains('@'));
    while let Some(row) = table.next_row(&mut |fields| at_sign(fields)).unwrap() {
        let fault = row.fault().map(str::to_owned);
        rows.push((row.line, row.fields.iter().map(|&field| field.to_owned()).collect(), fault));
    }
    rows
}

fn fields(file: impl AsRef<[u8]>) -> Vec<Vec<String>> {
    rows_of(file, None)
        .into_iter()
        .map(|(line, fields, fault)| {
            assert_eq!(fault, None, "line {line}");
            fields
        })
        .collect()
}

#[test]
fn every_line_end_delimiter_and_encoding_is_read() {
    let table = [["email", "name"], ["a@x.example", "Zoë, \"Z\"; |"], ["b@x.example", "two\nlines"]];
    for delimiter in [",", ";", "\t", "|"] {
        for end in ["\n", "\r\n", "\r"] {
            for told in ["", "sep=", "SEP=", "\"sep="] {
                let told = match told {
                    "" => String::new(),
                    "\"sep=" => format!("\"sep={delimiter}\"{end}"),
                    told => format!("{told}{delimiter}{end}"),
                };
                let row = |row: [&str; 2]| {
                    let quoted = format!("\"{}\"", row[1].replace('"', "\"\"").replace('\n', end));
                    format!("{}{delimiter}{quoted}{end}", row[0])
                };
                let text = told + &table.map(row).concat();
                let units: Vec<u16> = text.encode_utf16().collect();
                let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
                let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
                for file in [
                    text.clone().into_bytes(),
                    [b"\xef\xbb\xbf", text.as_bytes()].concat(),
                    little.clone(),
                    big.clone(),
                    [b"\xff\xfe", &little[..]].concat(),
                    [b"\xfe\xff", &big[..]].concat(),
                ] {
                    assert_eq!(fields(&file), table, "{:?}", String::from_utf8_lossy(&file));
                }
                assert_eq!(rows_of(&big, Some("utf-16")).len(), 3);
            }
        }
    }
}

#[test]
fn line_ends_may_be_mixed() {
    let rows = rows_of("email,n\r\na@x,1\rb@x,2\r\r\nc@x,3\n\rd@x,\"4\r5\r\n6\"\r", None);
    let lines: Vec<(u64, &str)> = rows.iter().map(|(line, fields, _)| (*line, &*fields[0])).collect();
    assert_eq!(lines, [(1, "email"), (2, "a@x"), (3, "b@x"), (5, "c@x"), (7, "d@x")]);
    assert_eq!(rows[4].1[1], "4\n5\n6");
}

#[test]
fn what_is_no_text_is_told() {
    for file in [&b"PK\x03\x04..."[..], b"\x1f\x8b\x08", b"\xd0\xcf\x11\xe0"] {
        assert!(matches!(decoded(file, None), Err(OpenError::Packed)));
    }
    assert!(matches!(decoded(&b"a"[..], Some("utf-99")), Err(OpenError::Encoding(_))));
    for empty in ["", "\n\r\n", "sep=;\n", "\u{feff}"] {
        assert!(rows_of(empty, None).is_empty(), "{empty:?}");
    }
}

#[test]
fn a_quote_that_is_left_open_costs_its_row_alone() {
    let cases = [
        // A whole quoted field, with line ends and delimiters.
        ("a@x,\"1\n2, \"\"3\"\"\n\",y\nb@x,2,n\n", vec![(2, true), (5, true)]),
        // Open, and closed by nothing.
        ("a@x,\"1,n\nb@x,2,n\nc@x,3,n\n", vec![(2, false), (3, true), (4, true)]),
        // The next row's opening quote isn't a closing one.
        ("a@x,\"1,n\nb@x,\"2\",n\nc@x,3,n\n", vec![(2, false), (3, true), (4, true)]),
        ("a@x,\"{\"\"k\"\": 1},n\nb@x,\"{\"\"k\"\": 1},n\n", vec![(2, false), (3, false)]),
        // A stray quote closes it before a delimiter, with as many fields as there must be.
        ("a@x,\"1,n\nb@x,5\",n\nc@x,3,n\n", vec![(2, false), (3, true), (4, true)]),
        // As before, with another number of fields.
        ("a@x,1,\"n\nb@x,2,n\nc,d,\",n,n\n", vec![(2, false), (3, true), (4, false)]),
        // At the start of a row, in the last one, and after text.
        ("\"a@x,1,n\nb@x,2,n\n", vec![(2, false), (3, true)]),
        ("a@x,1,n\nb@x,2,\"", vec![(2, true), (3, false)]),
        ("a@x,\"1\"x,n\nb@x,2,n\n", vec![(2, false), (3, true)]),
        // A row with whole quotes after a broken one, on several lines.
        ("a@x,\"1,n\nb@x,\"2\n3\",n\nc@x,3,n\n", vec![(2, false), (3, true), (5, true)]),
        // No quote of RFC 4180's.
        ("a@x,5\" pipe,n\nb@x,a\"b\"c,n\n", vec![(2, true), (3, true)]),
    ];
    for (file, expected) in cases {
        let rows = rows_of(format!("email,note,consent\n{file}"), None);
        let found: Vec<(u64, bool)> =
            rows[1..].iter().map(|(line, _, fault)| (*line, fault.is_none())).collect();
        assert_eq!(found, expected, "{file}: {rows:?}");
        for (_, fields, fault) in &rows[1..] {
            // Whoever is named with a no can be found in broken rows too.
            assert!(fault.is_none() || !fields[0].contains('@') || fields.len() == 3, "{fields:?}");
        }
    }
}

#[test]
fn a_record_has_its_limits() {
    let long = |lines: usize| format!("email,note\na@x,\"{}\"\nb@x,2\n", "x\n".repeat(lines - 1));
    assert_eq!(rows_of(long(ROW_LINES_MAX), None).len(), 3);
    let rows = rows_of(long(ROW_LINES_MAX + 1), None);
    assert!(rows[1].2.is_some() && rows.last().unwrap().1 == ["b@x", "2"], "{:?}", rows.last());
    let rows = rows_of(format!("email,note\na@x,{}\rb@x,2\n", "x".repeat(ROW_LENGTH_MAX)), None);
    assert_eq!((rows.len(), rows[1].2.is_some()), (3, true));
}

/// Counts the bytes that are looked at, by the lines that are handed out.
#[test]
fn open_quotes_in_every_line_take_linear_time() {
    // Every line opens a quote, and closes and opens one when read inside of quotes.
    let line = "\",a\",\"\n";
    let file = format!("a,b,c\n{}", line.repeat(100_000));
    let rows = rows_of(&file, None);
    assert_eq!(rows.len(), 100_001);
    assert!(rows[1..].iter().all(|(_, _, fault)| fault.is_some()));
}

/// Fails unless every line of the file that isn't empty is in a row, or before the first.
fn account_for(file: &[u8]) {
    let (Ok(mut lines), Ok(again)) = (decoded(file, None), decoded(file, None)) else { return };
    let mut empty = vec![true];
    while let Some(line) = lines.next_line().unwrap() {
        empty.push(line.bytes.is_empty());
    }
    let Some(mut table) = Table::open(again).unwrap() else { return };
    let (mut next, mut first) = (1, true);
    while let Some(row) =
        table.next_row(&mut |fields| fields.iter().any(|field| field.contains('@'))).unwrap()
    {
        let line = row.line as usize;
        // A line `sep=;` may come before the first row.
        assert!(first || empty[next..line].iter().all(|empty| *empty), "a line is gone before {line}");
        let inner = if row.broken.is_some() { 0 } else { memchr::memchr_iter(b'\n', &row.raw).count() };
        (next, first) = (line + 1 + inner, false);
    }
    assert!(empty[next..].iter().all(|empty| *empty), "the end is gone");
}

#[test]
fn the_corpus_is_read_to_its_end() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/csv");
    let mut count = 0;
    for file in std::fs::read_dir(corpus).unwrap() {
        account_for(&std::fs::read(file.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 100, "{count}");
}

proptest! {
    #[test]
    fn every_line_is_accounted_for(
        lines in proptest::collection::vec("[a@,;\"\\tb]{0,8}", 0..40),
        ends in proptest::collection::vec(prop_oneof!["\n", "\r", "\r\n"], 40),
    ) {
        let file: String = lines.iter().zip(&ends).flat_map(|(line, end)| [line.as_str(), end]).collect();
        account_for(file.as_bytes());
    }

    #[test]
    fn whole_tables_come_back(
        table in proptest::collection::vec(proptest::collection::vec("[a-z,;|\"\n é']{0,6}", 3), 1..20),
    ) {
        let mut file = String::from("x,y,z\n");
        for row in &table {
            let cells: Vec<String> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            file += &(cells.join(",") + "\n");
        }
        prop_assert_eq!(&fields(&file)[1..], &table[..]);
    }

    #[test]
    fn rejected_rows_come_back(
        row in proptest::collection::vec("[=+@'\\-]?[a-z,\" é]{0,6}", 3),
    ) {
        let cells: Vec<String> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        let written = rejected_row(cells.join(",").as_bytes(), b',', None);
        let read = fields([b"x,y,z\n", &written[..]].concat()).pop().unwrap();
        let read: Vec<&str> = read.iter().map(|cell| unguarded(cell)).collect();
        prop_assert_eq!(read, row);
    }
}
