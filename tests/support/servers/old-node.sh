#!/bin/sh
# Stands for a Node older than 18.18: says and does what that does with --import in NODE_OPTIONS.
case "$NODE_OPTIONS" in
  *--import*)
    echo "$0: --import is not allowed in NODE_OPTIONS" >&2
    exit 9
    ;;
esac
exec "$NODE" "$@"
