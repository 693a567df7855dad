/** Where the queue's page comes alive, on the connection that every page has. */

import { QueuePage } from "../elements/queue-page.js";
import { QueuePart } from "../elements/queue-part.js";
import { live } from "../main.js";

if (live) {
  QueuePage.live = live;
  QueuePart.live = live;
  customElements.define("queue-page", QueuePage);
  customElements.define("queue-part", QueuePart);
}
