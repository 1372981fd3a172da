//! What a pattern says.

use crate::class::Class;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// A character.
    Class(Class),
    /// A place between two characters.
    Edge(Edge),
    /// So often at least, and at most.
    Repeat { node: Box<Node>, least: u32, most: Option<u32> },
    /// One after another; without any, nothing.
    All(Vec<Node>),
    /// One of them.
    Either(Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// `^`
    Start,
    /// `$`
    End,
    /// `\b`
    Word,
}

impl Node {
    /// How many states an engine has for it, roughly.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Class(_) | Self::Edge(_) => 1,
            Self::Repeat { node, least, most } => {
                let times = u64::from(most.unwrap_or(*least)).max(1);
                node.size().saturating_mul(times).saturating_add(1)
            }
            Self::All(nodes) | Self::Either(nodes) => {
                nodes.iter().fold(1, |size, node| size.saturating_add(node.size()))
            }
        }
    }

    /// As the engine reads it. Classes are written in full, so that nothing rests on what the engine takes for a digit or a space.
    pub(crate) fn write(&self, text: &mut String) {
        match self {
            Self::Class(class) => write_class(class, text),
            Self::Edge(Edge::Start) => text.push('^'),
            Self::Edge(Edge::End) => text.push('$'),
            Self::Edge(Edge::Word) => text.push_str(r"(?-u:\b)"),
            Self::Repeat { node, least, most } => {
                text.push_str("(?:");
                node.write(text);
                text.push(')');
                match (least, most) {
                    (0, None) => text.push('*'),
                    (1, None) => text.push('+'),
                    (least, None) => text.push_str(&format!("{{{least},}}")),
                    (least, Some(most)) => text.push_str(&format!("{{{least},{most}}}")),
                }
            }
            Self::All(nodes) => nodes.iter().for_each(|node| node.write(text)),
            Self::Either(nodes) => {
                text.push_str("(?:");
                for (index, node) in nodes.iter().enumerate() {
                    if index > 0 {
                        text.push('|');
                    }
                    node.write(text);
                }
                text.push(')');
            }
        }
    }
}

fn write_class(class: &Class, text: &mut String) {
    if let [(from, to)] = class.ranges()
        && from == to
    {
        return write_character(*from, text);
    }
    text.push('[');
    for (from, to) in class.ranges() {
        write_character(*from, text);
        if from != to {
            text.push('-');
            write_character(*to, text);
        }
    }
    text.push(']');
}

fn write_character(character: char, text: &mut String) {
    if character.is_ascii_alphanumeric() {
        text.push(character);
    } else {
        text.push_str(&format!("\\x{{{:x}}}", character as u32));
    }
}
