#!/bin/sh
# caddy_with_layer4.sh PROGRAM: builds the Caddy of deploy/turn/Containerfile where Go is, for the
# tests alone: about five minutes on two cores, once.
set -eu

if [ -x "$1" ] || ! command -v go >/dev/null; then exit 0; fi
echo "Building Caddy with caddy-l4"
plugin=$(grep -o 'github.com/mholt/caddy-l4@[v0-9.]*' deploy/turn/Containerfile)
go run github.com/caddyserver/xcaddy/cmd/xcaddy@v0.4.5 build --with "$plugin" --output "$1" \
    || echo "It was not built: the relay is not tried." >&2
