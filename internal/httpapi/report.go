package httpapi

// reportRoutes are the rows of report.
func (s *Server) reportRoutes() []route { return nil }
