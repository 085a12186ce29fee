//! Whether an element's content is seen: what is inherited, what can be taken back further in, and what can't.

use super::sheet::{Declaration, EM, Screen, declarations, pixels};

/// Text smaller than this isn't seen, in pixels.
const SIZE_MIN: f32 = 3.0;
/// What is less opaque than this isn't seen.
const OPACITY_MIN: f32 = 0.1;
/// Text that stands out less from its ground isn't seen: 1 is the same colour, 21 black on white.
const CONTRAST_MIN: f32 = 1.1;
/// Further outside than this, in pixels, nobody scrolls.
const OUTSIDE: f32 = 500.0;
/// Elements whose content isn't shown.
const UNSEEN: [&str; 18] = [
    "script", "style", "title", "template", "noscript", "textarea", "head", "noframes", "noembed", "iframe",
    "object", "audio", "video", "canvas", "datalist", "select", "rp", "dialog",
];
/// What links are drawn in where nothing says otherwise.
const LINK: Colour = Colour::Plain([0, 0, 238]);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Colour {
    Plain([u8; 3]),
    Transparent,
    /// Of unknown colour, or a picture.
    Unknown,
}

/// What an element hands down to its content.
#[derive(Debug, Clone)]
pub(super) struct Style {
    /// Not drawn, whatever the content says.
    gone: bool,
    opacity: f32,
    /// `visibility`: content may take it back.
    visible: bool,
    clickable: bool,
    /// `font-size` in pixels.
    size: f32,
    /// `text-indent` in pixels.
    indent: f32,
    colour: Colour,
    ground: Colour,
}

/// What is declared of an element, the weightiest of each.
#[derive(Default)]
struct Declared<'d>(Vec<(&'d str, &'d str)>);

impl<'d> Declared<'d> {
    fn set(&mut self, name: &'d str, value: &'d str) {
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, value));
    }

    fn get(&self, name: &str) -> Option<&'d str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

impl Style {
    /// Of the document: black on white.
    pub(super) fn root() -> Self {
        Self {
            gone: false,
            opacity: 1.0,
            visible: true,
            clickable: true,
            size: EM,
            indent: 0.0,
            colour: Colour::Plain([0, 0, 0]),
            ground: Colour::Plain([255, 255, 255]),
        }
    }

    /// Of an element in this one, by what style sheets say of it, the weightiest last, and its attributes.
    pub(super) fn within(
        &self,
        name: &str,
        attributes: &[(String, String)],
        sheets: &[&Declaration],
        screen: Screen,
    ) -> Self {
        let own = attributes.iter().find(|(name, _)| name == "style");
        let own = own.map(|(_, text)| declarations(text)).unwrap_or_default();
        let mut declared = Declared::default();
        let all = || sheets.iter().copied().chain(&own);
        for important in [false, true] {
            for one in all().filter(|one| one.important == important) {
                declared.set(property(&one.name), &one.value);
            }
        }
        let has =
            |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| &**value);
        let mut style = self.clone();
        style.size = self.size_within(&declared, has("size").filter(|_| name == "font"), screen);
        style.place(name, &declared, has("hidden").is_some(), screen);
        style.opacity *= declared.get("opacity").and_then(fraction).unwrap_or(1.0);
        match declared.get("visibility") {
            Some("visible") => style.visible = true,
            Some("hidden" | "collapse") => style.visible = false,
            _ => {}
        }
        match declared.get("pointer-events") {
            Some("none") => style.clickable = false,
            Some("auto" | "all") => style.clickable = true,
            _ => {}
        }
        if let Some(indent) = declared.get("text-indent") {
            style.indent = pixels(indent, style.size, screen).unwrap_or(0.0);
        }
        style.paint(name, &declared, has("href").is_some(), has("color"), has("bgcolor"));
        style
    }

    /// What takes an element out of the picture with all that is in it.
    fn place(&mut self, name: &str, declared: &Declared<'_>, hidden: bool, screen: Screen) {
        let shown = declared.get("display");
        let length = |name| declared.get(name).and_then(|value| pixels(value, self.size, screen));
        let none = |name| length(name).is_some_and(|length| length <= 1.0);
        let cuts = ["overflow", "overflow-x", "overflow-y"].into_iter().filter_map(|name| declared.get(name));
        let cuts = cuts.into_iter().any(|value| value.contains("hidden") || value.contains("clip"));
        let flat = ["height", "max-height", "width", "max-width"].into_iter().any(none);
        let placed = matches!(declared.get("position"), Some("absolute" | "fixed"));
        let outside =
            ["left", "top", "right", "bottom"].into_iter().filter_map(length).any(|at| at <= -OUTSIDE);
        let moved = ["margin-left", "margin-top"].into_iter().filter_map(length).any(|at| at <= -OUTSIDE);
        let cut_away = declared.get("clip").is_some_and(|clip| {
            let mut numbers = clip.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
            placed && clip.starts_with("rect") && numbers.all(|number| matches!(number, "0" | "1"))
        }) || declared.get("clip-path").is_some_and(|path| {
            ["inset(50%", "inset(100%", "circle(0"].iter().any(|nothing| path.starts_with(nothing))
        });
        let shrunk = declared.get("transform").is_some_and(|transform| {
            ["scale(0)", "scale(0,", "scalex(0)", "scaley(0)"].iter().any(|none| transform.contains(none))
        });
        self.gone |= UNSEEN.contains(&name)
            || shown == Some("none")
            || hidden && shown.is_none()
            || cuts && flat
            || placed && outside
            || moved
            || cut_away
            || shrunk;
    }

    fn size_within(&self, declared: &Declared<'_>, of_font: Option<&str>, screen: Screen) -> f32 {
        let mut size = self.size;
        if let Some(of_font) = of_font {
            size = match of_font.trim() {
                "1" => 10.0,
                "2" => 13.0,
                _ => EM,
            };
        }
        let Some(value) = declared.get("font-size") else { return size };
        // `font` names the size among other things; `/` parts it from the height of lines.
        let named = value.split([' ', '/']).find_map(|word| self.length(word, screen));
        named.unwrap_or(size)
    }

    fn length(&self, word: &str, screen: Screen) -> Option<f32> {
        if let Some(percent) = word.strip_suffix('%') {
            return percent.parse::<f32>().ok().map(|percent| self.size * percent / 100.0);
        }
        Some(match word {
            "xx-small" => 9.0,
            "x-small" => 10.0,
            "small" => 13.0,
            "medium" | "initial" => EM,
            "large" => 18.0,
            "x-large" => 24.0,
            "xx-large" => 32.0,
            "smaller" => self.size / 1.2,
            "larger" => self.size * 1.2,
            "inherit" | "unset" => self.size,
            word => pixels(word, self.size, screen)?,
        })
    }

    fn paint(
        &mut self,
        name: &str,
        declared: &Declared<'_>,
        links: bool,
        of_font: Option<&str>,
        ground: Option<&str>,
    ) {
        let around = self.colour;
        if name == "a" && links {
            self.colour = LINK;
        } else if let Some(colour) = of_font.filter(|_| name == "font") {
            self.colour = colour_of(colour);
        }
        match declared.get("color") {
            Some("inherit" | "unset" | "currentcolor") => self.colour = around,
            Some(value) => self.colour = colour_of(value),
            None => {}
        }
        let ground = ground.map(colour_of).into_iter();
        let painted = declared.get("background-color").map(ground_of);
        let painted = ground.chain(painted).last().filter(|ground| *ground != Colour::Transparent);
        let picture = declared.get("background-image").is_some_and(|image| image != "none");
        self.ground = if picture { Colour::Unknown } else { painted.unwrap_or(self.ground) };
    }

    fn drawn(&self) -> bool {
        !self.gone && self.visible && self.clickable && self.opacity >= OPACITY_MIN
    }

    /// Whether text in it is seen, and can be clicked.
    pub(super) fn shows_text(&self) -> bool {
        self.drawn() && self.size >= SIZE_MIN && self.indent > -OUTSIDE && self.stands_out()
    }

    /// Whether a picture with these attributes is seen.
    pub(super) fn shows_picture(&self, attributes: &[(String, String)], screen: Screen) -> bool {
        let of =
            |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.trim());
        let style = of("style").map(declarations).unwrap_or_default();
        let dot = |name: &str| {
            let declared = style.iter().rev().find(|one| one.name == name);
            let length = match declared {
                Some(one) => pixels(&one.value, self.size, screen),
                None => of(name).and_then(|value| value.trim_end_matches("px").parse().ok()),
            };
            length.is_some_and(|length: f32| length <= 1.0)
        };
        self.drawn() && !dot("width") && !dot("height")
    }

    fn stands_out(&self) -> bool {
        match (self.colour, self.ground) {
            (Colour::Transparent, _) => false,
            (Colour::Plain(text), Colour::Plain(ground)) => contrast(text, ground) >= CONTRAST_MIN,
            _ => true,
        }
    }
}

/// The property that a shorthand is looked at for.
fn property(name: &str) -> &str {
    match name {
        "font" => "font-size",
        "background" => "background-color",
        name => name,
    }
}

fn fraction(value: &str) -> Option<f32> {
    match value.strip_suffix('%') {
        Some(percent) => percent.parse::<f32>().ok().map(|percent| percent / 100.0),
        None => value.parse().ok(),
    }
}

/// What `background` or `background-color` paints.
fn ground_of(value: &str) -> Colour {
    if ["url(", "gradient(", "image("].iter().any(|picture| value.contains(picture)) {
        return Colour::Unknown;
    }
    if matches!(value, "none" | "inherit" | "initial" | "unset") {
        return Colour::Transparent;
    }
    // Of the words of `background`, the one that is a colour.
    let whole = colour_of(value);
    let words = value.split(' ').map(colour_of).find(|colour| *colour != Colour::Unknown);
    if whole == Colour::Unknown { words.unwrap_or(whole) } else { whole }
}

fn colour_of(value: &str) -> Colour {
    const NAMED: [(&str, [u8; 3]); 24] = [
        ("white", [255, 255, 255]),
        ("black", [0, 0, 0]),
        ("gray", [128, 128, 128]),
        ("grey", [128, 128, 128]),
        ("silver", [192, 192, 192]),
        ("lightgray", [211, 211, 211]),
        ("lightgrey", [211, 211, 211]),
        ("whitesmoke", [245, 245, 245]),
        ("snow", [255, 250, 250]),
        ("ivory", [255, 255, 240]),
        ("gainsboro", [220, 220, 220]),
        ("ghostwhite", [248, 248, 255]),
        ("red", [255, 0, 0]),
        ("maroon", [128, 0, 0]),
        ("yellow", [255, 255, 0]),
        ("olive", [128, 128, 0]),
        ("lime", [0, 255, 0]),
        ("green", [0, 128, 0]),
        ("aqua", [0, 255, 255]),
        ("teal", [0, 128, 128]),
        ("blue", [0, 0, 255]),
        ("navy", [0, 0, 128]),
        ("fuchsia", [255, 0, 255]),
        ("purple", [128, 0, 128]),
    ];
    let value = value.trim().to_ascii_lowercase();
    if value == "transparent" {
        return Colour::Transparent;
    }
    if let Some((_, plain)) = NAMED.iter().find(|(name, _)| *name == value) {
        return Colour::Plain(*plain);
    }
    if let Some(digits) = value.strip_prefix('#') {
        return hex(digits).unwrap_or(Colour::Unknown);
    }
    let inside = value.strip_prefix("rgb").and_then(|rest| rest.split_once('(')).map(|(_, rest)| rest);
    inside.and_then(|inside| rgb(inside.trim_end_matches(')'))).unwrap_or_else(|| {
        // `bgcolor=ffffff` is understood too.
        if value.len() == 6 { hex(&value).unwrap_or(Colour::Unknown) } else { Colour::Unknown }
    })
}

fn hex(digits: &str) -> Option<Colour> {
    let nibbles: Vec<u8> =
        digits.chars().map(|c| c.to_digit(16).and_then(|n| u8::try_from(n).ok())).collect::<Option<_>>()?;
    let bytes: Vec<u8> = match nibbles.len() {
        3 | 4 => nibbles.iter().map(|n| n * 17).collect(),
        6 | 8 => nibbles.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect(),
        _ => return None,
    };
    Some(with_alpha(
        [bytes[0], bytes[1], bytes[2]],
        bytes.get(3).map_or(1.0, |alpha| f32::from(*alpha) / 255.0),
    ))
}

fn rgb(inside: &str) -> Option<Colour> {
    let words = inside.split([',', ' ', '/']).filter(|word| !word.is_empty());
    let numbers: Vec<f32> = words
        .enumerate()
        .map(|(at, word)| match word.strip_suffix('%') {
            Some(percent) => percent.parse::<f32>().ok().map(|p| if at < 3 { p * 2.55 } else { p / 100.0 }),
            None => word.parse().ok(),
        })
        .collect::<Option<_>>()?;
    let [red, green, blue, alpha @ ..] = numbers.as_slice() else { return None };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    let byte = |number: &f32| number.round().clamp(0.0, 255.0) as u8;
    Some(with_alpha([byte(red), byte(green), byte(blue)], alpha.first().copied().unwrap_or(1.0)))
}

fn with_alpha(plain: [u8; 3], alpha: f32) -> Colour {
    match alpha {
        alpha if alpha < OPACITY_MIN => Colour::Transparent,
        alpha if alpha < 1.0 => Colour::Unknown,
        _ => Colour::Plain(plain),
    }
}

/// WCAG 2.2's contrast ratio.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f32 {
    let light = |colour: [u8; 3]| {
        let [red, green, blue] = colour.map(|byte| {
            let part = f32::from(byte) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05
    };
    let (one, other) = (light(one), light(other));
    one.max(other) / one.min(other)
}
