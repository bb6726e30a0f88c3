package main

import (
	"fmt"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

type response = pb.ResponseOp

func (s *scene) result(answer *response) string {
	if put := answer.GetResponsePut(); put != nil {
		return fmt.Sprintf("put %s", s.pair(put.PrevKv))
	}
	if got := answer.GetResponseRange(); got != nil {
		return fmt.Sprintf("got %s count %d more %v", s.pairs(got.Kvs), got.Count, got.More)
	}
	if gone := answer.GetResponseDeleteRange(); gone != nil {
		return fmt.Sprintf("gone %d %s", gone.Deleted, s.pairs(gone.PrevKvs))
	}
	if nested := answer.GetResponseTxn(); nested != nil {
		return fmt.Sprintf("%v {%s}", nested.Succeeded, s.results(nested.Responses))
	}
	return "nothing"
}

func txn(s *scene) {
	put, get, remove := clientv3.OpPut, clientv3.OpGet, clientv3.OpDelete
	do := func(what string, conditions []clientv3.Cmp, then, otherwise []clientv3.Op) {
		transaction := s.client.Txn(s.ctx).If(conditions...).Then(then...).Else(otherwise...)
		response, err := transaction.Commit()
		s.answer(what, response, err)
	}
	prefix, before := clientv3.WithPrefix(), clientv3.WithPrevKV()
	do("nothing", nil, nil, nil)
	do("puts", nil, []clientv3.Op{put("txn/a", "1"), put("txn/b", "1"), put("txn/c", "1")}, nil)
	do("sees its own", nil, []clientv3.Op{
		put("txn/a", "2", before), get("txn/", prefix), remove("txn/b", before),
		get("txn/", prefix, clientv3.WithCountOnly()), remove("txn/z", clientv3.WithFromKey()),
	}, nil)
	do("earlier", nil, []clientv3.Op{
		put("txn/b", "2"), get("txn/", prefix, clientv3.WithRev(s.base+1)),
	}, nil)
	do("future", nil, []clientv3.Op{
		put("txn/lost", "1"), get("txn/", prefix, clientv3.WithRev(s.base+1000)),
	}, nil)
	do("what failed left nothing", nil, []clientv3.Op{get("txn/lost")}, nil)
	do("twice", nil, []clientv3.Op{put("txn/a", "3"), put("txn/a", "4")}, nil)
	do("put and gone", nil, []clientv3.Op{put("txn/a", "3"), remove("txn/", prefix)}, nil)
	do("gone and gone", nil, []clientv3.Op{remove("txn/d"), remove("txn/", prefix)}, nil)
	do("of no lease", nil, []clientv3.Op{put("txn/d", "1"), put("txn/e", "1", clientv3.WithLease(77))}, nil)
	do("no key", nil, []clientv3.Op{put("", "1")}, nil)
	is := func(value string) []clientv3.Cmp {
		return []clientv3.Cmp{clientv3.Compare(clientv3.Value("txn/n"), "=", value)}
	}
	inner := clientv3.OpTxn(is("1"), []clientv3.Op{put("txn/n", "2", before)},
		[]clientv3.Op{put("txn/n", "9", before)})
	outer := []clientv3.Op{
		put("txn/m", "1"),
		clientv3.OpTxn(nil, []clientv3.Op{inner, get("txn/n")}, nil),
		get("txn/n"),
	}
	do("nested", nil, []clientv3.Op{clientv3.OpTxn(is(""), []clientv3.Op{inner}, nil)}, nil)
	do("nested, again", nil, outer, nil)
	do("nested, once more", is("9"), outer, []clientv3.Op{get("txn/n")})
	do("nested, twice", nil, []clientv3.Op{put("txn/n", "5"), inner}, nil)
	do("either may", nil, []clientv3.Op{
		clientv3.OpTxn(is("1"), []clientv3.Op{put("txn/x", "1")}, []clientv3.Op{put("txn/x", "2")}),
	}, nil)
	do("a branch that is not taken", is("none"), []clientv3.Op{put("txn/a", "3"), put("txn/a", "4")},
		[]clientv3.Op{get("txn/a")})
	for _, operation := range []clientv3.Op{
		put("txn/do", "1", before), get("txn/do"), remove("txn/do", before), inner,
	} {
		answer, err := s.client.Do(s.ctx, operation)
		must(err)
		switch {
		case answer.Put() != nil:
			s.say("do: put %s at %d", s.pair(answer.Put().PrevKv), s.at(answer.Put().Header.Revision))
		case answer.Get() != nil:
			s.got("do", answer.Get(), nil)
		case answer.Del() != nil:
			s.say("do: gone %d at %d", answer.Del().Deleted, s.at(answer.Del().Header.Revision))
		case answer.Txn() != nil:
			s.answer("do", answer.Txn(), nil)
		}
	}
}

func compares(s *scene) {
	s.put("compares/a", "b")
	s.put("compares/a", "c")
	s.put("compares/b", "c")
	s.put("compares/c", "a")
	ask := func(condition clientv3.Cmp) string {
		response, err := s.client.Txn(s.ctx).If(condition).Commit()
		if err != nil {
			return fault(err)
		}
		if response.Succeeded {
			return "1"
		}
		return "0"
	}
	results := []string{"=", "!=", ">", "<"}
	for _, key := range []string{"compares/a", "compares/none"} {
		for _, result := range results {
			line := ""
			for number := range 4 {
				number := int64(number)
				line += ask(clientv3.Compare(clientv3.Version(key), result, number))
				line += ask(clientv3.Compare(clientv3.CreateRevision(key), result, s.base+number))
				line += ask(clientv3.Compare(clientv3.ModRevision(key), result, s.base+number))
				line += ask(clientv3.Compare(clientv3.LeaseValue(key), result, number))
			}
			for _, value := range []string{"", "b", "c", "cc", "d"} {
				line += ask(clientv3.Compare(clientv3.Value(key), result, value))
			}
			s.say("%s %s: %s", key, result, line)
		}
	}
	spans := map[string]func(clientv3.Cmp) clientv3.Cmp{
		"prefix": func(one clientv3.Cmp) clientv3.Cmp { return one.WithPrefix() },
		"range":  func(one clientv3.Cmp) clientv3.Cmp { return one.WithRange("compares/c") },
		"empty":  func(one clientv3.Cmp) clientv3.Cmp { return one.WithRange("compares/") },
		"open":   func(one clientv3.Cmp) clientv3.Cmp { return one.WithRange("\x00") },
	}
	for _, span := range []string{"prefix", "range", "empty", "open"} {
		for _, result := range results {
			line := ""
			for _, value := range []string{"", "a", "c", "d"} {
				condition := clientv3.Compare(clientv3.Value("compares/"), result, value)
				line += ask(spans[span](condition))
			}
			for number := range 4 {
				condition := clientv3.Compare(clientv3.Version("compares/"), result, number)
				line += ask(spans[span](condition))
			}
			s.say("%s %s: %s", span, result, line)
		}
	}
	none := clientv3.Compare(clientv3.Value("compares/none/"), "!=", "x").WithPrefix()
	s.say("a range of nothing: %s", ask(none))
}
