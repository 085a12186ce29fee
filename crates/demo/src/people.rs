//! The demo's people: made up, in several languages and consent states, the same in every demo.

use std::io::Write;

use serde_json::{Value, json};

/// A language with its people.
struct Place {
    locale: &'static str,
    country: &'static str,
    time_zone: &'static str,
    given: &'static [&'static str],
    family: &'static [&'static str],
}

const PLACES: [Place; 8] = [
    Place {
        locale: "en-GB",
        country: "GB",
        time_zone: "Europe/London",
        given: &["Olivia", "Jack", "Amelia", "Harry", "Isla", "Oscar", "Freya", "Arthur", "Maisie", "Theo"],
        family: &[
            "Smith", "Jones", "Taylor", "Brown", "Wilson", "Evans", "Walker", "Wright", "Hughes", "Green",
        ],
    },
    Place {
        locale: "en-US",
        country: "US",
        time_zone: "America/Chicago",
        given: &["Emma", "Liam", "Ava", "Noah", "Mia", "Ethan", "Zoe", "Mason", "Ruby", "Logan"],
        family: &[
            "Johnson", "Miller", "Davis", "Garcia", "Moore", "Clark", "Lewis", "Young", "Hall", "Allen",
        ],
    },
    Place {
        locale: "de-DE",
        country: "DE",
        time_zone: "Europe/Berlin",
        given: &["Lena", "Jonas", "Mia", "Paul", "Hannah", "Felix", "Jürgen", "Käthe", "Anton", "Greta"],
        family: &[
            "Müller", "Schmidt", "Weber", "Fischer", "Köhler", "Becker", "Schäfer", "Wolf", "Krüger", "Vogt",
        ],
    },
    Place {
        locale: "fr-FR",
        country: "FR",
        time_zone: "Europe/Paris",
        given: &["Chloé", "Lucas", "Léa", "Hugo", "Zoé", "Théo", "Inès", "Jules", "Élise", "Noé"],
        family: &[
            "Martin", "Bernard", "Dubois", "Lefèvre", "Moreau", "Girard", "Rousseau", "Blanc", "Faure",
            "Noël",
        ],
    },
    Place {
        locale: "es-ES",
        country: "ES",
        time_zone: "Europe/Madrid",
        given: &["Lucía", "Mateo", "Sofía", "Hugo", "Martín", "Paula", "Nerea", "Íker", "Carmen", "Álvaro"],
        family: &[
            "García",
            "Martínez",
            "López",
            "Sánchez",
            "Pérez",
            "Gómez",
            "Ibáñez",
            "Núñez",
            "Vega",
            "Ortiz",
        ],
    },
    Place {
        locale: "it-IT",
        country: "IT",
        time_zone: "Europe/Rome",
        given: &[
            "Giulia", "Marco", "Sofia", "Luca", "Aurora", "Matteo", "Chiara", "Nicolò", "Elena", "Pietro",
        ],
        family: &[
            "Rossi", "Russo", "Ferrari", "Bianchi", "Romano", "Greco", "Conti", "Marino", "Gallo", "Costa",
        ],
    },
    Place {
        locale: "pt-BR",
        country: "BR",
        time_zone: "America/Sao_Paulo",
        given: &["Ana", "João", "Beatriz", "Gabriel", "Larissa", "Mateus", "Júlia", "Thiago", "Inês", "Caio"],
        family: &[
            "Silva",
            "Santos",
            "Oliveira",
            "Souza",
            "Lima",
            "Araújo",
            "Gonçalves",
            "Rocha",
            "Dias",
            "Melo",
        ],
    },
    Place {
        locale: "ja-JP",
        country: "JP",
        time_zone: "Asia/Tokyo",
        given: &["葵", "陽翔", "結衣", "蓮", "さくら", "湊", "美咲", "大翔", "芽依", "悠真"],
        family: &["佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤"],
    },
];

const DRINKS: [&str; 6] = ["espresso", "filter", "flat white", "cold brew", "cortado", "decaf"];

/// When the made-up choices were made.
const CHOSEN_AT: &str = "2026-03-01T09:00:00Z";

/// The person's address. Some are internationalised; all end in `.example`.
pub fn address(number: u32) -> String {
    match number % 97 {
        13 => format!("zoë.{number}@kaffee.example"),
        14 => format!("person{number}@kaffeehaus-köln.example"),
        _ => format!("person{number}@mail{}.example", number % 7),
    }
}

/// The person's phone, of the first thousand: numbers that are set apart for fiction, 555-0100 to 555-0199 of ten areas.
pub fn phone(number: u32) -> Option<String> {
    const AREAS: [u32; 10] = [202, 206, 212, 213, 305, 312, 404, 415, 512, 617];
    let area = AREAS.get((number.checked_sub(1)? / 100) as usize)?;
    Some(format!("+1{area}55501{:02}", (number - 1) % 100))
}

/// Writes `count` people as JSON Lines.
pub fn write(count: u32, mut output: impl Write) -> std::io::Result<()> {
    (1..=count).try_for_each(|number| writeln!(output, "{}", person(number)))
}

fn person(number: u32) -> Value {
    let dice = mix(number);
    let place = &PLACES[(dice % 8) as usize];
    let given = place.given[(dice >> 8) as usize % place.given.len()];
    let family = place.family[(dice >> 16) as usize % place.family.len()];
    let mut person = json!({
        "id": format!("crm-{number}"),
        "email": address(number),
        "locale": place.locale,
        "timeZone": place.time_zone,
        "country": place.country,
        "attributes": {
            "first_name": given,
            "last_name": family,
            "drink": DRINKS[(dice >> 24) as usize % DRINKS.len()],
            "points": (dice >> 32) % 900,
        },
    });
    if let Some(phone) = phone(number) {
        person["phone"] = phone.into();
    }
    if let Some(consents) = consents(number, dice) {
        person["consents"] = consents;
    }
    match number % 10 {
        0..=2 => person["subscriptions"] = json!({ "brew-letter": "y" }),
        3 => person["subscriptions"] = json!({ "brew-letter": "n" }),
        4 if number % 20 == 4 => person["subscriptions"] = json!({ "brew-letter": "p" }),
        _ => {}
    }
    person
}

/// About six in ten say nothing, which counts as consent; the others say all kinds of things. The first hundred say
/// nothing: they are whom a newcomer clicks on.
fn consents(number: u32, dice: u64) -> Option<Value> {
    let marketing = match if number <= 100 { 999 } else { (dice >> 40) % 1000 } {
        0..=29 => json!({ "any": { "val": "n" } }),
        30..=109 => json!({ "email": { "val": "n", "reason": "too many" } }),
        110..=129 => json!({ "email": { "val": "p" } }),
        130..=139 => json!({ "email": { "val": "dn" } }),
        140..=339 => json!({ "email": { "val": "y" }, "preferred": "email" }),
        340..=359 => json!({ "any": { "val": "y" }, "sms": { "val": "n" } }),
        360..=379 => json!({ "email": { "val": "LI" } }),
        380..=399 => {
            let own = json!({ address(number): { "marketing": { "email": { "val": "n" } } } });
            return Some(json!({ "idSpecific": { "email": own }, "metadata": { "time": CHOSEN_AT } }));
        }
        400..=429 => {
            let personalize = json!({ "content": { "val": "n" } });
            return Some(json!({ "personalize": personalize, "metadata": { "time": CHOSEN_AT } }));
        }
        _ => return None,
    };
    Some(json!({ "marketing": marketing, "metadata": { "time": CHOSEN_AT } }))
}

/// SplitMix64: spreads the number over 64 bits, the same in every demo.
fn mix(number: u32) -> u64 {
    let mut z = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_can_be_imported_and_all_states_occur() {
        let mut seen = std::collections::BTreeSet::new();
        for number in 1..=10_000 {
            let person = person(number);
            consent::Address::email(person["email"].as_str().unwrap()).unwrap();
            if let Some(consents) = person.get("consents") {
                let document = consent::xdm::Document::from_value(consents.clone()).unwrap();
                seen.extend(document.values().iter().map(|value| value.choice.as_str().to_owned()));
            }
        }
        for choice in ["y", "n", "p", "dn", "LI"] {
            assert!(seen.contains(choice), "{choice}");
        }
    }
}
