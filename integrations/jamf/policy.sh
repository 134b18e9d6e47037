#!/bin/sh
# A Jamf policy: brings the person at the screen to what codex-link.yaml states. Parameter 4 says what to do instead:
# look (change nothing), openai (the OAuth route, now), auto (back to what the YAML says), destroy (release everything).
# Nothing happens while nobody is logged in; run it at recurring check-in and at login.

# >>> session: the same in every kit, from integrations/macos/session.sh by scripts/kits.mjs
# shellcheck shell=sh disable=SC2317 # not every kit needs all of it
PATH=/usr/bin:/bin:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
folder='/Library/Application Support/codex-link'
status="$folder/status.json"

# Sets person and uid to whoever sits at the screen. False at the login window and in Setup Assistant.
at_the_screen() {
  person=$(printf 'show State:/Users/ConsoleUser\n' | scutil | awk '$1 == "Name" && $2 == ":" { print $3; exit }')
  case $person in
    '' | root | loginwindow | _*) return 1 ;;
  esac
  uid=$(id -u "$person")
}

# Runs codex-link as that person, in the session that has the login keychain and Codex App; never as root in somebody's home folder.
# 69: it is not installed there. A codex-link.yaml in $folder is for everybody; without it each person's own counts.
codex_link() {
  if [ -f "$folder/codex-link.yaml" ]; then set -- "$@" --file "$folder/codex-link.yaml"; fi
  # shellcheck disable=SC2016 # the inner shell expands it, with that person's HOME
  launchctl asuser "$uid" sudo -n -H -u "$person" /bin/sh -c '
    cd || exit 69
    found=
    for place in /opt/homebrew/bin /usr/local/bin /opt/local/bin "$HOME/.local/bin" "$HOME/.npm-global/bin" "$HOME/.volta/bin" \
      "$HOME/.local/share/mise/shims" "$HOME/.asdf/shims" "$HOME"/.nvm/versions/node/*/bin \
      "$HOME"/.local/share/fnm/node-versions/*/installation/bin; do
      if [ -d "$place" ]; then PATH=$PATH:$place; fi
      if [ -x "$place/codex-link" ]; then found=$place; fi
    done
    if [ -z "$found" ]; then exit 69; fi
    PATH=$found:$PATH
    export PATH
    exec codex-link "$@"' codex-link "$@" </dev/null
}

# Looks, changes nothing, keeps what was seen for queries and attributes, and sets state to one of: in-sync, changes, manual (only a
# person can go on), deferred (something else will, like the next login), unknown, error, not-installed.
look() {
  if ! mkdir -p "$folder" || ! chmod 755 "$folder" || ! seen=$(mktemp "$folder/.seen.XXXXXX"); then exit 1; fi
  trap 'rm -f "$seen" "$seen.new"' EXIT
  codex_link plan --json --detailed-exitcode >"$seen"
  code=$?
  case $code in
    0) state=in-sync ;;
    2) state=$(differs) ;;
    3) state=unknown ;;
    69) state=not-installed ;;
    *) state=error ;;
  esac
  {
    printf '{"host":"%s","user":"%s","at":"%s"' "$(hostname | tr -cd 'A-Za-z0-9._-')" "$person" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    printf ',"state":"%s","exit":%d' "$state" "$code"
    # Without a document, codex-link fleet report takes the Mac for one that could not be asked.
    if [ "$(head -c 1 "$seen")" = '{' ]; then
      printf ',"report":'
      cat "$seen"
    else
      printf ',"unreachable":"%s"' "$state"
    fi
    printf '}\n'
  } >"$seen.new"
  # It names accounts: for root, and whatever reads it as root.
  chmod 600 "$seen.new"
  mv -f "$seen.new" "$status"
  rm -f "$seen"
}

# Whether an apply would change something, by the counts of the plan.
differs() {
  case $(tr -d ' \n' <"$seen" | sed -n 's/.*"summary":{\([^}]*\)}.*/,\1,/p') in
    *'"create":'[1-9]* | *'"update":'[1-9]* | *'"delete":'[1-9]* | *'"run":'[1-9]*) echo changes ;;
    *'"manual":'[1-9]*) echo manual ;;
    *) echo deferred ;;
  esac
}

# Applies where something differs, and looks again.
settle() {
  applied=0
  look
  if [ "$state" = changes ]; then
    codex_link apply --yes --no-color
    applied=$?
    look
  fi
  echo "codex-link: $person: $state"
}

# Ends as device management understands it: 0 nothing more to do from here, 75 try again later, 1 failed.
finish() {
  case $applied,$state in
    *,in-sync | 0,manual | 0,deferred | 2,manual | 2,deferred) exit 0 ;;
    4,* | *,unknown) exit 75 ;;
    *) exit 1 ;;
  esac
}
# <<< session

if ! at_the_screen; then
  echo 'codex-link: nobody is logged in'
  exit 0
fi
case ${4:-apply} in
  apply)
    settle
    finish
    ;;
  look)
    look
    echo "codex-link: $person: $state"
    ;;
  openai | auto)
    codex_link use "$4" --yes --no-color
    applied=$?
    look
    echo "codex-link: $person: $state"
    if [ "$applied" -ne 0 ] && [ "$applied" -ne 4 ]; then exit 1; fi
    finish
    ;;
  destroy)
    codex_link destroy --yes --no-color || exit 1
    rm -f "$status"
    ;;
  *)
    echo "codex-link: parameter 4 is $4; it may be apply, look, openai, auto or destroy" >&2
    exit 64
    ;;
esac
