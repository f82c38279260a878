package httpapi

// reminderRoutes are the rows of reminder.
func (s *Server) reminderRoutes() []route { return nil }
