// The very first script, so small that it is there before style and picture: the file of the province that a link leads to
// is on its way while those still come.
import { askProvince, linkOf } from "./asking.js";

askProvince(linkOf(location.hash));
