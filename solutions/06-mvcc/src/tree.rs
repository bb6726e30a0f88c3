//! A tree whose leaves are blocks of keys.
//!
//! Owns [`Node`]. A leaf has up to [`KEYS`] keys, and a branch as many nodes below it, so a million
//! keys are four levels deep, and all but the lowest fit into a processor's caches. The standard
//! library's map has eleven keys to a node, and looks for each of them elsewhere.
//!
//! Invariant: in a branch, each node below but the first has a name, which is not after its first
//! key, and after all keys of the node before. All leaves are equally deep.
//!
//! Left to others: what the keys are for (`index`).

use crate::block::{Block, KEYS};
use crate::key_list::KeyList;
use crate::versions::Version;

/// A tree, or a part of one.
#[derive(Debug)]
pub enum Node {
    /// Keys.
    Leaf(Block),
    /// Nodes.
    Branch(Branch),
}

/// Nodes in order.
#[derive(Debug, Default)]
pub struct Branch {
    /// The name of each node below. That of the first is not looked at.
    names: KeyList,
    below: Vec<Node>,
}

impl Default for Node {
    fn default() -> Node {
        Node::Leaf(Block::default())
    }
}

impl Node {
    /// The leaf in which a key is, if it is anywhere; and the name of the leaf after it.
    pub fn leaf(&self, key: &[u8]) -> (&Block, Option<&[u8]>) {
        let (mut node, mut after) = (self, None);
        loop {
            match node {
                Node::Leaf(block) => return (block, after),
                Node::Branch(branch) => {
                    let at = branch.way(key);
                    if at + 1 < branch.below.len() {
                        after = Some(branch.names.get(at + 1));
                    }
                    node = &branch.below[at];
                }
            }
        }
    }

    /// The same leaf, to change.
    pub fn leaf_mut(&mut self, key: &[u8]) -> &mut Block {
        match self {
            Node::Leaf(block) => block,
            Node::Branch(branch) => {
                let at = branch.way(key);
                branch.below[at].leaf_mut(key)
            }
        }
    }

    /// A key has one more version.
    pub fn add(&mut self, key: &[u8], version: Version) {
        if let Some((name, second)) = self.add_below(key, version) {
            let first = std::mem::take(self);
            let mut branch = Branch::default();
            branch.insert(0, &[], first);
            branch.insert(1, &name, second);
            *self = Node::Branch(branch);
        }
    }

    /// If there was no room, this node has become two: the second, and its name.
    fn add_below(&mut self, key: &[u8], version: Version) -> Option<(Box<[u8]>, Node)> {
        match self {
            Node::Leaf(block) => {
                let second = block.add(key, version)?;
                Some((second.at(0).0.into(), Node::Leaf(second)))
            }
            Node::Branch(branch) => {
                let at = branch.way(key);
                let (name, second) = branch.below[at].add_below(key, version)?;
                let (name, second) = branch.add(at + 1, &name, second)?;
                Some((name, Node::Branch(second)))
            }
        }
    }

    /// Looks after the leaf of a key, from which some were taken: if few are left, the leaf before
    /// takes them, and what is empty goes.
    pub fn tidy(&mut self, key: &[u8]) {
        self.tidy_below(key);
        while let Node::Branch(Branch { below, .. }) = self
            && below.len() < 2
        {
            *self = below.pop().unwrap_or_default();
        }
    }

    fn tidy_below(&mut self, key: &[u8]) {
        let Node::Branch(branch) = self else { return };
        let at = branch.way(key);
        branch.below[at].tidy_below(key);
        let (before, from_here) = branch.below.split_at_mut(at);
        let joined = before.last_mut().is_some_and(|before| before.join(&mut from_here[0]));
        if joined || from_here[0].is_empty() {
            branch.names.remove(at);
            branch.below.remove(at);
        }
    }

    fn join(&mut self, next: &mut Node) -> bool {
        match (self, next) {
            (Node::Leaf(before), Node::Leaf(next)) => before.join(next),
            // There are few branches, and what is below them may be joined later.
            (Node::Leaf(_) | Node::Branch(_), _) => false,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Node::Leaf(block) => block.count() == 0,
            Node::Branch(branch) => branch.below.is_empty(),
        }
    }
}

impl Branch {
    /// In which node a key is.
    fn way(&self, key: &[u8]) -> usize {
        match self.names.find(key) {
            Ok(at) => at,
            Err(at) => at.saturating_sub(1),
        }
    }

    /// One more node below. If there is no room for it, this branch becomes two: the second, and
    /// its name.
    fn add(&mut self, at: usize, name: &[u8], node: Node) -> Option<(Box<[u8]>, Branch)> {
        if self.below.len() < KEYS {
            self.insert(at, name, node);
            return None;
        }
        let half = if at == self.below.len() { at } else { KEYS / 2 };
        let mut second =
            Branch { names: self.names.split_off(half), below: self.below.split_off(half) };
        match at.checked_sub(half) {
            Some(at) => second.insert(at, name, node),
            None => self.insert(at, name, node),
        }
        Some((second.names.get(0).into(), second))
    }

    fn insert(&mut self, at: usize, name: &[u8], node: Node) {
        self.names.insert(at, name);
        self.below.insert(at, node);
    }
}
