package main

import (
	"fmt"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

type keyValue = mvccpb.KeyValue

func kv(s *scene) {
	put := func(what, key, value string, options ...clientv3.OpOption) {
		response, err := s.client.Put(s.ctx, key, value, options...)
		if err != nil {
			s.fail(what, err)
			return
		}
		s.say("%s: %s at %d", what, s.pair(response.PrevKv), s.at(response.Header.Revision))
	}
	put("first", "kv/a", "1")
	put("second", "kv/a", "2", clientv3.WithPrevKV())
	put("without its value", "kv/a", "", clientv3.WithIgnoreValue(), clientv3.WithPrevKV())
	put("with both", "kv/a", "x", clientv3.WithIgnoreValue())
	put("of nothing", "kv/none", "", clientv3.WithIgnoreValue())
	put("of no lease", "kv/none", "x", clientv3.WithIgnoreLease())
	put("the same lease", "kv/a", "3", clientv3.WithIgnoreLease())
	put("an unknown lease", "kv/a", "3", clientv3.WithLease(77))
	put("no key", "", "3")
	put("zeros", "kv/\x00\xff", "\x00\x01")
	s.get("zeros", "kv/\x00", clientv3.WithPrefix())
	remove := func(what, key string, options ...clientv3.OpOption) {
		response, err := s.client.Delete(s.ctx, key, options...)
		if err != nil {
			s.fail(what, err)
			return
		}
		s.say("%s: %d %s at %d", what, response.Deleted, s.pairs(response.PrevKvs),
			s.at(response.Header.Revision))
	}
	for _, letter := range "bcdefg" {
		put("more", "kv/"+string(letter), string(letter))
	}
	remove("one", "kv/b", clientv3.WithPrevKV())
	remove("again", "kv/b", clientv3.WithPrevKV())
	remove("some", "kv/c", clientv3.WithRange("kv/e"))
	remove("backwards", "kv/e", clientv3.WithRange("kv/c"))
	remove("all of a prefix", "kv/", clientv3.WithPrefix(), clientv3.WithPrevKV())
	remove("no key", "")
	remove("from the end", "\xff", clientv3.WithFromKey())

	for at := range 12 {
		s.put("kv/old", fmt.Sprint(at))
	}
	now := s.put("kv/old", "last")
	compact := func(what string, revision int64, options ...clientv3.CompactOption) {
		response, err := s.client.Compact(s.ctx, revision, options...)
		if err != nil {
			s.fail(what, err)
			return
		}
		s.say("%s: at %d", what, s.at(response.Header.Revision))
	}
	compact("future", now+1)
	compact("compact", now-5)
	compact("again", now-5)
	compact("earlier", now-6)
	compact("with its rows", now-4, clientv3.WithCompactPhysical())
	s.get("compacted", "kv/old", clientv3.WithRev(now-6))
	s.get("just not", "kv/old", clientv3.WithRev(now-4))
	s.get("future", "kv/old", clientv3.WithRev(now+1))
	s.get("compacted, whatever is asked", "kv/none", clientv3.WithRev(now-6),
		clientv3.WithSerializable(), clientv3.WithCountOnly())
}

func ranges(s *scene) {
	for at, name := range []string{"m", "c", "x", "a", "q"} {
		s.put("ranges/"+name, fmt.Sprint(at*7%5))
	}
	s.put("ranges/c", "6")
	s.put("ranges/a", "5")
	prefix := clientv3.WithPrefix()
	names := []string{"version", "create", "mod", "key", "value"}
	targets := []clientv3.SortTarget{clientv3.SortByVersion, clientv3.SortByCreateRevision,
		clientv3.SortByModRevision, clientv3.SortByKey, clientv3.SortByValue}
	for at, target := range targets {
		for _, order := range []clientv3.SortOrder{0, 1, 2} {
			sort := clientv3.WithSort(target, order)
			what := fmt.Sprintf("by %s, %d", names[at], order)
			s.get(what, "ranges/", prefix, sort, clientv3.WithKeysOnly())
			s.get(what+", two", "ranges/", prefix, sort, clientv3.WithLimit(2))
		}
	}
	one := func(what string, options []clientv3.OpOption) { s.get(what, "ranges/", options...) }
	one("first create", clientv3.WithFirstCreate())
	one("last create", clientv3.WithLastCreate())
	one("first key", clientv3.WithFirstKey())
	one("last key", clientv3.WithLastKey())
	one("first revision", clientv3.WithFirstRev())
	one("last revision", clientv3.WithLastRev())
	bounds := []clientv3.OpOption{
		clientv3.WithMinModRev(s.base + 3), clientv3.WithMaxModRev(s.base + 5),
		clientv3.WithMinCreateRev(s.base + 2), clientv3.WithMaxCreateRev(s.base + 4),
	}
	for at, bound := range bounds {
		s.get(fmt.Sprint("bound ", at), "ranges/", prefix, bound)
		s.get(fmt.Sprint("bound ", at, ", one"), "ranges/", prefix, bound, clientv3.WithLimit(1))
	}
	s.get("all bounds", "ranges/", append(bounds, prefix)...)
	s.get("counted", "ranges/", prefix, clientv3.WithCountOnly())
	s.get("counted, of two", "ranges/", prefix, clientv3.WithCountOnly(), clientv3.WithLimit(2))
	s.get("from", "ranges/m", clientv3.WithFromKey(), clientv3.WithLimit(2))
	s.get("between", "ranges/b", clientv3.WithRange("ranges/n"))
	s.get("backwards", "ranges/n", clientv3.WithRange("ranges/b"))
	s.get("earlier", "ranges/", prefix, clientv3.WithRev(s.base+3))
	s.get("any member's", "ranges/", prefix, clientv3.WithSerializable(), clientv3.WithKeysOnly())
	s.get("no key", "")

	for at := range 300 {
		s.put(fmt.Sprintf("stream/%03d", at), strings.Repeat("s", 10_000))
	}
	for _, options := range [][]clientv3.OpOption{
		{prefix},
		{prefix, clientv3.WithLimit(7)},
		{prefix, clientv3.WithKeysOnly()},
		{prefix, clientv3.WithCountOnly()},
		{prefix, clientv3.WithRev(s.base + 40)},
		{prefix, clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend)},
		{prefix, clientv3.WithRev(s.base + 4000)},
	} {
		stream, err := s.client.GetStream(s.ctx, "stream/", options...)
		if err != nil {
			s.fail("stream", err)
			continue
		}
		response, err := clientv3.GetStreamToGetResponse(stream)
		if err != nil {
			s.fail("stream", err)
			continue
		}
		bytes := 0
		for _, pair := range response.Kvs {
			bytes += len(pair.Key) + len(pair.Value)
		}
		s.say("stream: %d keys, %d bytes, count %d, more %v, at %d", len(response.Kvs), bytes,
			response.Count, response.More, s.at(response.Header.Revision))
	}
}

func limits(s *scene) {
	for _, size := range []int{1 << 20, 1_572_864 - 10, 1_572_864, 1_600_000, 1_900_000} {
		_, err := s.client.Put(s.ctx, "limits", strings.Repeat("x", size))
		s.fail(fmt.Sprint("put of ", size), err)
	}
	// The client itself refuses this one.
	_, err := s.client.Put(s.ctx, "limits", strings.Repeat("x", 3<<20))
	s.say("put of too much: %v", err != nil)
	for _, count := range []int{127, 128, 129} {
		var operations []clientv3.Op
		for at := range count {
			operations = append(operations, clientv3.OpPut(fmt.Sprint("limits/", at), "1"))
		}
		_, err := s.client.Txn(s.ctx).Then(operations...).Commit()
		s.fail(fmt.Sprint("then ", count), err)
		_, err = s.client.Txn(s.ctx).Else(operations...).Commit()
		s.fail(fmt.Sprint("else ", count), err)
	}
	var conditions []clientv3.Cmp
	for range 129 {
		conditions = append(conditions, clientv3.Compare(clientv3.Version("limits"), ">", 0))
	}
	_, err = s.client.Txn(s.ctx).If(conditions...).Commit()
	s.fail("if 129", err)
	var nested clientv3.Op = clientv3.OpPut("limits/deep", "1")
	for range 20 {
		nested = clientv3.OpTxn(nil, []clientv3.Op{nested}, nil)
	}
	_, err = s.client.Do(s.ctx, nested)
	s.fail("deep", err)
}

func (s *scene) results(responses []*response) string {
	var all []string
	for _, response := range responses {
		all = append(all, s.result(response))
	}
	return strings.Join(all, "; ")
}

func (s *scene) answer(what string, response *clientv3.TxnResponse, err error) {
	if err != nil {
		s.fail(what, err)
		return
	}
	s.say("%s: %v {%s} at %d", what, response.Succeeded, s.results(response.Responses),
		s.at(response.Header.Revision))
}
