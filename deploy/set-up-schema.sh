#!/bin/sh
# One-shot job of docker-compose.yml: brings both databases of the Temporal server to the schema of this version.
# SQL_HOST, SQL_USER and SQL_PASSWORD come from the service's environment. Safe to run again: each step skips what is there.
set -eu

set_up() { # database, folder of its schema
  sql() { temporal-sql-tool --plugin postgres12 --ep "$SQL_HOST" -p 5432 -u "$SQL_USER" --db "$database" "$@"; }
  database=$1
  sql create
  sql setup-schema -v 0.0
  sql update-schema -d "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

set_up temporal temporal
set_up temporal_visibility visibility
