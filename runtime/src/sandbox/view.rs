//! Views: the records of a data set in an order, of which any page can be had without the ones before it.

/// From where on records are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    Start,
    /// Stamped at or after this second.
    Moment(i64),
    /// At or after this position.
    Position(u64),
}

/// The records of a data set that belong to one of several lists: those whose position leaves the same remainder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// Number of the list.
    pub(super) first: u64,
    /// How many lists there are.
    pub(super) of: u64,
}

impl Share {
    fn holds(self, index: u64) -> bool {
        self.first < self.of && index % self.of == self.first
    }

    /// The number that the first record at or after a position has within the share.
    fn number_from(self, index: u64) -> u64 {
        index.saturating_sub(self.first).div_ceil(self.of.max(1))
    }

    fn position(self, number: u64) -> u64 {
        self.first.saturating_add(number.saturating_mul(self.of))
    }
}

/// In which order records are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    /// By the last change; otherwise by creation.
    pub(super) by_change: bool,
    pub(super) newest_first: bool,
    pub(super) since: Since,
    /// Stamped before this second.
    pub(super) until: Option<i64>,
    /// Those of one list; `None` where one list holds all.
    pub(super) share: Option<Share>,
}

impl View {
    /// Every record, in the order of creation.
    pub(super) const fn all() -> Self {
        Self { by_change: false, newest_first: false, since: Since::Start, until: None, share: None }
    }
}

/// Where a record stands in a view: unchanged ones by position, then changed ones by when they changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Head(u64),
    Tail(u64),
}

impl Place {
    fn next(self) -> Self {
        match self {
            Self::Head(number) => Self::Head(number.saturating_add(1)),
            Self::Tail(number) => Self::Tail(number.saturating_add(1)),
        }
    }
}

/// The records of one view, by their order.
pub(super) struct Selection {
    /// Positions of unchanged records, from here
    pub(super) low: u64,
    /// to before here,
    pub(super) end: u64,
    /// without these, which ascend.
    pub(super) without: Vec<u64>,
    /// Sequence and position of changed records, in the order of change.
    pub(super) tail: Vec<(u64, u64)>,
    pub(super) newest_first: bool,
    /// Of which share positions are numbers.
    pub(super) share: Option<Share>,
}

impl Selection {
    /// Only what belongs to a share, whose positions are numbered anew.
    pub(super) fn of(mut self, share: Share) -> Self {
        if share.first >= share.of {
            return Self { low: 0, end: 0, without: Vec::new(), tail: Vec::new(), share: None, ..self };
        }
        self.low = share.number_from(self.low);
        self.end = share.number_from(self.end).max(self.low);
        self.without.retain(|index| share.holds(*index));
        self.without.iter_mut().for_each(|index| *index = share.number_from(*index));
        self.tail.retain(|(_, index)| share.holds(*index));
        self.share = Some(share);
        self
    }

    fn head(&self) -> u64 {
        (self.end - self.low).saturating_sub(self.without.len() as u64)
    }

    /// How many there are.
    pub(super) fn total(&self) -> u64 {
        self.head() + self.tail.len() as u64
    }

    /// Position in the data set, and place in the view, of the record with that number in the view's order.
    pub(super) fn at(&self, number: u64) -> Option<(u64, Place)> {
        let number = number_in(number, self.total(), self.newest_first)?;
        if number >= self.head() {
            let (sequence, index) = self.tail.get(usize::try_from(number - self.head()).ok()?)?;
            return Some((*index, Place::Tail(*sequence)));
        }
        let mut index = self.low + number;
        for hidden in &self.without {
            if *hidden > index {
                break;
            }
            index += 1;
        }
        let position = self.share.map_or(index, |share| share.position(index));
        Some((position, Place::Head(index)))
    }

    /// Number of the first record after a place, in the view's order.
    pub(super) fn after(&self, place: Place) -> u64 {
        if self.newest_first { self.total() - self.before(place) } else { self.before(place.next()) }
    }

    /// How many stand before a place, oldest first.
    fn before(&self, place: Place) -> u64 {
        match place {
            Place::Head(index) => {
                let index = index.clamp(self.low, self.end);
                (index - self.low) - self.without.partition_point(|hidden| *hidden < index) as u64
            }
            Place::Tail(sequence) => {
                self.head() + self.tail.partition_point(|(known, _)| *known < sequence) as u64
            }
        }
    }
}

fn number_in(number: u64, total: u64, reversed: bool) -> Option<u64> {
    (number < total).then(|| if reversed { total - 1 - number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positions 2 to 9 without 4, 5 and 9, then two changed ones.
    fn selection(newest_first: bool) -> Selection {
        Selection {
            low: 2,
            end: 10,
            without: vec![4, 5, 9],
            tail: vec![(7, 4), (9, 5)],
            newest_first,
            share: None,
        }
    }

    #[test]
    fn any_record_is_found_by_its_number() {
        let expected = [2, 3, 6, 7, 8, 4, 5];
        for newest_first in [false, true] {
            let view = selection(newest_first);
            let mut found: Vec<u64> =
                (0..view.total()).filter_map(|n| view.at(n)).map(|(at, _)| at).collect();
            if newest_first {
                found.reverse();
            }
            assert_eq!(found, expected, "newest first: {newest_first}");
            assert_eq!(view.at(view.total()), None);
        }
    }

    #[test]
    fn shares_part_the_records_between_them() {
        let mut found: Vec<u64> = Vec::new();
        for first in 0..4 {
            let view = selection(false).of(Share { first, of: 3 });
            let mut own: Vec<u64> = (0..view.total()).filter_map(|n| view.at(n)).map(|(at, _)| at).collect();
            assert!(own.iter().all(|index| index % 3 == first), "{first}: {own:?}");
            assert_eq!(view.at(view.total()), None);
            found.append(&mut own);
        }
        found.sort_unstable();
        assert_eq!(found, [2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn the_place_of_each_record_leads_to_the_one_after_it() {
        for newest_first in [false, true] {
            let view = selection(newest_first);
            for number in 0..view.total() {
                let (_, place) = view.at(number).unwrap();
                assert_eq!(view.after(place), number + 1, "after {place:?}, newest first: {newest_first}");
            }
        }
        let table = [
            (Place::Head(0), 0),
            (Place::Head(4), 2),
            (Place::Head(99), 5),
            (Place::Tail(8), 6),
            (Place::Tail(u64::MAX), 7),
        ];
        for (place, expected) in table {
            assert_eq!(selection(false).after(place), expected, "after {place:?}, which is no longer there");
        }
    }
}
