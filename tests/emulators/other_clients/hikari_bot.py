"""An echo bot on hikari as it comes: `python hikari_bot.py API TOKEN`. Knows no Dateline.

https://docs.hikari-py.dev
"""
# mypy: ignore-errors
# (hikari lives in an environment of its own: its types are not at hand here)

from __future__ import annotations

import sys

import hikari

api, token = sys.argv[1:]
bot = hikari.GatewayBot(token, rest_url=api, banner=None, allow_color=False)


@bot.listen()
async def register(_: hikari.StartingEvent) -> None:
    """Register one slash command with an option."""
    me = await bot.rest.fetch_application()
    command = bot.rest.slash_command_builder("echo", "Says it again")
    option = hikari.CommandOption(
        type=hikari.OptionType.STRING, name="words", description="What", is_required=True
    )
    await bot.rest.set_application_commands(me.id, [command.add_option(option)])


@bot.listen()
async def interacted(event: hikari.InteractionCreateEvent) -> None:
    """Answer a command with its words and a button; a pressed button with other words there."""
    interaction = event.interaction
    if isinstance(interaction, hikari.CommandInteraction):
        row = bot.rest.build_message_action_row()
        row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "more", label="More")
        kind = hikari.ResponseType.MESSAGE_CREATE
        words = interaction.options[0].value
        await interaction.create_initial_response(kind, words, component=row)
    elif isinstance(interaction, hikari.ComponentInteraction):
        kind = hikari.ResponseType.MESSAGE_UPDATE
        await interaction.create_initial_response(kind, "Here is more", components=[])


@bot.listen()
async def mentioned(event: hikari.GuildMessageCreateEvent) -> None:
    """Say again what mentions the bot, with an embed beside it."""
    me = bot.get_me()
    if event.is_human and me.id in (event.message.user_mentions_ids or ()):
        words = event.content.removeprefix(me.mention).strip()
        await event.message.respond(words, embed=hikari.Embed(title="Echo"), reply=True)


if __name__ == "__main__":
    bot.run(check_for_updates=False)
