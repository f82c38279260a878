// Package content holds the courses, the drills, the learning paths, the exercises and the privacy notice that come with the program.
package content

import (
	"embed"
	"io/fs"
)

//go:embed courses drills exercises notice paths
var files embed.FS

// Files is the content folder: courses, drills, paths, exercises and the notice (README.md says how they are written).
func Files() fs.FS { return files }
