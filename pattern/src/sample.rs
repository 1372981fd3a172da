//! Texts that match.

use crate::class::Class;
use crate::tree::Node;

/// Writes what the node matches. Edges hold of themselves where they are those of the text; whether others do is seen when it is whole.
pub(crate) fn write(node: &Node, more: u32, draw: &mut dyn FnMut(u64) -> u64, text: &mut String) {
    match node {
        Node::Edge(_) => {}
        Node::Class(class) => text.extend(member(class, draw)),
        Node::Repeat { node, least, most } => {
            let most = most.unwrap_or(u32::MAX).min(least.saturating_add(more)).max(*least);
            let times = u64::from(*least) + below(u64::from(most - least) + 1, draw);
            for _ in 0..times {
                write(node, more, draw, text);
            }
        }
        Node::All(nodes) => nodes.iter().for_each(|node| write(node, more, draw, text)),
        Node::Either(nodes) => {
            let chosen = below(nodes.len() as u64, draw);
            if let Some(node) = usize::try_from(chosen).ok().and_then(|index| nodes.get(index)) {
                write(node, more, draw, text);
            }
        }
    }
}

fn below(most: u64, draw: &mut dyn FnMut(u64) -> u64) -> u64 {
    if most <= 1 { 0 } else { draw(most) % most }
}

/// A character of the class: a plain one, if it has any.
fn member(class: &Class, draw: &mut dyn FnMut(u64) -> u64) -> Option<char> {
    let plain = |character: &char| character.is_ascii_alphanumeric();
    let readable = |_: &char| true;
    for fits in [&plain as &dyn Fn(&char) -> bool, &readable] {
        let fitting: Vec<char> =
            (' '..='~').filter(|character| class.has(*character) && fits(character)).collect();
        if !fitting.is_empty() {
            let chosen = below(fitting.len() as u64, draw);
            return usize::try_from(chosen).ok().and_then(|index| fitting.get(index)).copied();
        }
    }
    class.ranges().first().map(|(from, _)| *from)
}
