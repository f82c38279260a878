// Package content holds the courses, the drills and the privacy notice that come with the program.
package content

import (
	"embed"
	"io/fs"
)

//go:embed courses drills notice
var files embed.FS

// Files is the content folder: courses, drills and the notice (README.md says how they are written).
func Files() fs.FS { return files }
