//! Colours of pages, and whether what stands on them can be read.

use std::collections::BTreeMap;

use super::LookError;

/// Text against what it stands on (WCAG 2.2, success criterion 1.4.3).
pub const TEXT_CONTRAST_MIN: f64 = 4.5;
/// The edges of buttons and fields against the page (WCAG 2.2, success criterion 1.4.11).
pub const EDGE_CONTRAST_MIN: f64 = 3.0;

/// The colours that a look may set, with their values in the plain look, light and dark.
const PLAIN: [(&str, &str, &str); 9] = [
    ("paper", "#fcfcfa", "#15171a"),
    ("ink", "#1c1f23", "#e8e6e1"),
    ("quiet", "#63686e", "#9aa0a6"),
    ("line", "#e4e2dc", "#2b2f34"),
    ("edge", "#84888d", "#757b82"),
    ("accent", "#0b6e4f", "#4cc29a"),
    ("on-accent", "#ffffff", "#10231c"),
    ("stop", "#a3312a", "#ef8a80"),
    ("note", "#eef5f1", "#1b2622"),
];

/// What must be told apart: the colour in front, the one behind, by how much.
const PAIRS: [(&str, &str, f64); 7] = [
    ("ink", "paper", TEXT_CONTRAST_MIN),
    ("quiet", "paper", TEXT_CONTRAST_MIN),
    ("accent", "paper", TEXT_CONTRAST_MIN),
    ("stop", "paper", TEXT_CONTRAST_MIN),
    ("on-accent", "accent", TEXT_CONTRAST_MIN),
    ("ink", "note", TEXT_CONTRAST_MIN),
    ("edge", "paper", EDGE_CONTRAST_MIN),
];

/// A colour without transparency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colour([u8; 3]);

impl Colour {
    const BLACK: Self = Self([0; 3]);
    const WHITE: Self = Self([255; 3]);

    /// `#rrggbb` or `#rgb`.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let value = u32::from_str_radix(digits, 16).ok()?;
        match digits.len() {
            6 => Some(Self([(value >> 16) as u8, (value >> 8) as u8, value as u8])),
            3 => Some(Self(
                [(value >> 8) as u8 & 15, (value >> 4) as u8 & 15, value as u8 & 15].map(|d| d * 17),
            )),
            _ => None,
        }
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// 1 to 21 (WCAG 2.2).
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// So many hundredths of the way towards another colour.
    fn towards(self, other: Self, hundredths: u16) -> Self {
        let mix = |from: u8, to: u8| {
            ((u16::from(from) * (100 - hundredths) + u16::from(to) * hundredths + 50) / 100) as u8
        };
        Self(std::array::from_fn(|at| mix(self.0[at], other.0[at])))
    }

    /// The nearest shade that can be read on `behind`.
    fn readable_on(self, behind: Self, least: f64) -> Self {
        let end = behind.reader();
        let shades = (0..=100).map(|hundredths| self.towards(end, hundredths));
        shades.into_iter().find(|shade| shade.contrast(behind) >= least).unwrap_or(end)
    }

    /// Black or white, whichever reads better on it.
    fn reader(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) { Self::WHITE } else { Self::BLACK }
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// Light or dark.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// For bright surroundings.
    Light,
    /// For `prefers-color-scheme: dark`.
    Dark,
}

impl Mode {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// One pair of colours, measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Such as `light: accent on paper`.
    pub what: String,
    /// 1 to 21.
    pub ratio: f64,
    /// What it must be at least.
    pub least: f64,
}

/// Checks the colours of one mode together with those of the plain look that stay. The declarations of what was set, for
/// the style, and every pair with its contrast.
pub(super) fn check(
    mode: Mode,
    set: &BTreeMap<String, String>,
) -> Result<(String, Vec<Measured>), LookError> {
    let name = mode.as_str();
    let mut colours = BTreeMap::new();
    for (key, light, dark) in PLAIN {
        let plain = if mode == Mode::Light { light } else { dark };
        colours.insert(key, Colour::parse(plain).expect("the plain look is well-formed"));
    }
    let mut changed = Vec::new();
    for (key, value) in set {
        let Some((key, colour)) =
            colours.get_key_value(key.as_str()).map(|(key, _)| (*key, Colour::parse(value)))
        else {
            let known = PLAIN.map(|(key, ..)| key).join(", ");
            return Err(LookError::new(
                format!("{name}: there is no colour `{key}`"),
                format!("there are {known}"),
            ));
        };
        let colour = colour.ok_or_else(|| {
            LookError::new(
                format!("{name}: {key} = {value:?} is no colour"),
                "write #rrggbb, such as #0b6e4f",
            )
        })?;
        colours.insert(key, colour);
        changed.push(key);
    }
    // What stands on the accent follows it, unless it was said.
    if changed.contains(&"accent") && !changed.contains(&"on-accent") {
        colours.insert("on-accent", colours["accent"].reader());
        changed.push("on-accent");
    }
    let mut measured = Vec::new();
    for (front, behind, least) in PAIRS {
        let ratio = colours[front].contrast(colours[behind]);
        let what = format!("{name}: {front} on {behind}");
        if ratio < least {
            let better = colours[front].readable_on(colours[behind], least);
            // Rounded down: 4.499 must not read as 4.5.
            let shown = (ratio * 100.0).floor() / 100.0;
            return Err(LookError::new(
                format!(
                    "{what} ({} on {}) has a contrast of {shown:.2}:1; {least}:1 is the least that people can read",
                    colours[front], colours[behind]
                ),
                format!("{front} = \"{better}\" is the nearest shade that has it"),
            ));
        }
        measured.push(Measured { what, ratio, least });
    }
    let css = changed
        .iter()
        .fold(String::new(), |css, key| css + "--" + key + ":" + &colours[key].to_string() + ";");
    Ok((css, measured))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let contrast = |a, b| Colour::parse(a).unwrap().contrast(Colour::parse(b).unwrap());
        assert!((contrast("#000", "#ffffff") - 21.0).abs() < 0.001);
        assert!((contrast("#777777", "#fff") - 4.478).abs() < 0.001);
        assert!((contrast("#767676", "#fff") - 4.542).abs() < 0.001);
    }

    #[test]
    fn the_plain_look_is_the_styles_and_can_be_read() {
        let style = include_str!("../../../templates/style.css");
        for (key, light, dark) in PLAIN {
            for colour in [light, dark] {
                let short = colour.replace("#ffffff", "#fff");
                assert!(style.contains(&format!("--{key}:{short}")), "{key} {colour}");
            }
        }
        for mode in [Mode::Light, Mode::Dark] {
            assert!(check(mode, &set(&[])).unwrap().0.is_empty());
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_a_shade_that_can() {
        let error = check(Mode::Light, &set(&[("accent", "#ffcc00")])).unwrap_err();
        assert!(error.what.contains("light: accent on paper (#ffcc00 on #fcfcfa)"), "{error}");
        assert!(error.what.contains("1.47:1"), "{error}");
        let better = error.hint.split('"').nth(1).unwrap();
        check(Mode::Light, &set(&[("accent", better)])).unwrap();
        let error = check(Mode::Dark, &set(&[("accent", "#4cc29a"), ("on-accent", "#ffffff")])).unwrap_err();
        assert!(error.what.contains("dark: on-accent on accent"), "{error}");
    }

    #[test]
    fn what_stands_on_the_accent_follows_it() {
        let (css, _) = check(Mode::Dark, &set(&[("accent", "#ffcc00")])).unwrap();
        assert_eq!(css, "--accent:#ffcc00;--on-accent:#000000;");
    }

    #[test]
    fn nothing_but_colours_gets_into_the_style() {
        for bad in ["red", "#12345", "#fff}body{display:none", "url(https://x.example)", "#ggg", "", "#+ff"] {
            assert!(check(Mode::Light, &set(&[("line", bad)])).is_err(), "{bad}");
        }
        assert!(check(Mode::Light, &set(&[("x:red;}*{display", "#fff")])).is_err());
    }
}
