/**
 * The first module of every thread that `goThread` starts by the URL of a module, and the only one that is run without
 * being imported: its body is that module's default export.
 */
import { serve } from "./serve.js";

serve(({ url }) => import(/* @vite-ignore */ /* webpackIgnore: true */ url));
