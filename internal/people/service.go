package people

// Service does the work of package people.
type Service struct{}
