#!/bin/sh
# Make what compose.yaml asks for in deploy/secrets/, at random, once: what is there already stays.
set -eu
cd "$(dirname "$0")/secrets"
# Nobody else on this machine gets in here. Each file is mounted by itself, and read by its container's user.
chmod 0700 .

random() {
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

if [ ! -e valkey.conf ]; then
    password=$(random)
    cat > valkey.conf <<END
requirepass $password
dir /data
appendonly yes
appendfsync always
maxmemory-policy noeviction
save ""
END
    printf 'redis://:%s@valkey:6379/0' "$password" > redis-url
fi
[ -e grafana-password ] || random > grafana-password
# The key of Prometheus: assigner keys create --role sre --name prometheus, when the service is up.
[ -e prometheus-key ] || : > prometheus-key
chmod 0644 ./*
ls -1 "$PWD"
