package campaign

// Service does the work of package campaign.
type Service struct{}
