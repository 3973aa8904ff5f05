/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { CONTROL_C = 3 };

const char *pin_name(const struct keystore_pin *from)
{
    return from->file != NULL ? from->file : "the terminal";
}

/* A service manager gives its credentials to a user through an access list, and then the mode's
 * middle digit is what the list may allow at most; writing is nobody's in any case. */
static enum sk_status check_mode(const struct keystore_pin *from, mode_t mode, struct sk_err *err)
{
    mode_t refused = from->is_credential ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;

    if ((mode & refused) != 0)
        return err_set(err, SK_IO, "PIN file %s: mode %03o lets others in, want %s", from->file,
                       (unsigned)mode & 0777u, from->is_credential ? "400 or 440" : "600 or 400");
    return SK_OK;
}

static enum sk_status pin_open(const struct keystore_pin *from, int *out_fd,
                               struct pin_stamp *out_stamp, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct stat st;
    int fd;

    if (from->file != NULL)
        fd = open(from->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    else
        fd = fcntl(from->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return err_errno(err, SK_IO, "PIN file %s: cannot open", pin_name(from));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        status = err_set(err, SK_IO, "PIN file %s: not a regular file", pin_name(from));
    else if (from->file != NULL)
        status = check_mode(from, st.st_mode, err);
    if (status != SK_OK) {
        (void)close(fd);
        return status;
    }
    *out_fd = fd;
    out_stamp->device = st.st_dev;
    out_stamp->inode = st.st_ino;
    out_stamp->changed = st.st_mtim;
    return SK_OK;
}

bool pin_stamp_equal(const struct pin_stamp *a, const struct pin_stamp *b)
{
    return a->device == b->device && a->inode == b->inode &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

void pin_wipe(struct pin *pin)
{
    OPENSSL_cleanse(pin->text, sizeof(pin->text));
}

/* The first line without its end. */
static enum sk_status read_line(const char *name, int fd, struct pin *pin, struct sk_err *err)
{
    size_t len = 0, i;

    while (len < sizeof(pin->text)) {
        /* from its beginning: the offset of a memory file is shared */
        ssize_t n = pread(fd, pin->text + len, sizeof(pin->text) - len, (off_t)len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, SK_IO, "PIN file %s: cannot read", name);
        if (n == 0)
            break;
        len += (size_t)n;
    }
    for (i = 0; i < len && pin->text[i] != '\n' && pin->text[i] != '\r'; i++)
        ;
    if (i == 0)
        return err_set(err, SK_IO, "PIN file %s: the first line is empty", name);
    if (i > LIMIT_PIN_BYTES)
        return err_set(err, SK_IO, "PIN file %s: the PIN is longer than %u octets", name,
                       LIMIT_PIN_BYTES);
    pin->len = i;
    return SK_OK;
}

enum sk_status pin_read(const struct keystore_pin *from, struct pin *out, struct sk_err *err)
{
    enum sk_status status;
    int fd = -1;

    status = pin_open(from, &fd, &out->stamp, err);
    if (status != SK_OK)
        return status;
    status = read_line(pin_name(from), fd, out, err);
    (void)close(fd);
    return status;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* One line from the terminal; false: interrupted, ended, empty or too long. */
static bool read_answer(int tty, struct pin *pin)
{
    ssize_t n;
    char c = 0;

    pin->len = 0;
    while ((n = read(tty, &c, 1)) == 1 && c != '\n' && c != '\r' && c != CONTROL_C &&
           pin->len < LIMIT_PIN_BYTES)
        pin->text[pin->len++] = c;
    return n == 1 && (c == '\n' || c == '\r') && pin->len > 0;
}

static enum sk_status seal(const struct pin *pin, int *out_fd, struct sk_err *err)
{
    int fd = memfd_create("pin", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0 || write(fd, pin->text, pin->len) != (ssize_t)pin->len ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        if (fd >= 0)
            (void)close(fd);
        return err_errno(err, SK_IO, "PIN: memory file");
    }
    *out_fd = fd;
    return SK_OK;
}

enum sk_status pin_prompt(const char *token, int *out_fd, struct sk_err *err)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    struct termios before, quiet;
    enum sk_status status;
    struct pin pin;

    if (tty < 0 || tcgetattr(tty, &before) != 0) {
        status = err_errno(err, SK_IO, "the PIN cannot be asked for: no terminal");
        if (tty >= 0)
            (void)close(tty);
        return status;
    }
    quiet = before;
    /* Neither echo nor signals: an interrupted question must not leave the terminal mute. */
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    quiet.c_cc[VEOL] = CONTROL_C;
    (void)tcsetattr(tty, TCSAFLUSH, &quiet);
    (void)dprintf(tty, "PIN of %s: ", token);
    if (read_answer(tty, &pin))
        status = seal(&pin, out_fd, err);
    else
        status = err_set(err, SK_INPUT, "no PIN was given on the terminal");
    pin_wipe(&pin);
    (void)tcsetattr(tty, TCSAFLUSH, &before);
    (void)dprintf(tty, "\n");
    (void)close(tty);
    return status;
}
