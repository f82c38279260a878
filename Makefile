.DEFAULT_GOAL := help
.PHONY: help run demo build test check content e2e bench soak year differential fuzz audit pwa needs-go needs-node
GOTOOL = go tool -modfile=.ci/tools.mod
APP_SOURCES = $(shell find pwa/src pwa/public -type f 2>/dev/null) pwa/index.html pwa/package.json $(wildcard pwa/*.ts pwa/*.js)

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: build ## build everything and serve http://127.0.0.1:8080 from ./data
	@bin/hocso serve

demo: build ## the same with a small organisation in ./demo-data; prints a sign-in for each role
	@bin/hocso demo --data ./demo-data
	@bin/hocso serve --data ./demo-data

build: pwa needs-go ## bin/hocso, with the app inside
	@echo "Building bin/hocso (the first time takes a few minutes) …"
	@go build -o bin/hocso ./cmd/hocso

pwa: pwa/dist/index.html ## build the app into pwa/dist

pwa/node_modules/.installed: pwa/package-lock.json | needs-node
	@echo "Installing the app's packages …"
	@cd pwa && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

pwa/dist/index.html: pwa/node_modules/.installed $(APP_SOURCES)
	@echo "Building the app …"
	@cd pwa && npm run --silent build -- --logLevel error

test: pwa/node_modules/.installed needs-go ## every test that needs no browser and no network
	go test -race -timeout 40m ./...
	cd pwa && npm test --silent

check: pwa/node_modules/.installed needs-go ## format, linters, tidy, content, app checks, then test
	@bad=$$($(GOTOOL) gofumpt -l cmd internal content pwa/*.go); test -z "$$bad" || { echo "not formatted (gofumpt):"; echo "$$bad"; exit 1; }
	go vet ./...
	go vet -tags e2e,bench ./...
	$(GOTOOL) staticcheck -checks=all ./...
	$(GOTOOL) errcheck -ignoretests ./...
	@dead=$$($(GOTOOL) deadcode -test -tags e2e,bench ./...); test -z "$$dead" || { echo "$$dead"; exit 1; }
	go mod tidy -diff
	$(MAKE) content
	cd pwa && npm run --silent check && npm run --silent schema >/dev/null && git diff --exit-code -- src/api/schema.d.ts
	$(MAKE) test

content: needs-go ## check courses, paths, drills and exercises
	go run ./cmd/hocso content check content

e2e: pwa needs-go ## the real program in real browsers; screenshots in ./screenshots
	go test -tags e2e -count=1 -timeout 40m -v ./internal/e2e

bench: needs-go ## server CPU per request at 1,000 and 10,000 learners, growth, and the database beside the server at MONGO_TEST_URI
	go test -tags bench -count=1 -timeout 40m -v ./internal/bench

soak: needs-go ## 1,000 kills of the embedded database in the middle of writes (15 minutes); ROUNDS= and SEED= change it
	HOCSO_SOAK_ROUNDS=$(or $(ROUNDS),1000) HOCSO_SOAK_SEED=$(or $(SEED),1) HOCSO_SOAK_ANSWERS=2500 \
		go test -count=1 -timeout 2h -v -run '^TestKill$$' ./internal/mongodb/embedded

year: needs-go ## a simulated year of reminders for 10,000 people (4 GB of memory); PEOPLE= and SEED= change it
	GOGC=300 go test -count=1 -timeout 2h -v -run '^TestYear$$' ./internal/reminder -sim.people $(or $(PEOPLE),10000) -sim.days 366 -sim.seed $(or $(SEED),20260202)

differential: needs-go ## 100,000 random commands to the embedded database and the server at MONGO_TEST_URI
	@test -n "$$MONGO_TEST_URI" || { echo "hocso: set MONGO_TEST_URI to a server to compare with, such as mongodb://127.0.0.1:27017/"; exit 1; }
	go test ./internal/mongodb/embedded -run '^Test((Random)?Differential|(Filter|Update)Table)$$' -count=1 -timeout 60m -v -operations 100000 -full

fuzz: needs-go ## look for bytes, filters and updates that the embedded database cannot bear; FUZZTIME=30s each
	@for f in $$(go test ./internal/mongodb/embedded -list '^Fuzz' | grep '^Fuzz'); do go test ./internal/mongodb/embedded -run '^$$' -fuzz "^$$f\$$" -fuzztime $${FUZZTIME:-30s} || exit 1; done

audit: needs-go ## known vulnerabilities (needs network)
	$(GOTOOL) govulncheck ./...

needs-go:
	@command -v go >/dev/null || { echo "hocso: Go 1.26 or later is needed: https://go.dev/dl/"; exit 1; }
	@go env GOVERSION | awk '{ v = $$0; sub(/^go/, "", v); split(v, p, "."); if (p[1] < 1 || p[1] == 1 && p[2] + 0 < 26) { print "hocso: Go 1.26 or later is needed, this is " $$0; exit 1 } }'

needs-node:
	@command -v node >/dev/null || { echo "hocso: Node.js 20.19 or later is needed to build the app: https://nodejs.org"; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); if (a < 20 || (a === 20 && b < 19)) { console.log("hocso: Node.js 20.19 or later is needed, this is " + process.version); process.exit(1) }'
