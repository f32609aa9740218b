"""The methods that tell about chats and who is in them. Knows no HTTP.

https://core.telegram.org/bots/api#getchat
"""

from __future__ import annotations

from tests.emulators.telegram.errors import Json, bad_request, forbidden
from tests.emulators.telegram.params import Params
from tests.emulators.telegram.rooms import find_room, open_room
from tests.emulators.telegram.world import GONE, MANAGERS, Room, User, World

_RIGHTS = (
    *("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories"),
    "can_delete_stories",
)
_PERMISSIONS = (
    *("can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos"),
    *("can_send_videos", "can_send_video_notes", "can_send_voice_notes", "can_send_polls"),
    *("can_send_other_messages", "can_add_web_page_previews", "can_change_info"),
    *("can_invite_users", "can_pin_messages", "can_manage_topics", "can_edit_tag"),
    "can_react_to_messages",
)
_GIFTS = (
    *("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"),
    "gifts_from_channels",
)


def get_chat(world: World, params: Params) -> Json:
    """getChat: a ChatFullInfo."""
    room = _visible_room(world, params)
    full = {"accent_color_id": 0, "max_reaction_count": 11}
    return room.json() | full | {"accepted_gift_types": dict.fromkeys(_GIFTS, True)}


def _visible_room(world: World, params: Params) -> Room:
    """The chat that a bot wants to look at: one with a name is public."""
    room = find_room(world, params)
    return room if room.username else open_room(world, params)


def get_chat_member(world: World, params: Params) -> Json:
    """getChatMember."""
    room = _looked_at(world, params)
    user = world.users.get(params.integer("user_id"))
    if user is None:
        raise bad_request("user not found")
    return member_json(room, user)


def _looked_at(world: World, params: Params) -> Room:
    """The chat whose members a bot asks for: in a channel only as administrator."""
    room = find_room(world, params)
    status = world.bot_status(room)
    if room.kind != "channel":
        return open_room(world, params)
    if status in GONE:
        raise forbidden("bot is not a member of the channel chat")
    if status not in MANAGERS:
        raise bad_request("member list is inaccessible")
    return room


def get_chat_administrators(world: World, params: Params) -> list[Json]:
    """getChatAdministrators: other bots are left out, this one is not."""
    room = open_room(world, params)
    if room.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    managers = [user for user, status in room.members.items() if status in MANAGERS]
    return [member_json(room, world.users[user]) for user in managers]


def get_chat_member_count(world: World, params: Params) -> int:
    """getChatMemberCount."""
    room = open_room(world, params)
    return sum(status not in {"left", "kicked"} for status in room.members.values())


def leave_chat(world: World, params: Params) -> bool:
    """leaveChat: the bot gets a my_chat_member update about it."""
    room = open_room(world, params)
    if room.kind == "private":
        raise bad_request("chat member status can't be changed in private chats")
    change_member(world, room, world.bot, "left", by=world.bot)
    return True


def member_json(room: Room, user: User, status: str = "", *, may_post: bool | None = None) -> Json:
    """A ChatMember object; as it is now, where nothing else is said."""
    may_post = user.id not in room.silenced if may_post is None else may_post
    status = status or room.members.get(user.id, "left")
    member: Json = {"status": status, "user": user.json()}
    if status == "creator":
        member["is_anonymous"] = False
    if status == "administrator":
        rights = dict.fromkeys(_RIGHTS, True) | {"can_promote_members": False}
        member |= {"can_be_edited": False, "is_anonymous": False} | rights
        if room.kind == "channel":
            member["can_post_messages"] = may_post
    if status == "kicked":
        member["until_date"] = 0
    if status == "restricted":
        member |= dict.fromkeys(_PERMISSIONS, True) | {"is_member": True, "until_date": 0}
        member["can_send_messages"] = "text messages" not in room.forbidden
    return member


def change_member(
    world: World, room: Room, user: User, status: str, by: User, *, may_post: bool = True
) -> None:
    """Give a member another status and tell the bot: my_chat_member about itself, else
    chat_member, which it gets only when it asked for it."""
    update = {
        "chat": room.json(),
        "from": by.json(),
        "date": int(world.now()),
        "old_chat_member": member_json(room, user),
        "new_chat_member": member_json(room, user, status, may_post=may_post),
    }
    (room.silenced.discard if may_post else room.silenced.add)(user.id)
    room.members[user.id] = status
    world.updates.put("my_chat_member" if user is world.bot else "chat_member", update)
