//! Lists whose places have a type of their own, so that a commit's place is never taken for a deployment's.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// The place of a thing in its [`Table`].
pub struct Id<T> {
    place: usize,
    of: PhantomData<fn() -> T>,
}

/// Things of one sort, in the order in which they came.
#[derive(Debug)]
pub struct Table<T>(Vec<T>);

impl<T> Table<T> {
    /// An empty one.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a thing; answers its place.
    pub fn add(&mut self, thing: T) -> Id<T> {
        self.0.push(thing);
        Id::new(self.0.len() - 1)
    }

    /// The thing at a place.
    pub fn at(&self, id: Id<T>) -> &T {
        self.0.get(id.place).expect("a place is handed out with its thing, and nothing is ever taken out")
    }

    /// The thing at a place, to be changed.
    pub fn at_mut(&mut self, id: Id<T>) -> &mut T {
        self.0.get_mut(id.place).expect("a place is handed out with its thing, and nothing is ever taken out")
    }

    /// Every place, in order.
    pub fn ids(&self) -> impl Iterator<Item = Id<T>> + use<T> {
        (0..self.0.len()).map(Id::new)
    }

    /// Every thing with its place, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Id<T>, &T)> {
        self.ids().zip(&self.0)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T> Id<T> {
    const fn new(place: usize) -> Self {
        Self { place, of: PhantomData }
    }

    /// The place as a number, from 0.
    pub fn number(self) -> u64 {
        u64::try_from(self.place).expect("a place has at most 64 bits")
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place.cmp(&other.place)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{}", self.place)
    }
}
