package httpapi

// campaignRoutes are the rows of campaign.
func (s *Server) campaignRoutes() []route { return nil }
