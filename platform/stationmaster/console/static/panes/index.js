// The panes in the order of their tabs.

import day from "./day.js";

export const panes = [day];
