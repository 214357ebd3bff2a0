// The "IPv6 Ready" label: shown by a script of the page's own origin, so that it says something about this site only.
"use strict";
document.getElementById("ipv6-ready").hidden = false;
