/**
 * Which way dependencies may point (docs/architecture.md): each package may import those below it and nothing else.
 */
const below = {
  channel: [],
  shawn: ["channel"],
  mansion: ["channel", "shawn"],
  chidi: ["channel"],
  trevor: ["channel", "chidi"],
  hemple: ["channel"],
};

const direction = Object.entries(below).map(([name, allowed]) => ({
  name: `${name}-imports-only-what-is-below-it`,
  severity: "error",
  from: { path: `^packages/${name}/` },
  to: { path: "^(packages|apps)/", pathNot: `^packages/(${[name, ...allowed].join("|")})/` },
}));

// The rooms of chidi; what only a type is needed of may stand above.
const roomsBelow = {
  client: [],
  arrivals: [],
  answer: [],
  request: ["answer"],
  routing: ["answer", "request"],
  middleware: ["answer", "request", "routing"],
  handlers: ["answer", "request", "routing", "middleware"],
  connection: ["answer", "request", "routing"],
  http2: ["answer", "request", "connection"],
};

const rooms = Object.entries(roomsBelow).map(([name, allowed]) => ({
  name: `chidi-${name}-imports-only-rooms-below-it`,
  severity: "error",
  from: { path: `^packages/chidi/src/${name}/` },
  to: {
    path: "^packages/chidi/src/[^/]+/",
    pathNot: `^packages/chidi/src/(${[name, ...allowed].join("|")})/`,
    dependencyTypesNot: ["type-only"],
  },
}));

const portable = {
  name: "portable-code-imports-no-node-module",
  comment: "These run in browsers too.",
  severity: "error",
  from: {
    path: "^packages/(channel|shawn)/src|^packages/(trevor|hemple)/src/client|^packages/hemple/src/(browser|noise|wire)|^packages/mansion/src/(browser|memory|body|plain|errors)|^apps/neil/(page|src/domain)",
  },
  to: { dependencyTypes: ["core"] },
};

module.exports = {
  forbidden: [
    ...direction,
    ...rooms,
    portable,
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-deep-imports-between-packages",
      severity: "error",
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: { path: "^packages/([^/]+)/src/", pathNot: "^packages/$2/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules|/dist/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["types", "import"], mainFields: ["types"] },
  },
};
