//! A pattern as ECMA-262 writes it (22.2.1), with what its appendix B.1.2 allows where nothing else can be meant: signs that are escaped without need,
//! and brackets that stand for themselves.

use std::iter::Peekable;
use std::str::Chars;

use crate::Unreadable;
use crate::class::Class;
use crate::tree::{Edge, Node};

/// Groups within one another.
const DEEPEST: usize = 40;

pub(crate) fn read(text: &str) -> Result<Node, Unreadable> {
    let mut reader = Reader { rest: text.chars().peekable(), depth: 0 };
    let node = reader.either()?;
    // A group that nothing opened.
    if reader.rest.next().is_some() { Err(Unreadable::NotEcma("`)` without `(`")) } else { Ok(node) }
}

struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
    depth: usize,
}

impl Reader<'_> {
    fn eat(&mut self, character: char) -> bool {
        self.rest.next_if_eq(&character).is_some()
    }

    /// Whether the text goes on so.
    fn sees(&self, text: &str) -> bool {
        let mut rest = self.rest.clone();
        text.chars().all(|character| rest.next() == Some(character))
    }

    /// Alternatives, up to the end of the group.
    fn either(&mut self) -> Result<Node, Unreadable> {
        let mut branches = vec![self.all()?];
        while self.eat('|') {
            branches.push(self.all()?);
        }
        Ok(match branches.pop() {
            Some(only) if branches.is_empty() => only,
            last => Node::Either(branches.into_iter().chain(last).collect()),
        })
    }

    fn all(&mut self) -> Result<Node, Unreadable> {
        let mut nodes = Vec::new();
        while let Some(next) = self.rest.peek() {
            if matches!(next, '|' | ')') {
                break;
            }
            let node = self.atom()?;
            let node = self.repeated(node)?;
            nodes.push(node);
        }
        Ok(Node::All(nodes))
    }

    fn atom(&mut self) -> Result<Node, Unreadable> {
        Ok(match self.rest.next() {
            Some('^') => Node::Edge(Edge::Start),
            Some('$') => Node::Edge(Edge::End),
            Some('.') => Node::Class(Class::dot()),
            Some('(') => self.group()?,
            Some('[') => Node::Class(self.class()?),
            Some('\\') => self.escape()?,
            Some('*' | '+' | '?') => return Err(Unreadable::NotEcma("nothing to repeat")),
            Some('{') if self.rest.peek().is_some_and(|next| next.is_ascii_digit() || *next == ',') => {
                return Err(Unreadable::NotEcma("nothing to repeat"));
            }
            Some(other) => Node::Class(Class::one(other)),
            None => Node::All(Vec::new()),
        })
    }

    fn group(&mut self) -> Result<Node, Unreadable> {
        if self.eat('?') {
            match self.rest.next() {
                Some(':') => {}
                Some('=' | '!') => return Err(Unreadable::LookAround),
                Some('<') if matches!(self.rest.peek(), Some('=' | '!')) => {
                    return Err(Unreadable::LookAround);
                }
                Some('<') => self.name()?,
                _ => return Err(Unreadable::NotEcma("a group with flags")),
            }
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Unreadable::TooLarge);
        }
        let node = self.either()?;
        self.depth -= 1;
        if self.eat(')') { Ok(node) } else { Err(Unreadable::NotEcma("`(` without `)`")) }
    }

    fn name(&mut self) -> Result<(), Unreadable> {
        loop {
            match self.rest.next() {
                Some('>') => return Ok(()),
                Some(other) if other.is_alphanumeric() || matches!(other, '_' | '$') => {}
                _ => return Err(Unreadable::NotEcma("the name of a group")),
            }
        }
    }

    /// How often the atom may come. Whether as often or as seldom as can be makes no other texts.
    fn repeated(&mut self, node: Node) -> Result<Node, Unreadable> {
        let (least, most) = match self.rest.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.counts()? {
                Some(counts) => counts,
                None => return Ok(node),
            },
            _ => return Ok(node),
        };
        self.rest.next();
        self.eat('?');
        if matches!(self.rest.peek(), Some('*' | '+' | '?')) || self.is_count() {
            return Err(Unreadable::NotEcma("what is repeated is repeated again"));
        }
        if matches!(node, Node::Edge(_)) {
            return Err(Unreadable::NotEcma("nothing to repeat"));
        }
        Ok(Node::Repeat { node: Box::new(node), least, most })
    }

    fn is_count(&self) -> bool {
        let mut rest = self.rest.clone();
        rest.next() == Some('{') && rest.next().is_some_and(|next| next.is_ascii_digit())
    }

    /// `{2}`, `{2,}` and `{2,3}`, up to the bracket; `None` for a bracket that stands for itself.
    fn counts(&mut self) -> Result<Option<(u32, Option<u32>)>, Unreadable> {
        if self.sees("{,") {
            // None at all where ECMA-262 is kept, up to so many in other dialects.
            return Err(Unreadable::NotEcma("`{,`"));
        }
        if !self.is_count() {
            return Ok(None);
        }
        self.rest.next();
        let least = self.number();
        let most = if self.eat(',') {
            if self.rest.peek() == Some(&'}') { None } else { Some(self.number()) }
        } else {
            Some(least)
        };
        match self.rest.peek() {
            Some('}') if most.is_none_or(|most| most >= least) => Ok(Some((least, most))),
            _ => Err(Unreadable::NotEcma("how often something is repeated")),
        }
    }

    fn number(&mut self) -> u32 {
        let mut number = 0_u32;
        while let Some(digit) = self.rest.peek().and_then(|next| next.to_digit(10)) {
            number = number.saturating_mul(10).saturating_add(digit);
            self.rest.next();
        }
        number
    }

    /// What follows a backslash outside of a class.
    fn escape(&mut self) -> Result<Node, Unreadable> {
        Ok(match self.rest.peek() {
            Some('b') => {
                self.rest.next();
                Node::Edge(Edge::Word)
            }
            Some('B') => return Err(Unreadable::NoEdge),
            Some('1'..='9' | 'k') => return Err(Unreadable::BackReference),
            _ => Node::Class(self.escaped()?),
        })
    }

    /// What follows a backslash, as far as it stands for characters.
    fn escaped(&mut self) -> Result<Class, Unreadable> {
        let Some(next) = self.rest.next() else { return Err(Unreadable::NotEcma("`\\` at its end")) };
        if let Some(class) = Class::of_escape(next) {
            return Ok(class);
        }
        let character = match next {
            't' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            '0' if !matches!(self.rest.peek(), Some('0'..='9')) => '\0',
            'c' => match self.rest.next() {
                Some(letter) if letter.is_ascii_alphabetic() => char::from(letter as u8 & 31),
                _ => return Err(Unreadable::NotEcma("`\\c`")),
            },
            'x' => self.hexadecimal(2).ok_or(Unreadable::NotEcma("`\\x`"))?,
            'u' => self.unicode()?,
            'p' | 'P' => return Err(Unreadable::Property),
            other if other.is_ascii_alphanumeric() => {
                return Err(Unreadable::NotEcma("a letter or digit that is escaped without a meaning"));
            }
            other => other,
        };
        Ok(Class::one(character))
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<char> {
        self.code(digits).and_then(char::from_u32)
    }

    fn code(&mut self, digits: usize) -> Option<u32> {
        let mut code = 0;
        for _ in 0..digits {
            code = code * 16 + self.rest.next()?.to_digit(16)?;
        }
        Some(code)
    }

    /// `\u0041`, `\ud83d\ude00` and `\u{1f600}`, after the `u`.
    fn unicode(&mut self) -> Result<char, Unreadable> {
        const WRONG: Unreadable = Unreadable::NotEcma("`\\u`");
        if self.eat('{') {
            let mut code = 0_u32;
            loop {
                match self.rest.next() {
                    Some('}') => return char::from_u32(code).ok_or(WRONG),
                    Some(digit) => {
                        code = code.saturating_mul(16).saturating_add(digit.to_digit(16).ok_or(WRONG)?);
                    }
                    None => return Err(WRONG),
                }
            }
        }
        let high = self.code(4).ok_or(WRONG)?;
        if (0xd800..0xdc00).contains(&high) && self.sees("\\u") {
            self.rest.next();
            self.rest.next();
            let low = self.code(4).filter(|low| (0xdc00..0xe000).contains(low)).ok_or(WRONG)?;
            return char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)).ok_or(WRONG);
        }
        // Half of a pair is no character, and no text has it.
        char::from_u32(high).ok_or(WRONG)
    }

    /// A class, after its bracket.
    fn class(&mut self) -> Result<Class, Unreadable> {
        let is_negated = self.eat('^');
        let mut ranges = Vec::new();
        while let Some(from) = self.member()? {
            // A hyphen before the end stands for itself.
            let mut after = self.rest.clone();
            let is_range = after.next() == Some('-') && !matches!(after.next(), Some(']') | None);
            if !is_range {
                ranges.extend_from_slice(from.ranges());
                continue;
            }
            self.rest.next();
            let Some(to) = self.member()? else { break };
            match (from.ranges(), to.ranges()) {
                ([(from, last)], [(first, to)]) if from == last && first == to => {
                    if from > to {
                        return Err(Unreadable::NotEcma("a range of characters that ends before it begins"));
                    }
                    ranges.push((*from, *to));
                }
                // `[\w-.]`: between classes it stands for itself.
                (one, other) => {
                    ranges.extend_from_slice(one);
                    ranges.push(('-', '-'));
                    ranges.extend_from_slice(other);
                }
            }
        }
        let class = Class::of(ranges);
        let class = if is_negated { class.negated() } else { class };
        if class.ranges().is_empty() { Err(Unreadable::EmptyClass) } else { Ok(class) }
    }

    /// A member of a class; `None` at its end.
    fn member(&mut self) -> Result<Option<Class>, Unreadable> {
        Ok(Some(match self.rest.next() {
            Some(']') => return Ok(None),
            // `[[:alpha:]]` of other dialects, which is read here as a class and a bracket.
            Some('[') if self.rest.peek() == Some(&':') => {
                return Err(Unreadable::NotEcma("`[:`"));
            }
            Some('\\') if self.eat('b') => Class::one('\u{8}'),
            Some('\\') if matches!(self.rest.peek(), Some('1'..='9')) => {
                return Err(Unreadable::NotEcma("a number that is escaped in a class"));
            }
            Some('\\') => self.escaped()?,
            Some(other) => Class::one(other),
            None => return Err(Unreadable::NotEcma("`[` without `]`")),
        }))
    }
}
