#include "sha256.h"

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turned(uint32_t value, unsigned bits)
{
    return (value >> bits) | (value << (32 - bits));
}

static void take_block(struct sha256 *hash)
{
    uint32_t w[64], s[8];
    unsigned i;

    for (i = 0; i < 16; i++) {
        const uint8_t *at = hash->block + 4 * i;
        w[i] = ((uint32_t)at[0] << 24) | ((uint32_t)at[1] << 16) | ((uint32_t)at[2] << 8) | at[3];
    }
    for (; i < 64; i++) {
        uint32_t a = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t b = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    for (i = 0; i < 8; i++)
        s[i] = hash->state[i];
    for (i = 0; i < 64; i++) {
        uint32_t one = s[7] + (turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25)) +
                       ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[i] + w[i];
        uint32_t two = (turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22)) +
                       ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        unsigned n;
        for (n = 7; n > 0; n--)
            s[n] = s[n - 1];
        s[4] += one;
        s[0] = one + two;
    }
    for (i = 0; i < 8; i++)
        hash->state[i] += s[i];
}

void sha256_begin(struct sha256 *hash)
{
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    unsigned i;

    for (i = 0; i < 8; i++)
        hash->state[i] = first[i];
    hash->length = 0;
}

void sha256_add(struct sha256 *hash, const uint8_t *bytes, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        hash->block[hash->length % SHA256_BLOCK] = bytes[i];
        hash->length++;
        if (hash->length % SHA256_BLOCK == 0)
            take_block(hash);
    }
}

void sha256_end(struct sha256 *hash, uint8_t digest[SHA256_LENGTH])
{
    static const uint8_t mark = 0x80, zero = 0;
    uint32_t bits = hash->length * 8;
    uint8_t length[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    unsigned i;

    for (i = 0; i < 4; i++)
        length[4 + i] = (uint8_t)(bits >> (24 - 8 * i));
    sha256_add(hash, &mark, 1);
    while (hash->length % SHA256_BLOCK != SHA256_BLOCK - 8)
        sha256_add(hash, &zero, 1);
    sha256_add(hash, length, 8);
    for (i = 0; i < SHA256_LENGTH; i++)
        digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_hmac(const uint8_t *key, size_t key_length, const uint8_t *bytes, size_t count,
                 uint8_t tag[SHA256_LENGTH])
{
    struct sha256 hash;
    uint8_t pad[SHA256_BLOCK], inner[SHA256_LENGTH];
    size_t i;

    for (i = 0; i < SHA256_BLOCK; i++)
        pad[i] = (uint8_t)((i < key_length ? key[i] : 0) ^ 0x36);
    sha256_begin(&hash);
    sha256_add(&hash, pad, SHA256_BLOCK);
    sha256_add(&hash, bytes, count);
    sha256_end(&hash, inner);
    for (i = 0; i < SHA256_BLOCK; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    sha256_begin(&hash);
    sha256_add(&hash, pad, SHA256_BLOCK);
    sha256_add(&hash, inner, SHA256_LENGTH);
    sha256_end(&hash, tag);
}
