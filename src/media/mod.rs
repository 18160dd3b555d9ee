//! Sound, bytes in and bytes out: RTP, relay, G.711, jitter, DTMF, tones, AMD, prompts, recording. No sockets, no clock.
