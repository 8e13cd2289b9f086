// Segment's Go library as its README uses it. The one argument is the job, as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/segmentio/analytics-go/v3"
)

type job struct {
	Host     string `json:"host"`
	WriteKey string `json:"writeKey"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Count    int    `json:"count"`
	EveryMs  int    `json:"everyMs"`
}

// Close drops what is being retried, so the program waits for the library's word on each message.
type told struct{ waiting sync.WaitGroup }

func (t *told) Success(analytics.Message) { t.waiting.Done() }
func (t *told) Failure(m analytics.Message, err error) {
	fmt.Fprintln(os.Stderr, "lost:", err)
	os.Exit(1)
}

func main() {
	var j job
	if err := json.Unmarshal([]byte(os.Args[1]), &j); err != nil {
		panic(err)
	}
	t := &told{}
	client, err := analytics.NewWithConfig(j.WriteKey, analytics.Config{
		Endpoint:       j.Host,
		BatchSize:      10,
		Interval:       100 * time.Millisecond,
		Callback:       t,
		DefaultContext: &analytics.Context{App: analytics.AppInfo{Version: "4.5.6"}},
	})
	if err != nil {
		panic(err)
	}
	send := func(m analytics.Message) {
		t.waiting.Add(1)
		if err := client.Enqueue(m); err != nil {
			panic(err)
		}
	}
	if j.Kind == "stream" {
		stream(j, send)
	} else {
		everyCall(j.Name, send)
	}
	t.waiting.Wait()
	client.Close()
}

func everyCall(user string, send func(analytics.Message)) {
	anonymous := user + "-device"
	properties := analytics.NewProperties().SetRevenue(19.99).Set("nested", map[string]int{"a": 1})
	send(analytics.Track{UserId: user, AnonymousId: anonymous, Event: "Order Completed", Properties: properties})
	send(analytics.Identify{UserId: user, AnonymousId: anonymous, Traits: analytics.NewTraits().SetEmail("a@example.com")})
	send(analytics.Page{UserId: user, AnonymousId: anonymous, Name: "Home"})
	send(analytics.Screen{UserId: user, AnonymousId: anonymous, Name: "Main"})
	send(analytics.Group{UserId: user, AnonymousId: anonymous, GroupId: "g1", Traits: analytics.NewTraits().SetName("Acme")})
	send(analytics.Alias{UserId: user, PreviousId: "old1"})
	send(analytics.Track{AnonymousId: user + "-stranger", Event: "Anonymous"})
	off := analytics.NewIntegrations().DisableAll()
	send(analytics.Track{UserId: user, Event: "Kept Away", Integrations: off})
	on := analytics.NewIntegrations().DisableAll().Enable("Statsig")
	send(analytics.Track{UserId: user, Event: "Let In", Integrations: on})
}

func stream(j job, send func(analytics.Message)) {
	for n := 0; n < j.Count; n++ {
		send(analytics.Track{UserId: fmt.Sprintf("u%d", n), Event: j.Name, Properties: analytics.Properties{"n": n}})
		time.Sleep(time.Duration(j.EveryMs) * time.Millisecond)
	}
}
