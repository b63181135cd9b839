// A thread whose result is a channel that lives in it, and so ends with it.
import { threadChannel } from "@good-place/channel/thread";

export default () => threadChannel(2);
