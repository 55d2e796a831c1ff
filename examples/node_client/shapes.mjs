/**
 * The messages and resources as data, in the words of the document's tables and of `open-protocol-1.xsd`.
 *
 * `attributes`: `type!` is required, `type?` may be absent, `type=x` has the default x.
 * `elements`, in the order in which they stand: `what!` once, `what?` at most once, `what*` any number; `what` is a
 * simple type or another shape. `@resources` is where resources stand. `content` is the type of a shape's own text.
 * `extension: true`: the element may end with an `extension` and have attributes of other namespaces.
 * `opaque: true`: of this kind only id and revision matter to this client; what else stands there is not looked at.
 */

/** @typedef {{attributes?: Record<string, string>, elements?: Record<string, string>, content?: string, extension?: boolean, opaque?: boolean}} Shape */

const DEVICE = {
  attributes: {
    id: 'text!', identity: 'identity?', kind: 'word!', condition: 'condition!', since: 'instant!', detail: 'short-text=',
  },
  elements: { target: 'text*', reading: 'named-text*' },
};
const PLACES = { platform: 'text*', gate: 'text*', area: 'text*', exit: 'text*' };
const CLOCK = { clock: 'clock?', 'clock-error': 'count?' };

/** @type {Record<string, Shape>} */
export const PARTS = {
  position: { attributes: { epoch: 'epoch!', sequence: 'sequence!', hash: 'hash!' } },
  filter: { elements: { kind: 'word*', 'task-kind': 'task-kind*', target: 'text*' } },
  deletion: { attributes: { kind: 'word!', id: 'text!' } },
  result: {
    attributes: { target: 'text!', state: 'task-state!', at: 'instant!', base: 'instant?', detail: 'text=' },
  },
  'task-result': { attributes: { id: 'text!', at: 'instant!', task: 'text!' }, elements: { outcome: 'result!' } },
  'named-text': { attributes: { name: 'word!' }, content: 'text' },
  'language-text': { attributes: { language: 'text!' }, content: 'text' },
  'task-text': { attributes: { name: 'text!', language: 'text=' }, content: 'text' },
  stage: { attributes: { at: 'instant!', status: 'status!' }, elements: { text: 'task-text*' } },
  refusal: { attributes: { id: 'text!', code: 'code!', why: 'short-text=' } },
  clearance: { opaque: true },
  device: DEVICE,
  row: { attributes: { task: 'text!', revision: 'revision!', page: 'positive=1' } },
  readback: {
    attributes: { target: 'text!', at: 'instant!', evidence: 'evidence!', capacity: 'count?', blank: 'boolean=false' },
    elements: { row: 'row*' },
  },
  alarm: {
    attributes: { id: 'text!', identity: 'identity?', severity: 'severity!', since: 'instant!', cause: 'text=' },
    elements: { text: 'language-text*' },
  },
  hub: { attributes: { host: 'host!', port: 'port!' } },
};

/** @type {Record<string, Shape>} */
export const RESOURCES = {
  station: {
    attributes: {
      zone: 'text!', 'overdue-after': 'long=2', 'late-from': 'long=1', 'early-from': 'long=1', 'dwell-least': 'long=2',
      'suspended-row': 'long=60', keep: 'long=2160', 'turnaround-least': 'long=20', 'boarding-apart': 'boolean=false',
    },
    elements: { name: 'language-text*', language: 'text*', clearance: 'clearance?' },
  },
  board: {
    attributes: {
      type: 'text!', layout: 'text!', width: 'long=1920', height: 'long=1080', columns: 'long=0', rows: 'long=0',
    },
    elements: { name: 'language-text*', ...PLACES, group: 'text*' },
  },
  zone: { attributes: { type: 'text!' }, elements: { name: 'language-text*', ...PLACES } },
  task: {
    attributes: {
      call: 'text!', rule: 'text!', occurrence: 'long!', kind: 'task-kind!', base: 'instant?', start: 'instant?',
      end: 'instant?', due: 'instant?', 'valid-until': 'instant?', awaits: 'event?', 'hard-end': 'instant?',
      order: 'instant!', priority: 'long=50', 'feed-limit': 'long?', state: 'task-state=planned',
      hand: 'hand=automatic', 'by-hand': 'instant?', held: 'boolean=false', whole: 'boolean=false',
    },
    elements: { target: 'text*', stage: 'stage*', text: 'task-text*', result: 'result*' },
  },
  mode: { attributes: { since: 'instant!', by: 'text!' } },
  place: { opaque: true },
  name: { opaque: true },
  template: { opaque: true },
  layout: { opaque: true },
  rule: { opaque: true },
  call: { opaque: true },
  account: { opaque: true },
  pronunciation: { opaque: true },
};
for (const shape of Object.values(RESOURCES)) {
  shape.attributes = { id: 'text!', revision: 'revision!', ...shape.attributes };
  shape.extension = true;
}

/** @type {Record<string, Shape>} */
export const MESSAGES = {
  enrol: { attributes: { identity: 'identity!', code: 'token-text!' }, elements: { request: 'long-text?' } },
  enrolled: { attributes: { token: 'token-text=' }, elements: { certificate: 'long-text?', authority: 'long-text?' } },
  hello: {
    attributes: { identity: 'identity!', token: 'token-text=', version: 'version!', level: 'level=A' },
    elements: { executes: 'task-kind*', capability: 'word*', held: 'position?' },
  },
  welcome: {
    attributes: {
      version: 'version!', epoch: 'epoch!', heartbeat: 'positive!', largest: 'positive!', 'station-time': 'stamp!',
      ...CLOCK,
    },
  },
  subscribe: { attributes: { number: 'positive=1' }, elements: { filter: 'filter!', held: 'position?' } },
  subscribed: { attributes: { number: 'positive!', resumed: 'boolean=false' } },
  snapshot: {
    attributes: { part: 'positive!', last: 'boolean=false', digest: 'digest!' },
    elements: { position: 'position!', '@resources': '*' },
  },
  update: {
    attributes: { since: 'sequence!', to: 'sequence-from-1!', hash: 'hash!' },
    elements: { '@resources': '*', delete: 'deletion*' },
  },
  ack: {
    attributes: {
      epoch: 'epoch!', sequence: 'sequence!', outcome: 'ack-outcome=applied', reason: 'short-text=',
    },
  },
  'hub-heartbeat': {
    attributes: {
      last: 'sequence!', digest: 'digest!', 'station-time': 'stamp!', grade: 'grade!', 'fresh-at': 'instant?',
      stored: 'boolean=true', ...CLOCK,
    },
    elements: { position: 'position!' },
  },
  'client-heartbeat': { attributes: { digest: 'digest?' }, elements: { position: 'position?' } },
  report: {
    attributes: { number: 'positive!', whole: 'boolean=false' },
    elements: {
      'task-result': 'task-result*', device: 'device*', readback: 'readback*', alarm: 'alarm*', gone: 'deletion*',
    },
  },
  received: { attributes: { number: 'positive!' }, elements: { refusal: 'refusal*' } },
  'equipment-status': {
    attributes: { whole: 'boolean=false' },
    elements: { device: 'device*', alarm: 'alarm*', gone: 'deletion*' },
  },
  'time-request': { attributes: { sent: 'stamp!' } },
  'time-answer': { attributes: { asked: 'stamp!', received: 'stamp!', sent: 'stamp!', ...CLOCK } },
  command: {
    attributes: { id: 'text!', identity: 'identity?', action: 'word!', by: 'short-text!', expires: 'stamp!' },
    elements: { device: 'text*', target: 'text*', parameter: 'named-text*' },
  },
  'command-result': {
    attributes: { id: 'text!', state: 'command-state!', at: 'instant!', code: 'code?', detail: 'short-text=' },
  },
  error: { attributes: { code: 'code!', text: 'short-text=', hint: 'short-text=' } },
  bye: { attributes: { reason: 'bye-reason!', text: 'short-text=' }, elements: { hub: 'hub*' } },
};
for (const shape of Object.values(MESSAGES)) shape.extension = true;
