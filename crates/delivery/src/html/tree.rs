//! HTML as a browser reads it, in a flat list of nodes: however deep it is nested, nothing here recurses.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::{Attribute, ParseOpts, QualName, parse_document};

/// What a node is.
pub(super) enum Data {
    /// The document, or what a template holds.
    Root,
    /// An element: its name in lower case, and its attributes.
    Element(String, Vec<(String, String)>),
    Text(String),
    Comment(String),
}

pub(super) struct Node {
    pub(super) parent: Option<usize>,
    pub(super) children: Vec<usize>,
    pub(super) data: Data,
}

/// The nodes of a document; the first is its root.
pub(super) struct Tree(pub(super) Vec<Node>);

impl Tree {
    /// Reads anything.
    pub(super) fn read(html: &str) -> Self {
        parse_document(Sink::new(), ParseOpts::default()).one(html)
    }

    /// An element's attribute, if it is an element that has it.
    pub(super) fn attribute(&self, node: usize, name: &str) -> Option<&str> {
        let Data::Element(_, attributes) = &self.0[node].data else { return None };
        attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// An element's name; empty for anything else.
    pub(super) fn name(&self, node: usize) -> &str {
        match &self.0[node].data {
            Data::Element(name, _) => name,
            _ => "",
        }
    }
}

/// A node while the parser works. The name goes along, since the parser asks for it while it changes the tree.
#[derive(Clone)]
struct Handle {
    id: usize,
    name: Option<Rc<QualName>>,
}

struct Sink(RefCell<Vec<Node>>);

impl Sink {
    fn new() -> Self {
        Self(RefCell::new(vec![Node { parent: None, children: Vec::new(), data: Data::Root }]))
    }

    fn add(&self, data: Data) -> usize {
        let mut nodes = self.0.borrow_mut();
        nodes.push(Node { parent: None, children: Vec::new(), data });
        nodes.len() - 1
    }

    /// Puts a node or text among the children of `parent`, at a place.
    fn insert(&self, parent: usize, at: usize, child: NodeOrText<Handle>) {
        let id = match child {
            NodeOrText::AppendNode(handle) => {
                self.detach(handle.id);
                handle.id
            }
            NodeOrText::AppendText(text) => {
                let mut nodes = self.0.borrow_mut();
                let before = at.checked_sub(1).map(|before| nodes[parent].children[before]);
                if let Some(Data::Text(known)) = before.map(|before| &mut nodes[before].data) {
                    known.push_str(&text);
                    return;
                }
                drop(nodes);
                self.add(Data::Text(text.to_string()))
            }
        };
        let mut nodes = self.0.borrow_mut();
        let at = at.min(nodes[parent].children.len());
        nodes[parent].children.insert(at, id);
        nodes[id].parent = Some(parent);
    }

    fn end(&self, parent: usize) -> usize {
        self.0.borrow()[parent].children.len()
    }

    fn detach(&self, id: usize) {
        let mut nodes = self.0.borrow_mut();
        if let Some(parent) = nodes[id].parent.take() {
            nodes[parent].children.retain(|child| *child != id);
        }
    }
}

fn pairs(attributes: Vec<Attribute>) -> Vec<(String, String)> {
    let pair = |attribute: Attribute| (attribute.name.local.to_lowercase(), attribute.value.to_string());
    attributes.into_iter().map(pair).collect()
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Tree;
    type ElemName<'a> = &'a QualName;

    fn finish(self) -> Tree {
        Tree(self.0.into_inner())
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Handle { id: 0, name: None }
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> &'a QualName {
        target.name.as_deref().expect("the parser asks for names of elements only")
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> Handle {
        // In mail, a prefix is part of the name: `v:roundrect`.
        let id = self.add(Data::Element(name.local.to_lowercase(), pairs(attributes)));
        if flags.template {
            let contents = self.add(Data::Root);
            self.insert(id, 0, NodeOrText::AppendNode(Handle { id: contents, name: None }));
        }
        Handle { id, name: Some(Rc::new(name)) }
    }

    fn create_comment(&self, text: StrTendril) -> Handle {
        Handle { id: self.add(Data::Comment(text.to_string())), name: None }
    }

    fn create_pi(&self, _: StrTendril, data: StrTendril) -> Handle {
        self.create_comment(data)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.insert(parent.id, self.end(parent.id), child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        let has_parent = self.0.borrow()[element.id].parent.is_some();
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Handle) -> Handle {
        let contents = self.0.borrow()[target.id].children.first().copied();
        Handle { id: contents.unwrap_or(target.id), name: None }
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x.id == y.id
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        if let NodeOrText::AppendNode(handle) = &child {
            self.detach(handle.id);
        }
        let place = {
            let nodes = self.0.borrow();
            let parent = nodes[sibling.id].parent;
            parent.and_then(|parent| {
                let at = nodes[parent].children.iter().position(|child| *child == sibling.id)?;
                Some((parent, at))
            })
        };
        if let Some((parent, at)) = place {
            self.insert(parent, at, child);
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, attributes: Vec<Attribute>) {
        let mut nodes = self.0.borrow_mut();
        if let Data::Element(_, known) = &mut nodes[target.id].data {
            for (name, value) in pairs(attributes) {
                if known.iter().all(|(found, _)| *found != name) {
                    known.push((name, value));
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.detach(target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        let mut nodes = self.0.borrow_mut();
        let children = std::mem::take(&mut nodes[node.id].children);
        for child in &children {
            nodes[*child].parent = Some(new_parent.id);
        }
        nodes[new_parent.id].children.extend(children);
    }
}
