// Package auth signs people in: passwords, sessions, tokens and invitations.
package auth

// Service signs people in and out.
type Service struct{}
