//! Drives chapter 4: [`Whole`] is a whole node with its disk.

use super::disk::Disk;
use super::{KEPT, Node, Number, PAYLOAD, limits};
use basics::{Index, Message, NodeId};
use raft::{Body, Data, Keep, Options, Payload, Stored};

/// A node of the workbook, with all that a cluster needs: members, reads, snapshots.
pub struct Whole {
    node: raft::Node,
    disk: Disk<Payload>,
}

/// The node asks its driver for a random number, and uses it for timers. Nothing ticks here.
const DRAW: u64 = 0;

impl Node for Whole {
    type Message = Message<Body>;

    fn new(name: u64) -> Whole {
        // Entries are counted, as by the others; their bytes are no limit.
        let (bytes, bytes_for_snapshots) = (usize::MAX, usize::MAX);
        let options = Options {
            replication: replication::Options { limits: limits(), ..Default::default() },
            keep: Keep { entries: KEPT, bytes, bytes_for_snapshots },
            ..Options::default()
        };
        let stored = Stored::found([1, 2, 3].map(NodeId));
        let disk = Disk::new(stored.hard_state, &stored.log);
        let node = raft::Node::new(NodeId(name), options, stored, DRAW);
        Whole { node: node.expect("a cluster that is founded has no gap"), disk }
    }

    fn stand(&mut self) {
        self.node.stand(DRAW);
    }

    fn leads(&self) -> bool {
        self.node.leads()
    }

    fn propose(&mut self, payloads: impl Iterator<Item = Number>) {
        for number in payloads {
            let data = Data::write(PAYLOAD, |place| number.write(place));
            self.node.propose(data).expect("the leader leads, and has room");
        }
    }

    fn receive(&mut self, message: Message<Body>) {
        // A message that comes too late is dropped: the third vote, for one.
        let _ = self.node.receive(message, DRAW);
    }

    fn work(&mut self, send: &mut impl FnMut(u64, Message<Body>), apply: &mut impl FnMut(&[u8])) {
        while let Some(batch) = self.node.ready() {
            batch.send_now.into_iter().for_each(|message| send(message.to.0, message));
            if let Some(save) = batch.save {
                self.disk.write(save.content().hard_state, save.content().entries.as_ref());
                let (synced, messages) = save.synced();
                messages.into_iter().for_each(|message| send(message.to.0, message));
                self.node.persisted(synced, DRAW);
            }
            let Some(span) = batch.apply else { continue };
            for payload in span.entries.iter().filter_map(|entry| entry.payload.as_ref()) {
                match payload {
                    Payload::Data(data) => apply(data.as_ref()),
                    Payload::Change(_) => unreachable!("the members stay the same"),
                }
            }
            self.node.note_applied(span.last().index, DRAW);
            self.node.note_durable(span.last().index);
        }
    }

    /// The node itself has let go of as many: it does so whenever its store is durable.
    fn compact(&mut self, index: u64) {
        self.disk.forget(Index(index));
    }
}
