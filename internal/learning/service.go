package learning

// Service does the work of package learning.
type Service struct{}
