# SPDX-License-Identifier: Apache-2.0
#
# Sekisho's build. `make help` lists what there is to make.
#
# One static library per room, programs and tests link only the rooms they may know: a wrong dependency fails to
# link, and `make lint` reads the #include lines as well.
#
#   MODE=release|debug|asan|fuzz|cov   what to build for (release)
#   CC=gcc|clang                       the compiler (gcc; fuzz needs clang)
#   DEVELOPER=1                        warnings are errors (also when CI=true)

MODE ?= release
ifeq ($(origin CC),default)
CC := $(if $(filter fuzz,$(MODE)),clang,gcc)
endif
AR ?= ar
PKG_CONFIG ?= pkg-config
PYTHON ?= /usr/bin/python3
PREFIX ?= /usr/local
DESTDIR ?=

VERSION := 0.1.0
COMPILER := $(notdir $(firstword $(CC)))
OUT := build/$(MODE)$(if $(findstring clang,$(COMPILER)),-clang)
BIN := $(if $(filter build/release,$(OUT)),build/bin,$(OUT)/bin)

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

# ---- targets that need no library to be present -------------------------------------------------
NO_PROBE := help deps demo demo-stop check clean lint format fuzz-run format-check
PROBE := $(if $(MAKECMDGOALS),$(filter-out $(NO_PROBE),$(MAKECMDGOALS)),all)

# ---- libraries: pkg-config name and Debian package; each NAME_CFLAGS and NAME_LIBS can be overridden ----
# $(call library,NAME,pkg-config name,minimum version,Debian package)
define library
ifneq ($$(PROBE),)
ifeq ($$(origin $(1)_LIBS),undefined)
ifneq ($$(shell $$(PKG_CONFIG) --exists '$(2) >= $(3)' && echo yes),yes)
$$(error $(2) >= $(3) is missing: install the Debian package $(4), or run `make deps`)
endif
$(1)_CFLAGS := $$(shell $$(PKG_CONFIG) --cflags $(2))
$(1)_LIBS := $$(shell $$(PKG_CONFIG) --libs $(2))
endif
endif
endef
$(eval $(call library,CRYPTO,libcrypto,3.0,libssl-dev))
$(eval $(call library,EVENT,libevent_core,2.1,libevent-dev))
$(eval $(call library,EVENT_PTHREADS,libevent_pthreads,2.1,libevent-dev))
$(eval $(call library,SSL,libssl,3.0,libssl-dev))
$(eval $(call library,LMDB,lmdb,0.9.24,liblmdb-dev))
$(eval $(call library,JANSSON,jansson,2.14,libjansson-dev))
$(eval $(call library,INIH,inih,53,libinih-dev))
$(eval $(call library,CURL,libcurl,7.88,libcurl4-openssl-dev))
$(eval $(call library,P11KIT,p11-kit-1,0.24,libp11-kit-dev))
$(eval $(call library,SQLITE,sqlite3,3.40,libsqlite3-dev))
$(eval $(call library,LDAP,ldap lber,2.5,libldap-dev))
$(eval $(call library,CMOCKA,cmocka,1.1,libcmocka-dev))
# libunistring installs no .pc file: probe by compiling.
ifneq ($(PROBE),)
ifeq ($(origin UNISTRING_LIBS),undefined)
ifneq ($(shell echo '\#include <unicase.h>' | $(CC) -E - >/dev/null 2>&1 && echo yes),yes)
$(error libunistring is missing: install the Debian package libunistring-dev, or run `make deps`)
endif
UNISTRING_CFLAGS :=
UNISTRING_LIBS := -lunistring
endif
endif

# ---- flags ----------------------------------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual \
	-Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wformat=2 -Wundef -Wvla \
	-Wwrite-strings -Wpointer-arith -Wimplicit-fallthrough
ifneq ($(DEVELOPER)$(filter true,$(CI)),)
WARNINGS += -Werror
endif
HARDENING := -fstack-protector-strong -fno-common -fPIE
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_release := -O2 -g -D_FORTIFY_SOURCE=2
OPT_debug := -O0 -g3
OPT_asan := -O1 -g $(SANITIZE)
OPT_fuzz := -O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link -DSEKISHO_FUZZING=1
OPT_cov := -O0 -g --coverage
ifeq ($(OPT_$(MODE)),)
$(error MODE=$(MODE): know release, debug, asan, fuzz, cov)
endif
SK_CFLAGS := -std=c11 -D_GNU_SOURCE -DSEKISHO_VERSION='"$(VERSION)"' -I. $(WARNINGS) $(HARDENING) \
	$(OPT_$(MODE)) -pthread $(CFLAGS)
SK_LDFLAGS := $(filter -fsanitize=address% -fno-sanitize% --coverage,$(OPT_$(MODE))) -pie \
	-Wl,-z,relro,-z,now -Wl,--as-needed -pthread $(LDFLAGS)

# ---- rooms ----------------------------------------------------------------------------------------
# A room is a folder of C files that becomes one library. USES is everything it may link.
ROOMS := core cache policy net tools/fetch tools/signer tools/ca tools/verify tools/query tools/ctl tools/bench tools/daemon
USES_core :=
USES_cache := core
USES_policy := core
USES_net := cache policy core
USES_tools/fetch := cache policy core
USES_tools/signer := policy core
USES_tools/ca := tools/signer core
USES_tools/verify := net policy core
USES_tools/query := policy core
USES_tools/ctl := core
USES_tools/bench := core
USES_tools/daemon := net tools/signer cache policy core

LIBS_core := $(CRYPTO_LIBS) $(UNISTRING_LIBS)
LIBS_cache := $(LMDB_LIBS)
LIBS_policy := $(INIH_LIBS)
LIBS_net := $(SSL_LIBS) $(EVENT_LIBS) $(EVENT_PTHREADS_LIBS)
LIBS_tools/fetch := $(CURL_LIBS)
LIBS_tools/signer := -ldl
LIBS_tools/ca := $(SQLITE_LIBS)
LIBS_tools/verify := $(JANSSON_LIBS)
LIBS_tools/query := $(CURL_LIBS) $(JANSSON_LIBS) $(LDAP_LIBS)
LIBS_tools/ctl := $(JANSSON_LIBS)
LIBS_tools/bench :=
LIBS_tools/daemon :=

CFLAGS_core := $(CRYPTO_CFLAGS) $(UNISTRING_CFLAGS)
CFLAGS_cache := $(CRYPTO_CFLAGS) $(LMDB_CFLAGS)
CFLAGS_policy := $(CRYPTO_CFLAGS) $(INIH_CFLAGS)
CFLAGS_net := $(CRYPTO_CFLAGS) $(EVENT_CFLAGS) $(EVENT_PTHREADS_CFLAGS)
CFLAGS_tools/fetch := $(CRYPTO_CFLAGS) $(CURL_CFLAGS)
CFLAGS_tools/signer := $(CRYPTO_CFLAGS) $(P11KIT_CFLAGS)
CFLAGS_tools/ca := $(CRYPTO_CFLAGS) $(SQLITE_CFLAGS)
CFLAGS_tools/verify := $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS)
CFLAGS_tools/query := $(CRYPTO_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS) $(LDAP_CFLAGS)
CFLAGS_tools/ctl := $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS)
CFLAGS_tools/bench := $(CRYPTO_CFLAGS)
CFLAGS_tools/daemon := $(CRYPTO_CFLAGS) $(EVENT_CFLAGS)

lib = $(OUT)/lib/$(subst /,-,$(1)).a
# The libraries and -l flags of a list of rooms, in link order.
room_libs = $(foreach r,$(1),$(call lib,$(r)))
room_flags = $(foreach r,$(1),$(LIBS_$(r)))

define room
SRC_$(1) := $$(wildcard $(1)/*.c)
OBJ_$(1) := $$(SRC_$(1):%.c=$$(OUT)/obj/%.o)
DEPS += $$(OBJ_$(1):.o=.d)
$$(OBJ_$(1)): $$(OUT)/obj/%.o: %.c Makefile
	@mkdir -p $$(@D)
	$$(CC) $$(SK_CFLAGS) $$(CFLAGS_$(1)) -MMD -MP -c -o $$@ $$<
$$(call lib,$(1)): $$(OBJ_$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

# ---- programs: tools/NAME.c and the room of its parts ---------------------------------------------
PROGRAMS := $(patsubst tools/%.c,%,$(wildcard tools/*.c))
ROOM_sekishod := tools/daemon
ROOM_sekisho-fetch := tools/fetch
ROOM_sekisho-ca := tools/ca
ROOM_sekisho-verify := tools/verify
ROOM_sekisho-query := tools/query
ROOM_sekisho-ctl := tools/ctl
ROOM_sekisho-bench := tools/bench

define program
DEPS += $$(OUT)/obj/tools/$(1).d
$$(OUT)/obj/tools/$(1).o: tools/$(1).c Makefile
	@mkdir -p $$(@D)
	$$(CC) $$(SK_CFLAGS) $$(CFLAGS_$(ROOM_$(1))) -MMD -MP -c -o $$@ $$<
$$(BIN)/$(1): $$(OUT)/obj/tools/$(1).o $$(call room_libs,$(ROOM_$(1)) $(USES_$(ROOM_$(1))))
	@mkdir -p $$(@D)
	$$(CC) $$(SK_LDFLAGS) -o $$@ $$^ $$(call room_flags,$(ROOM_$(1)) $(USES_$(ROOM_$(1))))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

.PHONY: all
all: $(PROGRAMS:%=$(BIN)/%)

# ---- unit tests: test/unit/ROOM/test_NAME.c links that room and what it uses -------------------------
SUPPORT_SRC := $(wildcard test/support/*.c)
SUPPORT_LIB := $(OUT)/lib/test-support.a
SUPPORT_OBJ := $(SUPPORT_SRC:%.c=$(OUT)/obj/%.o)
# llhttp, the oracle of the HTTP reader: Debian 12 has its sources (node-llhttp), Debian 13 a library (libllhttp-dev).
LLHTTP_SRC := $(wildcard /usr/share/llhttp/*.c)
LLHTTP_OBJ := $(LLHTTP_SRC:/usr/share/%.c=$(OUT)/obj/%.o)
LLHTTP_CFLAGS := $(if $(LLHTTP_SRC),-isystem /usr/share/include/llhttp)
LLHTTP_LIBS := $(if $(LLHTTP_SRC),,$(if $(wildcard /usr/include/llhttp.h),-lllhttp))
$(LLHTTP_OBJ): $(OUT)/obj/%.o: /usr/share/%.c Makefile
	@mkdir -p $(@D)
	$(CC) -w -O1 -DLLHTTP_STRICT_MODE=1 $(LLHTTP_CFLAGS) -c -o $@ $<
ALL_CFLAGS := $(sort $(foreach r,$(ROOMS),$(CFLAGS_$(r)))) $(CMOCKA_CFLAGS) $(LLHTTP_CFLAGS) $(LDAP_CFLAGS)
$(SUPPORT_OBJ): $(OUT)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(SK_CFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(SUPPORT_LIB): $(SUPPORT_OBJ) $(LLHTTP_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^
DEPS += $(SUPPORT_OBJ:.o=.d)

define unit
DEPS += $$(OUT)/obj/$(1).d
UNIT_TESTS += $$(OUT)/$(1)
$$(OUT)/obj/$(1).o: $(1).c Makefile
	@mkdir -p $$(@D)
	$$(CC) $$(SK_CFLAGS) $$(ALL_CFLAGS) -MMD -MP -c -o $$@ $$<
$$(OUT)/$(1): $$(OUT)/obj/$(1).o $$(if $$(SUPPORT_SRC),$$(SUPPORT_LIB)) $$(call room_libs,$(2) $(USES_$(2)))
	@mkdir -p $$(@D)
	$$(CC) $$(SK_LDFLAGS) -o $$@ $$^ $$(call room_flags,$(2) $(USES_$(2))) $$(CMOCKA_LIBS) $$(LLHTTP_LIBS) $$(JANSSON_LIBS) $$(LDAP_LIBS)
endef
$(foreach r,$(ROOMS),$(foreach t,$(patsubst %.c,%,$(wildcard test/unit/$(r)/test_*.c)),$(eval $(call unit,$(t),$(r)))))

# ---- doubles that programs load: test/doubles/NAME_module.c, not instrumented ---------------------------
DOUBLES := $(patsubst %.c,$(OUT)/%.so,$(wildcard test/doubles/*_module.c))
$(DOUBLES): $(OUT)/%.so: %.c Makefile
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) $(P11KIT_CFLAGS) -O1 -g -fPIC -shared -o $@ $< -ldl

# ---- fuzz targets: test/fuzz/fuzz_NAME.c; a comment "rooms: ..." on a line of its own names what it links -----
FUZZ := $(patsubst test/fuzz/fuzz_%.c,%,$(wildcard test/fuzz/fuzz_*.c))
define fuzz
FUZZ_ROOMS_$(1) := $$(shell sed -n 's/^.*rooms: *\([a-z/ ]*\).*/\1/p' test/fuzz/fuzz_$(1).c)
DEPS += $$(OUT)/obj/test/fuzz/fuzz_$(1).d
$$(OUT)/obj/test/fuzz/fuzz_$(1).o: test/fuzz/fuzz_$(1).c Makefile
	@mkdir -p $$(@D)
	$$(CC) $$(SK_CFLAGS) $$(ALL_CFLAGS) -MMD -MP -c -o $$@ $$<
$$(OUT)/fuzz/$(1): $$(OUT)/obj/test/fuzz/fuzz_$(1).o $$(if $$(filter fuzz,$$(MODE)),,$$(OUT)/obj/test/fuzz/replay.o) \
		$$(SUPPORT_LIB) $$(call room_libs,$$(FUZZ_ROOMS_$(1)))
	@mkdir -p $$(@D)
	$$(CC) $$(SK_LDFLAGS) $$(if $$(filter fuzz,$$(MODE)),-fsanitize=fuzzer) -o $$@ $$^ \
		$$(call room_flags,$$(FUZZ_ROOMS_$(1))) $$(P11KIT_LIBS) $$(JANSSON_LIBS) $$(LDAP_LIBS)
endef
$(foreach f,$(FUZZ),$(eval $(call fuzz,$(f))))
DEPS += $(OUT)/obj/test/fuzz/replay.d
$(OUT)/obj/test/fuzz/replay.o: test/fuzz/replay.c Makefile
	@mkdir -p $(@D)
	$(CC) $(SK_CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: fuzz-build
fuzz-build: $(FUZZ:%=$(OUT)/fuzz/%)

# ---- micro benchmarks: bench/micro/NAME.c on core and the test support; not part of `make check` ----------
MICRO := $(patsubst bench/micro/%.c,%,$(wildcard bench/micro/*.c))
define micro
DEPS += $$(OUT)/obj/bench/micro/$(1).d
$$(OUT)/obj/bench/micro/$(1).o: bench/micro/$(1).c Makefile
	@mkdir -p $$(@D)
	$$(CC) $$(SK_CFLAGS) $$(ALL_CFLAGS) -MMD -MP -c -o $$@ $$<
$$(OUT)/micro/$(1): $$(OUT)/obj/bench/micro/$(1).o $$(SUPPORT_LIB) $$(call room_libs,core)
	@mkdir -p $$(@D)
	$$(CC) $$(SK_LDFLAGS) -o $$@ $$^ $$(call room_flags,core) $$(CMOCKA_LIBS)
endef
$(foreach m,$(MICRO),$(eval $(call micro,$(m))))

# ---- what bench/run and bench/memory need beside the programs: bench/NAME.c on OpenSSL alone --------------------
BENCH := $(patsubst bench/%.c,%,$(wildcard bench/*.c))
define bench
DEPS += $$(OUT)/obj/bench/$(1).d
$$(OUT)/obj/bench/$(1).o: bench/$(1).c Makefile
	@mkdir -p $$(@D)
	$$(CC) $$(SK_CFLAGS) $$(CRYPTO_CFLAGS) -MMD -MP -c -o $$@ $$<
$$(OUT)/bench/$(1): $$(OUT)/obj/bench/$(1).o
	@mkdir -p $$(@D)
	$$(CC) $$(SK_LDFLAGS) -o $$@ $$^ $$(CRYPTO_LIBS)
endef
$(foreach b,$(BENCH),$(eval $(call bench,$(b))))
BENCH_PROGRAMS := $(BENCH:%=$(OUT)/bench/%) $(MICRO:%=$(OUT)/micro/%)

# ---- what one compiler's run of the tests needs and does ---------------------------------------------
.PHONY: tests check-one check-unit
tests: all $(UNIT_TESTS) $(DOUBLES) $(if $(filter fuzz,$(MODE)),,$(FUZZ:%=$(OUT)/fuzz/%))
check-one: tests
	$(PYTHON) dev/run-tests --out $(OUT) --bin $(BIN) $(SUITES)
check-unit: $(UNIT_TESTS) $(DOUBLES)
	$(PYTHON) dev/run-tests --out $(OUT) --bin $(BIN) unit

# ---- what people call ----------------------------------------------------------------------------------
.PHONY: help deps demo demo-stop check check-random bench bench-list bench-memory bench-micro lint format format-check analyze fuzz-run coverage install clean
help:
	@sed -n 's/^#: //p' Makefile

#: make            build the programs into build/bin
#: make deps       install the Debian packages that build, tests and demo need
deps:
	@dev/deps
#: make demo       build, make a demonstration bridge PKI, start the server on loopback, ask it
demo: deps
	@$(MAKE) --no-print-directory all
	@etc/demo/demo start
#: make demo-stop  end the demonstration server
demo-stop:
	@etc/demo/demo stop
#: make check      all tests under ASan and UBSan with gcc and with clang
check: deps
	@dev/check
#: make check-random  the random tests of the judge at length (see test/README.md)
check-random: $(addprefix $(OUT)/test/unit/core/test_,graphs properties verify_oracle)
	SEKISHO_SHUFFLES=1000 $(OUT)/test/unit/core/test_graphs
	SEKISHO_RANDOM_GRAPHS=5000 $(OUT)/test/unit/core/test_properties
	SEKISHO_ORACLE_PATHS=20000 $(OUT)/test/unit/core/test_verify_oracle
#: make bench      beside nginx, openssl ocsp and libcrypto, a table of ratios: BENCH_ROUNDS=5
BENCH_ROUNDS ?= 5
bench: all $(BENCH_PROGRAMS)
	@$(PYTHON) bench/run --bin $(BIN) --out $(OUT) --rounds $(BENCH_ROUNDS)
#: make bench-memory  memory over five million requests (minutes)
bench-memory: all $(BENCH_PROGRAMS)
	@$(PYTHON) bench/memory --bin $(BIN) --out $(OUT)
#: make bench-list  answers beside 200 downloads of a 50 MB list, slow clients among them: BENCH_ROUNDS=5
bench-list: all $(BENCH_PROGRAMS)
	@$(PYTHON) bench/big-list --bin $(BIN) --out $(OUT) --rounds $(BENCH_ROUNDS)
#: make bench-micro  what hostile graphs and the arithmetic cost, a line a case: BENCH_RUNS=7
BENCH_RUNS ?= 7
bench-micro: $(MICRO:%=$(OUT)/micro/%)
	@for m in $^; do $$m $(BENCH_RUNS) || exit 1; done
#: make lint       include directions, banned calls, file sizes, formatting
lint:
	@dev/lint
#: make format     lay out the C files by .clang-format
format:
	@clang-format -i $$(git ls-files '*.c' '*.h')
#: make analyze    clang-tidy over every C file (slow)
analyze:
	@dev/analyze "$(SK_CFLAGS) $(ALL_CFLAGS)"
#: make fuzz-run   fuzz every target: FUZZ_SECONDS=60 FUZZ_TARGETS=
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(FUZZ)
fuzz-run:
	@$(MAKE) --no-print-directory MODE=fuzz fuzz-build
	@dev/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)
#: make coverage   unit and conformance tests with gcov, a line per file (MODE=cov)
coverage:
	@dev/coverage
#: make install    DESTDIR= PREFIX=
install: all
	@dev/install "$(DESTDIR)$(PREFIX)" $(BIN)
#: make clean
clean:
	rm -rf build

-include $(DEPS)
