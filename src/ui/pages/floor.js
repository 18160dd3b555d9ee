import { enter, shell } from "./shell.js";
shell.page = "floor";
shell.begin = () => {};
enter();
