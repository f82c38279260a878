package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// shown is a secret as receivers configure it.
func shown(key []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(key) }

// signature is the value of webhook-signature: HMAC-SHA256 over id.timestamp.body with every secret
// that is valid, separated by spaces (Standard Webhooks, scheme v1).
func signature(secrets []Secret, id string, at time.Time, body []byte) string {
	var all []string
	for _, s := range secrets {
		if s.Until != nil && !at.Before(*s.Until) {
			continue
		}
		m := hmac.New(sha256.New, s.Key)
		m.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		m.Write(body)
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
	}
	return strings.Join(all, " ")
}
