//! The members.
//!
//! Owns the service `Cluster`. What may be wrong with a change is looked at here, and once more by
//! the leader before it is in the log; for then it is in force, and nobody can refuse it.

use super::{Member, Who};
use crate::ids;
use crate::proposal::{AddMember, PromoteMember, RemoveMember, UpdateMember};
use api::cluster_server::Cluster as Service;
use api::{
    Error, MemberAddRequest, MemberAddResponse, MemberListRequest, MemberListResponse,
    MemberPromoteRequest, MemberPromoteResponse, MemberRemoveRequest, MemberRemoveResponse,
    MemberUpdateRequest, MemberUpdateResponse, ResponseHeader,
};
use auth::{Asker, Call};
use basics::NodeId;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tonic::{Request, Response, Status, async_trait};

/// A connection that is so old is not only one of those that come and go.
const FOR_A_WHILE: Duration = Duration::from_secs(5);

/// The service of a member.
pub struct Cluster {
    member: Arc<Member>,
}

impl Cluster {
    /// That of this member.
    pub fn new(member: Arc<Member>) -> Cluster {
        Cluster { member }
    }

    /// Answers about members say nothing of revisions.
    fn header(&self) -> Option<ResponseHeader> {
        let mut header = None;
        self.member.signature.sign(&mut header);
        header
    }

    /// Are so many others reached, and were for a while, that with one more member, which is not
    /// there yet, they are enough to decide?
    fn can_reach_enough(&self) -> Result<(), Error> {
        let others = self.other_voters();
        let reached = 1 + self.member.links.reached(&others, FOR_A_WHILE);
        let voters = 1 + others.len();
        // Whoever is alone has nobody to reach.
        if voters == 1 || reached > voters.div_ceil(2) { Ok(()) } else { Err(Error::Unhealthy) }
    }

    /// Are so many reached, and were for a while, that without this one, they are enough to
    /// decide? If it is not reached itself, nothing gets worse.
    fn can_do_without(&self, id: NodeId) -> Result<(), Error> {
        let others = self.other_voters();
        let links = &self.member.links;
        let is_there = id == self.member.signature.id || links.is_reached(id);
        let is_learner = self.member.facts.roster.get().get(id).is_some_and(|it| it.is_learner);
        let (left, voters) = (links.reached(&others, FOR_A_WHILE), others.len());
        match is_learner || !is_there || left > voters / 2 {
            true => Ok(()),
            false => Err(Error::Unhealthy),
        }
    }

    fn other_voters(&self) -> Vec<NodeId> {
        let roster = self.member.facts.roster.get().members();
        let own = self.member.signature.id;
        roster.voters().iter().copied().filter(|id| *id != own).collect()
    }

    async fn permit(&self, who: &Who, call: Call) -> Result<Asker, Status> {
        self.member.permit(who, |auth, asker| auth.check_call(asker, call)).await
    }
}

#[async_trait]
impl Service for Cluster {
    async fn member_add(
        &self,
        request: Request<MemberAddRequest>,
    ) -> Result<Response<MemberAddResponse>, Status> {
        let (who, request) = Who::of(request);
        let mut peer_urls = urls(request.peer_urls)?;
        peer_urls.sort_unstable();
        let asker = self.permit(&who, Call::MemberAdd).await?;
        if self.member.strict_reconfiguration {
            if !request.is_learner {
                self.member.facts.roster.get().can_grow()?;
            }
            self.can_reach_enough()?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let id = ids::member(&peer_urls, &now.as_secs().to_string()).0;
        let wish = AddMember { id, peer_urls, is_learner: request.is_learner };
        let members = self.member.change(&asker, wish).await?;
        let member = members.iter().find(|member| member.id == id).cloned();
        Ok(Response::new(MemberAddResponse { header: self.header(), member, members }))
    }

    async fn member_remove(
        &self,
        request: Request<MemberRemoveRequest>,
    ) -> Result<Response<MemberRemoveResponse>, Status> {
        let (who, MemberRemoveRequest { id }) = Who::of(request);
        let asker = self.permit(&who, Call::MemberRemove).await?;
        let roster = self.member.facts.roster.get();
        roster.find(NodeId(id))?;
        if self.member.strict_reconfiguration {
            roster.can_shrink(NodeId(id))?;
            self.can_do_without(NodeId(id))?;
        }
        let change = self.member.change(&asker, RemoveMember { id });
        let members = tokio::select! {
            members = change => members?,
            // The others have carried it out, and do not speak with this member any more.
            () = self.member.stop.has_left() => {
                let roster = self.member.facts.roster.get();
                let others = roster.list().into_iter();
                others.filter(|member| member.id != self.member.signature.id.0).collect()
            }
        };
        Ok(Response::new(MemberRemoveResponse { header: self.header(), members }))
    }

    async fn member_update(
        &self,
        request: Request<MemberUpdateRequest>,
    ) -> Result<Response<MemberUpdateResponse>, Status> {
        let (who, request) = Who::of(request);
        let asker = self.permit(&who, Call::MemberUpdate).await?;
        let peer_urls = urls(request.peer_urls)?;
        let wish = UpdateMember { id: request.id, peer_urls };
        let members = self.member.change(&asker, wish).await?;
        Ok(Response::new(MemberUpdateResponse { header: self.header(), members }))
    }

    async fn member_list(
        &self,
        request: Request<MemberListRequest>,
    ) -> Result<Response<MemberListResponse>, Status> {
        let (who, request) = Who::of(request);
        if request.linearizable {
            self.member.catch_up().await?;
        }
        self.permit(&who, Call::MemberList).await?;
        let members = self.member.facts.roster.get().list();
        Ok(Response::new(MemberListResponse { header: self.header(), members }))
    }

    async fn member_promote(
        &self,
        request: Request<MemberPromoteRequest>,
    ) -> Result<Response<MemberPromoteResponse>, Status> {
        let (who, MemberPromoteRequest { id }) = Who::of(request);
        let asker = self.permit(&who, Call::MemberPromote).await?;
        // How far a learner is, only whoever leads knows.
        self.member.wait_for_leader().await?;
        let roster = self.member.facts.roster.get();
        if !roster.find(NodeId(id))?.is_learner {
            return Err(Error::MemberNotLearner.into());
        }
        if self.member.strict_reconfiguration {
            roster.can_promote()?;
        }
        let members = self.member.change(&asker, PromoteMember { id }).await?;
        Ok(Response::new(MemberPromoteResponse { header: self.header(), members }))
    }
}

/// Addresses at which a member can be found. There must be one.
fn urls(urls: Vec<String>) -> Result<Vec<String>, Error> {
    if urls.is_empty() || !urls.iter().all(|url| is_address(url)) {
        return Err(Error::MemberBadURLs);
    }
    Ok(urls)
}

/// A scheme, a host and a port, and nothing more.
fn is_address(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    match scheme {
        "http" | "https" => match rest.rsplit_once(':') {
            Some((host, port)) => {
                let is_port = port.parse::<u16>().is_ok();
                let is_host = !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']);
                // Colons are the host's own only between brackets.
                let is_plain =
                    !host.contains(':') || (host.starts_with('[') && host.ends_with(']'));
                is_port && is_host && is_plain
            }
            None => false,
        },
        "unix" | "unixs" => !rest.is_empty() && !rest.contains(['?', '#']),
        _ => false,
    }
}
