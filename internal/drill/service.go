package drill

// Service does the work of package drill.
type Service struct{}
