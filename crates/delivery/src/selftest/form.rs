//! The forms of a page, and what pressing one of their buttons would send.

use wire::markup::{Piece, Tag, read};

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
        read(html, |piece| match piece {
            Piece::Open(tag) if tag.name == "form" => {
                let action = tag.attribute("action").unwrap_or_default().trim().to_owned();
                let posts = tag.attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                forms.push(Self { action, posts, ..Self::default() });
                open = true;
            }
            Piece::Close(name) if name == "form" => open = false,
            Piece::Open(tag) if open && matches!(&*tag.name, "input" | "button") => {
                if let Some(form) = forms.last_mut() {
                    form.control(&tag);
                }
            }
            _ => {}
        });
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
    let (mut heading, mut title) = (Words::of("h1"), Words::of("title"));
    read(html, |piece| {
        heading.take(&piece);
        title.take(&piece);
    });
    heading.words().or_else(|| title.words())
}

/// The text of the first element of a name, once it has ended.
struct Words {
    name: &'static str,
    text: String,
    open: bool,
    ended: bool,
}

impl Words {
    /// What is said on a line, in characters.
    const LENGTH_MAX: usize = 80;
    /// What is read of it, in bytes.
    const BYTES_MAX: usize = 4_096;

    fn of(name: &'static str) -> Self {
        Self { name, text: String::new(), open: false, ended: false }
    }

    fn take(&mut self, piece: &Piece) {
        match piece {
            Piece::Open(tag) if tag.name == self.name => self.open = true,
            Piece::Close(name) if name == self.name => self.ended |= self.open,
            Piece::Text(text) if self.open && !self.ended && self.text.len() < Self::BYTES_MAX => {
                self.text.push_str(text);
            }
            _ => {}
        }
    }

    fn words(&self) -> Option<String> {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        let words: String =
            words.join(" ").chars().filter(|c| !c.is_control()).take(Self::LENGTH_MAX).collect();
        (self.ended && !words.is_empty()).then_some(words)
    }
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
        assert_eq!(heading("<h1></h1><title>A</title><h1>b</h1>").as_deref(), Some("A"));
        assert_eq!(heading("<!-- <h1>no</h1> --><script>'<h1>no</h1>'</script>"), None);
    }

    #[test]
    fn only_what_is_markup_is_a_form() {
        let page = "<!-- <form method=post> --><script>document.write('<form method=post>')</script>\
            <textarea><form method=post></textarea><FORM METHOD=Post ACTION='a&sol;b'><input name=\"a>b\" value='&quot;'>";
        let forms = Form::all(page);
        assert_eq!(forms.len(), 1);
        assert_eq!((forms[0].action.as_str(), forms[0].posts), ("a/b", true));
        assert_eq!(forms[0].fields, [("a>b".to_owned(), "\"".to_owned())]);
    }

    #[test]
    fn a_hostile_page_is_read_in_time() {
        assert_eq!(Form::all(&"<form><input name=a><button>".repeat(50_000)).len(), 50_000);
        assert!(heading(&format!("<h1>{}</h1>", "\0 x".repeat(500_000))).is_some());
        assert_eq!(heading(&"<h1>".repeat(300_000)), None);
    }
}
