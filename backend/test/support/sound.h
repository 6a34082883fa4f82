/**
 * @file test/support/sound.h  Synthetic sounds: something like a voice, and noises
 *
 * Each function adds its sound to the buffer, at 16 kHz; the level is the RMS [dBFS] while it
 * sounds. The same arguments give the same sound.
 */
#ifndef TEST_SUPPORT_SOUND_H
#define TEST_SUPPORT_SOUND_H

#include <stddef.h>
#include <stdint.h>

/** A sentence: vowels gliding into each other at a varying pitch, about four syllables a second,
 *  and some hisses. */
void sound_voice(int16_t *pcm, size_t n, double db, unsigned seed);

enum sound_colour { SOUND_WHITE, SOUND_PINK, SOUND_BROWN };
void sound_noise(int16_t *pcm, size_t n, enum sound_colour colour, double db, unsigned seed);

void sound_hum(int16_t *pcm, size_t n, double hz, double db);     /**< Mains hum: ten harmonics */
void sound_fan(int16_t *pcm, size_t n, double db, unsigned seed); /**< Blades in rushing air */
void sound_typing(int16_t *pcm, size_t n, double peak_db, unsigned seed);
void sound_breath(int16_t *pcm, size_t n, double db, unsigned seed);
void sound_chirp(int16_t *pcm, size_t n, double from_hz, double to_hz, double db);
void sound_notes(int16_t *pcm, size_t n, double db, unsigned seed); /**< A plucked tune */

#endif
