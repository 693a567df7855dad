/** The notifications that a tab knows: the latest of them, and how many are unread in all. Pure. */

/** @import { Notification } from "./protocol.js" */

const MOST = 20;

export class Inbox {
  unread = 0;
  /** Newest first. @type {Notification[]} */
  latest = [];

  /** @param {{unread: number, latest: Notification[]}} notifications as a snapshot has them */
  replace({ unread, latest }) {
    this.unread = unread;
    this.latest = latest;
  }

  /**
   * Whether the notification changed anything.
   *
   * @param {Notification} notification
   */
  take(notification) {
    const before = this.latest.find(({ id }) => id === notification.id);
    if (before && notification.version < before.version) return false;
    // One that is not among the latest was unread before if it is read now, and new if it is not.
    const wasUnread = before ? before.read_at === null : notification.read_at !== null;
    const isUnread = notification.read_at === null;
    this.unread = Math.max(0, this.unread + Number(isUnread) - Number(wasUnread));
    const others = this.latest.filter(({ id }) => id !== notification.id);
    this.latest = [...others, notification].sort((a, b) => b.id - a.id).slice(0, MOST);
    return true;
  }
}
