/* Telegrams of the one-way line, version 1, as docs/telegram.md describes them: the sending side for a small machine.
 *
 * No heap and no library. Contents are written into a payload, and a payload is made into a frame, with one stored
 * block of deflate. What does not fit makes tg_frame give 0, and nothing is then sent.
 */

#ifndef TELEGRAM_H
#define TELEGRAM_H

#include <stddef.h>
#include <stdint.h>

#define TG_FRAME_MOST 240          /* bytes on the line, both delimiters included */
#define TG_PAYLOAD_MOST 213        /* bytes of MessagePack in one stored block */
#define TG_SIGNED_PAYLOAD_MOST 204 /* where a tag takes nine */
#define TG_DIGEST 8
#define TG_NO_TIME INT64_MIN

enum tg_type { TG_CALLS = 1, TG_TOMBSTONES = 2, TG_MANIFEST = 3, TG_STATE = 4 };
enum tg_kind { TG_ORIGIN = 0, TG_TERMINUS = 1, TG_THROUGH = 2, TG_PASSING = 3 };
enum tg_running { TG_SCHEDULED = 0, TG_SUSPENDED = 1, TG_EXTRA = 2, TG_DIVERTED = 3 };
enum tg_database { TG_STARTING = 0, TG_GOOD = 1, TG_SLOW = 2, TG_GONE = 3, TG_UNFIT = 4, TG_OTHER = 255 };
enum tg_unknown { TG_KNOWN = 0, TG_ARRIVAL_UNKNOWN = 1, TG_DEPARTURE_UNKNOWN = 2 };

/* HMAC-SHA-256; the secret has 16 to 64 bytes. */
struct tg_key {
    uint8_t id;
    const uint8_t *secret;
    size_t length;
};

/* The station's telecode is filled with zeros. */
struct tg_header {
    char station[4];
    uint8_t gateway;
    uint32_t epoch;
    uint32_t sequence;
};

/* Text, or (where text is NULL) the place of a word of the list. */
struct tg_word {
    const char *text;
    uint16_t place;
};

#define TG_TEXT(said) {(said), 0}
#define TG_WORD(place) {NULL, (place)}

/* All text is UTF-8. Times are seconds since 1970-01-01 UTC, or TG_NO_TIME; `day` is days since 2000-01-01. */
struct tg_call {
    uint64_t run;
    uint32_t revision;
    uint32_t day;
    const char *numbers; /* divided by '/' */
    struct tg_word train_class;
    enum tg_kind kind;
    struct tg_word origin, destination;
    int64_t planned_arrival, planned_departure;
    const char *track;
    int64_t actual_arrival, actual_departure;
    int64_t expected_arrival, expected_departure;
    unsigned unknown; /* tg_unknown, added up */
    enum tg_running running;
    const char *reason;
};

struct tg_tombstone {
    uint64_t run;
    uint32_t revision;
};

struct tg_hour {
    uint32_t day;
    int16_t hour;
    uint32_t count;
    uint8_t digest[TG_DIGEST];
};

struct tg_state {
    enum tg_database database;
    int64_t database_time; /* or TG_NO_TIME, like gateway_time */
    uint32_t read_age, faulty, held;
    int64_t gateway_time;
};

struct tg_payload {
    enum tg_type type;
    uint8_t bytes[TG_PAYLOAD_MOST];
    size_t length; /* more than TG_PAYLOAD_MOST: it did not fit */
};

/* Contents. All calls of one telegram are of one service date. */
void tg_calls(struct tg_payload *payload, const struct tg_call *calls, size_t count);
void tg_tombstones(struct tg_payload *payload, const struct tg_tombstone *stones, size_t count);
void tg_manifest(struct tg_payload *payload, uint32_t cycle, uint32_t count, const uint8_t digest[TG_DIGEST],
                 const struct tg_hour *hours, size_t hour_count);
void tg_state(struct tg_payload *payload, const struct tg_state *state);

/* The hour of a call within its service date, and the digests of a manifest: calls ascending by run, hours by day
 * and hour. */
int16_t tg_hour_of(const struct tg_call *call);
void tg_hour_digest(const struct tg_call *calls, size_t count, uint8_t digest[TG_DIGEST]);
void tg_whole_digest(const struct tg_hour *hours, size_t count, uint8_t digest[TG_DIGEST]);

/* The frame as it goes down the line; gives its length, 0 if the payload does not fit. `key` NULL: not signed. */
size_t tg_frame(uint8_t frame[TG_FRAME_MOST], const struct tg_header *header, const struct tg_payload *payload,
                const struct tg_key *key);

#endif
