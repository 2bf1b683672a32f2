"""`tenure users list`, `tenure users password`, `tenure keys list`, `tenure keys revoke`: who and what comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import folder_of
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.serve import _password, keys, users

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen


@users.command("list", epilog="tenure users list\ntenure users list --format json")
def list_users(context: typer.Context, form: FormatOption = None, file: OutputOption = None) -> None:
    """Everybody who may come in."""
    from tenure.server.serving import prepare

    prepare(folder_of(context))
    from tenure.server.accounts.models import User

    found = list(User.objects.order_by("username"))

    def rows() -> pa.Table:
        from tenure.cli.rows import MOMENT, TEXT, TRUTH, table

        return table(
            name=(TEXT, [one.username for one in found]),
            full_name=(TEXT, [one.name or None for one in found]),
            role=(TEXT, [one.role for one in found]),
            email=(TEXT, [one.email or None for one in found]),
            last_login=(MOMENT, [one.last_login for one in found]),
            shut_out=(TRUTH, [not one.is_active for one in found]),
        )

    def show(screen: Screen) -> None:
        from tenure.cli.screen import Column

        if not found:
            screen.say("Nobody can come in yet.")
            screen.next("tenure users create NAME --role administrator")
            return
        screen.title("Who may come in")
        screen.table(
            [Column("Name", long="cut"), Column("Role"), Column("Mail address", long="cut"), Column("Last here")],
            [
                [one.username, one.role if one.is_active else "shut out", one.email,
                 f"{one.last_login:%Y-%m-%d %H:%M}" if one.last_login else ""]
                for one in found
            ],
        )  # fmt: skip

    give(Listing(rows, show), form, file)


@users.command("password", epilog="tenure users password ann")
def set_password(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name to log in with.")],
    password: Annotated[
        str | None,
        typer.Option("--password-file", metavar="FILE", help="Read the password from a file; - is the standard input."),
    ] = None,
) -> None:
    """A new password for somebody who forgot theirs; they are logged out everywhere."""
    from tenure.server.serving import prepare

    prepare(folder_of(context))
    from tenure.server.accounts.users import set_password

    set_password(name, _password(password))
    typer.echo(f"{name} has a new password.")


@keys.command("list", epilog="tenure keys list\ntenure keys list --format csv")
def list_keys(context: typer.Context, form: FormatOption = None, file: OutputOption = None) -> None:
    """The API keys: what each opens, and when it was last used."""
    from tenure.server.serving import prepare

    prepare(folder_of(context))
    from tenure.server.accounts.models import ApiKey

    found = list(ApiKey.objects.order_by("name", "created_at"))

    def rows() -> pa.Table:
        from tenure.cli.rows import MOMENT, TEXT, table

        return table(
            name=(TEXT, [one.name for one in found]),
            prefix=(TEXT, [one.prefix for one in found]),
            scope=(TEXT, [one.scope for one in found]),
            source=(TEXT, [one.source or None for one in found]),
            origins=(TEXT, [" ".join(one.origins) or None for one in found]),
            created=(MOMENT, [one.created_at for one in found]),
            last_used=(MOMENT, [one.last_used_at for one in found]),
            revoked=(MOMENT, [one.revoked_at for one in found]),
        )

    def show(screen: Screen) -> None:
        from tenure.cli.screen import Column

        if not found:
            screen.say("There is no API key.")
            screen.next("tenure keys create NAME --scope read")
            return
        screen.title("API keys")
        screen.table(
            [Column("Name", long="cut"), Column("Begins with"), Column("Opens"), Column("From", long="fold"),
             Column("Last used")],
            [
                [one.name, one.prefix, "nothing: revoked" if one.revoked_at else one.scope,
                 " ".join(one.origins) or "anywhere",
                 f"{one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never"]
                for one in found
            ],
        )  # fmt: skip

    give(Listing(rows, show), form, file)


@keys.command("revoke", epilog="tenure keys revoke tnr_a1b2c3")
def revoke_key(
    context: typer.Context,
    prefix: Annotated[
        str, typer.Argument(metavar="PREFIX", help="How the key begins, as `tenure keys list` shows it.")
    ],
) -> None:
    """A key opens nothing any more."""
    from tenure.server.serving import prepare

    prepare(folder_of(context))
    from tenure.server.accounts.keys import revoke_by_prefix

    typer.echo(f"{revoke_by_prefix(prefix).name} opens nothing any more.")
