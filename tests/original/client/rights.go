package main

import "fmt"

// Who may do what, and what of it the library does not ask. It begins and ends with a member that
// asks nobody who he is.
func rights(s *scene) {
	s.forgetLeases()
	s.wire(`
		Auth/UserAdd {"name":"root","password":"root"}
		Auth/UserGrantRole {"user":"root","role":"root"}
		Auth/UserGrantRole {"user":"root","role":"root"}
		Auth/UserAdd {"name":"ann","password":"ann","hashedPassword":"nonsense"}
		Auth/UserAdd {"name":"bob","password":""}
		Auth/UserAdd {"name":"cid","options":{"no_password":true},"password":"cid"}
		Auth/UserAdd {"password":"012345678901234567890123456789012345678901234567890123456789012345678901234567890"}
		Auth/UserAdd {"options":{"no_password":true}}
		Auth/UserChangePassword {"name":"nobody","password":"012345678901234567890123456789012345678901234567890123456789012345678901234567890"}
		Auth/UserChangePassword {"name":"cid","password":"cid"}
		Auth/RoleAdd {"name":"role"}
		Auth/RoleGrantPermission {"name":"role","perm":{"permType":"READWRITE","key":"@rights/k","range_end":"@rights/l"}}
		Auth/RoleGrantPermission {"name":"role","perm":{"permType":"READ","key":"@rights/l","range_end":"@rights/m"}}
		Auth/RoleGrantPermission {"name":"role","perm":{"permType":"READ","key":"@rights/k","range_end":"@rights/kk"}}
		Auth/RoleGrantPermission {"name":"role","perm":{"permType":"READWRITE","key":"@rights/one"}}
		Auth/RoleGrantPermission {"name":"role","perm":{"permType":"WRITE","key":"@rights/w","range_end":"@rights/x"}}
		Auth/RoleGrantPermission {"name":"role","perm":{"permType":"READ","key":"@rights/w","range_end":"@rights/x"}}
		Auth/RoleGrantPermission {"name":"role","perm":{"permType":"WRITE","key":"@rights/w","range_end":"@rights/x"}}
		Auth/RoleGrantPermission {"name":"nobody"}
		Auth/RoleGrantPermission {"name":"nobody","perm":{"key":"@b","range_end":"@a"}}
		Auth/RoleGrantPermission {"name":"nobody","perm":{"key":"@b"}}
		Auth/RoleGrantPermission {"name":"role","perm":{"range_end":"@a"}}
		Auth/RoleRevokePermission {"role":"nobody","key":"@b"}
		Auth/RoleRevokePermission {"role":"role","key":"@rights/k"}
		Auth/RoleRevokePermission {"role":"role","key":"@rights/k","range_end":"@rights/kk"}
		Auth/RoleGet {"role":"role"}
		Auth/RoleAdd {"name":"other"}
		Auth/UserGrantRole {"user":"ann","role":"role"}
		Auth/UserGrantRole {"user":"ann","role":"other"}
		Auth/UserGrantRole {"user":"ann","role":"role"}
		Auth/UserGrantRole {"user":"nobody","role":"nobody"}
		Auth/UserGrantRole {"user":"ann","role":"nobody"}
		Auth/UserGrantRole {"user":"ann","role":"root"}
		Auth/UserRevokeRole {"name":"ann","role":"root"}
		Auth/UserRevokeRole {"name":"nobody","role":"nobody"}
		Auth/UserRevokeRole {"name":"ann","role":"nobody"}
		Auth/UserGet {"name":"ann"}
		Auth/UserList {}
		Auth/RoleList {}
		KV/Put {"key":"@rights/secret","value":"@1"}
		KV/Put {"key":"@rights/k","value":"@1"}
		Auth/AuthEnable {}
		Auth/AuthEnable {}
		Auth/Authenticate {"name":"ann","password":""}
		Auth/Authenticate {"name":"bob","password":""}
		Auth/Authenticate {"name":"cid","password":""}
		Auth/Authenticate {"name":"cid","password":"cid"}
		Auth/Authenticate {}
		ROOT= Auth/Authenticate {"name":"root","password":"root"}
		ANN= Auth/Authenticate {"name":"ann","password":"ann"}
		Auth/AuthEnable token:$ROOT {}
		Auth/AuthStatus {}
		KV/Txn {}
		KV/Txn token: {}
		KV/Txn token:nonsense {}
		Auth/AuthStatus token:nonsense {}
		Auth/AuthStatus token: {}
		KV/Range token:$ANN {"key":"@rights/k"}
		KV/Range authorization:$ANN {"key":"@rights/k"}
		KV/Range authorization:Bearer_$ANN {"key":"@rights/k"}
		KV/Range authorization:bearer_$ANN {"key":"@rights/k"}
		KV/Range token:Bearer_$ANN {"key":"@rights/k"}
		KV/Range token:$ANN authorization:nonsense {"key":"@rights/k"}
		KV/Range token:nonsense authorization:$ANN {"key":"@rights/k"}
		KV/Range token:$ANN {}
		KV/Range {"sort_order":9,"key":"@a"}
		KV/Range token:$ANN {"key":"@rights/secret","revision":99999999}
		KV/Range token:$ANN {"key":"@rights/k","revision":99999999}
		KV/Range token:$ANN {"key":"@rights/k","range_end":"@rights/m","count_only":true}
		KV/Range token:$ANN {"key":"@rights/k","range_end":"@rights/n"}
		KV/Range token:$ANN {"key":"@rights/l","range_end":"@rights/k"}
		KV/Range token:$ANN {"key":"@rights/z","range_end":"@rights/k"}
		KV/Range token:$ANN {"key":"@rights/k","range_end":"@\u0000"}
		KV/Range token:$ANN {"key":"@rights/one"}
		KV/Range token:$ANN {"key":"@rights/one","range_end":"@rights/one\u0000"}
		KV/Range token:$ANN {"key":"@rights/one","range_end":"@rights/one\u0000\u0000"}
		KV/Range token:$ANN {"key":"@rights/one\u0000"}
		KV/RangeStream token:$ANN {"key":"@rights/k"}
		KV/RangeStream token:$ANN {"key":"@rights/secret"}
		KV/RangeStream {"key":"@rights/k"}
		KV/Put token:$ANN {"key":"@rights/l","value":"@1"}
		KV/Put token:$ANN {"key":"@rights/w","value":"@1"}
		KV/Put token:$ANN {"key":"@rights/w","prev_kv":true}
		KV/Put token:$ANN {"key":"@rights/w","ignore_value":true}
		KV/Put token:$ANN {"key":"@rights/k","lease":77}
		KV/Put token:$ANN {"key":"@rights/secret","lease":77}
		KV/Put token:$ANN {"key":"@rights/knot","ignore_value":true}
		KV/DeleteRange token:$ANN {"key":"@rights/w","prev_kv":true}
		KV/DeleteRange token:$ANN {"key":"@rights/nothing"}
		KV/DeleteRange token:$ANN {"key":"@rights/w"}
		KV/Txn token:$ANN {"compare":[{"key":"@rights/secret"}]}
		KV/Txn token:$ANN {"compare":[{"key":"@rights/k","range_end":"@rights/n"}]}
		KV/Txn token:$ANN {"compare":[{"key":"@rights/w"}]}
		KV/Txn token:$ANN {"success":[{"request_range":{"key":"@rights/k"}}],"failure":[{"request_put":{"key":"@rights/l"}}]}
		KV/Txn token:$ANN {"success":[{"request_txn":{"success":[{"request_put":{"key":"@rights/w","prev_kv":true}}]}}]}
		KV/Txn token:$ANN {"success":[{"request_txn":{"failure":[{"request_delete_range":{"key":"@rights/w","prev_kv":true}}]}}]}
		KV/Txn token:$ANN {"success":[{"request_txn":{"failure":[{"request_put":{"key":"@rights/w","value":"@2"}}]}}]}
		KV/Txn token:$ANN {"success":[{"request_txn":{"compare":[{"key":"@rights/secret"}]}}]}
		KV/Txn {"success":[{"request_range":{"key":"@rights/k","serializable":true}}]}
		KV/Txn token:$ANN {"success":[{"request_put":{"key":"@rights/secret","lease":77}},{"request_range":{"key":"@rights/k","revision":99999999}}]}
		KV/Compact {"revision":99999999}
		KV/Compact token:$ANN {"revision":99999999}
		KV/Compact token:$ROOT {"revision":99999999}
		Lease/LeaseGrant {"TTL":9000000001}
		Lease/LeaseGrant token:$ANN {"ID":6001,"TTL":500}
		Lease/LeaseGrant token:$ANN {"ID":6001,"TTL":500}
		KV/Put token:$ROOT {"key":"@rights/secret","value":"@1","lease":6001}
		KV/Put token:$ANN {"key":"@rights/k","value":"@1","lease":6001}
		KV/Txn token:$ANN {"success":[{"request_txn":{"success":[{"request_put":{"key":"@rights/k","lease":6001}}]}}]}
		Lease/LeaseTimeToLive token:$ANN {"ID":6001}
		Lease/LeaseTimeToLive token:$ANN {"ID":6001,"keys":true}
		Lease/LeaseTimeToLive token:$ANN {"ID":6002,"keys":true}
		Lease/LeaseTimeToLive {"ID":6001}
		Lease/LeaseTimeToLive token:$ROOT {"ID":6001,"keys":true}
		Lease/LeaseLeases {}
		Lease/LeaseLeases token:$ANN {}
		Lease/LeaseLeases token:$ROOT {}
		Lease/LeaseKeepAlive {"ID":6001}
		Lease/LeaseKeepAlive token:nonsense {"ID":6001}
		Lease/LeaseKeepAlive token:$ANN {"ID":6001}
		Lease/LeaseKeepAlive token:$ANN {"ID":6002}
		Lease/LeaseKeepAlive token:$ROOT {"ID":6001}
		Lease/LeaseRevoke {"ID":6002}
		Lease/LeaseRevoke token:$ANN {"ID":6002}
		Lease/LeaseRevoke token:$ANN {"ID":6001}
		KV/Put token:$ROOT {"key":"@rights/secret","value":"@1"}
		KV/Put token:$ROOT {"key":"@rights/l","value":"@1","lease":6001}
		Lease/LeaseTimeToLive token:$ANN {"ID":6001,"keys":true}
		Lease/LeaseLeases token:$ANN {}
		Lease/LeaseKeepAlive token:$ANN {"ID":6001}
		Lease/LeaseRevoke token:$ANN {"ID":6001}
		Lease/LeaseRevoke token:$ROOT {"ID":6001}
		Watch/Watch {"create_request":{"key":"@rights/k"}} > 1
		Watch/Watch token:nonsense {"create_request":{"key":"@rights/k"}} > 1
		Watch/Watch token:$ANN {"create_request":{"key":"@rights/k"}} {"create_request":{"key":"@rights/secret"}} {"create_request":{}} {"create_request":{"key":"@rights/k","range_end":"@\u0000"}} {"create_request":{"key":"@rights/k","range_end":"@rights/m"}} {"create_request":{"key":"@rights/one","range_end":"@rights/one"}} {"create_request":{"key":"@rights/secret","start_revision":-1}} {"create_request":{"key":"@rights/z","range_end":"@rights/y"}} > 8
		v3lockpb.Lock/Lock {"name":"@rights/k/lock"}
		v3lockpb.Lock/Lock token:$ANN {"name":"@rights/secret"}
		v3lockpb.Lock/Lock token:nonsense {"name":"@rights/k/lock"}
		v3lockpb.Lock/Unlock token:$ANN {"key":"@rights/secret"}
		LOCK= v3lockpb.Lock/Lock token:$ANN {"name":"@rights/k/lock","lease":77}
		v3electionpb.Election/Leader token:$ANN {"name":"@rights/k/election"}
		v3electionpb.Election/Leader token:$ANN {"name":"@rights/secret"}
		v3electionpb.Election/Leader {"name":"@rights/k/election"}
		v3electionpb.Election/Campaign token:$ANN {"name":"@rights/secret","value":"@1"}
		v3electionpb.Election/Proclaim token:$ANN {"leader":{"name":"@rights/secret","key":"@rights/secret/1","rev":1,"lease":1}}
		v3electionpb.Election/Observe token:$ANN {"name":"@rights/secret"} > 1
		Cluster/MemberList {}
		Cluster/MemberList token:$ANN {}
		Cluster/MemberAdd {"peerURLs":["nonsense"]}
		Cluster/MemberAdd token:$ANN {"peerURLs":["http://127.0.0.1:1"]}
		Cluster/MemberRemove token:$ANN {"ID":7}
		Cluster/MemberUpdate token:$ANN {"ID":7,"peerURLs":["http://127.0.0.1:1"]}
		Cluster/MemberPromote token:$ANN {"ID":7}
		Cluster/MemberPromote {"ID":7}
		Maintenance/Status {}
		Maintenance/Status token:$ANN {}
		Maintenance/Alarm {}
		Maintenance/Alarm token:$ANN {}
		Maintenance/Alarm token:$ANN {"action":"ACTIVATE","alarm":"NOSPACE"}
		Maintenance/Alarm token:$ANN {"action":"DEACTIVATE"}
		Maintenance/Defragment token:$ANN {}
		Maintenance/Defragment {}
		Maintenance/Hash token:$ANN {}
		Maintenance/Hash {}
		Maintenance/HashKV token:$ANN {"revision":99999999}
		Maintenance/HashKV {}
		Maintenance/HashKV token:$ROOT {"revision":99999999}
		Maintenance/Snapshot {}
		Maintenance/Snapshot token:$ANN {}
		Maintenance/Snapshot token:nonsense {}
		Maintenance/MoveLeader token:$ANN {"targetID":7}
		Maintenance/MoveLeader {"targetID":7}
		Maintenance/MoveLeader token:$ROOT {"targetID":7}
		Maintenance/Downgrade token:$ANN {"version":"nonsense"}
		Maintenance/Downgrade {"version":"nonsense"}
		grpc.health.v1.Health/Check {}
		grpc.health.v1.Health/Check token:nonsense {}
		Auth/UserGet token:$ANN {"name":"ann"}
		Auth/UserGet token:$ANN {"name":"nobody"}
		Auth/UserGet token:$ROOT {"name":"nobody"}
		Auth/RoleGet token:$ANN {"role":"role"}
		Auth/RoleGet token:$ANN {"role":"nobody"}
		Auth/RoleGet token:$ANN {"role":"root"}
		Auth/RoleGet token:$ROOT {"role":"root"}
		Auth/UserAdd token:$ANN {"name":"x","password":"012345678901234567890123456789012345678901234567890123456789012345678901234567890"}
		Auth/UserAdd token:$ANN {"password":"x"}
		Auth/UserChangePassword token:$ANN {"name":"ann","password":"x"}
		Auth/UserDelete token:$ANN {"name":"nobody"}
		Auth/UserDelete token:$ANN {"name":"root"}
		Auth/UserDelete token:$ROOT {"name":"root"}
		Auth/UserDelete token:$ROOT {"name":"nobody"}
		Auth/UserRevokeRole token:$ROOT {"name":"root","role":"root"}
		Auth/UserRevokeRole token:$ROOT {"name":"root","role":"nobody"}
		Auth/RoleDelete token:$ROOT {"role":"root"}
		Auth/RoleDelete token:$ROOT {"role":"nobody"}
		Auth/RoleDelete token:$ANN {"role":"root"}
		Auth/AuthDisable {}
		Auth/AuthDisable token:$ANN {}
		Auth/RoleDelete token:$ROOT {"role":"other"}
		Auth/UserGet token:$ROOT {"name":"ann"}
		KV/Range token:$ANN {"key":"@rights/k","count_only":true}
		Auth/UserChangePassword token:$ROOT {"name":"ann","password":""}
		KV/Range token:$ANN {"key":"@rights/k"}
		Auth/Authenticate {"name":"ann","password":""}
		Auth/UserChangePassword token:$ROOT {"name":"ann","password":"new"}
		ANN= Auth/Authenticate {"name":"ann","password":"new"}
		KV/Range token:$ANN {"key":"@rights/k","count_only":true}
		Auth/UserRevokeRole token:$ROOT {"name":"ann","role":"role"}
		KV/Range token:$ANN {"key":"@rights/k","count_only":true}
		Maintenance/Status token:$ANN {}
		Auth/UserDelete token:$ROOT {"name":"ann"}
		KV/Range token:$ANN {"key":"@rights/k"}
		Maintenance/Status token:$ANN {}
	`)
	s.pages(`
		ROOT= POST /v3/auth/authenticate {"name":"root","password":"root"}
		POST /v3/kv/range {"key":"@rights/k","count_only":true}
		POST /v3/kv/range Authorization:$ROOT {"key":"@rights/k","count_only":true}
		POST /v3/kv/range Authorization:Bearer_$ROOT {"key":"@rights/k","count_only":true}
		POST /v3/kv/range Authorization:bearer_$ROOT {"key":"@rights/k","count_only":true}
		POST /v3/kv/range Grpc-Metadata-Token:$ROOT {"key":"@rights/k","count_only":true}
		POST /v3/kv/range Grpc-Metadata-Authorization:$ROOT {"key":"@rights/k","count_only":true}
		POST /v3/kv/range Token:$ROOT {"key":"@rights/k","count_only":true}
		POST /v3/kv/range Authorization:nonsense {"key":"@rights/k"}
		POST /v3/lease/keepalive {"ID":"1"}
		POST /v3/maintenance/snapshot {}
		POST /v3/maintenance/snapshot Authorization:nonsense {}
		POST /v3/watch {"create_request":{"key":"@rights/k"}} > 1
		POST /v3/election/observe {"name":"@rights/k"}
		POST /v3/lock/lock {"name":"@rights/k"}
		GET /health
		GET /readyz
		GET /version
		POST /v3/auth/disable Authorization:$ROOT {}
		POST /v3/kv/range Authorization:$ROOT {"key":"@rights/k","count_only":true}
	`)
	for _, name := range []string{"bob", "cid", "root"} {
		s.wire(fmt.Sprintf(`Auth/UserDelete {"name":%q}`, name))
	}
	s.wire(`
		Auth/RoleDelete {"role":"role"}
		Auth/RoleDelete {"role":"other"}
	`)
}

// Ends all leases that there are. The original makes some that nobody has asked for, and whether
// they are over already depends on how long everything before has taken.
func (s *scene) forgetLeases() {
	leases, err := s.client.Leases(s.ctx)
	must(err)
	for _, lease := range leases.Leases {
		// It may be over by now.
		_, _ = s.client.Revoke(s.ctx, lease.ID)
	}
	response, err := s.client.Get(s.ctx, "rights")
	must(err)
	s.base = response.Header.Revision
}
