package main

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/leasing"
	"go.etcd.io/etcd/client/v3/mirror"
	"go.etcd.io/etcd/client/v3/namespace"
	"go.etcd.io/etcd/client/v3/ordering"
)

func wrappers(s *scene) {
	room := namespace.NewKV(s.client, "room/")
	get := func(what string, kv clientv3.KV, key string, options ...clientv3.OpOption) {
		response, err := kv.Get(s.ctx, key, options...)
		s.got(what, response, err)
	}
	for at := range 3 {
		_, err := room.Put(s.ctx, fmt.Sprint("key ", at), "inside", clientv3.WithPrevKV())
		must(err)
	}
	s.put("room", "before")
	s.put("roon", "after")
	get("inside", room, "key 1")
	get("a prefix", room, "key", clientv3.WithPrefix())
	get("all", room, "", clientv3.WithPrefix())
	get("from a key", room, "key 1", clientv3.WithFromKey())
	get("outside", s.client, "room", clientv3.WithPrefix())
	_, err := room.Put(s.ctx, "", "x")
	s.fail("no key", err)
	response, err := room.Txn(s.ctx).If(clientv3.Compare(clientv3.Value("key 1"), "=", "inside")).
		Then(clientv3.OpPut("key 1", "changed", clientv3.WithPrevKV()), clientv3.OpGet("key 2"),
			clientv3.OpDelete("key 0", clientv3.WithPrevKV())).Commit()
	s.answer("transaction", response, err)
	watcher := namespace.NewWatcher(s.client, "room/")
	s.hear("watch", watcher.Watch(s.ctx, "key", clientv3.WithPrefix(), clientv3.WithPrevKV(),
		clientv3.WithRev(s.base+1)), 5)
	leases := namespace.NewLease(s.client, "room/")
	granted, err := leases.Grant(s.ctx, 100)
	must(err)
	_, err = room.Put(s.ctx, "leased", "1", clientv3.WithLease(granted.ID))
	must(err)
	s.put("elsewhere", "1", clientv3.WithLease(granted.ID))
	left, err := leases.TimeToLive(s.ctx, granted.ID, clientv3.WithAttachedKeys())
	must(err)
	s.say("lease: %q", left.Keys)
	gone, err := room.Delete(s.ctx, "", clientv3.WithPrefix())
	must(err)
	s.say("gone: %d", gone.Deleted)
	get("outside", s.client, "roo", clientv3.WithPrefix())

	ordered := ordering.NewKV(s.client, ordering.NewOrderViolationSwitchEndpointClosure(s.client))
	_, err = ordered.Put(s.ctx, "ordered", "1")
	must(err)
	get("ordered", ordered, "ordered", clientv3.WithSerializable())
	response, err = ordered.Txn(s.ctx).Then(clientv3.OpGet("ordered")).Commit()
	s.answer("ordered", response, err)

	cached, end, err := leasing.NewKV(s.client, "leasing/")
	must(err)
	other, endOther, err := leasing.NewKV(s.client, "leasing/")
	must(err)
	value := func(what string, kv clientv3.KV) {
		response, err := kv.Get(s.ctx, "cached")
		must(err)
		for _, pair := range response.Kvs {
			s.say("%s: %s, version %d", what, pair.Value, pair.Version)
		}
	}
	_, err = cached.Put(s.ctx, "cached", "1")
	must(err)
	value("cached", cached)
	value("cached by the other", other)
	_, err = other.Put(s.ctx, "cached", "2")
	must(err)
	value("after the other's put", cached)
	_, err = cached.Delete(s.ctx, "cached")
	must(err)
	value("gone", other)
	end()
	endOther()
}

func mirrored(s *scene) {
	for at := range 5 {
		s.put(fmt.Sprint("mirror/", at), fmt.Sprint(at))
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	syncer := mirror.NewSyncer(s.client, "mirror/", 0)
	all, failed := syncer.SyncBase(ctx)
	for response := range all {
		s.say("base: %s", s.pairs(response.Kvs))
	}
	s.say("failed: %v", <-failed)
	updates := syncer.SyncUpdates(ctx)
	s.put("mirror/5", "new")
	_, err := s.client.Delete(s.ctx, "mirror/1")
	must(err)
	s.hear("update", updates, 2)
}
