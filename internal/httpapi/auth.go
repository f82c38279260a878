package httpapi

// authRoutes are the rows of auth.
func (s *Server) authRoutes() []route { return nil }

// cookieName is the name of the cookie that holds the refresh token. The browser
// itself holds cookies named __Host- to Secure, Path=/ and this host alone.
func (s *Server) cookieName() string {
	if s.InsecureCookie {
		return "hocso"
	}
	return "__Host-hocso"
}
