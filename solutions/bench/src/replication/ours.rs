//! Drives chapter 2: [`Ours`] is a [`Replica`] with its disk.

use super::disk::Disk;
use super::{Node, Number, limits};
use basics::{Index, Message, NodeId};
use bytes::Bytes;
use election::{Majority, Role};
use replication::{Body, Options, Payload, Replica, Stored, View};

/// A node of the workbook that replicates a log, and no more.
pub struct Ours {
    replica: Replica<Proposal>,
    quorum: Majority,
    disk: Disk<Proposal>,
}

/// What the log carries.
#[derive(Clone)]
pub struct Proposal(Bytes);

impl Payload for Proposal {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The replica asks its driver for a random number, and uses it for timers. Nothing ticks here.
fn view(quorum: &Majority) -> View<'_> {
    View { quorum, draw: 0 }
}

impl Node for Ours {
    type Message = Message<Body<Proposal>>;

    fn new(name: u64) -> Ours {
        let options = Options { limits: limits(), ..Options::default() };
        let stored = Stored::default();
        let disk = Disk::new(stored.hard_state, &stored.log);
        Ours {
            replica: Replica::new(NodeId(name), options, stored, 0),
            quorum: Majority::of([1, 2, 3].map(NodeId)),
            disk,
        }
    }

    fn stand(&mut self) {
        self.replica.stand(view(&self.quorum));
    }

    fn leads(&self) -> bool {
        self.replica.election().role() == Role::Leader
    }

    fn propose(&mut self, payloads: impl Iterator<Item = Number>) {
        for number in payloads {
            let proposal = Proposal(Bytes::from(number.payload()));
            self.replica.propose(proposal).expect("the leader leads, and has room");
        }
    }

    fn receive(&mut self, message: Message<Body<Proposal>>) {
        // A message that comes too late is dropped: the third vote, for one.
        let _ = self.replica.receive(message, view(&self.quorum));
    }

    fn work(
        &mut self,
        send: &mut impl FnMut(u64, Message<Body<Proposal>>),
        apply: &mut impl FnMut(&[u8]),
    ) {
        while let Some(batch) = self.replica.ready() {
            batch.send_now.into_iter().for_each(|message| send(message.to.0, message));
            if let Some(save) = batch.save {
                self.disk.write(save.content().hard_state, save.content().entries.as_ref());
                let (synced, messages) = save.synced();
                messages.into_iter().for_each(|message| send(message.to.0, message));
                self.replica.persisted(synced, view(&self.quorum));
            }
            let Some(span) = batch.apply else { continue };
            let payloads = span.entries.iter().filter_map(|entry| entry.payload.as_ref());
            payloads.for_each(|payload| apply(&payload.0));
            self.replica.note_applied(span.last().index);
            self.replica.note_durable(span.last().index);
        }
    }

    fn compact(&mut self, index: u64) {
        self.replica.forget(Index(index));
        self.disk.forget(Index(index));
    }
}
