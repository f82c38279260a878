# The app, then the program with the app inside, then an image that holds nothing else.
FROM node:20-bookworm-slim AS app
WORKDIR /src/pwa
COPY pwa/package.json pwa/package-lock.json pwa/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY pwa/ ./
RUN npm run build

FROM golang:1.26-bookworm AS program
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd/ cmd/
COPY internal/ internal/
COPY content/ content/
COPY pwa/embed.go pwa/
COPY --from=app /src/pwa/dist/ pwa/dist/
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /hocso ./cmd/hocso && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=program /hocso /hocso
COPY --from=program --chown=nonroot:nonroot /data /data
ENV HOCSO_LISTEN=0.0.0.0:8080 HOCSO_DATA=/data HOCSO_METRICS_LISTEN=127.0.0.1:9464
VOLUME /data
EXPOSE 8080
USER nonroot
ENTRYPOINT ["/hocso"]
CMD ["serve"]
