//! A brand's own words in place of ours.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use super::LookError;
use crate::pages::language::{Bundle, SOURCES, bundle};

/// Characters of one text.
pub const TEXT_CHARS_MAX: usize = 2_000;
/// Braces and brackets that may stand in each other in one text.
const BRACES_MAX: usize = 8;
/// What a selector in our texts may be given.
const LEVELS: [&str; 4] = ["any", "channel", "identity", "subscription"];
const CHANNELS: [&str; 4] = ["email", "sms", "push", "whatsApp"];
const NUMBERS: [(&str, u8); 6] =
    [("days", 30), ("hours", 48), ("minutes", 5), ("count", 2), ("day", 3), ("year", 26)];

/// Reads one language's texts. Every key must be one of ours, every text well-formed, with exactly the arguments of the
/// text that it replaces: one that leaves out for whom or how far a choice counts would say something else.
pub(super) fn check(language: &str, texts: &BTreeMap<String, String>) -> Result<Bundle, LookError> {
    let tag = SOURCES.iter().map(|(tag, _)| *tag).find(|tag| *tag == language).ok_or_else(|| {
        let known: BTreeSet<_> = SOURCES.iter().map(|(tag, _)| *tag).collect();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        LookError::new(format!("texts.{language}: there is no such language"), format!("there are {known}"))
    })?;
    let ours = arguments_of_ours();
    let mut own = bundle(tag);
    for (key, text) in texts {
        let at = format!("texts.{language}.{key}");
        let wanted = ours.get(key).ok_or_else(|| {
            LookError::new(
                format!("{at}: there is no text of that name"),
                "docs/look.md says how to list them",
            )
        })?;
        let refuse = |what: String| {
            LookError::new(
                format!("{at}: {what}"),
                "write arguments as { $brand }, and nothing else in braces",
            )
        };
        let resource = read(key, text).map_err(refuse)?;
        let found = placed(&resource).map_err(refuse)?;
        differ(&at, wanted, &found)?;
        own.add_resource_overriding(resource);
        if !shows(&own, key, wanted) {
            return Err(refuse("it can't be shown".to_owned()));
        }
    }
    Ok(own)
}

/// The keys that a look may set, each with its arguments.
pub fn keys() -> Vec<(String, Vec<String>)> {
    let ours = arguments_of_ours().into_iter();
    ours.map(|(key, arguments)| (key, arguments.into_iter().collect())).collect()
}

fn differ(at: &str, wanted: &BTreeSet<String>, found: &BTreeSet<String>) -> Result<(), LookError> {
    let named = |names: Vec<&String>| {
        names.into_iter().map(|name| format!("{{ {name} }}")).collect::<Vec<_>>().join(", ")
    };
    let lacking: Vec<_> = wanted.difference(found).collect();
    if !lacking.is_empty() {
        let lacking = named(lacking);
        return Err(LookError::new(
            format!("{at}: the text lacks {lacking}"),
            format!("put {lacking} into it"),
        ));
    }
    let unknown: Vec<_> = found.difference(wanted).collect();
    if !unknown.is_empty() {
        let known = if wanted.is_empty() { "none".to_owned() } else { named(wanted.iter().collect()) };
        return Err(LookError::new(
            format!("{at}: the text has {}, which isn't given to it", named(unknown)),
            format!("it is given {known}"),
        ));
    }
    Ok(())
}

/// One message of that key and nothing else.
fn read(key: &str, text: &str) -> Result<FluentResource, String> {
    if text.trim().is_empty() {
        return Err("the text is empty".to_owned());
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(format!("the text has more than {TEXT_CHARS_MAX} characters"));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err("the text has control characters".to_owned());
    }
    // They are read by recursion; ours have two.
    if depth(text) > BRACES_MAX {
        return Err(format!("the text has more than {BRACES_MAX} braces in each other"));
    }
    let mut source = format!("{key} =");
    for line in text.trim().lines() {
        source.push_str("\n    ");
        source.push_str(line);
    }
    source.push('\n');
    let resource = FluentResource::try_new(source).map_err(|_| "the text isn't well-formed".to_owned())?;
    let single = {
        let mut entries = resource.entries();
        let first = entries.next();
        entries.next().is_none()
            && matches!(first, Some(Entry::Message(message))
                if message.id.name == key && message.attributes.is_empty() && message.value.is_some())
    };
    if single { Ok(resource) } else { Err("the text isn't well-formed".to_owned()) }
}

/// How many braces are open at once, wherever they stand.
fn depth(text: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for c in text.chars() {
        match c {
            '{' | '(' | '[' => open += 1,
            '}' | ')' | ']' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// The arguments that a resource's messages use.
fn placed(resource: &FluentResource) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    for entry in resource.entries() {
        if let Entry::Message(message) = entry
            && let Some(pattern) = &message.value
        {
            collect(pattern, &mut found, true)?;
        }
    }
    Ok(found)
}

fn arguments_of_ours() -> BTreeMap<String, BTreeSet<String>> {
    let mut ours = BTreeMap::new();
    for (_, source) in SOURCES.iter().filter(|(tag, _)| *tag == "en") {
        let resource = FluentResource::try_new((*source).to_owned()).expect("a test reads every file");
        for entry in resource.entries() {
            if let Entry::Message(message) = entry
                && let Some(pattern) = &message.value
            {
                let mut found = BTreeSet::new();
                collect(pattern, &mut found, false).expect("only a brand's own texts are refused");
                ours.insert(message.id.name.to_owned(), found);
            }
        }
    }
    ours
}

fn collect(pattern: &Pattern<&str>, found: &mut BTreeSet<String>, strict: bool) -> Result<(), String> {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            of_expression(expression, found, strict)?;
        }
    }
    Ok(())
}

fn of_expression(
    expression: &Expression<&str>,
    found: &mut BTreeSet<String>,
    strict: bool,
) -> Result<(), String> {
    match expression {
        Expression::Inline(inline) => of_inline(inline, found, strict),
        Expression::Select { selector, variants } => {
            of_inline(selector, found, strict)?;
            variants.iter().try_for_each(|variant| collect(&variant.value, found, strict))
        }
    }
}

fn of_inline(
    inline: &InlineExpression<&str>,
    found: &mut BTreeSet<String>,
    strict: bool,
) -> Result<(), String> {
    match inline {
        InlineExpression::VariableReference { id } => {
            found.insert(format!("${}", id.name));
            Ok(())
        }
        // Such as `media`, the kind of message in words; allowed where our text has it too.
        InlineExpression::MessageReference { id, attribute: None } => {
            found.insert(id.name.to_owned());
            Ok(())
        }
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => Ok(()),
        InlineExpression::Placeable { expression } => of_expression(expression, found, strict),
        InlineExpression::FunctionReference { arguments, .. } if !strict => {
            arguments.positional.iter().try_for_each(|argument| of_inline(argument, found, strict))
        }
        _ if strict => Err("it refers to a term or a function".to_owned()),
        _ => Ok(()),
    }
}

/// Whether the text can be shown, for whatever it may be about.
fn shows(own: &Bundle, key: &str, wanted: &BTreeSet<String>) -> bool {
    LEVELS.iter().all(|level| {
        CHANNELS.iter().all(|channel| {
            let mut args = FluentArgs::new();
            args.set("level", *level);
            args.set("channel", *channel);
            for name in wanted.iter().filter_map(|name| name.strip_prefix('$')) {
                let number = NUMBERS.iter().find(|(number, _)| *number == name);
                let value = number.map_or_else(|| FluentValue::from("x"), |(_, n)| FluentValue::from(*n));
                if !matches!(name, "level" | "channel") {
                    args.set(name.to_owned(), value);
                }
            }
            crate::pages::language::format(own, key, &args).is_some_and(|text| !text.trim().is_empty())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn try_text(key: &str, text: &str) -> Result<Bundle, LookError> {
        check("en", &BTreeMap::from([(key.to_owned(), text.to_owned())]))
    }

    #[test]
    fn own_words_are_taken_with_the_same_arguments() {
        try_text("yes", "Yes, please").unwrap();
        try_text("sent-to", "This went to { $address }.").unwrap();
        let error = try_text("sent-to", "This went to you.").err().unwrap();
        assert!(error.what.contains("texts.en.sent-to: the text lacks { $address }"), "{error}");
        let error = try_text("sent-to", "{ $address } { $password }").err().unwrap();
        assert!(error.what.contains("{ $password }"), "{error}");
        assert!(try_text("no-such-key", "x").err().unwrap().what.contains("no text of that name"));
        assert!(check("xx", &BTreeMap::new()).is_err());
    }

    #[test]
    fn a_text_is_one_text() {
        for bad in ["", "  ", "a\n.title = b", "{", "{ yes }", "{ -term }", "{ NUMBER(1) }", "a\u{7}b", "}"] {
            assert!(try_text("yes", bad).is_err(), "{bad:?}");
        }
        // A line that looks like another text is indented, and belongs to this one.
        let own = try_text("yes", "Yes\nno = hidden").unwrap();
        assert_eq!(crate::pages::language::format(&own, "no", &FluentArgs::new()).as_deref(), Some("No"));
        assert!(try_text("yes", &"a".repeat(TEXT_CHARS_MAX + 1)).is_err());
        for open in ["{", "{ ", "{ $a ->\n *[a] ", "{ NUMBER(", "{ \"{\" {"] {
            assert!(try_text("yes", &open.repeat(1_900 / open.len())).is_err(), "{open}");
        }
    }

    #[test]
    fn every_text_of_ours_could_be_set_as_it_is() {
        for (key, arguments) in keys() {
            let plain = arguments.iter().map(|name| format!("{{ {name} }}")).collect::<Vec<_>>().join(" ");
            try_text(&key, &format!("x {plain}")).unwrap_or_else(|error| panic!("{key}: {error}"));
        }
    }
}
