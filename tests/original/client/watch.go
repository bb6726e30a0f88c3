package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Prints what a watch hears until it has heard of so many events, or is over.
func (s *scene) hear(what string, heard clientv3.WatchChan, count int) {
	for count > 0 {
		response, open := <-heard
		if !open {
			s.say("%s: closed", what)
			return
		}
		count -= s.heard(what, response)
		if response.Canceled {
			s.say("%s: canceled: %v, compacted %d", what, response.Err(), s.at(response.CompactRevision))
			return
		}
	}
}

// Prints what one response says, and returns how many events there were. How many of them come
// together is not printed.
func (s *scene) heard(what string, response clientv3.WatchResponse) int {
	for _, event := range response.Events {
		s.say("%s: %s %s before %s", what, event.Type, s.pair(event.Kv), s.pair(event.PrevKv))
	}
	return len(response.Events)
}

func watch(s *scene) {
	for at := range 4 {
		s.put(fmt.Sprint("watch/", at%2), fmt.Sprint(at))
	}
	_, err := s.client.Delete(s.ctx, "watch/", clientv3.WithPrefix())
	must(err)
	_, err = s.client.Txn(s.ctx).Then(clientv3.OpPut("watch/2", "a"), clientv3.OpPut("watch/3", "a"),
		clientv3.OpDelete("watch/0")).Commit()
	must(err)
	ctx, cancel := context.WithCancel(s.ctx)
	from := func(revision int64) clientv3.OpOption { return clientv3.WithRev(s.base + revision) }
	prefix, before := clientv3.WithPrefix(), clientv3.WithPrevKV()
	hear := func(what, key string, count int, options ...clientv3.OpOption) {
		// A stream of its own, which ends with it.
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		s.hear(what, s.client.Watch(ctx, key, options...), count)
	}
	hear("history", "watch/", 8, prefix, from(1))
	hear("history with what was before", "watch/", 8, prefix, from(1), before)
	hear("a part of it", "watch/", 5, prefix, from(4), before)
	hear("one key", "watch/1", 3, from(1))
	hear("a range", "watch/1", 5, clientv3.WithRange("watch/4"), from(1))
	hear("from a key", "watch/1", 5, clientv3.WithFromKey(), from(1))
	hear("no puts", "watch/", 2, prefix, from(1), clientv3.WithFilterPut(), before)
	hear("no deletes", "watch/", 6, prefix, from(1), clientv3.WithFilterDelete())
	hear("backwards", "watch/2", 1, clientv3.WithRange("watch/1"))
	hear("empty", "watch/2", 1, clientv3.WithRange("watch/2"))

	live := s.client.Watch(ctx, "watch/", prefix, clientv3.WithCreatedNotify(), before)
	created := <-live
	s.say("created: %v, %d events at %d", created.Created, len(created.Events), s.at(created.Header.Revision))
	later := s.client.Watch(ctx, "watch/", prefix, from(9), clientv3.WithCreatedNotify())
	s.say("of the future: %v", (<-later).Created)
	for at := range 4 {
		s.put(fmt.Sprint("watch/", at), fmt.Sprint("live ", at))
	}
	s.hear("live", live, 4)
	s.hear("of the future", later, 2)

	must(s.client.RequestProgress(ctx))
	for range 2 {
		var response clientv3.WatchResponse
		var which string
		select {
		case response = <-live:
			which = "both"
		case response = <-later:
			which = "both"
		}
		s.say("progress of %s: %v at %d", which, response.IsProgressNotify(), s.at(response.Header.Revision))
	}
	s.put("watch/0", "after progress")
	s.hear("live", live, 1)
	cancel()
	for response := range live {
		s.say("after its end: %v", response.Err())
	}
	s.say("closed")

	now := s.put("watch/0", "last")
	_, err = s.client.Compact(s.ctx, now)
	must(err)
	hear = func(what, key string, count int, options ...clientv3.OpOption) {
		s.hear(what, s.client.Watch(s.ctx, key, options...), count)
	}
	hear("compacted", "watch/", 1, prefix, from(3))
	hear("just not", "watch/", 1, prefix, clientv3.WithRev(now), before)
}

// Answers that are longer than a message may be come in pieces, and at once if nobody asked for
// pieces.
func fragments(s *scene) {
	value := strings.Repeat("f", 300_000)
	var operations []clientv3.Op
	for at := range 10 {
		for second := range 5 {
			key := fmt.Sprintf("fragments/%d/%d", at, second)
			operations = append(operations, clientv3.OpPut(key, value))
			if len(operations) == 5 {
				_, err := s.client.Txn(s.ctx).Then(operations...).Commit()
				must(err)
				operations = nil
			}
		}
	}
	for _, options := range [][]clientv3.OpOption{{}, {clientv3.WithFragment()}} {
		ctx, cancel := context.WithCancel(s.ctx)
		options := append(options, clientv3.WithPrefix(), clientv3.WithRev(s.base+1))
		hash, count := sha256.New(), 0
		for response := range s.client.Watch(ctx, "fragments/", options...) {
			must(response.Err())
			for _, event := range response.Events {
				fmt.Fprintf(hash, "%s %d ", event.Kv.Key, s.at(event.Kv.ModRevision))
				hash.Write(event.Kv.Value)
				count++
			}
			if count == 50 {
				break
			}
		}
		cancel()
		s.say("%d events, %x", count, hash.Sum(nil)[:8])
	}
}

// Many on one stream, and many streams.
func watchers(s *scene) {
	const count = 300
	var wait sync.WaitGroup
	var ready sync.WaitGroup
	lines := make([]string, count)
	for at := range count {
		wait.Add(1)
		ready.Add(1)
		go func() {
			defer wait.Done()
			ctx := s.ctx
			if at%10 == 0 {
				// Another context is another stream.
				ctx = clientv3.WithRequireLeader(s.ctx)
			}
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			key := fmt.Sprint("watchers/", at%7)
			heard := s.client.Watch(ctx, key, clientv3.WithCreatedNotify())
			<-heard
			ready.Done()
			seen := 0
			for response := range heard {
				for _, event := range response.Events {
					lines[at] += fmt.Sprintf("%s@%d ", event.Kv.Value, s.at(event.Kv.ModRevision))
					seen++
				}
				if seen == 3 {
					return
				}
			}
		}()
	}
	ready.Wait()
	for round := range 3 {
		for at := range 7 {
			s.put(fmt.Sprint("watchers/", at), fmt.Sprint(round))
		}
	}
	wait.Wait()
	hash := sha256.New()
	for at, line := range lines {
		if at < 7 {
			s.say("%d: %s", at, line)
		}
		hash.Write([]byte(line))
	}
	s.say("all: %x", hash.Sum(nil)[:8])
}

// A client that rather hears nothing than what a member without a leader says.
func leader(s *scene) {
	ctx := clientv3.WithRequireLeader(s.ctx)
	response, err := s.client.Put(ctx, "leader", "1")
	must(err)
	s.say("put at %d", s.at(response.Header.Revision))
	got, err := s.client.Get(ctx, "leader")
	s.got("get", got, err)
	granted, err := s.client.Grant(ctx, 60)
	must(err)
	kept, err := s.client.KeepAlive(ctx, granted.ID)
	must(err)
	s.say("kept %d", (<-kept).TTL)
	heard := s.client.Watch(ctx, "leader", clientv3.WithRev(s.base+1))
	s.hear("watch", heard, 1)
}
