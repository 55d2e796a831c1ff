/* SHA-256 (FIPS 180-4) and HMAC (FIPS 198-1), without a heap: what digests and tags of telegrams need. */

#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK 64
#define SHA256_LENGTH 32

struct sha256 {
    uint32_t state[8];
    uint8_t block[SHA256_BLOCK];
    uint32_t length; /* bytes so far; less than 2^29 of them */
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const uint8_t *bytes, size_t count);
void sha256_end(struct sha256 *hash, uint8_t digest[SHA256_LENGTH]);

/* HMAC of the bytes; the key has at most SHA256_BLOCK bytes, as keys of telegrams have. */
void sha256_hmac(const uint8_t *key, size_t key_length, const uint8_t *bytes, size_t count,
                 uint8_t tag[SHA256_LENGTH]);

#endif
