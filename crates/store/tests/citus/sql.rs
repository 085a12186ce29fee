//! A small reader of SQL: enough for our own statements, not for anybody's.

use store::postgres::citus::{TABLES, Table};

const VOLATILE: [&str; 8] = [
    "now",
    "random",
    "nextval",
    "gen_random_uuid",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "timeofday",
];
const VERBS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];

/// The string literals of Rust source that are statements for PostgreSQL, with the line that each begins in. Tests and the
/// first text of `Sql::each`, which is SQLite's, are left out.
pub fn statements(source: &str) -> Vec<(usize, String)> {
    let source = source.split("#[cfg(test)]\n").next().unwrap_or_default();
    let source = source.split("#[cfg(test)]\r\n").next().unwrap_or_default();
    let bytes = source.as_bytes();
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        let rest = &source[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if let Some(length) = character(rest) {
            at += length;
        } else if let Some((text, length)) = literal(rest) {
            let is_sqlite = source[..at].trim_end().ends_with("Sql::each(");
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ") + " ";
            if VERBS.iter().any(|verb| words.starts_with(verb)) && !is_sqlite {
                found.push((source[..at].lines().count(), text));
            }
            at += length;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

/// The length of a character literal at the start; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let length =
        if inner.starts_with('\\') { inner[2..].find('\'')? + 2 } else { inner.chars().next()?.len_utf8() };
    (length < 12 && inner[length..].starts_with('\'')).then_some(length + 2)
}

/// A string literal at the start, and its length in the source.
fn literal(rest: &str) -> Option<(String, usize)> {
    let hashes = rest.strip_prefix('r').map(|raw| raw.len() - raw.trim_start_matches('#').len());
    if let Some(hashes) = hashes
        && rest[1 + hashes..].starts_with('"')
    {
        let begin = hashes + 2;
        let end = rest[begin..].find(&format!("\"{}", "#".repeat(hashes)))?;
        return Some((rest[begin..begin + end].to_owned(), begin + end + 1 + hashes));
    }
    let inner = rest.strip_prefix('"')?;
    let mut text = String::new();
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((text, at + 2)),
            '\\' => {
                text.extend(letters.next().map(|(_, escaped)| if escaped == 'n' { '\n' } else { escaped }));
            }
            _ => text.push(letter),
        }
    }
    None
}

/// Words in lower case, numbers, parameters, and single signs; texts and comments are left out.
fn tokens(sql: &str) -> Vec<String> {
    let mut out = Vec::new();
    for line in sql.lines() {
        let mut rest = line.split("--").next().unwrap_or_default();
        while let Some(first) = rest.chars().next() {
            let is_word = |letter: char| letter.is_alphanumeric() || "_?$".contains(letter);
            let length = if is_word(first) {
                rest.find(|letter| !is_word(letter)).unwrap_or(rest.len())
            } else if first == '\'' {
                rest[1..].find('\'').map_or(rest.len(), |end| end + 2)
            } else {
                first.len_utf8()
            };
            if !first.is_whitespace() && !"'\"".contains(first) {
                out.push(rest[..length].to_lowercase());
            }
            rest = &rest[length..];
        }
    }
    out
}

fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

/// A distributed table that a statement uses, and how it calls it.
struct Used {
    alias: String,
    column: &'static str,
    group: &'static str,
}

fn used(tokens: &[String]) -> Vec<Used> {
    let mut out = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if !["from", "join", "into", "update"].contains(&token.as_str()) {
            continue;
        }
        let Some(table) = tokens.get(at + 1).and_then(|name| table(name)) else { continue };
        let Some((column, group)) = table.distribution else { continue };
        let next = tokens.get(at + 2).map_or("", String::as_str);
        let named = if next == "as" { tokens.get(at + 3).map_or("", String::as_str) } else { next };
        let keyword = [
            "where",
            "on",
            "join",
            "left",
            "inner",
            "cross",
            "set",
            "order",
            "group",
            "limit",
            "for",
            "values",
            "using",
            "returning",
            "select",
            "union",
            "having",
            "indexed",
            "default",
        ];
        let is_alias = named.starts_with(char::is_alphabetic) && !keyword.contains(&named);
        let alias = if is_alias { named } else { table.name };
        out.push(Used { alias: alias.to_owned(), column, group });
    }
    out
}

/// Both sides of each `a = b`, with columns as `table.column` or bare.
fn equalities(tokens: &[String]) -> Vec<(String, String)> {
    let side = |token: usize, forwards: bool| -> Option<String> {
        let dot = if forwards { token + 1 } else { token.checked_sub(1)? };
        let other = if forwards { token + 2 } else { token.wrapping_sub(2) };
        let word = tokens.get(token)?;
        Some(match (tokens.get(dot).map(String::as_str), tokens.get(other)) {
            (Some("."), Some(far)) if forwards => format!("{word}.{far}"),
            (Some("."), Some(far)) => format!("{far}.{word}"),
            _ => word.clone(),
        })
    };
    let signs = tokens.iter().enumerate().filter(|(at, token)| {
        let part_of_another =
            |at: usize| tokens.get(at).is_some_and(|sign| ["<", ">", "!"].contains(&sign.as_str()));
        *token == "=" && !part_of_another(at.wrapping_sub(1))
    });
    signs.filter_map(|(at, _)| Some((side(at.checked_sub(1)?, false)?, side(at + 1, true)?))).collect()
}

/// The rules that a statement breaks.
pub fn check(statement: &str) -> Vec<&'static str> {
    let tokens = tokens(statement);
    let (used, equal) = (used(&tokens), equalities(&tokens));
    let Some(first) = used.first() else { return Vec::new() };
    let has = |words: &[&str]| tokens.windows(words.len()).any(|window| window.iter().eq(words.iter()));
    let verb = tokens[0].as_str();
    let writes = verb == "update" || verb == "delete" || (verb == "insert" && has(&["select"]));
    let mut broken = Vec::new();
    let calls = |name: &str| has(&[name, "("]) || has(&["current_timestamp"]);
    if writes && VOLATILE.iter().any(|name| calls(name)) {
        broken.push("volatile function");
    }
    let is_key = |side: &str, of: &Used| side == of.column || *side == format!("{}.{}", of.alias, of.column);
    let is_given = |side: &str| side.starts_with(['?', '$']);
    let given = |of: &Used| -> Vec<&str> {
        let sides = equal.iter().flat_map(|(a, b)| [(a, b), (b, a)]);
        sides
            .filter(|(key, value)| is_key(key, of) && is_given(value))
            .map(|(_, value)| value.as_str())
            .collect()
    };
    let locks = ["update", "share", "no", "key"].iter().any(|kind| has(&["for", kind]));
    if locks && used.iter().any(|of| given(of).is_empty()) {
        broken.push("lock off the key");
    }
    if updated(&tokens).iter().any(|column| column == first.column) {
        broken.push("key updated");
    }
    // Citus carries the rows of INSERT ... SELECT to where they belong.
    let read = &used[usize::from(verb == "insert")..];
    let joined = |of: &Used| {
        let first = &read[0];
        let linked =
            equal.iter().any(|(a, b)| is_key(a, first) && is_key(b, of) || is_key(a, of) && is_key(b, first));
        let same = given(of).iter().any(|value| given(first).contains(value));
        of.group == first.group && (linked || same)
    };
    if !read.iter().skip(1).all(joined) {
        broken.push("joins off the key");
    }
    broken
}

/// The columns that the statement sets: of UPDATE, or of ON CONFLICT DO UPDATE.
fn updated(tokens: &[String]) -> Vec<String> {
    let Some(set) = tokens.iter().position(|token| token == "set") else { return Vec::new() };
    let (mut depth, mut expected, mut out) = (0_i32, true, Vec::new());
    for token in &tokens[set + 1..] {
        match token.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            "," if depth == 0 => expected = true,
            "where" | "returning" | "from" if depth == 0 => break,
            column if expected => {
                out.push(column.to_owned());
                expected = false;
            }
            _ => {}
        }
    }
    out
}

fn name_after<'t>(tokens: &'t [String], words: &[&str]) -> Option<&'t String> {
    let skipped = ["if", "not", "exists", "only", "unlogged"];
    let begins = words.iter().enumerate().all(|(at, word)| tokens.get(at).is_some_and(|token| token == word));
    begins.then(|| tokens[words.len()..].iter().find(|token| !skipped.contains(&token.as_str())))?
}

/// The tables that a schema makes, in order.
pub fn tables_made(schema: &str) -> Vec<String> {
    let schema = without_comments(schema);
    let pieces = schema.split(';').map(tokens);
    pieces.filter_map(|tokens| name_after(&tokens, &["create", "table"]).cloned()).collect()
}

/// The primary and unique keys of distributed tables that lack the distribution column, as `table: columns`.
pub fn keys_without(schema: &str) -> Vec<String> {
    let mut out = Vec::new();
    for tokens in without_comments(schema).split(';').map(tokens) {
        let made = name_after(&tokens, &["create", "table"]).or(name_after(&tokens, &["alter", "table"]));
        let indexed = name_after(&tokens, &["create", "unique", "index"]).and_then(|_| {
            let on = tokens.iter().position(|token| token == "on")?;
            tokens[on + 1..].iter().find(|token| *token != "only")
        });
        let Some(name) = made.or(indexed) else { continue };
        let Some((column, _)) = table(name).and_then(|table| table.distribution) else { continue };
        let keys = if indexed.is_some() { listed(&tokens).into_iter().collect() } else { keys(&tokens) };
        for key in keys.iter().filter(|key| !key.iter().any(|part| part == column)) {
            out.push(format!("{name}: {}", key.join(", ")));
        }
    }
    out
}

/// A semicolon in a comment ends no statement.
fn without_comments(schema: &str) -> String {
    let lines = schema.lines().map(|line| line.split("--").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The keys of a table's definition: those listed, and those of one column.
fn keys(tokens: &[String]) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_primary = token == "primary" && tokens.get(at + 1).is_some_and(|next| next == "key");
        if !is_primary && token != "unique" {
            continue;
        }
        let after = at + if is_primary { 2 } else { 1 };
        if tokens.get(after).is_some_and(|next| next == "(") {
            out.extend(listed(&tokens[after..]));
        } else {
            // Of the column in whose definition it stands.
            let mut depth = 0_i32;
            let begin = tokens[..at].iter().rposition(|token| {
                depth += i32::from(token == ")") - i32::from(token == "(");
                depth < 0 || depth == 0 && token == ","
            });
            out.extend(begin.and_then(|begin| Some(vec![tokens.get(begin + 1)?.clone()])));
        }
    }
    out
}

/// The words of the first list in parentheses.
fn listed(tokens: &[String]) -> Option<Vec<String>> {
    let open = tokens.iter().position(|token| token == "(")?;
    let close = open + tokens[open..].iter().position(|token| token == ")")?;
    Some(tokens[open + 1..close].iter().filter(|token| *token != ",").cloned().collect())
}
