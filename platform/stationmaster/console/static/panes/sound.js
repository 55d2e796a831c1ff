// Sounds of the console: a tone that calls somebody, and what loudspeakers say. Made and decoded in the page itself.

const TONE_HZ = [880, 660];
const TONE_S = 0.16;
const START_S = 0.02;

let context = null;

/** Browsers let a page sound only after somebody has used it: until then this is suspended, and goes on by itself. */
function ready() {
  context ??= new AudioContext();
  if (context.state === "suspended") {
    context.resume();
  }
  return context;
}

/** Two short tones, `volume` from 0 to 1; gives whether they can be heard now. */
export function beep(volume) {
  const audio = ready();
  TONE_HZ.forEach((hertz, number) => {
    const from = audio.currentTime + START_S + number * TONE_S;
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(volume * 0.5, from + 0.01);
    gain.gain.setValueAtTime(volume * 0.5, from + TONE_S - 0.03);
    gain.gain.linearRampToValueAtTime(0, from + TONE_S);
    tone.connect(gain).connect(audio.destination);
    tone.start(from);
    tone.stop(from + TONE_S);
  });
  return audio.state === "running";
}

/** Plays one sound at a time; `onChange(playing)` is told what it plays, or null. */
export class Player {
  constructor(onChange) {
    this.onChange = onChange;
    this.source = null;
    this.wanted = 0;
  }

  /** Fetch a sound and play it from where it is; throws the `Problem` of who has none. `what` is told to the listener. */
  async play(desk, { method = "GET", path, body }, what) {
    this.stop();
    const mine = ++this.wanted;
    this.onChange({ ...what, loading: true });
    try {
      const answer = await desk.api.answer(method, path, body);
      const offset = Number(answer.headers.get("X-Sound-Offset") ?? 0);
      const live = answer.headers.get("X-Sound-Playing") === "yes";
      const sound = await ready().decodeAudioData(await answer.arrayBuffer());
      if (mine !== this.wanted) {
        return;
      }
      const source = context.createBufferSource();
      source.buffer = sound;
      source.connect(context.destination);
      source.onended = () => source === this.source && this.end();
      source.start(0, Math.min(offset, Math.max(0, sound.duration - 0.05)));
      this.source = source;
      this.onChange({ ...what, live, seconds: sound.duration, offset });
    } catch (problem) {
      if (mine === this.wanted) {
        this.onChange(null);
      }
      throw problem;
    }
  }

  stop() {
    this.wanted += 1;
    if (this.source !== null) {
      this.source.stop();
      this.end();
    }
  }

  end() {
    this.source = null;
    this.onChange(null);
  }
}
