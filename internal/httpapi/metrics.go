package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics counts requests by the route's pattern, so that no id or token becomes a label.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	problems *prometheus.CounterVec
	pushes   *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hocso_http_requests_total", Help: "Requests by method, route and status.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hocso_http_request_seconds", Help: "Time to answer, in seconds.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 15},
		}, []string{"method", "route"}),
		problems: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hocso_http_problems_total", Help: "Refused and failed requests by code.",
		}, []string{"code"}),
	}
	m.pushes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "hocso_pushes_total", Help: "Push messages by what the push service answered.",
	}, []string{"outcome"})
	m.registry.MustRegister(m.requests, m.seconds, m.problems, m.pushes, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Metrics is the handler of /metrics, for a listener that only operators reach.
func (s *Server) Metrics() http.Handler {
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
}

// CountPush counts a push message by its outcome.
func (s *Server) CountPush(outcome string) { s.metrics.pushes.WithLabelValues(outcome).Inc() }

// observe is the outermost handler: it also turns errors into answers, so that what
// it counts is what the client gets.
func (s *Server) observe(c *fiber.Ctx) error {
	began := c.Context().Time()
	if err := c.Next(); err != nil {
		if err := s.problem(c, err); err != nil {
			return err
		}
	}
	method, route, status := c.Method(), s.pattern(c), c.Response().StatusCode()
	took := time.Since(began)
	s.metrics.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	s.metrics.seconds.WithLabelValues(method, route).Observe(took.Seconds())
	s.Log.DebugContext(c.UserContext(), "answered", "method", method, "route", route, "status", status, "took", took, "requestId", requestID(c))
	return nil
}
