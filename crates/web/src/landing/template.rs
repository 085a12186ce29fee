//! The sandbox: what a brand's template can do.
//!
//! Fuel bounds how long a template runs, not how much it holds. So there is nothing in it that could make a long text out
//! of a short one: no assignments, macros, functions or repetition; only output, conditions, loops over what the profile has,
//! and a few filters.

use std::io;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, filters};

use super::clean::{PLACE, clean};
use super::page::{Content, LandingError};

/// Instructions that one page may take.
const FUEL: u64 = 50_000;
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
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("default", filters::default);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_filter("trim", filters::trim);
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
    Ok(clean(&html))
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
    fn hostile_templates_are_refused() {
        let profile = context! { many => (0..2_000).collect::<Vec<_>>() };
        let joined = format!("{{{{ profile.many{} }}}}", " ~ profile.many".repeat(101));
        assert!(try_part(&joined, &profile).unwrap_err().0.contains("at most 100"));
        for bad in [
            "{% include 'base.html' %}",
            "{% extends 'base.html' %}",
            "{% import 'x' as y %}",
            "{% set a = 'aaaaaaaa' %}{% set a = a ~ a %}",
            "{%- macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{{ '{%' }}",
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
