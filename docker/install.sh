#!/bin/sh
# Installs the requirements of an image and the project's wheel into /opt/arxiv-classifier: install.sh api|demo|train|cuda.
# Removes what no run of that image reads: it has neither tests nor sources, and images that only serve keep of large
# libraries the parts that serving uses. scripts/check_images.sh measures what is left, and runs it.
set -eu

target=$1
into=/opt/arxiv-classifier
packages=$(echo "$into"/lib/python3.*/site-packages)
install() { /build/venv/bin/pip --python "$into/bin/python" install --no-compile --no-deps "$@"; }

install --require-hashes --only-binary :all: -r "docker/requirements/$target.txt"
install --no-index /build/wheels/*.whl

if [ "$target" = train ] || [ "$target" = cuda ]; then
  "$into/bin/python" -m compileall -q -j 0 "$packages"
  exit
fi

cd "$packages"
# Tests, headers, sources, type stubs, translations, and maps for debuggers of scripts.
find . -depth -type d \( -name tests -o -name include -o -name LC_MESSAGES \) -exec rm -rf {} +
find . -type f \( -name '*.c' -o -name '*.cc' -o -name '*.h' -o -name '*.a' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' \
  -o -name '*.pyi' -o -name '*.map' \) -delete
# SciPy's sparse matrices are what models are served with; they need no BLAS.
find scipy -mindepth 1 -maxdepth 1 -type d ! -name sparse ! -name _lib ! -name _external -exec rm -rf {} +
rm -rf scipy.libs
# Arrow's remote calls, file systems of clouds, modules of query plans, and second copies of its own library for those who
# link to it. The library of query plans stays, because Arrow's others link to it since Arrow 26.
rm -f pyarrow/libarrow_flight.so* pyarrow/libarrow_python_flight.so* pyarrow/_flight*.so pyarrow/_substrait*.so \
  pyarrow/libarrow_s3.so* pyarrow/_s3fs*.so pyarrow/libarrow_python.so pyarrow/libarrow_python.so.*.*
# ONNX Runtime's converters, and its library for programs in C: serving runs graphs from Python and makes none.
rm -rf onnxruntime/transformers onnxruntime/quantization onnxruntime/tools onnxruntime/capi/libonnxruntime.so.*
# Speeds up downloads from the hub, which the API makes none of.
if [ "$target" = api ]; then /build/venv/bin/pip --python "$into/bin/python" uninstall --yes hf-xet; fi

# Bytecode for what a start reads; the root file system is read-only later.
cd /tmp
export ARXIV_CLASSIFIER_ARTIFACTS=/tmp/models
for model in baseline minilm; do
  "$into/bin/arxiv-classifier" predict --model $model --text "We study black holes." --format jsonl
done
"$into/bin/arxiv-classifier" doctor
if [ "$target" = api ]; then
  "$into/bin/arxiv-classifier" manage check
  DJANGO_SETTINGS_MODULE=entrypoints.rest.settings "$into/bin/python" -c \
    'import entrypoints.rest.wsgi, entrypoints.rest.server, psycopg, granian.server; from django.urls import get_resolver; get_resolver().url_patterns'
else
  "$into/bin/python" -c 'import gradio, entrypoints.demo.app, pyarrow.parquet, python_calamine'
fi
