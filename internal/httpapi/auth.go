package httpapi

// authRoutes are the rows of auth.
func (s *Server) authRoutes() []route { return nil }
