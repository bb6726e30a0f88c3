//! Ranges of keys in a tree.
//!
//! Owns [`Tree`]: it finds all ranges in which a key is, and looks at few of those in which it is
//! not. Ranges are in the order of where they begin. Beside that, each node knows the last end of
//! all ranges below it, so a whole branch that ends before the key is passed over:
//!
//! ```text
//!                    [d, f)  to q                key g
//!                  /             \
//!       [a, c)  to e              [h, q)  to q
//!             \
//!              [b, e)  to e                       the left branch ends at e: nobody looks
//! ```
//!
//! Invariants:
//! - Ranges ascend from left to right, by where they begin and then by where they end.
//! - The heights of two branches of a node differ by one at most (it is an AVL tree), so with a
//!   million ranges there are 29 nodes from the root to a leaf, at most.
//! - `last` is the greatest end of the node and of all below it.
//!
//! Left to others: what a range of one key is (`ranges`).

use crate::few::Few;
use bytes::Bytes;

/// Where a range ends. What never ends comes last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// With the last key before this one.
    Before(Bytes),
    /// With the last key that there is.
    Never,
}

/// Ranges, each with those that watch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree<T> {
    root: Link<T>,
}

type Link<T> = Option<Box<Node<T>>>;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node<T> {
    from: Bytes,
    to: End,
    who: Few<T>,
    /// The greatest end of this range and all below.
    last: End,
    /// How many nodes there are from here to the deepest, this one included.
    height: u8,
    left: Link<T>,
    right: Link<T>,
}

impl<T: Ord + Copy> Tree<T> {
    /// Without a range.
    pub fn new() -> Tree<T> {
        Tree { root: None }
    }

    /// From now on, this one watches the range.
    pub fn add(&mut self, from: &Bytes, to: &End, who: T) {
        add(&mut self.root, from, to, who);
    }

    /// It does not watch the range any more.
    pub fn remove(&mut self, from: &Bytes, to: &End, who: T) {
        remove(&mut self.root, from, to, who);
    }

    /// Copies all that watch a range with this key in it.
    pub fn find(&self, key: &[u8], found: &mut Vec<T>) {
        find(&self.root, key, found);
    }

    /// How many nodes there are from the root to the deepest.
    pub fn height(&self) -> u8 {
        height(&self.root)
    }
}

impl End {
    /// Is a key before it?
    fn is_after(&self, key: &[u8]) -> bool {
        match self {
            End::Before(end) => key < &end[..],
            End::Never => true,
        }
    }
}

impl<T> Node<T> {
    /// Is its place left of that range?
    fn order(&self, from: &Bytes, to: &End) -> std::cmp::Ordering {
        (from, to).cmp(&(&self.from, &self.to))
    }

    /// Finds out again what it knows of the branches below.
    fn refresh(&mut self) {
        self.height = 1 + height(&self.left).max(height(&self.right));
        let below = [&self.left, &self.right].into_iter().flatten().map(|node| &node.last);
        self.last = below.max().max(Some(&self.to)).expect("it has an end itself").clone();
    }

    /// By how much the left branch is higher than the right one.
    fn lean(&self) -> i16 {
        i16::from(height(&self.left)) - i16::from(height(&self.right))
    }
}

fn height<T>(link: &Link<T>) -> u8 {
    link.as_ref().map_or(0, |node| node.height)
}

/// All ranges with a key in them. A branch in which all end before the key is not looked at, and
/// neither is what begins after it.
fn find<T: Ord + Copy>(link: &Link<T>, key: &[u8], found: &mut Vec<T>) {
    let Some(node) = link else { return };
    if !node.last.is_after(key) {
        return;
    }
    find(&node.left, key, found);
    if &node.from[..] <= key {
        if node.to.is_after(key) {
            node.who.copy_into(found);
        }
        find(&node.right, key, found);
    }
}

fn add<T: Ord + Copy>(link: &mut Link<T>, from: &Bytes, to: &End, who: T) {
    let Some(node) = link else {
        let (from, to, last) = (from.clone(), to.clone(), to.clone());
        let node = Node { from, to, who: Few::One(who), last, height: 1, left: None, right: None };
        *link = Some(Box::new(node));
        return;
    };
    match node.order(from, to) {
        std::cmp::Ordering::Less => add(&mut node.left, from, to, who),
        std::cmp::Ordering::Equal => node.who.add(who),
        std::cmp::Ordering::Greater => add(&mut node.right, from, to, who),
    }
    balance(node);
}

fn remove<T: Ord + Copy>(link: &mut Link<T>, from: &Bytes, to: &End, who: T) {
    let Some(mut node) = link.take() else { return };
    match node.order(from, to) {
        std::cmp::Ordering::Less => remove(&mut node.left, from, to, who),
        std::cmp::Ordering::Greater => remove(&mut node.right, from, to, who),
        std::cmp::Ordering::Equal => match node.who.without(who) {
            Some(others) => node.who = others,
            None => {
                *link = join(node.left, node.right);
                return;
            }
        },
    }
    balance(&mut node);
    *link = Some(node);
}

/// Two branches whose node has gone: the first of the right one takes its place.
fn join<T: Ord + Copy>(left: Link<T>, mut right: Link<T>) -> Link<T> {
    let Some(mut node) = take_first(&mut right) else { return left };
    node.left = left;
    node.right = right;
    balance(&mut node);
    Some(node)
}

fn take_first<T: Ord + Copy>(link: &mut Link<T>) -> Link<T> {
    let mut node = link.take()?;
    match take_first(&mut node.left) {
        Some(first) => {
            balance(&mut node);
            *link = Some(node);
            Some(first)
        }
        None => {
            *link = node.right.take();
            Some(node)
        }
    }
}

/// Makes both branches of a node about as high as each other again, after one of them has become
/// higher or lower by one.
fn balance<T: Ord + Copy>(node: &mut Box<Node<T>>) {
    node.refresh();
    if node.lean() > 1 {
        let left = node.left.as_mut().expect("it is the higher one");
        if left.lean() < 0 {
            lift_right(left);
        }
        lift_left(node);
    } else if node.lean() < -1 {
        let right = node.right.as_mut().expect("it is the higher one");
        if right.lean() > 0 {
            lift_left(right);
        }
        lift_right(node);
    }
}

/// The left branch's node comes up, and this one goes down to its right.
fn lift_left<T: Ord + Copy>(node: &mut Box<Node<T>>) {
    let mut up = node.left.take().expect("it leans to that side");
    node.left = up.right.take();
    node.refresh();
    std::mem::swap(node, &mut up);
    node.right = Some(up);
    node.refresh();
}

/// The right branch's node comes up, and this one goes down to its left.
fn lift_right<T: Ord + Copy>(node: &mut Box<Node<T>>) {
    let mut up = node.right.take().expect("it leans to that side");
    node.right = up.left.take();
    node.refresh();
    std::mem::swap(node, &mut up);
    node.left = Some(up);
    node.refresh();
}
