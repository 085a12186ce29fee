//! The forms of a page, and what pressing one of their buttons would send.

use crate::html::{Tag, tags};

/// A form of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Where it is sent, relative to the page; empty for the page itself.
    pub action: String,
    /// Whether it is posted.
    pub posts: bool,
    /// What is sent without anybody's doing: hidden fields, and what is ticked.
    pub fields: Vec<(String, String)>,
    /// What can be ticked: names and values.
    pub options: Vec<(String, String)>,
    /// The buttons: names and values.
    pub buttons: Vec<(String, String)>,
}

impl Form {
    /// The forms of a page.
    pub fn all(html: &str) -> Vec<Self> {
        let mut forms: Vec<Self> = Vec::new();
        let mut open = false;
        for tag in tags(html) {
            match (&*tag.name, tag.closes) {
                ("form", false) => {
                    let action = tag.attribute("action").unwrap_or_default().trim().to_owned();
                    let posts =
                        tag.attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                    forms.push(Self { action, posts, ..Self::default() });
                    open = true;
                }
                ("form", true) => open = false,
                ("input" | "button", false) if open => {
                    if let Some(form) = forms.last_mut() {
                        form.control(&tag);
                    }
                }
                _ => {}
            }
        }
        forms
    }

    fn control(&mut self, tag: &Tag) {
        let text = |name| tag.attribute(name).unwrap_or_default().to_owned();
        let kind = text("type").to_ascii_lowercase();
        let named = (text("name"), text("value"));
        let presses = matches!(&*kind, "submit" | "image") || tag.name == "button" && kind.is_empty();
        if presses {
            self.buttons.push(named);
        } else if matches!(&*kind, "radio" | "checkbox") {
            if tag.attribute("checked").is_some() {
                self.fields.push(named.clone());
            }
            self.options.push(named);
        } else if tag.name == "input" && !matches!(&*kind, "button" | "reset") && !named.0.is_empty() {
            self.fields.push(named);
        }
    }

    /// Whether it has a button of this value.
    pub fn has_button(&self, value: &str) -> bool {
        self.buttons.iter().any(|(_, found)| found == value)
    }

    /// What is sent when the button of this value is pressed, with other options ticked in place of those of the same
    /// name; urlencoded.
    pub fn pressed(&self, button: &str, ticked: &[(&str, &str)]) -> String {
        let stays = |name: &str| ticked.iter().all(|(other, _)| *other != name);
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(self.fields.iter().filter(|(name, _)| stays(name)));
        body.extend_pairs(ticked);
        body.extend_pairs(self.buttons.iter().find(|(_, value)| value == button));
        body.finish()
    }
}

/// What a page calls itself: its first heading, else its title.
pub fn heading(html: &str) -> Option<String> {
    let inside = |name: &str| {
        let lower = html.to_ascii_lowercase();
        let start = lower.find(&format!("<{name}"))?;
        let start = start + lower[start..].find('>')? + 1;
        let length = lower[start..].find(&format!("</{name}"))?;
        let text = strip(&html[start..start + length]);
        (!text.is_empty()).then_some(text)
    };
    inside("h1").or_else(|| inside("title"))
}

/// The text of a piece of HTML, cut to what fits a line.
fn strip(html: &str) -> String {
    const LENGTH_MAX: usize = 80;
    let mut text = String::new();
    let mut in_tag = false;
    for c in html.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            c if !in_tag => text.push(c),
            _ => {}
        }
    }
    let text = crate::html::decode(&text);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(LENGTH_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<title>Choices · Brand</title><h1>Your <b>choices</b> &amp; more</h1>\
        <form method=\"post\"><input type=\"hidden\" name=\"via\" value=\"page\">\
        <input type=hidden name=was-any value=''><label><input type=radio name=any value=y checked>Yes</label>\
        <input type='radio' name='any' value='n'><input type=checkbox name=x value=1>\
        <textarea name=note></textarea><button name=\"action\" value=\"save\">Save</button></form>\
        <button name=action value=outside>no</button>\
        <form action='../u/T&amp;1' METHOD=POST><input type=submit name=action value=unsubscribe></form><form><button>";

    #[test]
    fn reads_what_our_pages_hold() {
        let forms = Form::all(PAGE);
        assert_eq!(forms.len(), 3);
        assert!(forms[0].posts && forms[0].has_button("save") && !forms[0].has_button("outside"));
        assert_eq!(forms[0].pressed("save", &[]), "via=page&was-any=&any=y&action=save");
        assert_eq!(forms[0].pressed("save", &[("any", "n")]), "via=page&was-any=&any=n&action=save");
        assert!(forms[0].options.contains(&("any".to_owned(), "n".to_owned())));
        assert_eq!((forms[1].action.as_str(), forms[1].posts), ("../u/T&1", true));
        assert_eq!(forms[1].pressed("unsubscribe", &[]), "action=unsubscribe");
        assert!(!forms[2].posts);
    }

    #[test]
    fn a_page_says_what_it_is() {
        assert_eq!(heading(PAGE).as_deref(), Some("Your choices & more"));
        assert_eq!(heading("<html><TITLE>\n 404 Not Found </TITLE>").as_deref(), Some("404 Not Found"));
        assert_eq!(heading("not found"), None);
        assert_eq!(heading("<h1>"), None);
    }
}
