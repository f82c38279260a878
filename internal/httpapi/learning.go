package httpapi

// learningRoutes are the rows of learning.
func (s *Server) learningRoutes() []route { return nil }
