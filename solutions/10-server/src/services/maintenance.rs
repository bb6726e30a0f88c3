//! Looking after a member.
//!
//! Owns the service `Maintenance`: how a member is, alarms, hashes, and an image of its store.

use super::{Member, Signed, Who};
use crate::alarms;
use crate::disk::File;
use crate::hashes;
use crate::proposal::SetDowngrade;
use crate::rows::{BUCKETS, PASSING};
use crate::version::{SAYS_NOTHING, VERSION, Version};
use api::downgrade_request::DowngradeAction;
use api::maintenance_server::Maintenance as Service;
use api::{
    AlarmRequest, AlarmResponse, DefragmentRequest, DefragmentResponse, DowngradeInfo,
    DowngradeRequest, DowngradeResponse, Error, HashKvRequest, HashKvResponse, HashRequest,
    HashResponse, MoveLeaderRequest, MoveLeaderResponse, SnapshotRequest, SnapshotResponse,
    StatusRequest, StatusResponse,
};
use auth::Call;
use basics::NodeId;
use bytes::Bytes;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tokio::sync::{Semaphore, mpsc};
use tonic::codegen::tokio_stream::Stream;
use tonic::{Request, Response, Status, async_trait};

/// The service of a member.
pub struct Maintenance {
    member: Arc<Member>,
    /// Clients may fetch an image as slowly as they like, and each holds a thread meanwhile.
    images: Arc<Semaphore>,
}

/// So many clients of a runtime fetch an image at a time; others wait.
const IMAGES: usize = 4;

impl Maintenance {
    /// That of this member.
    pub fn new(member: Arc<Member>) -> Maintenance {
        Maintenance { member, images: Arc::new(Semaphore::new(IMAGES)) }
    }

    async fn permit(&self, who: &Who, call: Call) -> Result<(), Status> {
        self.member.permit(who, |auth, asker| auth.check_call(asker, call)).await?;
        Ok(())
    }
}

#[async_trait]
impl Service for Maintenance {
    type SnapshotStream = Image;

    async fn alarm(
        &self,
        request: Request<AlarmRequest>,
    ) -> Result<Response<AlarmResponse>, Status> {
        let (who, request) = Who::of(request);
        let is_known = api::alarm_request::AlarmAction::try_from(request.action).is_ok()
            && api::AlarmType::try_from(request.alarm).is_ok();
        if !is_known {
            return Err(Status::invalid_argument("there is no such alarm, or no such action"));
        }
        let response = self.member.propose(&who, request).await?;
        Ok(Response::new(response.signed(&self.member)))
    }

    async fn status(
        &self,
        request: Request<StatusRequest>,
    ) -> Result<Response<StatusResponse>, Status> {
        let (who, _) = Who::of(request);
        self.permit(&who, Call::Status).await?;
        let facts = &self.member.facts;
        let (said, versions) = (facts.progress.get(), facts.versions.get());
        let no_leader = said.leader.is_none().then(|| Error::NoLeader.to_string());
        let alarms = facts.alarms.get();
        let size = |bytes: u64| i64::try_from(bytes).expect("no file is so large");
        let response = StatusResponse {
            header: None,
            version: VERSION.to_owned(),
            db_size: size(facts.sizes.allocated()),
            leader: said.leader.map_or(0, |id| id.0),
            raft_index: said.committed,
            raft_term: said.term,
            raft_applied_index: said.applied,
            errors: no_leader
                .into_iter()
                .chain(alarms.iter().map(|it| alarms::text(&it)))
                .collect(),
            db_size_in_use: size(facts.sizes.in_use()),
            is_learner: facts
                .roster
                .get()
                .get(self.member.signature.id)
                .is_some_and(|it| it.is_learner),
            storage_version: versions.storage.as_deref().unwrap_or(SAYS_NOTHING).to_owned(),
            db_size_quota: self.member.quota_said,
            downgrade_info: Some(DowngradeInfo {
                enabled: versions.downgrade.is_some(),
                target_version: versions.downgrade.clone().unwrap_or_default(),
            }),
        };
        Ok(Response::new(response.signed(&self.member)))
    }

    async fn defragment(
        &self,
        request: Request<DefragmentRequest>,
    ) -> Result<Response<DefragmentResponse>, Status> {
        let (who, _) = Who::of(request);
        self.permit(&who, Call::Defragment).await?;
        self.member.defragment().await?;
        Ok(Response::new(DefragmentResponse::default()))
    }

    async fn hash(&self, request: Request<HashRequest>) -> Result<Response<HashResponse>, Status> {
        let (who, _) = Who::of(request);
        self.permit(&who, Call::Hash).await?;
        let reader = self.member.reader.clone();
        let hashed = self.member.blocking.run(move || hash(&reader.view())).await;
        let hash = hashed.map_err(|error| Status::internal(error.to_string()))?;
        let response = HashResponse { header: None, hash };
        Ok(Response::new(response.signed(&self.member)))
    }

    async fn hash_kv(
        &self,
        request: Request<HashKvRequest>,
    ) -> Result<Response<HashKvResponse>, Status> {
        let (who, request) = Who::of(request);
        self.permit(&who, Call::HashKv).await?;
        let (reader, facts) = (self.member.reader.clone(), self.member.facts.clone());
        let hash = move || hashes::hash(&reader, &facts, request.revision);
        let hashed = self.member.blocking.run(hash).await.map_err(super::reads::refused)?;
        let response = HashKvResponse {
            header: None,
            hash: hashed.hash,
            compact_revision: hashed.compacted,
            hash_revision: hashed.revision,
        };
        Ok(Response::new(response.signed(&self.member)))
    }

    async fn snapshot(&self, request: Request<SnapshotRequest>) -> Result<Response<Image>, Status> {
        let (who, _) = Who::of(request);
        self.permit(&who, Call::Snapshot).await?;
        let place = self.images.clone().acquire_owned().await.expect("it is never closed");
        // The image is of the file, so what is not in it yet has to get there.
        self.member.settle().await?;
        let view = self.member.reader.view();
        let file = view.rows().file();
        let remaining = file.image_length();
        let (send, pieces) = mpsc::channel(1);
        // A client may be slow, and no compaction is to wait for it.
        let file = file.clone();
        drop(view);
        let (facts, began) = (self.member.facts.clone(), Instant::now());
        tokio::task::spawn_blocking(move || {
            let _place = place;
            let take = |piece: &[u8]| send.blocking_send(Ok(Bytes::copy_from_slice(piece))).is_ok();
            if let Err(error) = file.backup(take) {
                let _ = send.blocking_send(Err(error));
            }
            facts.metrics.disk.snapshot.took(began.elapsed());
        });
        let versions = self.member.facts.versions.get();
        let version = versions.storage.as_deref().unwrap_or(SAYS_NOTHING).to_owned();
        Ok(Response::new(Image {
            version,
            remaining,
            pieces,
            whole: VecDeque::new(),
            rest: Bytes::new(),
        }))
    }

    async fn move_leader(
        &self,
        request: Request<MoveLeaderRequest>,
    ) -> Result<Response<MoveLeaderResponse>, Status> {
        let (who, request) = Who::of(request);
        self.permit(&who, Call::MoveLeader).await?;
        let facts = &self.member.facts;
        if !facts.progress.get().leads {
            return Err(Error::NotLeader.into());
        }
        let target = NodeId(request.target_id);
        let roster = facts.roster.get();
        if roster.get(target).is_none_or(|member| member.is_learner) {
            return Err(Error::BadLeaderTransferee.into());
        }
        self.member.transfer(target).await?;
        Ok(Response::new(MoveLeaderResponse::default()))
    }

    async fn downgrade(
        &self,
        request: Request<DowngradeRequest>,
    ) -> Result<Response<DowngradeResponse>, Status> {
        let (who, request) = Who::of(request);
        self.permit(&who, Call::Downgrade).await?;
        self.member.catch_up().await?;
        let versions = self.member.facts.versions.get();
        let wish = match DowngradeAction::try_from(request.action) {
            Ok(DowngradeAction::Validate) => {
                can_go_back(&request.version, &versions)?;
                None
            }
            Ok(DowngradeAction::Enable) => {
                let target = can_go_back(&request.version, &versions)?;
                Some(SetDowngrade { target: Some(target.to_string()) })
            }
            Ok(DowngradeAction::Cancel) => Some(SetDowngrade { target: None }),
            Err(_) => return Err(Error::UnknownMethod.into()),
        };
        if let Some(wish) = wish {
            self.member.propose(&who, wish).await?;
        }
        let cluster = versions.cluster.as_deref().and_then(Version::parse);
        let version = cluster.map(|version| version.short()).unwrap_or_default();
        let response = DowngradeResponse { header: None, version };
        Ok(Response::new(response.signed(&self.member)))
    }
}

/// May the cluster go back to this version? It is one minor version at a time.
fn can_go_back(target: &str, versions: &crate::facts::Versions) -> Result<Version, Error> {
    let target = Version::parse(target).ok_or(Error::WrongDowngradeVersionFormat)?;
    let cluster = versions.cluster.as_deref().and_then(Version::parse);
    let cluster = cluster.ok_or(Error::ClusterVersionUnavailable)?;
    if cluster.before() != Some(target.minor_only()) {
        return Err(Error::InvalidDowngradeTargetVersion);
    }
    match versions.downgrade {
        Some(_) => Err(Error::DowngradeInProcess),
        None => Ok(target.minor_only()),
    }
}

/// A hash of all rows of all buckets but those that say how far a store is: two members that stand
/// at the same entry have the same.
fn hash(view: &mvcc::View<File>) -> Result<u32, bolt::Error> {
    let mut sum = 0;
    for bucket in BUCKETS {
        sum = crc32c::crc32c_append(sum, bucket.as_bytes());
        for row in view.rows().range(bucket.as_bytes(), ..)? {
            let (key, value) = row?;
            if bucket == "meta" && PASSING.contains(&&key[..]) {
                continue;
            }
            sum = crc32c::crc32c_append(sum, &key);
            sum = crc32c::crc32c_append(sum, &value);
        }
    }
    Ok(sum)
}

/// How long a piece of an image is that a client gets.
const PIECE: usize = 32 << 10;

/// An image of the store, on its way to a client, and then its digest.
pub struct Image {
    version: String,
    /// How many bytes of the image are still to come.
    remaining: u64,
    pieces: mpsc::Receiver<Result<Bytes, bolt::Error>>,
    /// Pieces as a client gets them.
    whole: VecDeque<Bytes>,
    /// What is too short for one.
    rest: Bytes,
}

impl Image {
    /// Cuts what was read, with what was left of what was read before.
    fn cut(&mut self, piece: Bytes, left: u64) {
        let mut rest = match self.rest.is_empty() {
            true => piece,
            false => [&self.rest[..], &piece[..]].concat().into(),
        };
        let is_last = rest.len() as u64 == left;
        while rest.len() >= PIECE {
            self.whole.push_back(rest.split_to(PIECE));
        }
        if is_last && !rest.is_empty() {
            self.whole.push_back(std::mem::take(&mut rest));
        }
        self.rest = rest;
    }
}

impl Stream for Image {
    type Item = Result<SnapshotResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(blob) = self.whole.pop_front() {
                // The digest is not part of it.
                self.remaining = self.remaining.saturating_sub(blob.len() as u64);
                let version = self.version.clone();
                let remaining_bytes = self.remaining;
                let response = SnapshotResponse { header: None, remaining_bytes, blob, version };
                return Poll::Ready(Some(Ok(response)));
            }
            match ready!(self.pieces.poll_recv(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => {
                    return Poll::Ready(Some(Err(Status::internal(error.to_string()))));
                }
                Some(Ok(digest)) if self.remaining == 0 => self.whole.push_back(digest),
                Some(Ok(piece)) => {
                    // Nothing whole waits, so this is all that is still to be cut.
                    let left = self.remaining;
                    self.cut(piece, left);
                }
            }
        }
    }
}
