package course

// Service does the work of package course.
type Service struct{}
