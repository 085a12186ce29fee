//! The sandbox: what a brand's template can do.
//!
//! Fuel bounds how many instructions a template takes, not how long one is, nor how much it holds. So there is nothing in it that could make a long text out
//! of a short one: no assignments, macros, functions or repetition; only output, conditions, loops over what the profile has,
//! and a few filters.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use consent::template::{Block, blocks, check_depth, first_word};
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, filters};

use super::clean::{PLACE, clean};
use super::content::{Content, LandingError};
use super::weight::is_light;

/// Instructions that one page may take.
const FUEL: u64 = 50_000;
/// Instructions times the bytes that each may go through.
const WORK: u64 = 200 << 20;
/// Bytes that text filters may go through.
const TEXT_BYTES_MAX: usize = 2 << 20;
/// How deep a profile's attributes are looked at.
const DEPTH_MAX: usize = 32;
/// Bytes of one expression or statement.
const BLOCK_BYTES_MAX: usize = 2_000;
/// Bytes that one part may render to.
const OUTPUT_BYTES_MAX: usize = 128 << 10;
/// Signs that join texts, wherever they stand: each joint copies what stands before it.
const JOINTS_MAX: usize = 100;
/// What may stand at the beginning of a statement.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// Renders one part for a profile, sanitised; [`PLACE`] stands where the form belongs.
pub(super) fn render(content: &Content, part: &str, profile: &Value) -> Result<String, LandingError> {
    let source = content.parts.get(part).ok_or_else(|| LandingError("there is no such part".to_owned()))?;
    plain(source)?;
    let environment = sandbox(profile);
    // No value of the person's is named in an error: it may end up in a log.
    let failed = |error: &minijinja::Error| {
        LandingError(format!("line {}: {}", error.line().unwrap_or(1), error.kind()))
    };
    let template = environment.template_from_str(source).map_err(|error| failed(&error))?;
    let mut out = Vec::new();
    let given = context! { profile => profile, form => Value::from_safe_string(PLACE.to_string()) };
    let limited = Limited { out: &mut out };
    template.render_captured_to(given, limited).map_err(|error| failed(&error))?;
    let html = String::from_utf8(out).map_err(|_| LandingError("it isn't UTF-8".to_owned()))?;
    if !is_light(&html) {
        return Err(LandingError(
            "its HTML has too many elements, in each other or without an end".to_owned(),
        ));
    }
    Ok(clean(&html))
}

fn sandbox(profile: &Value) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    // One instruction may go through all that the profile holds.
    let fuel = (WORK / held(profile, DEPTH_MAX).max(1)).min(FUEL);
    environment.set_fuel(Some(fuel));
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("default", filters::default);
    let text_left = Arc::new(AtomicUsize::new(TEXT_BYTES_MAX));
    let mut add = |name: &'static str, change: fn(&str) -> String| {
        let text_left = Arc::clone(&text_left);
        environment.add_filter(name, move |value: Value| changed(&value, change, &text_left));
    };
    add("upper", str::to_uppercase);
    add("lower", str::to_lowercase);
    add("trim", |text: &str| text.trim().to_owned());
    add("capitalize", |text: &str| {
        let mut chars = text.chars();
        let first = chars.next().map(char::to_uppercase);
        first.into_iter().flatten().chain(chars.as_str().to_lowercase().chars()).collect()
    });
    environment
}

/// A text filter, whose work is counted: an instruction is as much as its text is long.
fn changed(value: &Value, change: fn(&str) -> String, left: &AtomicUsize) -> Result<Value, minijinja::Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(Value::from(""));
    }
    let text = match value.as_str() {
        Some(text) => Cow::Borrowed(text),
        None if value.is_number() || value.kind() == ValueKind::Bool => Cow::Owned(value.to_string()),
        None => return Err(minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, "it is no text")),
    };
    let take = |left: usize| left.checked_sub(text.len() + 1);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
        .map_err(|_| minijinja::Error::from(minijinja::ErrorKind::OutOfFuel))?;
    let made = change(&text);
    Ok(if value.is_safe() { Value::from_safe_string(made) } else { Value::from(made) })
}

/// About how many bytes a value holds; what is deeper counts as much as there can be.
fn held(value: &Value, depth: usize) -> u64 {
    if depth == 0 {
        return WORK;
    }
    if let Some(text) = value.as_str() {
        return text.len() as u64 + 8;
    }
    let items =
        matches!(value.kind(), ValueKind::Seq | ValueKind::Map).then(|| value.try_iter().ok()).flatten();
    items.into_iter().flatten().fold(8, |sum: u64, item| {
        let inner = if value.kind() == ValueKind::Map {
            value.get_item(&item).unwrap_or_default()
        } else {
            Value::UNDEFINED
        };
        sum.saturating_add(held(&item, depth - 1)).saturating_add(held(&inner, depth - 1))
    })
}

/// Renders a part for nobody in particular, as the check does.
pub(super) fn trial(content: &Content, part: &str) -> Result<String, LandingError> {
    render(content, part, &nobody())
}

/// A profile without any attribute.
pub(super) fn nobody() -> Value {
    std::iter::empty::<(&str, Value)>().collect()
}

/// Refuses what isn't part of the sandbox, wherever it stands: in a text or a comment too, so that no reading of the
/// template other than the engine's can be deceived.
fn plain(source: &str) -> Result<(), LandingError> {
    for (at, _) in source.match_indices("{%") {
        let rest = source[at + 2..].trim_start_matches(['-', '+']).trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        if !STATEMENTS.contains(&&rest[..end]) {
            let word: String = rest[..end].chars().take(32).collect();
            return Err(LandingError(format!(
                "`{word}` can't be used here; there are if, elif, else and for"
            )));
        }
    }
    check_depth(source).map_err(|error| LandingError(format!("line {}: {error}", error.line())))?;
    for (at, block) in blocks(source) {
        narrow(block).map_err(|what| {
            LandingError(format!("line {}: {what}", source[..at].matches('\n').count() + 1))
        })?;
    }
    if source.contains('*') {
        return Err(LandingError("`*` can't be used here; write &#42; for the sign".to_owned()));
    }
    if source.matches(['~', '+']).count() > JOINTS_MAX {
        return Err(LandingError(format!(
            "at most {JOINTS_MAX} of `~` and `+` in a part; write &#126; and &#43;"
        )));
    }
    if source.contains(PLACE) {
        return Err(LandingError("the character U+E000 can't be used here".to_owned()));
    }
    Ok(())
}

/// Refuses expressions by which a short template could build something long: a loop binds a name, and one over a list of
/// that name, joined to itself, doubles it.
fn narrow(block: Block<'_>) -> Result<(), String> {
    let text = block.text();
    if text.len() > BLOCK_BYTES_MAX {
        return Err(format!("what stands in braces has more than {BLOCK_BYTES_MAX} bytes"));
    }
    if !matches!(block, Block::Statement(_)) || first_word(text) != "for" {
        return Ok(());
    }
    let over = text.split_once(" in ").map_or(text, |(_, over)| over);
    let built =
        over.contains(['(', '{', '~', '+']) || text.split_whitespace().any(|word| word.contains("recursive"));
    let listed = over
        .split('[')
        .skip(1)
        .any(|inside| !inside.trim_start().starts_with(['"', '\'', ']']) && !is_number(inside));
    if built || listed || over.contains(',') {
        return Err("`for` goes over something that the profile has, such as `profile.tags`".to_owned());
    }
    Ok(())
}

fn is_number(text: &str) -> bool {
    text.split(']').next().is_some_and(|inside| inside.trim().bytes().all(|byte| byte.is_ascii_digit()))
}

struct Limited<'a> {
    out: &'a mut Vec<u8>,
}

impl io::Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.out.len() + bytes.len() > OUTPUT_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn try_part(source: &str, profile: &Value) -> Result<String, LandingError> {
        let parts = [("primary".to_owned(), source.to_owned())].into_iter().collect();
        render(&Content { parts, ..Content::default() }, "primary", profile)
    }

    #[test]
    fn templates_show_the_profile_escaped() {
        let profile = context! { name => "<i>Ann</i>", tags => ["a", "b"] };
        let html = try_part(
            "<h1>Hi {{ profile.name|default('you') }}</h1>{% for tag in profile.tags %}<b>{{ tag }}</b>{% endfor %}{{ form }}",
            &profile,
        )
        .unwrap();
        assert_eq!(html, format!("<h1>Hi &lt;i&gt;Ann&lt;/i&gt;</h1><b>a</b><b>b</b>{PLACE}"));
        assert_eq!(try_part("{{ profile.a.b }}{{ profile.name|default('you') }}", &nobody()).unwrap(), "you");
    }

    #[test]
    fn deep_templates_and_pages_are_refused() {
        let deep = |part: &str| part.repeat(64_000 / part.len());
        for bad in [
            deep("{% if a %}"),
            format!("{{% if a %}}{}{{% endif %}}", deep("{% elif a %}")),
            format!("{{{{ a{} }}}}", deep("|upper")),
            format!("{{{{ a{} }}}}", deep(".a")),
            format!("{{{{ {}a }}}}", deep("not ")),
            format!("{{{{ {} }}}}", deep("(")),
            format!("{{{{ {} }}}}", deep("[")),
            format!("{{{{ a{} }}}}", deep(" if a else a")),
            format!("{{{{ '{}'|upper }}}}", "x".repeat(4_000)),
            deep("<div>"),
            deep("<b><p>"),
        ] {
            assert!(try_part(&bad, &nobody()).is_err(), "{}", &bad[..40]);
        }
        let wide = context! { many => (0..1_000).collect::<Vec<_>>(), long => "x".repeat(60_000) };
        for bad in [
            format!(
                "{{% for a in profile.many %}}{{% if profile.long{} == a %}}{{% endif %}}{{% endfor %}}",
                "|upper|lower".repeat(10)
            ),
            "{% for a in profile.many %}<b>{% endfor %}".to_owned(),
            "{{ profile|upper }}".to_owned(),
        ] {
            assert!(try_part(&bad, &wide).is_err(), "{bad}");
        }
        let fits = "{% for tag in profile['many'] %}{% endfor %}{{ profile.long|lower|trim|capitalize }}";
        assert!(try_part(fits, &context! { many => [1], long => "x".repeat(60_000) }).is_ok());
        assert_eq!(
            try_part(
                "{% if profile.country in ['DE', 'AT'] %}x{% else %}{{ profile.name|upper }}y{% endif %}",
                &nobody()
            )
            .unwrap(),
            "y"
        );
        assert_eq!(
            try_part("{% for k in profile.many[0] %}{% endfor %}{{ 7|upper }}{{ form|trim }}", &nobody())
                .unwrap(),
            format!("7{PLACE}")
        );
    }

    #[test]
    fn hostile_templates_are_refused() {
        let profile = context! { many => (0..2_000).collect::<Vec<_>>() };
        let joined = format!("{{{{ profile.many{} }}}}", " ~ a".repeat(101));
        assert!(try_part(&joined, &profile).unwrap_err().0.contains("at most 100"));
        for bad in [
            "{% include 'base.html' %}",
            "{% extends 'base.html' %}",
            "{% import 'x' as y %}",
            "{% set a = 'aaaaaaaa' %}{% set a = a ~ a %}",
            "{%- macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{{ '{%' }}",
            "{% for a in ['aaaaaaaa'] %}{% for b in [a ~ a] %}{% for c in [b ~ b] %}{{ c }}{% endfor %}{% endfor %}{% endfor %}",
            "{% for a in [[1, 1]] %}{% for b in [[a, a]] %}{% if b == b %}x{% endif %}{% endfor %}{% endfor %}",
            "{% for a in profile.many|default([profile.many ~ 'x']) %}x{% endfor %}",
            "{% for a in profile.many recursive %}{{ loop(profile.many) }}{% endfor %}",
            "{{ 'a' * 1000000000 }}",
            "{% for i in range(100000000) %}x{% endfor %}",
            "{{ namespace(a=1) }}",
            "{{ debug() }}",
            "{{ profile.many|join('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') }}",
            "{% for a in profile.many %}{% for b in profile.many %}x{% endfor %}{% endfor %}",
            "{% for a in profile.many %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}",
            "{{ ",
            "{% if %}",
            "\u{e000}",
        ] {
            assert!(try_part(bad, &profile).is_err(), "{bad}");
        }
    }
}
