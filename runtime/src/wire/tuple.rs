use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde_json::Value;

use super::Blank;

/// A list whose first items have types of their own (`prefixItems`). `T` is a Rust tuple of these; `tuple.0` is the first. The first
/// `REQUIRED` of them are always there; the others are `Option` or `Maybe`, and a list that ends before them is read all the same. What
/// follows them is kept in `rest`.
///
/// The items are in a `Box`, so that a tuple may hold what holds it.
#[derive(Clone, PartialEq)]
pub struct Tuple<T, const REQUIRED: usize = 0, R = Value> {
    items: Box<T>,
    /// Further items.
    pub rest: Vec<R>,
}

impl<T, const REQUIRED: usize, R> Tuple<T, REQUIRED, R> {
    /// The items that have types of their own.
    pub fn into_items(self) -> T {
        *self.items
    }
}

impl<T, const REQUIRED: usize, R> std::ops::Deref for Tuple<T, REQUIRED, R> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.items
    }
}

impl<T, const REQUIRED: usize, R> std::ops::DerefMut for Tuple<T, REQUIRED, R> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.items
    }
}

impl<T, const REQUIRED: usize, R> From<T> for Tuple<T, REQUIRED, R> {
    fn from(items: T) -> Self {
        Self { items: Box::new(items), rest: Vec::new() }
    }
}

impl<T: Blank, const REQUIRED: usize, R> Default for Tuple<T, REQUIRED, R> {
    fn default() -> Self {
        Self::from(T::blank())
    }
}

impl<T: Blank, const REQUIRED: usize, R> Blank for Tuple<T, REQUIRED, R> {
    fn blank() -> Self {
        Self::default()
    }
}

impl<T: Items, const REQUIRED: usize, R: Serialize> fmt::Debug for Tuple<T, REQUIRED, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match serde_json::to_value(self) {
            Ok(value) => fmt::Debug::fmt(&value, formatter),
            Err(_) => formatter.write_str("..."),
        }
    }
}

impl<T: Items, const REQUIRED: usize, R: Serialize> Serialize for Tuple<T, REQUIRED, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Nothing can be left out before something that is there: it is written as null.
        let written = if self.rest.is_empty() { self.items.present().max(REQUIRED) } else { T::COUNT };
        let mut list = serializer.serialize_seq(Some(written + self.rest.len()))?;
        self.items.write(written, &mut list)?;
        for item in &self.rest {
            list.serialize_element(item)?;
        }
        list.end()
    }
}

impl<'de, T: Items, const REQUIRED: usize, R: Deserialize<'de>> Deserialize<'de> for Tuple<T, REQUIRED, R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(TupleVisitor(PhantomData))
    }
}

struct TupleVisitor<T, const REQUIRED: usize, R>(PhantomData<(T, R)>);

impl<'de, T: Items, const REQUIRED: usize, R: Deserialize<'de>> Visitor<'de>
    for TupleVisitor<T, REQUIRED, R>
{
    type Value = Tuple<T, REQUIRED, R>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a list of at least {REQUIRED} items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut tuple = Self::Value::default();
        let read = tuple.items.read(&mut list)?;
        if read < REQUIRED {
            return Err(A::Error::invalid_length(read, &self));
        }
        while let Some(item) = list.next_element()? {
            tuple.rest.push(item);
        }
        Ok(tuple)
    }
}

/// A Rust tuple whose items are read from and written to the start of a list.
pub trait Items: Blank {
    /// How many items there are.
    const COUNT: usize;

    /// Reads items until the list ends or all are there, and tells how many came.
    fn read<'de, A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<usize, A::Error>;

    /// How many items there are up to the last that is not blank: of those that may be missing, a blank one is missing.
    fn present(&self) -> usize;

    /// Writes that many items.
    fn write<S: SerializeSeq>(&self, count: usize, list: &mut S) -> Result<(), S::Error>;
}

macro_rules! items {
    ($count:literal: $($name:ident $index:tt),*) => {
        impl<$($name: Blank),*> Blank for ($($name,)*) {
            fn blank() -> Self {
                ($($name::blank(),)*)
            }
        }

        impl<$($name: Blank + PartialEq + Serialize + DeserializeOwned),*> Items for ($($name,)*) {
            const COUNT: usize = $count;

            fn read<'de, A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<usize, A::Error> {
                $(
                    match list.next_element()? {
                        Some(item) => self.$index = item,
                        None => return Ok($index),
                    }
                )*
                Ok($count)
            }

            fn present(&self) -> usize {
                let mut present = 0;
                $(
                    if self.$index != $name::blank() {
                        present = $index + 1;
                    }
                )*
                present
            }

            fn write<S: SerializeSeq>(&self, count: usize, list: &mut S) -> Result<(), S::Error> {
                $(
                    if $index < count {
                        list.serialize_element(&self.$index)?;
                    }
                )*
                Ok(())
            }
        }
    };
}

items!(1: A1 0);
items!(2: A1 0, A2 1);
items!(3: A1 0, A2 1, A3 2);
items!(4: A1 0, A2 1, A3 2, A4 3);
items!(5: A1 0, A2 1, A3 2, A4 3, A5 4);
items!(6: A1 0, A2 1, A3 2, A4 3, A5 4, A6 5);
items!(7: A1 0, A2 1, A3 2, A4 3, A5 4, A6 5, A7 6);
items!(8: A1 0, A2 1, A3 2, A4 3, A5 4, A6 5, A7 6, A8 7);
items!(9: A1 0, A2 1, A3 2, A4 3, A5 4, A6 5, A7 6, A8 7, A9 8);
items!(10: A1 0, A2 1, A3 2, A4 3, A5 4, A6 5, A7 6, A8 7, A9 8, A10 9);
items!(11: A1 0, A2 1, A3 2, A4 3, A5 4, A6 5, A7 6, A8 7, A9 8, A10 9, A11 10);
items!(12: A1 0, A2 1, A3 2, A4 3, A5 4, A6 5, A7 6, A8 7, A9 8, A10 9, A11 10, A12 11);
