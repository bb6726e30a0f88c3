//! Drives the crate `raft`: [`Theirs`] is a [`RawNode`] with its storage in memory.
//!
//! The order of work is that of its documentation: a leader's messages leave before its write, a
//! follower's after it, and what `advance` makes possible is done at once.

use super::{Node, Number, WINDOW};
use tikv_raft::eraftpb::{Entry, Message, MessageType};
use tikv_raft::storage::MemStorage;
use tikv_raft::{Config, RawNode, StateRole};

/// A node of TiKV's library.
pub struct Theirs {
    node: RawNode<MemStorage>,
    name: u64,
}

/// A new leader's entry is empty, and not applied.
fn apply_all(entries: &[Entry], apply: &mut impl FnMut(&[u8])) {
    for entry in entries.iter().filter(|entry| !entry.data.is_empty()) {
        apply(&entry.data);
    }
}

impl Node for Theirs {
    type Message = Message;

    fn new(name: u64) -> Theirs {
        let config = Config {
            id: name,
            // No limit, so it need not compute the sizes of entries. What is under way here is less
            // than one append of ours may carry, so batches are the same.
            max_size_per_msg: tikv_raft::NO_LIMIT,
            max_inflight_msgs: WINDOW,
            check_quorum: true,
            pre_vote: true,
            // Proposals join an append that has not left yet. Without it, each is an append.
            batch_append: true,
            ..Config::default()
        };
        let storage = MemStorage::new_with_conf_state((vec![1, 2, 3], vec![]));
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let node = RawNode::new(&config, storage, &logger).expect("the configuration is valid");
        Theirs { node, name }
    }

    fn stand(&mut self) {
        self.node.campaign().expect("a node that starts may stand");
    }

    fn leads(&self) -> bool {
        self.node.raft.state == StateRole::Leader
    }

    /// All in one message, which costs less than a call of `RawNode::propose` for each.
    fn propose(&mut self, payloads: impl Iterator<Item = Number>) {
        let entry = |number: Number| Entry { data: number.payload().into(), ..Entry::default() };
        let mut message = Message { from: self.name, ..Message::default() };
        message.set_msg_type(MessageType::MsgPropose);
        message.set_entries(payloads.map(entry).collect());
        self.node.step(message).expect("the leader leads, and has room");
    }

    fn receive(&mut self, message: Message) {
        self.node.step(message).expect("all nodes belong to the cluster");
    }

    fn work(&mut self, send: &mut impl FnMut(u64, Message), apply: &mut impl FnMut(&[u8])) {
        while self.node.has_ready() {
            let mut ready = self.node.ready();
            ready.take_messages().into_iter().for_each(|message| send(message.to, message));
            apply_all(&ready.take_committed_entries(), apply);
            let storage = self.node.mut_store();
            storage.wl().append(ready.entries()).expect("the log has no gap");
            if let Some(hard_state) = ready.hs() {
                storage.wl().set_hardstate(hard_state.clone());
            }
            ready
                .take_persisted_messages()
                .into_iter()
                .for_each(|message| send(message.to, message));
            let mut light = self.node.advance(ready);
            if let Some(commit) = light.commit_index() {
                self.node.mut_store().wl().mut_hard_state().commit = commit;
            }
            light.take_messages().into_iter().for_each(|message| send(message.to, message));
            apply_all(&light.take_committed_entries(), apply);
            self.node.advance_apply();
        }
    }

    fn compact(&mut self, index: u64) {
        self.node.mut_store().wl().compact(index + 1).expect("what was applied is there");
    }
}
