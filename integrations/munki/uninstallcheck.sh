#!/bin/sh
# Munki: 0 removes. There is something to remove once a kit has been at work here.
status='/Library/Application Support/codex-link/status.json'

if [ -f "$status" ]; then exit 0; fi
exit 1
