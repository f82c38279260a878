package reminder

// Service does the work of package reminder.
type Service struct{}
