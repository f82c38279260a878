package webpushtest

import "github.com/coder/websocket"

// Rotate makes every browser a stranger: its connection ends, and the next hello is
// answered with a new uaid, whatever it asks for. A browser then drops what it had
// subscribed to and fires pushsubscriptionchange; the old endpoints are gone.
func (s *Server) Rotate() {
	s.mu.Lock()
	browsers := s.browsers
	s.browsers = nil
	s.strangers += len(browsers)
	for _, x := range s.subscriptions {
		x.gone = x.gone || x.channel != ""
	}
	s.mu.Unlock()
	for _, b := range browsers {
		_ = b.conn.Close(websocket.StatusServiceRestart, "") // it may have left
	}
}

// stranger tells whether a hello is to be answered with a new uaid, and counts it down.
func (s *Server) stranger() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.strangers == 0 {
		return false
	}
	s.strangers--
	return true
}
