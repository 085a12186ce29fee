//! Names of columns and members that are almost ours. Taken for attributes they would lose refusals without a word.

use consent::Field;
pub(crate) use rows::squash;

use super::row::excerpt;

/// Columns of ours beside `consent.FIELD` and `list.NAME`.
const COLUMNS: [&str; 7] = ["id", "email", "phone", "locale", "time_zone", "country", "consent_time"];
/// Top-level members of ours in JSON Lines.
const MEMBERS: [&str; 9] =
    ["id", "email", "phone", "locale", "timeZone", "country", "attributes", "consents", "subscriptions"];

/// What a column should be called that holds an attribute by its name and looks like something of ours.
pub(super) fn meant_column(name: &str) -> Option<String> {
    let bare = without_prefix(name);
    let squashed = squash(bare);
    let fields = Field::ALL.iter().map(|field| format!("consent.{field}"));
    let ours = COLUMNS.iter().map(|&column| column.to_owned()).chain(fields);
    if let Some(column) = ours.into_iter().find(|column| squash(column) == squashed) {
        return Some(column);
    }
    if let Some(list) = after_word(bare, "list") {
        return Some(format!("list.{list}"));
    }
    about_consent(bare).then(|| "consent.email".to_owned())
}

/// What is wrong with a top-level member that isn't one of ours, if it looks like one.
pub(super) fn meant_member(name: &str) -> Option<String> {
    let bare = without_prefix(name);
    let squashed = squash(bare);
    let ours = MEMBERS.iter().copied().find(|member| squash(member) == squashed);
    let listed = ["list", "lists", "subscription", "subscriptions"]
        .iter()
        .any(|word| after_word(bare, word).is_some_and(|_| bare[word.len()..].starts_with('.')));
    let meant = match ours {
        Some(member) => member,
        None if about_consent(bare) || squashed == "consenttime" => "consents",
        None if listed || squashed == "subscription" => "subscriptions",
        None => return None,
    };
    Some(format!("{}: write `{meant}`, or put it inside `attributes` if it is an attribute", excerpt(name)))
}

/// Whether a name, without its prefix, is that of a consent or of consents.
pub(super) fn about_consent(bare: &str) -> bool {
    ["consent", "consents"]
        .iter()
        .any(|word| bare.eq_ignore_ascii_case(word) || after_word(bare, word).is_some())
}

/// The name without what stands before its first letter or digit, and without XDM's prefix.
pub(super) fn without_prefix(name: &str) -> &str {
    let name = name.trim_matches(|c: char| !c.is_alphanumeric());
    match name.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("xdm:") => &name[4..],
        _ => name,
    }
}

/// What comes after a word (in any case) and a separator, which is anything but a letter or digit.
fn after_word<'n>(name: &'n str, word: &str) -> Option<&'n str> {
    let start = name.get(..word.len())?;
    let rest = &name[word.len()..];
    let separated = rest.starts_with(|c: char| !c.is_alphanumeric());
    (start.eq_ignore_ascii_case(word) && separated)
        .then(|| rest.trim_start_matches(|c: char| !c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn almost_ours_is_told_from_attributes() {
        for (name, meant) in [
            ("Consent.Email", "consent.email"),
            ("consent email", "consent.email"),
            ("consent_email", "consent.email"),
            ("ConsentEmail", "consent.email"),
            ("xdm:consents.marketing.email.val", "consent.email"),
            ("consent.postal_mail", "consent.postalMail"),
            ("Consent", "consent.email"),
            ("\u{200b}consent/sms", "consent.sms"),
            ("Consent Time", "consent_time"),
            ("List.news", "list.news"),
            ("list_price", "list.price"),
            ("Email", "email"),
            ("E-Mail", "email"),
            ("PHONE", "phone"),
            ("Time Zone", "time_zone"),
            ("ID", "id"),
        ] {
            assert_eq!(meant_column(name).as_deref(), Some(meant), "{name}");
        }
        for name in ["consented_by", "listing", "plan", "idea", "email_verified", "Listé", "l", ""] {
            assert_eq!(meant_column(name), None, "{name}");
        }
    }

    #[test]
    fn almost_ours_is_told_from_attributes_in_json_lines_too() {
        for (name, meant) in [
            ("Email", "email"),
            ("E-Mail", "email"),
            ("TimeZone", "timeZone"),
            ("Consents", "consents"),
            ("consent", "consents"),
            ("consent.email", "consents"),
            ("consent_time", "consents"),
            ("Subscription", "subscriptions"),
            ("list.news", "subscriptions"),
        ] {
            let reason = meant_member(name).unwrap_or_default();
            assert!(reason.contains(&format!("write `{meant}`")), "{name}: {reason}");
        }
        for name in ["consented_by", "list_price", "plan", "subscription_plan", ""] {
            assert_eq!(meant_member(name), None, "{name}");
        }
    }
}
