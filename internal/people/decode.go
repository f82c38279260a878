package people

import (
	"bufio"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	textunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// encoding reads the bytes of a file as UTF-8 in NFC, from its beginning.
type encoding func(file *io.SectionReader) io.Reader

// encodingOf finds out how a file is written: UTF-8 or UTF-16 with or without a mark at
// the beginning, else windows-1258, the old Vietnamese code page, which is recognised by
// its making sense. nil when it is none of these. It reads the whole file, and keeps
// nothing of it.
func encodingOf(file *io.SectionReader) encoding {
	var head [4]byte
	n, _ := file.ReadAt(head[:], 0) // what cannot be read now is an error when the table is read
	begins := func(mark string) bool { return strings.HasPrefix(string(head[:n]), mark) }
	skipped := int64(0)
	switch {
	case begins("\xef\xbb\xbf"):
		skipped = 3
	case begins("\xff\xfe"), begins("\xfe\xff"):
		return sensible(file, utf16(textunicode.LittleEndian), file.Size()%2 == 0, replaced)
	case n == 4 && head[0] != 0 && head[1] == 0 && head[3] == 0:
		return sensible(file, utf16(textunicode.LittleEndian), file.Size()%2 == 0, replaced)
	case n == 4 && head[0] == 0 && head[1] != 0 && head[2] == 0:
		return sensible(file, utf16(textunicode.BigEndian), file.Size()%2 == 0, replaced)
	}
	plain := decoder(skipped, transform.Nop)
	if sensible(file, plain, true, func(r rune, size int) bool { return r == utf8.RuneError && size == 1 }) != nil {
		return inNFC(plain)
	}
	return sensible(file, decoder(skipped, charmap.Windows1258.NewDecoder()), true, func(r rune, size int) bool {
		return replaced(r, size) || unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r)
	})
}

func replaced(r rune, _ int) bool { return r == utf8.RuneError }

func utf16(order textunicode.Endianness) encoding {
	return decoder(0, textunicode.UTF16(order, textunicode.UseBOM).NewDecoder())
}

func decoder(skipped int64, t transform.Transformer) encoding {
	return func(file *io.SectionReader) io.Reader {
		return transform.NewReader(io.NewSectionReader(file, skipped, file.Size()-skipped), t)
	}
}

func inNFC(e encoding) encoding {
	return func(file *io.SectionReader) io.Reader { return norm.NFC.Reader(e(file)) }
}

// sensible returns e in NFC if all that it makes of the file is good.
func sensible(file *io.SectionReader, e encoding, whole bool, bad func(r rune, size int) bool) encoding {
	text := bufio.NewReaderSize(e(file), 64<<10)
	for whole {
		r, size, err := text.ReadRune()
		if err != nil {
			whole = err == io.EOF //nolint:errorlint // ReadRune does not wrap
			break
		}
		whole = !bad(r, size)
	}
	if !whole {
		return nil
	}
	return inNFC(e)
}
