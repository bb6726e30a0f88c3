//! Leadership that is handed over, and given up.
//!
//! Owns nothing: each of these is the election's, which is lent the end of the log.
//!
//! Left to others: when to hand over, and to whom (chapter 4).

use super::*;

impl<P: Payload> Replica<P> {
    /// The leader hands its leadership over to this node, which stands at once.
    pub fn take_over(&mut self, view: View<'_>) {
        self.election.take_over(view.of_log_to(self.log.last()));
        self.notice(view);
    }

    /// A request for votes arrives that the leader itself has wished for: no shield keeps it out.
    pub fn receive_unshielded(
        &mut self,
        message: Message<election::Body>,
        view: View<'_>,
    ) -> Result<(), Dropped> {
        let heard = self.election.receive_unshielded(message, view.of_log_to(self.log.last()));
        self.notice(view);
        heard.map_err(Dropped::Election)
    }

    /// A leader or a candidate stops.
    pub fn resign(&mut self, view: View<'_>) {
        self.election.resign(view.of_log_to(self.log.last()));
        self.notice(view);
    }
}
