//! XML text as a tree.
//!
//! **Simplified:** namespaces are part of a name, document types are passed over, and only the five plain entities and numbers are known.

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Child>,
}

/// What stands in an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Child {
    Element(Element),
    Text(String),
}

impl Element {
    /// The child elements.
    pub(super) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Child::Element(element) => Some(element),
            Child::Text(_) => None,
        })
    }

    /// All text inside, however deep.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for child in &self.children {
            match child {
                Child::Element(element) => text.push_str(&element.text()),
                Child::Text(own) => text.push_str(own),
            }
        }
        text
    }
}

/// The element that a document consists of; nothing when the text is malformed.
pub(super) fn parse(text: &str) -> Option<Element> {
    let mut reader = Reader { rest: text };
    reader.skip_prologue()?;
    let root = reader.element(0)?;
    reader.skip_prologue()?;
    reader.rest.trim().is_empty().then_some(root)
}

/// Deeper documents are malformed to us.
const DEEPEST: usize = 200;

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Blanks, comments, instructions and the document type.
    fn skip_prologue(&mut self) -> Option<()> {
        loop {
            self.rest = self.rest.trim_start();
            let end = if self.rest.starts_with("<!--") {
                "-->"
            } else if self.rest.starts_with("<?") {
                "?>"
            } else if self.rest.starts_with("<!") {
                ">"
            } else {
                return Some(());
            };
            self.until(end)?;
        }
    }

    /// What stands before `end`, which is passed over too.
    fn until(&mut self, end: &str) -> Option<&'a str> {
        let (before, after) = self.rest.split_once(end)?;
        self.rest = after;
        Some(before)
    }

    fn name(&mut self) -> Option<String> {
        let end = self.rest.find(|c: char| c.is_whitespace() || "/>=<\"'".contains(c))?;
        let (name, after) = self.rest.split_at(end);
        self.rest = after;
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn element(&mut self, depth: usize) -> Option<Element> {
        self.rest = self.rest.strip_prefix('<').filter(|_| depth < DEEPEST)?;
        let mut element = Element { name: self.name()?, attributes: Vec::new(), children: Vec::new() };
        loop {
            self.rest = self.rest.trim_start();
            if let Some(after) = self.rest.strip_prefix("/>") {
                self.rest = after;
                return Some(element);
            }
            if let Some(after) = self.rest.strip_prefix('>') {
                self.rest = after;
                break;
            }
            let name = self.name()?;
            self.rest = self.rest.trim_start().strip_prefix('=')?.trim_start();
            let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            self.rest = &self.rest[1..];
            let value = self.until(&quote.to_string())?;
            element.attributes.push((name, unescaped(value)?));
        }
        self.content(&mut element, depth)?;
        Some(element)
    }

    fn content(&mut self, element: &mut Element, depth: usize) -> Option<()> {
        loop {
            let at = self.rest.find('<')?;
            let (text, after) = self.rest.split_at(at);
            if !text.is_empty() {
                element.children.push(Child::Text(unescaped(text)?));
            }
            self.rest = after;
            if let Some(after) = self.rest.strip_prefix("</") {
                self.rest = after;
                let name = self.name()?;
                self.rest = self.rest.trim_start().strip_prefix('>')?;
                return (name == element.name).then_some(());
            }
            if let Some(after) = self.rest.strip_prefix("<![CDATA[") {
                self.rest = after;
                element.children.push(Child::Text(self.until("]]>")?.to_owned()));
            } else if self.rest.starts_with("<!--") {
                self.until("-->")?;
            } else if self.rest.starts_with("<?") {
                self.until("?>")?;
            } else {
                element.children.push(Child::Element(self.element(depth + 1)?));
            }
        }
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (entity, after) = after.split_once(';')?;
        out.push(match entity {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let code = match number.strip_prefix("#x") {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.strip_prefix('#')?.parse().ok()?,
                };
                char::from_u32(code)?
            }
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// Text as it stands in XML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_become_trees() {
        let root =
            parse("<?xml version=\"1.0\"?><!-- note --><a x='1'><b>b&amp;1</b><c/><![CDATA[<raw>]]></a>").unwrap();
        assert_eq!((root.name.as_str(), root.attributes.len(), root.elements().count()), ("a", 1, 2));
        assert_eq!(root.text(), "b&1<raw>");
        assert_eq!(parse("<a><b></a>"), None);
        assert_eq!(parse("no xml"), None);
    }
}
