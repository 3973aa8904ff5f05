#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make install: what goes where, and that it works from there.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
ok() { # NAME COMMAND...: passes when the command does
    count=$((count + 1))
    name=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        sed 's/^/# /' "$work/out"
    fi
}
refused() { ! "$@"; }

ok "install refuses a call without arguments" refused dev/install
ok "install refuses an empty prefix" refused dev/install "" "$SEKISHO_BIN"
mkdir "$work/no-programs"
ok "install fails when a program has not been built" refused dev/install "$work/none" "$work/no-programs"

mode_install() { make -n MODE=release CC=gcc install DESTDIR="$work/x" PREFIX=/usr | grep -Fx "dev/install \"$work/x/usr\" build/bin"; }
ok "make install honours DESTDIR and PREFIX" mode_install

ok "install ends well" dev/install "$work/x/usr" "$SEKISHO_BIN"
ok "install ends well a second time" dev/install "$work/x/usr" "$SEKISHO_BIN"
only_below_prefix() { [ "$(cd "$work/x" && find . -type f ! -path './usr/bin/*' ! -path './usr/share/*' | wc -l)" -eq 0 ]; }
ok "install writes below bin and share of the prefix only" only_below_prefix
for main in tools/*.c; do
    program=$(basename "$main" .c)
    ok "installed $program tells its version" "$work/x/usr/bin/$program" --version
done
for page in tools/*.[1-8]; do
    ok "$page is installed as it is" cmp "$page" "$work/x/usr/share/man/man${page##*.}/$(basename "$page")"
done
ok "the sample configuration is installed as it is" cmp etc/sekisho.conf "$work/x/usr/share/doc/sekisho/sekisho.conf"
modes() { [ "$(find "$work/x" -type f -perm /022 | wc -l)" -eq 0 ]; }
ok "nothing installed may be written by others" modes
tree=$PWD
relative() { mkdir "$work/here" && cd "$work/here" && "$tree/dev/install" there "$SEKISHO_BIN" && test -x there/bin/sekisho-query; }
ok "install takes a relative prefix" relative
echo "1..$count"
