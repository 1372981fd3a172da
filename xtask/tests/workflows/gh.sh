#!/usr/bin/env bash
# A `gh` for the tests of the workflows: what it is asked to do becomes state in $GH_STATE, and each call a line of calls.log. It knows what the
# workflows need of GitHub's own (https://cli.github.com/manual/) and refuses all else.
set -euo pipefail
printf '%s\n' "$*" >> "$GH_STATE/calls.log"
[ -n "${GH_TOKEN:-}" ] || { echo "gh: no GH_TOKEN" >&2; exit 4; }
prs="$GH_STATE/prs.json"; comments="$GH_STATE/comments.json"
edit() { jq "$@" > "$GH_STATE/new.json" && mv "$GH_STATE/new.json" "$file"; }
refuse() { echo "gh: $1" >&2; exit 99; }

words=(); declare -A given=()
while [ $# -gt 0 ]; do
  case "$1" in
    --paginate | --silent | --force | --delete-branch) given[$1]=true; shift ;;
    --*) given[$1]="$2"; shift 2 ;;
    *) words+=("$1"); shift ;;
  esac
done

case "${words[0]} ${words[1]:-}" in
  "pr list")
    [ "${given[--json]}" = number,isCrossRepository ] || refuse "other fields"
    jq -c --arg head "${given[--head]}" --arg state "${given[--state]}" \
      'map(select(.head == $head and .state == $state) | { number, isCrossRepository })' "$prs" | jq -r "${given[--jq]}" ;;
  "pr create")
    git -C "$ORIGIN" rev-parse --quiet --verify "refs/heads/${given[--head]}" > /dev/null || refuse "no such branch"
    grep --quiet --line-regexp "${given[--label]}" "$GH_STATE/labels" || refuse "no such label"
    file="$prs"; edit --arg head "${given[--head]}" --arg title "${given[--title]}" --arg tag "${given[--label]}" --rawfile body "${given[--body-file]}" \
      '. + [{ number: (length + 1), state: "open", isCrossRepository: false, $head, $title, label: $tag, $body }]' "$prs" ;;
  "pr edit")
    file="$prs"; edit --argjson number "${words[2]}" --rawfile body "${given[--body-file]}" \
      'map(if .number == $number then .body = $body else . end)' "$prs" ;;
  "pr close")
    head=$(jq -r --argjson number "${words[2]}" '.[] | select(.number == $number) | .head' "$prs")
    [ "${given[--delete-branch]:-}" != true ] || git -C "$ORIGIN" branch --quiet -D "$head"
    file="$prs"; edit --argjson number "${words[2]}" --arg comment "${given[--comment]}" \
      'map(if .number == $number then .state = "closed" | .comment = $comment else . end)' "$prs" ;;
  "label create") echo "${words[2]}" >> "$GH_STATE/labels" ;;
  "api "*)
    case "${given[--method]:-GET} ${words[1]}" in
      "GET repos/acme/connectors/issues/"*"/comments") jq -r "${given[--jq]}" "$comments" ;;
      "POST repos/acme/connectors/issues/"*"/comments")
        file="$comments"; edit --rawfile body "${given[--field]#body=@}" '. + [{ id: (length + 1), user: { type: "Bot" }, $body }]' "$comments" ;;
      "PATCH repos/acme/connectors/issues/comments/"*)
        file="$comments"; edit --argjson id "${words[1]##*/}" --rawfile body "${given[--field]#body=@}" \
          'map(if .id == $id then .body = $body else . end)' "$comments" ;;
      *) refuse "${words[1]}" ;;
    esac ;;
  *) refuse "${words[*]}" ;;
esac
