"""`python -m api.tokens`: makes, lists and revokes the bearer tokens of workspaces' users."""

from typing import Annotated

import typer

from db import api_tokens
from db.api_tokens import Member, NoValidToken, TokenExists
from db.session import unit_of_work

commands = typer.Typer(
    help="Bearer tokens for the REST API.", no_args_is_help=True, add_completion=False
)
Workspace = Annotated[str, typer.Option(help="The tenant that the token opens.")]
User = Annotated[str, typer.Option(help="Whose token it is.")]


@commands.command()
def create(workspace: Workspace, user: User) -> None:
    """Make the token of a user, and print it alone; it is shown this once."""
    try:
        with unit_of_work() as session:
            token = api_tokens.create(session, _member(workspace, user))
    except TokenExists as error:
        raise _failed(error) from error
    typer.echo(token)


@commands.command()
def revoke(workspace: Workspace, user: User) -> None:
    """Make the token of a user worthless, from now on."""
    try:
        with unit_of_work() as session:
            api_tokens.revoke(session, _member(workspace, user))
    except NoValidToken as error:
        raise _failed(error) from error
    typer.echo(f"The token of {user!r} in the workspace {workspace!r} is revoked.", err=True)


@commands.command(name="list")
def list_tokens() -> None:
    """Say who has a token, and since when."""
    with unit_of_work() as session:
        for member, since in api_tokens.valid(session):
            typer.echo(f"{member.workspace}\t{member.user}\t{since:%Y-%m-%d %H:%M}")


def _member(workspace: str, user: str) -> Member:
    for option, value in (("--workspace", workspace), ("--user", user)):
        if not 1 <= len(value.strip()) == len(value) <= 200 or not value.isprintable():
            raise typer.BadParameter(
                "it takes 1 to 200 printable characters, with no blank at either end",
                param_hint=option,
            )
    return Member(workspace, user)


def _failed(error: Exception) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(1)


if __name__ == "__main__":
    commands()
