package main

// A member that has no room from its first moment, and that knows one host and one origin.
func full(s *scene) {
	// The alarm is raised beside the answer.
	settle := func() {
		for {
			raised, err := s.client.AlarmList(s.ctx)
			must(err)
			if len(raised.Alarms) > 0 {
				return
			}
		}
	}
	s.wire(`KV/Put {}`)
	settle()
	s.wire(`
		KV/Put {"key":"@full","value":"@1"}
		KV/Range {"key":"@full"}
		KV/Txn {}
		KV/Txn {"success":[{"request_put":{}}]}
		KV/Txn {"compare":[{"key":"@none","version":7}],"success":[{"request_put":{"key":"@full"}}]}
		KV/Txn {"success":[{"request_range":{"key":"@full"}}]}
		KV/DeleteRange {"key":"@full"}
		KV/Compact {"revision":1}
		Lease/LeaseGrant {"TTL":100}
		Lease/LeaseGrant {"TTL":9000000001}
		Lease/LeaseRevoke {"ID":7}
		Lease/LeaseKeepAlive {"ID":7}
		Auth/RoleAdd {"name":"full"}
		Maintenance/Alarm {}
		Maintenance/Status {}
		Maintenance/Defragment {}
		Maintenance/Alarm {"action":"DEACTIVATE","memberID":10276657743932975437,"alarm":"NOSPACE"}
		Maintenance/Alarm {}
		KV/Range {"key":"@full"}
		KV/Put {"key":"@full","value":"@1"}
	`)
	settle()
	s.wire(`
		Maintenance/Alarm {}
		Maintenance/Alarm {"action":"DEACTIVATE","memberID":10276657743932975437,"alarm":"NOSPACE"}
	`)
	s.pages(`
		GET /health > 2
		GET /health Host:a.b
		GET /health Host:a.b:99
		GET /health Host:127.0.0.1 > 2
		GET /metrics Host:nobody > 0
		GET /nothing Host:nobody > 2
		OPTIONS /health Host:nobody > 2
		OPTIONS /health Host:a.b
		OPTIONS /health Host:a.b Origin:http://x.y:80
		GET /health Host:a.b Origin:http://x.y:80
		GET /health Host:a.b Origin:http://x.y
		GET /health Host:a.b Origin:http://x.y:81
		GET /nothing Host:a.b Origin:http://x.y:80
		POST /v3/kv/put Host:a.b {"key":"@full"}
		POST /v3/kv/put Host:a.b Origin:http://x.y:80 {"key":"@full"}
	`)
	settle()
	s.pages(`
		GET /health Host:a.b
		GET /health?exclude=NOSPACE Host:a.b
		GET /health?exclude=CORRUPT Host:a.b
		GET /livez Host:a.b
		GET /readyz?verbose Host:a.b > 0
		POST /v3/kv/range Host:nobody {"key":"@full"} > 2
	`)
}

// A member that takes little at a time, tells early how far it is, and whose tokens say a revision.
func narrow(s *scene) {
	for _, size := range []int{3900, 4096, 500_000, 600_000} {
		s.fail("put", s.raw("/etcdserverpb.KV/Put", size))
	}
	s.wire(`
		KV/Txn {"success":[{"request_range":{"key":"@a"}},{"request_range":{"key":"@a"}},{"request_range":{"key":"@a"}},{"request_range":{"key":"@a"}}]}
		KV/Txn {"success":[{"request_range":{"key":"@a"}},{"request_range":{"key":"@a"}},{"request_range":{"key":"@a"}},{"request_range":{"key":"@a"}},{"request_range":{"key":"@a"}}]}
		KV/Txn {"compare":[{},{},{},{},{}]}
		KV/Txn {"success":[{"request_txn":{"success":[{"request_range":{"key":"@a"}},{"request_range":{"key":"@a"}},{"request_range":{"key":"@a"}}]}}]}
		KV/Txn {"success":[{"request_txn":{"success":[{"request_range":{"key":"@a"}},{"request_range":{"key":"@a"}},{"request_range":{"key":"@a"}},{"request_range":{"key":"@a"}}]}}]}
		Watch/Watch {"create_request":{"key":"@narrow","progress_notify":true}} > 3
		Watch/Watch {"create_request":{"key":"@narrow","progress_notify":true,"start_revision":$5}} {"create_request":{"key":"@narrow","watch_id":7,"progress_notify":true}} > 4
		Auth/UserAdd {"name":"root","password":"root"}
		Auth/UserGrantRole {"user":"root","role":"root"}
		Auth/UserAdd {"name":"ann","password":"ann"}
		Auth/RoleAdd {"name":"role"}
		Auth/RoleGrantPermission {"name":"role","perm":{"permType":"READWRITE","key":"@narrow"}}
		Auth/UserGrantRole {"user":"ann","role":"role"}
		Auth/AuthEnable {}
		Auth/Authenticate {"name":"ann","password":"wrong"}
		ROOT= Auth/Authenticate {"name":"root","password":"root"}
		ANN= Auth/Authenticate {"name":"ann","password":"ann"}
		KV/Put token:$ANN {"key":"@narrow","value":"@1"}
		KV/Range token:$ANN {"key":"@narrow"}
		KV/Range token:$ANN {"key":"@secret"}
		KV/Range token:nonsense {"key":"@narrow"}
		KV/Range token:eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjQxMDI0NDQ4MDAsInJldmlzaW9uIjo2LCJ1c2VybmFtZSI6InJvb3QifQ.AAAA {"key":"@narrow"}
		KV/Range token:eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJleHAiOjQxMDI0NDQ4MDAsInJldmlzaW9uIjo2LCJ1c2VybmFtZSI6InJvb3QifQ. {"key":"@narrow"}
		KV/Range {"key":"@narrow"}
		Auth/UserAdd token:$ROOT {"name":"bob","password":"bob"}
		KV/Range token:$ANN {"key":"@narrow"}
		KV/Put token:$ANN {"key":"@narrow"}
		KV/DeleteRange token:$ANN {"key":"@narrow"}
		KV/Txn token:$ANN {}
		KV/Txn token:$ANN {"success":[{"request_range":{"key":"@narrow"}}]}
		KV/Range token:$ROOT {"key":"@narrow"}
		KV/RangeStream token:$ANN {"key":"@narrow"}
		Watch/Watch token:$ANN {"create_request":{"key":"@narrow"}} > 1
		Lease/LeaseGrant token:$ANN {"ID":8001,"TTL":500}
		Lease/LeaseTimeToLive token:$ANN {"ID":8001,"keys":true}
		Lease/LeaseKeepAlive token:$ANN {"ID":8001}
		Lease/LeaseLeases token:$ANN {}
		Lease/LeaseRevoke token:$ANN {"ID":8001}
		Cluster/MemberList token:$ANN {}
		Maintenance/Status token:$ANN {}
		Auth/UserGet token:$ANN {"name":"ann"}
		Auth/UserList token:$ANN {}
		Auth/UserList token:$ROOT {}
		KV/Compact token:$ROOT {"revision":99999999}
		ANN= Auth/Authenticate {"name":"ann","password":"ann"}
		KV/Range token:$ANN {"key":"@narrow"}
		Auth/UserChangePassword token:$ROOT {"name":"ann","password":"new"}
		KV/Range token:$ANN {"key":"@narrow"}
		Maintenance/Status token:$ANN {}
		Auth/UserDelete token:$ROOT {"name":"ann"}
		Maintenance/Status token:$ANN {}
		Auth/UserGet token:$ANN {"name":"ann"}
		Auth/AuthDisable token:$ROOT {}
		KV/Range token:$ANN {"key":"@narrow"}
		KV/Range token:nonsense {"key":"@narrow"}
	`)
}
