#!/bin/sh
# Installs the requirements of an image and the project's wheel into /opt/arxiv-classifier, and removes what only
# developers of those packages need.
set -eu

into=/opt/arxiv-classifier
packages=$(echo "$into"/lib/python3.*/site-packages)
# Bytecode is written at the end, for what is left; the root file system is read-only later.
install() { /build/venv/bin/pip --python "$into/bin/python" install --no-compile --no-deps "$@"; }

install --require-hashes --only-binary :all: -r "$1"
install --no-index /build/wheels/*.whl

# Tests, headers, sources and type stubs. `testing` and whatever a package imports of it stays.
find "$packages" -depth -type d \( -name tests -o -name test -o -name include \) \
  -not -path '*/django/*' -not -path '*/tensorflow/*' -not -path '*/torch/*' -exec rm -rf {} +
find "$packages" -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' -o -name '*.pyi' -o -name '*.h' -o -name '*.cc' \) \
  -not -path '*/tensorflow/*' -delete
# Arrow's remote calls and query plans, which nothing here imports.
rm -f "$packages"/pyarrow/libarrow_flight.so* "$packages"/pyarrow/libarrow_python_flight.so* "$packages"/pyarrow/_flight*.so \
  "$packages"/pyarrow/libarrow_substrait.so* "$packages"/pyarrow/_substrait*.so
# ONNX Runtime's converters; serving runs graphs and makes none.
case "$1" in *train*) ;; *) rm -rf "$packages"/onnxruntime/transformers "$packages"/onnxruntime/quantization "$packages"/onnxruntime/tools ;; esac

"$into/bin/python" -m compileall -q -j 0 "$packages"
