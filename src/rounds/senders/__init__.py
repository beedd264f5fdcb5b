"""Senders: one file a channel, each with one verb (`send`) and one error (`NotDelivered`)."""

from rounds.senders.alertmanager import Alertmanager, AlertmanagerSender
from rounds.senders.apprise_sender import Apprise, AppriseSender
from rounds.senders.ping import Ping, PingSender
from rounds.senders.pushgateway import Pushgateway, PushgatewaySender
from rounds.senders.sender import Channel, NotDelivered, RoundSender, Sender, kinds
from rounds.senders.silences import Window
from rounds.senders.textfile import Textfile, TextfileSender
from rounds.senders.webhook import Webhook, WebhookSender

__all__ = [
    "Alertmanager", "AlertmanagerSender", "Apprise", "AppriseSender", "Channel", "NotDelivered", "Ping", "PingSender",
    "Pushgateway", "PushgatewaySender", "RoundSender", "Sender", "Textfile", "TextfileSender", "Webhook",
    "WebhookSender", "Window", "kinds",
]  # fmt: skip
