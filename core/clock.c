/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clock.h"

#include <stdio.h>
#include <time.h>

enum { DAY = 86400 };
static const int64_t year_0 = -62167219200; /* 0000-01-01T00:00:00Z */
static const int64_t year_9999_end = 253402300799;

struct civil {
    int year, month, day, hour, minute, second;
};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the first of March style of counting (era of 400 years). */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}

static void civil_from_seconds(int64_t when, struct civil *c)
{
    int64_t days = when / DAY, rest = when % DAY;
    int64_t era, doe, yoe, doy, mp;

    if (rest < 0) {
        rest += DAY;
        days--;
    }
    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    doe = days - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    c->day = (int)(doy - (153 * mp + 2) / 5 + 1);
    c->month = (int)(mp < 10 ? mp + 3 : mp - 9);
    c->year = (int)(yoe + era * 400 + (c->month <= 2));
    c->hour = (int)(rest / 3600);
    c->minute = (int)(rest / 60 % 60);
    c->second = (int)(rest % 60);
}

static enum sk_status seconds_from_civil(const struct civil *c, int64_t *out)
{
    if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > days_in_month(c->year, c->month))
        return SK_INPUT;
    if (c->hour > 23 || c->minute > 59 || c->second > 59)
        return SK_INPUT;
    *out = days_from_civil(c->year, c->month, c->day) * DAY + c->hour * 3600 + c->minute * 60 +
           c->second;
    return SK_OK;
}

/* Reads count decimal digits at p into *out; false when one is not a digit. */
static bool digits(const uint8_t *p, int count, int *out)
{
    int value = 0, i;

    for (i = 0; i < count; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        value = value * 10 + (p[i] - '0');
    }
    *out = value;
    return true;
}

/* MMDDHHMMSSZ at p, the year already in c. */
static enum sk_status parse_rest(const uint8_t *p, struct civil *c, int64_t *out)
{
    if (!digits(p, 2, &c->month) || !digits(p + 2, 2, &c->day) || !digits(p + 4, 2, &c->hour) ||
        !digits(p + 6, 2, &c->minute) || !digits(p + 8, 2, &c->second) || p[10] != 'Z')
        return SK_INPUT;
    return seconds_from_civil(c, out);
}

enum sk_status clock_parse_utc_time(struct sk_bytes text, int64_t *out)
{
    struct civil c;

    if (text.len != 13 || !digits(text.p, 2, &c.year))
        return SK_INPUT;
    c.year += c.year >= 50 ? 1900 : 2000;
    return parse_rest(text.p + 2, &c, out);
}

enum sk_status clock_parse_generalized_time(struct sk_bytes text, int64_t *out)
{
    struct civil c;

    if (text.len != 15 || !digits(text.p, 4, &c.year))
        return SK_INPUT;
    return parse_rest(text.p + 4, &c, out);
}

/* "Z" or "+hh:mm" at p (ending the text): seconds to subtract. */
static enum sk_status parse_offset(const char *p, int64_t *out)
{
    int hours, minutes;

    if ((p[0] == 'Z' || p[0] == 'z') && p[1] == '\0') {
        *out = 0;
        return SK_OK;
    }
    if ((p[0] != '+' && p[0] != '-') || strlen(p) != 6 || p[3] != ':')
        return SK_INPUT;
    if (!digits((const uint8_t *)p + 1, 2, &hours) ||
        !digits((const uint8_t *)p + 4, 2, &minutes) || hours > 23 || minutes > 59)
        return SK_INPUT;
    *out = (p[0] == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
    return SK_OK;
}

/* The end of ".5" at p (RFC 3339 5.6, time-secfrac), p itself when there is none. */
static const char *skip_fraction(const char *p)
{
    size_t len = p[0] == '.' ? strspn(p + 1, "0123456789") : 0;

    return len > 0 ? p + 1 + len : p;
}

/* RFC 3339 5.7: a leap second is the last of a month of UTC. when: the second before it. */
static bool can_be_leap_second(int64_t when)
{
    struct civil c;

    civil_from_seconds(when + 1, &c);
    return c.day == 1 && c.hour == 0 && c.minute == 0 && c.second == 0;
}

enum sk_status clock_parse_rfc3339(const char *text, int64_t *out)
{
    const uint8_t *p = (const uint8_t *)text;
    struct civil c;
    int64_t offset, when;
    bool is_leap_second;

    if (strlen(text) < 20 || p[4] != '-' || p[7] != '-' || (p[10] != 'T' && p[10] != 't') ||
        p[13] != ':' || p[16] != ':')
        return SK_INPUT;
    if (!digits(p, 4, &c.year) || !digits(p + 5, 2, &c.month) || !digits(p + 8, 2, &c.day) ||
        !digits(p + 11, 2, &c.hour) || !digits(p + 14, 2, &c.minute) ||
        !digits(p + 17, 2, &c.second))
        return SK_INPUT;
    is_leap_second = c.second == 60;
    c.second -= is_leap_second;
    if (parse_offset(skip_fraction(text + 19), &offset) != SK_OK ||
        seconds_from_civil(&c, &when) != SK_OK)
        return SK_INPUT;
    when -= offset;
    if (is_leap_second && !can_be_leap_second(when))
        return SK_INPUT;
    *out = when + is_leap_second;
    return SK_OK;
}

static void put_two(char *out, int value)
{
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
}

enum sk_status clock_format_generalized(int64_t when, char out[CLOCK_TEXT])
{
    struct civil c;

    if (when < year_0 || when > year_9999_end)
        return SK_INPUT;
    civil_from_seconds(when, &c);
    (void)snprintf(out, CLOCK_TEXT, "%04d%02d%02d%02d%02d%02dZ", c.year, c.month, c.day, c.hour,
                   c.minute, c.second);
    return SK_OK;
}

void clock_format_rfc3339(int64_t when, char out[CLOCK_TEXT])
{
    struct civil c;

    if (when < year_0 || when > year_9999_end) {
        (void)snprintf(out, CLOCK_TEXT, "%s", when < 0 ? "before-time" : "never");
        return;
    }
    civil_from_seconds(when, &c);
    /* By hand, as in clock_format_http(): each validation has one of them. */
    memcpy(out, "yyyy-mm-ddThh:mm:ssZ", 21);
    put_two(out, c.year / 100);
    put_two(out + 2, c.year % 100);
    put_two(out + 5, c.month);
    put_two(out + 8, c.day);
    put_two(out + 11, c.hour);
    put_two(out + 14, c.minute);
    put_two(out + 17, c.second);
}

static const char week_days[7][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* 1970-01-01 was a Thursday. */
static const char *week_day(int64_t when)
{
    int64_t days = when >= 0 ? when / DAY : (when - (DAY - 1)) / DAY;

    return week_days[(days % 7 + 7) % 7];
}

void clock_format_http(int64_t when, char out[CLOCK_TEXT])
{
    struct civil c;

    if (when < year_0)
        when = year_0;
    if (when > year_9999_end)
        when = year_9999_end;
    civil_from_seconds(when, &c);
    /* By hand, since each OCSP answer has two of them and printf() shows in a profile. */
    memcpy(out, "Ddd, dd Mmm yyyy hh:mm:ss GMT", 30);
    memcpy(out, week_day(when), 3);
    put_two(out + 5, c.day);
    memcpy(out + 8, months[c.month - 1], 3);
    put_two(out + 12, c.year / 100);
    put_two(out + 14, c.year % 100);
    put_two(out + 17, c.hour);
    put_two(out + 20, c.minute);
    put_two(out + 23, c.second);
}

enum sk_status clock_parse_http(struct sk_bytes text, int64_t *out)
{
    struct civil c;
    const uint8_t *p = text.p;
    char again[CLOCK_TEXT];
    int64_t when;

    if (text.len != 29 || !digits(p + 5, 2, &c.day) || !digits(p + 12, 4, &c.year) ||
        !digits(p + 17, 2, &c.hour) || !digits(p + 20, 2, &c.minute) ||
        !digits(p + 23, 2, &c.second))
        return SK_INPUT;
    for (c.month = 1; c.month <= 12; c.month++) {
        if (memcmp(p + 8, months[c.month - 1], 3) == 0)
            break;
    }
    if (seconds_from_civil(&c, &when) != SK_OK)
        return SK_INPUT;
    /* One canonical form: whatever does not print back the same is not IMF-fixdate. */
    clock_format_http(when, again);
    if (memcmp(again, p, 29) != 0)
        return SK_INPUT;
    *out = when;
    return SK_OK;
}

static int64_t read_us(clockid_t id)
{
    struct timespec ts;

    if (clock_gettime(id, &ts) != 0)
        return 0;
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_wall(void)
{
    return read_us(CLOCK_REALTIME) / 1000000;
}

int64_t clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_cpu_us(void)
{
    return read_us(CLOCK_THREAD_CPUTIME_ID);
}
