// Package report keeps the read model of completion and answers from it.
package report

// Service answers questions about completion from memory.
type Service struct{}
