package relay

import (
	"io"
	"net/http"
	"strconv"

	"github.com/VictoriaMetrics/metrics"

	"parley/server/room"
)

// meters are the figures of a relay, in the text form of Prometheus.
type meters struct {
	set *metrics.Set

	created, restored, over, expired, panics *metrics.Counter
	framesIn, framesOut, bytesIn, bytesOut   *metrics.Counter
	dropped, refused                         *metrics.Counter
	workDone, workForeseen, workRebuilt      *metrics.Counter
	saved                                    *metrics.PrometheusHistogram
}

// storeBuckets are bounds of how long a room takes to be stored, in seconds.
var storeBuckets = []float64{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5}

func newMeters(r *Relay) *meters {
	s := metrics.NewSet()
	m := &meters{
		set:     s,
		created: s.NewCounter("parley_rooms_created_total"), restored: s.NewCounter("parley_rooms_restored_total"),
		over: s.NewCounter("parley_rooms_ended_total"), expired: s.NewCounter("parley_rooms_expired_total"),
		panics:   s.NewCounter("parley_rooms_failed_total"),
		framesIn: s.NewCounter("parley_frames_received_total"), framesOut: s.NewCounter("parley_frames_sent_total"),
		bytesIn: s.NewCounter("parley_bytes_received_total"), bytesOut: s.NewCounter("parley_bytes_sent_total"),
		dropped: s.NewCounter("parley_connections_dropped_total"), refused: s.NewCounter("parley_origins_refused_total"),
		workDone: s.NewCounter("parley_work_done_total"), workForeseen: s.NewCounter("parley_work_foreseen_total"),
		workRebuilt: s.NewCounter("parley_work_rebuilt_total"),
		saved:       s.NewPrometheusHistogramExt("parley_room_store_seconds", storeBuckets),
	}
	s.NewGauge("parley_rooms_kept", func() float64 {
		r.mu.Lock()
		defer r.mu.Unlock()
		return float64(r.kept)
	})
	s.NewGauge("parley_connections", func() float64 {
		r.mu.Lock()
		defer r.mu.Unlock()
		return float64(len(r.conns))
	})
	sum := func(name string, of func(*room.Stats) int) {
		s.NewGauge(name, func() float64 {
			n := 0
			for _, st := range r.stats() {
				n += of(st)
			}
			return float64(n)
		})
	}
	sum("parley_rooms_awake", func(*room.Stats) int { return 1 })
	sum("parley_members_here", func(s *room.Stats) int { return s.Members })
	sum("parley_seats_held", func(s *room.Stats) int { return s.Seats })
	sum("parley_seats_here", func(s *room.Stats) int { return s.Here })
	sum("parley_events", func(s *room.Stats) int { return s.Events })
	return m
}

// stats returns what the rooms that are awake told last.
func (r *Relay) stats() []*room.Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*room.Stats, 0, len(r.awake))
	for _, h := range r.awake {
		if s := h.stats.Load(); s != nil {
			all = append(all, s)
		}
	}
	return all
}

func (m *meters) sent(frames, bytes int) {
	m.framesOut.Add(frames)
	m.bytesOut.Add(bytes)
}

func (m *meters) received(bytes int) {
	m.framesIn.Inc()
	m.bytesIn.Add(bytes)
}

func (m *meters) closed(code int) {
	m.set.GetOrCreateCounter(`parley_connections_closed_total{code="` + strconv.Itoa(code) + `"}`).Inc()
}

// work adds what a room has done between two looks at it; was may be nil.
func (m *meters) work(was, is *room.Stats) {
	if was == nil {
		was = new(room.Stats)
	}
	m.workDone.Add(is.Work - was.Work)
	m.workForeseen.Add(is.Foreseen - was.Foreseen)
	m.workRebuilt.Add(is.Rebuilt - was.Rebuilt)
}

// WriteMetrics writes how the relay and the program are, as Prometheus reads it.
func (r *Relay) WriteMetrics(w io.Writer) {
	r.metrics.set.WritePrometheus(w)
	metrics.WriteProcessMetrics(w)
}

// Metrics answers with WriteMetrics.
func (r *Relay) Metrics() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		r.WriteMetrics(w)
	})
}
