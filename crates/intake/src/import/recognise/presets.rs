//! How other tools' exports are read, a file each in `data/presets/`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::plain::Plain;

const FILES: [&str; 10] = [
    include_str!("../data/presets/mailchimp.toml"),
    include_str!("../data/presets/hubspot.toml"),
    include_str!("../data/presets/klaviyo.toml"),
    include_str!("../data/presets/listmonk.toml"),
    include_str!("../data/presets/mautic.toml"),
    include_str!("../data/presets/brevo.toml"),
    include_str!("../data/presets/sendgrid.toml"),
    include_str!("../data/presets/shopify.toml"),
    include_str!("../data/presets/salesforce.toml"),
    include_str!("../data/presets/mailerlite.toml"),
];

/// How one tool's exports are read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::import) struct Preset {
    /// What `--from` calls it.
    pub(in crate::import) name: String,
    pub(in crate::import) title: String,
    /// Headers that tell that a file is the tool's: all of one of these.
    detect: Vec<Vec<String>>,
    /// The same, where the file's name is one of `detect_files`.
    #[serde(default)]
    detect_with_file: Vec<Vec<String>>,
    #[serde(default)]
    detect_files: Vec<String>,
    /// What to say where none of the variants fits.
    pub(in crate::import) ask: Option<String>,
    column: Vec<PresetColumn>,
    #[serde(default)]
    variant: Vec<Variant>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PresetColumn {
    /// Its names in exports; one that ends in `*` stands for all that begin so.
    names: Vec<String>,
    /// What it is read as, as in `--map`; `attribute` keeps it under its own name.
    to: String,
    /// What a column for a list is read as where no list stands for it.
    without_list: Option<String>,
}

/// One kind of file that a tool exports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::import) struct Variant {
    pub(in crate::import) title: String,
    /// The file's name holds one of these.
    #[serde(default)]
    files: Vec<String>,
    /// Or the header holds all of these.
    #[serde(default)]
    columns: Vec<String>,
    /// What holds for every row, as in `--set`.
    #[serde(default)]
    pub(in crate::import) set: Vec<String>,
}

/// What a preset reads a column as.
#[derive(Clone, Copy, Debug)]
pub(in crate::import) struct PresetTarget<'p, 'n> {
    /// As in `--map`, with `{rest}` for the list.
    pub(in crate::import) to: &'p str,
    /// The list that the column's name names, if it does.
    pub(in crate::import) list: &'n str,
    /// What it is read as where no list stands for it.
    pub(in crate::import) without_list: Option<&'p str>,
}

/// A file's tool.
#[derive(Clone, Copy, Debug)]
pub(in crate::import) enum Detected {
    No,
    One(&'static Preset),
    /// The headers of several.
    Several(&'static Preset, &'static Preset),
}

static PRESETS: LazyLock<Vec<Preset>> =
    LazyLock::new(|| FILES.iter().map(|file| toml::from_str(file).expect("a preset is TOML")).collect());

/// The preset that `--from` names.
pub(in crate::import) fn by_name(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// The names that `--from` takes.
pub fn preset_names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|preset| preset.name.as_str())
}

/// The tool that a file with this header and name comes from.
pub(in crate::import) fn detect(names: &[String], file: &str) -> Detected {
    let names: Vec<Plain> = names.iter().map(|name| Plain::new(name)).collect();
    let mut found = PRESETS.iter().filter(|preset| preset.fits(&names, file));
    match (found.next(), found.next()) {
        (None, _) => Detected::No,
        (Some(one), None) => Detected::One(one),
        (Some(one), Some(other)) => Detected::Several(one, other),
    }
}

/// The part of a name that a `*` stands for, if the pattern fits.
fn rest<'n>(pattern: &str, name: &'n str) -> Option<&'n str> {
    let Some(start) = pattern.strip_suffix('*') else {
        return (Plain::new(pattern).squashed == Plain::new(name).squashed).then_some("");
    };
    let start = Plain::new(start).squashed;
    let at = name
        .char_indices()
        .map(|(at, _)| at)
        .skip(1)
        .find(|at| Plain::new(&name[..*at]).squashed == start)?;
    let rest = name[at..].trim_start_matches(|c: char| !c.is_alphanumeric());
    (!rest.is_empty()).then_some(rest)
}

impl Preset {
    fn fits(&self, names: &[Plain], file: &str) -> bool {
        let there = |wanted: &String| {
            if let Some(start) = wanted.strip_suffix('*') {
                let start = Plain::new(start).squashed;
                return names.iter().any(|name| name.squashed.starts_with(&start));
            }
            let wanted = Plain::new(wanted).squashed;
            names.iter().any(|name| name.squashed == wanted)
        };
        let all = |group: &Vec<String>| group.iter().all(there);
        let few = names.len() <= 4;
        self.detect.iter().any(all)
            || (few && holds(file, &self.detect_files) && self.detect_with_file.iter().any(all))
    }

    /// What a column is read as.
    pub(in crate::import) fn column<'n>(&self, name: &'n str) -> Option<PresetTarget<'_, 'n>> {
        self.column.iter().find_map(|column| {
            let rest = column.names.iter().find_map(|pattern| rest(pattern, name))?;
            Some(PresetTarget { to: &column.to, list: rest, without_list: column.without_list.as_deref() })
        })
    }

    /// Whether exports come in kinds that only a name or a column tells apart.
    pub(in crate::import) fn has_variants(&self) -> bool {
        !self.variant.is_empty()
    }

    /// Which kind of export it is; the header tells more surely than the name.
    pub(in crate::import) fn variant(&self, names: &[String], file: &str) -> Option<&Variant> {
        let names: Vec<Plain> = names.iter().map(|name| Plain::new(name)).collect();
        let there = |wanted: &String| names.iter().any(|name| name.squashed == Plain::new(wanted).squashed);
        let by_columns = self
            .variant
            .iter()
            .find(|variant| !variant.columns.is_empty() && variant.columns.iter().all(there));
        by_columns.or_else(|| self.variant.iter().find(|variant| holds(file, &variant.files)))
    }

    /// The kinds that no column tells.
    pub(in crate::import) fn untold(&self) -> impl Iterator<Item = &Variant> {
        self.variant.iter().filter(|variant| variant.columns.is_empty() && !variant.set.is_empty())
    }

    /// The words that tell in an error which kinds there are.
    pub(in crate::import) fn question(&self) -> &str {
        self.ask.as_deref().unwrap_or("the file doesn't say which kind of export it is")
    }
}

/// Whether a file's name holds one of these.
fn holds(file: &str, wanted: &[String]) -> bool {
    let file = Plain::new(file.rsplit(['/', '\\']).next().unwrap_or(file)).squashed;
    wanted.iter().any(|wanted| file.contains(&Plain::new(wanted).squashed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(header: &str, file: &str) -> Option<&'static str> {
        let names: Vec<String> = header.split(',').map(str::to_owned).collect();
        match detect(&names, file) {
            Detected::One(preset) => Some(preset.name.as_str()),
            _ => None,
        }
    }

    #[test]
    fn exports_are_known_by_their_headers() {
        for (header, tool) in [
            ("Email Address,First Name,UNSUB_TIME,UNSUB_REASON", "mailchimp"),
            ("Email Address,MEMBER_RATING,OPTIN_TIME,LEID,EUID", "mailchimp"),
            ("Record ID,Email,Unsubscribed from all email", "hubspot"),
            ("Email,Klaviyo ID,Email Marketing Consent", "klaviyo"),
            ("uuid,email,name,attributes,status,created_at,updated_at", "listmonk"),
            ("id,email,firstname,dnc_email,dnc_sms", "mautic"),
            ("CONTACT ID,EMAIL,EMAIL_BLACKLISTED,SMS_BLACKLISTED", "brevo"),
            ("First Name,Email,Accepts Email Marketing,Accepts SMS Marketing", "shopify"),
            ("First Name,Email,Accepts Marketing,Total Spent", "shopify"),
            ("Id,Email,HasOptedOutOfEmail,DoNotCall", "salesforce"),
            ("Subscriber,Status,Subscribed,Opens", "mailerlite"),
        ] {
            assert_eq!(detected(header, "people.csv"), Some(tool), "{header}");
        }
        assert_eq!(detected("email,created", "suppression_unsubscribes.csv"), Some("sendgrid"));
        for header in ["email,name,plan", "email,created", "Email,Status", "id,email,consent.email"] {
            assert_eq!(detected(header, "people.csv"), None, "{header}");
        }
    }

    #[test]
    fn a_column_for_a_list_names_it() {
        let hubspot = by_name("hubspot").unwrap();
        let target = hubspot.column("Opted out of email: Marketing Information").unwrap();
        assert_eq!(target.list, "Marketing Information");
        assert!(target.to.starts_with("list.{rest}:true=n"));
        assert!(target.without_list.unwrap().starts_with("consent.email:"));
        assert!(hubspot.column("City").is_none());
    }

    #[test]
    fn kinds_of_an_export_are_told_apart() {
        let mailchimp = by_name("mailchimp").unwrap();
        let names = ["Email Address".to_owned(), "LEID".to_owned()];
        for (file, title) in [
            ("unsubscribed_members_export_1.csv", "unsubscribed contacts"),
            ("nonsubscribed_members_export_1.csv", "non-subscribed contacts"),
            ("subscribed_members_export_1.csv", "subscribed contacts"),
            ("cleaned_members_export_1.csv", "cleaned contacts"),
        ] {
            assert_eq!(mailchimp.variant(&names, file).unwrap().title, title);
        }
        assert!(mailchimp.variant(&names, "people.csv").is_none());
    }
}
