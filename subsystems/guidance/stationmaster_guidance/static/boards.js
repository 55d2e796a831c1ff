// The list of boards needs nothing but the station's clock.

import { showClock } from "/static/clock.js";

showClock(document.getElementById("clock"));
