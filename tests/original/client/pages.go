package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Pages and requests in JSON, one a line:
//
//	METHOD /path header:value... {body} > 2
//
// A line may begin with NAME= and then saves the answer's token. A body is read to its end, or until
// it has so many lines.
func (s *scene) pages(text string) {
	w := &wire{scene: s, saved: map[string]string{}}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "//") {
			continue
		}
		if len(line) < 2000 {
			s.say("%s", line)
		}
		save, rest, found := strings.Cut(line, "= ")
		if !found || strings.ContainsAny(save, " /{") {
			save, rest = "", line
		}
		head, body, _ := strings.Cut(w.meaning(rest), " {")
		words := strings.Fields(head)
		body, count, limited := strings.Cut(body, " > ")
		if strings.Contains(rest, " {") {
			body = "{" + body
		}
		body = strings.TrimPrefix(body, "{raw}")
		request, err := http.NewRequestWithContext(s.ctx, words[0], "http://"+s.endpoint+words[1],
			strings.NewReader(body))
		must(err)
		for _, word := range words[2:] {
			name, value, _ := strings.Cut(word, ":")
			request.Header.Set(name, strings.ReplaceAll(value, "_", " "))
			if name == "Host" {
				request.Host = value
			}
		}
		answer, err := client.Do(request)
		if err != nil {
			s.say("  nothing")
			continue
		}
		s.answered(answer)
		var said []string
		lines := bufio.NewReader(answer.Body)
		most := 1 << 30
		if limited {
			_, err := fmt.Sscan(count, &most)
			must(err)
		}
		for len(said) < most {
			line, err := lines.ReadString('\n')
			if line != "" {
				said = append(said, line)
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				said = append(said, "it is cut")
				break
			}
		}
		answer.Body.Close()
		for _, line := range said {
			s.say("  %s", s.text(line))
		}
		var token struct{ Token string }
		if save != "" && json.Unmarshal([]byte(said[0]), &token) == nil {
			w.saved[save] = token.Token
		}
	}
}

// Prints how it is answered.
func (s *scene) answered(answer *http.Response) {
	var all []string
	for name, values := range answer.Header {
		if name != "Date" && name != "Content-Length" {
			all = append(all, fmt.Sprintf("%s: %s", name, strings.Join(values, ", ")))
		}
	}
	slices.Sort(all)
	s.say("  %d %s", answer.StatusCode, strings.Join(all, "; "))
}

// A line of a body. The library draws the spaces of JSON, and its words about what is none.
func (s *scene) text(line string) string {
	var value any
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return fmt.Sprintf("%q", line)
	}
	s.plain(value)
	if fault, is := value.(map[string]any); is && fault["code"] == json.Number("3") {
		if message, is := fault["message"].(string); is && !strings.HasPrefix(message, "etcdserver: ") {
			fault["message"] = "it is not understood"
		}
	}
	plain, err := json.Marshal(value)
	must(err)
	text := strings.ReplaceAll(string(plain), s.endpoint, "ENDPOINT")
	if strings.HasSuffix(line, "\n") {
		return text
	}
	return text + " without an end"
}

func (s *scene) plain(value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			text, isText := inner.(string)
			var number int64
			fmt.Sscan(text, &number)
			switch {
			case slices.Contains(momentary, name):
				value[name] = "…"
			case name == "ID" && number > 1<<40:
				value[name] = "drawn"
			case isText && strings.HasSuffix(name, "revision") && number > 0:
				value[name] = fmt.Sprint("$", s.at(number))
			default:
				s.plain(inner)
			}
		}
	case []any:
		for _, inner := range value {
			s.plain(inner)
		}
	}
}

// What browsers, load balancers and shells ask.
func asides(s *scene) {
	s.pages(`
		GET /version
		HEAD /version
		PUT /version {}
		GET /version/
		GET /health
		HEAD /health
		DELETE /health
		GET /health?exclude=NOSPACE&exclude=CORRUPT
		GET /health?exclude=nonsense
		GET /health?serializable=true&exclude=NOSPACE
		GET /health?serializable=nonsense
		GET /health/
		GET /livez
		GET /livez?verbose
		GET /livez?verbose=false
		GET /livez?exclude=serializable_read
		GET /livez?exclude=serializable_read&verbose
		GET /livez?exclude=nobody&verbose
		GET /livez/serializable_read?verbose
		GET /livez/serializable_read?exclude=serializable_read&verbose
		GET /livez/
		GET /livez/linearizable_read
		HEAD /livez
		POST /livez/serializable_read {}
		GET /readyz
		GET /readyz?exclude=linearizable_read&exclude=serializable_read&exclude=data_corruption&verbose
		GET /readyz/data_corruption?verbose
		GET /readyz/serializable_read?verbose
		GET /readyz/linearizable_read?verbose
		GET /readyz/non_learner
		GET /readyz/nobody
		HEAD /readyz
		HEAD /metrics
		GET /debug/pprof/
		GET /debug/requests
		GET /debug/events
		GET /debug/nothing
		POST /debug/vars {} > 0
		GET /config/local/log
		GET /members
		GET /raft
		GET /v2/keys/a
		GET /v3
		POST /v3 {}
		GET /v3/
		GET /v3beta
		GET /v3alpha/kv/range
		GET /
		GET /nothing Origin:http://a.b
		OPTIONS /nothing
		OPTIONS /v3/kv/put Origin:http://a.b Access-Control-Request-Method:POST
		OPTIONS /metrics
		OPTIONS /health
		GET /health Host:nobody.example
	`)
}

// Requests in JSON.
func gateway(s *scene) {
	s.pages(`
		PUT /v3/kv/range {"key":"@a"}
		HEAD /v3/kv/range
		GET /v3/watch
		PATCH /v3/nothing {}
		POST /v3/kv/range?key=YQ {}
		POST /v3/kv/put {"key":"@gateway","value":"@1"}
		POST /v3beta/kv/range {"key":"@gateway"}
		POST /v3/kv/range Content-Type:text/plain {"key":"@gateway"}
		POST /v3/kv/range Accept:text/plain {"key":"@gateway"}
		POST /v3/kv/range Content-Type:application/x-www-form-urlencoded {"key":"@gateway"}
		POST /v3/kv/range {"rangeEnd":"@gatewaz","key":"@gateway","countOnly":true}
		POST /v3/kv/range {"key":"@gateway","count_only":null}
		POST /v3/kv/range {"key":"@gateway","count_only":"true"}
		POST /v3/kv/range {"key":"@gateway","count_only":1}
		POST /v3/kv/range {"key":"@gateway","limit":1.0}
		POST /v3/kv/range {"key":"@gateway","limit":1e0}
		POST /v3/kv/range {"key":"@gateway","limit":1.5}
		POST /v3/kv/range {"key":"@gateway","limit":" 1"}
		POST /v3/kv/range {"key":"@gateway","limit":""}
		POST /v3/kv/range {"key":"@gateway","limit":9223372036854775807}
		POST /v3/kv/range {"key":"@gateway","limit":9223372036854775808}
		POST /v3/kv/range {"key":"@gateway","limit":"-9223372036854775808"}
		POST /v3/kv/range {"key":"@gateway","limit":true}
		POST /v3/kv/range {"key":"@gateway","sort_order":"ASCEND","sort_target":"KEY"}
		POST /v3/kv/range {"key":"@gateway","sort_order":"ascend"}
		POST /v3/kv/range {"key":"@gateway","sort_order":"1"}
		POST /v3/kv/range {"key":"@gateway","sort_order":true}
		POST /v3/kv/range {"key":"Z2F0ZXdheQ"}
		POST /v3/kv/range {"key":"Z2F0ZX dheQ=="}
		POST /v3/kv/range {"key":"Z2F0ZX\ndheQ=="}
		POST /v3/kv/range {"key":"\u005a2F0ZXdheQ=="}
		POST /v3/kv/range {"key":["@gateway"]}
		POST /v3/kv/range {"key":{}}
		POST /v3/kv/range {"Key":"@gateway"}
		POST /v3/kv/range {"key":"@gateway"} nonsense
		POST /v3/kv/range {"key":"@gateway"}{"key":"@other"}
		POST /v3/kv/range {"key":"@gateway",}
		POST /v3/kv/range {raw}null
		POST /v3/kv/range {raw}"text"
		POST /v3/kv/range {raw} 
		POST /v3/kv/range {"nothing":{"a":[1,{"b":null}]},"key":"@gateway"}
		POST /v3/kv/txn {"compare":null,"success":[{"requestRange":{"key":"@gateway"}}]}
		POST /v3/kv/txn {"success":[null]}
		POST /v3/kv/txn {"success":{}}
		POST /v3/kv/txn {"success":[{"request_range":{"key":"@gateway"},"request_put":{"key":"@gateway"}}]}
		POST /v3/kv/txn {"success":[{"request_range":null,"request_put":{"key":"@gateway"}}]}
		POST /v3/kv/txn {"compare":[{"key":"@gateway","target":"VERSION","version":"2"}],"success":[{"request_txn":{}}]}
		POST /v3/kv/txn {"compare":[{"key":"@gateway","target":0,"result":"NOT_EQUAL","version":7}],"success":[{"request_delete_range":{"key":"@gateway","prev_kv":true}}]}
		POST /v3/kv/rangestream {"key":"@a"}
		POST /v3/kv/compaction {"revision":"99999999"}
		POST /v3/lease/grant {"id":"7001","ttl":"500"}
		POST /v3/lease/grant {"ID":"7001","TTL":"500"}
		POST /v3/lease/grant {"ID":7001,"TTL":9000000001}
		POST /v3/kv/lease/timetolive {"ID":"7001","keys":true}
		POST /v3/lease/timetolive {"ID":"7002"}
		POST /v3/kv/lease/leases {}
		POST /v3/lease/keepalive {"ID":"7001"} {"ID":"7002"} {}
		POST /v3/lease/keepalive {"ID":"7001"} nonsense > 1
		POST /v3/kv/lease/revoke {"ID":"7001"}
		POST /v3/lease/revoke {"ID":"7001"}
		POST /v3/watch {"create_request":{"key":"@gateway","start_revision":"$1"}} > 2
		POST /v3/watch {"create_request":{"key":"@b","range_end":"@a"}} {"create_request":{"key":"@b"}} {"cancel_request":{"watch_id":"0"}} > 3
		POST /v3/watch {"createRequest":{"key":"@gateway","startRevision":"$1","prevKv":true,"filters":["NODELETE"]}} > 2
		POST /v3/watch {"create_request":{"key":"@gateway","filters":["NOTHING"]}} > 1
		POST /v3/cluster/member/list {"linearizable":true}
		POST /v3/maintenance/alarm {"action":"GET","alarm":"NOSPACE"}
		POST /v3/maintenance/hash {}
		POST /v3/maintenance/hashkv {"revision":"99999999"}
		POST /v3/maintenance/status {}
		POST /v3/maintenance/transfer-leadership {"targetID":"7"}
		POST /v3/maintenance/defragment {}
		POST /v3/maintenance/downgrade {"action":"VALIDATE","version":"3.6"}
		POST /v3/election/leader {"name":"@nobody"}
		POST /v3/lock/unlock {"key":"@nobody"}
		POST /v3/auth/status Authorization:nonsense {}
		POST /v3/auth/status Grpc-Metadata-Token:nonsense {}
		POST /v3/kv/range Authorization:Bearer_nonsense {"key":"@gateway"}
		POST /v3/kv/range Grpc-Metadata-Hasleader:true {"key":"@gateway"}
	`)
}
