// Keeps the page in step with its server for months: opens the stream of states, notices when it has died without
// saying so, opens it again, and tells how long nothing that holds was heard.

const OPENING_POLL_MS = 2000;
const LONGEST_POLL_MS = 10000;
const ANSWER_MS = 5000;
const RELOAD_AT_MOST_EVERY_MS = 60000;

/**
 * Follow the board whose page is at `path` (`/board/hall-1`).
 *
 * `onState(state, id)` gets each whole state, parsed, and its id. `onAnswer(answer)` gets what the server says instead while it has
 * no such board. `onSilence(silent)` is called when silence begins and when it ends. `silentMs()` is how long may
 * pass without proof that the state shown is the server's.
 */
export function follow({ path, version, onState, onAnswer, onSilence, silentMs }) {
  let source = null;
  let shownId = null;
  let wrongTwice = false;
  let provenAt = performance.now();
  let silent = false;

  const proven = () => {
    provenAt = performance.now();
    wrongTwice = false;
    tellSilence();
  };

  const tellSilence = () => {
    const now = performance.now() - provenAt > silentMs();
    if (now !== silent) {
      silent = now;
      onSilence(silent);
    }
  };

  const open = () => {
    source?.close();
    source = new EventSource(`${path}/events`);
    source.addEventListener("state", (event) => {
      onState(JSON.parse(event.data), event.lastEventId);
      shownId = event.lastEventId;
      proven();
    });
  };

  const judge = (answer) => {
    if (answer.version !== undefined && answer.version !== version) {
      reloadOnce();
    }
    if (!answer.id) {
      source?.close();
      source = null;
      onAnswer(answer);
      return;
    }
    if (source === null || source.readyState === EventSource.CLOSED) {
      open();
    } else if (answer.id === shownId) {
      proven();
    } else if (wrongTwice) {
      wrongTwice = false;
      open();
    } else {
      wrongTwice = true; // a state may be on its way just now
    }
  };

  const poll = async () => {
    try {
      const answer = await fetch(`${path}/head`, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
      judge(await answer.json());
    } catch {
      // silence is what shows it
    }
    const connected = source !== null && source.readyState === EventSource.OPEN;
    setTimeout(poll, connected ? Math.min(LONGEST_POLL_MS, silentMs() / 3) : Math.min(OPENING_POLL_MS, silentMs() / 3));
  };

  setInterval(tellSilence, 500);
  poll();
}

/** The server has newer files than this page: load them, but never in a circle. */
function reloadOnce() {
  const last = Number(sessionStorage.getItem("reloaded") ?? 0);
  if (Date.now() - last > RELOAD_AT_MOST_EVERY_MS) {
    sessionStorage.setItem("reloaded", String(Date.now()));
    location.reload();
  }
}
