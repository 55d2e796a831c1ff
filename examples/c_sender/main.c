/* Sends five telegrams to standard output: those of docs/telegram.md, in stored blocks.
 *
 *   c_sender                  not signed
 *   c_sender ID SECRET        signed with HMAC-SHA-256; the secret in hexadecimal digits
 *
 * On a small machine `transmit` writes to the UART, and the loop never ends: see README.md.
 */

#include <stdio.h>
#include <stdlib.h>

#include "telegram.h"

#define DAY 9556                               /* 2026-03-01 */
#define START ((int64_t)(DAY + 10957) * 86400) /* its 00:00 UTC */
#define TEN (START + 10 * 3600)

static struct tg_header header = {{'Q', 'H', 'D', 0}, 1, 7, 42};
static struct tg_payload payload;
static uint8_t frame[TG_FRAME_MOST];

static const struct tg_call planned = {
    .run = 1,
    .revision = 1,
    .day = DAY,
    .numbers = "G1",
    .train_class = TG_WORD(1), /* high speed */
    .kind = TG_THROUGH,
    .origin = TG_WORD(36),      /* Baotou */
    .destination = TG_WORD(20), /* Beijing */
    .planned_arrival = TEN,
    .planned_departure = TEN + 300,
    .track = "3",
    .actual_arrival = TG_NO_TIME,
    .actual_departure = TG_NO_TIME,
    .expected_arrival = TG_NO_TIME,
    .expected_departure = TG_NO_TIME,
    .reason = "",
};

/* Whole bytes go out one after the other; here to a file, on a small machine to the UART. */
static int transmit(const uint8_t *bytes, size_t count)
{
    return count > 0 && fwrite(bytes, 1, count, stdout) == count && fflush(stdout) == 0;
}

static int send(const struct tg_key *key)
{
    int sent = transmit(frame, tg_frame(frame, &header, &payload, key));

    header.sequence++;
    return sent;
}

static int send_all(const struct tg_key *key)
{
    struct tg_call late = planned;
    struct tg_hour hour = {DAY, 0, 1, {0}};
    const struct tg_state state = {TG_GOOD, TEN, 0, 0, 0, TG_NO_TIME};
    const struct tg_tombstone stone = {1, 3};
    uint8_t digest[TG_DIGEST];

    tg_calls(&payload, &planned, 1);
    if (!send(key))
        return 0;

    late.revision = 2;
    late.actual_arrival = TEN + 90;
    late.track = "4";
    tg_calls(&payload, &late, 1);
    if (!send(key))
        return 0;

    tg_state(&payload, &state);
    if (!send(key))
        return 0;

    hour.hour = tg_hour_of(&late);
    tg_hour_digest(&late, 1, hour.digest);
    tg_whole_digest(&hour, 1, digest);
    tg_manifest(&payload, 3, 1, digest, &hour, 1);
    if (!send(key))
        return 0;

    tg_tombstones(&payload, &stone, 1);
    return send(key);
}

static int nibble(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

int main(int argc, char **argv)
{
    static uint8_t secret[64];
    struct tg_key key = {0, secret, 0};
    const char *digits;

    if (argc == 1)
        return send_all(NULL) ? EXIT_SUCCESS : EXIT_FAILURE;
    if (argc == 3) {
        key.id = (uint8_t)atoi(argv[1]);
        for (digits = argv[2]; digits[0] != '\0' && key.length < sizeof secret; digits += 2) {
            if (nibble(digits[0]) < 0 || nibble(digits[1]) < 0)
                break;
            secret[key.length++] = (uint8_t)(16 * nibble(digits[0]) + nibble(digits[1]));
        }
        if (digits[0] == '\0' && key.length >= 16)
            return send_all(&key) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    fprintf(stderr, "usage: %s [ID SECRET]\n  SECRET: 32 to 128 hexadecimal digits\n", argv[0]);
    return 2;
}
