// Package content holds the courses and drills that come with the program.
package content

import (
	"embed"
	"io/fs"
)

//go:embed courses drills
var files embed.FS

// Files is the content folder: courses and drills (README.md says how they are written).
func Files() fs.FS { return files }
