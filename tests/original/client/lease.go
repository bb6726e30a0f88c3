package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"
)

func lease(s *scene) {
	grant := func(ttl int64) clientv3.LeaseID {
		granted, err := s.client.Grant(s.ctx, ttl)
		if err != nil {
			s.fail(fmt.Sprint("grant of ", ttl), err)
			return 0
		}
		s.say("grant of %d: %d, %q, at %d", ttl, granted.TTL, granted.Error, s.at(granted.Revision))
		return granted.ID
	}
	grant(0)
	grant(-1)
	grant(9_000_000_001)
	// The shortest that there is.
	grant(1)
	long, short := grant(1000), grant(100)
	look := func(what string, id clientv3.LeaseID, options ...clientv3.LeaseOption) {
		response, err := s.client.TimeToLive(s.ctx, id, options...)
		if err != nil {
			s.fail(what, err)
			return
		}
		slices.SortFunc(response.Keys, bytes.Compare)
		near := response.TTL > response.GrantedTTL-20
		s.say("%s: granted %d, near %v, keys %q", what, response.GrantedTTL, near, response.Keys)
	}
	s.put("lease/b", "1", clientv3.WithLease(long))
	s.put("lease/a", "1", clientv3.WithLease(long))
	s.put("lease/c", "1", clientv3.WithLease(short))
	look("long", long)
	look("long with keys", long, clientv3.WithAttachedKeys())
	look("unknown", 77, clientv3.WithAttachedKeys())
	look("none", 0)
	s.put("lease/a", "2", clientv3.WithIgnoreLease())
	s.put("lease/b", "2")
	s.put("lease/c", "2", clientv3.WithLease(long))
	look("long", long, clientv3.WithAttachedKeys())
	look("short", short, clientv3.WithAttachedKeys())
	s.get("keys", "lease/", clientv3.WithPrefix())

	ctx, cancel := context.WithCancel(s.ctx)
	kept, err := s.client.KeepAlive(ctx, short)
	must(err)
	again, err := s.client.KeepAlive(ctx, short)
	must(err)
	s.say("kept %d, %d", (<-kept).TTL, (<-again).TTL)
	cancel()
	for range kept {
	}
	s.say("not any more")
	once, err := s.client.KeepAliveOnce(s.ctx, short)
	must(err)
	s.say("once: %d at %d", once.TTL, s.at(once.Revision))
	_, err = s.client.KeepAliveOnce(s.ctx, 77)
	s.fail("unknown, once", err)
	kept, err = s.client.KeepAlive(s.ctx, 77)
	must(err)
	_, open := <-kept
	s.say("unknown: %v", open)

	kept, err = s.client.KeepAlive(s.ctx, long)
	must(err)
	<-kept
	heard := s.client.Watch(s.ctx, "lease/", clientv3.WithPrefix(), clientv3.WithPrevKV(),
		clientv3.WithRev(s.put("lease/marker", "1")))
	revoked, err := s.client.Revoke(s.ctx, long)
	must(err)
	s.say("revoked at %d", s.at(revoked.Header.Revision))
	s.hear("revoked", heard, 3)
	_, err = s.client.Revoke(s.ctx, long)
	s.fail("revoked again", err)
	s.get("keys", "lease/", clientv3.WithPrefix())
	leases, err := s.client.Leases(s.ctx)
	must(err)
	found := map[clientv3.LeaseID]bool{}
	for _, one := range leases.Leases {
		found[one.ID] = true
	}
	s.say("short %v, long %v", found[short], found[long])
	_, err = s.client.Revoke(s.ctx, short)
	must(err)
	_, err = s.client.Txn(s.ctx).Then(clientv3.OpPut("lease/a", "1", clientv3.WithLease(short))).Commit()
	s.fail("put with what is gone", err)
}

// What nobody keeps alive goes by itself, with its keys, and is told to those who watch.
func expiry(s *scene) {
	granted, err := s.client.Grant(s.ctx, 1)
	must(err)
	for at := range 3 {
		s.put(fmt.Sprint("expiry/", at), "here", clientv3.WithLease(granted.ID))
	}
	heard := s.client.Watch(s.ctx, "expiry/", clientv3.WithPrefix(), clientv3.WithPrevKV(),
		clientv3.WithRev(s.base+1))
	s.hear("heard", heard, 6)
	s.get("left", "expiry/", clientv3.WithPrefix())
	response, err := s.client.TimeToLive(s.ctx, granted.ID)
	must(err)
	s.say("left: %d of %d", response.TTL, response.GrantedTTL)
}
