//! The answer: for people a line per way out and a sum, for programs all of it.

use serde_json::{Value, json};

use delivery::selftest::Course;

use super::subject::Subject;
use super::verdict::{Sum, Verdict, Way};
use crate::output;

/// Labels longer than this don't push all others to the right.
const LABEL_WIDTH_MAX: usize = 56;

/// What was found out about one configuration, or about one message.
pub struct Section {
    head: String,
    about: Value,
    ways: Vec<Way>,
}

impl Section {
    /// A configuration that was tested.
    pub fn of(course: &Course, subject: Option<&Subject>, ways: Vec<Way>) -> Self {
        let configuration = &course.configuration;
        let (channel, category) = (configuration.channel(), configuration.category);
        let address = subject.map(|subject| subject.text.clone());
        let at = course.run.created_at.to_string();
        let day = at.get(..10).unwrap_or(&at);
        let whose = address.as_ref().map_or_else(String::new, |address| format!(", for {address}"));
        let head = format!(
            "{} ({channel}, {}): what messages of \u{201c}{}\u{201d} of {day} carry{whose}",
            configuration.name,
            category.as_str(),
            course.run.campaign
        );
        let about = json!({
            "configuration": configuration.name,
            "version": course.version,
            "channel": channel.as_str(),
            "category": category.as_str(),
            "campaign": course.run.campaign,
            "run": course.run.id.to_string(),
            "startedAt": at,
            "publicUrl": &*course.links.public_url,
            "testAddress": address,
        });
        Self { head, about, ways }
    }

    /// A configuration that can't be tested.
    pub fn broken(name: &str, way: Way) -> Self {
        Self { head: name.to_owned(), about: json!({ "configuration": name }), ways: vec![way] }
    }

    /// A message.
    pub fn message(head: String, about: Value, ways: Vec<Way>) -> Self {
        Self { head, about, ways }
    }

    fn lines(&self) -> Vec<String> {
        let widths = self.ways.iter().map(|way| way.label.chars().count());
        let width = widths.filter(|width| *width <= LABEL_WIDTH_MAX).max().unwrap_or(0);
        let ways = self.ways.iter().flat_map(|way| way.lines(width));
        std::iter::once(self.head.clone()).chain(ways).collect()
    }

    fn describe(&self) -> Value {
        let mut value = self.about.clone();
        value["ways"] = self.ways.iter().map(Way::describe).collect();
        value
    }
}

/// All that was found out.
pub struct Report {
    /// The test addresses.
    pub addresses: Vec<String>,
    /// Whether they are as they were.
    pub put_back: bool,
    /// Whether somebody stopped it before its end.
    pub stopped: bool,
    /// Of configurations.
    pub configurations: Vec<Section>,
    /// Of messages.
    pub messages: Vec<Section>,
}

impl Report {
    fn ways(&self) -> impl Iterator<Item = &Way> {
        self.configurations.iter().chain(&self.messages).flat_map(|section| &section.ways)
    }

    /// Whether everything was tried, nothing fails, and nothing is left behind.
    pub fn is_fine(&self) -> bool {
        let tried = self.ways().any(|way| way.verdict != Verdict::NotChecked);
        tried && self.put_back && !self.stopped && self.ways().all(|way| way.verdict != Verdict::Fails)
    }

    /// Prints it.
    pub fn print(&self, json: bool) {
        let sum = Sum::of(self.ways());
        let value = json!({
            "works": self.is_fine(),
            "stopped": self.stopped,
            "putBack": self.put_back,
            "testAddresses": self.addresses,
            "sum": sum,
            "configurations": self.configurations.iter().map(Section::describe).collect::<Vec<_>>(),
            "messages": self.messages.iter().map(Section::describe).collect::<Vec<_>>(),
        });
        output::data(json, &value, || {
            let mut lines: Vec<String> = Vec::new();
            for section in self.configurations.iter().chain(&self.messages) {
                lines.extend(section.lines());
                lines.push(String::new());
            }
            lines.push(sum.in_words());
            if !self.addresses.is_empty() {
                let addresses = self.addresses.join(" and ");
                lines.push(if self.put_back {
                    format!("consent of {addresses} is as it was before")
                } else {
                    format!("consent of {addresses} is NOT as it was before: `consentry profile show` tells what is recorded")
                });
            }
            if self.stopped {
                lines.push("the test was stopped before its end".to_owned());
            }
            lines.join("\n")
        });
    }
}
