#!/bin/sh
# Gives the process its SECRET_KEY: the environment's, else one that is made once and shared through a volume.
set -eu

if [ -z "${SECRET_KEY:-}" ]; then
    file=/var/lib/sam-secret/secret_key
    if [ ! -s "$file" ]; then
        umask 077
        python -c 'import secrets; print(secrets.token_urlsafe(50))' > "$file.$$"
        # A link fails where the file is: of two containers that start at once, both use the first one's key.
        ln "$file.$$" "$file" 2>/dev/null || true
        rm -f "$file.$$"
    fi
    SECRET_KEY=$(cat "$file")
    export SECRET_KEY
fi

exec "$@"
