package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

func maintenance(s *scene) {
	for at := range 50 {
		s.put(fmt.Sprint("maintenance/", at%20), strings.Repeat("m", 1000*at))
	}
	status, err := s.client.Status(s.ctx, s.endpoint)
	must(err)
	header := status.Header
	s.say("status: version %s, storage %s, leads %v, learner %v, errors %q, quota %d, downgrade %v",
		status.Version, status.StorageVersion, status.Leader == header.MemberId, status.IsLearner,
		status.Errors, status.DbSizeQuota, status.DowngradeInfo.GetEnabled())
	s.say("status: size %v, in use %v, applied %v, at %d", status.DbSize > 0,
		status.DbSizeInUse > 0 && status.DbSizeInUse <= status.DbSize,
		status.RaftAppliedIndex <= status.RaftIndex && status.RaftTerm == header.RaftTerm,
		s.at(header.Revision))

	one, err := s.client.HashKV(s.ctx, s.endpoint, 0)
	must(err)
	two, err := s.client.HashKV(s.ctx, s.endpoint, one.Header.Revision)
	must(err)
	s.say("hash: %v, at %d", one.Hash == two.Hash, s.at(two.HashRevision))
	three, err := s.client.HashKV(s.ctx, s.endpoint, one.Header.Revision-1)
	must(err)
	s.say("hash: %v, at %d", one.Hash == three.Hash, s.at(three.HashRevision))
	_, err = s.client.HashKV(s.ctx, s.endpoint, one.Header.Revision+1)
	s.fail("hash of the future", err)

	snapshot, err := s.client.SnapshotWithVersion(s.ctx)
	must(err)
	image, err := io.ReadAll(snapshot.Snapshot)
	must(err)
	snapshot.Snapshot.Close()
	file, digest := image[:len(image)-sha256.Size], image[len(image)-sha256.Size:]
	hash := sha256.Sum256(file)
	s.say("snapshot: version %s, whole pages %v, digest %v, header %v", snapshot.Version,
		len(file)%4096 == 0, bytes.Equal(hash[:], digest), snapshot.Header != nil)
	_, err = s.client.Defragment(s.ctx, s.endpoint)
	s.fail("defragment", err)
	again, err := s.client.HashKV(s.ctx, s.endpoint, one.Header.Revision)
	must(err)
	s.say("hash after it: %v", one.Hash == again.Hash)

	for _, to := range []uint64{0, 77, header.MemberId} {
		_, err = s.client.MoveLeader(s.ctx, to)
		s.fail("move the leader", err)
	}
	for _, version := range []string{"", "x", "3.5.0", "3.6", "3.7.0", "3.8.0", "4.0.0"} {
		checked, err := s.client.Downgrade(s.ctx, clientv3.DowngradeValidate, version)
		s.fail("downgrade to "+version, err)
		if err == nil {
			s.say("version %s", checked.Version)
		}
	}
	_, err = s.client.Downgrade(s.ctx, clientv3.DowngradeCancel, "")
	s.fail("no downgrade", err)
	_, err = s.client.Downgrade(s.ctx, clientv3.DowngradeAction(9), "3.6.0")
	s.fail("a downgrade of no kind", err)
}

// A member that has no room takes no writes until somebody says that it has.
func alarms(s *scene) {
	raw := pb.NewMaintenanceClient(s.client.ActiveConnection())
	member, err := s.client.Status(s.ctx, s.endpoint)
	must(err)
	ask := func(what string, request *pb.AlarmRequest) {
		response, err := raw.Alarm(s.ctx, request)
		if err != nil {
			s.fail(what, err)
			return
		}
		for _, alarm := range response.Alarms {
			s.say("%s: %s, of this one %v", what, alarm.Alarm, alarm.MemberID == member.Header.MemberId)
		}
		s.say("%s: %d", what, len(response.Alarms))
	}
	raise := func(kind pb.AlarmType) *pb.AlarmRequest {
		return &pb.AlarmRequest{
			Action: pb.AlarmRequest_ACTIVATE, MemberID: member.Header.MemberId, Alarm: kind,
		}
	}
	attempt := func(what string) {
		_, err := s.client.Put(s.ctx, "alarms", "1")
		s.fail(what+", put", err)
		_, err = s.client.Get(s.ctx, "alarms")
		s.fail(what+", get", err)
		_, err = s.client.Get(s.ctx, "alarms", clientv3.WithSerializable())
		s.fail(what+", get from any", err)
		_, err = s.client.Delete(s.ctx, "alarms")
		s.fail(what+", delete", err)
		_, err = s.client.Txn(s.ctx).Then(clientv3.OpPut("alarms", "1")).Commit()
		s.fail(what+", txn that puts", err)
		_, err = s.client.Txn(s.ctx).Then(clientv3.OpGet("alarms")).Commit()
		s.fail(what+", txn that gets", err)
		_, err = s.client.Grant(s.ctx, 100)
		s.fail(what+", grant", err)
		_, err = s.client.AuthStatus(s.ctx)
		s.fail(what+", auth status", err)
		status, err := s.client.Status(s.ctx, s.endpoint)
		must(err)
		for _, text := range status.Errors {
			// How many spaces there are, the library draws when it is built.
			s.say("%s, status: %q", what, strings.Fields(text))
		}
	}
	ask("none", &pb.AlarmRequest{})
	ask("raised", raise(pb.AlarmType_NOSPACE))
	ask("raised again", raise(pb.AlarmType_NOSPACE))
	attempt("no space")
	ask("listed", &pb.AlarmRequest{})
	ask("listed of a kind", &pb.AlarmRequest{Alarm: pb.AlarmType_CORRUPT})
	gone, err := s.client.AlarmDisarm(s.ctx, &clientv3.AlarmMember{})
	must(err)
	s.say("disarmed: %d", len(gone.Alarms))
	attempt("space")
	ask("raised", raise(pb.AlarmType_CORRUPT))
	attempt("corrupt")
	ask("no alarm", raise(pb.AlarmType_NONE))
	lower := raise(pb.AlarmType_CORRUPT)
	lower.Action = pb.AlarmRequest_DEACTIVATE
	ask("lowered", lower)
	ask("lowered again", lower)
	attempt("not corrupt")
}

func cluster(s *scene) {
	names := map[uint64]string{}
	name := func(id uint64) string {
		if names[id] == "" {
			names[id] = fmt.Sprint("member ", len(names))
		}
		return names[id]
	}
	list := func(what string, members []*pb.Member) {
		ids := []uint64{}
		var lines []string
		for _, member := range members {
			ids = append(ids, member.ID)
			lines = append(lines, fmt.Sprintf("%s %q %v learner %v, clients %d", name(member.ID),
				member.Name, member.PeerURLs, member.IsLearner, len(member.ClientURLs)))
		}
		slices.Sort(lines)
		s.say("%s: %s; in order %v", what, strings.Join(lines, "; "), slices.IsSorted(ids))
	}
	own, err := s.client.MemberList(s.ctx)
	must(err)
	id := own.Members[0].ID
	list("list", own.Members)
	s.say("revision %d, this one %v", own.Header.Revision, own.Header.MemberId == id)
	local, err := s.client.MemberList(s.ctx, clientv3.WithSerializable())
	must(err)
	list("from any", local.Members)
	s.fail("sync", s.client.Sync(s.ctx))
	s.say("endpoints: %v", strings.HasSuffix(s.client.Endpoints()[0], s.endpoint))
	for _, urls := range [][]string{
		{}, {""}, {"x"}, {"http://localhost:2380"}, {"http://127.0.0.1:1/"}, {"http://127.0.0.1"},
		{"http://127.0.0.1:1", "nonsense"}, {"http://127.0.0.1:1", "http://localhost:2380"},
	} {
		_, err := s.client.MemberAddAsLearner(s.ctx, urls)
		s.fail(fmt.Sprintf("add %q", urls), err)
	}
	added, err := s.client.MemberAddAsLearner(s.ctx, []string{"http://127.0.0.1:1"})
	must(err)
	learner := added.Member.ID
	list("added", []*pb.Member{added.Member})
	list("members", added.Members)
	_, err = s.client.MemberAddAsLearner(s.ctx, []string{"http://127.0.0.1:2"})
	s.fail("add another learner", err)
	for _, id := range []uint64{learner, id, 77, 0} {
		_, err = s.client.MemberPromote(s.ctx, id)
		s.fail("promote", err)
	}
	for _, urls := range [][]string{{}, {"x"}, {"http://localhost:2380"}, {"http://127.0.0.1:3"}} {
		changed, err := s.client.MemberUpdate(s.ctx, learner, urls)
		s.fail(fmt.Sprintf("update %q", urls), err)
		if err == nil {
			list("members", changed.Members)
		}
	}
	_, err = s.client.MemberUpdate(s.ctx, 77, []string{"http://127.0.0.1:4"})
	s.fail("update of nobody", err)
	_, err = s.client.MoveLeader(s.ctx, learner)
	s.fail("move the leader to a learner", err)
	s.put("cluster", "with a learner")
	for _, id := range []uint64{77, id, learner, learner} {
		removed, err := s.client.MemberRemove(s.ctx, id)
		s.fail("remove", err)
		if err == nil {
			list("members", removed.Members)
		}
	}
	s.get("still here", "cluster")
}

// Waits until whoever runs this has done something.
func (s *scene) next(said string) {
	s.say("%s", said)
	var word string
	_, err := fmt.Scanln(&word)
	must(err)
}

// Calls that a member's end and its next start are between. Whoever runs this says when.
func restart(s *scene) {
	s.put("restart", "before")
	granted, err := s.client.Grant(s.ctx, 1000)
	must(err)
	s.put("restart/leased", "before", clientv3.WithLease(granted.ID))
	kept, err := s.client.KeepAlive(s.ctx, granted.ID)
	must(err)
	s.say("kept %d", (<-kept).TTL)
	heard := s.client.Watch(s.ctx, "restart", clientv3.WithPrefix(), clientv3.WithRev(s.base+1))
	s.hear("heard", heard, 2)
	held := s.session()
	s.next("kill it")
	got := make(chan error, 1)
	go func() {
		_, err := s.client.Get(s.ctx, "restart")
		got <- err
	}()
	s.next("start it")
	s.say("a get that began meanwhile: %v", <-got)
	s.get("after", "restart", clientv3.WithPrefix())
	// A put may have been done, so the client does not do it again by itself.
	for {
		if _, err := s.client.Put(s.ctx, "restart", "after"); err == nil {
			break
		} else if errors.Is(err, s.ctx.Err()) {
			must(err)
		}
	}
	s.hear("heard", heard, 1)
	once, err := s.client.KeepAliveOnce(s.ctx, granted.ID)
	must(err)
	s.say("kept %d", once.TTL)
	left, err := s.client.TimeToLive(s.ctx, granted.ID, clientv3.WithAttachedKeys())
	must(err)
	s.say("%d, keys %q", left.GrantedTTL, left.Keys)
	s.fail("closed", held.Close())
}
