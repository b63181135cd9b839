/** Where the server listens if nobody says otherwise. */
export const DEFAULT_RPC_PORT = 6660;
export const DEFAULT_WEB_PORT = 8888;
