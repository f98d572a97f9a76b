# laxity: everything is built from here. `make help` lists the targets.

CC ?= cc
CFLAGS ?= -O2 -g
BUILD ?= build
CUDA ?= /usr/local/cuda
PKG_CONFIG ?= pkg-config
# 1 builds the profiling harness into the program; 0 leaves it out.
HARNESS ?= $(shell $(PKG_CONFIG) --exists libprotobuf-c 2>/dev/null && command -v protoc-c >/dev/null && echo 1 || echo 0)

REQUIRED := -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic \
	-Wshadow -Wconversion -Wmissing-prototypes -ffp-contract=off -fPIC
# Where a package is missing the targets that install packages still work.
LIBS_CFLAGS := $(shell $(PKG_CONFIG) --cflags gsl sqlite3 inih nettle zlib 2>/dev/null)
LIBS := $(shell $(PKG_CONFIG) --libs gsl sqlite3 inih nettle zlib 2>/dev/null) -ldl -lm -lpthread
CHECK_CFLAGS := $(shell $(PKG_CONFIG) --cflags check 2>/dev/null)
CHECK_LIBS := $(shell $(PKG_CONFIG) --libs check 2>/dev/null)
COMMIT := $(shell git describe --always --dirty=+ --abbrev=12 --exclude='*' 2>/dev/null || echo unknown)

SOURCES := $(wildcard sim/*.c policies/*.c traces/*.c)
LIBRARY := $(filter-out sim/main.c policies/template.c,$(SOURCES))
COMMANDS := $(patsubst sim/cmd_%.c,%,$(wildcard sim/cmd_*.c))
TESTS := $(wildcard tests/test_*.c)

ifeq ($(HARNESS),1)
LIBRARY += $(wildcard traces/harness/*.c)
COMMANDS += $(patsubst traces/harness/cmd_%.c,%,$(wildcard traces/harness/cmd_*.c))
LIBS_CFLAGS += $(shell $(PKG_CONFIG) --cflags libprotobuf-c)
LIBS += $(shell $(PKG_CONFIG) --libs libprotobuf-c)
TESTS += $(wildcard tests/harness/test_*.c)
HARNESS_SUPPORT := $(wildcard tests/harness/support*.c)
# The GPU kernels on the CPU need a C++ compiler, which nothing else does.
CXX_HERE := $(shell command -v $(CXX) 2>/dev/null)
ifeq ($(CXX_HERE),)
TESTS := $(filter-out tests/harness/test_kernels.c,$(TESTS))
endif
GENERATED := $(BUILD)/generated/onnx.pb-c.o
endif

SUITES := $(patsubst test_%.c,%,$(notdir $(TESTS)))
OBJECTS := $(LIBRARY:%.c=$(BUILD)/%.o) $(GENERATED)

# 1 counts the lines reached of sim/, policies/ and the readers.
ifeq ($(COVERAGE),1)
$(patsubst %.c,$(BUILD)/%.o,$(SOURCES)): ALL_CFLAGS += --coverage
LDFLAGS += --coverage
endif
# What is made is said in a word; `make V=1` shows the commands.
ifeq ($(V),)
say = @printf '  %-6s %s\n' $(1) $@;
endif
ALL_CFLAGS = $(REQUIRED) $(CFLAGS) $(LIBS_CFLAGS) -I$(BUILD)/generated
COMPILE = $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: all
all: laxity $(BUILD)/policies/template.o ## build the program (default)

laxity: $(BUILD)/laxity
	@cp -f $< $@.$$$$.tmp && mv -f $@.$$$$.tmp $@

$(BUILD)/laxity: $(BUILD)/sim/main.o $(BUILD)/version.o $(OBJECTS)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE)

$(BUILD)/tests/%.o: ALL_CFLAGS += $(CHECK_CFLAGS) $(TEST_CFLAGS)

# Pairs of neighbouring integers, packed into vectors to be stored at once, cost
# the loop more than they save.
$(BUILD)/policies/compiled.o: ALL_CFLAGS += -fno-tree-slp-vectorize

# A generated file is replaced only when it changes. Makes that run side by side
# do not meet in one temporary file.
KEEP = cmp -s $@.$$$$.tmp $@ && rm $@.$$$$.tmp || mv $@.$$$$.tmp $@

# The list of commands and of test suites is the list of files.
$(BUILD)/sim/main.o: $(BUILD)/generated/commands.h
$(BUILD)/generated/commands.h: FORCE
	@mkdir -p $(@D)
	@for c in $(sort $(COMMANDS)); do echo "COMMAND($$c)"; done >$@.$$$$.tmp; $(KEEP)
$(BUILD)/tests/main.o: $(BUILD)/generated/suites.h
$(BUILD)/generated/suites.h: FORCE
	@mkdir -p $(@D)
	@for s in $(sort $(SUITES)); do echo "SUITE($$s)"; done >$@.$$$$.tmp; $(KEEP)

# What results depend on: every source but those that only read, print and
# store them. Its hash is part of a stored run's key. A policy's own file counts
# for the runs of that policy alone.
POLICY_FILES := $(sort $(shell grep -lE '^const struct policy policy_' policies/*.c))
CODE := $(sort $(filter-out sim/cmd_% sim/out_% sim/report% sim/claims% \
	policies/registry.c \
	policies/template.c $(POLICY_FILES),\
	$(wildcard sim/*.[ch] policies/*.[ch] traces/*.[ch])))
CODE_SHA256 := $(firstword $(shell cat $(CODE) | sha256sum))

# Commit and hash are compiled in by one small file, remade when they change.
$(BUILD)/version.o: $(BUILD)/generated/version.c
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE)
$(BUILD)/generated/version.c: FORCE
	@mkdir -p $(@D)
	@{ printf '#include "../../sim/version.h"\n'; \
	printf 'const char laxity_commit[] = "%s";\n' '$(COMMIT)'; \
	printf 'const char laxity_code[] = "%s";\n' '$(CODE_SHA256)'; \
	printf 'const struct policy_code laxity_policy_code[] = {\n'; \
	for f in $(POLICY_FILES); do n=$${f##*/}; n=$$(echo "$${n%.c}" | tr _ -); \
	printf '\t{ "%s", "%s" },\n' "$$n" "$$(sha256sum <$$f | cut -c1-64)"; done; \
	printf '\t{ 0, 0 }\n};\n'; } >$@.$$$$.tmp; $(KEEP)

# ---- The profiling harness -------------------------------------------------
# onnx.proto comes from the package; what protoc-c makes of it is not ours, so
# it is compiled without our warnings.
ONNX_PROTO ?= /usr/include/onnx/onnx.proto
$(BUILD)/generated/onnx.pb-c.c: $(ONNX_PROTO)
	@mkdir -p $(@D)
	$(call say,PROTOC)protoc-c --proto_path=$(dir $<) --c_out=$(@D) $(notdir $<)
$(BUILD)/generated/onnx.pb-c.h: $(BUILD)/generated/onnx.pb-c.c
$(BUILD)/generated/onnx.pb-c.o: $(BUILD)/generated/onnx.pb-c.c
	$(call say,CC)$(CC) -std=c11 -fPIC -w $(CFLAGS) $(LIBS_CFLAGS) -c -o $@ $<
$(BUILD)/traces/harness/onnx.o: $(BUILD)/generated/onnx.pb-c.h

# Backends are shared objects beside the program. What they call of it (msg_*,
# net_*, ...) they find in the program that loads them.
BACKENDS := plain replay
ifneq ($(wildcard /usr/include/dnnl.h $(DNNL)/include/dnnl.h),)
BACKENDS += onednn
else
MISSING += "onednn: no dnnl.h (libdnnl-dev)"
endif
# The GPU backend: C by our compiler, kernels by nvcc, for Ampere and Hopper,
# with PTX for what comes later. The driver's library is not linked: it is not
# there on a machine without a GPU.
CUDNN_DIR := traces/harness/backends/cudnn
NVCC ?= $(CUDA)/bin/nvcc
NVCC_TARGETS ?= -gencode arch=compute_80,code=sm_80 \
	-gencode arch=compute_90,code=sm_90 -gencode arch=compute_90,code=compute_90
ifeq ($(wildcard $(NVCC)),)
MISSING += "cudnn: no CUDA at $(CUDA) (make CUDA=FOLDER)"
else ifeq ($(wildcard $(CUDA)/include/cudnn.h /usr/include/cudnn.h),)
MISSING += "cudnn: CUDA is at $(CUDA), but no cudnn.h"
else
BACKENDS += cudnn
endif
CUDNN_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(CUDNN_DIR)/*.c)) \
	$(BUILD)/$(CUDNN_DIR)/kernels.o
$(BUILD)/backend-cudnn.so: $(CUDNN_OBJECTS)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-Bsymbolic -o $@ $^ -L$(CUDA)/lib64 -lcudart \
		-lcudnn -lstdc++ -lm -lpthread -Wl,-rpath,'$$ORIGIN',-rpath,$(CUDA)/lib64
$(BUILD)/$(CUDNN_DIR)/%.o: LIBS_CFLAGS += -isystem $(CUDA)/include
$(BUILD)/$(CUDNN_DIR)/kernels.o: $(CUDNN_DIR)/kernels.cu $(CUDNN_DIR)/kernels.h
	@mkdir -p $(@D)
	$(call say,NVCC)$(NVCC) -O2 -std=c++17 -Xcompiler -fPIC $(NVCC_TARGETS) -c -o $@ $<

ONEDNN_OBJECTS := $(patsubst %.c,$(BUILD)/%.o, \
	$(wildcard traces/harness/backends/onednn/*.c))
$(BUILD)/backend-onednn.so: $(ONEDNN_OBJECTS)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-Bsymbolic -o $@ $^ -ldnnl -lgomp -lm

BACKEND_FILES := $(BACKENDS:%=$(BUILD)/backend-%.so)
$(BUILD)/backend-%.so: $(BUILD)/traces/harness/backends/%.o
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-Bsymbolic -o $@ $^ -lm

.SECONDARY: $(patsubst %,$(BUILD)/traces/harness/backends/%.o,plain replay)

.PHONY: harness
ifeq ($(HARNESS),1)
TEST_BACKENDS := $(BACKEND_FILES)
harness: laxity $(BACKEND_FILES) ## build the profiling harness and its backends
	@for m in $(MISSING) ""; do [ -z "$$m" ] || echo "harness: left out $$m"; done
else
harness: laxity
	@echo "harness: left out: no protobuf-c (libprotobuf-c-dev protobuf-c-compiler libonnx-dev)"
endif

# One folder for a server that has a GPU and little else: the program, its
# backends, the libraries they need beyond glibc and the driver, the networks.
# Everything looks for its libraries beside itself.
PORTABLE ?= build/portable
.PHONY: portable
portable: ## build/portable: program, backends and libraries for a bare GPU server
	@$(MAKE) --no-print-directory BUILD=build-portable \
		LDFLAGS="$(LDFLAGS) -Wl,--disable-new-dtags,-rpath,'\$$\$$ORIGIN'" harness
	@scripts/portable build-portable $(PORTABLE) $(CUDA)
$(BUILD)/traces/harness/onnx.o: LIBS_CFLAGS += -isystem $(BUILD)/generated

# ---- Tests ---------------------------------------------------------------
TEST_OBJECTS := $(TESTS:%.c=$(BUILD)/%.o) $(BUILD)/tests/main.o \
	$(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support*.c) $(HARNESS_SUPPORT))
EMULATION := -isystem tests/harness/emulation
ifneq ($(and $(CXX_HERE),$(filter 1,$(HARNESS))),)
TEST_OBJECTS += $(BUILD)/tests/harness/emulation/kernels.o
$(BUILD)/run-tests: CHECK_LIBS += -lstdc++
$(BUILD)/tests/harness/test_kernels.o: LIBS_CFLAGS += $(EMULATION)
$(BUILD)/tests/harness/emulation/kernels.o: tests/harness/emulation/kernels.cc \
		$(CUDNN_DIR)/kernels.cu $(wildcard tests/harness/emulation/*.h)
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) -std=c++17 -Wall -Wno-unknown-pragmas $(CFLAGS) \
		$(TEST_CFLAGS) -fPIC $(EMULATION) -x c++ -c -o $@ $<
endif

# The GPU backend's own C code on that emulation and on one of the runtime:
# everything but cuDNN and the speed, where CUDA's headers are.
ifneq ($(and $(CXX_HERE),$(filter cudnn,$(BACKENDS))),)
TEST_BACKENDS += $(BUILD)/backend-emulated.so
EMULATED := $(BUILD)/tests/harness/emulation
$(BUILD)/backend-emulated.so: $(filter-out %/kernels.o,$(CUDNN_OBJECTS)) \
		$(EMULATED)/runtime.o $(EMULATED)/renamed.o
	$(call say,LINK)$(CXX) $(CFLAGS) $(LDFLAGS) -shared -Wl,-Bsymbolic -o $@ $^ -lm -lpthread
# The kernels' own launchers under other names, so that runtime.cc can record a
# launch where a stream is being captured.
$(EMULATED)/renamed.o: $(EMULATED)/kernels.o tests/harness/emulation/renamed
	objcopy --redefine-syms=tests/harness/emulation/renamed $< $@
$(EMULATED)/runtime.o: tests/harness/emulation/runtime.cc $(CUDNN_DIR)/kernels.h
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -Wall -Wextra $(CFLAGS) $(TEST_CFLAGS) -fPIC \
		-isystem $(CUDA)/include -c -o $@ $<
endif

$(BUILD)/run-tests: $(TEST_OBJECTS) $(BUILD)/version.o $(OBJECTS)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@ $^ $(CHECK_LIBS) $(LIBS)

# Test policies and other shared objects: tests/plugins/*.c
PLUGINS := $(patsubst %.c,$(BUILD)/%.so,$(wildcard tests/plugins/*.c) \
	tests/faults/inject.c)
$(BUILD)/tests/plugins/%.so: tests/plugins/%.c
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP -shared -o $@ $<

# ---- Benchmarks -----------------------------------------------------------
BENCH_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support*.c)) \
	$(BUILD)/version.o $(OBJECTS)
$(BUILD)/bench_%: $(BUILD)/tests/bench/bench_%.o $(BENCH_OBJECTS)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@ $^ $(CHECK_LIBS) $(LIBS)

# Other simulators with our model programs, if they are installed.
$(BUILD)/peer_simgrid: tests/bench/peer_simgrid.cc
	$(call say,CXX)$(CXX) -O2 -g -Wall -Wextra -o $@ $< -lsimgrid
ifneq ($(wildcard /usr/include/simgrid/s4u.hpp),)
PEERS := $(BUILD)/peer_simgrid
endif
BENCHES := $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/bench_*.c))
.SECONDARY: $(BENCHES:%=$(BUILD)/tests/bench/%.o)

.PHONY: bench bench-engine
bench: laxity $(BENCHES:%=$(BUILD)/%) $(PEERS) ## speed next to bounds, peers and targets: results/bench.csv
	@scripts/bench $(BUILD)

bench-engine: $(BUILD)/bench_engine ## the engine against a loop written by hand
	$(BUILD)/bench_engine

.PHONY: test
test: all $(TEST_BACKENDS) $(BUILD)/run-tests $(PLUGINS) ## build and run the tests (no installation)
	LAXITY_BUILD=$(BUILD) LAXITY_PROGRAM=$(BUILD)/laxity $(BUILD)/run-tests

# ---- The two commands, which also install what is missing -------------------
.PHONY: run check
run: ## install what is missing, build, run the main job, draw it
	@scripts/install-deps core
	@$(MAKE) --no-print-directory -j$(JOBS) laxity
	@scripts/make-run

check: ## install what is missing, build, run every test
	@scripts/install-deps test
	@$(MAKE) --no-print-directory check-installed

JOBS ?= $(shell nproc)

# All parts side by side, each when what it needs is built, the longest first; the
# output of each is kept whole and the summary of the whole suite is what a reader
# sees last.
# What is run once is not optimised for long: half the processor time of all this
# went into compilers. -Og takes gcc half as long as -O1 with the sanitizers, for
# tests that run a tenth longer.
SANITIZE := -Og -g1 -fsanitize=address,undefined -fno-omit-frame-pointer \
	-fno-sanitize-recover=undefined
SANITIZED := BUILD=build-san CFLAGS='$(SANITIZE)' TEST_CFLAGS= COVERAGE=1
CHECKED := TEST_CFLAGS='-O1 -g1'
LONG_SUITES := $(filter $(SUITES),measure_resume net measure reference measure_board \
	report sweep gpu live_ends live processor)
CHECKS := check-suite check-sanitized-ready check-clang check-determinism \
	check-sanitized check-analyze check-memcheck check-soak
.PHONY: check-installed check-built check-sanitized-fuzz $(CHECKS) \
	$(SUITES:%=check-sanitized-%)
check-installed:
	@rm -f $(BUILD)/check.log
	@$(MAKE) --no-print-directory -j$(JOBS) $(CHECKED) -Otarget \
		$(CHECKS) || { tail -n 40 $(BUILD)/check.log 2>/dev/null; exit 1; }
	@$(MAKE) --no-print-directory check-live
	@cat $(BUILD)/check.log

# Once more when nothing else runs: how far live runs on this machine's processor
# are from simulation.
.PHONY: check-live
check-live: ## live runs against simulation on this processor, a table
	@LAXITY_TABLE=1 LAXITY_BUILD=$(BUILD) LAXITY_PROGRAM=$(BUILD)/laxity \
		$(BUILD)/run-tests processor

check-built:
	@$(MAKE) --no-print-directory all $(TEST_BACKENDS) $(BUILD)/run-tests \
		$(PLUGINS) $(BUILD)/soak >/dev/null

check-suite: check-built
	@$(MAKE) --no-print-directory test >$(BUILD)/check.log 2>&1

# A process for each suite, the longest first: a process that has grown under ASan is
# slow to fork. gcov adds up what they count.
SANITIZED_SUITES := $(addprefix check-sanitized-, $(LONG_SUITES) \
	$(filter-out $(LONG_SUITES),$(SUITES)))
check-sanitized: $(SANITIZED_SUITES) check-sanitized-fuzz ## the quick tests under ASan and UBSan, and the lines they reach
	@scripts/coverage build-san 90

$(SANITIZED_SUITES): check-sanitized-%: check-sanitized-ready
	@CK_FORK=no $(call QUICK_TESTS,build-san) $*

check-sanitized-fuzz: check-sanitized-ready
	@$(MAKE) --no-print-directory $(SANITIZED) fuzz-check

# Built once, before all of them; the counters of an earlier build would not fit.
check-sanitized-ready:
	@$(MAKE) --no-print-directory $(SANITIZED) test-quick-built >/dev/null
	@find build-san -name '*.gcda' -delete

check-clang: ## build everything with clang, warnings as errors
	@$(MAKE) --no-print-directory BUILD=build-clang CC=clang \
		CFLAGS='-O2 -Werror' TEST_CFLAGS=-O0 build-clang/laxity build-clang/run-tests \
		$(BENCHES:%=build-clang/%) >/dev/null

QUICK_TESTS = LSAN_OPTIONS='use_tls=0:print_suppressions=0:suppressions=$(CURDIR)/tests/lsan.supp' \
	LAXITY_QUICK=1 LAXITY_BUILD=$(1) LAXITY_PROGRAM=$(1)/laxity $(1)/run-tests
.PHONY: test-quick test-quick-built
test-quick-built: $(BUILD)/laxity $(filter-out %-cudnn.so,$(TEST_BACKENDS)) \
	$(BUILD)/run-tests $(PLUGINS) $(BUILD)/fuzz-replay
test-quick: test-quick-built
	$(call QUICK_TESTS,$(BUILD))

# ---- Trust ----------------------------------------------------------------
# Fuzz targets: every reader, in one program. Calls of file_read go to files in
# memory. fuzz-check replays the corpora under any compiler, and changed copies of
# them, as many as a check that runs often has time for; fuzz searches on
# with libFuzzer, which needs clang.
FUZZ_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/driver.c %/libfuzzer.c,$(wildcard tests/fuzz/*.c)) \
	$(if $(filter 1,$(HARNESS)),$(wildcard tests/fuzz/harness/*.c)))
FUZZ_WRAPPED := file_read bundle_read bundle_free store_execute dlopen \
	$(addprefix sqlite3_,open_v2 prepare_v2 step reset finalize column_type \
	column_int column_int64 column_double column_text column_value \
	column_count column_name bind_int64 bind_text bind_value)
FUZZ_LINK = $(CC) $(CFLAGS) $(LDFLAGS) -rdynamic $(FUZZ_WRAPPED:%=-Wl,--wrap=%) -o $@ $^ $(LIBS)
FUZZ_SECONDS ?= 60
FUZZ_MUTANTS ?= 4000
comma := ,
FUZZ_RUNS ?= 10000000
FUZZ_COVER := -fsanitize=fuzzer-no-link -fsanitize-coverage-ignorelist=tests/fuzz/uncovered
ifeq ($(HARNESS),1)
$(BUILD)/tests/fuzz/targets.o: ALL_CFLAGS += -DFUZZ_HARNESS
endif
$(BUILD)/fuzz-replay: $(FUZZ_OBJECTS) $(BUILD)/tests/fuzz/driver.o $(BUILD)/version.o $(OBJECTS)
	$(call say,LINK)$(FUZZ_LINK)
$(BUILD)/fuzz: $(FUZZ_OBJECTS) $(BUILD)/tests/fuzz/libfuzzer.o $(BUILD)/version.o $(OBJECTS)
	$(call say,LINK)$(FUZZ_LINK) -fsanitize=fuzzer

# What makes calls fail on order (tests/test_faults.c).
$(BUILD)/tests/faults/inject.so: tests/faults/inject.c
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(REQUIRED) -O2 -g -MMD -MP -shared -o $@ $<

.PHONY: faults
faults: laxity $(BUILD)/run-tests $(PLUGINS) ## every call that can fail, failing, each in turn
	@scripts/faults $(BUILD)

# What `make check` runs of this block, beside the tests.
.PHONY: soak
check-determinism: check-built check-clang # which build two of the six programs
	@scripts/determinism

check-analyze: check-built
	@scripts/analyze shellcheck cppcheck tidy

check-memcheck: check-built
	@scripts/memcheck $(BUILD)/laxity few

check-soak: check-built
	$(BUILD)/soak 2000000 tests/soak/workload.ini edf
	$(BUILD)/soak 200000 workloads/bursty.ini imprecise

# Static analysis, some minutes; cppcheck alone takes ten seconds.
.PHONY: analyze memcheck threads
analyze: $(BUILD)/laxity ## gcc -fanalyzer, clang-tidy, cppcheck, shellcheck
	@scripts/analyze

memcheck: $(BUILD)/laxity ## valgrind on a sample of commands
	@scripts/memcheck $(BUILD)/laxity

# The suites in which the program has threads: co-running loads and the watch on
# energy, boards. Not oneDNN, whose OpenMP the sanitizer does not see, nor, with
# it in suite `measure`, what must keep to a budget of seconds.
threads: ## those parts that have threads under the thread sanitizer
	@$(MAKE) --no-print-directory BUILD=build-tsan CFLAGS='-O1 -g -fsanitize=thread' \
		test-quick-built
	@LAXITY_QUICK=1 LAXITY_BUILD=build-tsan LAXITY_PROGRAM=build-tsan/laxity \
		CK_FORK=no build-tsan/run-tests live live_ends energy backend \
		measure_board measure_resume

# The longest runs: memory, counters, speed (about two minutes).
$(BUILD)/soak: $(BUILD)/tests/soak/soak.o $(BUILD)/tests/support_bench.o $(BUILD)/version.o $(OBJECTS)
	$(call say,LINK)$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@ $^ $(LIBS)
soak: $(BUILD)/soak ## 100 million requests in one run: memory, counters, speed
	$(BUILD)/soak 100000000
	$(BUILD)/soak 10000000 workloads/bursty.ini imprecise

# The same of live runs, on this machine's processor.
.PHONY: soak-live
soak-live: harness ## a million requests live: memory, drift, counts, repetition
	@scripts/soak-live results/soak-live

.PHONY: fuzz fuzz-check fuzz-build fuzz-count
fuzz-check: $(BUILD)/fuzz-replay ## every reader on the inputs kept from fuzzing, and FUZZ_MUTANTS near them
	@FUZZ_MUTANTS=$(FUZZ_MUTANTS) $(BUILD)/fuzz-replay

fuzz-build:
	@$(MAKE) --no-print-directory BUILD=build-fuzz CC=clang \
		CFLAGS='$(SANITIZE) -O2 $(FUZZ_COVER)' build-fuzz/fuzz

fuzz: fuzz-build ## search for inputs that break a reader, FUZZ_SECONDS each
	@scripts/fuzz $(FUZZ_SECONDS)

# Executions by the million: UBSan that traps and the targets' own checks, but no
# ASan, no coverage but edges, and no look at every string that is compared; six
# times as fast. What it collects is then run under ASan.
FUZZ_HOOKS := $(patsubst %,-Wl$(comma)--wrap=__sanitizer_weak_hook_%,strcmp strncmp memcmp)
fuzz-count: fuzz-build ## FUZZ_RUNS executions each, some hours on one core
	@$(MAKE) --no-print-directory BUILD=build-fuzz-fast CC=clang \
		CFLAGS='-O2 -g -fsanitize=undefined -fsanitize-trap=undefined $(FUZZ_COVER) -fno-sanitize-coverage=trace-cmp,indirect-calls,stack-depth' \
		LDFLAGS='$(FUZZ_HOOKS)' build-fuzz-fast/fuzz
	@FUZZ_RUNS=$(FUZZ_RUNS) scripts/fuzz 3600

# Every number of a small experiment, kept: a change of any is seen.
.PHONY: determinism reference
determinism: ## one hash of the reference experiment across builds and places
	@scripts/determinism

reference: laxity ## write results/reference after a change that is meant
	@mkdir -p results/reference
	@scripts/reference ./laxity 2 >results/reference/experiment.csv.tmp
	@mv results/reference/experiment.csv.tmp results/reference/experiment.csv
	@cd results/reference && sha256sum experiment.csv >experiment.sha256

# A modelled bundle (traces/FORMAT.md says what it means), made whole or not at
# all from what the repository holds.
.PHONY: caps
CAPS := traces/h100-cifar10-caps
POWER_LIMIT := traces/power-limit/v100-resnet50.csv
caps: $(CAPS)/trace.ini ## make the modelled power-cap bundle
$(CAPS)/trace.ini: traces/h100-cifar10/trace.ini $(POWER_LIMIT) traces/scale.c | laxity
	rm -rf $(@D)
	./laxity trace scale traces/h100-cifar10 $(@D) --full-power 623 \
		--power-limit $(POWER_LIMIT)

# ---- Figures, claims, paper -------------------------------------------------
.PHONY: figures claims paper
figures: ## every figure and table of the evaluation, what changed alone
	@scripts/install-deps core
	@$(MAKE) --no-print-directory caps
	@scripts/figures

claims: figures ## which published and own claims hold on these results
	@scripts/claims

paper: figures ## the write-up, its numbers from the results
	@scripts/install-deps paper
	@scripts/paper

.PHONY: clean FORCE
clean: ## remove what was built
	rm -rf build build-* laxity

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
