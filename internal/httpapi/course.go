package httpapi

// courseRoutes are the rows of course.
func (s *Server) courseRoutes() []route { return nil }
