//! Names that look like a refusal, a consent, or the address of somebody.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use consent::Field;
use serde::Deserialize;

use super::plain::Plain;

/// What a name says that its column holds; the file says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::import) enum Kind {
    Refusal,
    Permission,
    Status,
    /// Whether a sign-up was confirmed.
    Confirmation,
    Bounce,
    Complaint,
    Time,
    About,
    Other,
}

/// Whom or where a column is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::import) enum Identity {
    Email,
    Phone,
    Country,
    TimeZone,
    Locale,
}

/// What was recognised in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::import) struct NameHit {
    pub(in crate::import) kind: Kind,
    /// The name also says when, or where from.
    pub(in crate::import) circumstance: bool,
    /// The channel that it names.
    pub(in crate::import) channel: Option<Field>,
}

#[derive(Deserialize)]
struct File {
    names: Vec<Entry>,
    files: Files,
    business: Business,
    channels: BTreeMap<String, Vec<String>>,
    identity: BTreeMap<String, Vec<String>>,
}

/// Words of files' names.
#[derive(Deserialize)]
struct Files {
    refusal: Vec<String>,
    bounce: Vec<String>,
    complaint: Vec<String>,
}

/// What other things than messages can be blocked, cancelled and bounced.
#[derive(Deserialize)]
struct Business {
    things: Vec<String>,
    weak: Vec<String>,
    phrases: Vec<String>,
}

#[derive(Deserialize)]
struct Entry {
    kind: Kind,
    #[serde(rename = "language")]
    _language: String,
    #[serde(default)]
    parts: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    whole: Vec<String>,
}

struct Names {
    entries: Vec<Patterns>,
    /// Beginnings of words of files' names.
    files: Vec<(Kind, Vec<String>)>,
    things: Vec<String>,
    weak: Vec<String>,
    harmless: Vec<Vec<String>>,
    channels: Vec<(Option<Field>, Vec<Plain>)>,
    identities: Vec<(Identity, Vec<String>)>,
}

struct Patterns {
    kind: Kind,
    parts: Vec<String>,
    words: Vec<Vec<String>>,
    whole: Vec<String>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../data/names.toml")).expect("the names are TOML");
    let squash = |names: Vec<String>| names.iter().map(|name| Plain::new(name).squashed).collect::<Vec<_>>();
    let entries = file.names.into_iter().map(|entry| Patterns {
        kind: entry.kind,
        parts: squash(entry.parts),
        words: entry.words.iter().map(|words| Plain::new(words).words).collect(),
        whole: squash(entry.whole),
    });
    let channel = |name: &str| match name {
        "postal" => Some(Field::PostalMail),
        "all" => None,
        name => name.parse().ok(),
    };
    let channels = file
        .channels
        .iter()
        .map(|(name, words)| (channel(name), words.iter().map(|word| Plain::new(word)).collect()));
    let identity = |name: &str| match name {
        "email" => Identity::Email,
        "phone" => Identity::Phone,
        "country" => Identity::Country,
        "time_zone" => Identity::TimeZone,
        _ => Identity::Locale,
    };
    let Files { refusal, bounce, complaint } = file.files;
    Names {
        entries: entries.collect(),
        files: vec![
            (Kind::Bounce, squash(bounce)),
            (Kind::Complaint, squash(complaint)),
            (Kind::Refusal, squash(refusal)),
        ],
        things: squash(file.business.things),
        weak: squash(file.business.weak),
        harmless: file.business.phrases.iter().map(|phrase| Plain::new(phrase).words).collect(),
        channels: channels.collect(),
        identities: file.identity.into_iter().map(|(name, names)| (identity(&name), squash(names))).collect(),
    }
});

impl Names {
    /// What a name says by itself.
    fn kind(&self, name: &Plain) -> Option<Kind> {
        const KINDS: [Kind; 6] = [
            Kind::Refusal,
            Kind::Bounce,
            Kind::Complaint,
            Kind::Status,
            Kind::Confirmation,
            Kind::Permission,
        ];
        if self.is(name, Kind::Other) {
            return None;
        }
        KINDS.into_iter().find(|kind| self.is(name, *kind))
    }

    /// The name without phrases that say something else: `bounce house`.
    fn without_phrases(&self, mut name: Plain) -> Plain {
        for phrase in &self.harmless {
            while let Some(at) = name.words.windows(phrase.len()).position(|window| window == phrase) {
                name.words.drain(at..at + phrase.len());
                name.squashed = name.words.concat();
            }
        }
        name
    }

    fn is_thing(&self, word: &str) -> bool {
        self.things.iter().any(|thing| thing == word)
    }

    /// Whether a name of a thing (`returns_blocked`) says no more about messages than that word.
    fn is_about_a_thing(&self, name: &Plain, kind: Kind) -> bool {
        if !name.words.iter().any(|word| self.is_thing(word)) {
            return false;
        }
        let weak = |word: &String| self.weak.iter().any(|weak| word.starts_with(weak.as_str()));
        let words: Vec<String> =
            name.words.iter().filter(|word| !self.is_thing(word) && !weak(word)).cloned().collect();
        let rest = Plain { squashed: words.concat(), words };
        self.kind(&rest) != Some(kind)
    }

    fn is(&self, name: &Plain, kind: Kind) -> bool {
        self.entries.iter().filter(|entry| entry.kind == kind).any(|entry| {
            entry.whole.contains(&name.squashed)
                || entry.parts.iter().any(|part| name.squashed.contains(part.as_str()))
                || entry.words.iter().any(|words| name.has(words))
        })
    }

    /// The channel that a name tells; email before others where it names several.
    fn channel(&self, name: &Plain) -> Option<Field> {
        let named = |(field, words): &&(Option<Field>, Vec<Plain>)| {
            field.is_some() && words.iter().any(|word| name.has(&word.words))
        };
        let mut found = self.channels.iter().filter(named).filter_map(|(field, _)| *field);
        let first = found.next();
        // `do_not_call_or_text`: all of them.
        match (first, found.next()) {
            (Some(_), Some(_)) if !Self::says_mail_twice(name) => Some(Field::Any),
            (Some(Field::Email), Some(other)) => Some(other),
            (first, _) => first,
        }
        .or_else(|| self.about_all(name).then_some(Field::Any))
    }

    /// `direct mail`, `mail by post`: one channel in two words.
    fn says_mail_twice(name: &Plain) -> bool {
        let (mail, post) = (["mail"].map(str::to_owned), ["postal", "post", "direct", "letter"]);
        let text = ["message", "text", "sms", "phone", "call"];
        let words = |of: &[&str]| name.words.iter().filter(|word| of.contains(&word.as_str())).count();
        (name.has(&mail) && words(&post) > 0) || words(&text) > 1
    }

    fn about_all(&self, name: &Plain) -> bool {
        self.channels.iter().filter(|(field, _)| field.is_none()).flat_map(|(_, words)| words).any(|word| {
            name.squashed.contains(&word.squashed) && (word.squashed.len() > 3 || name.has(&word.words))
        })
    }
}

/// What a column's name says.
pub(in crate::import) fn of_name(name: &str) -> Option<NameHit> {
    let name = NAMES.without_phrases(Plain::new(name));
    let kind = NAMES.kind(&name).filter(|kind| !NAMES.is_about_a_thing(&name, *kind))?;
    let circumstance = NAMES.is(&name, Kind::Time) || NAMES.is(&name, Kind::About);
    Some(NameHit { kind, circumstance, channel: NAMES.channel(&name) })
}

/// What a file's name says: that it is a list of refusals, of bounces or of complaints.
pub(in crate::import) fn of_file(name: &str) -> Option<NameHit> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let withholds = |hit: &NameHit| matches!(hit.kind, Kind::Refusal | Kind::Bounce | Kind::Complaint);
    of_name(name).filter(withholds).or_else(|| {
        let name = NAMES.without_phrases(Plain::new(name));
        if name.words.iter().any(|word| NAMES.is_thing(word)) || NAMES.is(&name, Kind::Other) {
            return None;
        }
        let is = |known: &String| {
            if known.is_ascii() || known.chars().count() > 3 {
                name.words.iter().any(|word| word.starts_with(known.as_str()))
            } else {
                name.squashed.contains(known.as_str())
            }
        };
        let (kind, _) = NAMES.files.iter().find(|(_, words)| words.iter().any(is))?;
        Some(NameHit { kind: *kind, circumstance: false, channel: NAMES.channel(&name) })
    })
}

/// The channel that a name consists of: `sms`, with an answer in each cell.
pub(in crate::import) fn only_channel(name: &str) -> Option<Field> {
    let name = Plain::new(name).squashed;
    let is = |(_, words): &&(Option<Field>, Vec<Plain>)| words.iter().any(|word| word.squashed == name);
    NAMES.channels.iter().find(is).and_then(|(field, _)| *field)
}

/// Whose address a column holds, or what else of ours, by its name alone.
pub(in crate::import) fn whom(name: &str) -> Option<Identity> {
    let name = Plain::new(name).squashed;
    NAMES.identities.iter().find(|(_, names)| names.contains(&name)).map(|(identity, _)| *identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_recognised_in_many_languages() {
        for name in [
            "UNSUB_TIME",
            "unsubscribed",
            "IsUnsubscribed",
            "Opt-Out",
            "OptedOut",
            "has_opted_out_of_email",
            "do_not_contact",
            "DoNotCall",
            "Do not email",
            "DNC",
            "dnc_sms",
            "blocklisted",
            "EMAIL_BLACKLISTED",
            "Suppressed",
            "suppression reason",
            "Abmeldedatum",
            "Abgemeldet am",
            "Werbesperre",
            "Désinscrit",
            "Date de désabonnement",
            "Ne pas contacter",
            "Baja",
            "Fecha de baja",
            "Disiscritto",
            "Non contattare",
            "Descadastrado",
            "Não contactar",
            "Afgemeld",
            "Uitgeschreven op",
            "Avregistrerad",
            "Avprenumererad",
            "Afmeldt",
            "Frabedt",
            "Avmeldt",
            "Peruutettu",
            "Markkinointikielto",
            "Wypisany",
            "Data wypisania",
            "Odhlášen",
            "Nekontaktovat",
            "Leiratkozott",
            "Dezabonat",
            "Отписан",
            "配信停止",
            "退订",
            "수신거부",
            "No marketing",
            "Left list",
            "Widerruf",
            "emailOptOut",
            "marketing_opt_out",
        ] {
            assert_eq!(of_name(name).map(|hit| hit.kind), Some(Kind::Refusal), "{name}");
        }
    }

    #[test]
    fn consents_states_and_bounces_are_recognised() {
        for (name, kind) in [
            ("Accepts Marketing", Kind::Permission),
            ("Newsletter", Kind::Permission),
            ("subscribed", Kind::Permission),
            ("Marketing permission", Kind::Permission),
            ("opt_in", Kind::Permission),
            ("Einwilligung", Kind::Permission),
            ("Consentement", Kind::Permission),
            ("Consentimiento", Kind::Permission),
            ("Toestemming", Kind::Permission),
            ("Samtycke", Kind::Permission),
            ("Suostumus", Kind::Permission),
            ("Zgoda marketingowa", Kind::Permission),
            ("Souhlas", Kind::Permission),
            ("Status", Kind::Status),
            ("Subscriber status", Kind::Status),
            ("Statut", Kind::Status),
            ("bounced", Kind::Bounce),
            ("Email hard bounce reason", Kind::Bounce),
            ("CLEAN_TIME", Kind::Bounce),
            ("cleaned", Kind::Bounce),
            ("spam complaint", Kind::Complaint),
            ("DOI", Kind::Confirmation),
            ("double_opt_in", Kind::Confirmation),
            ("Bestätigt", Kind::Confirmation),
            ("メール配信", Kind::Permission),
            ("الحالة", Kind::Status),
            ("حالة الاشتراك", Kind::Status),
            ("סטטוס", Kind::Status),
            ("Κατάσταση", Kind::Status),
            ("마케팅 수신", Kind::Permission),
            ("接收邮件", Kind::Permission),
            ("order emails unsubscribed", Kind::Refusal),
            ("credit newsletter opt-out", Kind::Refusal),
        ] {
            assert_eq!(of_name(name).map(|hit| hit.kind), Some(kind), "{name}");
        }
    }

    #[test]
    fn ordinary_attributes_are_left_alone() {
        for name in [
            "Total Spent",
            "Tags",
            "Lead status",
            "Order status",
            "First Name",
            "plan",
            "Tarif",
            "Company",
            "Notes",
            "city",
            "last_login",
            "Capital",
            "sizing",
            "avgOrderValue",
            "exclusive_member",
            "Kundennummer",
            "Anmeldedatum",
            "birthday",
            "subscription_plan",
            "horizon",
            "unsubscribe_url",
            "marital status",
            "age",
            "date",
            "created_at",
            "job title",
            "avg_basket",
            "magazine",
            "Tax Exempt",
            "Total Orders",
            "lifetime value",
            "favourite_shop",
            "hospital",
            "returns_blocked",
            "credit_blocked",
            "has_newsletter_coupon",
            "order_cancelled_at",
            "card_blocked",
            "payment_revoked",
            "Liefersperre Kredit gesperrt",
            "commande bloquée",
            "pedido bloqueado",
            "newsletter_discount_code",
            "bounce house",
        ] {
            assert_eq!(of_name(name), None, "{name}");
        }
    }

    #[test]
    fn names_tell_the_channel() {
        for (name, channel) in [
            ("dnc_sms", Some(Field::Sms)),
            ("Do not call", Some(Field::Call)),
            ("HasOptedOutOfFax", Some(Field::Fax)),
            ("EMAIL_BLACKLISTED", Some(Field::Email)),
            ("do_not_contact", Some(Field::Any)),
            ("DNC", Some(Field::Any)),
            ("do not mail by post", Some(Field::PostalMail)),
            ("unsubscribed", None),
        ] {
            assert_eq!(of_name(name).unwrap().channel, channel, "{name}");
        }
    }

    #[test]
    fn lists_of_refusals_are_known_by_their_names() {
        for name in [
            "unsubscribed_members_export_0a1b2c.csv",
            "blocklist.csv",
            "optouts-2026.csv",
            "do-not-contact.xlsx.csv",
            "opt-outs.jsonl",
            "suppression_list.csv",
            "bounces.csv",
            "cleaned_members.csv",
            "Abmeldungen 2026.csv",
            "sperrliste.csv",
            "desabonnes.csv",
            "bajas.csv",
            "/data/dnc.csv",
            "wypisani.csv",
            "robinson.csv",
            "hard-bounces-june.csv",
            "spam_reports.csv",
            "peruneet.csv",
            "cancelados.csv",
            "exclusions.csv",
            "removed-contacts.csv",
            "Ausgeschlossene.csv",
            "Gekündigt 2026.csv",
            "désactivés.csv",
            "résiliés.csv",
            "eliminados.csv",
            "annullati.csv",
            "removidos.csv",
            "opzeggers.csv",
            "uteslutna.csv",
            "slettede.csv",
            "poistetut.csv",
            "zrezygnowali.csv",
            "zrušení.csv",
            "lemondtak.csv",
            "anulati.csv",
            "ayrilanlar.csv",
            "исключения.csv",
            "ملغى.csv",
            "除外リスト.csv",
            "排除名单.csv",
            "제외.csv",
            "stop-list.csv",
            "inactifs.csv",
            "do_not_send.csv",
            "bounce-house-unsubscribed.csv",
        ] {
            assert!(of_file(name).is_some(), "{name}");
        }
    }

    #[test]
    fn other_files_are_no_lists_of_refusals() {
        for name in [
            "people.csv",
            "subscribed_members_export.csv",
            "newsletter.csv",
            "status.csv",
            "kunden.csv",
            "opt-ins.csv",
            "bounce-house-customers.csv",
            "cancelled-orders.csv",
            "exclusive-members.csv",
            "stornierte Bestellungen.csv",
            "blocked-cards.csv",
        ] {
            assert_eq!(of_file(name), None, "{name}");
        }
    }

    #[test]
    fn addresses_are_known_in_many_spellings() {
        for (name, identity) in [
            ("E-Mail", Identity::Email),
            ("Email Address", Identity::Email),
            ("emailAddress", Identity::Email),
            ("Adresse e-mail", Identity::Email),
            ("Correo electrónico", Identity::Email),
            ("Sähköposti", Identity::Email),
            ("Telefon", Identity::Phone),
            ("Téléphone portable", Identity::Phone),
            ("Land", Identity::Country),
            ("Country/Region", Identity::Country),
        ] {
            assert_eq!(whom(name), Some(identity), "{name}");
        }
        assert_eq!(whom("Landmark"), None);
    }
}
