package main

import (
	"fmt"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// What is not asked of a service in particular.
func calls(s *scene) {
	s.wire(`
		grpc.health.v1.Health/Check {}
		grpc.health.v1.Health/Check {"service":"etcdserverpb.KV"}
		grpc.health.v1.Health/List {}
		grpc.health.v1.Health/Watch {} > 1
		grpc.health.v1.Health/Watch {"service":"nobody"} > 1
		grpc.reflection.v1.ServerReflection/ServerReflectionInfo {}
		KV/Nothing {}
		Nothing/Range {}
		KV/Range hasleader:true {"key":"@calls/none"}
		KV/Put hasleader:true client-api-version:3.7 {"key":"@calls/a","value":"@1"}
		KV/Range hasleader:nonsense {"key":"@calls/a"}
		KV/Range token:anything {"key":"@calls/a"}
		KV/Range authorization:Bearer_anything {"key":"@calls/a"}
		Auth/AuthStatus token:anything {}
		Maintenance/Defragment {}
		Maintenance/Status {}
		Cluster/MemberList {}
		Maintenance/HashKV {"revision":-3}
	`)
	// How much of a request is not the value, every server knows for itself.
	s.fail("a value that fits", s.raw("/etcdserverpb.KV/Put", 1_572_864-100))
	s.fail("a value that does not", s.raw("/etcdserverpb.KV/Put", 1_572_864))
	s.fail("a message that is too long", s.raw("/etcdserverpb.KV/Put", 3<<20))
	for _, stream := range []string{"Watch/Watch", "Lease/LeaseKeepAlive"} {
		s.fail(stream+", too long", s.rawStream("/etcdserverpb."+stream, 3<<20))
	}
	long := strings.Repeat("l", 1_600_000)
	_, err := s.client.Delete(s.ctx, long)
	s.fail("delete", err)
	_, err = s.client.Get(s.ctx, long)
	s.fail("get", err)
	_, err = s.client.Txn(s.ctx).Then(clientv3.OpGet(long)).Commit()
	s.fail("txn that reads", err)
	_, err = s.client.Txn(s.ctx).Then(clientv3.OpDelete(long)).Commit()
	s.fail("txn that writes", err)
	_, err = s.client.RoleAdd(s.ctx, long)
	s.fail("role", err)
	_, err = s.client.RoleGet(s.ctx, long)
	s.fail("role that there is not", err)
	_, err = s.client.UserGrantRole(s.ctx, long, "x")
	s.fail("user", err)
}

// Keys, and what of them the library does not ask.
func asked(s *scene) {
	s.wire(`
		KV/Put {"key":"@asked/a","value":"@2"}
		KV/Put {"key":"@asked/b","value":"@1"}
		KV/Put {"key":"@asked/c","value":"@3"}
		KV/Put {"key":"@asked/b","value":"@0"}
		Lease/LeaseGrant {"ID":4001,"TTL":500}
		KV/Put {"key":"@asked/d","value":"@2","lease":4001}
		KV/Range {"key":"@asked/d","keys_only":true}
		KV/Range {"key":"@asked/","range_end":"@asked0","keys_only":true,"sort_target":"VALUE"}
		KV/Range {"key":"@asked/","range_end":"@asked0","keys_only":true,"sort_target":"MOD"}
		KV/Range {"key":"@asked/","range_end":"@asked0","keys_only":true,"sort_order":"DESCEND"}
		KV/Range {"key":"@asked/","range_end":"@asked0","keys_only":true,"min_mod_revision":$3}
		KV/Range {"key":"@asked/","range_end":"@asked0","min_mod_revision":-1,"keys_only":true}
		KV/Range {"key":"@asked/","range_end":"@asked0","max_mod_revision":-1}
		KV/Range {"key":"@asked/","range_end":"@asked0","min_create_revision":-1,"limit":1}
		KV/Range {"key":"@asked/","range_end":"@asked0","max_create_revision":-1,"limit":1}
		KV/Range {"key":"@asked/","range_end":"@asked0","max_create_revision":$2,"limit":1}
		KV/Range {"key":"@asked/","range_end":"@asked0","max_create_revision":$2,"limit":2}
		KV/Range {"key":"@asked/","range_end":"@asked0","max_create_revision":$2,"count_only":true}
		KV/Range {"key":"@asked/","range_end":"@asked0","sort_target":"VERSION","limit":1}
		KV/Range {"key":"@asked/","range_end":"@asked0","sort_target":"VALUE","limit":1,"sort_order":"ASCEND"}
		KV/Range {"key":"@asked/","range_end":"@asked0","revision":-9,"limit":1}
		KV/Range {"key":"@asked/","range_end":"@asked0","sort_order":3}
		KV/Range {"key":"@asked/","range_end":"@asked0","sort_order":-1}
		KV/Range {"key":"@asked/","range_end":"@asked0","sort_target":5}
		KV/Range {"sort_order":3}
		KV/Range {"key":"@asked/","revision":99999999,"sort_target":-1}
		KV/Range {"key":"@\u00ff\u00ff","range_end":"@\u0000"}
		KV/Range {"key":"@\u0000","range_end":"@asked/b","min_mod_revision":$1}
		KV/Range {"key":"@asked/","range_end":"@asked0","count_only":true,"keys_only":true,"sort_order":"DESCEND","limit":1}

		KV/RangeStream {}
		KV/RangeStream {"key":"@a","sort_order":3}
		KV/RangeStream {"key":"@a","sort_target":9}
		KV/RangeStream {"key":"@a","sort_order":"DESCEND","min_mod_revision":1}
		KV/RangeStream {"key":"@a","sort_order":"ASCEND"}
		KV/RangeStream {"key":"@a","sort_order":"ASCEND","sort_target":"MOD"}
		KV/RangeStream {"key":"@a","max_create_revision":1}
		KV/RangeStream {"key":"@a","min_create_revision":-1}
		KV/RangeStream {"key":"@asked/","range_end":"@asked0","count_only":true}
		KV/RangeStream {"key":"@asked/none","range_end":"@asked/nonf"}
		KV/RangeStream {"key":"@asked/b","range_end":"@asked/a"}
		KV/RangeStream {"key":"@asked/","range_end":"@asked0","keys_only":true}
		KV/RangeStream {"key":"@asked/","range_end":"@asked0","revision":$2}
		KV/RangeStream {"key":"@asked/","range_end":"@asked0","revision":99999999}
		KV/RangeStream {"key":"@asked/","range_end":"@asked0","limit":2,"serializable":true}

		KV/Put {"value":"@1","ignore_value":true}
		KV/Put {"ignore_lease":true,"lease":1,"key":"@asked/none","ignore_value":true}
		KV/Put {"key":"@asked/none","lease":77,"ignore_value":true}
		KV/Put {"key":"@asked/d","ignore_value":true}
		KV/Range {"key":"@asked/d"}
		Lease/LeaseTimeToLive {"ID":4001,"keys":true}
		KV/Put {"key":"@asked/d","ignore_value":true,"lease":4001,"prev_kv":true}
		KV/Put {"key":"@asked/d","value":"@1","ignore_lease":true,"prev_kv":true}
		KV/Put {"key":"@asked/d","ignore_value":true,"ignore_lease":true}
		KV/Range {"key":"@asked/d"}
		KV/DeleteRange {"key":"@asked/d","range_end":"@asked/d"}
		KV/DeleteRange {"key":"@asked/none","range_end":"@asked/nonf","prev_kv":true}
		KV/DeleteRange {"key":"@asked/d","prev_kv":true}
		KV/Put {"key":"@asked/d","value":"@again"}
		KV/Range {"key":"@asked/d"}
		KV/Put {"key":"@asked/e"}
		KV/DeleteRange {"key":"@asked/","range_end":"@asked0","prev_kv":true}
		Lease/LeaseRevoke {"ID":4001}
	`)
	for at := range 100 {
		s.put(fmt.Sprintf("asked/stream/%03d", at), "small")
	}
	s.wire(`
		KV/RangeStream {"key":"@asked/stream/","range_end":"@asked/stream0"}
		KV/RangeStream {"key":"@asked/stream/","range_end":"@asked/stream0","limit":25}
		KV/RangeStream {"key":"@asked/stream/","range_end":"@asked/stream0","limit":10,"keys_only":true}
	`)
}

// Transactions, and what of them the library does not ask.
func branches(s *scene) {
	s.wire(`
		KV/Put {"key":"@branches/a","value":"@1"}
		KV/Txn {}
		KV/Txn {"success":[{}]}
		KV/Txn {"success":[{"request_txn":{}}]}
		KV/Txn {"success":[{"request_txn":{"success":[{}]}}]}
		KV/Txn {"compare":[{}]}
		KV/Txn {"compare":[{"key":"@branches/a"}],"success":[{}],"failure":[{"request_put":{}}]}
		KV/Txn {"success":[{"request_put":{"key":"@a"}},{"request_put":{"key":"@a"}}],"failure":[{"request_range":{}}]}
		KV/Txn {"success":[{"request_put":{}},{"request_range":{"key":"@a","sort_order":9}}]}
		KV/Txn {"success":[{"request_range":{"key":"@a","sort_order":9}},{"request_put":{}}]}
		KV/Txn {"compare":[{"key":"@branches/a","version":1}]}
		KV/Txn {"compare":[{"key":"@branches/a","target":"CREATE","create_revision":$1}]}
		KV/Txn {"compare":[{"key":"@branches/a","target":"MOD","result":"GREATER","mod_revision":$1}]}
		KV/Txn {"compare":[{"key":"@branches/a","target":"VALUE","value":"@1"}]}
		KV/Txn {"compare":[{"key":"@branches/a","target":"LEASE","lease":0}]}
		KV/Txn {"compare":[{"key":"@branches/a","target":"VALUE","version":1}]}
		KV/Txn {"compare":[{"key":"@branches/a","target":"VERSION","value":"@1","result":"GREATER"}]}
		KV/Txn {"compare":[{"key":"@branches/z","range_end":"@branches/a","target":"VALUE","result":"NOT_EQUAL","value":"@x"}]}
		KV/Txn {"compare":[{"key":"@branches/z","range_end":"@branches/a","target":"VERSION","version":0}]}
		KV/Txn {"compare":[{"key":"@branches/a","version":1}],"success":[{"request_put":{"key":"@branches/b","value":"@1"}},{"request_range":{"key":"@branches/","range_end":"@branches0"}},{"request_range":{"key":"@branches/","range_end":"@branches0","revision":$1}},{"request_delete_range":{"key":"@branches/a","prev_kv":true}},{"request_range":{"key":"@branches/","range_end":"@branches0","count_only":true}}]}
		KV/Txn {"success":[{"request_range":{"key":"@branches/b"}},{"request_delete_range":{"key":"@branches/none"}},{"request_put":{"key":"@branches/a"}},{"request_delete_range":{"key":"@branches/none"}}]}
		KV/Txn {"success":[{"request_txn":{"compare":[{"key":"@branches/c","version":0}],"success":[{"request_put":{"key":"@branches/c","value":"@1"}}]}},{"request_txn":{"compare":[{"key":"@branches/c","version":0}],"success":[{"request_range":{"key":"@branches/c"}}]}}]}
		KV/Txn {"success":[{"request_txn":{"success":[{"request_range":{"key":"@branches/c"}}]}}]}
		KV/Txn {"success":[{"request_range":{"key":"@branches/c","serializable":true}},{"request_range":{"key":"@branches/b"}}],"failure":[{"request_range":{"key":"@branches/c","revision":99999999}}]}
		KV/Txn {"success":[{"request_put":{"key":"@branches/new","value":"@1"}},{"request_txn":{"success":[{"request_put":{"key":"@branches/other","ignore_value":true}}]}}]}
		KV/Txn {"success":[{"request_put":{"key":"@branches/x","lease":77}},{"request_range":{"key":"@branches/x","revision":99999999}}]}
		KV/Txn {"success":[{"request_range":{"key":"@branches/x","revision":99999999}},{"request_put":{"key":"@branches/x","lease":77}}]}
		KV/Txn {"success":[{"request_put":{"key":"@branches/x","ignore_lease":true}},{"request_put":{"key":"@branches/y","lease":77}}]}
		KV/Range {"key":"@branches/","range_end":"@branches0"}

		KV/Txn {"success":[{"request_put":{"key":"@branches/p"}},{"request_txn":{"failure":[{"request_delete_range":{"key":"@branches/p"}}]}}]}
		KV/Txn {"success":[{"request_txn":{"failure":[{"request_delete_range":{"key":"@branches/p"}}]}},{"request_put":{"key":"@branches/p"}}]}
		KV/Txn {"success":[{"request_txn":{"success":[{"request_put":{"key":"@branches/p"}}],"failure":[{"request_delete_range":{"key":"@branches/p"}}]}}]}
		KV/Txn {"success":[{"request_txn":{"success":[{"request_txn":{"success":[{"request_put":{"key":"@branches/p"}}]}}]}},{"request_put":{"key":"@branches/p"}}]}
		KV/Txn {"success":[{"request_txn":{"failure":[{"request_delete_range":{"key":"@branches/p"}}]}},{"request_txn":{"success":[{"request_put":{"key":"@branches/p"}}]}}]}
		KV/Txn {"success":[{"request_delete_range":{"key":"@branches/p","range_end":"@branches/q"}},{"request_txn":{"success":[{"request_put":{"key":"@branches/pp"}}]}}]}
		KV/Txn {"success":[{"request_delete_range":{"key":"@branches/p","range_end":"@branches/o"}},{"request_put":{"key":"@branches/p"}}]}
		KV/Txn {"success":[{"request_delete_range":{"key":"@branches/p","range_end":"@\u0000"}},{"request_put":{"key":"@branches/p"}}]}
		KV/Txn {"success":[{"request_delete_range":{"key":"@branches/p"}},{"request_delete_range":{"key":"@branches/p"}}]}
	`)
	operation := func(count int, inner string) string {
		one := `{"request_range":{"key":"@branches/a","count_only":true}}`
		all := append(make([]string, 0), inner)
		for range count {
			all = append(all, one)
		}
		return `{"success":[` + strings.TrimPrefix(strings.Join(all, ","), ",") + `]}`
	}
	for _, counts := range [][2]int{{0, 127}, {0, 128}, {63, 64}, {63, 65}} {
		inner := `{"request_txn":` + operation(counts[1], "") + `}`
		s.say("%d beside a transaction of %d", counts[0], counts[1])
		s.wire("KV/Txn " + operation(counts[0], inner))
	}
	s.wire(`KV/DeleteRange {"key":"@branches/","range_end":"@branches0"}`)
}

// Leases, and what of them the library does not ask.
func leased(s *scene) {
	s.wire(`
		Lease/LeaseGrant {"ID":5001,"TTL":700}
		Lease/LeaseGrant {"ID":5001,"TTL":700}
		Lease/LeaseGrant {"ID":5001,"TTL":9000000001}
		Lease/LeaseGrant {"ID":-77,"TTL":9000000000}
		Lease/LeaseGrant {"ID":5002,"TTL":-5}
		ID= Lease/LeaseGrant {"TTL":600}
		Lease/LeaseRevoke {"ID":$ID}
		Lease/LeaseRevoke {"ID":5002}
		Lease/LeaseRevoke {}
		Lease/LeaseTimeToLive {}
		Lease/LeaseTimeToLive {"ID":-77,"keys":true}
		Lease/LeaseKeepAlive {"ID":5001} {"ID":77} {} {"ID":-77}
		Lease/LeaseKeepAlive {"ID":5001} > 1
		KV/Put {"key":"@leased/c","lease":5001}
		KV/Put {"key":"@leased/a","lease":5001}
		KV/Put {"key":"@leased/b","lease":-77}
		KV/Range {"key":"@leased/b"}
		Lease/LeaseTimeToLive {"ID":5001,"keys":true}
		Lease/LeaseTimeToLive {"ID":5001}
		Lease/LeaseRevoke {"ID":5001}
		KV/Put {"key":"@leased/b"}
		Lease/LeaseRevoke {"ID":-77}
		Watch/Watch {"create_request":{"key":"@leased/","range_end":"@leased0","start_revision":$1}} > 2
		Lease/LeaseRevoke {"ID":-77}
	`)
	var order []string
	for _, ttl := range []int64{900, 300, 600} {
		granted, err := s.client.Grant(s.ctx, ttl)
		must(err)
		order = append(order, fmt.Sprint(granted.ID))
	}
	leases, err := s.client.Leases(s.ctx)
	must(err)
	for _, one := range leases.Leases {
		for at, id := range order {
			if id == fmt.Sprint(one.ID) {
				s.say("lease %d", at)
			}
		}
	}
	for _, one := range leases.Leases {
		_, err := s.client.Revoke(s.ctx, one.ID)
		must(err)
	}
	s.wire(`Lease/LeaseLeases {}`)
}

// Watchers, and what of them the library does not ask.
func watched(s *scene) {
	s.wire(`
		KV/Put {"key":"@watched/a","value":"@1"}
		KV/Txn {"success":[{"request_put":{"key":"@watched/b"}},{"request_put":{"key":"@watched/a"}},{"request_delete_range":{"key":"@watched/c"}}]}
		KV/Put {"key":"@watched/c","value":"@1"}
		KV/DeleteRange {"key":"@watched/","range_end":"@watched0"}
		Watch/Watch {"create_request":{"key":"@watched/","range_end":"@watched0","start_revision":$1}} > 2
		Watch/Watch {"create_request":{"key":"@watched/","range_end":"@watched0","start_revision":$1,"prev_kv":true}} > 2
		Watch/Watch {"create_request":{"key":"@watched/","range_end":"@watched0","start_revision":$4,"prev_kv":true}} > 2
		Watch/Watch {"create_request":{"key":"@watched/","range_end":"@watched0","start_revision":$1,"filters":["NOPUT"]}} > 2
		Watch/Watch {"create_request":{"key":"@watched/","range_end":"@watched0","start_revision":$1,"filters":["NODELETE"]}} > 2
		Watch/Watch {"create_request":{"key":"@watched/","range_end":"@watched0","start_revision":$1,"filters":["NODELETE","NOPUT"]}} {"create_request":{"key":"@watched/","watch_id":9}} > 2
		Watch/Watch {"create_request":{"key":"@watched/a","start_revision":$1}} > 2!
		Watch/Watch {"create_request":{"key":"@b","range_end":"@a"}} {"create_request":{"key":"@b","range_end":"@b"}} {"create_request":{"key":"@a","watch_id":4}} {"create_request":{"key":"@a","watch_id":4}} {"create_request":{"start_revision":-1}} > 5
		Watch/Watch {"create_request":{"key":"@b","range_end":"@a","start_revision":-2}} {"create_request":{"key":"@b","range_end":"@a","watch_id":4}} > 2
		Watch/Watch {"create_request":{"key":"@b"}} {"create_request":{"key":"@b","watch_id":1}} {"create_request":{"key":"@b"}} {"create_request":{"key":"@b","watch_id":-1}} {"create_request":{"key":"@b","watch_id":-9}} {"create_request":{"key":"@b"}} > 6
		Watch/Watch {"create_request":{"key":"@b"}} {"cancel_request":{"watch_id":0}} {"cancel_request":{"watch_id":0}} {"create_request":{"key":"@b"}} {"cancel_request":{"watch_id":1}} {"create_request":{"key":"@b","watch_id":1}} {"cancel_request":{"watch_id":77}} {"create_request":{"key":"@b"}} > 6
		Watch/Watch {} {"create_request":{"key":"@b","watch_id":5}} > 1
		Watch/Watch {"create_request":{"key":"@watched/","range_end":"@\u0000","start_revision":$4}} > 2
		Watch/Watch {"create_request":{"range_end":"@\u0000","start_revision":$4}} > 2
		Watch/Watch {"create_request":{"start_revision":$4}} > 1
		Watch/Watch {"create_request":{"key":"@watched/a","start_revision":99999999}} {"progress_request":{}} {"create_request":{"key":"@b"}} > 2
		Watch/Watch {"progress_request":{}} {"create_request":{"key":"@b","watch_id":8}} > 1
		Watch/Watch hasleader:true {"create_request":{"key":"@b"}} > 1
		Watch/Watch token:anything {"create_request":{"key":"@b"}} > 1
		KV/Compact {"revision":$3}
		Watch/Watch {"create_request":{"key":"@watched/","range_end":"@watched0","start_revision":$2,"watch_id":3}} > 2
		Watch/Watch {"create_request":{"key":"@watched/c","start_revision":$3,"prev_kv":true}} > 2
		Watch/Watch {"create_request":{"key":"@watched/a","start_revision":$1,"watch_id":3}} > 2
	`)
	all(25, func(at int) {
		for second := range 100 {
			s.put(fmt.Sprintf("watched/many/%d/%d", at, second), "x")
		}
	})
	s.wire(`
		Watch/Watch {"create_request":{"key":"@watched/many/","range_end":"@watched/many0","start_revision":$5}} > 4
		KV/DeleteRange {"key":"@watched/many/","range_end":"@watched/many0"}
		Watch/Watch {"create_request":{"key":"@watched/many/","range_end":"@watched/many0","start_revision":$2505}} > 2
	`)
}
