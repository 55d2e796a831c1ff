/* Says with the C sender what the vectors in docs/telegram/vectors say: "name frame-in-hexadecimal" a line. */

#include <stdio.h>
#include <string.h>

#include "telegram.h"

#define DAY 9556
#define START ((int64_t)(DAY + 10957) * 86400)
#define TEN (START + 36000)

static const uint8_t secret[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                   16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
static const struct tg_key key = {1, secret, sizeof secret};
static struct tg_payload payload;

static void say(const char *name, struct tg_header header, const struct tg_key *with)
{
    uint8_t frame[TG_FRAME_MOST];
    size_t length = tg_frame(frame, &header, &payload, with), i;

    printf("%s ", name);
    for (i = 0; i < length; i++)
        printf("%02x", frame[i]);
    printf("\n");
}

static void say_at(const char *name, uint32_t sequence)
{
    struct tg_header header = {{'Q', 'H', 'D', 0}, 1, 7, 0};

    header.sequence = sequence;
    say(name, header, NULL);
}

static struct tg_call through(void)
{
    struct tg_call call = {0};

    call.run = 1;
    call.revision = 1;
    call.day = DAY;
    call.numbers = "G1";
    call.train_class.place = 1;
    call.kind = TG_THROUGH;
    call.origin.place = 36;
    call.destination.place = 20;
    call.planned_arrival = TEN;
    call.planned_departure = TEN + 300;
    call.track = "3";
    call.actual_arrival = call.actual_departure = TG_NO_TIME;
    call.expected_arrival = call.expected_departure = TG_NO_TIME;
    call.reason = "";
    return call;
}

static void calls(void)
{
    struct tg_call calls[3], *origin = &calls[0], *terminus = &calls[1], call;

    *origin = *terminus = calls[2] = through();
    origin->run = 12;
    origin->kind = TG_ORIGIN;
    origin->planned_arrival = TG_NO_TIME;
    origin->origin = (struct tg_word)TG_WORD(ORIGIN_PLACE);
    origin->expected_departure = TEN + 900;
    tg_calls(&payload, origin, 1);
    say_at("origin", 1);

    terminus->run = 7;
    terminus->revision = 9;
    terminus->numbers = "G2402/G2403";
    terminus->kind = TG_TERMINUS;
    terminus->planned_departure = TG_NO_TIME;
    terminus->destination = (struct tg_word)TG_WORD(ORIGIN_PLACE);
    terminus->unknown = TG_ARRIVAL_UNKNOWN;
    terminus->reason = "\xe6\x9a\xb4\xe9\x9b\xa8";
    tg_calls(&payload, terminus, 1);
    say_at("terminus", 2);
    tg_calls(&payload, calls, 3);
    say_at("several", 5);

    call = through();
    call.run = ((uint64_t)1 << 53) - 1;
    call.revision = 0xffffffff;
    call.numbers = "X101";
    call.train_class.place = 12;
    call.kind = TG_PASSING;
    call.origin = (struct tg_word)TG_TEXT("A place of no list");
    call.planned_departure = TEN;
    call.actual_departure = TEN - 61;
    call.track = "";
    tg_calls(&payload, &call, 1);
    say_at("passing", 3);

    call = through();
    call.run = 5;
    call.planned_arrival = START - 600;
    call.planned_departure = START + 300;
    call.expected_arrival = START;
    call.unknown = TG_ARRIVAL_UNKNOWN + TG_DEPARTURE_UNKNOWN;
    call.running = TG_SUSPENDED;
    call.reason = "\xe5\xa1\x8c\xe6\x96\xb9: "
                  "\xe5\x89\x8d\xe6\x96\xb9\xe8\xbd\xa6\xe7\xab\x99\xe6\x8b\xa5\xe5\xa0\xb5";
    tg_calls(&payload, &call, 1);
    say_at("night", 4);
}

static void others(void)
{
    const struct tg_tombstone stones[3] = {{9, 2}, {3, 2}, {70000, 2}};
    struct tg_state state = {TG_GOOD, TEN, 0, 0, 0, TG_NO_TIME};
    uint8_t digest[TG_DIGEST];

    tg_tombstones(&payload, stones, 3);
    say_at("stones", 6);
    tg_whole_digest(NULL, 0, digest);
    tg_manifest(&payload, 0, 0, digest, NULL, 0);
    say_at("nothing", 7);

    tg_state(&payload, &state);
    say("header-widest", (struct tg_header){{'A', 0, 0, 0}, 255, 0xffffffff, 0xffffffff}, NULL);
    say("header-zeros", (struct tg_header){{'Q', 'H', 'D', 0}, 1, 256, 0x01000000}, NULL);
    state.gateway_time = TEN + 2;
    tg_state(&payload, &state);
    say_at("state-time", 8);
    state = (struct tg_state){TG_UNFIT, TG_NO_TIME, 40, 0, 0, TG_NO_TIME};
    tg_state(&payload, &state);
    say_at("state-unfit", 9);
}

/* The longest payloads that fit, and one byte more. */
static void longest(const char *name, const struct tg_key *with, size_t room)
{
    const struct tg_header header = {{'Q', 'H', 'D', 0}, 1, 7, 14};
    char reason[TG_PAYLOAD_MOST + 1];
    struct tg_call call = through();

    memset(reason, 0, sizeof reason);
    call.reason = reason;
    tg_calls(&payload, &call, 1);
    while (payload.length < room) {
        reason[strlen(reason)] = 'x';
        tg_calls(&payload, &call, 1);
    }
    say(name, header, with);
    reason[strlen(reason)] = 'x';
    tg_calls(&payload, &call, 1);
    say("too-long", header, with);
}

int main(void)
{
    calls();
    others();
    longest("longest", NULL, TG_PAYLOAD_MOST);
    longest("longest-signed", &key, TG_SIGNED_PAYLOAD_MOST);
    return 0;
}
