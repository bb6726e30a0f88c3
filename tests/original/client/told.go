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

// A member that takes little at a time, and tells early how far it is.
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
	`)
}
