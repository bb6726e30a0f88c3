//! Leadership that goes to another node because somebody wishes it: before a machine is serviced,
//! or because another is closer to the clients.

use super::*;

impl Node {
    /// Somebody wants `to` to lead. The leader brings it up to date, and then bids it take over.
    ///
    /// - A leader tries for as long as an election takes ([`election::Options::election_ticks`]),
    ///   and takes no proposals meanwhile. Then it leads on: the heir may be dead.
    /// - `to` must have a vote. If it leads already, there is nothing to do.
    /// - One transfer at a time. The same wish again is the same transfer, and gets no more time.
    pub fn transfer(&mut self, to: NodeId, draw: u64) -> Result<(), Refused> {
        let own = self.id();
        let Some(leading) = &mut self.leading else {
            return Err(Refused::NotLeader(self.replica.election().leader()));
        };
        if !self.membership.current().is_voter(to) {
            return Err(Refused::NoVoter(to));
        }
        match &leading.transfer {
            Some(other) if other.to() != to => return Err(Refused::HandingOver(other.to())),
            Some(_) => {}
            None if to == own => {}
            None => {
                let patience = self.options.replication.election.election_ticks;
                leading.transfer = Some(Transfer::new(to, patience));
            }
        }
        self.settle(draw);
        Ok(())
    }

    /// Bids the heir take over once it holds the leader's whole log: no other could then win
    /// against it, and nothing that the leader has taken is lost. A transfer to a node that has
    /// lost its vote meanwhile is over.
    pub(super) fn hand_over(&mut self) {
        let Some(Leading { transfer: transfer @ Some(_), .. }) = &mut self.leading else { return };
        let configuration = self.membership.current();
        transfer.take_if(|transfer| !configuration.is_voter(transfer.to()));
        let Some(transfer) = transfer else { return };
        let to = transfer.to();
        let last = self.replica.log().last().index;
        let progress = self.replica.progress(to);
        let is_ready = progress.is_some_and(|progress| progress.matched == last);
        if transfer.tell(is_ready) {
            self.send(to, Body::TakeOver);
        }
    }

    /// The leader wishes this node to lead. It stands at once, without a poll, and its requests say
    /// whose wish it is, so that voters who hear the leader answer them all the same.
    pub(super) fn take_over(&mut self, draw: u64) {
        self.below(draw, |replica, view| replica.take_over(view));
        let stands = self.replica.election().role() == Role::Candidate;
        self.wished = stands.then(|| self.term());
    }
}
