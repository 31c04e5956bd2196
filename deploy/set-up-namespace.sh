#!/bin/sh
# One-shot job of docker-compose.yml: waits until the Temporal server answers as healthy, then makes sure that the namespace exists.
# TEMPORAL_ADDRESS, NAMESPACE and RETENTION come from the service's environment. Safe to run again.
set -eu

tries=0
until temporal operator cluster health; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "The Temporal server at $TEMPORAL_ADDRESS did not become healthy within 2 minutes. See: docker compose logs temporal" >&2
    exit 1
  fi
  sleep 2
done

temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION"
