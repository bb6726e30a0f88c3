//! Who answers.
//!
//! Owns [`Signature`], which fills in a header what every answer of a member says: the member, its
//! cluster, and the term that it is in.

use crate::facts::Facts;
use api::ResponseHeader;
use basics::NodeId;
use std::sync::Arc;

/// What a member says of itself.
#[derive(Clone)]
pub struct Signature {
    /// Who it is.
    pub id: NodeId,
    /// Its cluster.
    pub cluster: u64,
    /// The term that it is in, among other facts.
    pub facts: Arc<Facts>,
}

impl Signature {
    /// Signs a header. What revision it names is left to others.
    pub fn sign<'a>(&self, header: &'a mut Option<ResponseHeader>) -> &'a mut ResponseHeader {
        let header = header.get_or_insert_default();
        header.cluster_id = self.cluster;
        header.member_id = self.id.0;
        header.raft_term = self.facts.progress.term();
        header
    }
}
