package httpapi

// peopleRoutes are the rows of people.
func (s *Server) peopleRoutes() []route { return nil }
