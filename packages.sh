# Sourced by demo.sh and check.sh: the one list of Debian packages, and installing what is missing of it.
packages_build="gcc libc6-dev make autoconf automake pkgconf libncurses-dev libpq-dev libcurl4-openssl-dev
libcjson-dev libyajl-dev libsqlite3-dev libprotobuf-c-dev protobuf-c-compiler libmicrohttpd-dev libnghttp2-dev
libssl-dev libutf8proc-dev libinih-dev"
packages_demo="postgresql ncurses-term"
packages_check="postgresql ncurses-term sqlite3 libcmocka-dev libvterm-dev clang libclang-rt-dev clang-format llvm tmux valgrind mandoc python3
procps psmisc"

packages_missing() {
    local package
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done
}

# packages_install PACKAGE...: as root or through sudo; otherwise says what to do and fails.
packages_install() {
    local missing as=()
    if ! command -v dpkg-query >/dev/null; then
        echo "$0: this is no Debian; please see to the counterparts of: $*" >&2
        return 0
    fi
    missing=$(packages_missing "$@" | sort -u | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo true; }; }; then
            echo "$0: these packages are missing, and installing them needs root. Please run:" >&2
            echo "    apt-get install --no-install-recommends $missing" >&2
            return 1
        fi
        as=(sudo -n)
    fi
    echo "installing: $missing" >&2
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update >/dev/null &&
        "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
}
