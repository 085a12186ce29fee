//! Which images can be logos.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use store::Asset;

use super::LookError;

/// Most pixels a side.
const SIDE_MAX: u32 = 4096;
/// Deepest nesting of an SVG.
const DEPTH_MAX: usize = 64;
const SVG: &str = "http://www.w3.org/2000/svg";
const XLINK: &str = "http://www.w3.org/1999/xlink";
/// Elements that draw, and neither run, load nor embed anything.
const ELEMENTS: [&str; 24] = [
    "svg",
    "g",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "defs",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "mask",
    "pattern",
    "title",
    "desc",
    "use",
    "symbol",
    "marker",
    "style",
];
const PLAIN: &str =
    "export it as plain SVG, without scripts, animation and references to other files, or as PNG";

/// What an image is, by its content: `image/png`, `image/jpeg` or `image/svg+xml`, and the ending of its name.
pub(super) fn check(bytes: &[u8]) -> Result<(&'static str, &'static str), LookError> {
    if bytes.len() > Asset::BYTES_MAX {
        return Err(LookError::new(
            format!("the logo has {} bytes, {} at most", bytes.len(), Asset::BYTES_MAX),
            "it is shown 48 pixels high: make it smaller",
        ));
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        let side = |at: usize| {
            bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
        };
        let fits = bytes.get(12..16) == Some(b"IHDR")
            && [side(16), side(20)].iter().all(|n| (1..=SIDE_MAX).contains(n));
        return if fits {
            Ok(("image/png", "png"))
        } else {
            Err(LookError::new(
                "the logo's PNG is cut off or larger than 4096 pixels a side",
                "export it again",
            ))
        };
    }
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Ok(("image/jpeg", "jpg"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| unknown())?;
    svg(text)?;
    Ok(("image/svg+xml", "svg"))
}

fn unknown() -> LookError {
    LookError::new("the logo is neither PNG, JPEG nor SVG", "convert it to one of them")
}

fn refuse(what: impl std::fmt::Display) -> LookError {
    LookError::new(format!("the logo's SVG {what}"), PLAIN)
}

/// Refuses whatever isn't plain drawing, rather than mending it: the brand sees what people will see.
fn svg(text: &str) -> Result<(), LookError> {
    let mut reader = Reader::from_str(text);
    let (mut open, mut seen): (Vec<String>, bool) = (Vec::new(), false);
    loop {
        let event =
            reader.read_event().map_err(|_| if seen { refuse("isn't well-formed") } else { unknown() })?;
        match event {
            Event::Start(tag) => {
                open.push(element(&tag, seen)?);
                seen = true;
                if open.len() > DEPTH_MAX {
                    return Err(refuse("is nested too deeply"));
                }
            }
            Event::Empty(tag) => {
                element(&tag, seen)?;
                seen = true;
            }
            Event::End(_) => {
                open.pop();
            }
            Event::Text(text) => {
                let inside = open.last().map(String::as_str);
                let text = text.decode().map_err(|_| refuse("isn't well-formed"))?;
                content(inside, &text)?;
            }
            Event::GeneralRef(reference) => {
                let plain = matches!(&*reference, b"amp" | b"lt" | b"gt" | b"quot" | b"apos");
                if !plain && !reference.is_char_ref() || open.last().is_some_and(|name| name == "style") {
                    return Err(refuse("has entities"));
                }
            }
            Event::Decl(_) | Event::Comment(_) => {}
            Event::CData(_) => return Err(refuse("has a CDATA section")),
            Event::DocType(_) => return Err(refuse("has a document type")),
            Event::PI(_) => return Err(refuse("has a processing instruction")),
            Event::Eof => break,
        }
    }
    if !seen {
        return Err(unknown());
    }
    if open.is_empty() { Ok(()) } else { Err(refuse("is cut off")) }
}

fn content(inside: Option<&str>, text: &str) -> Result<(), LookError> {
    match inside {
        Some("style") => css("style", text),
        None if !text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty() => {
            Err(unknown())
        }
        _ => Ok(()),
    }
}

fn element(tag: &BytesStart<'_>, nested: bool) -> Result<String, LookError> {
    let name = std::str::from_utf8(tag.name().into_inner()).unwrap_or_default().to_owned();
    if !nested && name != "svg" {
        return Err(unknown());
    }
    if !ELEMENTS.contains(&&*name) {
        return Err(refuse(format_args!("has an element `{name}`")));
    }
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| refuse("isn't well-formed"))?;
        let key = std::str::from_utf8(attribute.key.into_inner()).unwrap_or_default();
        let value =
            attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| refuse("has entities"))?;
        check_attribute(key, &value)?;
    }
    Ok(name)
}

fn check_attribute(key: &str, value: &str) -> Result<(), LookError> {
    match key {
        "xmlns" if value == SVG => Ok(()),
        "xmlns:xlink" if value == XLINK => Ok(()),
        "xml:space" | "xml:lang" => Ok(()),
        "href" | "xlink:href" if value.starts_with('#') => Ok(()),
        "href" | "xlink:href" => Err(refuse("refers to something outside")),
        _ if key.contains(':') || key == "xmlns" => Err(refuse(format_args!("has an attribute `{key}`"))),
        _ if key.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("on")) => {
            Err(refuse(format_args!("has a script in `{key}`")))
        }
        _ => css(key, value),
    }
}

/// Presentation attributes are CSS: nothing in them may load.
fn css(place: &str, text: &str) -> Result<(), LookError> {
    let lower = text.to_ascii_lowercase();
    let outside = lower.match_indices("url(").any(|(at, _)| {
        let target = lower[at + 4..].trim_start_matches([' ', '\'', '"']);
        !target.starts_with('#')
    });
    let words = ["@", "\\", "/*", "javascript:", "data:", "image(", "image-set(", "src(", "expression("];
    if outside || words.iter().any(|word| lower.contains(word)) {
        return Err(refuse(format_args!("could load something in `{place}`")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg_of(inside: &str) -> String {
        format!("<svg xmlns=\"{SVG}\" viewBox=\"0 0 9 9\">{inside}</svg>")
    }

    #[test]
    fn drawings_are_logos() {
        let plain = "<?xml version=\"1.0\"?>\n<!-- made by hand -->\n".to_owned()
            + &svg_of(
                "<title>Caf&amp;</title><defs><linearGradient id=\"a\"><stop offset=\"0\" stop-color=\"#fff\"/></linearGradient>\
                 </defs><style>.b{fill:url(#a)}</style><path class=\"b\" fill=\"url(#a)\" style=\"stroke:#000\" d=\"M0 0h9\"/>",
            );
        assert_eq!(check(plain.as_bytes()).unwrap(), ("image/svg+xml", "svg"));
        assert_eq!(check(b"\xff\xd8\xff\xe0rest").unwrap().1, "jpg");
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x30\x08\x06\0\0\0";
        assert_eq!(check(png).unwrap().1, "png");
        assert!(check(&png[..20]).is_err());
        assert!(check(&vec![0; 70_000]).is_err());
    }

    #[test]
    fn whatever_runs_or_loads_is_refused() {
        for inside in [
            "<script>alert(1)</script>",
            "<foreignObject><b/></foreignObject>",
            "<image href=\"https://x.example/a.png\"/>",
            "<use href=\"https://x.example/a.svg#b\"/>",
            "<use xlink:href=\"data:image/svg+xml;base64,AA\"/>",
            "<a href=\"javascript:alert(1)\"><path/></a>",
            "<path onload=\"alert(1)\"/>",
            "<path ONLOAD=\"alert(1)\"/>",
            "<path fill=\"url(https://x.example/a)\"/>",
            "<path style=\"fill:u\\72l(https://x.example)\"/>",
            "<style>@import 'https://x.example';</style>",
            "<style>path{fill:&#117;rl(https://x.example)}</style>",
            "<style><![CDATA[@import 'https://x.example']]></style>",
            "<animate attributeName=\"href\" to=\"javascript:alert(1)\"/>",
            "<set attributeName=\"onload\" to=\"alert(1)\"/>",
            "<x:script xmlns:x=\"http://www.w3.org/1999/xhtml\"/>",
            "<path/><?xml-stylesheet href=\"https://x.example\"?>",
            "&x;",
            "<g>",
        ] {
            assert!(check(svg_of(inside).as_bytes()).is_err(), "{inside}");
        }
        let entity = "<!DOCTYPE svg [<!ENTITY x \"y\">]>".to_owned() + &svg_of("");
        for bad in [entity.as_str(), "<html></html>", "", "GIF89a", "just text", "<svg>"] {
            assert!(check(bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = svg_of(&("<g>".repeat(70) + &"</g>".repeat(70)));
        assert!(check(deep.as_bytes()).is_err());
    }
}
