package httpapi

// drillRoutes are the rows of drill.
func (s *Server) drillRoutes() []route { return nil }
