#!/usr/bin/env bash
# Makes the databases of Synapse and Hedgerow, each with a user of its own whose password is in the folder
# named: databases.sh FOLDER. What is there stays; the passwords become those of the folder. PGHOST, PGPORT and
# PGUSER say where and as whom; the password of PGUSER is in the folder, too.
set -euo pipefail

folder=$1
PGPASSWORD=$(<"$folder/$PGUSER")
export PGPASSWORD

# Synapse asks for the locale C; Hedgerow compares and sorts by itself, and takes the same.
for name in synapse hedgerow; do
    PASSWORD_FILE=$folder/$name psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=name="$name" \
        --dbname=postgres <<'SQL'
\set password `cat "$PASSWORD_FILE"`
SELECT format('CREATE ROLE %I', :'name')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" LOGIN PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C''', :'name', :'name')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
