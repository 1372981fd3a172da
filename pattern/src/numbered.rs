//! Texts of a pattern by number, so that each number has a text of its own, which tells it.

use crate::class::Class;
use crate::tree::Node;

/// How often at most something comes that may come more often.
const REPEATED: u32 = 12;
/// Characters of a text, at most.
const LONGEST: usize = 200;

/// The characters that may stand at each place of the texts that are numbered, in their order; `None` where texts would be too long.
pub(crate) fn places(node: &Node) -> Option<Vec<Vec<char>>> {
    let mut places = Vec::new();
    collect(node, &mut places)?;
    Some(places)
}

fn collect(node: &Node, places: &mut Vec<Vec<char>>) -> Option<()> {
    match node {
        Node::Edge(_) => {}
        Node::Class(class) => places.push(digits(class)),
        Node::Repeat { node, least, most } => {
            let times = REPEATED.min(most.unwrap_or(REPEATED)).max(*least);
            for _ in 0..times {
                collect(node, places)?;
            }
        }
        Node::All(nodes) => nodes.iter().try_for_each(|node| collect(node, places))?,
        Node::Either(nodes) => collect(nodes.first()?, places)?,
    }
    (places.len() <= LONGEST).then_some(())
}

/// The plain characters of a class, else its first.
fn digits(class: &Class) -> Vec<char> {
    let plain: Vec<char> =
        ('0'..='z').filter(|sign| sign.is_ascii_alphanumeric() && class.has(*sign)).collect();
    if plain.is_empty() { class.ranges().first().map(|(from, _)| *from).into_iter().collect() } else { plain }
}

/// The text of a number: its digits at the end, the highest first, so that texts are in the order of their numbers.
pub(crate) fn text_of(places: &[Vec<char>], number: u64) -> Option<String> {
    let mut left = number;
    let mut text = Vec::with_capacity(places.len());
    for digits in places.iter().rev() {
        let base = digits.len() as u64;
        let digit = usize::try_from(left.checked_rem(base)?).ok()?;
        text.push(*digits.get(digit)?);
        left /= base;
    }
    (left == 0).then(|| text.into_iter().rev().collect())
}

/// The number of a text that was made of one.
pub(crate) fn number_of(places: &[Vec<char>], text: &str) -> Option<u64> {
    let mut number = 0_u64;
    let mut signs = text.chars();
    for digits in places {
        let sign = signs.next()?;
        let digit = digits.iter().position(|known| *known == sign)?;
        number = number.checked_mul(digits.len() as u64)?.checked_add(digit as u64)?;
    }
    signs.next().is_none().then_some(number)
}
