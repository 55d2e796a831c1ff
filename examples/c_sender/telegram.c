#include "telegram.h"

#include "sha256.h"

#define VERSION 1
#define AUTHENTICATED 0x80
#define HEADER 15
#define TAG 8
#define DAY_S 86400
#define DAY_ZERO 10957 /* 2000-01-01, in days since 1970-01-01 */
#define OPTIONAL 9     /* the first position of a call that may be left out */
#define POSITIONS 17

/* Numbers, high byte first. */

static void put_big(uint8_t *at, uint64_t value, unsigned bytes)
{
    while (bytes > 0) {
        bytes--;
        *at++ = (uint8_t)(value >> (8 * bytes));
    }
}

/* MessagePack, in its shortest forms. */

static void put(struct tg_payload *payload, unsigned byte)
{
    if (payload->length < TG_PAYLOAD_MOST)
        payload->bytes[payload->length] = (uint8_t)byte;
    if (payload->length <= TG_PAYLOAD_MOST)
        payload->length++;
}

static void put_bytes(struct tg_payload *payload, unsigned code, uint64_t value, unsigned bytes)
{
    uint8_t big[8];
    unsigned i;

    put_big(big, value, bytes);
    put(payload, code);
    for (i = 0; i < bytes; i++)
        put(payload, big[i]);
}

static void put_nil(struct tg_payload *payload)
{
    put(payload, 0xc0);
}

static void put_integer(struct tg_payload *payload, int64_t value)
{
    if (value >= 0) {
        if (value < 0x80)
            put(payload, (unsigned)value);
        else if (value <= 0xff)
            put_bytes(payload, 0xcc, (uint64_t)value, 1);
        else if (value <= 0xffff)
            put_bytes(payload, 0xcd, (uint64_t)value, 2);
        else if (value <= 0xffffffff)
            put_bytes(payload, 0xce, (uint64_t)value, 4);
        else
            put_bytes(payload, 0xcf, (uint64_t)value, 8);
    } else {
        if (value >= -0x20)
            put(payload, (unsigned)(0x100 + value));
        else if (value >= -0x80)
            put_bytes(payload, 0xd0, (uint64_t)value, 1);
        else if (value >= -0x8000)
            put_bytes(payload, 0xd1, (uint64_t)value, 2);
        else if (value >= -0x7fffffff - 1)
            put_bytes(payload, 0xd2, (uint64_t)value, 4);
        else
            put_bytes(payload, 0xd3, (uint64_t)value, 8);
    }
}

static void put_array(struct tg_payload *payload, size_t count)
{
    if (count < 16)
        put(payload, 0x90 + (unsigned)count);
    else
        put_bytes(payload, 0xdc, count, 2);
}

static void put_text(struct tg_payload *payload, const char *text)
{
    size_t length = 0;

    while (text[length] != '\0')
        length++;
    if (length < 32)
        put(payload, 0xa0 + (unsigned)length);
    else if (length <= 0xff)
        put_bytes(payload, 0xd9, length, 1);
    else
        put_bytes(payload, 0xda, length, 2); /* never fits, and so is never sent */
    while (*text != '\0')
        put(payload, (uint8_t)*text++);
}

static void put_digest(struct tg_payload *payload, const uint8_t digest[TG_DIGEST])
{
    unsigned i;

    put_bytes(payload, 0xc4, TG_DIGEST, 1);
    for (i = 0; i < TG_DIGEST; i++)
        put(payload, digest[i]);
}

static void begin(struct tg_payload *payload, enum tg_type type)
{
    payload->type = type;
    payload->length = 0;
}

/* What telegrams say. */

static int64_t floored(int64_t value, int64_t by)
{
    return value >= 0 ? value / by : -((by - 1 - value) / by);
}

static void put_word(struct tg_payload *payload, const struct tg_word *word)
{
    if (word->text != NULL)
        put_text(payload, word->text);
    else
        put_integer(payload, word->place);
}

/* Minutes after another time, or minutes and seconds. */
static void put_time(struct tg_payload *payload, int64_t time, int64_t base)
{
    int64_t minutes;

    if (time == TG_NO_TIME) {
        put_nil(payload);
        return;
    }
    minutes = floored(time - base, 60);
    if (time - base == 60 * minutes) {
        put_integer(payload, minutes);
    } else {
        put_array(payload, 2);
        put_integer(payload, minutes);
        put_integer(payload, time - base - 60 * minutes);
    }
}

static int64_t day_start(uint32_t day)
{
    return ((int64_t)day + DAY_ZERO) * DAY_S;
}

/* How many positions a call has when those at its end that have their usual value are left out. */
static unsigned positions(const struct tg_call *call)
{
    if (call->reason[0] != '\0')
        return POSITIONS;
    if (call->running != TG_SCHEDULED)
        return 16;
    if (call->unknown != TG_KNOWN)
        return 15;
    if (call->expected_departure != TG_NO_TIME)
        return 14;
    if (call->expected_arrival != TG_NO_TIME)
        return 13;
    if (call->actual_departure != TG_NO_TIME)
        return 12;
    if (call->actual_arrival != TG_NO_TIME)
        return 11;
    return call->track[0] != '\0' ? 10 : OPTIONAL;
}

static void put_call(struct tg_payload *payload, const struct tg_call *call, uint64_t run_before, int64_t base)
{
    unsigned count = positions(call);

    put_array(payload, count);
    put_integer(payload, (int64_t)call->run - (int64_t)run_before);
    put_integer(payload, call->revision);
    put_text(payload, call->numbers);
    put_word(payload, &call->train_class);
    put_integer(payload, call->kind);
    put_word(payload, &call->origin);
    put_word(payload, &call->destination);
    put_time(payload, call->planned_arrival, base);
    put_time(payload, call->planned_departure, call->planned_arrival == TG_NO_TIME ? base : call->planned_arrival);
    if (count > 9)
        put_text(payload, call->track);
    if (count > 10)
        put_time(payload, call->actual_arrival, call->planned_arrival);
    if (count > 11)
        put_time(payload, call->actual_departure, call->planned_departure);
    if (count > 12)
        put_time(payload, call->expected_arrival, call->planned_arrival);
    if (count > 13)
        put_time(payload, call->expected_departure, call->planned_departure);
    if (count > 14)
        put_integer(payload, call->unknown);
    if (count > 15)
        put_integer(payload, call->running);
    if (count > 16)
        put_text(payload, call->reason);
}

void tg_calls(struct tg_payload *payload, const struct tg_call *calls, size_t count)
{
    int64_t first = calls[0].planned_arrival == TG_NO_TIME ? calls[0].planned_departure : calls[0].planned_arrival;
    int64_t start = day_start(calls[0].day);
    int64_t base = floored(first - start, 60);
    uint64_t run = 0;
    size_t i;

    begin(payload, TG_CALLS);
    put_array(payload, 2 + count);
    put_integer(payload, calls[0].day);
    put_integer(payload, base);
    for (i = 0; i < count; i++) {
        put_call(payload, &calls[i], run, start + 60 * base);
        run = calls[i].run;
    }
}

void tg_tombstones(struct tg_payload *payload, const struct tg_tombstone *stones, size_t count)
{
    size_t i;

    begin(payload, TG_TOMBSTONES);
    put_array(payload, 2 * count);
    for (i = 0; i < count; i++) {
        put_integer(payload, (int64_t)stones[i].run);
        put_integer(payload, stones[i].revision);
    }
}

void tg_manifest(struct tg_payload *payload, uint32_t cycle, uint32_t count, const uint8_t digest[TG_DIGEST],
                 const struct tg_hour *hours, size_t hour_count)
{
    size_t i;

    begin(payload, TG_MANIFEST);
    put_array(payload, 3 + 4 * hour_count);
    put_integer(payload, cycle);
    put_integer(payload, count);
    put_digest(payload, digest);
    for (i = 0; i < hour_count; i++) {
        put_integer(payload, hours[i].day);
        put_integer(payload, hours[i].hour);
        put_integer(payload, hours[i].count);
        put_digest(payload, hours[i].digest);
    }
}

void tg_state(struct tg_payload *payload, const struct tg_state *state)
{
    begin(payload, TG_STATE);
    put_array(payload, state->gateway_time == TG_NO_TIME ? 5 : 6);
    put_integer(payload, state->database);
    if (state->database_time == TG_NO_TIME)
        put_nil(payload);
    else
        put_integer(payload, state->database_time);
    put_integer(payload, state->read_age);
    put_integer(payload, state->faulty);
    put_integer(payload, state->held);
    if (state->gateway_time != TG_NO_TIME)
        put_integer(payload, state->gateway_time);
}

/* Digests of manifests. */

int16_t tg_hour_of(const struct tg_call *call)
{
    int64_t time = call->planned_departure == TG_NO_TIME ? call->planned_arrival : call->planned_departure;

    return (int16_t)floored(time - day_start(call->day), 3600);
}

static void end_digest(struct sha256 *hash, uint8_t digest[TG_DIGEST])
{
    uint8_t whole[SHA256_LENGTH];
    unsigned i;

    sha256_end(hash, whole);
    for (i = 0; i < TG_DIGEST; i++)
        digest[i] = whole[i];
}

void tg_hour_digest(const struct tg_call *calls, size_t count, uint8_t digest[TG_DIGEST])
{
    struct sha256 hash;
    uint8_t pair[12];
    size_t i;

    sha256_begin(&hash);
    for (i = 0; i < count; i++) {
        put_big(pair, calls[i].run, 8);
        put_big(pair + 8, calls[i].revision, 4);
        sha256_add(&hash, pair, sizeof pair);
    }
    end_digest(&hash, digest);
}

void tg_whole_digest(const struct tg_hour *hours, size_t count, uint8_t digest[TG_DIGEST])
{
    struct sha256 hash;
    uint8_t packed[10];
    size_t i;

    sha256_begin(&hash);
    for (i = 0; i < count; i++) {
        put_big(packed, hours[i].day, 4);
        put_big(packed + 4, (uint16_t)hours[i].hour, 2);
        put_big(packed + 6, hours[i].count, 4);
        sha256_add(&hash, packed, sizeof packed);
        sha256_add(&hash, hours[i].digest, TG_DIGEST);
    }
    end_digest(&hash, digest);
}

/* Frames. */

/* The check sum of Ethernet, ZIP and PNG, bit by bit: no table. */
static uint32_t crc32(const uint8_t *bytes, size_t count)
{
    uint32_t crc = 0xffffffff;
    unsigned bit;

    while (count-- > 0) {
        crc ^= *bytes++;
        for (bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/* Take the zeros out of frame[2 … 2 + count] and put the delimiters around; gives the length of the frame. */
static size_t stuff(uint8_t *frame, size_t count)
{
    size_t code = 1, at;

    for (at = 2; at < 2 + count; at++) {
        if (frame[at] == 0) {
            frame[code] = (uint8_t)(at - code);
            code = at;
        }
    }
    frame[code] = (uint8_t)(at - code);
    frame[0] = frame[at] = 0;
    return at + 1;
}

/* Header, key id and payload follow one another under the HMAC, and the tag, which is not yet there, is left out. */
static void sign(uint8_t *body, size_t stream_length, const struct tg_key *key)
{
    uint8_t signed_bytes[TG_FRAME_MOST], tag[SHA256_LENGTH];
    size_t length = 0, i;

    for (i = 0; i < HEADER + 1; i++)
        signed_bytes[length++] = body[i];
    for (i = 0; i < stream_length; i++)
        signed_bytes[length++] = body[HEADER + 1 + TAG + i];
    sha256_hmac(key->secret, key->length, signed_bytes, length, tag);
    for (i = 0; i < TAG; i++)
        body[HEADER + 1 + i] = tag[i];
}

size_t tg_frame(uint8_t frame[TG_FRAME_MOST], const struct tg_header *header, const struct tg_payload *payload,
                const struct tg_key *key)
{
    uint8_t *body = frame + 2, *stream = body + HEADER + (key != NULL ? 1 + TAG : 0);
    size_t length, i;

    if (payload->length > (key != NULL ? TG_SIGNED_PAYLOAD_MOST : TG_PAYLOAD_MOST))
        return 0;
    body[0] = VERSION;
    body[1] = (uint8_t)(payload->type | (key != NULL ? AUTHENTICATED : 0));
    for (i = 0; i < 4; i++)
        body[2 + i] = (uint8_t)header->station[i];
    body[6] = header->gateway;
    put_big(body + 7, header->epoch, 4);
    put_big(body + 11, header->sequence, 4);

    stream[0] = 0x01; /* the last block, and stored */
    stream[1] = (uint8_t)payload->length;
    stream[2] = 0;
    stream[3] = (uint8_t)~stream[1];
    stream[4] = 0xff;
    for (i = 0; i < payload->length; i++)
        stream[5 + i] = payload->bytes[i];

    if (key != NULL) {
        body[HEADER] = key->id;
        sign(body, 5 + payload->length, key);
    }
    length = (size_t)(stream - body) + 5 + payload->length;
    put_big(body + length, crc32(body, length), 4);
    return stuff(frame, length + 4);
}
