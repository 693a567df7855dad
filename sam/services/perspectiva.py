"""Telling the requesters of waiting parts where these stand. Writes nothing: positions change with each claim."""

from __future__ import annotations

from sam.dispatch import publish
from sam.events import OutlookFrame, user_group
from sam.selectors.cola import Outlook, outlooks_by_requester

Told = dict[int, dict[int, Outlook]]


def publish_outlooks(told: Told) -> Told:
    """Publish what is new since `told`; returns what has been told now.

    Each worker does so once a second: a client that hears the same twice shows the same.
    """
    now = outlooks_by_requester()
    for user_id, parts in now.items():
        if parts != told.get(user_id):
            frame: OutlookFrame = {
                "type": "outlook",
                "parts": {
                    str(pk): {"position": one.position, "eta": None, "reason": one.reason} for pk, one in parts.items()
                },
            }
            publish(user_group(user_id), {"type": "sam.frames", "frames": [frame]})
    return now
